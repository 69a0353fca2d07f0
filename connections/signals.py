"""What the rooms that connect an account tell the others."""

from django.dispatch import Signal

# An account was connected, or connected anew, in this transaction; `connection` is its row.
connected = Signal()
