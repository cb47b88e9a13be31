"""One word in each place where somebody writes about people, and who may ever come across it.

Every reader of the product is asked by everybody for everything there is, with and without a typed reason; its answer,
files included, may hold the words of that viewer and no others. A reader whose arguments are not known here fails the
test, so that a new one cannot be forgotten.
"""

import importlib
import inspect
import io
import itertools
import logging
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

import pypdf
import pytest
from sqlalchemy import Engine, select

import practicerunner.workflows
from practicerunner import database
from practicerunner.errors import PracticeError
from practicerunner.records import outbox
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.logins import Operation
from practicerunner.records.notes import Note
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import Person
from practicerunner.records.staff import Staff
from practicerunner.reports.replica import replica_of
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    AmendmentChannel,
    BreachChannel,
    CaseType,
    DenialGround,
    DocumentClass,
    DocumentKind,
    MessageKind,
    NoteKind,
    Resource,
    SupervisionFormat,
    ThreadClass,
    Verdict,
)
from practicerunner.workflows.access import Actor, PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import AddActing, add_acting
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.amendment_answers import (
    AddStatement,
    DenyAmendment,
    add_statement,
    deny_amendment,
)
from practicerunner.workflows.amendments import (
    RecordAmendment,
    WithdrawAmendment,
    record_amendment,
    withdraw_amendment,
)
from practicerunner.workflows.asker_page import AnswerByLink, answer_by_link
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.breaches import (
    AssessBreach,
    ReportWrongRecipient,
    assess_breach,
    report_wrong_recipient,
)
from practicerunner.workflows.commands import READERS
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.inquiry_page import SendInquiry, send_inquiry
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, save_inquiry_settings
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.notes import (
    DiscardDraft,
    FinishMemo,
    SaveDraft,
    StartNote,
    discard_draft,
    finish_memo,
    save_draft,
    start_note,
)
from practicerunner.workflows.people import AddPerson, PersonDetails, add_person
from practicerunner.workflows.portal_papers import SharePaper, share_paper
from practicerunner.workflows.private_shares import ShareNote, share_note
from practicerunner.workflows.psychotherapy import SavePsychotherapyNote, save_psychotherapy_note
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.sent_files import SentFile
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.supervision_hours import RecordHour, record_hour
from tests.cast import Cast, at, bring_on, hold, invoice, people_of
from tests.workflows.planning import a_plan, agree, signed
from tests.workflows.sending import bring_forms, complete, filled, send

EVERYBODY = ("Dana", "Ruth", "Marcus", "Priya", "Tom", "Olga")
TREATS, SUPERVISED = {"Marcus"}, {"Priya", "Ruth"}
MAY_READ: dict[str, set[str]] = {
    "heronprogress": TREATS, "heronaddendum": TREATS, "herondraft": TREATS, "herongroup": TREATS, "heronpart": TREATS,
    "heronconsultation": TREATS, "heronpsychotherapy": TREATS, "heronintake": TREATS, "heronplan": TREATS,
    "heronagreed": TREATS,
    "heronmemo": TREATS | {"Dana"},  # TRUST 3.2: an owner reads memos of the practice, the front desk none
    "heronaside": set(),  # a discarded draft is read by nobody before it is put back
    "heronassociate": SUPERVISED, "heronrevised": SUPERVISED, "heroncomment": SUPERVISED,
    "heronshared": SUPERVISED, "heronapart": {"Priya"},  # psychotherapy notes: one that its author shares, one not
    "heronhours": SUPERVISED,  # an owner reads the hours, never what was talked about
    "heronconsent": TREATS | {"Dana", "Tom"},
    "herondesk": TREATS | {"Dana", "Tom"}, "heronclinical": TREATS, "heronsealed": TREATS,
    "heronprivate": TREATS, "heronenclosed": TREATS, "heronoffice": TREATS | {"Dana", "Tom"},
    "heronamend": TREATS, "heronbasis": TREATS, "herondisagrees": TREATS, "herontakenback": TREATS,
    "heronasked": {"Priya", "Ruth", "Dana", "Tom"},  # an inquiry to Priya, whom Ruth supervises
    "herontold": {"Priya", "Dana", "Tom"}, "heronanswered": {"Priya", "Dana", "Tom"},  # and what was written since
    "heronbreach": {"Tom", "Dana"},  # who reported it, and the owners
}
"""Sentinel → who may read it; a clinical director reads more, with a typed reason."""
MAY_READ_OUTSIDE = {
    "heronprivate": {"Noor"}, "heronenclosed": {"Noor"}, "heronoffice": {"Noor"}, "heronintake": {"Noor"},
    "heronconsent": {"Noor"}, "heronplan": {"Noor"}, "heronagreed": {"Noor"}, "heronconsultation": {"Kim"},
}
"""Sentinel → who outside the practice may read it: who was chosen for it, or handed it in."""
DIRECTOR_TOO = {
    "heronprogress", "heronaddendum", "herondraft", "herongroup", "heronpart", "heronconsultation", "heronintake",
    "heronassociate", "heronrevised", "heronplan", "heronagreed", "heronamend", "heronbasis", "herondisagrees",
    "herontakenback",
}
SECTIONS = {
    "soap": ("subjective", "objective", "assessment", "plan"), "group": ("topic", "interventions", "process"),
    "consultation": ("topic", "discussion", "recommendations"), "memo": ("text",),
}
ASKED_ELSEWHERE = {
    # Previews take what somebody typed themselves and answer about times and fees.
    "booking.preview", "booking.conflicts", "series.preview_series", "series_changes.preview_change",
    "series_changes.preview_cancel",
    # They read a file that somebody brings along.
    "imports.plan_import",
}


@pytest.fixture
def house(sqlite_engine: Engine, tmp_path, monkeypatch) -> Iterator[Cast]:
    """Three cases of Marcus and one of Priya, with a word in each place."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    cast = bring_on(sqlite_engine)
    with at("2026-10-01 09:00"):
        bring_forms(cast)
        alone = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", "Al Ray", name="Thursday circle")
        consultation = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Kim Lowe")
        associates = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    first, second = hold(cast, alone, "IND50", "2026-10-12 10:00"), hold(cast, alone, "IND50", "2026-10-12 11:00")
    together = hold(cast, group, "GRP90", "2026-10-12 14:00")
    colleague = hold(cast, consultation, "CONS60", "2026-10-12 16:00")
    hers = hold(cast, associates, "IND50", "2026-10-12 10:00", by="Priya")
    later = hold(cast, associates, "IND50", "2026-10-12 12:00", by="Priya")
    with at("2026-10-13 09:00"):
        progress = _written(cast, "Marcus", first, NoteKind.PROGRESS, "heronprogress", sign=True)
        cast.do("Marcus", add_addendum, AddAddendum(note_id=progress, reason="correction", text="heronaddendum"))
        _written(cast, "Marcus", second, NoteKind.PROGRESS, "herondraft")
        _written(cast, "Marcus", together, NoteKind.GROUP, "herongroup", sign=True, parts={
            people_of(cast, group)["Eve"]: "heronpart", people_of(cast, group)["Al"]: "Listened."})
        advice = _written(cast, "Marcus", colleague, NoteKind.CONSULTATION, "heronconsultation", sign=True)
        aside = _written(cast, "Marcus", second, NoteKind.MEMO, "heronaside")
        cast.do("Marcus", discard_draft, DiscardDraft(note_id=aside))
        memo = _written(cast, "Marcus", first, NoteKind.MEMO, "heronmemo")
        cast.do("Marcus", finish_memo, FinishMemo(note_id=memo, revision=2))
        cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=first, text="heronpsychotherapy"))
        for appointment_id, word in ((hers, "heronshared"), (later, "heronapart")):
            cast.do("Priya", save_psychotherapy_note, SavePsychotherapyNote(appointment_id=appointment_id, text=word))
        cast.do("Priya", share_note, ShareNote(appointment_id=hers, supervisor_id=cast.staff["Ruth"]))
        theirs = _written(cast, "Priya", hers, NoteKind.PROGRESS, "heronassociate", sign=True)
        cast.do("Ruth", return_note, ReturnNote(note_id=theirs, version=1, sections={"plan": "heroncomment"}))
        _fill(cast, "Priya", theirs, "heronrevised", sign=True)
        cast.do("Ruth", cosign_note, CosignNote(note_id=theirs, version=2))
        cast.do("Priya", record_hour, RecordHour(
            supervisor_id=cast.staff["Ruth"], supervisee_ids=(cast.staff["Priya"],), held_on=date(2026, 10, 12),
            starts=time(9), minutes=60, kind=SupervisionFormat.INDIVIDUAL, topics="heronhours"))
        plan = signed(cast, alone, plan=a_plan("heronplan"), on="2026-10-13 09:00")
        agree(cast, plan, people_of(cast, alone)["Noor"], signature="heronagreed", on="2026-10-13 09:00")
        for shared, case_id, first_name in ((plan, alone, "Noor"), (advice, consultation, "Kim")):
            cast.do("Marcus", share_paper, SharePaper(
                note_id=shared, person_ids=(people_of(cast, case_id)[first_name],)))
        (intake,), (consent,) = send(cast, alone, "intake"), send(cast, alone, "consent")
        complete(cast, intake, filled("intake") | {"reason": "heronintake"})
        complete(cast, consent, filled("consent", signature="heronconsent"))
        for word, access_class in (("herondesk", DocumentClass.ADMIN), ("heronclinical", DocumentClass.CLINICAL),
                                   ("heronsealed", DocumentClass.SEALED)):
            cast.do("Marcus", upload_document, UploadDocument(
                case_id=alone, access_class=access_class, title=f"About {word}", file_name="letter.txt",
                content=f"Of {word}.".encode()))
        invoice(cast, first)
        breach = cast.do("Tom", report_wrong_recipient, ReportWrongRecipient(
            case_id=alone, channel=BreachChannel.PAPER, what="heronbreach", meant_for="heronbreach",
            went_to="heronbreach", noticed_on=date(2026, 10, 12), noticed_by="heronbreach"))
        cast.do("Dana", assess_breach, AssessBreach(breach_id=breach, revision=1, nature="heronbreach"))
        _amend(cast, alone, progress)
        _correspond(cast, alone)
        _inquire(cast)
        yield cast


def _amend(cast: Cast, case_id: int, note_id: int) -> None:
    """The front desk writes down what Noor asks; it is denied, and she disagrees."""
    asked = cast.do("Tom", record_amendment, RecordAmendment(
        case_id=case_id, person_id=people_of(cast, case_id)["Noor"], received_on=date(2026, 10, 13),
        channel=AmendmentChannel.LETTER, wanted="heronamend"))
    cast.do("Marcus", deny_amendment, DenyAmendment(
        amendment_id=asked, revision=1, ground=DenialGround.ACCURATE, basis="heronbasis"))
    cast.do("Marcus", add_statement, AddStatement(
        amendment_id=asked, text="herondisagrees", given_on=date(2026, 10, 13)))
    cast.do("Marcus", record_amendment, RecordAmendment(
        case_id=case_id, person_id=people_of(cast, case_id)["Noor"], received_on=date(2026, 10, 13),
        channel=AmendmentChannel.LETTER, wanted="heronamend", note_id=note_id))
    again = cast.do("Marcus", record_amendment, RecordAmendment(
        case_id=case_id, person_id=people_of(cast, case_id)["Noor"], received_on=date(2026, 10, 13),
        channel=AmendmentChannel.LETTER, wanted="heronamend"))
    cast.do("Marcus", withdraw_amendment, WithdrawAmendment(
        amendment_id=again, revision=1, told_by_id=people_of(cast, case_id)["Noor"], told_on=date(2026, 10, 13),
        how=AmendmentChannel.PHONE, reason="herontakenback"))


def _correspond(cast: Cast, case_id: int) -> None:
    """Noor alone with Marcus, and with the front desk; Nan helps her with her bills and her appointments only."""
    noor = people_of(cast, case_id)["Noor"]
    for thread_class, word, files in (
        (ThreadClass.CLINICAL, "heronprivate", (SentFile(file_name="a.txt", content=b"Of heronenclosed."),)),
        (ThreadClass.ADMIN, "heronoffice", ()),
    ):
        cast.do("Marcus", start_thread, StartThread(
            case_id=case_id, thread_class=thread_class, subject="Hello", text=f"Of {word}.", files=files,
            people=(ToPerson(person_id=noor),)))
    nan = cast.do("Dana", add_person, AddPerson(person=PersonDetails(first_name="Nan", last_name="Cole")))
    acts = cast.do("Dana", add_acting, AddActing(
        client_id=noor, person_id=nan, kind=ActingKind.PERSONAL_ASSISTANT, starts_on=date(2026, 10, 1)))
    for scope in set(AccessScope) - {AccessScope.MESSAGES}:
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=acts, scope=scope, verdict=Verdict.GRANTED, starts_on=date(2026, 10, 1)))


def _inquire(cast: Cast) -> None:
    """Somebody asks Priya on the public page, and they write to each other; the letter carries no word of it."""
    cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
        revision=0, is_on=True, case_types=(CaseType.INDIVIDUAL,), provider_ids=(cast.staff["Priya"],)))
    with database.transaction(cast.engine) as session:
        asked = send_inquiry(session, SendInquiry(
            first_name="Uma", email="uma@example.org", kind=CaseType.INDIVIDUAL, message="heronasked",
            provider="priya-nair"))
    assert asked is not None
    cast.do("Priya", write_to_asker, WriteToAsker(inquiry_id=asked, text="herontold"))
    with database.transaction(cast.engine) as session:
        letter = outbox.last_at(session, "uma@example.org", MessageKind.INQUIRY_ANSWERED)
        assert "heron" not in letter
        answer_by_link(session, AnswerByLink(
            token=letter.partition("/inquiry/letter/")[2].split()[0], text="heronanswered"))


def _written(cast: Cast, by: str, appointment_id: int, kind: NoteKind, word: str, *, sign: bool = False,
             parts: dict[int, str] | None = None) -> int:
    note_id = cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=kind))
    _fill(cast, by, note_id, word, sign=sign, parts=parts)
    return note_id


def _fill(cast: Cast, by: str, note_id: int, word: str, *, sign: bool, parts: dict[int, str] | None = None) -> None:
    with database.reading(cast.engine) as session:
        note = session.get_one(Note, note_id)
    cast.do(by, save_draft, SaveDraft(
        note_id=note_id, revision=note.revision, sections=dict.fromkeys(SECTIONS[note.form], word), parts=parts or {}))
    if sign:
        cast.do(by, sign_note, SignNote(note_id=note_id, revision=note.revision + 1))


# --- Asking everything


def readers() -> dict[str, Callable[..., Any]]:
    """Every reader of the product by its name."""
    for module in pkgutil.iter_modules(practicerunner.workflows.__path__):
        importlib.import_module(f"practicerunner.workflows.{module.name}")
    named = {name: name.rsplit(".", 1) for name in READERS}
    return {
        name: getattr(importlib.import_module(f"practicerunner.workflows.{module}"), verb)
        for name, (module, verb) in named.items()
    }


TABLES = {
    "case_id": "case_file", "provider_id": "staff", "staff_id": "staff", "from_id": "staff",
    "session_id": "supervision_session", "assignment_id": "form_assignment",
    "response_id": "form_response", "estimate_id": "good_faith_estimate", "template_id": "form_template",
    "run_id": "import_run", "thread_id": "message_thread", "attachment_id": "message_attachment",
    "file_id": "practice_file", "alert_id": "critical_alert", "share_id": "psychotherapy_share",
    "amendment_id": "amendment_request", "request_id": "scheduling_request",
}
"""Arguments that name a row of a table which is called otherwise."""
OTHERS: dict[str, list[Any]] = {
    "text": ["heron", "a"], "name": ["Noor Haddad", "Kim Lowe"],
    "first": [date(2026, 10, 1)], "last": [date(2026, 10, 31)], "day": [date(2026, 10, 12)],
    "on": [date(2026, 10, 12)], "local_date": [date(2026, 10, 12)], "local_time": [time(10)], "minutes": [50],
    "joined_on": [date(2026, 10, 12)], "first_on": [date(2026, 10, 1)], "last_on": [date(2026, 10, 31)],
    "starts_on": [date(2026, 10, 1)], "ends_on": [date(2026, 10, 31)], "month": [date(2026, 10, 1)],
    "items": [()], "place": ["11"], "kind": list(DocumentKind), "resource": list(Resource),
    "state": ["CA"], "until": [date(2026, 10, 31)],
}
SEVERAL = {"appointment_ids": "appointment", "case_ids": "case_file", "payer_ids": "payer"}
"""Arguments that name several rows of a table."""
PAPERS = ("invoice", "payment", "refund", "credit_note", "statement", "superbill", "good_faith_estimate")
"""Tables of which ``subject_id`` may name a row."""
ALWAYS = ("reason", "search")
"""Arguments with a default that are tried with a value too."""


def choices(name: str, reader: Callable[..., Any], ids: dict[str, list[int]]) -> list[dict[str, Any]]:
    """Every set of arguments to ask a reader with."""
    given: dict[str, list[Any]] = {}
    for one in list(inspect.signature(reader).parameters.values())[2:]:
        if one.name in ALWAYS:
            given[one.name] = ["", "heron"]
        elif one.name == "person_id" and one.default is None:
            given[one.name] = [None, *ids["person"]]
        elif one.default is not one.empty:
            continue
        elif one.name in OTHERS:
            given[one.name] = OTHERS[one.name]
        elif one.name == "pairs":
            given[one.name] = [list(itertools.product(ids["payer"], ids["case_file"]))]
        elif one.name in SEVERAL:
            given[one.name] = [[row_id] for row_id in ids[SEVERAL[one.name]]]
        elif one.name == "subject_id":
            given[one.name] = [row_id for table in PAPERS for row_id in ids[table]]
        else:
            table = TABLES.get(one.name, one.name.removesuffix("_id"))
            assert table in ids, f"Tell this test what {name} takes as {one.name}."
            given[one.name] = ids[table]
    return [dict(zip(given, values, strict=True)) for values in itertools.product(*given.values())]


def text_of(answer: Any) -> str:
    """What an answer holds, files opened."""
    if isinstance(answer, bytes):
        if answer.startswith(b"%PDF"):
            return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer)).pages)
        return answer.decode("utf-8", "replace")
    if isinstance(answer, (tuple, list)):
        return "\n".join(map(text_of, answer))
    return repr(answer)


def came_across(cast: Cast, actor: Actor | PortalActor) -> dict[str, set[str]]:
    """Sentinel → the readers in whose answers somebody comes across it."""
    with database.reading(cast.engine) as session:
        ids = {
            table.name: list(session.scalars(select(table.c.id))) for table in Base.metadata.sorted_tables
            if "id" in table.c
        }
    found = {word: set[str]() for word in MAY_READ}
    for name, reader in readers().items():
        asks = list(inspect.signature(reader).parameters.values())[1].annotation
        if name in ASKED_ELSEWHERE or (asks is PortalActor) is not isinstance(actor, PortalActor):
            continue
        for arguments in choices(name, reader, ids):
            try:
                with database.transaction(cast.engine) as session:
                    said = text_of(reader(session, actor, **arguments))
            except PracticeError as refusal:
                said = str(refusal)
            asked = {word for word in arguments.values() if isinstance(word, str) and word}
            for word in MAY_READ:
                if word in said and word not in asked:
                    found[word].add(name)
    return found


def test_nobody_comes_across_a_word_that_is_not_theirs_to_read(
    house: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for who in EVERYBODY:
        found = came_across(house, house.actor(who))
        assert {word for word, readers in found.items() if readers} == {
            word for word, readers in MAY_READ.items() if who in readers}, (who, found)
    with database.transaction(house.engine) as session:
        session.get_one(Staff, house.staff["Dana"]).is_clinical_director = True
    found = came_across(house, house.actor("Dana"))
    assert {word for word, readers in found.items() if readers} == DIRECTOR_TOO | {
        word for word, readers in MAY_READ.items() if "Dana" in readers}, found
    nothing_was_left_behind(house, caplog.text)


def test_a_client_comes_across_what_was_written_to_them_and_nothing_else(house: Cast) -> None:
    with database.reading(house.engine) as session:
        people = {name: person_id for person_id, name in session.execute(select(Person.id, Person.first_name))}
    actors = [PortalActor(person_id, name) for name, person_id in people.items()]
    for actor in [*actors, PortalActor(people["Nan"], "Nan", PortalRole.HELPER, people["Noor"])]:
        found = came_across(house, actor)
        assert {word for word, readers in found.items() if readers} == {
            word for word, names in MAY_READ_OUTSIDE.items() if actor.name in names}, (actor, found)


def nothing_was_left_behind(house: Cast, logged: str) -> None:
    """No word is in the audit log, the operations, the outbox, the reports' copy or the program's log."""
    with database.reading(house.engine) as session:
        kept = [
            repr(tuple(row)) for table in (AuditRow, Operation, OutboxMessage)
            for row in session.execute(select(*table.__table__.columns))
        ]
    replica = replica_of(house.engine)
    replica.refresh()
    _, tables = replica.query("select table_name from information_schema.tables")
    copied = [repr(replica.query(f"select * from {name}")) for (name,) in tables]
    assert len(kept) > 50
    assert len(copied) > 15
    assert [text for text in (*kept, *copied, logged) if "heron" in text and "reason: heron" not in text] == []
