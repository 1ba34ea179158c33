"""Whom to ring when somebody is in danger now, by the country the service works in.

Nothing here is ours to choose, and a wrong word can cost a life: change it only with the police's own page at hand.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A country's emergency number, and how to use it without speaking."""

    number: str
    silent: tuple[str, ...] = ()
    """What to do when speaking is not safe, a sentence each; empty where we know of nothing."""
    deaf: str = ""
    """Other ways for people who are deaf or cannot speak; empty where we know of none."""


_BY_REGION = {
    "GB": Emergency(
        number="999",
        silent=(
            "On a mobile, call 999 and listen. If you cannot make a sound, press 55 when you are asked to.",
            "After 55 you are put through to the police. It does not tell them where you are: whisper it if you can.",
            "On a landline, call 999 and stay on the line.",
            "If the operator cannot tell whether you need help, you are put through to the police.",
        ),
        deaf="If you are deaf, use the 999 BSL app or website, call 18000 with the Relay UK app or a textphone, "
        "or text 999 if your phone is registered.",
    ),
    "NZ": Emergency(
        number="111",
        silent=(
            "On a mobile, call 111 and listen. If you cannot speak, press 55 when the recorded message asks you to.",
            "On a landline, call 111 and stay on the line. Press any key when the operator asks you to.",
            "You are then put through to the police.",
        ),
        deaf="If you are deaf, text 111 if your phone is registered for 111 TXT.",
    ),
}
"""By the country's code.  Sources: IOPC, "Make Yourself Heard" (the Silent Solution guide for 999); Relay UK;
emergencySMS; New Zealand Police, "Calling emergency 111" and its notice on silent calls of August 2021."""
_ELSEWHERE = Emergency(number="112")
"""Answered by the emergency services on mobile networks nearly everywhere.  Source: 3GPP TS 22.101, 10.1."""


def emergency_in(region: str) -> Emergency:
    """Give the emergency number of a country, by its two-letter code such as `GB`."""
    return _BY_REGION.get(region, _ELSEWHERE)
