"""What a message must not give away to whoever picks it up: looked for in what was written.

Source: rule 12 of docs/policy.md; the words are in `domain/telling_words.py`.
"""

import re
from typing import Final

from domain.telling_words import tells_something

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
