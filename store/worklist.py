"""Who needs a person now, most urgent first: one statement, made once.

An open referral fills a third of a page: the first fifty of ten thousand must not cost the reading of all.  So their
ids are found first.  What the referrals themselves want is read in the order of an index, `referral_worklist`; beside
it only those are read whose support, repairs or practical help want somebody.  Measured in docs/benchmarks.md.
"""

from typing import Any

from sqlalchemy import (
    DateTime,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from domain.vocabulary import NextActionKind, Stage
from store.asking import ASKED
from store.ongoing_support import SUPPORT
from store.referral_row import MOST_URGENT_FIRST, REFERRAL, WANTED_AT
from store.referral_view import DUE_AT, views

_BY = bindparam("by", type_=DateTime(timezone=True))
_MOST = bindparam("most", type_=Integer)
_OF_SUPPORT = func.coalesce(REFERRAL.c.escalated_at, SUPPORT.c.escalated_at).is_not(None)


def _order(is_before_a_person: Any, due_at: Any) -> tuple[Any, ...]:
    """`MOST_URGENT_FIRST`, with what is known beside the referral itself."""
    return (
        REFERRAL.c.in_danger.desc(),
        is_before_a_person.desc(),
        REFERRAL.c.promised.desc(),
        REFERRAL.c.high_risk.desc(),
        REFERRAL.c.lapses.desc(),
        case((REFERRAL.c.stage == Stage.HELD, 1), else_=0),
        due_at.asc().nulls_last(),
        REFERRAL.c.id,
    )


_ORDER = _order(
    _OF_SUPPORT | func.coalesce(ASKED.c.asks_urgently, literal_column("false")),
    func.least(DUE_AT, ASKED.c.asked_since),
)
"""With what only an ongoing support, a repair or practical help knows."""
_ORDER_OF_SUPPORT = _order(_OF_SUPPORT, DUE_AT)
_IS_WANTED_BY_ITSELF = (REFERRAL.c.stage != Stage.CLOSED) & or_(
    REFERRAL.c.stage == Stage.HELD,
    REFERRAL.c.escalated_at.is_not(None),
    (REFERRAL.c.stage == Stage.CONTACTING)
    & (
        REFERRAL.c.next_action_kind.is_distinct_from(NextActionKind.CALL)
        | (REFERRAL.c.next_action_due_at <= _BY)
    ),
)
"""`WANTED_AT` has come, said of the referral beside its support, which has an `escalated_at` too."""


def _wanted_by_themselves() -> Select[Any]:
    return (
        select(REFERRAL.c.id)
        .where(literal_column("stage <> 'closed'"), literal_column(f"({WANTED_AT})") <= _BY)
        .order_by(*map(literal_column, MOST_URGENT_FIRST))
        .limit(_MOST)
    )


def _wanted_by_their_support() -> Select[Any]:
    """Those whom only their support brings here, and those whom it moves up: the index does not know of it."""
    its_support = (REFERRAL.c.id == SUPPORT.c.referral_id) & (REFERRAL.c.support_id == SUPPORT.c.support_id)
    review_is_due = (SUPPORT.c.review_at <= _BY) & SUPPORT.c.ended_at.is_(None)
    return (
        select(REFERRAL.c.id)
        .join_from(SUPPORT, REFERRAL, its_support)
        .where(
            review_is_due | SUPPORT.c.escalated_at.is_not(None),
            (REFERRAL.c.stage == Stage.SUPPORTING) | _IS_WANTED_BY_ITSELF,
        )
        .order_by(*_ORDER_OF_SUPPORT)
        .limit(_MOST)
    )


def _wanted_by_what_goes_on() -> Select[Any]:
    """Those whose repairs or practical help ask somebody, closed ones too, and those whom that moves up."""
    return (
        select(REFERRAL.c.id)
        .join_from(ASKED, REFERRAL, REFERRAL.c.id == ASKED.c.referral_id)
        .join(SUPPORT, SUPPORT.c.support_id == REFERRAL.c.support_id, isouter=True)
        .order_by(*_ORDER)
        .limit(_MOST)
    )


def _worklist() -> Select[Any]:
    found = union_all(
        _wanted_by_themselves().subquery().select(),
        _wanted_by_their_support().subquery().select(),
        _wanted_by_what_goes_on().subquery().select(),
    )
    return _asking_views().where(REFERRAL.c.id.in_(found)).order_by(*_ORDER).limit(_MOST)


def _asking_views() -> Select[Any]:
    """Views that know what repairs and practical help ask."""
    return views().add_columns(ASKED.c.asking).join(ASKED, ASKED.c.referral_id == REFERRAL.c.id, isouter=True)


ALERTED = (
    _asking_views()
    .where(REFERRAL.c.alerted_at.is_not(None))
    .order_by(REFERRAL.c.in_danger.desc(), REFERRAL.c.alerted_at, REFERRAL.c.id)
    .limit(_MOST)
)
"""Those with a quiet alert, closed ones too: for supervisors alone.  Takes `now` and `most`."""
WORKLIST = _worklist()
"""Takes `now` and `alarms` as `ASKED` does; `by`, until when what is due belongs here; and `most`, how many."""
