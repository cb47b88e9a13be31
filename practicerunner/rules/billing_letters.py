"""What an e-mail to a payer may say: that something about their account waits, not how much or for what (I09)."""

from practicerunner.rules.reminders import Letter
from practicerunner.vocabulary import MessageKind

_SAYS = {
    MessageKind.INVOICE_ISSUED: ("Something new in your account", "there is a new invoice for you."),
    MessageKind.PAYMENT_RECEIVED: ("Something new in your account", "we have received a payment from you. Thank you."),
    MessageKind.PAYMENT_FAILED: ("Please look at your account", "a payment of yours did not come through."),
    MessageKind.PAYMENT_REMINDER: ("Please look at your account", "something in your account with us is still open. "
                                   "If you have paid in the meantime, please disregard this."),
    MessageKind.PAPER_READY: ("Something new in your account", "there is a paper for you."),
}
KINDS = frozenset(_SAYS)
"""The kinds of message that go to payers."""


def letter(kind: MessageKind, name: str, practice: str, phone: str, address: str) -> Letter:
    """The e-mail. ``address`` is where the portal is reached on the web, if it is."""
    subject, says = _SAYS[kind]
    call = f"please call us: {_line(phone)}" if _line(phone) else "please get in touch with us"
    where = f"You find it here: {_line(address)}" if _line(address) else ""
    parts = [f"Hello {_line(name)},", says, where, f"If you have questions, {call}.", _line(practice)]
    return Letter(subject, "\n\n".join(filter(None, parts)) + "\n")


def _line(text: str) -> str:
    """One line, whatever was typed."""
    return " ".join(text.split())
