"""What is confidential to a minor: not there for who acts for them, in no letter to a mailbox that they open (A23)."""

from datetime import date, time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.portal import PortalInvitation
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import (
    CaseType,
    DocumentClass,
    MessageKind,
    SessionFormat,
    ThreadClass,
)
from practicerunner.workflows import feeds, outbox, reminders
from practicerunner.workflows.answers import Accept, accept
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.calendar import appointment_page
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.confidentiality import (
    SetConfidential,
    confidants_of_case,
    confidentiality_of,
    set_confidential,
)
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.feeds import MakeFeed, make_feed
from practicerunner.workflows.form_sending import NowhereToRemind, RemindOfForm, remind_of_form
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.portal_appointments import MakeMyFeed, appointments_page, make_my_feed
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
    my_requests,
    times_to_ask_for,
    withdraw,
)
from practicerunner.workflows.scheduling import Cancel, cancel
from practicerunner.workflows.series import AddOccurrences, BookSeries, add_occurrences, book_series
from tests.cast import Cast, at
from tests.workflows.minors import AHEAD, SINCE, Home, booked, confidential_to, consents_alone, home, seen
from tests.workflows.sending import bring_forms, send


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


# --- Documents, forms and letters


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
