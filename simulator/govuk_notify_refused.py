"""What Notify does not take, with its own words."""

VALIDATION = "ValidationError"
"""The request has not the shape it should have; the words begin with the field."""


class CannotBeTaken(Exception):
    """Notify refuses it with 400."""

    def __init__(self, message: str, name: str = "BadRequestError") -> None:
        super().__init__(message)
        self.name = name
