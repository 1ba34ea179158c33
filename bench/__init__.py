"""Measurements beside peers, in one run."""
