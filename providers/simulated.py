"""A provider that lets nothing leave; what would have left is shown in the post room."""

from domain.ports import Delivery, Outgoing, Verdict


class SimulatedProvider:
    """Accepts everything, or what it is told to say instead."""

    simulated = True

    def __init__(self, *, answer: Verdict = Verdict.ACCEPTED) -> None:
        self.answer = answer

    def send(self, outgoing: Outgoing) -> Delivery:
        """Take a message without letting it leave."""
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
