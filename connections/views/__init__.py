"""Pages of the two connections and the registration of instances."""
