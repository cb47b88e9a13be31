"""Signing in: passwords, throttling and time limits."""

import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from practicerunner import clock, database
from practicerunner.vocabulary import Role
from practicerunner.workflows import presence, sign_in, staff, throttle
from practicerunner.workflows.staff import ChangeStaff
from tests.workflows.signing_in import (
    DANA,
    NOON,
    PASSWORD,
    PRIYA,
    actor,
    add_priya,
    attempt,
    audit_rows,
    give_password,
    who,
)


def test_the_right_password_signs_in_and_the_token_says_who(dana: int) -> None:
    answer = attempt()
    assert answer.refusal == "" and len(answer.token) == 43
    found = who(answer.token)
    assert found is not None and (found.staff_id, found.roles) == (dana, frozenset({Role.OWNER}))
    assert ("sign_in", "allowed", dana) in audit_rows()


def test_only_the_fingerprint_of_a_token_is_stored(dana: int) -> None:
    token = attempt().token
    with database.reading() as session:
        stored = session.execute(text("select token_fingerprint from sign_in")).scalar_one()
    assert stored != token and len(stored) == 64
    assert who(stored) is None and who("") is None and who(token[:-1]) is None


def test_the_sign_in_name_ignores_case_but_the_password_is_taken_exactly(dana: int) -> None:
    assert attempt("  Dana@HarborLight.example ").token
    assert not attempt(password=PASSWORD + " ").token
    assert not attempt(password=PASSWORD.upper()).token


def test_an_unknown_name_and_a_wrong_password_read_the_same(dana: int) -> None:
    add_priya(dana)  # no password yet
    answers = {
        attempt(password="not the password").refusal, attempt("nobody@harborlight.example").refusal,
        attempt(PRIYA).refusal, attempt("").refusal,
    }
    assert answers == {sign_in.WRONG}


def test_a_practice_hashes_passwords_at_the_recommended_cost(hasher_of_practices: PasswordHasher) -> None:
    assert hasher_of_practices.hash(PASSWORD).startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_an_unknown_name_costs_a_hash_too(dana: int, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = sign_in.matches
    monkeypatch.setattr(sign_in, "matches", lambda hashed, typed: (verified.append(hashed), real(hashed, typed))[1])
    attempt("nobody@harborlight.example")
    attempt(password="wrong wrong wrong")
    assert len(verified) == 2 and verified[0] == sign_in._DUMMY and verified[0] != verified[1]
    assert len({h.rsplit("$", 2)[0] for h in verified}) == 1, "both cost the same"


def test_after_five_failures_the_delay_grows_to_a_minute_and_never_locks_for_good(dana: int) -> None:
    moment = NOON
    for _ in range(5):
        with clock.frozen(moment):
            assert attempt(password="wrong wrong wrong").refusal == sign_in.WRONG
    delays = []
    for _ in range(9):
        waited = 0
        while True:
            with clock.frozen(moment + timedelta(seconds=waited)):
                answer = attempt(password="wrong wrong wrong", address="")
            if answer.refusal != throttle.TOO_MANY:
                break
            waited += 1
        delays.append(waited)
        moment += timedelta(seconds=waited)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    with clock.frozen(moment + timedelta(seconds=59)):
        assert attempt().refusal == throttle.TOO_MANY  # even the right password waits
    with clock.frozen(moment + timedelta(seconds=60)):
        assert attempt().token
        assert attempt(password="wrong wrong wrong").refusal == sign_in.WRONG  # the count began anew


def test_a_thousand_guesses_in_a_thousand_seconds_are_mostly_never_evaluated(dana: int) -> None:
    with clock.frozen(NOON):
        known = attempt().device
    evaluated, stranger = 0, "203.0.113.9"
    with database.transaction() as session:
        for second in range(1000):
            with clock.frozen(NOON + timedelta(seconds=second)):
                answer = sign_in.sign_in(session, DANA, f"guess number {second}", address=stranger)
            evaluated += answer.refusal == sign_in.WRONG
    assert 20 <= evaluated < 30
    with clock.frozen(NOON + timedelta(seconds=999)):
        assert attempt(address="198.51.100.7", known_device=known).token, "the owner at once, where she is known"
        assert attempt(address="198.51.100.7").refusal == throttle.TOO_MANY
    with clock.frozen(NOON + timedelta(seconds=999 + throttle.LONGEST_DELAY)):
        assert attempt(address=stranger).token, "and after the wait from anywhere, even from there"


def test_a_stranger_guessing_does_not_keep_the_owner_out_of_a_device_she_uses(dana: int) -> None:
    with clock.frozen(NOON):
        known = attempt().device
        for _ in range(8):
            attempt(password="wrong wrong wrong", address="203.0.113.9")
        assert attempt(address="10.0.0.1").refusal == throttle.TOO_MANY
        assert attempt(known_device=known).token
        assert attempt(address="10.0.0.1").refusal == throttle.TOO_MANY  # strangers still wait
        assert attempt(known_device="00ff").refusal == throttle.TOO_MANY
        assert attempt(PRIYA, known_device=known).refusal == sign_in.WRONG


def test_one_address_gets_fifty_failures_in_a_quarter_of_an_hour_over_all_accounts(dana: int) -> None:
    for number in range(50):
        with clock.frozen(NOON):
            refused = attempt(f"person{number}@harborlight.example", address="203.0.113.9")
        assert refused.refusal == sign_in.WRONG
    with clock.frozen(NOON + timedelta(minutes=14)):
        assert attempt(address="203.0.113.9").refusal == throttle.TOO_MANY
        assert attempt(address="203.0.113.10").token
    with clock.frozen(NOON + timedelta(minutes=15)):
        assert attempt(address="203.0.113.9").token


def test_guesses_at_once_are_each_counted(dana: int) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(attempt(password="wrong!").refusal)) for _ in range(12)]
    with clock.frozen(NOON):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (answers.count(sign_in.WRONG), answers.count(throttle.TOO_MANY)) == (5, 7)


def test_fifteen_idle_minutes_sign_out_and_fourteen_do_not(dana: int) -> None:
    with clock.frozen(NOON):
        token = attempt().token
    with clock.frozen(NOON + timedelta(minutes=14)):
        assert who(token, active=True)
    with clock.frozen(NOON + timedelta(minutes=28, seconds=59)):
        assert who(token)
    with clock.frozen(NOON + timedelta(minutes=29, seconds=1)):
        assert who(token) is None


def test_a_screen_that_refreshes_itself_is_no_activity(dana: int) -> None:
    with clock.frozen(NOON):
        token = attempt().token
    for minute in range(1, 16):
        with clock.frozen(NOON + timedelta(minutes=minute)):
            assert who(token, active=False)
    with clock.frozen(NOON + timedelta(minutes=15, seconds=1)):
        assert who(token) is None


def test_twelve_hours_end_even_a_busy_day(dana: int) -> None:
    with clock.frozen(NOON):
        token = attempt().token
    for minute in range(10, 720, 10):
        with clock.frozen(NOON + timedelta(minutes=minute)):
            assert who(token, active=True)
    with clock.frozen(NOON + timedelta(minutes=719)):
        assert who(token, active=True)
    with clock.frozen(NOON + timedelta(hours=12)):
        assert who(token) is None


def test_signing_out_ends_the_sign_in_for_every_tab_but_not_for_another_device(dana: int) -> None:
    desk, phone = attempt().token, attempt(device="Phone").token
    with database.transaction() as session:
        presence.sign_out(session, desk)
    assert who(desk) is None and who(phone) is not None
    with database.transaction() as session:
        presence.sign_out(session, desk)  # a second click
    assert [a for a, *_ in audit_rows()].count("sign_out") == 1


def test_signing_out_everywhere_spares_the_present_sign_in_only_if_asked(dana: int) -> None:
    priya = add_priya(dana)
    give_password(dana, priya)
    here, there, hers = attempt().token, attempt().token, attempt(PRIYA).token
    with database.transaction() as session:
        presence.sign_out_everywhere(session, actor(dana), except_token=here)
    assert who(here) and who(there) is None and who(hers)
    with database.transaction() as session:
        presence.sign_out_everywhere(session, actor(dana))
    assert who(here) is None and who(hers)


def test_a_colleague_who_left_is_out_at_the_next_click_and_cannot_come_back(dana: int) -> None:
    priya = add_priya(dana)
    give_password(dana, priya)
    token = attempt(PRIYA).token
    assert who(token)
    with database.transaction() as session:
        staff.change_staff(session, staff.actor_for(session, dana), ChangeStaff(
            staff_id=priya, revision=1, first_name="Priya", last_name="Shah", email=PRIYA,
            roles=frozenset({Role.PROVIDER}), active=False,
        ))
    assert who(token) is None
    assert attempt(PRIYA).refusal == sign_in.WRONG


def test_ones_own_sign_ins_are_listed_and_nobody_elses(dana: int) -> None:
    give_password(dana, add_priya(dana))
    attempt(PRIYA, device="Decoy")
    with clock.frozen(NOON):
        attempt(device="Desk\nsecond line")
    with clock.frozen(NOON + timedelta(hours=1)):
        token = attempt(device="Phone").token
        with database.reading() as session:
            listed = presence.own_sign_ins(session, actor(dana), token)
    seen = [(s.device, s.is_open, s.is_this_one) for s in listed]
    assert seen == [("Phone", True, True), ("Desk second line", False, False)]
