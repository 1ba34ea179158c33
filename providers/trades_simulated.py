"""The tradesperson API that sends nothing: for a firm's system that is not configured."""

from domain.gate import Permit
from domain.repair_dispatch.kinds import NoticeVerdict
from domain.repair_dispatch.ports import Told, TradeNotice
from providers.permission import must_be_permitted_to_tell
from providers.trades_wire import shown


class SimulatedTrades:
    """Takes everything, or what it is told to say instead; nobody ever answers."""

    simulated = True

    def __init__(self, *, answer: NoticeVerdict = NoticeVerdict.TOLD) -> None:
        self.answer = answer

    def tell(self, notice: TradeNotice, permit: Permit) -> Told:
        """Take a notice without letting it leave.  Raises `NotPermitted`, as the real one does."""
        must_be_permitted_to_tell(notice.known_as, permit)
        return Told(verdict=self.answer, why=_WORDS[self.answer], shown=shown(notice, with_link=True))


_WORDS = {
    NoticeVerdict.TOLD: "Simulated: it would have left.",
    NoticeVerdict.REJECTED: "Simulated: refused.",
    NoticeVerdict.NOT_TRIED: "Simulated: not taken.",
    NoticeVerdict.UNKNOWN: "Simulated: no answer.",
}
