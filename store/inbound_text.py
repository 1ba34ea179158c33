"""Texts that came in: sealed with the service's own key, because nobody knows yet whose they are.

A text wakes the one referral it can belong to, or a person is asked.  Closed referrals listen for twelve months.
A STOP is heard by every live referral that knows the number, and its hash is kept whoever sent it.  Rules 6 and 11
of docs/policy.md; docs/policy.md#opting-out.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Connection, Engine, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from domain.callback_ports import InboundText
from domain.errors import ReferralNotFound
from domain.inbound_words import contains, meaning_of, threatens
from domain.vocabulary import ContactChannel, OptOutWay, TextMeaning
from store import opt_out
from store.columns import AnyRow, is_uuid
from store.command import StoredCommand, place
from store.inbound_text_row import (
    INBOUND_TEXT,
    Candidate,
    InboundTextRow,
    InboundTextView,
    is_open,
    row_of,
    text_of,
    view_of,
)
from store.inbound_text_sender import MOST_SHOWN, Known, command_of, known_by, lock, named, the_one
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.tokens import Maker

__all__ = ["Candidate", "InboundTextRow", "InboundTextStore", "InboundTextView", "TextNotFound"]

LATE = timedelta(minutes=2)
"""Beyond this a text did not come by the provider's call, but was looked for afterwards."""
SENDER = Maker(token_id="text", role="public", name="A text that came in")  # noqa: S106  # it has no secret
"""Who says it, for the timeline: whoever holds the phone."""

_NO_REPLIES = frozenset({TextMeaning.WHO_ARE_YOU, TextMeaning.ABUSE})
_THIS: BindParameter[str] = bindparam("this")
_KEPT = (
    insert(INBOUND_TEXT)
    .on_conflict_do_nothing(index_elements=[INBOUND_TEXT.c.event_hash])
    .returning(INBOUND_TEXT.c.id)
)
_VIEWED = select(INBOUND_TEXT, REFERRAL.c.reference).join_from(
    INBOUND_TEXT, REFERRAL, REFERRAL.c.id == INBOUND_TEXT.c.referral_id, isouter=True
)
_IS_OPEN = INBOUND_TEXT.c.needs_person & INBOUND_TEXT.c.handled_at.is_(None)
_LOCKED = select(INBOUND_TEXT).where(INBOUND_TEXT.c.id == _THIS).with_for_update()
_HANDLED = update(INBOUND_TEXT).where(INBOUND_TEXT.c.id == _THIS)


class TextNotFound(ReferralNotFound):
    """There is no such text."""


class InboundTextStore:
    """Takes texts in, and shows them to staff."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def take_in(self, came: InboundText, *, now: datetime) -> bool:
        """Store a text with what it leads to, in one transaction; one stored before changes nothing.

        Args:
            came: As its provider told it.
            now: An aware time.

        Returns:
            Whether it was new.
        """
        meaning = meaning_of(came.words)
        row = row_of(self._keyring, str(uuid.uuid4()), came, meaning)
        with self._engine.begin() as connection:
            if connection.scalar(_KEPT, row) is None:
                return False
            known = known_by(connection, self._keyring, came.sender, now=now)
            # A START of which we hear late may be older than a STOP we have heard since, and where a referral is
            # sensitive whoever holds the phone may not be the person: only a person can tell.
            is_overtaken = now - came.received_at > LATE or any(one.sensitive for one in known)
            asks_first = meaning is TextMeaning.START and is_overtaken
            chosen = None if asks_first else the_one(known, came.words)
            heard = self._tell(connection, came, meaning, known, chosen, now)
            if not asks_first:
                self._keep_opt_out(connection, came, meaning, now)
            referral_id = chosen.referral_id if chosen else None
            asks = not heard or _closed_and_no_reply(chosen, meaning)
            found = {"this": row["id"], "referral_id": referral_id, "needs_person": asks}
            connection.execute(_HANDLED, found)
        return True

    def list(
        self, *, needs_person: bool | None = None, after: tuple[datetime, str] | None = None, limit: int = 50
    ) -> "list[InboundTextView]":
        """Read texts, newest first.

        Args:
            needs_person: Only those a person has to look at; or only those none has to.
            after: When the last one of the page before came, and its id.
            limit: How many.
        """
        statement = _VIEWED
        if needs_person is not None:
            statement = statement.where(_IS_OPEN if needs_person else ~_IS_OPEN)
        if after is not None:
            statement = statement.where(tuple_(INBOUND_TEXT.c.received_at, INBOUND_TEXT.c.id) < after)
        order = (INBOUND_TEXT.c.received_at.desc(), INBOUND_TEXT.c.id.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(*order).limit(limit)).all()
            return [self._view(connection, row) for row in rows]

    def get(self, text_id: str) -> InboundTextView | None:
        """Read one text."""
        if not is_uuid(text_id):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(_VIEWED.where(INBOUND_TEXT.c.id == text_id)).first()
            return self._view(connection, row) if row else None

    def waiting(self) -> int:
        """How many need a person."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(INBOUND_TEXT).where(_IS_OPEN)) or 0

    def assign(self, text_id: str, reference: str, *, by: Maker, now: datetime) -> StoredCommand | None:
        """Give a text to the referral a person says it belongs to.

        Returns:
            The command it became; `None` when somebody has dealt with it already.

        Raises:
            TextNotFound: There is no such text.
            ReferralNotFound: No referral has this reference.
        """
        with self._engine.begin() as connection:
            row = _locked(connection, text_id)
            if row.handled_at is not None:
                return None
            came = text_of(self._keyring, row)
            known = named(connection, self._keyring, reference, came.sender)
            if known is None:
                raise ReferralNotFound("no referral of this reference")
            meaning = TextMeaning(row.meaning)
            new = command_of(came, meaning, known, by=by, now=now, by_person=True)
            stored = place(connection, self._keyring, new)
            handled = {"referral_id": known.referral_id, "handled_at": now, "handled_by": by.name}
            connection.execute(_HANDLED, {"this": row.id, **handled})
        return stored

    def deal_with(self, text_id: str, *, by: Maker, now: datetime) -> bool:
        """Note that a person has dealt with a text; false when somebody had before.  Raises `TextNotFound`."""
        with self._engine.begin() as connection:
            row = _locked(connection, text_id)
            if row.handled_at is not None:
                return False
            connection.execute(_HANDLED, {"this": row.id, "handled_at": now, "handled_by": by.name})
        return True

    def _tell(
        self,
        connection: Connection,
        came: InboundText,
        meaning: TextMeaning,
        known: tuple[Known, ...],
        chosen: Known | None,
        now: datetime,
    ) -> bool:
        """Tell the referrals it concerns; say whether any of them heard it."""
        is_stop = meaning is TextMeaning.STOP
        heard = [one for one in known if one.is_live] if is_stop else [one for one in (chosen,) if one]
        told = [*heard, *_closed_and_alerted(chosen, came.words)] if is_stop else heard
        lock(connection, told)
        for one in told:
            _ = place(connection, self._keyring, command_of(came, meaning, one, by=SENDER, now=now))
            if is_stop and one is chosen and threatens(came.words):
                also = command_of(came, TextMeaning.ABUSE, one, by=SENDER, now=now)
                _ = place(connection, self._keyring, also)
        return bool(heard)

    def _keep_opt_out(
        self, connection: Connection, came: InboundText, meaning: TextMeaning, now: datetime
    ) -> None:
        """A STOP is kept whoever sent it, and a START lifts it: both speak of this number alone."""
        made = opt_out.hash_of(self._keyring, ContactChannel.TEXT, came.sender)
        if meaning is TextMeaning.STOP:
            opt_out.put(connection, [made], ContactChannel.TEXT, OptOutWay.TEXT, at=now)
        elif meaning is TextMeaning.START:
            opt_out.lift(connection, [made], ContactChannel.TEXT, at=now)

    def _view(self, connection: Connection, row: AnyRow) -> InboundTextView:
        came = text_of(self._keyring, row)
        return view_of(row, came, self._candidates(connection, came) if is_open(row) else ())

    def _candidates(self, connection: Connection, came: InboundText) -> tuple[Candidate, ...]:
        known = known_by(connection, self._keyring, came.sender, now=came.received_at, limit=MOST_SHOWN)
        return tuple(
            Candidate(
                referral_id=one.referral_id,
                reference=one.reference,
                is_live=one.is_live,
                was_texted=one.texted_at is not None,
            )
            for one in known
        )


def _closed_and_no_reply(chosen: Known | None, meaning: TextMeaning) -> bool:
    """Closed is not deaf: nobody works on it, so whoever asks or abuses there is for a person."""
    return chosen is not None and not chosen.is_live and meaning in _NO_REPLIES


def _closed_and_alerted(chosen: Known | None, words: str) -> list[Known]:
    """A STOP is not for closed referrals; the word agreed for duress in it is."""
    alerted = chosen is not None and not chosen.is_live and contains(words, chosen.duress_word)
    return [chosen] if chosen is not None and alerted else []


def _locked(connection: Connection, text_id: str) -> AnyRow:
    row = connection.execute(_LOCKED, {"this": text_id}).first() if is_uuid(text_id) else None
    if row is None:
        raise TextNotFound("no such text")
    return row
