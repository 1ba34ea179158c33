"""What the link of an offer opens: the offer, where its repair stands, and the door only for whoever has the job.

Nothing of the referral is read but its key and what the job itself says; so nothing else can be shown.
Source: docs/repairs.md#the-link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, DateTime, Engine, and_, bindparam, func, or_, select

from domain.identifiers import repair_workflow_id
from domain.repair_dispatch.answers import is_free
from domain.repair_dispatch.events import TradeAnswered
from domain.repair_dispatch.kinds import OfferState, RepairKind, RepairStage, TradeAnswer, Urgency
from domain.vocabulary import CommandState
from store.columns import AnyRow
from store.command_row import COMMAND
from store.encryption import PersonCipher, cipher_of
from store.json_form import event_from_json
from store.keyring import Keyring
from store.referral_row import REFERRAL
from store.repair_dispatch.fitness import may_be_sent
from store.repair_dispatch.job import Job, open_job
from store.repair_dispatch.json_form import open_state
from store.repair_dispatch.photo import REPAIR_PHOTO
from store.repair_dispatch.row import REPAIR, REPAIR_OFFER
from store.repair_dispatch.token import may_be_token, offer_token_hash

PHOTOS_UNTIL = timedelta(days=1)
"""How long after the work photos of it, and its cost, are still taken.  Source: docs/repairs.md#photographs."""
_WELCOME = frozenset({OfferState.OFFERED, OfferState.EXPIRED, OfferState.UNREACHABLE, OfferState.TAKEN})
"""Who was asked and has not said no; whoever was second may have it once the first has given it back."""

_THIS: BindParameter[str] = bindparam("this")
_NOW: BindParameter[datetime] = bindparam("now", type_=DateTime(timezone=True))
_PHOTOS = (
    select(func.count())
    .where(REPAIR_PHOTO.c.offer_id == REPAIR_OFFER.c.id)
    .correlate(REPAIR_OFFER)
    .scalar_subquery()
)
_OPENED = (
    select(
        REPAIR_OFFER.c.id,
        REPAIR_OFFER.c.repair_id,
        REPAIR_OFFER.c.state,
        REPAIR_OFFER.c.answer_by,
        REPAIR_OFFER.c.settled_at,
        REPAIR.c.referral_id,
        REPAIR.c.reference,
        REPAIR.c.kinds,
        REPAIR.c.urgency,
        REPAIR.c.area,
        REPAIR.c.stage,
        REPAIR.c.on_site_by,
        REPAIR.c.eta_at,
        REPAIR.c.ended_at,
        REPAIR.c.confirmed_offer,
        REPAIR.c.job_enc,
        REPAIR.c.state_enc,
        REFERRAL.c.wrapped_key,
        _PHOTOS.label("photos"),
    )
    .join(REPAIR, REPAIR.c.id == REPAIR_OFFER.c.repair_id)
    .join(REFERRAL, REFERRAL.c.id == REPAIR.c.referral_id)
    .where(
        REPAIR_OFFER.c.token_hash == _THIS,
        REPAIR_OFFER.c.state != OfferState.RESERVED,
        or_(
            REPAIR_OFFER.c.link_until > _NOW,
            REPAIR_OFFER.c.state == OfferState.CONFIRMED,  # a job that is planned may be a week away
            and_(REPAIR_OFFER.c.state == OfferState.DONE, REPAIR_OFFER.c.settled_at > _NOW - PHOTOS_UNTIL),
        ),
    )
)
"""In one statement: whoever has the job, and the door, are read in the same moment."""
_WAITING = (
    select(COMMAND.c.id, COMMAND.c.event_enc)
    .where(COMMAND.c.target_id == _THIS, COMMAND.c.state == CommandState.PENDING)
    .order_by(COMMAND.c.ordinal)
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OfferOpened:
    """What a link opens.  `job` is personal, and there only while this very offer is the confirmed one."""

    offer_id: str
    repair_id: str
    referral_id: str
    reference: str
    kinds: tuple[RepairKind, ...]
    urgency: Urgency
    area: str
    state: OfferState
    stage: RepairStage
    may_accept: bool
    """Whether a yes is welcome now, by the answer time or after it."""
    may_be_sent: bool
    """Whether they are in the register still, and their papers valid today: else their yes is not."""
    on_site_by: datetime
    answer_by: datetime | None
    settled_at: datetime | None
    eta_at: datetime | None
    """Of whoever has the job; only for them."""
    job: Job | None
    photos: int
    """How many were sent with this offer."""
    waiting: tuple[TradeAnswer, ...]
    """Their answers that the workflow has not taken in yet, oldest first."""

    @property
    def has_the_job(self) -> bool:
        """Whether this tradesperson has it at this moment, and nobody else."""
        return self.job is not None

    def takes_photos(self, now: datetime) -> bool:
        """Whether a photo of the work is welcome: while they have the job, and for a day after it."""
        if self.state is OfferState.DONE and self.settled_at is not None:
            return now < self.settled_at + PHOTOS_UNTIL
        return self.has_the_job


class OfferPages:
    """Opens links."""

    def __init__(self, engine: Engine, keyring: Keyring, *, zone: ZoneInfo) -> None:
        """Prepare to open links; papers expire at the end of the day in `zone`, the service's."""
        self._engine = engine
        self._keyring = keyring
        self._zone = zone

    def open(self, token: str, *, now: datetime) -> OfferOpened | None:
        """Open a link; `None` alike for one that was never ours, has run out, or whose person is forgotten."""
        if not may_be_token(token):
            return None
        token_hash = offer_token_hash(self._keyring, token)
        with self._engine.connect() as connection:
            row = connection.execute(_OPENED, {"this": token_hash, "now": now}).first()
            if row is None:
                return None
            cipher = cipher_of(self._keyring, row.referral_id, row.wrapped_key)
            waiting = _waiting(connection, cipher, row)
            fit = may_be_sent(connection, row.id, at=now, zone=self._zone)
        return _opened(cipher, row, waiting, fit=fit)


def _waiting(connection: Connection, cipher: PersonCipher, row: AnyRow) -> tuple[TradeAnswer, ...]:
    commands = connection.execute(_WAITING, {"this": repair_workflow_id(row.repair_id)}).all()
    events = (event_from_json(cipher.open("command.event_enc", c.id, c.event_enc)) for c in commands)
    return tuple(
        event.answer for event in events if isinstance(event, TradeAnswered) and event.offer_id == row.id
    )


def _opened(cipher: PersonCipher, row: AnyRow, waiting: tuple[TradeAnswer, ...], *, fit: bool) -> OfferOpened:
    offer_state = OfferState(row.state)
    has_it = offer_state is OfferState.CONFIRMED and row.confirmed_offer == row.id and row.ended_at is None
    state = open_state(cipher, row.repair_id, row.state_enc)
    return OfferOpened(
        offer_id=row.id,
        repair_id=row.repair_id,
        referral_id=row.referral_id,
        reference=row.reference,
        kinds=tuple(RepairKind(kind) for kind in row.kinds),
        urgency=Urgency(row.urgency),
        area=row.area,
        state=offer_state,
        stage=RepairStage(row.stage),
        may_accept=fit and offer_state in _WELCOME and state is not None and is_free(state),
        may_be_sent=fit,
        on_site_by=row.on_site_by,
        answer_by=row.answer_by,
        settled_at=row.settled_at,
        eta_at=row.eta_at if has_it else None,
        job=open_job(cipher, row.repair_id, row.job_enc) if has_it else None,
        photos=row.photos,
        waiting=waiting,
    )
