"""What a person's release of a message covers: this channel, this address, and whoever could read it then.

Source: rules 1 and 10 of docs/policy.md; docs/policy.md#letters.
"""

from domain.channels import textable_phones, usable_addresses
from domain.referral_state import ReferralState, Writing
from domain.vocabulary import Channel


def ground_of(state: ReferralState, channel: Channel) -> tuple[str, ...]:
    """What a release of a message rests on: opaque ids and categories of whoever could read it.

    A person released *this* letter to *this* address of somebody who was safe as far as was known then.
    """
    facts = state.facts
    suspects = [f"{one.relationship}/{one.shares_address}/{one.whereabouts}" for one in facts.suspects]
    marks = ["sensitive" if state.sensitive else "", "bereaved" if facts.is_bereaved else ""]
    return (*marks, "child" if facts.is_child else "", *_where(state, channel)[:1], *sorted(suspects))


def _where(state: ReferralState, channel: Channel) -> list[str]:
    facts, sensitive, closed = state.facts, state.sensitive, state.closed_ways
    match channel:
        case Channel.LETTER:
            posts = usable_addresses(facts.posts, facts, sensitive=sensitive, closed=closed)
            return [post.id for post in posts]
        case Channel.EMAIL:
            emails = usable_addresses(facts.emails, facts, sensitive=sensitive, closed=closed)
            return [email.id for email in emails]
        case Channel.TEXT:
            phones = textable_phones(facts, sensitive=sensitive, closed=closed)
            return [phone.id for phone in phones]


def still_released(state: ReferralState, writing: Writing) -> bool:
    """Whether a person's release still covers a message: on a protected referral, only what it was given for."""
    if not writing.approved or not state.protected or not writing.released_for:
        return writing.approved
    return writing.released_for == ground_of(state, writing.channel)
