"""Reminding payers of what is overdue, and telling them that a paper is there; seen first, sent once (H18)."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import cases, outbox, payments, practice
from practicerunner.records.cases import Case
from practicerunner.records.follow_up import FollowUp, Overdue
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.rules import billing_letters
from practicerunner.rules.reminders import Letter
from practicerunner.vocabulary import Action, ContactMade, DocumentKind, MessageKind, Resource
from practicerunner.workflows.access import Actor, authorize, visible
from practicerunner.workflows.accounts import overdue_accounts
from practicerunner.workflows.billing_notices import tell, why_not
from practicerunner.workflows.commands import Command, command, reader

TODAY = "Was reminded today already"
NOTHING = "Nothing is overdue any more"


class NowhereToWrite(RuleViolation):
    """This payer gets no e-mail about billing."""


class ToldToday(RuleViolation):
    """An e-mail about this paper has gone out today already."""


class SendReminders(Command):
    """Remind payers by e-mail that something is overdue: one e-mail each, whatever they owe and for whom."""

    payer_ids: tuple[int, ...] = Field(min_length=1, max_length=500)


class EmailPaper(Command):
    """Tell the payer of an issued paper by e-mail that it is there."""

    number: str


@dataclass(frozen=True, slots=True)
class ReminderLine:
    """One payer before reminders are sent: what is overdue of them, and why they get none."""

    payer_id: int
    payer: str
    cents: int
    invoices: int
    on_none_cents: int
    """What of it is owed on no invoice."""
    why_not: str


@dataclass(frozen=True, slots=True)
class ReminderPreview:
    """Who will be reminded and who will not, and the e-mail as somebody reads it."""

    lines: tuple[ReminderLine, ...]
    letter: Letter

    @property
    def ready(self) -> tuple[ReminderLine, ...]:
        """Those who will be reminded."""
        return tuple(line for line in self.lines if not line.why_not)

    @property
    def left_out(self) -> tuple[ReminderLine, ...]:
        """Those who will not."""
        return tuple(line for line in self.lines if line.why_not)


@reader(Resource.INVOICES)
def reminder_preview(session: Session, actor: Actor, payer_ids: Iterable[int]) -> ReminderPreview:
    """What sending reminders to these payers would do now; nothing of payers whom the actor may not see."""
    house = practice.the_practice(session)
    found = _overdue(session, actor, Action.READ, house)
    lines = []
    for payer_id in dict.fromkeys(payer_ids):
        payer = session.get(Payer, payer_id)
        theirs = found.get(payer_id, [])
        if payer is not None and theirs:
            lines.append(ReminderLine(
                payer.id, payer.name, sum(one.cents for one in theirs), sum(one.invoices for one in theirs),
                sum(one.on_none_cents for one in theirs),
                why_not(session, payer) or (
                    TODAY if outbox.is_written(session, _key(payer.id, house)) else ""),
            ))
    return ReminderPreview(tuple(lines), billing_letters.letter(
        MessageKind.PAYMENT_REMINDER, "…", house.name, house.phone, ""))


def _key(payer_id: int, house: Practice) -> str:
    return f"{MessageKind.PAYMENT_REMINDER}:{payer_id}:{clock.today(house.zone)}"


def _overdue(session: Session, actor: Actor, action: Action, house: Practice) -> dict[int, list[Overdue]]:
    sees = cases.seen(visible(actor, action, Resource.INVOICES))
    found: dict[int, list[Overdue]] = {}
    for one in overdue_accounts(session, sees, clock.today(house.zone)):
        found.setdefault(one.account.payer_id, []).append(one)
    return found


@command(Resource.INVOICES, Action.CREATE)
def send_reminders(session: Session, actor: Actor, asked: SendReminders) -> list[int]:
    """Write one reminder to each of these payers who has something overdue and may be written to.

    Whoever was reminded today gets no other. Each is entered as a contact on every case that it is about. Returns the
    payers who were reminded. Raises NotFound for a payer of whom the actor may see nothing overdue.
    """
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    found = _overdue(session, actor, Action.CREATE, house)
    reminded = []
    for payer_id in sorted(set(asked.payer_ids)):
        theirs = found.get(payer_id)
        payer = session.get(Payer, payer_id)
        if payer is None or not theirs:
            raise NotFound(NOTHING + ".", actor=actor, action=Action.CREATE, resource=Resource.INVOICES,
                           resource_id=payer_id)
        only = theirs[0].account.case_id if len(theirs) == 1 else None
        written = tell(session, house, MessageKind.PAYMENT_REMINDER, today, payer, only)
        if written is None:
            continue
        session.add_all(FollowUp(
            payer_id=payer_id, case_id=one.account.case_id, kind=ContactMade.REMINDER, happened_on=today,
            remark="By e-mail", next_action="", recorded_by_id=actor.staff_id, message_id=written,
        ) for one in theirs)
        reminded.append(payer_id)
    session.flush()
    session.info["detail"] = f"{len(reminded)} reminders"
    return reminded


PAPERS = {
    DocumentKind.INVOICE: Resource.INVOICES, DocumentKind.RECEIPT: Resource.INVOICES,
    DocumentKind.REFUND: Resource.INVOICES, DocumentKind.CREDIT_NOTE: Resource.INVOICES,
    DocumentKind.STATEMENT: Resource.INVOICES, DocumentKind.SUPERBILL: Resource.SUPERBILLS,
}
"""Papers about which a payer can be written to, and what one must be allowed to make for it."""


@reader(Resource.INVOICES)
def paper_letter(session: Session, actor: Actor) -> Letter:
    """The e-mail that tells a payer of a paper, without the name."""
    authorize(session, actor, Action.CREATE, Resource.INVOICES, responsible=[actor.staff_id])
    house = practice.the_practice(session)
    return billing_letters.letter(MessageKind.PAPER_READY, "…", house.name, house.phone, "")


@command(Resource.INVOICES, Action.CREATE)
def email_paper(session: Session, actor: Actor, asked: EmailPaper) -> int:
    """Tell the payer of a paper, such as an invoice or a receipt, that it is there; the paper itself is not sent.

    Returns the message's id. Raises NotFound, NowhereToWrite, ToldToday.
    """
    house = practice.the_practice(session)
    paper = payments.document_numbered(session, asked.number)
    if paper is None or paper.kind not in PAPERS:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES)
    case = session.get_one(Case, paper.case_id)
    authorize(
        session, actor, Action.CREATE, PAPERS[paper.kind], responsible=[case.provider_id],
        supervisor_id=case.supervisor_id, case_id=case.id,
    )
    payer = session.get_one(Payer, paper.payer_id)
    if reason := why_not(session, payer):
        raise NowhereToWrite(f"{payer.name} gets no e-mail: {reason[:1].lower()}{reason[1:]}.")
    written = tell(
        session, house, MessageKind.PAPER_READY, f"{paper.id}:{clock.today(house.zone)}", payer, case.id)
    if written is None:
        raise ToldToday
    session.info["case_id"], session.info["detail"] = case.id, asked.number
    return written
