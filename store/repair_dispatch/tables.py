"""One repair in the tables: taken up, written turn by turn, and what tradespeople are told of it.

The repair's workflow is the one writer of where it stands.  A turn that the tables have already, or a later one, is
left alone, so that a step repeated after a crash changes nothing.
"""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, Engine, bindparam, func, insert, select, update

from domain.dispatch_events import VisitExpected
from domain.errors import RepairNotFound
from domain.places import Distances
from domain.repair_dispatch.kinds import NoticeVerdict, TradeChannel
from domain.repair_dispatch.ports import RepairProjection, RepairTakenUp, Told, TradeNotice
from domain.repair_dispatch.spend import month_of
from domain.vocabulary import Stage
from store import command_row, stop
from store.columns import AnyRow
from store.command import NewCommand, place
from store.encryption import PersonCipher, cipher_of
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.fitness import may_be_sent
from store.repair_dispatch.job_change import job_values
from store.repair_dispatch.json_form import open_request, open_state
from store.repair_dispatch.notice import Letterhead, wanted_notice
from store.repair_dispatch.notice_report import was_reported_lost
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER, REPAIR_SPEND, TRADE_NOTICE
from store.repair_dispatch.turn import repair_values, write_notices, write_offers, write_spend
from store.timeline import TIMELINE, lines
from store.tokens import Maker

DISPATCH = Maker(token_id="repair-dispatch", role="system", name="Repair dispatch")  # noqa: S106  # it has no secret
"""Who says that somebody is on the way."""
_VISITS = uuid.UUID("5f0c2c2e-7f0a-4a53-9d0e-6b8a4e1b7a51")
"""The namespace of the commands that say so: the same id however often a turn is written."""

_THIS: BindParameter[str] = bindparam("this")
_TAKEN_UP = (
    select(
        REPAIR,
        REFERRAL.c.wrapped_key,
        REFERRAL.c.sensitive,
        ((REFERRAL.c.stage == Stage.HELD) | stop.stands(REFERRAL.c.id)).label("stopped"),
    )
    .join_from(REPAIR, REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(REPAIR.c.id == _THIS)
)
_LOCKED = (
    select(
        REPAIR.c.id,
        REPAIR.c.turn,
        REPAIR.c.area,
        REPAIR.c.reference,
        REPAIR.c.referral_id,
        REPAIR.c.command_id,
        REFERRAL.c.wrapped_key,
    )
    .join_from(REPAIR, REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(REPAIR.c.id == _THIS)
    .with_for_update(of=REPAIR, key_share=True)
)
_WRITTEN = update(REPAIR).where(REPAIR.c.id == _THIS)
_MONTH = select(func.coalesce(func.sum(REPAIR_SPEND.c.pence), 0)).where(
    REPAIR_SPEND.c.month == bindparam("month")
)
_OF_NOTICE = (
    select(REPAIR.c.referral_id, REFERRAL.c.wrapped_key, REPAIR_OFFER.c.channel)
    .join_from(TRADE_NOTICE, REPAIR, REPAIR.c.id == TRADE_NOTICE.c.repair_id)
    .join(REPAIR_OFFER, REPAIR_OFFER.c.id == TRADE_NOTICE.c.offer_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(TRADE_NOTICE.c.key == _THIS)
)


class RepairStore:
    """Implements `domain.repair_dispatch.ports.RepairTables`."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        *,
        distances: Distances,
        letterhead: Letterhead,
        simulated: Collection[TradeChannel] = (),
    ) -> None:
        """Prepare to read and write.

        Args:
            engine: Of the database.
            keyring: Opens what is sealed.
            distances: Which places are known.
            letterhead: What tradespeople are shown of the service; its time zone says when a month begins.
            simulated: Ways by which nothing really reaches a tradesperson.
        """
        self._engine = engine
        self._keyring = keyring
        self._distances = distances
        self._letterhead = letterhead
        self._zone = ZoneInfo(letterhead.time_zone)
        self._simulated = frozenset(simulated)

    def take_up(self, repair_id: str) -> RepairTakenUp:
        """Read where a repair stands.  Raises `RepairNotFound`."""
        with self._engine.connect() as connection:
            row = connection.execute(_TAKEN_UP, {"this": repair_id}).first()
        if row is None:
            raise RepairNotFound(f"no repair {repair_id}")
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        return RepairTakenUp(
            state=open_state(cipher, row.id, row.state_enc),
            referral_id=row.referral_id,
            request=open_request(cipher, row.id, row.request_enc),
            asked_at=row.asked_at,
            sensitive=row.sensitive,
            stopped=row.stopped,
            place_known=bool(row.area) and self._distances.is_known(row.area),
        )

    def project(self, projection: RepairProjection) -> None:
        """Write a turn in one transaction, unless the tables have it or a later one.  Raises `RepairNotFound`."""
        repair_id = projection.state.repair_id
        with self._engine.begin() as connection:
            row = connection.execute(_LOCKED, {"this": repair_id}).first()
            if row is None:
                raise RepairNotFound(f"no repair {repair_id}")
            if row.turn < projection.state.turn:
                self._write(connection, row, projection)

    def month_pence(self, at: datetime) -> int:
        """What the ledger holds for the calendar month of `at`, in the service's time zone."""
        with self._engine.connect() as connection:
            return int(connection.scalar(_MONTH, {"month": month_of(at, self._zone)}) or 0)

    def may_be_sent(self, offer_id: str, at: datetime) -> bool:
        """Whether whoever was made an offer may work now: in the register still, papers valid on the local day."""
        with self._engine.connect() as connection:
            return may_be_sent(connection, offer_id, at=at, zone=self._zone)

    def notice(self, repair_id: str, key: str) -> TradeNotice | None:
        """What is to be told; `None`: it need not be told any more (told already, or overtaken)."""
        with self._engine.connect() as connection:
            return wanted_notice(connection, self._keyring, self._letterhead, repair_id=repair_id, key=key)

    def notice_told(self, key: str, told: Told, *, at: datetime) -> None:
        """Write down what became of a notice.

        One that arrived stays so, whatever a repeated try says; and one of which its provider said that it did not
        arrive, which may be heard before that it was taken.
        """
        with self._engine.begin() as connection:
            row = connection.execute(_OF_NOTICE, {"this": key}).first()
            if row is None:
                return
            cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
            is_open = TRADE_NOTICE.c.verdict.is_distinct_from(NoticeVerdict.TOLD) & ~was_reported_lost()
            connection.execute(
                update(TRADE_NOTICE)
                .where(TRADE_NOTICE.c.key == key, is_open)
                .values(
                    **_told_values(cipher, key, told, at=at),
                    tries=TRADE_NOTICE.c.tries + 1,
                    simulated=TradeChannel(row.channel) in self._simulated,
                )
            )

    def _write(self, connection: Connection, row: AnyRow, projection: RepairProjection) -> None:
        state = projection.state
        cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
        values = repair_values(cipher, projection) | job_values(connection, self._keyring, cipher, projection)
        connection.execute(_WRITTEN.values(values), {"this": state.repair_id})
        write_offers(connection, self._keyring, state)
        write_notices(connection, state)
        write_spend(connection, cipher, row, projection, month=month_of(projection.at, self._zone))
        self._tell_victim(connection, projection)
        _write_timeline(connection, cipher, projection)
        if projection.command_id is not None and projection.answer is not None:
            command_row.settle(
                connection, cipher, projection.command_id, projection.answer, now=projection.at
            )

    def _tell_victim(self, connection: Connection, projection: RepairProjection) -> None:
        """Leave it to the referral, whose gate decides whether the victim may be told."""
        state, expected_at = projection.state, projection.effects.tells_victim_at
        if expected_at is None:
            return
        event = VisitExpected(repair_id=state.repair_id, expected_at=expected_at)
        visit = NewCommand(
            id=str(uuid.uuid5(_VISITS, f"{state.repair_id}:{state.turn}")),
            referral_id=state.referral_id,
            kind=event.type,
            event=event,
            by=DISPATCH,
            made_at=projection.at,
            at_once=True,
        )
        place(connection, self._keyring, visit)


def _told_values(cipher: PersonCipher, key: str, told: Told, *, at: datetime) -> dict[str, Any]:
    return {
        "verdict": told.verdict,
        "why": told.why,
        "told_at": at if told.verdict is NoticeVerdict.TOLD else None,
        "provider_id": told.provider_id or None,
        "shown_enc": cipher.seal_text("trade_notice.shown_enc", key, told.shown) if told.shown else None,
    }


def _write_timeline(connection: Connection, cipher: PersonCipher, projection: RepairProjection) -> None:
    rows = lines(
        cipher,
        referral_id=projection.state.referral_id,
        stream=projection.state.repair_id,
        turn=projection.state.turn,
        entries=projection.effects.entries,
        at=projection.at,
        command_id=projection.command_id,
    )
    if rows:
        connection.execute(insert(TIMELINE), rows)
