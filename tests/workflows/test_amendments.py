"""A client asks for their record to be amended: who writes it down, reads and answers it, and what goes with it."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import clock, database, ids
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.releases import RecordRelease
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import (
    AmendmentChannel,
    AmendmentDecision,
    CaseType,
    DenialGround,
    DocumentClass,
)
from practicerunner.workflows.amendment_answers import (
    AcceptAmendment,
    AddRebuttal,
    AddStatement,
    NothingWasDenied,
    SaidAlready,
    SupervisorDecides,
    accept_amendment,
    add_rebuttal,
    add_statement,
    deny_amendment,
)
from practicerunner.workflows.amendment_lists import AmendmentLine, amendments_due, amendments_of_case
from practicerunner.workflows.amendment_pages import AmendmentPage
from practicerunner.workflows.amendment_papers import denial_pdf
from practicerunner.workflows.amendments import (
    AmendmentIsClosed,
    ExtendAmendment,
    RecordAmendment,
    extend_amendment,
    record_amendment,
    withdraw_amendment,
)
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.record_exports import record_pdf
from practicerunner.workflows.releases import PrepareRelease, prepare_release
from tests.cast import Cast, at, people_of
from tests.workflows.amending import DAY, RECEIVED, alone_with, asked, back, deny, on_paper, page, seen, waits


@pytest.fixture
def alone(cast: Cast) -> dict[str, int]:
    return alone_with(cast)


def test_it_is_due_after_sixty_days_stands_with_its_provider_and_goes_away_by_itself(
    cast: Cast, alone: dict[str, int]
) -> None:
    click = RecordAmendment(
        op=ids.new_operation(), case_id=alone["case"], person_id=alone["noor"], received_on=RECEIVED,
        channel=AmendmentChannel.PHONE, wanted="Heronwish.", note_id=alone["note"])
    with at(DAY):
        made = cast.do("Marcus", record_amendment, click)
        assert cast.do("Marcus", record_amendment, click) == made, "the second click"
        with pytest.raises(BadInput, match="still to come"):
            asked(cast, alone["case"], alone["noor"], received_on=date(2027, 1, 1))
        for field, value in (("note_id", alone["others"]), ("document_id", 5), ("channel", AmendmentChannel.PORTAL),
                             ("person_id", 5)):
            with pytest.raises(BadInput) as refused:
                asked(cast, alone["case"], alone["noor"], **{field: value})
            assert refused.value.field == field
    said = "Request to amend the record of Noor Haddad: "
    assert waits(cast, "Marcus", "2027-01-05 09:00") == [(f"{said}due 1 March 2027", False)]
    assert waits(cast, "Marcus", "2027-02-15 09:00") == [(f"{said}due 1 March 2027", True)]
    assert waits(cast, "Marcus", "2027-03-01 23:59") == [(f"{said}due today", True)]
    assert waits(cast, "Marcus", "2027-03-02 00:01") == [(f"{said}1 day overdue", True)]
    for stranger in ("Olga", "Tom", "Dana", "Priya", "Ruth"):
        assert waits(cast, stranger, "2027-01-05 09:00") == []
    with at("2027-01-06 09:00"):
        (line,) = cast.read("Marcus", amendments_due)
        assert (line.due_on, line.overdue) == (date(2027, 3, 1), False)
        assert cast.read("Marcus", amendments_of_case, alone["other"]).lines == (), "nothing in the case beside it"
        cast.do("Marcus", deny_amendment, deny(made))
    assert waits(cast, "Marcus", "2027-01-07 09:00") == []


def test_time_is_extended_once_if_they_were_told_by_the_sixtieth_day(cast: Cast, alone: dict[str, int]) -> None:
    first, late = (asked(cast, alone["case"], alone["noor"]) for _ in range(2))
    more = ExtendAmendment(op=ids.new_operation(), amendment_id=first, revision=1, reason="The archive is being moved.",
                           told_on=date(2027, 3, 1))
    with at("2027-03-01 22:00"):
        assert cast.do("Marcus", extend_amendment, more) == cast.do("Marcus", extend_amendment, more)
        found = page(cast, "Marcus", first)
        assert (found.line.due_on, found.extended) == (date(2027, 3, 31), (date(2027, 3, 1), more.reason))
        assert not found.may_extend
        with pytest.raises(FieldProblems) as refused:
            cast.do("Marcus", extend_amendment, more.model_copy(update={"op": "second", "revision": 2}))
        assert refused.value.problems == {"": "The time was extended already; it is extended only once."}
    with at("2027-03-02 09:00"):
        found = page(cast, "Marcus", late)
        assert (found.may_extend, found.may_be_told_until) == (True, date(2027, 3, 1))
        for told_on, says in ((date(2027, 3, 2), "60 days were over"), (date(2027, 3, 3), "has to lie between"),
                              (date(2026, 12, 30), "has to lie between")):
            with pytest.raises(FieldProblems) as refused:
                cast.do("Marcus", extend_amendment, more.model_copy(update={
                    "op": ids.new_operation(), "amendment_id": late, "told_on": told_on}))
            assert says in refused.value.problems["told_on"]
    assert [words for words, _ in waits(cast, "Marcus", "2027-03-31 09:00")] == [
        "Request to amend the record of Noor Haddad: 30 days overdue",
        "Request to amend the record of Noor Haddad: due today"]
    with at("2027-03-31 10:00"):
        cast.do("Marcus", extend_amendment, more.model_copy(update={"op": "told in time", "amendment_id": late}))
    assert [words for words, _ in waits(cast, "Marcus", "2027-03-31 11:00")] == [
        "Request to amend the record of Noor Haddad: due today"] * 2


def test_a_denial_is_a_letter_and_goes_along_with_the_record(cast: Cast, alone: dict[str, int], tmp_path, monkeypatch
                                                             ) -> None:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    made = asked(cast, alone["case"], alone["noor"], note_id=alone["note"], wanted="Heronwish.")
    with at("2027-01-05 09:00"):
        for field, command in (("ground", deny(made, ground=None)), ("basis", deny(made, basis=" "))):
            with pytest.raises(FieldProblems) as refused:
                cast.do("Marcus", deny_amendment, command)
            assert set(refused.value.problems) == {field}
        click = deny(made, op=ids.new_operation())
        assert cast.do("Marcus", deny_amendment, click) == cast.do("Marcus", deny_amendment, click) == made
        letter = on_paper(cast, denial_pdf, made)
        for words in ("Linden Street Practice", "Noor Haddad", "Heronwish.", "It is accurate and complete.",
                      "It is what was said on that day.", "written statement that you disagree",
                      "go along whenever we disclose", "Health and Human Services", "Marcus Bell, LMFT",
                      "5 January 2027", "31 December 2026"):
            assert words in letter, words
        with database.transaction(cast.engine) as session:
            session.execute(text("update practice set name = 'Another name'"))
        assert on_paper(cast, denial_pdf, made) == letter, "as it was on its day"
        document = cast.do("Tom", upload_document, UploadDocument(
            case_id=alone["case"], access_class=DocumentClass.ADMIN, title="Her disagreement", file_name="a.txt",
            content=b"No."))
        for field, wrong in (("text", {}), ("document_id", {"document_id": 5}),
                             ("given_on", {"text": "No.", "given_on": date(2027, 1, 6)})):
            with pytest.raises(BadInput) as said:
                cast.do("Marcus", add_statement, AddStatement(**{
                    "amendment_id": made, "given_on": date(2027, 1, 5)} | wrong))
            assert said.value.field == field
        with pytest.raises(NothingWasDenied, match="no statement"):
            cast.do("Marcus", add_rebuttal, AddRebuttal(amendment_id=made, text="Heronanswer."))
        state = AddStatement(op=ids.new_operation(), amendment_id=made, text="Heronstatement.", document_id=document,
                             given_on=date(2027, 1, 5))
        assert cast.do("Marcus", add_statement, state) == cast.do("Marcus", add_statement, state)
        cast.do("Marcus", add_rebuttal, AddRebuttal(amendment_id=made, text="Heronanswer."))
        for verb, again in ((add_statement, state.model_copy(update={"op": "again"})),
                            (add_rebuttal, AddRebuttal(amendment_id=made, text="More."))):
            with pytest.raises(SaidAlready):
                cast.do("Marcus", verb, again)
        record = on_paper(cast, record_pdf, alone["case"])
        for words in ("Heronwish.", "It is what was said on that day.", "Heronstatement.", "Heronanswer.",
                      "Her disagreement", "Answer Denied", "Request to amend, 31 December 2026: denied"):
            assert words in record, words
        assert "Request to amend" not in on_paper(cast, record_pdf, alone["other"]), "the decoy's record"
        # An owner who reads no notes takes out a record that says what it lacks.
        owners = on_paper(cast, record_pdf, alone["case"], who="Dana")
        assert "1 request to amend that is not yours to read" in owners
        assert "Heronwish" not in owners


def test_who_reads_decides_and_writes_down(cast: Cast, alone: dict[str, int]) -> None:
    made = asked(cast, alone["case"], alone["noor"], who="Tom")
    with at("2027-01-05 09:00"):
        for who in ("Tom", "Dana"):
            (line,) = cast.read(who, amendments_of_case, alone["case"]).lines
            assert (line.due_on, line.can_open, line.decision) == (date(2027, 3, 1), False, None)
            assert "live alone" not in repr(cast.read(who, amendments_of_case, alone["case"]))
        with pytest.raises(NotPermitted):
            seen(cast, "Tom", made)
        for stranger in ("Dana", "Olga", "Priya", "Ruth"):
            with pytest.raises(NotFound):
                seen(cast, stranger, made)
        for stranger in ("Olga", "Ruth"):
            with pytest.raises(NotFound):
                asked(cast, alone["case"], alone["noor"], who=stranger)
        extend = ExtendAmendment(amendment_id=made, revision=1, reason="More time.", told_on=date(2027, 1, 5))
        for verb, command in ((deny_amendment, deny(made)), (extend_amendment, extend),
                              (withdraw_amendment, back(made, alone["noor"]))):
            for who, refusal in (("Tom", NotPermitted), ("Dana", NotFound), ("Olga", NotFound), ("Priya", NotFound)):
                with pytest.raises(refusal):
                    cast.do(who, verb, command.model_copy(update={"op": ids.new_operation()}))
        with database.transaction(cast.engine) as session:
            session.get_one(Staff, cast.staff["Dana"]).is_clinical_director = True
        found = seen(cast, "Dana", made)
        assert isinstance(found, AmendmentLine)
        assert found.needs_reason
        found = seen(cast, "Dana", made, "complaint")
        assert isinstance(found, AmendmentPage)
        assert not (found.may_decide or found.may_answer or found.may_print or found.may_extend)
        cast.do("Marcus", deny_amendment, deny(made))
        (line,) = cast.read("Tom", amendments_of_case, alone["case"]).lines
        assert (line.is_open, line.decision) == (False, None)
        with database.reading(cast.engine) as session:
            logged = [(row.action, row.detail) for row in session.scalars(select(AuditRow).where(
                AuditRow.resource == "amendments", AuditRow.outcome == "allowed").order_by(AuditRow.seq))]
    assert logged == [
        ("record_amendment", "received 2026-12-31"), ("open_amendment", "reason: complaint"),
        ("deny_amendment", "denied")]


def test_an_associates_request_is_decided_by_their_supervisor(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale", provider="Priya")
    made = asked(cast, case_id, people_of(cast, case_id)["Iris"], who="Priya")
    said = [("Request to amend the record of Iris Vale: due 1 March 2027", False)]
    assert waits(cast, "Priya", "2027-01-05 09:00") == said
    assert waits(cast, "Ruth", "2027-01-05 09:00") == said
    with at("2027-01-05 09:00"):
        own, hers = page(cast, "Priya", made), page(cast, "Ruth", made)
        assert (own.may_decide, own.may_answer, own.decides) == (False, True, "Ruth Feldman")
        assert (hers.may_decide, hers.may_answer, hers.decides) == (True, False, "")
        with pytest.raises(SupervisorDecides):
            cast.do("Priya", deny_amendment, deny(made))
        with pytest.raises(NotFound):
            cast.do("Marcus", deny_amendment, deny(made))
        with pytest.raises(NotPermitted):
            cast.do("Ruth", withdraw_amendment, back(made, people_of(cast, case_id)["Iris"]))
        cast.do("Ruth", deny_amendment, deny(made))
        assert "Ruth Feldman" in on_paper(cast, denial_pdf, made, who="Priya")
        assert page(cast, "Ruth", made).may_print
        assert "Ruth Feldman" in on_paper(cast, denial_pdf, made, who="Ruth"), "who decides prints the letter"


def test_what_was_decided_is_never_changed(cast: Cast, alone: dict[str, int]) -> None:
    made, gone = (asked(cast, alone["case"], alone["noor"]) for _ in range(2))
    with at("2027-01-05 09:00"):
        with pytest.raises(Stale):
            cast.do("Marcus", deny_amendment, deny(made, revision=2))
        cast.do("Marcus", accept_amendment, AcceptAmendment(
            amendment_id=made, revision=1, answer="The address.", inform="Court", in_part=True,
            ground=DenialGround.NOT_CREATED_HERE, basis="The rest is the hospital's."))
        cast.do("Marcus", add_statement, AddStatement(amendment_id=made, text="No.", given_on=RECEIVED))
        cast.do("Marcus", withdraw_amendment, back(gone, alone["noor"]))
        letter = on_paper(cast, denial_pdf, made)
        assert "What we have changed The address." in letter
        assert "The rest is the hospital's." in letter
        for one in (made, gone):
            for verb, command in ((deny_amendment, deny(one, revision=2)),
                                  (withdraw_amendment, back(one, alone["noor"], revision=2))):
                with pytest.raises(AmendmentIsClosed):
                    cast.do("Marcus", verb, command)
        assert "Request to amend" not in on_paper(cast, record_pdf, alone["case"]).replace(
            "Request to amend 31 December 2026", "", 1), "what was taken back is on no paper"
    for statement in (
        "update amendment_request set wanted = 'x'", "update amendment_request set decision = 'accepted'",
        "delete from amendment_request", "update amendment_word set text = 'x'", "delete from amendment_word",
        "update amendment_recipient set name = 'x'", "delete from amendment_recipient",
        "update amendment_withdrawal set reason = 'x'", "delete from amendment_withdrawal",
    ):
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_what_is_taken_back_keeps_who_said_so_when_how_and_why(cast: Cast, alone: dict[str, int]) -> None:
    made = asked(cast, alone["case"], alone["noor"], who="Tom")
    with at("2027-01-05 09:00"):
        assert page(cast, "Marcus", made).may_take_back == {alone["noor"]: "Noor Haddad"}
        decoy = people_of(cast, alone["other"])["Decoy"]
        for field, wrong in (("told_by_id", {"who": decoy}), ("told_by_id", {"who": None}), ("reason", {"reason": " "}),
                             ("told_on", {"told_on": date(2026, 12, 30)}), ("how", {"how": None}),
                             ("told_on", {"told_on": date(2027, 1, 6)})):
            with pytest.raises(FieldProblems) as refused:
                cast.do("Marcus", withdraw_amendment, back(**{"amendment_id": made, "who": alone["noor"]} | wrong))
            assert set(refused.value.problems) == {field}
        click = back(made, alone["noor"], told_on=date(2027, 1, 4))
        assert cast.do("Marcus", withdraw_amendment, click) == cast.do("Marcus", withdraw_amendment, click) == made
        found = page(cast, "Marcus", made)
        assert found.taken_back == "Noor Haddad said so on 4 January 2027, by phone:\nIt was another practice."
        assert found.line.decision is AmendmentDecision.WITHDRAWN


def test_of_a_couple_one_asks_and_the_others_extract_has_nothing_of_it(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tomas Quill")
    people = people_of(cast, case_id)
    with at("2026-11-01 09:00"):
        release = cast.do("Marcus", prepare_release, PrepareRelease(
            case_id=case_id, recipient="Dr. Ana Ruiz", purpose="continuing care"))
    made = asked(cast, case_id, people["Maya"], wanted="Heronwish: Tomas Quill said it.")
    with at("2027-01-05 09:00"):
        assert page(cast, "Marcus", made).sent_to == {}, "prepared, and never sent"
        with database.transaction(cast.engine) as session:
            session.get_one(RecordRelease, release).sent_at = clock.now()
        assert page(cast, "Marcus", made).sent_to == {release: "Dr. Ana Ruiz"}
        with pytest.raises(BadInput, match="this case"):
            cast.do("Marcus", accept_amendment, AcceptAmendment(
                amendment_id=made, revision=1, answer="Done.", release_ids=(5,)))
        cast.do("Marcus", accept_amendment, AcceptAmendment(
            amendment_id=made, revision=1, answer="Done.", release_ids=(release,)))
        assert page(cast, "Marcus", made).inform == ("Dr. Ana Ruiz",)
        hers = on_paper(cast, record_pdf, case_id, people["Maya"])
        his = on_paper(cast, record_pdf, case_id, people["Tomas"])
    assert "Heronwish: [name removed] said it." in hers
    assert "Heronwish" not in his
    assert "Request to amend" not in his


def test_a_consultations_letter_speaks_of_documentation(cast: Cast) -> None:
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL_CONSULTATION, "Kim Lowe")
    made = asked(cast, case_id, people_of(cast, case_id)["Kim"], wanted="It was on Monday.")
    assert waits(cast, "Marcus", "2027-01-05 09:00") == [
        ("Request to amend the documentation of Kim Lowe: due 1 March 2027", False)]
    with at("2027-01-05 09:00"):
        cast.do("Marcus", deny_amendment, deny(made))
        letter = on_paper(cast, denial_pdf, made).lower()
    assert not [word for word in ("diagnos", "treatment", "symptom", "patient", "record", "health") if word in letter]
