"""Whose a text can be, by the number it came from, and what it becomes there."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, or_, select

from domain.callback_ports import InboundText
from domain.events import CommandEvent, OptedIn, OptedOut, Replied, TextCame
from domain.inbound_words import contains
from domain.vocabulary import Channel, ContactChannel, OptOutWay, ReplyChannel, Stage, TextMeaning
from store import opt_out
from store.columns import AnyRow
from store.command import NewCommand
from store.contact_plan import DURESS_WORD, plan_of
from store.encryption import cipher_of
from store.keyring import Keyring
from store.message_row import MESSAGE, NOT_HANDED_OVER
from store.person_mark import PERSON_MARK, REPEAT_WITHIN
from store.referral_document import number_id
from store.referral_row import REFERRAL, document_of
from store.tokens import Maker

MOST_HEARD = 500
"""Referrals that hear one text: more than any number has, and a bound all the same."""
MOST_SHOWN = 20
"""Referrals that are named to a person who looks for the right one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A referral that knows a number.  Personal."""

    referral_id: str
    reference: str
    is_live: bool
    texted_at: datetime | None
    """When a text last left to this number for it."""
    phone_id: str
    """The referral's own id of the number."""
    number_hash: str
    """As opt-outs by text have it."""
    duress_word: str
    sensitive: bool


def known_by(
    connection: Connection, keyring: Keyring, sender: str, *, now: datetime, limit: int = MOST_HEARD
) -> tuple[Known, ...]:
    """Find the referrals that listen to a number: live, or closed within twelve months.

    Those it was texted for come first, the latest first; then live before closed.
    """
    values = {
        "hash": keyring.lookup_hash("mark:phone", sender),
        "phone_id": number_id(keyring)(sender),
        "since": now - REPEAT_WITHIN,
        "most": limit,
    }
    rows = connection.execute(_LISTENING, values)
    return tuple(_known(keyring, row, sender) for row in rows)


def named(connection: Connection, keyring: Keyring, reference: str, sender: str) -> Known | None:
    """Find the referral a person says a text belongs to, however long ago it was closed."""
    row = connection.execute(_BY_REFERENCE, {"reference": reference}).first()
    return _known(keyring, row, sender) if row else None


def lock(connection: Connection, known: Sequence[Known]) -> None:
    """Lock referrals in one order, before anything about them is written: so nobody waits in a circle."""
    ids = sorted(one.referral_id for one in known)
    connection.execute(_LOCKED, {"ids": ids}).all()


def the_one(known: tuple[Known, ...], words: str) -> Known | None:
    """Choose the referral a text belongs to; `None`: only a person can tell.

    A text answers what was sent: the only live referral it was texted for, else the only one at all; where nothing
    was sent, the only one that knows the number.  A duress word tells whose it is before all that.
    """
    agreed = tuple(one for one in known if contains(words, one.duress_word))
    if len(agreed) == 1:
        return agreed[0]
    texted = tuple(one for one in known if one.texted_at is not None)
    live = tuple(one for one in texted if one.is_live)
    among = live or texted or known
    return among[0] if len(among) == 1 else None


def command_of(
    came: InboundText,
    meaning: TextMeaning,
    known: Known,
    *,
    by: Maker,
    now: datetime,
    by_person: bool = False,
) -> NewCommand:
    """Make the command a text becomes on a referral.

    Args:
        came: The text.
        meaning: What it wants.
        known: Where.
        by: Whose command it is.
        now: An aware time.
        by_person: Whether a person said that it belongs here: then whatever asks for nothing else is a reply.
    """
    duress = contains(came.words, known.duress_word)
    event: CommandEvent
    if meaning is TextMeaning.STOP:
        event = OptedOut(channel=ContactChannel.TEXT, way=OptOutWay.TEXT, duress=duress)
    elif meaning is TextMeaning.START:
        event = OptedIn(channel=ContactChannel.TEXT)
    elif meaning in {TextMeaning.WHO_ARE_YOU, TextMeaning.ABUSE} and not by_person:
        event = TextCame(meaning=meaning, phone_id=known.phone_id, duress=duress)
    else:
        event = Replied(channel=ReplyChannel.TEXT, duress=duress)
    return NewCommand(
        id=str(uuid.uuid4()),
        referral_id=known.referral_id,
        kind=event.type,
        event=event,
        by=by,
        made_at=now,
        words={"note": came.words} if came.words else {},
        at_once=True,
        number_hash=known.number_hash,
    )


def _columns() -> tuple[Any, ...]:
    return (
        REFERRAL.c.id,
        REFERRAL.c.reference,
        REFERRAL.c.stage,
        REFERRAL.c.sensitive,
        REFERRAL.c.wrapped_key,
        REFERRAL.c.document_enc,
    )


def _listening() -> Select[Any]:
    texted_at = (
        select(func.max(MESSAGE.c.sending_at))
        .where(
            MESSAGE.c.referral_id == REFERRAL.c.id,
            MESSAGE.c.channel == Channel.TEXT,
            MESSAGE.c.address_id == bindparam("phone_id"),
            MESSAGE.c.state.not_in(NOT_HANDED_OVER),
        )
        .scalar_subquery()
        .label("texted_at")
    )
    mine = select(PERSON_MARK.c.referral_id).where(
        PERSON_MARK.c.kind == "phone", PERSON_MARK.c.hash == bindparam("hash")
    )
    listens = or_(REFERRAL.c.stage != Stage.CLOSED, REFERRAL.c.closed_at >= bindparam("since"))
    is_closed = REFERRAL.c.stage == Stage.CLOSED
    order = (texted_at.desc().nulls_last(), is_closed, REFERRAL.c.received_at.desc(), REFERRAL.c.id)
    return (
        select(*_columns(), texted_at)
        .where(REFERRAL.c.id.in_(mine), listens)
        .order_by(*order)
        .limit(bindparam("most", type_=Integer))
    )


_LISTENING = _listening()
"""Made once: making it anew costs more than Postgres needs to carry it out."""
_LOCKED = (
    select(REFERRAL.c.id)
    .where(REFERRAL.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(REFERRAL.c.id)
    .with_for_update(key_share=True)
)
_BY_REFERENCE = select(*_columns()).where(REFERRAL.c.reference == bindparam("reference"))


def _known(keyring: Keyring, row: AnyRow, sender: str) -> Known:
    document = document_of(cipher_of(keyring, row.id, row.wrapped_key), row.id, row.document_enc)
    return Known(
        referral_id=row.id,
        reference=row.reference,
        is_live=row.stage != Stage.CLOSED,
        texted_at=getattr(row, "texted_at", None),
        phone_id=number_id(keyring)(sender),
        number_hash=opt_out.hash_of(keyring, ContactChannel.TEXT, sender),
        duress_word=plan_of(document).get(DURESS_WORD) or "",
        sensitive=row.sensitive,
    )
