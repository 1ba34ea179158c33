"""Whether printing or posting is behind: said on the pages of the batches and of the post room."""

from dataclasses import dataclass

from api.services import Services
from domain.print_batch import is_posting_overdue, is_printing_overdue
from domain.vocabulary import PrintedBy
from store.print_batch import PrintBatch


def is_overdue(services: Services, batch: PrintBatch) -> bool:
    """Whether nobody has said in time that a batch was posted."""
    now = services.clock()
    hours = services.policies.policy_at(now).hours
    return batch.posted_at is None and is_posting_overdue(batch.made_at, hours, now)


def printing_is_overdue(services: Services) -> bool:
    """Whether letters wait to be printed for too long."""
    since = services.batches.waiting_since()
    return since is not None and is_printing_overdue(since, services.clock())


def posting_is_overdue(services: Services) -> bool:
    """Whether a batch waits for the word that it was posted for too long."""
    made_at, now = services.batches.unposted_since(), services.clock()
    return made_at is not None and is_posting_overdue(made_at, services.policies.policy_at(now).hours, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """What the post room reminds of."""

    prints: bool
    """Whether this service prints its own letters, or has to see to batches it made."""
    unprinted: bool
    unposted: bool


def printing_of(services: Services) -> Printing:
    """Say whether printing or posting is behind."""
    unprinted, unposted = printing_is_overdue(services), posting_is_overdue(services)
    prints = services.profile.printed_by is PrintedBy.SERVICE
    return Printing(prints=prints or unprinted or unposted, unprinted=unprinted, unposted=unposted)
