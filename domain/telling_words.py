"""Words that tell what kind of service this is: one list for messages, names, addresses and hosts.

Source: rule 12 of docs/policy.md: texts, envelopes, caller display and anything on a sensitive referral never
speak of crime, police or victims.
"""

import re
import unicodedata
from typing import Final

FORBIDDEN_WORDS: Final = (
    "abuse", "abused", "abuser", "abusive", "arson", "assault", "assaulted", "attack", "attacked",
    "attacker", "burglar", "burglary", "burgled", "crime", "crimes", "criminal", "criminals", "domestic",
    "harassment", "homicide", "incident", "incidents", "manslaughter", "murder", "murdered", "offence",
    "offences", "offender", "perpetrator", "police", "policeman", "policewoman", "rape", "raped", "refuge",
    "robbed", "robbery", "safeguarding", "sexual", "stalked", "stalker", "stalking", "stolen",
    "suicide", "survivor", "survivors", "suspect", "theft", "trafficking", "victim", "victims", "violence", "violent",
)  # fmt: skip
"""Words that no neutral message carries.  None is a common name."""

FORBIDDEN_IN_WELSH: Final = (
    "aflonyddu", "byrgleriaeth", "fyrgleriaeth", "camdriniaeth", "gamdriniaeth", "chamdriniaeth",
    "cam-drin", "gam-drin", "cham-drin", "cyflawnwr", "gyflawnwr", "cyflawnwyr", "dioddefwr",
    "ddioddefwr", "dioddefwyr", "ddioddefwyr", "digwyddiad", "ddigwyddiad", "digwyddiadau",
    "ddigwyddiadau", "domestig", "ddomestig", "drwgdybyn", "hunanladdiad", "heddlu", "heddwas",
    "lladrad", "ladrad", "lladrata", "ladrata", "lladron", "lleidr", "leidr", "llofruddiaeth",
    "lofruddiaeth", "llofruddiwyd", "llosgi bwriadol", "losgi bwriadol", "masnachu pobl", "plismon",
    "blismon", "plismones", "blismones", "rhywiol", "stelcian", "stelcio", "stelciwr", "trais",
    "drais", "nhrais", "thrais", "tramgwydd", "dramgwydd", "treisgar", "dreisgar", "treisio",
    "dreisio", "threisio", "trosedd", "drosedd", "nhrosedd", "throsedd", "troseddau", "droseddau",
    "throseddau", "troseddol", "droseddol", "troseddwr", "droseddwr", "troseddwyr", "droseddwyr",
    "ymosod", "ymosodiad", "ymosodiadau", "ymosododd", "ymosodwr",
)  # fmt: skip
"""The same in Welsh, with the first letters a sentence may give them."""

FORBIDDEN_IN_MAORI: Final = (
    "kohuru", "kōhuru", "kōhurutia", "pahuatia", "parurenga", "pārurenga",
    "patunga", "pawhera", "pāwhera", "pāwheratia", "pirihimana", "tahae", "tāhae", "tāhaetia",
    "taihara", "taitokai", "taitōkai", "takakino", "takakinotia", "tukino", "tūkino", "tūkinotanga",
    "tukinotia", "tūkinotia", "whaiwhai", "whakaweti", "whakamomori", "whakatumatuma", "whanako",
    "whānako", "whānakotia",
)  # fmt: skip
"""The same in te reo Māori, with and without macrons."""

_EVERY_WORD: Final = (*FORBIDDEN_WORDS, *FORBIDDEN_IN_WELSH, *FORBIDDEN_IN_MAORI)
"""All are looked for in every message: a name or a stray sentence may be in any language."""

_FORBIDDEN: Final = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _EVERY_WORD))})(?!\w)", re.IGNORECASE)

_LONG_ENOUGH: Final = 6
"""Letters a word needs to be looked for inside others: `rape` is in `therapeutic`, `arson` in `Larson`."""
_SHORT_AND_PLAIN: Final = frozenset({"abuse", "crime", "trais", "drais"})
"""Shorter ones that are in hardly any other word."""


def tells_something(words: str) -> bool:
    """Say whether words give away what a neutral message must not."""
    return _FORBIDDEN.search(unicodedata.normalize("NFC", words)) is not None


def telling_words(words: str) -> tuple[str, ...]:
    """List the forbidden words, as written, for whoever is about to write them."""
    return tuple(dict.fromkeys(_FORBIDDEN.findall(unicodedata.normalize("NFC", words))))


def name_tells(name: str) -> bool:
    """Say whether a name, an address or a host tells, also where words are written together: `victimshub.org`."""
    plain = _plain(name)
    return tells_something(name) or _PART.search(plain) is not None or _WHOLE.search(plain) is not None


def _plain(words: str) -> str:
    """Without marks on its letters, as hosts and addresses write them, and with what joins words as spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare)


def _any_of(words: set[str]) -> str:
    return "|".join(map(re.escape, sorted(words)))


_PLAIN_WORDS: Final = {_plain(word) for word in _EVERY_WORD}
_WHOLE: Final = re.compile(rf"\b(?:{_any_of(_PLAIN_WORDS)})\b", re.IGNORECASE)
_JOINED: Final = {word.replace(" ", "") for word in _PLAIN_WORDS}
_PART: Final = re.compile(
    _any_of({word for word in _JOINED if len(word) >= _LONG_ENOUGH or word in _SHORT_AND_PLAIN}),
    re.IGNORECASE,
)
