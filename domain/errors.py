"""What can go wrong, drawn.

HoldfastError
├── Refusal                 a command the stage table has no step for, with the reason in plain words
│   ├── NotPossibleNow      409
│   ├── RoleNotAllowed      403
│   └── Incomplete          422
├── InvalidProfile          a profile that is malformed or contradicts itself
├── InvalidDuration         not an ISO 8601 duration
├── ReferralNotFound        no referral of that id, or none the asker may see
├── HelpNotFound            no practical help of that id
├── SourceConflict          the same source reference was used with other content
├── CannotBeWritten         a message that cannot be written out or printed; a person is asked
├── IdempotencyConflict     the same idempotency key was used with another body
├── KeyNotFound             data was encrypted with a key that is not configured
├── CannotBeOpened          encrypted data was changed, or moved to another row or column
├── NotGenuine              a provider's callback whose signature does not hold; nothing of it is kept
├── NotUnderstood           a genuine callback of a shape nobody knows
└── ReferenceTaken          another referral has this reference already: draw again

Errors carry ids and codes, never a person's details.
"""


class HoldfastError(Exception):
    """The root of every error of ours."""


class Refusal(HoldfastError):
    """A command that cannot be carried out; `reason` is fit to be read by a coordinator."""

    code = "refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotPossibleNow(Refusal):
    """The stage table has no such step from here."""

    code = "not_possible_now"


class RoleNotAllowed(Refusal):
    """Somebody else may do this."""

    code = "role_not_allowed"


class Incomplete(Refusal):
    """The command lacks something the step needs."""

    code = "incomplete"


class InvalidProfile(HoldfastError):
    """A profile is malformed or contradicts itself; the text names the line and the reason."""


class InvalidDuration(HoldfastError):
    """Not an ISO 8601 duration."""


class ReferralNotFound(HoldfastError):
    """No referral of that id, or none the asker may see."""


class RepairNotFound(HoldfastError):
    """No repair has this id."""


class HelpNotFound(HoldfastError):
    """No practical help has this id."""


class SourceConflict(HoldfastError):
    """The same source reference was used with other content."""


class CannotBeWritten(HoldfastError):
    """A message cannot be written out or printed; the text names the field and the reason, never the words."""


class IdempotencyConflict(HoldfastError):
    """The same idempotency key was used with another body."""


class KeyNotFound(HoldfastError):
    """Data was encrypted with a key that is not configured."""


class CannotBeOpened(HoldfastError):
    """Encrypted data was changed, or moved to another row or column."""


class ReferenceTaken(HoldfastError):
    """Another referral has this reference already: draw again."""


class NotGenuine(HoldfastError):
    """A callback's signature is missing, malformed, wrong or too old; nothing of it is kept."""


class NotUnderstood(HoldfastError):
    """A genuine callback of a shape nobody knows."""
