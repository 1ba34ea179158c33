"""The one command, `holdfast`."""
