"""The journal of the copy as a Django app."""

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "history"
