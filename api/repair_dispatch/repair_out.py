"""What the JSON API says of a repair; fields are only ever added."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.referral_out import Out
from domain.repair_dispatch.kinds import (
    NoticeKind,
    NoticeVerdict,
    OfferState,
    Permission,
    PoliceRelease,
    RepairAsk,
    RepairHold,
    RepairKind,
    RepairStage,
    Tenure,
    TradeChannel,
    TradeDeclineReason,
    Urgency,
)
from domain.repair_dispatch.spend import SpendKind
from domain.vocabulary import Role


class RepairHoldOut(Out):
    """Why nobody is sent yet."""

    hold: RepairHold
    reason: str
    lifted_when: str
    lifted_by_role: Role


class RepairAskOut(Out):
    """What a coordinator is asked."""

    ask: RepairAsk
    reason: str


class PromiseOut(Out):
    """One promise; until the repair's workflow has spoken it is not reckoned."""

    by: datetime
    kept_at: datetime | None
    is_broken: bool


class _WithName(Out):
    """Whom an offer was made to."""

    name: str
    firm: str
    channel: TradeChannel
    answer_by: datetime | None


class TradespersonAsked(_WithName):
    """Somebody who has been asked, and may answer still."""

    offer: str = Field(description="Its id.")


class OfferOut(_WithName):
    """One offer, and what became of it."""

    id: str
    trade_id: str
    phone: str = Field(description="Whom staff ring; the victim never does.")
    state: OfferState
    made_at: datetime | None = Field(description="`null`: only their place is kept.")
    settled_at: datetime | None
    reason: TradeDeclineReason | None
    why: str = Field(description="Why they were asked in this place.")


class NoticeOut(Out):
    """One thing a tradesperson is, or was, told."""

    offer: str
    kind: NoticeKind
    verdict: NoticeVerdict | None
    why: str
    tries: int
    wanted_at: datetime
    told_at: datetime | None
    simulated: bool = Field(description="Whether nothing really left.")


class SpendOut(Out):
    """One line of the ledger."""

    id: str
    repair: str
    repair_reference: str
    month: date = Field(description="Its first day.")
    kind: SpendKind
    pence: int = Field(description="Added to what the repair comes to; may be negative.")
    trade_id: str | None
    invoice_reference: str
    made_at: datetime
    by: str = Field(description="A member of staff; empty: the service, or the tradesperson.")
    reason: str


class PhotoOut(Out):
    """One photo of the work."""

    id: str
    offer: str
    url: str
    width: int
    height: int
    taken_in_at: datetime


class AddressOut(Out):
    """Where the work is."""

    lines: list[str]
    postcode: str


class JobOut(Out):
    """How to get in.  Notes and who may be at home are shown to no tradesperson."""

    address: AddressOut
    access: str
    code_word: str = Field(description="Tell the victim: whoever comes says it at the door.")
    who_may_be_home: str
    pets: str
    notes: str


class TellingWordsWarning(Out):
    """Words that whoever has the job reads and that tell them something: change them (`change_job`)."""

    kind: Literal["telling_words"]
    fields: list[str] = Field(description="Of the job.", examples=[["access"]])
    reason: str


class DuplicateWarning(Out):
    """Another repair that may be the same one: perhaps it is paid for twice."""

    kind: Literal["duplicate"]
    repair: str
    reference: str
    referral: str
    stage: RepairStage
    asked_at: datetime
    committed_pence: int


class RepairSummary(Out):
    """A repair in a list, without anything personal."""

    id: str
    reference: str = Field(description="Short, speakable, meaningless.", examples=["K7PM-4T2Q"])
    referral: str
    kinds: list[RepairKind]
    urgency: Urgency
    area: str = Field(description="Outward code or New Zealand postcode; empty where it is not known.")
    stage: RepairStage
    holds: list[RepairHoldOut]
    asks: list[RepairAskOut]
    on_site: PromiseOut
    done: PromiseOut
    asked_at: datetime
    accepted_at: datetime | None
    eta_at: datetime | None
    arrived_at: datetime | None
    made_safe_at: datetime | None
    finished_at: datetime | None
    follow_up_at: datetime | None = Field(description="When the victim is to be asked whether it is secure.")
    ended_at: datetime | None
    committed_pence: int
    revision: int


class RepairOut(RepairSummary):
    """A repair as staff see it."""

    referral_reference: str
    permission: Permission
    police_release: PoliceRelease
    suspect_tenure: Tenure
    estimate_pence: int
    tells_victim: bool
    job: JobOut
    asked: list[TradespersonAsked] = Field(description="Who has been asked, and may answer still.")
    confirmed: TradespersonAsked | None = Field(description="Who has the job; nobody else does.")
    told: bool = Field(description="Whether whoever has the job knows.")
    offers: list[OfferOut] = Field(description="Everybody who was ever asked, in that order.")
    notices: list[NoticeOut]
    spend: list[SpendOut]
    photos: list[PhotoOut]
    reopened: int = Field(description="How often the victim said that the place was not secure.")
    warnings: list[DuplicateWarning | TellingWordsWarning]


class RepairList(Out):
    """One page of repairs."""

    items: list[RepairSummary]


class RepairsOfReferral(Out):
    """The repairs of one referral, newest first."""

    items: list[RepairOut]
