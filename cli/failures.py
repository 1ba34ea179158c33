"""How a command fails: one line on stderr and exit status 1."""

from domain.errors import HoldfastError


class CommandFailed(HoldfastError):
    """A command could not do what it was asked; the text is the one line people see."""
