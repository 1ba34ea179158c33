"""What left, or may have left, as it was: sealed with the person's key."""

from domain.message_ports import Written
from store.encryption import PersonCipher

_WORDS = "message.words_enc"
_PDF = "message.pdf_enc"


def seal(cipher: PersonCipher, key: str, written: Written) -> dict[str, bytes | None]:
    """The columns that keep a message's content."""
    words = {"text": written.text, "subject": written.subject, "html": written.html, "note": written.note}
    return {
        "words_enc": cipher.seal_json(_WORDS, key, words),
        "pdf_enc": cipher.seal(_PDF, key, written.pdf) if written.pdf else None,
    }


def open_sealed(cipher: PersonCipher, key: str, words_enc: bytes, pdf_enc: bytes | None) -> Written:
    """Undo `seal`."""
    words = cipher.open_json(_WORDS, key, words_enc)
    pdf = cipher.open(_PDF, key, pdf_enc) if pdf_enc else b""
    return Written(
        text=words["text"], subject=words["subject"], html=words["html"], pdf=pdf, note=words.get("note", "")
    )
