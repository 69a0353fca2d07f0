"""Version 1 of the API: fields are added to it, and none is taken away or changes its meaning."""
