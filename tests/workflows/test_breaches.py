"""A wrong recipient: reported from where it is noticed, assessed in four factors, closed by an owner; and the guard
that is to prevent it: a document about one person is read by nobody else (A34).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from practicerunner import database
from practicerunner.errors import BadInput, FieldProblems, NotFound, NotPermitted, Stale
from practicerunner.records.audit import AuditRow
from practicerunner.records.breaches import Breach
from practicerunner.records.outbox import OutboxMessage
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    BreachChannel,
    BreachDecision,
    CaseType,
    DocumentClass,
    MessageKind,
    Outcome,
    Verdict,
)
from practicerunner.workflows import outbox
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, EndDecision, decide_access, end_decision
from practicerunner.workflows.breaches import (
    AssessBreach,
    BreachIsClosed,
    BreachPage,
    CloseBreach,
    ReportWrongRecipient,
    assess_breach,
    breach_list,
    breach_page,
    close_breach,
    open_breaches,
    report_wrong_recipient,
)
from practicerunner.workflows.documents import ChangeDocument, UploadDocument, change_document, upload_document
from practicerunner.workflows.portal_documents import (
    ShareDocument,
    my_document,
    my_documents,
    share_document,
    sharing_in_case,
)
from practicerunner.workflows.today import day
from tests.cast import Cast, at, people_of
from tests.portal import SEPTEMBER, Household, household

NOTICED = date(2026, 11, 9)
WORDS = {"nature": "Name and one date.", "receiver": "A colleague.", "acquired": "Unopened.", "mitigated": "Shredded."}
LOW, NOTIFY = BreachDecision


@pytest.fixture
def cast(cast: Cast) -> Iterator[Cast]:
    with at("2026-11-10 09:00"):
        yield cast


def report(cast: Cast, by: str = "Tom", channel: BreachChannel = BreachChannel.PAPER, **more: Any) -> int:
    told: dict[str, Any] = {
        "what": "The invoice of October", "meant_for": "Noor Haddad", "went_to": "N. Haddad, 5 Elm Street",
        "noticed_on": NOTICED, "noticed_by": "Tom Alvarez"}
    made: int = cast.do(by, report_wrong_recipient, ReportWrongRecipient(channel=channel, **(told | more)))
    return made


def page(cast: Cast, breach_id: int, name: str = "Dana") -> BreachPage:
    found: BreachPage = cast.read(name, breach_page, breach_id)
    return found


def urgent(cast: Cast, name: str = "Dana") -> list[tuple[str, bool]]:
    """What Today says of wrong recipients."""
    return [(one.sentence, one.urgent) for one in cast.read(name, day).waiting if one.page == "breaches"]


def test_a_report_stands_on_the_owners_today_with_the_days_that_are_left_until_it_is_closed(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    made = report(cast, case_id=case_id)
    assert urgent(cast) == [("Wrong recipient: 59 days left", False)]
    assert [urgent(cast, name) for name in ("Marcus", "Priya", "Ruth", "Tom", "Olga")] == [[]] * 5
    for now, said in (("2026-12-25 09:00", ("Wrong recipient: 14 days left", True)),
                      ("2027-01-08 23:59", ("Wrong recipient: due today", True)),
                      ("2027-01-09 00:00", ("Wrong recipient: 1 day too late", True))):
        with at(now):
            assert urgent(cast) == [said]
    cast.do("Dana", close_breach, CloseBreach(
        breach_id=made, revision=1, decision=LOW, reason="Came back closed.", **WORDS))
    assert urgent(cast) == [] and cast.read("Dana", open_breaches) == []
    found = page(cast, made)
    assert (found.line.case_name, found.case_id, found.closed_by, found.factors, found.line.decision, found.reason) == (
        "Noor Haddad", case_id, "Dana Okafor", WORDS, LOW, "Came back closed.")
    assert (found.may_write, found.may_close, found.due_on) == (False, False, date(2027, 1, 8))
    with database.reading(cast.engine) as session:
        rows = session.execute(select(AuditRow.action, AuditRow.case_id, AuditRow.detail).where(
            AuditRow.resource == "breaches").order_by(AuditRow.seq)).all()
    assert [tuple(row) for row in rows] == [
        ("report_wrong_recipient", case_id, "by paper, noticed 2026-11-09"),
        ("close_breach", case_id, "closed: low_probability")]


def test_who_reported_it_reads_and_assesses_it_and_only_an_owner_closes_it(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    toms, priyas = report(cast, case_id=case_id), report(cast, by="Priya", what="Another")
    for name, theirs in (("Tom", [toms]), ("Priya", [priyas]), ("Marcus", []), ("Ruth", []), ("Olga", []),
                         ("Dana", [toms, priyas])):
        assert [line.breach_id for line in cast.read(name, breach_list)] == theirs
        for one in {toms, priyas} - set(theirs):
            with pytest.raises(NotFound):
                page(cast, one, name)
            with pytest.raises(NotFound):
                cast.do(name, assess_breach, AssessBreach(breach_id=one, revision=1, nature="x"))
    cast.do("Tom", assess_breach, AssessBreach(breach_id=toms, revision=1, nature="Name and one date."))
    found = page(cast, toms, "Tom")
    assert (found.factors["nature"], found.may_write, found.may_close) == ("Name and one date.", True, False)
    assert page(cast, priyas, "Priya").case_id is None
    for name in ("Tom", "Marcus"):
        with pytest.raises(NotPermitted):
            cast.do(name, close_breach, CloseBreach(breach_id=toms, revision=2, decision=LOW, reason="x", **WORDS))
    assert page(cast, toms).may_close


def test_a_report_is_closed_only_with_every_answer_and_is_then_as_it_is(cast: Cast) -> None:
    made = report(cast)
    for told, missing in (
        ({}, {*WORDS, "decision", "reason"}),
        ({**WORDS, "acquired": " ", "decision": LOW, "reason": "x"}, {"acquired"}),
        ({**WORDS, "reason": "x"}, {"decision"}), ({**WORDS, "decision": LOW}, {"reason"}),
        ({**WORDS, "decision": NOTIFY, "reason": "x"}, {"notified_on"}),
    ):
        with pytest.raises(FieldProblems) as refused:
            cast.do("Dana", close_breach, CloseBreach(breach_id=made, revision=1, **told))
        assert set(refused.value.problems) == missing
    cast.do("Dana", assess_breach, AssessBreach(
        breach_id=made, revision=1, decision=NOTIFY, reason="Was read.", **WORDS))
    assert urgent(cast) == [("Wrong recipient: 59 days left", False)], "somebody still has to be told"
    with pytest.raises(Stale):
        cast.do("Dana", close_breach, CloseBreach(breach_id=made, revision=1, decision=LOW, reason="x", **WORDS))
    closing = CloseBreach(
        breach_id=made, revision=2, decision=NOTIFY, reason="Was read.", notified_on=date(2026, 11, 10), **WORDS)
    assert cast.do("Dana", close_breach, closing) == cast.do("Dana", close_breach, closing) == made
    for verb, asked in ((assess_breach, AssessBreach(breach_id=made, revision=3)),
                        (close_breach, CloseBreach(breach_id=made, revision=3, decision=LOW, reason="x", **WORDS))):
        with pytest.raises(BreachIsClosed):
            cast.do("Dana", verb, asked)
    before = page(cast, made)
    for statement in ("update breach set reason = 'x'", "update breach set closed_at = null, closed_by_id = null",
                      "delete from breach"):
        with pytest.raises(DBAPIError, match="never changed"), database.transaction(cast.engine) as session:
            session.execute(text(statement))
    assert page(cast, made) == before


def test_an_open_report_does_not_go_away_and_is_not_closed_by_hand_without_its_answers(cast: Cast) -> None:
    report(cast)
    for statement in ("delete from breach", "update breach set closed_at = created_at, closed_by_id = reported_by_id"):
        with pytest.raises(DBAPIError), database.transaction(cast.engine) as session:
            session.execute(text(statement))


def test_bad_reports_are_refused_at_their_field_and_the_second_click_opens_no_second_one(cast: Cast) -> None:
    for field in ("what", "meant_for", "went_to", "noticed_by"):
        with pytest.raises(ValidationError):
            report(cast, **{field: " "})
    with pytest.raises(BadInput) as refused:
        report(cast, noticed_on=date(2026, 11, 11))
    assert refused.value.field == "noticed_on"
    assert report(cast, op="once") == report(cast, op="once")
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(Breach)) == 1


def test_something_is_reported_only_by_who_may_open_it_and_refusals_are_logged(cast: Cast) -> None:
    case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    other = cast.open_case(CaseType.INDIVIDUAL, "Bo Ek", provider="Olga")
    documents = {
        access_class: cast.do("Marcus", upload_document, UploadDocument(
            case_id=case_id, access_class=access_class, title="A letter", file_name="a.txt", content=b"Words."))
        for access_class in DocumentClass
    }
    with database.transaction(cast.engine) as session:
        mail = outbox.put(session, MessageKind.REMINDER, "k", "Hello", "Body", case_id=case_id,
                          address="wrong@example.org")
    document, email = BreachChannel.DOCUMENT, BreachChannel.EMAIL
    for by, channel, subject, case in (
        ("Tom", document, documents[DocumentClass.ADMIN], case_id), ("Dana", email, mail, None),
        ("Marcus", document, documents[DocumentClass.SEALED], case_id),
    ):
        made = report(cast, by, channel, subject_id=subject, case_id=case)
        assert (page(cast, made).subject_id, page(cast, made).case_id) == (subject, case_id)
    for by, channel, subject, case in (
        ("Olga", BreachChannel.PAPER, None, case_id), ("Olga", document, documents[DocumentClass.ADMIN], case_id),
        ("Tom", document, documents[DocumentClass.CLINICAL], case_id), ("Tom", email, mail, None),
        ("Olga", document, documents[DocumentClass.ADMIN], other), ("Dana", email, 5, None),
        ("Marcus", BreachChannel.MESSAGE, 5, case_id), ("Dana", BreachChannel.PAPER, 5, case_id),
    ):
        with pytest.raises(NotFound):
            report(cast, by, channel, subject_id=subject, case_id=case)
    with database.reading(cast.engine) as session:
        assert session.scalar(select(func.count()).select_from(Breach)) == 3
        assert session.scalar(select(OutboxMessage.case_id)) == case_id
        refused = session.scalars(select(AuditRow.staff_id).where(AuditRow.outcome == Outcome.REFUSED)).all()
    assert len(refused) == 8


# --- The guard


@pytest.fixture
def home(cast: Cast) -> Iterator[Household]:
    """Leo, with Elena, his guardian in everything, and Joan, who helps with appointments."""
    made = household(cast)
    with at("2026-09-16 09:00"):
        yield made


def letter(home: Household, about: int | None, access_class: DocumentClass = DocumentClass.ADMIN) -> int:
    made: int = home.cast.do("Marcus", upload_document, UploadDocument(
        case_id=home.leos if about in (None, home.leo) else home.couple, access_class=access_class, title="A letter",
        file_name="a.txt", content=b"Words.", person_id=about))
    return made


def share(home: Household, document: int, *people: int) -> int:
    made: int = home.cast.do("Marcus", share_document, ShareDocument(document_id=document, person_ids=people))
    return made


def reads(home: Household, actor: PortalActor, document: int) -> bool:
    """Whether somebody gets a document, and finds it in their list."""
    try:
        with database.transaction(home.cast.engine) as session:
            found = bool(my_document(session, actor, document))
    except NotPermitted:
        found = False
    try:
        with database.reading(home.cast.engine) as session:
            listed = [one.document_id for one in my_documents(session, actor)]
    except NotPermitted:
        listed = []
    assert (document in listed) is found
    return found


def test_somebodys_document_goes_to_nobody_else_without_a_decision_that_covers_it(home: Household) -> None:
    leos, clinical = letter(home, home.leo), letter(home, home.leo, DocumentClass.CLINICAL)
    for other in (home.elena, home.joan, home.maya):
        with pytest.raises(BadInput) as refused:
            share(home, leos, other)
        assert refused.value.field == "person_ids"
    share(home, leos, home.leo)
    share(home, clinical, home.leo)
    sharing = home.cast.read("Marcus", sharing_in_case, home.leos)
    assert (sharing[leos].people, sharing[leos].relation, sharing[leos].also) == (
        {home.leo: "Leo Castellano"}, "client", {home.leo: ("Elena Castellano, guardian of Leo Castellano",)})
    assert sharing[clinical].also == {}
    leo = PortalActor(home.leo, "Leo")
    elena = PortalActor(home.elena, "Elena", PortalRole.REPRESENTATIVE, home.leo)
    joan = PortalActor(home.joan, "Joan", PortalRole.HELPER, home.leo)
    for actor, found in ((leo, (True, True)), (elena, (True, False)), (joan, (False, False)),
                         (PortalActor(home.elena, "Elena"), (False, False)),
                         (PortalActor(home.maya, "Maya"), (False, False))):
        assert (reads(home, actor, leos), reads(home, actor, clinical)) == found, actor
    denial = home.cast.do("Dana", decide_access, DecideAccess(
        acts_for_id=home.elena_for_leo, scope=AccessScope.PORTAL, verdict=Verdict.DENIED, starts_on=SEPTEMBER,
        reason="court order"))
    assert not reads(home, elena, leos)
    assert home.cast.read("Marcus", sharing_in_case, home.leos)[leos].also == {}
    home.cast.do("Dana", end_decision, EndDecision(decision_id=denial, reason="lifted"))
    assert reads(home, elena, leos)


def test_a_shared_document_that_turns_out_to_be_about_one_person_is_the_others_no_more(home: Household) -> None:
    document = home.cast.do("Marcus", upload_document, UploadDocument(
        case_id=home.couple, access_class=DocumentClass.ADMIN, title="A letter", file_name="a.txt", content=b"Words."))
    maya, tom = PortalActor(home.maya, "Maya"), PortalActor(home.tom, "Tom")
    share(home, document, home.maya, home.tom)
    assert reads(home, maya, document) and reads(home, tom, document)

    def belongs_to(person_id: int | None, revision: int) -> None:
        home.cast.do("Marcus", change_document, ChangeDocument(
            document_id=document, revision=revision, title="A letter", person_id=person_id,
            access_class=DocumentClass.ADMIN))

    belongs_to(home.maya, 1)
    assert reads(home, maya, document) and not reads(home, tom, document)
    belongs_to(None, 2)
    assert not reads(home, tom, document), "what was ended is not begun again by itself"
    share(home, document, home.maya, home.tom)
    with database.transaction(home.cast.engine) as session:  # as it may have been left by an earlier edition
        session.execute(text("update document set person_id = :p, revision = 4"), {"p": home.maya})
    assert reads(home, maya, document) and not reads(home, tom, document)
    assert people_of(home.cast, home.couple)["Tom"] == home.tom
