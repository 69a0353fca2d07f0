"""What each kind of channel takes, and how it is handed over."""
