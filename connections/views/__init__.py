"""Pages of the two connections."""
