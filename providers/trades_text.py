"""Tradespeople who are asked by text, with the link of their page.  Source: docs/repairs.md."""

from collections.abc import Callable

from domain.gate import Permit
from domain.message_ports import MessageProvider, Outgoing, Verdict, Written
from domain.repair_dispatch.kinds import NoticeVerdict
from domain.repair_dispatch.ports import Told, TradeNotice
from providers.permission import must_be_permitted_to_tell

WITHOUT_LINK = "(their link)"
"""What is kept in the place of a link that has left: whoever has it answers as the tradesperson."""

_VERDICTS = {
    Verdict.ACCEPTED: NoticeVerdict.TOLD,
    Verdict.REJECTED: NoticeVerdict.REJECTED,
    Verdict.NOT_TRIED: NoticeVerdict.NOT_TRIED,
    Verdict.UNKNOWN: NoticeVerdict.UNKNOWN,
}


class TradeTexts:
    """Writes a notice out and hands it to whoever sends our texts."""

    def __init__(self, way: MessageProvider, words: Callable[[TradeNotice], str]) -> None:
        """Prepare to write.

        Args:
            way: Out, for texts.
            words: Makes the text; the address is never in it.
        """
        self._way = way
        self._words = words
        self.simulated = way.simulated

    def tell(self, notice: TradeNotice, permit: Permit) -> Told:
        """Send a text; said twice it may come twice.  Raises `NotPermitted`.

        The provider knows it by its public id alone, and tells by that id when it does not arrive after all.
        """
        must_be_permitted_to_tell(notice.known_as, permit)
        text = self._words(notice)
        delivery = self._way.send(
            Outgoing(
                key=notice.known_as,
                message_id=notice.known_as,
                to=notice.phone,
                written=Written(text=text),
                permit=permit,
            )
        )
        return Told(
            verdict=_VERDICTS[delivery.verdict],
            why=delivery.why,
            provider_id=delivery.provider_id,
            shown=text if self.simulated else _without(notice.link, text),
        )


def _without(link: str, text: str) -> str:
    return text.replace(link, WITHOUT_LINK) if link else text
