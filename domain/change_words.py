"""What a correction or a contact plan changed, for the timeline: kinds of facts, never the facts."""

from domain.referral_state import ReferralState

_NAMES = {
    "email_safe": "e-mail",
    "emails": "e-mail",
    "address_safe": "post",
    "posts": "post",
    "windows": "when to ring",
    "text_windows": "when to text",
    "email_windows": "when to e-mail",
    "plan_until": "until when the plan holds",
}
"""What the timeline calls what changed, where a name of the code would not do."""


def what_changed(before: ReferralState, after: ReferralState) -> str:
    """Name the kinds of facts that changed, for the timeline."""
    old, new = before.facts, after.facts
    names = (
        "phones",
        "email_safe",
        "address_safe",
        "emails",
        "posts",
        "text_windows",
        "email_windows",
        "plan_until",
        "suspects",
        "flags",
        "consent",
        "risk",
        "windows",
        "lane",
    )
    changed = list(
        dict.fromkeys(_NAMES.get(n, n.replace("_", " ")) for n in names if getattr(old, n) != getattr(new, n))
    )
    if new.next_of_kin_informed and not old.next_of_kin_informed:
        changed.append("next of kin are now known to have been told")
    if after.sensitive and not before.sensitive:
        changed.append("it is sensitive now")
    return "Changed: " + ", ".join(changed) + "." if changed else ""
