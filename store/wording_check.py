"""Who has checked which translation: bound to the words themselves, so that a change asks again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from store.columns import moment, table_of, text


class WordingCheckRow(SQLModel, table=True):
    """One file of words that a named person has read."""

    __tablename__ = "wording_check"

    path: str = text(primary_key=True)
    sha256: str = text()
    checked_by: str = text()
    checked_at: datetime = moment()


WORDING_CHECK = table_of(WordingCheckRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingCheck:
    """That somebody has read one file of words and found it right."""

    path: str
    sha256: str
    """Of the words as they were then."""
    by: str
    at: datetime


class WordingCheckStore:
    """Keeps the marks; the last one of a file stands."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def mark(self, files: Mapping[str, str], *, by: str, now: datetime) -> None:
        """Note that a person has read these words.

        Args:
            files: The path of each file, and the fingerprint of the words that were read.
            by: Their name.
            now: An aware time.
        """
        rows = [
            {"path": path, "sha256": sha256, "checked_by": by, "checked_at": now}
            for path, sha256 in sorted(files.items())
        ]
        marked = insert(WORDING_CHECK).values(rows)
        latest = {name: marked.excluded[name] for name in ("sha256", "checked_by", "checked_at")}
        with self._engine.begin() as connection:
            connection.execute(marked.on_conflict_do_update(index_elements=["path"], set_=latest))

    def of(self, files: Mapping[str, str]) -> list[WordingCheck] | None:
        """Give the marks of these words; `None` while one of them has none, or was changed since."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(WORDING_CHECK).where(WORDING_CHECK.c.path.in_(files))).all()
        marks = [
            WordingCheck(path=row.path, sha256=row.sha256, by=row.checked_by, at=row.checked_at)
            for row in rows
            if row.sha256 == files[row.path]
        ]
        return marks if len(marks) == len(files) else None
