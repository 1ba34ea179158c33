"""A provider that lets nothing leave; what would have left is shown in the post room."""

from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel
from providers.permission import must_be_permitted


class SimulatedProvider:
    """Accepts everything the gate permitted, or what it is told to say instead."""

    simulated = True
    collects = False

    def __init__(self, *, answer: Verdict = Verdict.ACCEPTED, channel: Channel | None = None) -> None:
        self.answer = answer
        self._channel = channel

    def send(self, outgoing: Outgoing) -> Delivery:
        """Take a message without letting it leave.  Raises `NotPermitted`, as the real ones do."""
        must_be_permitted(outgoing, self._channel)
        return Delivery(verdict=self.answer, provider_id="", why=_WORDS[self.answer])

    def reconcile(self, key: str) -> Delivery:
        """Nothing ever leaves, so what was cut off has not left: it may be tried again."""
        return Delivery(verdict=Verdict.NOT_TRIED, why="Simulated: nothing had left.")


_WORDS = {
    Verdict.ACCEPTED: "Simulated: it would have left.",
    Verdict.REJECTED: "Simulated: refused.",
    Verdict.NOT_TRIED: "Simulated: not taken.",
    Verdict.UNKNOWN: "Simulated: no answer.",
}
