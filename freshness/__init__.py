"""How fresh the copies are: within which time changes arrive, against what was promised."""
