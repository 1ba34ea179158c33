"""Practical help at the front door: ask for it, take its steps, see where it stands."""
