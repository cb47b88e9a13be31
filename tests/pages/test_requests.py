"""The queue of requests on the screen: per role, one click each, hostile words as typed, and no stranger's name."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from practicerunner.ui import identity
from practicerunner.vocabulary import AppointmentStatus, CaseType, RequestKind, RequestStatus, Role
from practicerunner.workflows.answers import RecordRequest, record_request
from practicerunner.workflows.request_queue import request_queue
from practicerunner.workflows.requests import my_appointments, my_requests
from tests.cast import at, bring_on
from tests.pages.opening import keys, opened, press, said
from tests.pages.walking import live, words
from tests.workflows.asking import FRIDAY, NOON, Askers, askers, booked
from tests.workflows.supervising import change

HOSTILE = (
    "[pay](https://evil.example) ![x](https://evil.example/p.png) <img src=x onerror=alert(1)> $5 and $6 :red[hi] "
    "**bold** 山田 שרה"
)


@pytest.fixture
def ask(sqlite_engine: Engine) -> Iterator[Askers]:
    """Everybody at noon on Tuesday 10 November."""
    with at(NOON):
        yield askers(bring_on(sqlite_engine))


def queue(ask: Askers, monkeypatch: pytest.MonkeyPatch, who: str = "Marcus", **remembers: Any) -> AppTest:
    """The page as somebody sees it."""
    app = opened(ask.cast, monkeypatch, who, "requests")
    for key, value in remembers.items():
        app.session_state[key] = value
    if remembers:
        app.run()
    assert not app.exception, app.exception
    return app


def buttons(app: AppTest, request_id: int) -> set[str]:
    return {key.rsplit(".", 1)[1] for key in keys(app) if key.startswith(f"requests.{request_id}.")}


def test_an_empty_queue_says_what_comes_here(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(queue(ask, monkeypatch))
    assert "No requests waiting." in text and "Record a request" in text
    assert "No offer waits" in said(queue(ask, monkeypatch, requests_shown="Offered"))
    assert "Nothing was answered" in said(queue(ask, monkeypatch, requests_shown="Answered"))


def test_rows_say_who_asks_what_since_when_and_whether_it_is_free(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("2026-11-08 09:00"):
        moved = ask.move("Noor", message="Could we?")
    new, off = ask.new_time("Ida", minutes=80, format="video"), ask.cancel("Jo")
    booked(ask.cast, ask.cases["Ida"], "IND50", f"{FRIDAY} 11:30")
    app = queue(ask, monkeypatch)
    text = said(app)
    for fact in (
        "Move Thu 12 Nov 13:00 to Fri 13 Nov 11:00", "Noor Haddad asked 2 days ago, for Marcus Bell", "“Could we?”",
        "New time Fri 13 Nov 11:00–12:20, by video", "Cancel Jo Park's place on Thu 12 Nov 18:00",
        "Jo Park asked today, for Marcus Bell", "Couple / two-person", "Therapy group",
    ):
        assert fact in text, fact
    everything = words(app).replace("\\", "")
    assert all(fact in everything for fact in ("2 days", "Taken", "Noor Haddad & Sam Ortiz"))
    assert buttons(app, moved) == buttons(app, new) == {"accept", "offer", "decline"}
    assert buttons(app, off) == {"accept", "decline"}
    assert [app.button(key=f"requests.{one}.accept").proto.type for one in (moved, new, off)] == ["secondary"] * 3
    assert [app.button(key=f"requests.{one}.offer").proto.type for one in (moved, new)] == [
        "primary", "secondary"], "what is taken is not accepted"


@pytest.mark.parametrize(("who", "sees", "answers"), [
    ("Dana", {"Ida Holm", "Liv Dahl", "Bo Ek"}, True), ("Tom", {"Ida Holm", "Liv Dahl", "Bo Ek"}, True),
    ("Marcus", {"Ida Holm"}, True), ("Priya", {"Liv Dahl"}, True), ("Ruth", {"Liv Dahl"}, False),
    ("Olga", {"Bo Ek"}, True),
])
def test_each_role_sees_and_answers_what_is_theirs(
    ask: Askers, monkeypatch: pytest.MonkeyPatch, who: str, sees: set[str], answers: bool
) -> None:
    case_id = ask.cast.open_case(CaseType.INDIVIDUAL, "Liv Dahl", provider="Priya")
    ask.appointments["Liv"] = booked(ask.cast, case_id, "IND50", "2026-11-12 10:00", by="Priya")
    ask.people["Liv"] = next(row.person_id for row in ask.appointment("Liv").attendances)
    for name in ("Ida", "Liv", "Bo"):
        ask.cancel(name)
    app = queue(ask, monkeypatch, who)
    text = words(app)
    assert {name for name in ("Ida Holm", "Liv Dahl", "Bo Ek") if name in text} == sees
    assert any(key.endswith(".accept") for key in keys(app)) == answers
    today = words(opened(ask.cast, monkeypatch, who, "today"))
    number = len(sees)
    assert (f"{number} request{'' if number == 1 else 's'} waiting" in today) == answers


def test_accepting_does_it_and_moves_the_next_one_up(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ask.move("Noor"), ask.cancel("Jo")
    app = queue(ask, monkeypatch)
    press(app, f"requests.{first}.accept")
    assert ask.appointment("Noor").local_date == FRIDAY and ask.row(first).status is RequestStatus.ACCEPTED
    assert buttons(app, first) == set()
    assert app.button(key=f"requests.{second}.accept").proto.type == "primary"
    assert "Noor Haddad & Sam Ortiz: moved to Fri 13 Nov 11:00" in words(app).replace("\\", "")
    press(app, f"requests.{second}.accept")
    assert "No requests waiting." in said(app)
    assert ask.appointment("Jo").status is AppointmentStatus.SCHEDULED
    app = queue(ask, monkeypatch, requests_shown="Answered")
    assert "Accepted by Marcus Bell" in said(app) and "Accepted" in words(app)


def test_a_conflict_stands_at_its_row_with_the_next_free_start_as_a_button(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = ask.new_time("Ida")
    app = queue(ask, monkeypatch)
    stranger = ask.cast.open_case(CaseType.INDIVIDUAL, "Zoltan Quill")
    booked(ask.cast, stranger, "IND50", f"{FRIDAY} 11:00")
    press(app, f"requests.{request_id}.accept")
    assert "Marcus Bell is already taken on Fri 13 Nov 2026, 11:00–11:50." in app.warning[0].value.replace("\\", "")
    assert app.button(key=f"requests.{request_id}.instead").label == "Offer Fri 13 Nov 12:00 instead"
    assert "Quill" not in words(app) and ask.row(request_id).status is RequestStatus.PENDING
    press(app, f"requests.{request_id}.instead")
    found = ask.row(request_id)
    assert (found.status, found.offered_time) == (RequestStatus.OFFERED, time(12))
    assert not app.warning
    app = queue(ask, monkeypatch, requests_shown="Offered")
    assert "Marcus Bell offered Fri 13 Nov 12:00" in said(app).replace("\\", "")
    assert app.button(key=f"requests.{request_id}.accept").label == "They take Fri 13 Nov 12:00"
    press(app, f"requests.{request_id}.accept")
    assert ask.row(request_id).status is RequestStatus.ACCEPTED


def test_where_the_time_is_taken_another_one_is_the_main_answer(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = ask.new_time("Ida")
    app = queue(ask, monkeypatch)
    assert app.button(key=f"requests.{request_id}.accept").proto.type == "primary"
    booked(ask.cast, ask.cast.open_case(CaseType.INDIVIDUAL, "Zoltan Quill"), "IND50", f"{FRIDAY} 11:00")
    app = queue(ask, monkeypatch)
    assert "Taken" in said(app) or "Taken" in words(app)
    assert {name: app.button(key=f"requests.{request_id}.{name}").proto.type for name in ("accept", "offer")} == {
        "accept": "secondary", "offer": "primary"}


def test_what_cannot_be_done_any_more_says_so_and_can_be_closed(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = ask.new_time("Ida", day=date(2026, 11, 11))
    with at("2026-11-11 12:00"):
        app = queue(ask, monkeypatch)
        assert buttons(app, request_id) == {"offer", "decline"}
        assert "That time has passed." in words(app) and "Not possible any more" in words(app)


def test_the_filters_narrow_and_say_so(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    moved, off, decoy = ask.move("Noor"), ask.cancel("Jo"), ask.new_time("Bo")

    def shown(who: str = "Dana", **remembers: Any) -> set[int]:
        app = queue(ask, monkeypatch, who, **remembers)
        return {one for one in (moved, off, decoy) if buttons(app, one)}

    assert shown() == {moved, off, decoy}
    for key, value, left in (
        ("requests.request", RequestKind.CANCEL, {off}), ("requests.kind", CaseType.TWO_PERSON, {moved}),
        ("requests.who", "Olga Outsider", {decoy}), ("requests.whose", "Mine", set()),
        ("requests.whose", "Team", {moved, off, decoy}), ("requests.age", 7, set()),
    ):
        assert shown(**{key: value}) == left, key
    assert "No request fits." in said(queue(ask, monkeypatch, **{"requests.age": 7}))
    assert not {"requests.whose", "requests.who"} & {one.key for one in queue(ask, monkeypatch, "Marcus").selectbox}


def test_team_alone_narrows_and_two_of_one_name_are_chosen_apart(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = ask.move("Noor")
    change(ask.cast, "Marcus", roles=frozenset({Role.PROVIDER, Role.ADMIN}))
    text = said(queue(ask, monkeypatch, "Marcus", **{"requests.whose": "Team"}))
    assert "No request fits. Take back a filter." in text and "No requests waiting" not in text
    other = ask.new_time("Bo")
    change(ask.cast, "Olga", first_name="Marcus", last_name="Bell")
    found = set()
    for one in ("Marcus Bell (1)", "Marcus Bell (2)"):
        app = queue(ask, monkeypatch, "Dana", **{"requests.who": one})
        shown, = (one for one in (moved, other) if buttons(app, one))
        found.add(shown)
    assert found == {moved, other}



def test_the_case_and_the_appointment_show_what_waits(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    ask.move("Noor")
    wanted = "Noor Haddad: Move Thu 12 Nov 13:00 to Fri 13 Nov 11:00"
    for page, selector in (("case", {"case": ask.cases["Noor"]}),
                           ("appointment", {"appointment": ask.appointments["Noor"]})):
        app = opened(ask.cast, monkeypatch, "Marcus", page, **selector)
        assert wanted in words(app).replace("\\", "") and "Request waits" in words(app), page
    decoy = opened(ask.cast, monkeypatch, "Marcus", "case", case=ask.cases["Ida"])
    assert "Request waits" not in words(decoy)


def form(which: str, request_id: int) -> None:
    from practicerunner import clock
    from practicerunner.ui import request_dialogs
    from practicerunner.ui.identity import signed_in
    from practicerunner.ui.perform import read
    from practicerunner.workflows.request_queue import request_queue

    actor = signed_in()
    if which == "record_dialog":
        request_dialogs.record_dialog(actor)
        return
    row = next((one for one in read(request_queue, actor).rows if one.request_id == request_id), None)
    if row is None:
        return
    today = clock.today("America/New_York")
    if which == "offer_dialog":
        request_dialogs.offer_dialog(actor, row, today)
    elif which == "decline_dialog":
        request_dialogs.decline_dialog(actor, row, "words")
    else:
        request_dialogs.accept_dialog(actor, row, "done")


def dialog(
    ask: Askers, monkeypatch: pytest.MonkeyPatch, which: str, request_id: int = 0, who: str = "Marcus"
) -> AppTest:
    monkeypatch.setattr(identity, "IDENTITY", ask.cast.staff[who])
    app = AppTest.from_function(form, default_timeout=30, args=(which, request_id)).run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def test_another_time_is_offered_by_a_form(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = ask.new_time("Ida", hour=14)
    booked(ask.cast, ask.cases["Noor"], "FAM50", f"{FRIDAY} 14:00")
    app = dialog(ask, monkeypatch, "offer_dialog", request_id)
    key = f"offer.{request_id}.1.0"
    assert app.time_input(key=f"{key}.local_time").value == time(15), "the first time that is free"
    app.time_input(key=f"{key}.local_time").set_value(time(14)).run()
    app.text_area(key=f"{key}.reply").set_value("A little later?")
    click(app, "Offer this time")
    assert "already taken" in app.error[0].value and ask.row(request_id).status is RequestStatus.PENDING
    assert app.text_area(key=f"{key}.reply").value == "A little later?"
    app.time_input(key=f"{key}.local_time").set_value(time(15)).run()
    click(app, "Offer this time")
    found = ask.row(request_id)
    assert (found.status, found.offered_date, found.offered_time, found.reply) == (
        RequestStatus.OFFERED, FRIDAY, time(15), "A little later?")


def test_a_request_is_declined_with_a_word(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = ask.cancel("Ida")
    app = dialog(ask, monkeypatch, "decline_dialog", request_id)
    app.text_area(key=f"decline.{request_id}.1.0.reply").set_value("Please call")
    click(app, "Decline this request")
    assert (ask.row(request_id).status, ask.row(request_id).reply) == (RequestStatus.DECLINED, "Please call")


def test_what_was_never_booked_is_accepted_with_a_service_and_a_place(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = ask.cast.open_case(CaseType.INDIVIDUAL, "Una Berg")
    asker = ask.cast.read("Marcus", who_asks, case_id)
    request_id = ask.cast.do("Marcus", record_request, RecordRequest(
        kind=RequestKind.NEW_TIME, case_id=case_id, person_id=asker, local_date=FRIDAY, local_time=time(11)))
    app = dialog(ask, monkeypatch, "accept_dialog", request_id)
    click(app, "Accept")
    assert ask.row(request_id).status is RequestStatus.ACCEPTED
    assert ask.appointment(ask.row(request_id).appointment_id).location_id == ask.cast.office


def test_a_taken_time_met_in_the_form_stands_at_the_row_with_the_next_free_start(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = ask.cast.open_case(CaseType.INDIVIDUAL, "Una Berg")
    request_id = ask.cast.do("Marcus", record_request, RecordRequest(
        kind=RequestKind.NEW_TIME, case_id=case_id, person_id=ask.cast.read("Marcus", who_asks, case_id),
        local_date=FRIDAY, local_time=time(11)))
    booked(ask.cast, ask.cases["Ida"], "IND50", f"{FRIDAY} 11:00")
    app = dialog(ask, monkeypatch, "accept_dialog", request_id)
    click(app, "Accept")
    refusal = app.session_state["requests.refused"]
    assert (refusal.request_id, refusal.next_free.hour) == (request_id, 12)
    seen = queue(ask, monkeypatch, **{"requests.refused": refusal})
    press(seen, f"requests.{request_id}.instead")
    assert "Offer this time" in [button.label for button in seen.button]
    assert seen.time_input[0].value == time(12)


def who_asks(session: Any, _: Any, case_id: int) -> int:
    from practicerunner.records.cases import people_in
    return people_in(session, case_id)[0][1].id


def test_a_call_is_written_down_in_a_few_clicks(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    app = dialog(ask, monkeypatch, "record_dialog", who="Tom")
    app.text_input(key="record_request.0.who").set_value("Noor").run()
    app.selectbox(key="record_request.0.person_id").select_index(1).run()
    person = ask.people["Sam"]
    app.segmented_control(key=f"record_request.0.kind.{person}").set_value(RequestKind.CANCEL).run()
    app.text_area(key="record_request.0.message").set_value("By voicemail").run()
    click(app, "Record request")
    row, = ask.cast.read("Tom", request_queue).rows
    assert (row.kind, row.asker, row.by_phone, row.message, row.appointment_id) == (
        RequestKind.CANCEL, "Sam Ortiz", True, "By voicemail", ask.appointments["Noor"])
    assert "Sam Ortiz asked today by phone" in said(queue(ask, monkeypatch, "Tom"))


def test_hostile_words_of_clients_and_staff_stand_as_typed(ask: Askers, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = ask.move("Ida", message=HOSTILE)
    other = ask.new_time("Ida", message=HOSTILE)
    ask.decline(other, reply=HOSTILE)
    ask.offer(ask.new_time("Ida", message=HOSTILE), hour=16, reply=HOSTILE)
    for page in ("Waiting", "Offered", "Answered"):
        app = queue(ask, monkeypatch, requests_shown=page)
        assert live(app) == [] and HOSTILE in said(app), page
    for which in ("offer_dialog", "decline_dialog"):
        assert live(dialog(ask, monkeypatch, which, request_id)) == []
    assert ask.row(request_id).message == HOSTILE


SENTINEL = "Quillfeather"


def test_no_stranger_s_name_is_in_anything_that_the_asker_reads_or_is_told(
    ask: Askers, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = ask.cast.open_case(CaseType.INDIVIDUAL, f"Zoltan {SENTINEL}")
    booked(ask.cast, stranger, "IND50", f"{FRIDAY} 14:00")
    request_id, offered = ask.new_time("Ida", hour=14), ask.new_time("Ida", hour=9)
    ask.offer(offered, hour=10)
    booked(ask.cast, stranger, "IND50", f"{FRIDAY} 10:00")
    told = []
    for attempt in (
        lambda: ask.take("Ida", offered), lambda: ask.accept(request_id), lambda: ask.offer(request_id, hour=14),
        lambda: ask.do("Ida", *stranger_s(ask, stranger)),
    ):
        with pytest.raises(Exception) as refused:
            attempt()
        told.append(str(refused.value))
    told += [str(ask.read("Ida", my_requests)), str(ask.read("Ida", my_appointments))]
    app = queue(ask, monkeypatch)
    press(app, f"requests.{request_id}.accept")
    told.append(words(app))
    assert len(told) == 7 and not [text for text in told if SENTINEL in text]


def stranger_s(ask: Askers, case_id: int) -> tuple[Any, Any]:
    from practicerunner.workflows.requests import AskForTime, ask_for_time
    return ask_for_time, AskForTime(case_id=case_id, local_date=FRIDAY, local_time=time(9))
