"""What workers do with a run, step by step: plan it, read both providers, load what was read, and have it merged."""
