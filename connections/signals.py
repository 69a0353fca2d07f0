"""What this room tells the rooms above it."""

from django.dispatch import Signal

# An account was connected, or connected anew, in this transaction; `connection` is its row.
connected = Signal()
