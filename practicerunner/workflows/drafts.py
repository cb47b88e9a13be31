"""Drafts of invoices: looked at, put right, issued one by one or all at once, or deleted. They count nowhere (H08)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.records import billing, cases, consent_basis, drafts, practice
from practicerunner.records.cases import Case
from practicerunner.records.drafts import InvoiceDraft
from practicerunner.rules import fees
from practicerunner.rules.consent_basis import NEUTRAL
from practicerunner.vocabulary import Action, ChargeKind, Resource
from practicerunner.workflows.access import Actor, may, visible
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, Line, command, reader
from practicerunner.workflows.invoicing import issue, part_of


class DraftIsGone(RuleViolation):
    """This draft was issued or deleted meanwhile."""


class NothingOnDraft(RuleViolation):
    """Nothing stands on these drafts any more."""


class ChangeDraftLine(Command):
    """Say on the invoice what this line is for; empty: the words of the service."""

    draft_id: int
    share_id: int
    text: Line = Field(max_length=200)


class LeaveOut(Command):
    """Take a line off a draft; it can be invoiced later."""

    draft_id: int
    share_id: int


class DeleteDraft(Command):
    """Throw a draft away; what stood on it can be invoiced anew."""

    draft_id: int


class IssueDrafts(Command):
    """Issue drafts: each gets the next number and is frozen. All or none."""

    draft_ids: tuple[int, ...] = Field(min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class DraftLineView:
    """One line of a draft as the invoice will say it."""

    share_id: int
    service_date: date
    description: str
    amount_cents: int
    is_changed: bool
    detail: str = ""
    """Standard fee and adjustment, where the practice shows them; or what a neutral line will say instead."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft, to look at."""

    draft_id: int
    payer_id: int
    payer: str
    case_id: int
    case_name: str
    created_on: date
    lines: tuple[DraftLineView, ...]

    @property
    def total_cents(self) -> int:
        """What the invoice will come to."""
        return sum(line.amount_cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts that somebody may see, the oldest first."""

    rows: tuple[DraftView, ...]
    may_issue: bool
    today: date

    @property
    def sum_cents(self) -> int:
        """What all of them come to."""
        return sum(row.total_cents for row in self.rows)


@reader(Resource.INVOICES)
def drafts_to_issue(session: Session, actor: Actor) -> Drafts:
    """Every draft of the cases that the actor may see, with its lines."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    house = practice.the_practice(session)
    found: dict[int, list[drafts.DraftLine]] = defaultdict(list)
    for line in drafts.lines(session, sees):
        found[line.draft_id].append(line)
    kept = consent_basis.confidential_charges(
        session, [line.charge_id for lines in found.values() for line in lines])
    rows = [
        DraftView(
            draft_id, lines[0].payer_id, lines[0].payer, lines[0].case_id, lines[0].case_name,
            lines[0].created_at.astimezone(ZoneInfo(house.zone)).date(),
            tuple(DraftLineView(line.share_id, line.service_date, line.own_text or line.description,
                                line.amount_cents, bool(line.own_text),
                                _veiled(line, kept) or (_detail(line) if house.show_adjustments else ""))
                  for line in lines),
        ) for draft_id, lines in found.items()
    ]
    return Drafts(tuple(rows), may(actor, Action.CREATE, Resource.INVOICES), clock.today(house.zone))


def _veiled(line: drafts.DraftLine, kept: dict[int, set[int]]) -> str:
    """What is said of a line whose paper will tell no more than the month (A23)."""
    if not kept.get(line.charge_id, set()) - {line.payer_person_id}:
        return ""
    return f"Confidential: the invoice says “{NEUTRAL}”, {line.service_date:%B %Y}"


def _detail(line: drafts.DraftLine) -> str:
    if line.kind is not ChargeKind.SERVICE:
        return ""
    return fees.said_of_a_line(line.standard_cents, line.charge_cents)


def _draft_for(session: Session, actor: Actor, draft_id: int) -> tuple[InvoiceDraft, Case]:
    """The door to a draft, locked. Raises DraftIsGone, NotFound, NotPermitted."""
    draft = drafts.locked(session, draft_id)
    if draft is None:
        raise DraftIsGone
    case = case_for(session, actor, draft.case_id, Action.CREATE, resource=Resource.INVOICES)
    session.info["case_id"] = case.id
    return draft, case


@command(Resource.INVOICES, Action.CREATE)
def change_draft_line(session: Session, actor: Actor, asked: ChangeDraftLine) -> int:
    """Give a line of a draft words of its own. Returns the draft's id. Raises DraftIsGone, NotFound."""
    draft, _ = _draft_for(session, actor, asked.draft_id)
    share = next((share for share in drafts.all_shares(session, draft.id) if share.id == asked.share_id), None)
    if share is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, resource_id=asked.share_id)
    share.draft_text = asked.text
    draft.revision += 1
    return draft.id


@command(Resource.INVOICES, Action.CREATE)
def leave_out(session: Session, actor: Actor, asked: LeaveOut) -> int:
    """Take a line off a draft until later; the last one takes the draft along. Returns the draft's id.

    Raises DraftIsGone, NotFound.
    """
    draft, _ = _draft_for(session, actor, asked.draft_id)
    shares = drafts.all_shares(session, draft.id)
    share = next((share for share in shares if share.id == asked.share_id), None)
    if share is None:
        raise NotFound(actor=actor, action=Action.CREATE, resource=Resource.INVOICES, resource_id=asked.share_id)
    draft.revision += 1
    _free(session, [share.id], draft)
    if len(shares) == 1:
        session.delete(draft)
    return draft.id


@command(Resource.INVOICES, Action.CREATE)
def delete_draft(session: Session, actor: Actor, asked: DeleteDraft) -> int:
    """Throw a draft away. What stood on it is to be invoiced again. Returns the draft's id. Raises DraftIsGone."""
    draft, _ = _draft_for(session, actor, asked.draft_id)
    _free(session, [share.id for share in drafts.all_shares(session, draft.id)], draft)
    session.delete(draft)
    return asked.draft_id


def _free(session: Session, share_ids: list[int], draft: InvoiceDraft) -> None:
    """Let parts go from a draft; a charge that stands nowhere any more is withdrawn, so that it can be made anew."""
    parts = {share.id: share for share in drafts.all_shares(session, draft.id) if share.id in share_ids}
    for share in parts.values():
        share.draft_id, share.draft_text = None, ""
    session.flush()
    charge_ids = [share.charge_id for share in parts.values()]
    somewhere = drafts.carried(session, charge_ids)
    for charge in billing.charges(session, charge_ids):
        if charge.id not in somewhere and charge.package_id is None:
            charge.withdrawn_at = charge.withdrawn_at or clock.now()
    session.flush()


@command(Resource.INVOICES, Action.CREATE)
def issue_drafts(session: Session, actor: Actor, asked: IssueDrafts) -> list[int]:
    """Issue drafts under the next numbers. Returns the invoice ids. Raises DraftIsGone, NothingOnDraft, BadInput."""
    if len(set(asked.draft_ids)) < len(asked.draft_ids):
        raise BadInput("draft_ids", "Each draft is issued once.")
    house = practice.the_practice(session)
    today = clock.today(house.zone)
    made = []
    for draft_id in sorted(asked.draft_ids):
        draft, case = _draft_for(session, actor, draft_id)
        due = [part_of(charge, share) for charge, share in drafts.parts(session, draft.id)]
        for share in drafts.all_shares(session, draft.id):
            share.draft_id = None
        if due:
            day = max([today, *(part.service_date for part in due if not part.in_advance)])
            made.append(issue(session, actor, house, case, draft.payer_id, due, day))
        session.flush()
        session.delete(draft)
        session.flush()
    if not made:
        raise NothingOnDraft
    session.info["detail"] = f"{len(made)} drafts issued"
    return made
