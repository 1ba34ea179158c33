"""What a message must not give away to whoever picks it up.

Source: rule 12 of docs/policy.md: texts, envelopes, caller display and anything on a sensitive referral never
speak of crime, police or victims.
"""

import re
import unicodedata
from typing import Final

FORBIDDEN_WORDS: Final = (
    "abuse", "abused", "abuser", "abusive", "arson", "assault", "assaulted", "attack", "attacked",
    "attacker", "burglar", "burglary", "burgled", "crime", "crimes", "criminal", "domestic",
    "harassment", "homicide", "incident", "incidents", "manslaughter", "murder", "murdered", "offence",
    "offences", "offender", "perpetrator", "police", "policeman", "policewoman", "rape", "raped",
    "robbed", "robbery", "safeguarding", "sexual", "stalked", "stalker", "stalking", "stolen",
    "suicide", "suspect", "theft", "trafficking", "victim", "victims", "violence", "violent",
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

_NOT_IN_A_NAME: Final = re.compile(r"""[\d_/\\@:<>{}\[\]#+=*^%$£€!?;|~"]|\w{2,}\.\w{2,}""")
"""What links, numbers and remarks have and names have not."""

LONGEST_GREETING: Final = 40
"""A preferred name longer than this is not greeted: it is a remark, or somebody else's message."""


class UnsafeWords(Exception):
    """A message would have told something: a person must look.

    Attributes:
        reason_code: Always `forbidden_word`.
        part: Which part of the message it was in, such as `subject`; never the words themselves.
    """

    reason_code = "forbidden_word"

    def __init__(self, part: str) -> None:
        super().__init__(f"a word that must not be said is in the {part} of a message")
        self.part = part


def tells_something(words: str) -> bool:
    """Say whether words give away what a neutral message must not."""
    return _FORBIDDEN.search(unicodedata.normalize("NFC", words)) is not None


def telling_words(words: str) -> tuple[str, ...]:
    """List the forbidden words, as written, for whoever is about to write them."""
    return tuple(dict.fromkeys(_FORBIDDEN.findall(unicodedata.normalize("NFC", words))))


def require_neutral(**parts: str) -> None:
    """Check a neutral message, part by part.

    Raises:
        UnsafeWords: One of the parts carries a forbidden word.
    """
    for part, words in parts.items():
        if tells_something(words):
            raise UnsafeWords(part)


def greetable(preferred_name: str) -> str:
    """The name to greet a person by, or nothing when it does not read like a name.

    Names come from forms that anybody may fill in.  A "name" that is a link or a remark must not be sent,
    as our words, to a number that somebody else gave.
    """
    if len(preferred_name) > LONGEST_GREETING or _NOT_IN_A_NAME.search(preferred_name):
        return ""
    return preferred_name
