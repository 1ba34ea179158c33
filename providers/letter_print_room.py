"""Letters that the service prints itself: they wait for a batch, and no provider ever sees them."""

from domain.message_ports import Delivery, Outgoing, Verdict
from domain.vocabulary import Channel
from providers.permission import must_be_permitted
from providers.proof import unknown


class PrintRoom:
    """Collects letters until somebody prints and posts them.  Source: docs/policy.md#letters."""

    simulated = False
    collects = True

    def send(self, outgoing: Outgoing) -> Delivery:
        """Refuse to post one letter on its own: it leaves in a batch.  Raises `NotPermitted`."""
        must_be_permitted(outgoing, Channel.LETTER)
        return Delivery(verdict=Verdict.NOT_TRIED, why="It waits for the next printed batch.")

    def reconcile(self, key: str) -> Delivery:
        """Only the person who posts the batch knows what was in the envelope."""
        return unknown("It may be in a printed batch: who posts it knows.")
