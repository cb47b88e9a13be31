"""The card processor as payments see it: charge, refund, status. What talks to a real one is handed in from outside.

Nothing here knows a key or a password: an implementation brings its own, and gets no more than a token, an amount and
an operation id. The id is the idempotency key: asked twice with the same one, a processor answers as the first time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from practicerunner.errors import RuleViolation
from practicerunner.vocabulary import PaymentState


class ChargeDeclined(RuleViolation):
    """The card or account was declined. Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a processor is asked to move. The token stays out of every text that is made of it."""

    key: str
    """The operation id."""
    amount_cents: int
    currency: str
    token: str = field(default="", repr=False)
    reference: str = ""
    """For a charge, what staff wrote down of it; for a refund, how the processor refers to the charge."""
    is_pending: bool = False
    """Whether staff say that the money is still on its way."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a processor says of an order."""

    reference: str
    state: PaymentState


class Processor(Protocol):
    """What any processor can do."""

    @property
    def name(self) -> str:
        """How records name it."""
    def charge(self, order: Order) -> Outcome:
        """Take money from a saved card or account."""
    def refund(self, order: Order) -> Outcome:
        """Give money of an earlier charge back."""
    def status(self, reference: str) -> PaymentState | None:
        """What has become of a charge; ``None`` where only people can say."""


class ManualProcessor:
    """No processor: staff charge in the terminal themselves, and write down its reference. Nothing leaves the house."""

    name = "manual"

    def charge(self, order: Order) -> Outcome:
        """As staff say."""
        return Outcome(order.reference, PaymentState.PENDING if order.is_pending else PaymentState.SETTLED)

    def refund(self, order: Order) -> Outcome:
        """As staff say."""
        return Outcome(order.reference, PaymentState.SETTLED)

    def status(self, reference: str) -> PaymentState | None:
        """Nobody but staff knows."""
        return None


_connected: list[Processor] = [ManualProcessor()]


def connected() -> Processor:
    """The processor that charges saved methods; the manual one until another is connected."""
    return _connected[-1]


@contextmanager
def connect(processor: Processor) -> Iterator[None]:
    """Let another processor charge for a while: a server for as long as it runs, a test for its length."""
    _connected.append(processor)
    try:
        yield
    finally:
        _connected.remove(processor)
