"""What is confidential to a minor: not there for who acts for them; neutral on the paper of who pays (A23)."""

from datetime import date, time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.audit import AuditRow
from practicerunner.records.billing import InvoiceLine, IssuedDocument
from practicerunner.records.consent_basis import BasisDecision
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.payments import CreditNote
from practicerunner.records.portal import PortalInvitation
from practicerunner.records.practice import Practice
from practicerunner.records.scheduling import Appointment, Attendance
from practicerunner.vocabulary import (
    CaseType,
    ConsentBasis,
    DocumentClass,
    DocumentKind,
    InvoicingRhythm,
    MessageKind,
    SessionFormat,
    ThreadClass,
)
from practicerunner.workflows import feeds, outbox, papers, reminders
from practicerunner.workflows.advance import InvoiceAhead, SettleAll, invoice_ahead, settle_all
from practicerunner.workflows.answers import Accept, accept
from practicerunner.workflows.arrangements import SetArrangement, Share, set_arrangement
from practicerunner.workflows.billing_notices import SHARED
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.confidentiality import (
    SetConfidential,
    confidants_of_case,
    confidentiality_of,
    set_confidential,
)
from practicerunner.workflows.consent_basis import (
    NeedsConfirming,
    SetConsentBasis,
    SetStateAge,
    consent_concern,
    consent_of_case,
    set_consent_basis,
    set_state_age,
    state_ages,
)
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.follow_up import billing_mail_of, overdue_list
from practicerunner.workflows.form_sending import NowhereToRemind, RemindOfForm, remind_of_form
from practicerunner.workflows.gathering import InvoiceMonth, invoice_month
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.payment_reminders import SendReminders, reminder_preview, send_reminders
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.portal_appointments import MakeMyFeed, appointments_page, make_my_feed
from practicerunner.workflows.portal_billing import billing_page, my_paper
from practicerunner.workflows.portal_documents import ShareDocument, my_document, my_documents, share_document
from practicerunner.workflows.portal_forms import my_forms, my_sheet
from practicerunner.workflows.portal_home import home_page
from practicerunner.workflows.portal_links import NotTheirsAlone
from practicerunner.workflows.reminders import SetPracticeReminders, set_practice_reminders
from practicerunner.workflows.requests import (
    AskForTime,
    AskToCancel,
    Withdraw,
    ask_for_time,
    ask_to_cancel,
    my_appointments,
    my_requests,
    times_to_ask_for,
    withdraw,
)
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import AddOccurrences, BookSeries, add_occurrences, book_series
from practicerunner.workflows.statements import IssueStatement, issue_statement
from tests.cast import Cast, arrange, at, hold, invoice, pay, payer_id, people_of
from tests.insurance import ADDRESS, diagnose, issue, licensed
from tests.workflows.minors import SINCE, Home, consents_alone, home
from tests.workflows.sending import bring_forms, send
from tests.workflows.test_sentinels import text_of

AHEAD = date(2026, 11, 19)


def booked(house: Home, day: date = AHEAD, hour: int = 10, **more: object) -> int:
    """An appointment of Leo's."""
    return house.cast.do("Marcus", book, Book(
        case_id=house.case_id, service_id=house.cast.services["IND50"], local_date=day, local_time=time(hour),
        format=SessionFormat.VIDEO, **more))


def confidential_to(cast: Cast, appointment_id: int) -> set[int]:
    with database.reading(cast.engine) as session:
        return set(session.scalars(select(Attendance.person_id).where(
            Attendance.appointment_id == appointment_id, Attendance.confidential)))


def seen(house: Home, who: str) -> list[int]:
    return [one.appointment_id for one in house.see(who, my_appointments)]


# --- Who consented


def test_a_minors_own_consent_is_set_after_what_was_said_and_with_a_reason(cast: Cast) -> None:
    house = home(cast)
    asked = {"case_id": house.case_id, "person_id": house.leo, "basis": ConsentBasis.MINOR, "since": SINCE}
    with at("2026-11-10 09:00"):
        before = booked(house)
        past = hold(cast, house.case_id, "IND50", "2026-09-02 10:00")
        with pytest.raises(BadInput, match="Give the reason"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="NY"))
        with pytest.raises(NeedsConfirming, match="They are 15, and the practice has no age for NY"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="NY", reason="came alone"))
        with pytest.raises(NeedsConfirming, match="an example that nobody here has confirmed"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked, state="CA", reason="came alone"))
        assert confidential_to(cast, before) == set()
        cast.do("Dana", set_state_age, SetStateAge(state="CA", age=16, confirmed=True))
        assert cast.read("Marcus", consent_concern, house.leo, "CA") == (
            "They are 15; the age that the practice confirmed for CA is 16.")
        cast.do("Dana", set_state_age, SetStateAge(state="CA", revision=1, age=12, confirmed=True))
        assert cast.read("Marcus", consent_concern, house.leo, "CA") == ""
        wanted = SetConsentBasis(**asked, state="CA")
        assert [cast.do("Marcus", set_consent_basis, wanted) for _ in range(2)] == [house.leo] * 2, "the second click"
        (view,) = cast.read("Marcus", consent_of_case, house.case_id)
        assert (view.basis, view.since, view.state, view.decided_by, view.is_confidential) == (
            ConsentBasis.MINOR, SINCE, "CA", "Marcus Bell", True)
        assert view.acts == ("Elena Castellano, parent",)
        assert [confidential_to(cast, one) for one in (before, past)] == [{house.leo}] * 2
        with pytest.raises(BadInput, match="Give the reason"):
            cast.do("Marcus", set_consent_basis, SetConsentBasis(**asked | {"basis": ConsentBasis.PARENT}))
        cast.do("Marcus", set_consent_basis, SetConsentBasis(
            **asked | {"basis": ConsentBasis.PARENT}, reason="his mother consents now"))
        assert confidential_to(cast, booked(house, hour=11)) == set()
        assert confidential_to(cast, before) == {house.leo}, "what was confidential stays so"
    with database.reading(cast.engine) as session:
        assert [(one.basis, one.reason) for one in session.scalars(select(BasisDecision).order_by(BasisDecision.id))
                ] == [(ConsentBasis.MINOR, ""), (ConsentBasis.PARENT, "his mother consents now")]
        said = list(session.scalars(select(AuditRow.detail).where(AuditRow.action == "set_consent_basis")))
    assert f"minor for {house.leo}, 2 appointments confidential" in said


@pytest.mark.parametrize(("basis", "said"), [
    (ConsentBasis.SELF, "They are not 18 yet"), (ConsentBasis.COURT, ""), (ConsentBasis.GUARDIAN, ""),
])
def test_what_does_not_fit_an_age_is_refused(cast: Cast, basis: ConsentBasis, said: str) -> None:
    house = home(cast)
    asked = SetConsentBasis(case_id=house.case_id, person_id=house.leo, basis=basis, since=SINCE)
    if not said:
        assert cast.do("Marcus", set_consent_basis, asked) == house.leo
        return
    with pytest.raises(BadInput, match=said):
        cast.do("Marcus", set_consent_basis, asked)


def test_strangers_and_other_kinds_of_work_have_no_such_thing(cast: Cast) -> None:
    house = home(cast)
    group = cast.open_case(CaseType.WORKSHOP, "Ann Ray", name="Writing")
    ann = people_of(cast, group)["Ann"]
    asked = SetConsentBasis(case_id=house.case_id, person_id=house.leo, basis=ConsentBasis.PARENT, since=SINCE)
    for who in ("Olga", "Priya"):
        with pytest.raises((NotFound, NotPermitted)):
            cast.do(who, set_consent_basis, asked)
    for case_id, person in ((group, ann), (house.case_id, ann)):
        with pytest.raises(NotFound):
            cast.do("Dana", set_consent_basis, SetConsentBasis(
                case_id=case_id, person_id=person, basis=ConsentBasis.GUARDIAN, since=SINCE))
    assert cast.read("Dana", consent_of_case, group) == []
    assert cast.read("Dana", confidants_of_case, group) == ()
    with pytest.raises(BadInput):
        cast.do("Dana", book, Book(
            case_id=group, service_id=cast.services["WKSP"], local_date=AHEAD, local_time=time(9),
            location_id=cast.office, confidential=(ann,)))
    for who in ("Marcus", "Tom", "Ruth", "Priya"):
        with pytest.raises(NotPermitted):
            cast.do(who, set_state_age, SetStateAge(state="CA", age=12, confirmed=True))
    assert [(one.state, one.age, one.is_example) for one in cast.read("Tom", state_ages)] == [
        ("CA", 12, True), ("IL", 12, True)]


# --- The appointment


def test_whoever_acts_for_them_comes_across_nothing_of_it(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        open_one, kept = booked(house, hour=9), booked(house, confidential=(house.leo,))
        assert seen(house, "Leo") == [open_one, kept]
        assert seen(house, "Elena for Leo") == [open_one]
        assert [one.appointment_id for one in house.see("Elena for Leo", appointments_page).ahead] == [open_one]
        assert house.see("Elena for Leo", home_page).next_up.appointment_id == open_one
        cast.do("Marcus", cancel, Cancel(appointment_id=open_one, by="provider"))
        assert house.see("Elena for Leo", home_page).next_up is None
        for verb in (ask_to_cancel,):
            with pytest.raises(NotFound):
                house.act("Elena for Leo", verb, AskToCancel(appointment_id=kept))
        with pytest.raises(NotFound):
            house.see("Elena for Leo", times_to_ask_for, house.case_id, AHEAD, AHEAD, moves_id=kept)
        asked = house.act("Leo", ask_to_cancel, AskToCancel(appointment_id=kept))
        assert [one.request_id for one in house.see("Leo", my_requests)] == [asked]
        assert house.see("Elena for Leo", my_requests) == []
        with pytest.raises(NotFound):
            house.act("Elena for Leo", withdraw, Withdraw(request_id=asked))
        assert cast.read("Marcus", confidentiality_of, kept).names == "Leo Castellano"
        assert cast.read("Marcus", appointment_page, kept).confidential_to == ("Leo Castellano",)
        with pytest.raises(NotFound):
            cast.read("Olga", confidentiality_of, kept)
    with at("2026-11-20 09:00"):
        assert [one.appointment_id for one in house.see("Leo", appointments_page).past] == [kept, open_one]
        assert [one.appointment_id for one in house.see("Elena for Leo", appointments_page).past] == [open_one]


def test_a_flag_is_set_and_taken_back_for_one_or_the_whole_series(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        series = cast.do("Marcus", book_series, BookSeries(
            case_id=house.case_id, service_id=cast.services["IND50"], local_date=AHEAD, local_time=time(10),
            format=SessionFormat.VIDEO, count=3))
        assert seen(house, "Elena for Leo") == series
        one = SetConfidential(appointment_id=series[1], person_ids=(house.leo,))
        assert [cast.do("Marcus", set_confidential, one) for _ in range(2)] == [[series[1]]] * 2, "the second click"
        assert seen(house, "Elena for Leo") == [series[0], series[2]]
        assert sorted(cast.do("Marcus", set_confidential, SetConfidential(
            appointment_id=series[1], person_ids=(house.leo,), whole_series=True))) == sorted([series[0], series[2]])
        with database.reading(cast.engine) as session:
            series_id = session.get_one(Appointment, series[0]).series_id
        (more,) = cast.do("Marcus", add_occurrences, AddOccurrences(series_id=series_id, revision=1, number=1))
        assert confidential_to(cast, more) == {house.leo}, "what is added is as the latest is"
        assert seen(house, "Elena for Leo") == []
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=more, person_ids=()))
        assert seen(house, "Elena for Leo") == [more]
        with pytest.raises(BadInput):
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=more, person_ids=(house.elena,)))
        with pytest.raises(NotFound):
            cast.do("Olga", set_confidential, one.model_copy(update={"op": ids.new_operation()}))


def test_what_is_booked_follows_the_consent_but_not_what_she_asked_for_herself(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        booked(house, hour=8, confidential=())
        consents_alone(house)
        assert confidential_to(cast, booked(house)) == {house.leo}
        assert confidential_to(cast, booked(house, hour=11, confidential=())) == set()
        asked = {who: house.act(who, ask_for_time, AskForTime(
            case_id=house.case_id, local_date=date(2026, 11, 24), local_time=time(hour), message=f"I am {who}",
        )) for who, hour in (("Leo", 9), ("Elena for Leo", 14))}
        assert [one.request_id for one in house.see("Elena for Leo", my_requests)] == [asked["Elena for Leo"]]
        with pytest.raises(NotFound):
            house.act("Elena for Leo", withdraw, Withdraw(request_id=asked["Leo"]))
        made = {who: cast.do("Marcus", accept, Accept(
            request_id=one, revision=1, service_id=cast.services["IND50"], format=SessionFormat.VIDEO,
        )) for who, one in asked.items()}
        assert confidential_to(cast, made["Leo"]) == {house.leo}
        assert confidential_to(cast, made["Elena for Leo"]) == set(), "she knows of it"
        assert made["Leo"] not in seen(house, "Elena for Leo")
        assert len(house.see("Elena for Leo", my_requests)) == 1


def test_feeds_and_reminders_go_to_the_client_alone(cast: Cast) -> None:
    house = home(cast)
    own, made = ids.new_token(), ids.new_token()
    with at("2026-11-10 09:00"):
        cast.do("Dana", set_practice_reminders, SetPracticeReminders(hours=(24,)))
        booked(house, hour=9)
        booked(house, hour=11, confidential=(house.leo,))
        house.act("Leo", make_my_feed, MakeMyFeed(secret=SecretStr(own)))
        cast.do("Marcus", make_feed, MakeFeed(secret=SecretStr(made), case_id=house.case_id, person_id=house.leo))
        for secret, number in ((own, 2), (made, 1)):
            with database.reading(cast.engine) as session:
                name_and_text = feeds.feed(session, secret)
            assert name_and_text is not None
            assert name_and_text[1].decode().count("BEGIN:VEVENT") == number
    with at("2026-11-18 12:00"), database.transaction(cast.engine) as session:
        assert reminders.make_due(session) == 2
        assert set(session.scalars(select(OutboxMessage.to_address).where(
            OutboxMessage.kind == MessageKind.REMINDER))) == {"leo@example.org"}


@pytest.mark.parametrize("elenas", ["HOME@example.org ", "other@example.org"])
def test_on_a_shared_mailbox_nothing_of_it_is_written_and_staff_are_told_before(cast: Cast, elenas: str) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail=elenas)
    shared = elenas != "other@example.org"
    with at("2026-11-10 09:00"):
        cast.do("Dana", set_practice_reminders, SetPracticeReminders(hours=(24,)))
        (choice,) = cast.read("Marcus", confidants_of_case, house.case_id)
        assert choice.warning == (
            "Somebody else has the same e-mail address as Leo, so no reminder of this is sent." if shared else "")
        plain, kept = booked(house, hour=9), booked(house, hour=11, confidential=(house.leo,))
    with at("2026-11-18 12:00"):
        with database.transaction(cast.engine) as session:
            assert reminders.make_due(session) == 1 + (not shared)
            assert not reminders.is_any_due(session)
        cast.do("Marcus", cancel, Cancel(appointment_id=kept, by="provider", notify=True))
        with database.reading(cast.engine) as session:
            found = set(session.scalars(select(OutboxMessage.appointment_id).where(
                OutboxMessage.appointment_id.is_not(None))))
        assert found == ({plain} if shared else {plain, kept})


def test_what_waits_is_not_sent_once_it_became_confidential_on_a_shared_mailbox(cast: Cast) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail="home@example.org")
    with at("2026-11-10 09:00"):
        cast.do("Dana", set_practice_reminders, SetPracticeReminders(hours=(24,)))
        kept = booked(house)
    with at("2026-11-18 12:00"):
        with database.transaction(cast.engine) as session:
            assert reminders.make_due(session) == 1
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=kept, person_ids=(house.leo,)))
        with database.transaction(cast.engine) as session:
            while (found := outbox.claim(session, "worker")) is not None:
                assert found.kind is not MessageKind.REMINDER


# --- Who pays


def paper(cast: Cast, kind: DocumentKind, subject_id: int) -> str:
    actor = cast.actor("Tom")
    with database.transaction(cast.engine) as session:
        return text_of(papers.fetch(session, actor, kind, subject_id)[2])


def test_a_payer_who_is_not_the_client_reads_a_neutral_line_with_the_exact_amount(cast: Cast) -> None:
    house = home(cast)
    arrange(cast, house.case_id, {house.elena: 6000, house.leo: 4000}, since="2026-09-01")
    plain = hold(cast, house.case_id, "IND50", "2026-10-07 10:00")
    kept = hold(cast, house.case_id, "INTAKE", "2026-10-14 10:00")
    with at("2026-10-15 09:00"):
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=kept, person_ids=(house.leo,)))
    invoice(cast, plain, on="2026-10-30")
    of_elena, of_leo = invoice(cast, kept, on="2026-10-30")
    hers, his = paper(cast, DocumentKind.INVOICE, of_elena), paper(cast, DocumentKind.INVOICE, of_leo)
    assert "October 2026" in hers
    assert "Service" in hers
    assert "135.00" in hers
    for word in ("INTAKE", "14 October", "Marcus", "Bell"):
        assert word not in hers, word
        assert word in his, word
    assert "90.00" in his
    received = pay(cast, payer_id(cast, house.elena), house.case_id, 135_00, "2026-10-31", invoice_ids=(of_elena,))
    receipt = paper(cast, DocumentKind.RECEIPT, received)
    assert "Service, October 2026" in receipt
    assert "INTAKE" not in receipt
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.elena), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    said = paper(cast, DocumentKind.STATEMENT, statement)
    assert "Service, October 2026" in said
    assert "IND50, 7 October 2026" in said, "the other session is as ever"
    for word in ("INTAKE", "14 October"):
        assert word not in said
    with database.reading(cast.engine) as session:
        lines = session.scalars(select(InvoiceLine).order_by(InvoiceLine.id)).all()
        assert [(one.description, one.service_date.day, one.amount_cents, one.confidential) for one in lines] == [
            ("IND50", 7, 99_00, False), ("IND50", 7, 66_00, False),
            ("Service", 14, 135_00, True), ("INTAKE", 14, 90_00, False)]
        kept_paper = session.scalars(select(IssuedDocument).where(IssuedDocument.invoice_id == of_elena)).one()
        assert "2026-10-14" not in repr(kept_paper.content)


def test_a_groups_name_does_not_stand_on_a_neutral_paper(cast: Cast) -> None:
    house = home(cast)
    group = cast.open_case(CaseType.THERAPY_GROUP, "Eve Moss", name="Grief at fifteen")
    eve = people_of(cast, group)["Eve"]
    arrange(cast, group, {house.elena: 10000}, since="2026-09-01", person_id=eve)
    with at("2026-10-15 09:00"):
        held = hold(cast, group, "GRP90", "2026-10-14 18:00")
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(eve,)))
    (made,) = invoice(cast, held, on="2026-10-30")
    said = paper(cast, DocumentKind.INVOICE, made)
    assert "75.00" in said
    for word in ("Grief", "GRP90", "Eve", "Moss", "14 October"):
        assert word not in said
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.elena), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
    assert "Grief" not in paper(cast, DocumentKind.STATEMENT, statement)


def test_what_the_client_pays_alone_is_not_there_for_who_reads_their_bills(cast: Cast) -> None:
    house = home(cast)
    arrange(cast, house.case_id, {house.leo: 10000}, since="2026-09-01")
    plain, kept = (hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00") for day in ("07", "14"))
    with at("2026-10-15 09:00"):
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=kept, person_ids=(house.leo,)))
    (open_one,), (hidden,) = invoice(cast, plain, on="2026-10-30"), invoice(cast, kept, on="2026-10-30")
    received = pay(cast, payer_id(cast, house.leo), house.case_id, 20_00, "2026-10-31", invoice_ids=(hidden,))
    with at("2026-11-02 09:00"):
        statement = cast.do("Tom", issue_statement, IssueStatement(
            payer_id=payer_id(cast, house.leo), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
        his, hers = house.see("Leo", billing_page), house.see("Elena for Leo", billing_page)
        assert [(one.invoice_id, one.open_cents) for one in hers.invoices] == [(open_one, 165_00)]
        assert (his.due_cents, hers.due_cents) == (310_00, 165_00)
        assert (len(his.invoices), len(his.receipts), len(his.statements)) == (2, 1, 1)
        assert (hers.receipts, hers.statements) == ((), ())
        for kind, subject in ((DocumentKind.INVOICE, hidden), (DocumentKind.RECEIPT, received),
                              (DocumentKind.STATEMENT, statement)):
            assert house.see("Leo", my_paper, kind, subject)[1] == "application/pdf"
            with pytest.raises(NotFound):
                house.see("Elena for Leo", my_paper, kind, subject)
        assert house.see("Elena for Leo", my_paper, DocumentKind.INVOICE, open_one)[1] == "application/pdf"


def test_documents_and_forms_are_confidential_once_a_minor_has_consented(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    house = home(cast, leos_mail="home@example.org", elenas_mail="home@example.org")
    with at("2026-11-10 09:00"):
        bring_forms(cast)
        before = (shared(house), *send(cast, house.case_id, "consent", to="Leo"))
        consents_alone(house)
        since = (shared(house), *send(cast, house.case_id, "intake", to="Leo"))
        for who, theirs in (("Leo", {before, since}), ("Elena for Leo", {before})):
            assert {one.document_id for one in house.see(who, my_documents)} == {one for one, _ in theirs}
            assert {one.assignment_id for one in house.see(who, my_forms).open} == {one for _, one in theirs}
        for reader, one in ((my_document, since[0]), (my_sheet, since[1])):
            house.see("Leo", reader, one)
            with pytest.raises(NotFound):
                house.see("Elena for Leo", reader, one)
        with pytest.raises(NowhereToRemind, match="somebody else has the same"):
            cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=since[1]))
        cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=before[1]))
        cast.do("Marcus", share_document, ShareDocument(
            document_id=since[0], person_ids=(house.leo,), confidential=False))
        assert len(house.see("Elena for Leo", my_documents)) == 2


def shared(house: Home) -> int:
    """A document of the front desk that Leo reads."""
    made: int = house.cast.do("Marcus", upload_document, UploadDocument(
        case_id=house.case_id, access_class=DocumentClass.ADMIN, title="A letter", file_name="letter.txt",
        content=b"Dear Leo"))
    house.cast.do("Marcus", share_document, ShareDocument(document_id=made, person_ids=(house.leo,)))
    return made


def test_what_is_given_back_of_a_neutral_line_says_neither_service_nor_day(cast: Cast) -> None:
    house = home(cast)
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=house.case_id, valid_from=SINCE, shares=(
            Share(person_id=house.elena, rhythm=InvoicingRhythm.MONTH_AHEAD),)))
    with at("2026-10-20 09:00"):
        kept = booked(house, date(2026, 11, 4), confidential=(house.leo,))
        (made,) = cast.do("Tom", invoice_ahead, InvoiceAhead(day=date(2026, 11, 1), rhythm=InvoicingRhythm.MONTH_AHEAD))
    with at("2026-11-02 09:00"):
        cast.do("Marcus", cancel, Cancel(appointment_id=kept, by="provider"))
        cast.do("Tom", settle_all, SettleAll())
        with database.reading(cast.engine) as session:
            note = session.scalars(select(CreditNote)).one()
            assert (note.invoice_id, note.amount_cents) == (made, 165_00)
        said = paper(cast, DocumentKind.CREDIT_NOTE, note.id)
        for word in ("IND50", "4 November", "2026-11-04"):
            assert word not in said
        assert "Less is due than was invoiced" in said


def test_bills_of_a_client_who_shares_a_mailbox_are_not_spoken_of_there(cast: Cast) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail="home@example.org")
    arrange(cast, house.case_id, {house.leo: 10000}, since="2026-09-01")
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().notify_payers = True
    for day, confidential, heard in (("07", False, 2), ("14", True, 2)):
        held = hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00")
        if confidential:
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
        with database.reading(cast.engine) as session:
            assert len(session.scalars(select(OutboxMessage).where(
                OutboxMessage.kind == MessageKind.INVOICE_ISSUED)).all()) == heard


@pytest.mark.parametrize("elenas", ["home@example.org", "elena@example.org"])
def test_whoever_reminds_payers_is_told_before_who_cannot_be_written_to_on_a_shared_mailbox(
    cast: Cast, elenas: str
) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail=elenas)
    arrange(cast, house.case_id, {house.leo: 5000, house.elena: 5000}, since="2026-09-01")
    held = hold(cast, house.case_id, "IND50", "2026-10-07 10:00")
    invoice(cast, held)
    leo, elena = payer_id(cast, house.leo), payer_id(cast, house.elena)
    with at("2026-12-20 09:00"):
        rows = cast.read("Tom", overdue_list).rows
        assert {row.overdue.account.payer_id: row.why_not for row in rows} == {leo: "", elena: ""}, "before"
    cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
    shared = elenas == "home@example.org"
    with at("2026-12-20 09:00"):
        rows = cast.read("Tom", overdue_list).rows
        preview = cast.read("Tom", reminder_preview, [leo, elena])
        assert {row.overdue.account.payer_id: row.why_not for row in rows} == {
            one.payer_id: one.why_not for one in preview.lines} == {leo: SHARED if shared else "", elena: ""}
        assert cast.read("Tom", billing_mail_of, leo) == (True, SHARED if shared else "")
        reminded = cast.do("Tom", send_reminders, SendReminders(payer_ids=(leo, elena)))
        assert set(reminded) == {one.payer_id for one in preview.ready}, "what was said is what was done"


def test_a_link_to_the_portal_does_not_go_to_a_mailbox_that_his_mother_opens(cast: Cast) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail="home@example.org")
    wanted = InviteToPortal(case_id=house.case_id, person_id=house.leo)
    with at("2026-11-10 09:00"):
        cast.do("Dana", invite_to_portal, wanted)
        with database.reading(cast.engine) as session:
            waiting = session.scalars(select(OutboxMessage.id).where(
                OutboxMessage.kind == MessageKind.PORTAL_LINK)).all()
            assert session.scalars(select(PortalInvitation.used_at)).all() == [None]
        consents_alone(house)
        with database.reading(cast.engine) as session:
            assert None not in session.scalars(select(PortalInvitation.used_at)).all(), "it works no more"
        with pytest.raises(NotTheirsAlone, match="Somebody else has this e-mail address"):
            cast.do("Dana", invite_to_portal, wanted.model_copy(update={"op": ids.new_operation()}))
        cast.do("Dana", invite_to_portal, InviteToPortal(case_id=house.case_id, person_id=house.elena))
        with database.reading(cast.engine) as session:
            assert len(session.scalars(select(OutboxMessage.id).where(
                OutboxMessage.kind == MessageKind.PORTAL_LINK)).all()) == len(waiting) + 1


@pytest.mark.parametrize("elenas", ["home@example.org", "elena@example.org"])
@pytest.mark.parametrize("by_consent", [True, False], ids=["he consented", "one appointment"])
def test_word_of_a_message_does_not_go_to_a_mailbox_that_his_mother_opens(
    cast: Cast, elenas: str, by_consent: bool
) -> None:
    house = home(cast, leos_mail="home@example.org", elenas_mail=elenas)

    def told(person_id: int, for_id: int | None = None) -> int:
        cast.do("Marcus", start_thread, StartThread(
            case_id=house.case_id, thread_class=ThreadClass.ADMIN, subject="Hello", text="Hello.",
            people=(ToPerson(person_id=person_id, for_id=for_id),)))
        with database.reading(cast.engine) as session:
            return len(session.scalars(select(OutboxMessage.id).where(
                OutboxMessage.kind == MessageKind.MESSAGE_WAITING, OutboxMessage.person_id == person_id)).all())

    with at("2026-11-10 09:00"):
        assert told(house.leo) == 1, "nothing is his alone yet"
        if by_consent:
            consents_alone(house)
        else:
            booked(house, confidential=(house.leo,))
        assert told(house.leo) == 1 + (elenas != "home@example.org")
        assert told(house.elena, house.leo) == 1, "hers goes on"


def test_neutral_lines_stand_last_and_a_payer_of_the_month_reads_no_order(cast: Cast) -> None:
    house = home(cast)
    cast.do("Tom", set_arrangement, SetArrangement(
        case_id=house.case_id, valid_from=SINCE, shares=(
            Share(person_id=house.elena, rhythm=InvoicingRhythm.MONTHLY),)))
    for day in ("07", "14", "21"):
        held = hold(cast, house.case_id, "IND50", f"2026-10-{day} 10:00")
        if day == "14":
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
    with at("2026-11-02 09:00"):
        (made,) = cast.do("Tom", invoice_month, InvoiceMonth(month=date(2026, 10, 1)))
    with database.reading(cast.engine) as session:
        content = session.scalars(select(IssuedDocument).where(IssuedDocument.invoice_id == made)).one().content
    assert [(one["service_date"], one["month_only"], one["amount_cents"]) for one in content["lines"]] == [
        ("2026-10-07", False, 165_00), ("2026-10-21", False, 165_00), ("2026-10-01", True, 165_00)]
    assert content["total_cents"] == 495_00


def test_a_superbill_is_the_clients_and_a_confidential_session_on_it_keeps_it_theirs(cast: Cast) -> None:
    house = home(cast)
    licensed(cast)
    details, revision = cast.read("Dana", person_details, house.leo)
    cast.do("Dana", change_person, ChangePerson(
        person_id=house.leo, revision=revision, person=details.model_copy(update={"address": ADDRESS})))
    diagnose(cast, house.case_id, house.leo)
    bills = []
    for month, confidential in ((9, False), (10, True)):
        held = hold(cast, house.case_id, "IND50", f"2026-{month:02}-14 10:00")
        if confidential:
            cast.do("Marcus", set_confidential, SetConfidential(appointment_id=held, person_ids=(house.leo,)))
        invoice(cast, held)
        pay(cast, payer_id(cast, house.leo), house.case_id, 165_00, f"2026-{month:02}-15")
        bills.append(issue(cast, house.case_id, house.leo, f"2026-{month:02}-01", f"2026-{month:02}-28"))
    plain, kept = bills
    with at("2026-11-21 09:00"):
        assert {one.subject_id for one in house.see("Leo", billing_page).superbills} == {plain, kept}
        assert [one.subject_id for one in house.see("Elena for Leo", billing_page).superbills] == [plain]
        assert "IND50" in text_of(house.see("Leo", my_paper, DocumentKind.SUPERBILL, kept)[2])
        with pytest.raises(NotFound):
            house.see("Elena for Leo", my_paper, DocumentKind.SUPERBILL, kept)


def test_what_he_does_together_with_his_mother_is_not_kept_from_her_by_itself(cast: Cast) -> None:
    house = home(cast)
    with at("2026-11-10 09:00"):
        family = cast.do("Dana", open_case, OpenCase(
            type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], opened_on=SINCE,
            participants=(Taking(person_id=house.leo), Taking(person_id=house.elena))))
        wanted = Book(case_id=family, service_id=cast.services["FAM50"], local_date=AHEAD, local_time=time(15),
                      format=SessionFormat.VIDEO)
        before = cast.do("Marcus", book, wanted)
        consents_alone(house)
        after = cast.do("Marcus", book, wanted.model_copy(update={
            "op": ids.new_operation(), "local_time": time(16), "confidential": None}))
        assert [confidential_to(cast, one) for one in (before, after)] == [set(), set()]
        assert confidential_to(cast, booked(house)) == {house.leo}
        cast.do("Marcus", set_confidential, SetConfidential(appointment_id=after, person_ids=(house.leo,)))
        assert seen(house, "Elena") == [before, after], "for herself she takes part"
        assert seen(house, "Elena for Leo") == [before]
