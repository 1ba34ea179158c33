"""What a text that came in wants, read by short lists of words and never guessed beyond them.

A request is a request only where a clause begins with it: "stop texting me" asks us to stop, "he won't stop texting
me" tells us something.  Where several could be meant, the one that does least harm is: a STOP is always heard, and
whatever is on no list is a reply, which a person reads.  Source: rule 11 of docs/policy.md; docs/policy.md#opting-out.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from domain.vocabulary import TextMeaning

_STOP_SIGN = "\N{OCTAGONAL SIGN}"
_APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}`-]")
_BETWEEN_CLAUSES = re.compile(r"[^\w\s]+|\n+")
_COURTESIES = (
    "please pls plz kindly thanks thank you thx ta cheers now hi hello hey ok okay sorry just "
    "diolch os gwelwch yn dda koa kia ora"
)
_COURTESY = frozenset(_COURTESIES.split())
"""Said around a request in English, Welsh and te reo; it changes nothing."""
_STOPS_A_CLAUSE = frozenset(
    ("stop", "stopall", "unsubscribe", "optout", "arret", "arretez", "stopio", "stopiwch", "kati")
)
"""These ask us to stop wherever they stand as a clause of their own; most of them every network knows."""
_STOPS_ALONE = _STOPS_A_CLAUSE | {"stopit", "cancel", "end", "quit", "revoke", "arreter", "peidiwch", "mutu"}
"""These when nothing else is said: "Cancel" may be about an appointment."""
_STARTS_ALONE = frozenset(("start", "unstop", "restart", "resume", "dechrau", "timata"))

_LEAD = (
    r"^(?:(?:please|pls|plz|just|kindly|hi|hello|hey|ok|okay|sorry|and|but|so|can|could|will|would|you|u|someone|"
    r"somebody|i|we|want|need|like|id|said|say|asked|to|told|fuck|fucking|off|the|love|wd) )*"
)
"""What may stand before a request to us; nobody but us is named in it."""
_TAIL = r"(?: (?:please|pls|plz|thanks|thank|you|now|from|to|me|us|this|my|number|phone|again|anymore|any|more|ever))*$"
_MESSAGES = r"(?:texts?|txts?|messages?|msgs?|messaging|texting|spam|sms)"
_REACHING = (
    r"(?:texting|txting|messaging|msging|contacting|calling|ringing|phoning|writing|emailing|mailing|sending|"
    r"bothering|harassing|spamming|pestering)"
)
_STOP_REQUESTS = tuple(
    re.compile(pattern)
    for pattern in (
        _LEAD + rf"(?:stop|quit|cease) {_REACHING}\b",
        _LEAD + rf"(?:stop|cancel|end) (?:all |the |these |this |your |those |sending )*{_MESSAGES}\b",
        _LEAD + r"stop (?:it|this|that|everything|all of (?:it|this))" + _TAIL,
        r"^stop (?:(?:please|pls|plz|now) )*(?:i|we|im|dont|do not|this|these|no)\b",
        _LEAD
        + rf"no more (?:{_MESSAGES}|calls?|emails?|letters?|contact)(?: or (?:texts?|calls?|emails?|letters?))*"
        + _TAIL,
        _LEAD + r"leave (?:me|us) (?:the (?:fuck|hell) )?alone" + _TAIL,
        _LEAD + r"(?:dont|do not|never|not to) (?:ever )?(?:text|txt|message|msg|contact|write to)(?: |$)",
        _LEAD + r"(?:take|remove|delete) (?:me|us|my number|this number)\b",
        _LEAD + r"(?:opt (?:me )?out|unsubscribe (?:me|us)|unsubscribe this)\b",
        r"^(?:peidiwch|peidio) (?:a |ag )?(?:thecstio|tecstio|chysylltu|cysylltu|anfon)\b",
        r"^kaua (?:e )?(?:karere|patuhi|waea)\b",
    )
)
_NO_CALLS = re.compile(_LEAD + r"(?:dont|do not|never|not to) (?:ever )?(?:call|ring|phone)(?: |$)")
_WRITE_INSTEAD = re.compile(rf"\b(?:{_MESSAGES}|email|write|letter)\b")
_CALL_REQUESTS = tuple(
    re.compile(pattern)
    for pattern in (
        _LEAD + r"(?:call|ring|phone|fone|bell) (?:me|us)\b",
        _LEAD + r"(?:call|ring|phone)(?: back)?" + _TAIL,
        _LEAD + r"(?:give (?:me|us) a |a )(?:call|ring|bell|phone call)\b",
        r"^(?:plis )?(?:ffoniwch|ffonia) (?:fi|ni)\b",
        r"^(?:tena )?waea mai\b",
    )
)
_GREETING = r"^(?:(?:sorry|hi|hello|hey|um|er|and|but|so|please|ok|new phone|wrong number|excuse me) )*"
_WHO = r"(?:is|are|r|this|dis|number|texted|texting|messaged|u)"
_WHO_TAIL = (
    r"(?: (?:is|this|that|you|u|it|texting|messaging|me|number|there|for|from|about|mate|please|pls))*$"
)
_QUESTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_GREETING}(?:who|whos|whose)(?: the (?:fuck|hell|heck))? {_WHO}{_WHO_TAIL}",
        rf"{_GREETING}(?:i think |you have |youve got |this is |its |the )*wrong number\b",
        rf"{_GREETING}(?:do i know you|who gave you|(?:how|where) did you get my number)\b",
        r"^pwy (?:yw|ydy|sydd|wyt|ydych|ywr)\b",
        r"^ko wai (?:tenei|koe|koutou)\b",
    )
)
_INSULT = r"(?:bitch|bitches|slut|slag|whore|cunt|slapper|twat|scum|cow)"
_SPITE = r"fucking|fuckin|stupid|dirty|nosy|lying|little|old"
_I_WILL = r"(?:ill|i will|im going to|im gonna|imma|gonna|we will|well)"
_HARM = r"(?:kill|stab|shoot|hurt|find|get|smash|burn|batter)"
_ABUSE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:you|u|ur|youre|your|yr) (?:(?:are|r|a|an|all|lot|of|{_SPITE}) )*{_INSULT}\b",
        rf"^(?:(?:{_SPITE}) )*{_INSULT}$",
        r"^(?:(?:just|go|and|so|now|ok) )*(?:fuck|piss|sod) (?:off|you|u|yourself|yourselves)\b",
        rf"\b{_I_WILL} (?:fucking |fuckin )?{_HARM} (?:you|u|ya|your|ur)\b",
        r"\b(?:kill yourself|watch your back|(?:you are|youre|u r|ur) dead|(?:you will|youll) (?:pay|regret))\b",
        r"\bi know where (?:you|u|she|they) (?:live|lives|work|works|is|are)\b",
    )
)
"""Aimed at the reader: a victim who tells us what was said to her is not abusive."""


def meaning_of(words: str) -> TextMeaning:
    """Say what a text wants.

    Args:
        words: As they came, in English, Welsh or te reo Māori; may be empty, for a picture.
    """
    clauses = tuple(_clauses(words))
    if _asks_to_stop(words, clauses):
        return TextMeaning.STOP
    if threatens(words):
        return TextMeaning.ABUSE
    if _alone(words) in _STARTS_ALONE:
        return TextMeaning.START
    if _any(_QUESTIONS, clauses):
        return TextMeaning.WHO_ARE_YOU
    if _any(_CALL_REQUESTS, clauses):
        return TextMeaning.CALL_ME
    return TextMeaning.REPLY


def threatens(words: str) -> bool:
    """Whether a text threatens or insults its reader, whatever else it wants."""
    return _any(_ABUSE, tuple(_clauses(words)))


def contains(words: str, agreed: str) -> bool:
    """Whether a text has an agreed word (or words, one after the other) in it.

    Case, accents and punctuation aside; a part of a longer word is not the word.
    """
    sought, said = _folded(agreed).split(), _folded(words).split()
    return bool(sought) and any(
        said[place : place + len(sought)] == sought for place in range(len(said) - len(sought) + 1)
    )


def _asks_to_stop(words: str, clauses: Sequence[str]) -> bool:
    alone = _alone(words)
    if alone in _STOPS_ALONE or (not alone and _STOP_SIGN in words):
        return True
    if any(_without_courtesy(clause) in _STOPS_A_CLAUSE for clause in clauses) or _any(
        _STOP_REQUESTS, clauses
    ):
        return True
    refuses_calls = any(_NO_CALLS.search(clause) for clause in clauses)
    return refuses_calls and not _WRITE_INSTEAD.search(" ".join(clauses))


def _alone(words: str) -> str:
    """A text without courtesies, repetitions and gaps: "S.T.O.P. please" is `stop`."""
    said = [word for word in _folded(words).split() if word not in _COURTESY]
    if said and all(len(word) == 1 for word in said):
        return "".join(said)
    return "".join(dict.fromkeys(said))


def _without_courtesy(clause: str) -> str:
    return "".join(dict.fromkeys(word for word in clause.split() if word not in _COURTESY))


def _clauses(words: str) -> Iterator[str]:
    plain = _plain(words)
    yield from (" ".join(clause.split()) for clause in _BETWEEN_CLAUSES.split(plain) if clause.strip())


def _folded(words: str) -> str:
    return " ".join(_BETWEEN_CLAUSES.sub(" ", _plain(words)).split())


def _plain(words: str) -> str:
    """Lower case, without accents, apostrophes and hyphens: "Kāti" is `kati`, "who's" is `whos`."""
    parts = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", words).casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).replace("_", " ")


def _any(patterns: Sequence[re.Pattern[str]], clauses: Sequence[str]) -> bool:
    return any(pattern.search(clause) for pattern in patterns for clause in clauses)
