"""Statements: what a payer owed, what moved and what is owed now, shown first and then issued for good (H15, D9)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from practicerunner import clock, ids
from practicerunner.documents import statement as paper
from practicerunner.errors import BadInput, NotFound, RuleViolation
from practicerunner.money import dollars
from practicerunner.records import accounts, cases, practice, statements
from practicerunner.records.base import FOR_CHANGE, add_rows
from practicerunner.records.cases import Case
from practicerunner.records.people import Payer
from practicerunner.records.practice import Practice
from practicerunner.records.statements import Statement as Issued
from practicerunner.records.statements import StatementCase, StatementFacts
from practicerunner.rules.statements import AGES, BROUGHT_OVER, Entry, Statement, statement
from practicerunner.vocabulary import Action, DocumentKind, Resource
from practicerunner.workflows import papers
from practicerunner.workflows.access import Actor, authorize, may, may_touch, visible
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import Command, command, reader
from practicerunner.workflows.invoicing import name_on_paper


class StatedAlready(RuleViolation):
    """A statement covers this period already. Say that another one is wanted."""


class IssueStatement(Command):
    """Issue a payer's statement for a period, both days included. Without ``case_id``: all cases that one may see."""

    payer_id: int
    case_id: int | None = None
    starts_on: date
    ends_on: date
    again: bool = False
    """Whether another one is wanted where one covers the same days already."""


@dataclass(frozen=True, slots=True)
class StatementPreview:
    """A statement before it is issued."""

    payer: str
    statement: Statement
    several: bool
    """Whether it covers more than one case, so that each line says which."""
    remark: str
    """Why the opening balance is not what the statement before closed with, where it is not."""
    issued_before: str = ""
    """The number of a statement that covers the same days and cases already."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of a payer or a case, and for whom and what another one can be made."""

    rows: tuple[StatementFacts, ...]
    payers: dict[int, str]
    cases: dict[int, str]
    """Of which cases the actor may issue one; empty for who only reads."""
    today: date


@dataclass(frozen=True, slots=True)
class JustIssued:
    """A statement that was issued in this transaction, and its paper to draw."""

    statement_id: int
    number: str
    paper: papers.Undrawn


def reach(actor: Actor) -> Action:
    """What a preview asks permission for, so that it covers the very cases which the issued statement will cover."""
    return Action.CREATE if may(actor, Action.CREATE, Resource.INVOICES) else Action.READ


def _covered(
    session: Session, actor: Actor, payer_id: int, case_id: int | None, action: Action, *, lock: bool = False
) -> tuple[Payer, list[Case]]:
    """The door to a payer's ledger: the cases that a statement covers.

    Raises NotFound, NotPermitted.
    """
    sees = visible(actor, action, Resource.INVOICES)
    payer = session.get(Payer, payer_id, with_for_update=FOR_CHANGE if lock else None)
    covered = statements.cases_of(session, payer_id, cases.seen(sees))
    if case_id is not None:
        covered = [case for case in covered if case.id == case_id]
    if payer is None or not covered:
        raise NotFound(
            actor=actor, action=action, resource=Resource.INVOICES, resource_id=payer_id, case_id=case_id
        )
    for case in covered:
        authorize(
            session, actor, action, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, resource_id=payer_id, case_id=case.id,
        )
    return payer, covered


def _check(starts_on: date, ends_on: date, today: date) -> None:
    """Raise BadInput for a period that is none, or that is not over."""
    if ends_on < starts_on:
        raise BadInput("ends_on", "The last day comes before the first.")
    if ends_on > today:
        raise BadInput("ends_on", "A statement ends today at the latest; what comes later has not moved yet.")


def _reckon(
    session: Session, actor: Actor, payer_id: int, case_ids: Sequence[int], starts_on: date, ends_on: date
) -> tuple[Statement, str]:
    """The statement of a payer over these cases, and the remark on the one before."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    found = statements.entries(session, [payer_id], case_ids, sees, ends_on)
    moved = _without_names(session, [Entry(*facts) for _, facts in found])
    made = statement(moved, starts_on, ends_on)
    before = statements.statements(session, sees, payer_ids=[payer_id], ends_on=(starts_on - timedelta(days=1),))
    return made, _remark(made, moved, starts_on, case_ids, before)


def _without_names(session: Session, moved: list[Entry]) -> list[Entry]:
    """The same without the names that cases were given in which the payer knows no more of a session than its month."""
    veiled = {entry.case_id for entry in moved if entry.is_confidential}
    if not veiled:
        return moved
    named = {
        case.id: name_on_paper(case, confidential=True) for case in statements.cases_numbered(session, tuple(veiled))}
    return [entry._replace(case_name=named.get(entry.case_id, entry.case_name)) for entry in moved]


def _remark(
    made: Statement, moved: Iterable[Entry], starts_on: date, case_ids: Sequence[int],
    before: Iterable[StatementFacts],
) -> str:
    """What differs from the last statement up to the day before, if that one covered the same opening balance."""
    opened = {entry.case_id for entry in moved if entry.day < starts_on}
    last = next((row for row in before if opened <= row.case_ids <= set(case_ids)), None)
    if last is None or last.closing_cents == made.opening_cents:
        return ""
    return (
        f"{last.number} closed with {dollars(last.closing_cents)}. What was recorded afterwards for days until then "
        f"makes it {dollars(made.opening_cents)}."
    )


@reader(Resource.INVOICES)
def statement_preview(
    session: Session, actor: Actor, payer_id: int, starts_on: date, ends_on: date, case_id: int | None = None
) -> StatementPreview:
    """A statement as it would be issued now. Raises NotFound, BadInput."""
    payer, covered = _covered(session, actor, payer_id, case_id, reach(actor))
    _check(starts_on, ends_on, clock.today(practice.the_practice(session).zone))
    made, remark = _reckon(session, actor, payer_id, [case.id for case in covered], starts_on, ends_on)
    before = _issued_before(session, actor, payer_id, covered, starts_on, ends_on)
    return StatementPreview(payer.name, made, len(covered) > 1, remark, before)


def _issued_before(
    session: Session, actor: Actor, payer_id: int, covered: Sequence[Case], starts_on: date, ends_on: date
) -> str:
    """The number of the latest statement of a payer over the same days that covers these cases, if there is one."""
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    wanted = {case.id for case in covered}
    return next((
        row.number for row in statements.statements(session, sees, payer_ids=[payer_id], ends_on=(ends_on,))
        if row.starts_on == starts_on and row.case_ids >= wanted), "")


@command(Resource.INVOICES, Action.CREATE)
def issue_statement(session: Session, actor: Actor, asked: IssueStatement) -> int:
    """Issue a statement under the next number and freeze its paper. Returns its id.

    Raises NotFound, BadInput, StatedAlready.
    """
    payer, covered = _covered(session, actor, asked.payer_id, asked.case_id, Action.CREATE, lock=True)
    house = practice.the_practice(session)
    _check(asked.starts_on, asked.ends_on, clock.today(house.zone))
    if not asked.again and _issued_before(session, actor, payer.id, covered, asked.starts_on, asked.ends_on):
        raise StatedAlready
    made, remark = _reckon(
        session, actor, payer.id, [case.id for case in covered], asked.starts_on, asked.ends_on)
    issued = _issue(session, actor, house, payer, covered, made, asked.starts_on, asked.ends_on, remark)
    session.info["detail"] = issued.number
    return issued.statement_id


def _issue(
    session: Session, actor: Actor, house: Practice, payer: Payer, covered: Sequence[Case], made: Statement,
    starts_on: date, ends_on: date, remark: str,
) -> JustIssued:
    """Write a statement, the cases it covers and its frozen paper."""
    today = clock.today(house.zone)
    kind = DocumentKind.STATEMENT
    number = practice.take_number(session, kind, kind.prefix, today.year)
    several = len(covered) > 1
    content = paper.Statement(
        number=number, issued_on=today, starts_on=starts_on, ends_on=ends_on, currency=house.currency,
        practice=papers.letterhead(house), statement_for=papers.addressee(session, payer),
        case_name="" if several else _called(session, payer, covered[0]), opening_cents=made.opening_cents,
        summary=summary(made),
        movements=tuple(
            paper.Movement(
                day=line.day, what=line.what, number=line.number, case_name=line.case_name if several else "",
                amount_cents=line.amount_cents, balance_cents=line.balance_cents,
            ) for line in made.movements
        ),
        closing_cents=made.closing_cents, ages=AGES, credit_cents=made.credit_cents, remark=remark,
        open_items=tuple(
            paper.OpenItem(
                what=item.what, since=item.since, case_name=item.case_name if several else "",
                age=item.age, open_cents=item.open_cents,
            ) for item in made.open_items
        ),
    )
    frozen = papers.freeze(session, kind, content, payer_id=payer.id, case_id=covered[0].id)
    statement_id = ids.new_id()
    add_rows(session, Issued, [{
        "id": statement_id, "number": number, "payer_id": payer.id, "starts_on": starts_on, "ends_on": ends_on,
        "opening_cents": made.opening_cents, "closing_cents": made.closing_cents, "issued_on": today,
        "issued_by_id": actor.staff_id,
    }])
    add_rows(session, StatementCase, [{"statement_id": statement_id, "case_id": case.id} for case in covered])
    return JustIssued(statement_id, number, frozen)


def _called(session: Session, payer: Payer, case: Case) -> str:
    """What a case is called at the head of a payer's statement."""
    return name_on_paper(case, confidential=statements.has_confidential(session, payer.id, case.id))


def summary(made: Statement) -> tuple[tuple[str, int], ...]:
    """What stands between the opening and the closing balance, on screen and on paper, with its sign."""
    brought = ((BROUGHT_OVER, made.brought_over_cents),) if made.brought_over_cents else ()
    return (
        *brought, ("Charges", made.charges_cents), ("Payments", -made.payments_cents),
        ("Credit adjustments", -made.credits_cents), ("Refunds", made.refunds_cents),
    )


@reader(Resource.INVOICES)
def statements_of_payer(session: Session, actor: Actor, payer_id: int) -> Statements:
    """A payer's statements over cases that the actor may see, newest first. Raises NotFound."""
    sees = visible(actor, Action.READ, Resource.INVOICES)
    payer = session.get(Payer, payer_id)
    known = statements.cases_of(session, payer_id, cases.seen(sees))
    if payer is None or (not known and not sees.everything):
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.INVOICES, resource_id=payer_id)
    found = statements.statements(session, cases.seen(sees), payer_ids=[payer_id])
    return Statements(
        tuple(found), {payer_id: payer.name}, {case.id: case.name for case in known if _may_issue(actor, case)},
        clock.today(practice.the_practice(session).zone),
    )


@reader(Resource.INVOICES)
def statements_of_case(session: Session, actor: Actor, case_id: int) -> Statements:
    """Statements that cover a case, newest first, and its payers. Raises NotFound."""
    case = case_for(session, actor, case_id, resource=Resource.INVOICES)
    sees = cases.seen(visible(actor, Action.READ, Resource.INVOICES))
    payers = {row.payer_id: row.payer for row in accounts.standings(session, case_id=case_id)}
    return Statements(
        tuple(statements.statements(session, sees, case_id=case_id)), payers,
        {case_id: case.name} if _may_issue(actor, case) else {}, clock.today(practice.the_practice(session).zone),
    )


def _may_issue(actor: Actor, case: Case) -> bool:
    return may_touch(
        actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id], supervisor_id=case.supervisor_id)


@dataclass(frozen=True, slots=True)
class Due:
    """A statement that a payer has not got yet."""

    payer_id: int
    case_ids: tuple[int, ...]
    statement: Statement
    remark: str


def due_of(
    session: Session, sees: ColumnElement[bool], starts_on: date, ends_on: date, payer_ids: Sequence[int]
) -> list[Due]:
    """Which of these payers have no statement of a period yet that covers what may be seen, in the order given."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for payer_id, facts in statements.entries(session, payer_ids, None, sees, ends_on):
        found[payer_id].append(Entry(*facts))
    found = {payer_id: _without_names(session, moved) for payer_id, moved in found.items()}
    day_before = starts_on - timedelta(days=1)
    told: dict[int, list[StatementFacts]] = defaultdict(list)
    for row in statements.statements(session, sees, payer_ids=payer_ids, ends_on=(day_before, ends_on)):
        told[row.payer_id].append(row)
    due = []
    for payer_id in payer_ids:
        covered = tuple(sorted({entry.case_id for entry in found.get(payer_id, ())}))
        if not covered or any(
            (row.starts_on, row.ends_on) == (starts_on, ends_on) and row.case_ids.issuperset(covered)
            for row in told[payer_id]
        ):
            continue
        made = statement(found[payer_id], starts_on, ends_on)
        earlier = [row for row in told[payer_id] if row.ends_on == day_before]
        due.append(Due(payer_id, covered, made, _remark(made, found[payer_id], starts_on, covered, earlier)))
    return due


def issue_due(session: Session, actor: Actor, due: Due, starts_on: date, ends_on: date) -> JustIssued:
    """Issue a statement that is due, in its own authorised right. Raises NotFound."""
    payer = session.get_one(Payer, due.payer_id)
    covered = statements.cases_numbered(session, due.case_ids)
    for case in covered:
        authorize(
            session, actor, Action.CREATE, Resource.INVOICES, responsible=[case.provider_id],
            supervisor_id=case.supervisor_id, resource_id=payer.id, case_id=case.id,
        )
    house = practice.the_practice(session)
    return _issue(session, actor, house, payer, covered, due.statement, starts_on, ends_on, due.remark)
