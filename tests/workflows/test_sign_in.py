"""Accounts: passwords, codes, links, throttling and time limits, on both engines."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy import Engine, text

from practicerunner import cipher, clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import logins
from practicerunner.records.practice import the_practice
from practicerunner.settings import settings
from practicerunner.vocabulary import Role
from practicerunner.workflows import authenticator, first_run, invitations, presence, sign_in, staff, throttle
from practicerunner.workflows.first_run import SetUpPractice
from practicerunner.workflows.invitations import ChangePassword, Invite
from practicerunner.workflows.staff import AddStaff, ChangeStaff

NOON = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
PASSWORD = "four quiet words here"
DANA, PRIYA = "dana@harborlight.example", "priya@harborlight.example"


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path) -> Iterator[None]:
    before, settings().key_file = settings().key_file, tmp_path / "keys" / "practice.key"
    yield
    settings().key_file = before


@pytest.fixture
def dana(engine: Engine) -> int:
    """The owner of a new practice that does not insist on authenticators."""
    with database.transaction() as session:
        return first_run.set_up_practice(session, asked_set_up(), totp_required=False)


def asked_set_up(**changes: object) -> SetUpPractice:
    facts = {
        "name": "Harbor Light", "zone": "America/New_York", "address": "12 Quay St", "first_name": "Dana",
        "last_name": "Whitfield", "email": DANA, "password": SecretStr(PASSWORD),
    }
    return SetUpPractice.model_validate(facts | changes)


def actor(staff_id: int) -> presence.Actor:
    with database.reading() as session:
        return staff.actor_for(session, staff_id)


def attempt(
    email: str = DANA, password: str = PASSWORD, *, code: str = "", address: str = "10.0.0.1", device: str = "Firefox",
    known_device: str = "",
) -> sign_in.Answer:
    with database.transaction() as session:
        return sign_in.sign_in(session, email, password, code, address, device, known_device)


def who(token: str, *, active: bool = False) -> presence.Actor | None:
    with database.transaction() as session:
        return presence.current_actor(session, token, active=active)


def add_priya(owner_id: int, roles: frozenset[Role] = frozenset({Role.PROVIDER})) -> int:
    with database.transaction() as session:
        return staff.add_staff(
            session, staff.actor_for(session, owner_id),
            AddStaff(first_name="Priya", last_name="Shah", email=PRIYA, roles=roles),
        )


def give_password(owner_id: int, staff_id: int, password: str = PASSWORD) -> None:
    with database.transaction() as session:
        token = invitations.invite(session, staff.actor_for(session, owner_id), Invite(staff_id=staff_id))
    with database.transaction() as session:
        invitations.accept_invitation(session, token, password)


def enrol(token: str) -> tuple[str, str, list[str]]:
    """Set up an authenticator; its secret, the new token and the recovery codes."""
    with database.transaction() as session:
        begun = authenticator.begin_enrolment(session, token)
    with database.transaction() as session:
        fresh, codes = authenticator.finish_enrolment(session, token, begun.ticket, code_now(begun.secret))
    return begun.secret, fresh, codes


def code_now(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def audit_rows() -> list[tuple[str, str, int | None]]:
    with database.reading() as session:
        return [tuple(r) for r in session.execute(text("select action, outcome, staff_id from audit_log order by seq"))]


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


def test_an_authenticator_code_is_asked_for_after_the_password_and_works_once(dana: int) -> None:
    with clock.frozen(NOON):
        secret, fresh, _ = enrol(attempt().token)
        assert who(fresh)
    later = NOON + timedelta(minutes=5)
    with clock.frozen(later):
        first = attempt()
        assert (first.token, first.refusal) == ("", "") and first.ticket
        with database.transaction() as session:
            answer = sign_in.sign_in_with_code(session, first.ticket, code_now(secret))
        assert who(answer.token)
        second = attempt()
        with database.transaction() as session:
            replay = sign_in.sign_in_with_code(session, second.ticket, code_now(secret))
        assert (replay.token, replay.refusal) == ("", authenticator.WRONG_CODE)
        assert attempt(code=code_now(secret)).refusal == authenticator.WRONG_CODE


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_for_its_step_and_one_to_either_side(dana: int, seconds: int, works: bool) -> None:
    with clock.frozen(NOON):
        secret, *_ = enrol(attempt().token)
    with clock.frozen(NOON + timedelta(minutes=10)):
        code = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=seconds))
        assert bool(attempt(code=code).token) is works


def test_the_codes_are_those_of_rfc_6238(dana: int) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" of the RFC's appendix B, six digits
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        with clock.frozen(datetime.fromtimestamp(seconds, UTC)):
            assert authenticator._matching_step(secret, code, 0) == seconds // 30


def test_wrong_codes_are_throttled_like_wrong_passwords(dana: int) -> None:
    with clock.frozen(NOON):
        enrol(attempt().token)
        ticket = attempt().ticket
        refusals = []
        for _ in range(7):
            with database.transaction() as session:
                refusals.append(sign_in.sign_in_with_code(session, ticket, "000000").refusal)
    assert refusals == [authenticator.WRONG_CODE] * 5 + [throttle.TOO_MANY] * 2


def test_a_recovery_code_works_once_and_there_are_ten(dana: int) -> None:
    with clock.frozen(NOON):
        _, _, codes = enrol(attempt().token)
        assert len(set(codes)) == 10
        assert attempt(code=codes[3].upper().replace("-", " ")).token
        assert attempt(code=codes[3]).refusal == authenticator.WRONG_CODE
        assert attempt(code=codes[4]).token
    with database.reading() as session:
        hashes = session.execute(text("select code_hash from recovery_code")).scalars().all()
    assert len(hashes) == 10 and not set(hashes) & set(codes)


def test_a_ticket_dies_after_five_minutes_with_a_new_password_and_with_a_changed_byte(dana: int) -> None:
    with clock.frozen(NOON):
        secret, fresh, _ = enrol(attempt().token)
    with clock.frozen(NOON + timedelta(minutes=1)):
        ticket = attempt().ticket
        changed = ticket[:-1] + ("0" if ticket[-1] != "0" else "1")
        with database.transaction() as session:
            assert sign_in.sign_in_with_code(session, changed, code_now(secret)).refusal == authenticator.EXPIRED
    with clock.frozen(NOON + timedelta(minutes=6, seconds=1)), database.transaction() as session:
        assert sign_in.sign_in_with_code(session, ticket, code_now(secret)).refusal == authenticator.EXPIRED
    with clock.frozen(NOON + timedelta(minutes=2)):
        with database.transaction() as session:
            invitations.change_password(session, actor(dana), ChangePassword(
                current=SecretStr(PASSWORD), new=SecretStr("another four quiet words")), fresh)
        with database.transaction() as session:
            assert sign_in.sign_in_with_code(session, ticket, code_now(secret)).refusal == authenticator.EXPIRED


def test_where_authenticators_are_required_nobody_acts_without_one(dana: int) -> None:
    token = attempt().token
    assert who(token)
    with database.transaction() as session:
        the_practice(session).totp_required = True
    assert who(token) is None
    with database.reading() as session:
        found = presence.presence(session, token)
    assert found is not None and found.must_enrol
    with clock.frozen(clock.now()):
        _, fresh, _ = enrol(token)
    assert who(fresh) is not None and who(token) is None


def test_a_wrong_first_code_stores_nothing_and_the_same_seed_is_shown_again(dana: int) -> None:
    token = attempt().token
    with database.transaction() as session:
        begun = authenticator.begin_enrolment(session, token)
    with pytest.raises(BadInput), database.transaction() as session:
        authenticator.finish_enrolment(session, token, begun.ticket, "000000")
    with database.reading() as session:
        again = authenticator.resume_enrolment(session, token, begun.ticket)
        assert again.secret == begun.secret
        assert session.execute(text("select totp_secret from account")).scalar_one() is None
    assert "otpauth://totp/PracticeRunner:dana%40harborlight.example" in begun.uri
    enrol(token)
    with database.reading() as session:
        sealed = bytes(session.execute(text("select totp_secret from account")).scalar_one())
    assert begun.secret.encode() not in sealed
    with pytest.raises(cipher.Unreadable):
        cipher.unseal(sealed, "another purpose")


def test_a_second_authenticator_is_refused_until_an_owner_takes_the_lost_one_off(dana: int) -> None:
    priya = add_priya(dana)
    give_password(dana, priya)
    _, fresh, codes = enrol(attempt(PRIYA).token)
    with pytest.raises(authenticator.AlreadyEnrolled), database.transaction() as session:
        authenticator.begin_enrolment(session, fresh)
    with pytest.raises(NotPermitted), database.transaction() as session:
        authenticator.reset_authenticator(session, actor(priya), Invite(staff_id=dana))
    with database.transaction() as session:
        authenticator.reset_authenticator(session, actor(dana), Invite(staff_id=priya))
    assert who(fresh) is None
    assert attempt(PRIYA, code=codes[0]).token  # no code is asked any more, and the password still is
    assert attempt(PRIYA, "not the password").refusal == sign_in.WRONG


def test_an_invitation_sets_the_password_once_within_72_hours(dana: int) -> None:
    priya = add_priya(dana)
    with clock.frozen(NOON), database.transaction() as session:
        token = invitations.invite(session, actor(dana), Invite(staff_id=priya))
    with (clock.frozen(NOON + timedelta(hours=72)), pytest.raises(invitations.LinkIsSpent),
          database.transaction() as session):
        invitations.accept_invitation(session, token, PASSWORD)
    with clock.frozen(NOON + timedelta(hours=71, minutes=59)):
        with pytest.raises(BadInput), database.transaction() as session:
            invitations.accept_invitation(session, token, "short")  # a refused password does not use the link up
        with database.transaction() as session:
            assert invitations.accept_invitation(session, token, PASSWORD) == priya
        with pytest.raises(invitations.LinkIsSpent), database.transaction() as session:
            invitations.accept_invitation(session, token, "another four quiet words")
        assert attempt(PRIYA).token
    with database.reading() as session:
        assert token not in session.execute(text("select token_fingerprint from invitation")).scalars().all()


def test_a_reset_link_lives_half_an_hour_ends_other_sign_ins_and_keeps_the_authenticator(dana: int) -> None:
    priya = add_priya(dana)
    give_password(dana, priya)
    with clock.frozen(NOON):
        _, fresh, _ = enrol(attempt(PRIYA).token)
        with database.transaction() as session:
            link = invitations.invite(session, actor(dana), Invite(staff_id=priya))
    with (clock.frozen(NOON + timedelta(minutes=30)), pytest.raises(invitations.LinkIsSpent),
          database.reading() as session):
        invitations.invited_person(session, link)
    with clock.frozen(NOON + timedelta(minutes=14)):
        assert who(fresh)
        with database.transaction() as session:
            invitations.accept_invitation(session, link, "another four quiet words")
        assert who(fresh) is None
        assert attempt(PRIYA).refusal == sign_in.WRONG
        answer = attempt(PRIYA, "another four quiet words")
        assert answer.token == "" and answer.ticket  # the second factor is still asked for


def test_a_newer_link_makes_the_older_one_useless(dana: int) -> None:
    priya = add_priya(dana)
    with database.transaction() as session:
        older = invitations.invite(session, actor(dana), Invite(staff_id=priya))
        newer = invitations.invite(session, actor(dana), Invite(staff_id=priya))
    with database.reading() as session:
        assert invitations.invited_person(session, newer).id == priya
        with pytest.raises(invitations.LinkIsSpent):
            invitations.invited_person(session, older)


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.ASSOCIATE, Role.SUPERVISOR, Role.ADMIN])
def test_only_owners_make_links(dana: int, role: Role) -> None:
    priya = add_priya(dana, frozenset({role}))
    with pytest.raises(NotPermitted), database.transaction() as session:
        invitations.invite(session, actor(priya), Invite(staff_id=dana))
    assert ("manage", "refused", priya) in audit_rows()


def test_a_link_for_nobody_is_refused(dana: int) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        invitations.invite(session, actor(dana), Invite(staff_id=1))


def test_changing_the_password_asks_for_the_present_one_and_ends_the_other_sign_ins(dana: int) -> None:
    here, there = attempt().token, attempt().token
    new = SecretStr("another four quiet words")
    with pytest.raises(BadInput) as refused, database.transaction() as session:
        invitations.change_password(session, actor(dana), ChangePassword(current=SecretStr("no"), new=new), here)
    assert refused.value.field == "current"
    with pytest.raises(BadInput) as refused, database.transaction() as session:
        invitations.change_password(
            session, actor(dana), ChangePassword(current=SecretStr(PASSWORD), new=SecretStr("harbor light 2026")), here)
    assert refused.value.field == "new"
    with database.transaction() as session:
        invitations.change_password(session, actor(dana), ChangePassword(current=SecretStr(PASSWORD), new=new), here)
    assert who(here) and who(there) is None
    assert attempt().refusal == sign_in.WRONG and attempt(password="another four quiet words").token


def test_the_demo_lists_its_accounts_and_a_real_practice_lists_none(dana: int) -> None:
    give_password(dana, add_priya(dana))
    with database.reading() as session:
        assert sign_in.demo_accounts(session) == []
    with database.transaction() as session:
        the_practice(session).is_demo = True
    with database.reading() as session:
        listed = sign_in.demo_accounts(session)
    assert [(a.name, a.roles) for a in listed] == [
        ("Dana Whitfield", (Role.OWNER,)), ("Priya Shah", (Role.PROVIDER,)),
    ]


def test_pruning_forgets_what_is_old_and_keeps_what_counts(dana: int) -> None:
    with clock.frozen(NOON):
        attempt(password="wrong wrong wrong")
        attempt()
    with clock.frozen(NOON + timedelta(days=40)):
        attempt(password="wrong wrong wrong")
        token = attempt(known_device="").token
        attempt(password="wrong wrong wrong")
        with database.transaction() as session:
            assert sign_in.prune(session) == 2  # the old address failure and the old sign-in
        assert who(token)
        with database.reading() as session:
            assert len(session.execute(text("select id from failed_sign_in")).all()) == 3


def test_the_first_run_makes_a_practice_an_owner_services_and_a_location(engine: Engine) -> None:
    with database.transaction() as session:
        owner_id = first_run.set_up_practice(session, asked_set_up())
    with database.reading() as session:
        made = the_practice(session)
        assert (made.name, made.zone, made.totp_required, made.is_demo) == (
            "Harbor Light", "America/New_York", True, False)
        from practicerunner.records.practice import fee_on, locations, services

        offered = {s.name: (s.minutes, s.code, s.category.value, fee_on(s, clock.today(made.zone)))
                   for s in services(session)}
        assert [place.name for place in locations(session)] == ["Office"]
    assert offered["Individual session"] == (50, "", "therapy", 15_000)
    assert offered["Workshop"] == (360, "", "other", 25_000)
    assert sorted((m, c) for m, _, c, _ in offered.values()) == [
        (50, "therapy"), (50, "therapy"), (50, "therapy"), (60, "consultation"), (60, "therapy"), (90, "therapy"),
        (120, "consultation"), (360, "other")]
    answer = attempt()
    assert who(answer.token) is None  # an authenticator comes first
    with database.reading() as session:
        found = presence.presence(session, answer.token)
    assert found is not None and (found.staff_id, found.must_enrol) == (owner_id, True)


def test_there_is_one_first_run(dana: int) -> None:
    with pytest.raises(first_run.AlreadySetUp), database.transaction() as session:
        first_run.set_up_practice(session, asked_set_up(email="eve@elsewhere.example"))
    with database.reading() as session:
        assert logins.count_staff(session) == 1


def test_a_first_run_with_an_easy_password_leaves_nothing_behind(engine: Engine) -> None:
    for easy in ("harbor light harbor", "password1234", "dana@work 2026 a", "short"):
        with pytest.raises(BadInput), database.transaction() as session:
            first_run.set_up_practice(session, asked_set_up(password=SecretStr(easy)))
    assert not database.is_set_up()
