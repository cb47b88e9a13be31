"""One record as a reader of it may see it, on paper: what took place, locked notes with their addenda, forms (K05),
and what was asked to be amended, with its answer (C27).

A case of a couple or a family has one record, which goes out once each adult has authorised it; one of them alone gets
an extract. Of a group each participant has their own. Neither names anybody else.
Drafts, memos and psychotherapy notes are never part of one (X16).
"""

from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from practicerunner import clock
from practicerunner.documents.note import Passage, Signature, SignedPage
from practicerunner.documents.record import Code, Filed, Record, Visit, paint_record
from practicerunner.documents.sheet import long_date
from practicerunner.errors import NotFound, RuleViolation
from practicerunner.records import audit, calendar, cases, note_lists, notes, practice
from practicerunner.records.cases import Case
from practicerunner.records.note_lists import NoteRow
from practicerunner.records.people import Person
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Attendance
from practicerunner.rules import measures
from practicerunner.rules import notes as rule
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.documents import plain_name
from practicerunner.rules.names import person_name
from practicerunner.rules.releases import is_conjoint, names_to_remove, without
from practicerunner.vocabulary import Action, AttendanceStatus, Resource
from practicerunner.workflows.access import Actor, authorize, how_may
from practicerunner.workflows.amendment_papers import amendments_on_paper
from practicerunner.workflows.case_forms import forms_of_case
from practicerunner.workflows.cases import case_for
from practicerunner.workflows.commands import reader
from practicerunner.workflows.diagnosis_pages import diagnoses_of
from practicerunner.workflows.documents import documents_of_case
from practicerunner.workflows.form_pages import ResponsePage, response_page
from practicerunner.workflows.note_pages import NotePage, note_page
from practicerunner.workflows.note_papers import PRINTED, member_copy, signed_page
from practicerunner.workflows.note_readers import may_open
from practicerunner.workflows.papers import letterhead
from practicerunner.workflows.releases import check_released, may_hand_out

_NEVER = "Memos and notes that the law keeps apart from the record are never part of it."
_EXTRACT = (
    "An extract: of a record about several people what is about one of them alone. Names of the others were removed; "
    "notes on what took place together are not in it."
)


class WhoseRecord(RuleViolation):
    """Choose whose record it is: in a group each participant has one of their own."""


@reader(Resource.CASE)
def record_choices(session: Session, actor: Actor, case_id: int) -> dict[int | None, str] | None:
    """Whose records the actor may take from a case: person id and name, or one of the whole; ``None`` if none.

    Of a couple or a family both: the whole goes out by a release (``releases``), an extract of one of them without.
    """
    case = case_for(session, actor, case_id)
    if not may_hand_out(actor, case):
        return None
    whole: dict[int | None, str] = {} if capabilities(case.type).is_group else {None: case.name}
    if capabilities(case.type).most == 1:
        return whole
    return whole | {person.id: _name(person) for _, person in cases.people_in(session, case_id)}


@reader(Resource.CASE)
def record_pdf(
    session: Session, actor: Actor, case_id: int, person_id: int | None = None, release_id: int | None = None
) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a record, with what this reader may read of it.

    Of a couple or a family the whole record takes a release that every adult has authorised; with ``person_id`` it is
    an extract of what is about that person alone. Needs a transaction, because every page that is read is logged.
    Raises NotFound, NotPermitted, WhoseRecord, ReleaseIsBlocked.
    """
    case = case_for(session, actor, case_id)
    role = authorize(
        session, actor, Action.EXPORT, Resource.BULK_DATA, responsible=[case.provider_id], resource_id=case.id,
        case_id=case.id,
    )
    whose = _whose(session, actor, case, person_id)
    conjoint = is_conjoint(case.type)
    released = check_released(session, actor, case, release_id) if conjoint and whose is None else ""
    pages, left_out = _notes(session, actor, case, person_id)
    asked, closed = amendments_on_paper(session, actor, case, person_id)
    us = practice.the_practice(session)
    able = capabilities(case.type)
    record = Record(
        practice=letterhead(us).model_copy(update={"tax_id": ""}), made_on=clock.today(us.zone),
        subject=_name(whose) if whose else case.name,
        facts=(
            ("Kind of work", able.heading), *_about(session, case, whose),
            ("Since", long_date(case.opened_on)), ("Taken out by", actor.name),
        ),
        visits_label=f"{able.appointment.capitalize()}s", visits=_visits(session, case, person_id),
        codes=_codes(session, actor, case, person_id), files=_files(session, actor, case, person_id),
        pages=(*pages, *_forms(session, actor, case, person_id), *asked),
        left_out=(*((_EXTRACT,) if whose is not None and conjoint else ()), *left_out, *closed, _NEVER),
    )
    if whose is not None and conjoint:
        record = _redacted(session, case, whose, record)
    pdf = paint_record(record)
    audit.note(
        session, staff_id=actor.staff_id, role=role, action="export_record", resource=Resource.BULK_DATA,
        resource_id=person_id, case_id=case.id,
        detail=f"{len(record.pages)} pages of the record" + (f", {released}" if released else ""),
    )
    return plain_name(f"Record of {record.subject}.pdf"), "application/pdf", pdf


def _name(person: Person) -> str:
    return person_name(person.first_name, person.last_name)


def _whose(session: Session, actor: Actor, case: Case, person_id: int | None) -> Person | None:
    """The participant whose record or extract it is; nobody for a whole. Raises WhoseRecord, NotFound."""
    able = capabilities(case.type)
    if (able.is_group and person_id is None) or (able.most == 1 and person_id is not None):
        raise WhoseRecord
    if person_id is None:
        return None
    for _, person in cases.people_in(session, case.id):
        if person.id == person_id:
            return person
    raise NotFound(actor=actor, action=Action.EXPORT, resource=Resource.BULK_DATA, resource_id=person_id)


def _about(session: Session, case: Case, whose: Person | None) -> tuple[tuple[str, str], ...]:
    """The group of whose record it is, or everybody of a whole; an extract names nobody else, not even by the case."""
    if whose is None:
        return _people(session, case)
    return (("Group", case.name),) if capabilities(case.type).is_group else ()


def _people(session: Session, case: Case) -> tuple[tuple[str, str], ...]:
    able, found = capabilities(case.type), cases.people_in(session, case.id)
    called = able.called if able.most == 1 else able.called_many
    return ((called.capitalize(), ", ".join(dict.fromkeys(_name(person) for _, person in found))),)


def _visits(session: Session, case: Case, person_id: int | None) -> tuple[Visit, ...]:
    return tuple(
        Visit(day=one.local_date, start=one.local_time, minutes=one.minutes, service=service,
              attendance=_attendance(came, person_id) or one.status.label)
        for one, service, came in calendar.visits(session, case.id, clock.now())
        if person_id is None or any(a.person_id == person_id for a in came)
    )


def _attendance(came: list[Attendance], person_id: int | None) -> str:
    """One participant's attendance; of several people how many were there, unless all have the same."""
    said = [a.status for a in came if person_id in (None, a.person_id)]
    if len(set(said)) == 1:
        return said[0].label
    there = sum(status is AttendanceStatus.ATTENDED for status in said)
    return f"{there} of {len(said)} attended" if said else ""


def _codes(session: Session, actor: Actor, case: Case, person_id: int | None) -> tuple[Code, ...]:
    allowed = how_may(actor, Action.READ, Resource.CLINICAL_RECORD, case_id=case.id,
                      own=actor.staff_id == case.provider_id, supervised=False)
    if allowed is None or allowed.needs_reason or not rule.is_clinical(case.type, case.clinical_fields):
        return ()
    several = capabilities(case.type).most != 1 and person_id is None
    return tuple(
        Code(about=of.name if several else "", code=one.code, description=one.description, since=one.onset_on,
             until=one.ended_on)
        for of in diagnoses_of(session, actor, case.id) if person_id in (None, of.person_id)
        for one in sorted((*of.in_force, *of.past), key=lambda view: view.onset_on) if not one.withdrawn
    )


def _files(session: Session, actor: Actor, case: Case, person_id: int | None) -> tuple[Filed, ...]:
    zone = ZoneInfo(practice.the_practice(session).zone)
    return tuple(
        Filed(day=line.at.astimezone(zone).date(), title=line.title, kind=line.label)
        for line in documents_of_case(session, actor, case.id).lines
        if not line.needs_reason and (person_id is None or line.person_id == person_id)
    )


def _notes(
    session: Session, actor: Actor, case: Case, person_id: int | None
) -> tuple[list[SignedPage], list[str]]:
    """Locked notes in order of service that the actor may read, and what that leaves out."""
    pages, unsigned, closed = [], 0, 0
    for row in reversed(note_lists.of_case(session, case.id)):
        if row.kind in rule.UNSIGNED_KINDS:
            continue
        allowed = may_open(actor, row)
        if allowed is None or allowed.needs_reason:
            closed += 1
        elif row.status not in PRINTED:
            unsigned += 1
        else:
            page = _note(session, actor, row, person_id)
            pages += [page] if page else []
    said = []
    if unsigned:
        said.append(f"Not in it: {unsigned} {'note that is' if unsigned == 1 else 'notes that are'} not final yet.")
    if closed:
        said.append(f"Not in it: {closed} {'note' if closed == 1 else 'notes'} that are not yours to read.")
    return pages, said


def _note(session: Session, actor: Actor, row: NoteRow, person_id: int | None) -> SignedPage | None:
    """A locked note; for one participant of a group only what is theirs of it."""
    page = note_page(session, actor, row.note_id)
    if not isinstance(page, NotePage):
        return None
    whole = signed_page(session, page)
    if person_id is None:
        return whole
    if is_conjoint(row.case_type):
        return _extracted(session, page, whole, row, person_id)
    if row.person_id is not None and row.person_id == person_id:
        return whole.model_copy(update={"facts": tuple(fact for fact in whole.facts if fact[0] != "Present")})
    if rule.FORMS[row.form].part is None:
        return None
    header = notes.versions_of(session, row.note_id)[-1].content["header"]
    return member_copy(session, actor, page, whole, person_id, "") if str(person_id) in header["present"] else None


def _extracted(
    session: Session, page: NotePage, whole: SignedPage, row: NoteRow, person_id: int
) -> SignedPage | None:
    """A note of a couple or a family that is about one of them alone, at which nobody else was."""
    if row.person_id != person_id or len(page.header.present) > 1:
        return None
    return whole.model_copy(update={
        "subject": _name(session.get_one(Person, person_id)),
        "facts": tuple(fact for fact in whole.facts if fact[0] not in ("Present", "About")
                       and not fact[0].startswith("Diagnoses")),
    })


def _redacted(session: Session, case: Case, whose: Person, record: Record) -> Record:
    """An extract in which no text names the others."""
    people = {person.id: person for _, person in cases.people_in(session, case.id)}
    names = names_to_remove(_called(whose), [
        name for person in people.values() if person.id != whose.id for name in _called(person)])

    def clean(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        return tuple(Passage(label=without(one.label, names), text=without(one.text, names)) for one in passages)

    def unnamed(signatures: tuple[Signature, ...]) -> tuple[Signature, ...]:
        """Those beneath what clients handed in; staff, who sign a text with its hash, keep their names."""
        return tuple(one if one.text_hash else one.model_copy(update={"name": without(one.name, names)})
                     for one in signatures)

    return record.model_copy(update={
        "files": tuple(one.model_copy(update={"title": without(one.title, names)}) for one in record.files),
        "pages": tuple(page.model_copy(update={
            "sections": clean(page.sections), "parts": clean(page.parts), "signatures": unnamed(page.signatures),
            "remark": without(page.remark, names),
            "facts": tuple((label, without(text, names)) for label, text in page.facts),
            "addenda": tuple(one.model_copy(update={
                "text": without(one.text, names), "reason": without(one.reason, names)}) for one in page.addenda),
        }) for page in record.pages),
    })


def _called(person: Person) -> list[str]:
    """Every name by which somebody is called."""
    return [name for name in (person.first_name, person.last_name, person.preferred_name, _name(person)) if name]


def _forms(session: Session, actor: Actor, case: Case, person_id: int | None) -> list[SignedPage]:
    us = practice.the_practice(session)
    found = []
    for of in forms_of_case(session, actor, case.id).people:
        if person_id not in (None, of.person_id):
            continue
        for line in reversed(of.lines):
            if line.response_id is None or not line.can_open:
                continue
            page = response_page(session, actor, line.response_id)
            if isinstance(page, ResponsePage):
                found.append(_form(page, us))
    return found


def _form(page: ResponsePage, us: Practice) -> SignedPage:
    """What was handed in, as a page of paper: the answers, the score, who signed in which capacity."""
    local = page.submitted_at.astimezone(ZoneInfo(us.zone)).date()
    facts = [("Handed in", f"{local:%A}, {local.day} {local:%B %Y}"), ("Version of the form", str(page.version))]
    facts += [("Verified", page.authority)] * bool(page.authority)
    facts += [("Filled in together with", page.recorded_by)] * bool(page.recorded_by)
    answers = [
        Passage(label=one.label, text=f"{one.words}\n\n{one.source}".strip())
        for one in page.answers if one.words.strip() or one.source
    ]
    if page.score is not None:
        answers.append(Passage(label=measures.MEASURES[page.score.measure].name, text="\n".join(
            (measures.in_words(page.score), *measures.details(page.score)))))
    return SignedPage(
        title=page.name, dated=local, subject=page.person, practice=letterhead(us).model_copy(update={"tax_id": ""}),
        zone=us.zone, facts=tuple(facts), sections=tuple(answers) or (Passage(label="", text="Nothing was answered."),),
        signatures=(Signature(act="Signed" if page.signature else "Handed in", name=page.capacity or page.person,
                              at=page.submitted_at),),
        remark=page.notice,
    )
