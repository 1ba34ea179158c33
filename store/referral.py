"""Referrals: taken in once, projected by their workflow, read by everybody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Engine, Select, bindparam, select, tuple_

from domain.errors import ReferralNotFound
from domain.facts import Facts
from domain.ports import Projection, TakenUp
from domain.referral_state import ReferralState
from domain.vocabulary import Outcome, Stage
from store import projection as projections
from store.columns import is_uuid
from store.encryption import cipher_of
from store.keyring import Keyring
from store.person_mark import AT_MOST, Link, links
from store.projection import corrected
from store.reception import Received, Reception, ReceptionResult, receive
from store.referral_document import ADULT_AT, Document, facts_of, number_id
from store.referral_row import REFERRAL, document_of, state_of
from store.referral_view import DUE_AT, ReferralView, views
from store.worklist import ALERTED, WORKLIST

_THIS: BindParameter[str] = bindparam("this")
_TAKEN_UP = select(
    REFERRAL.c.wrapped_key, REFERRAL.c.document_enc, REFERRAL.c.state_enc, REFERRAL.c.received_at
).where(REFERRAL.c.id == _THIS)
_VIEWED = views().where(REFERRAL.c.id == _THIS)


class ReferralStore:
    """Implements `domain.ports.ReferralTables`, intake and every list."""

    def __init__(self, engine: Engine, keyring: Keyring, *, child_under: int = ADULT_AT) -> None:
        self._engine = engine
        self._keyring = keyring
        self._child_under = child_under
        self._number_id = number_id(keyring)

    def receive(self, received: Received) -> Reception:
        """Take a referral in, unless it is here already.

        Raises:
            IdempotencyConflict: The claim's key was used with another body.
            ReferenceTaken: Draw another reference.
        """
        with self._engine.connect() as connection, connection.begin() as transaction:
            reception = receive(connection, self._keyring, received, child_under=self._child_under)
            if reception.result is ReceptionResult.CONFLICT:
                transaction.rollback()
        return reception

    def take_up(self, referral_id: str) -> TakenUp:
        """Read where a referral stands.  Raises `ReferralNotFound`."""
        row = self._first(_TAKEN_UP, referral_id)
        if row is None:
            raise ReferralNotFound(f"no referral {referral_id}")
        cipher = cipher_of(self._keyring, referral_id, row.wrapped_key)
        state = state_of(cipher, referral_id, row.state_enc)
        document = document_of(cipher, referral_id, row.document_enc)
        return TakenUp(
            state=state, facts=self._facts(document, row.received_at, state), received_at=row.received_at
        )

    def facts_corrected_by(self, referral_id: str, command_id: str) -> Facts:
        """Derive the facts as a stored correction would make them.  Raises `ReferralNotFound`."""
        with self._engine.connect() as connection:
            row = connection.execute(_TAKEN_UP, {"this": referral_id}).first()
            if row is None:
                raise ReferralNotFound(f"no referral {referral_id}")
            cipher = cipher_of(self._keyring, referral_id, row.wrapped_key)
            document = corrected(connection, cipher, referral_id, command_id)
        return self._facts(document, row.received_at, state_of(cipher, referral_id, row.state_enc))

    def project(self, projection: Projection) -> None:
        """Write a turn, unless the tables have it or a later one already."""
        with self._engine.begin() as connection:
            projections.project(connection, self._keyring, projection)

    def view(self, referral_id: str) -> ReferralView | None:
        """Read one referral."""
        row = self._first(_VIEWED, referral_id)
        return ReferralView(row, self._keyring) if row else None

    def list_views(
        self,
        *,
        stage: Stage | None = None,
        outcome: Outcome | None = None,
        due_before: datetime | None = None,
        owner: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[ReferralView]:
        """Read a page, newest first.

        Args:
            stage: Only these.
            outcome: Only these.
            due_before: Only those whose next action is due before then.
            owner: Only this owner's.
            after: When and which the last one of the page before was.
            limit: How many.
        """
        wanted = [
            REFERRAL.c.stage == stage if stage else None,
            REFERRAL.c.outcome == outcome if outcome else None,
            due_before > DUE_AT if due_before else None,
            REFERRAL.c.owner == owner if owner else None,
            tuple_(REFERRAL.c.received_at, REFERRAL.c.id) < after if after else None,
        ]
        statement = views().where(*(condition for condition in wanted if condition is not None))
        order = (REFERRAL.c.received_at.desc(), REFERRAL.c.id.desc())
        return self._views(statement.order_by(*order).limit(limit))

    def worklist(
        self,
        now: datetime,
        *,
        limit: int = 50,
        due_within: timedelta = timedelta(),
        alerts: bool = False,
        alarms: bool = True,
    ) -> list[ReferralView]:
        """Who needs a person now, most urgent first.

        Danger, then what was escalated, then promised calls, high risk, lapsed slots, and the longest due.
        Whoever is held waits for a person whatever the review date says.

        Args:
            now: An aware time.
            limit: How many.
            due_within: How far ahead of `now` a call or review already belongs here.
            alerts: Whether the quiet alerts of supervisors go before all but danger, closed referrals included.
            alarms: Whether an alarm for a visitor stands beside its referral; false where a box of its own shows it.
        """
        found = self._views(WORKLIST, {"now": now, "by": now + due_within, "most": limit, "alarms": alarms})
        alerted = self._views(ALERTED, {"now": now, "most": limit, "alarms": alarms}) if alerts else []
        known = {view.id for view in alerted}
        both = alerted + [view for view in found if view.id not in known]
        return sorted(both, key=lambda view: not view.in_danger)[:limit] if alerted else found

    def linked(self, referral_id: str, *, limit: int = AT_MOST) -> list[Link]:
        """Find likely duplicates and repeat victims of the last and next twelve months; never more than 20."""
        if not is_uuid(referral_id):
            return []
        with self._engine.connect() as connection:
            return links(connection, referral_id, limit=limit)

    def _facts(self, document: Document, received_at: datetime, state: ReferralState | None) -> Facts:
        """Fold by the policy the referral carries; before it has one, by the profile's."""
        return facts_of(
            document,
            number_id=self._number_id,
            received_at=received_at,
            child_under=state.policy.triage.child_under if state else self._child_under,
        )

    def _first(self, statement: Select[Any], referral_id: str) -> Any:
        if not is_uuid(referral_id):
            return None
        with self._engine.connect() as connection:
            return connection.execute(statement, {"this": referral_id}).first()

    def _views(
        self, statement: Select[Any], values: Mapping[str, object] | None = None
    ) -> list[ReferralView]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement, values).all()
        return [ReferralView(row, self._keyring) for row in rows]
