"""The few kinds of column our tables are made of."""

import uuid
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, LargeBinary, Row, Table, Text, Uuid
from sqlmodel import Field, SQLModel

UUID = Uuid(as_uuid=False)
"""Ids of ours; text in Python, sixteen bytes in Postgres."""
AnyRow = Row[*tuple[Any, ...]]
"""What a statement gave back."""


def uuid_key() -> Any:
    """The id of a row."""
    return Field(sa_column=Column(UUID, primary_key=True))


def text(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """A word of a closed list, a hash, an opaque id; never a person's words."""
    return Field(sa_column=Column(Text, primary_key=primary_key, nullable=nullable))


def whole(*, primary_key: bool = False, nullable: bool = False) -> Any:
    """A whole number."""
    return Field(sa_column=Column(Integer, primary_key=primary_key, nullable=nullable))


def truth(*, nullable: bool = False) -> Any:
    """Yes or no."""
    return Field(sa_column=Column(Boolean, nullable=nullable))


def moment(*, nullable: bool = False) -> Any:
    """An aware instant."""
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


def day(*, nullable: bool = False) -> Any:
    """A date."""
    return Field(sa_column=Column(Date, nullable=nullable))


def sealed(*, nullable: bool = False) -> Any:
    """Encrypted; the field's name ends `_enc`."""
    return Field(sa_column=Column(LargeBinary, nullable=nullable))


def table_of(row: type[SQLModel]) -> Table:
    """The table of a row class, for statements that need no objects."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def is_uuid(text: str) -> bool:
    """Whether a text can be an id of ours at all; Postgres would refuse it otherwise."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
