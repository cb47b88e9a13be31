"""What can go wrong. An error is a fact; its docstring is the sentence that the user reads."""

from collections.abc import Mapping


class PracticeError(Exception):
    """Something went wrong. Nothing was saved."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or " ".join((self.__class__.__doc__ or "").split()))


class BadInput(PracticeError):
    """Please check this field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class FieldProblems(BadInput):
    """Please check the marked fields."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(*next(iter(self.problems.items())))


class RuleViolation(PracticeError):
    """The practice's rules do not allow this."""


class NotPermitted(PracticeError):
    """Your role does not allow this."""

    def __init__(
        self, message: str | None = None, *, actor: object = None, action: str = "", resource: str = "",
        resource_id: int | None = None, case_id: int | None = None, leaves: object = None,
    ) -> None:
        super().__init__(message)
        self.leaves = leaves
        """A row that is kept of the refusal, beside the line of the audit log; nothing else of the act is."""
        self.actor, self.action, self.resource = actor, action, resource
        self.resource_id, self.case_id = resource_id, case_id


class NotFound(NotPermitted):
    """There is no such record, or it is not yours to open."""


class Stale(PracticeError):
    """Somebody else changed this in the meantime. Reload to see their changes, then save again."""


class SlotTaken(RuleViolation):
    """That time is already taken."""


class NoteIsSigned(RuleViolation):
    """A signed note cannot be changed; write an addendum."""


class PaymentTooLarge(RuleViolation):
    """The payment is more than what is owed."""
