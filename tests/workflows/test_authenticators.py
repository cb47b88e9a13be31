"""Codes of an authenticator, recovery codes and tickets."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from practicerunner import cipher, clock, database
from practicerunner.errors import BadInput, NotPermitted
from practicerunner.records.practice import the_practice
from practicerunner.workflows import authenticator, invitations, presence, sign_in, throttle
from practicerunner.workflows.invitations import ChangePassword, Invite
from tests.workflows.signing_in import (
    NOON,
    PASSWORD,
    PRIYA,
    actor,
    add_priya,
    attempt,
    code_now,
    enrol,
    give_password,
    who,
)


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
    me = who(token)
    assert me
    with database.transaction() as session:
        assert not presence.has_authenticator(session, me)
        the_practice(session).totp_required = True
    assert who(token) is None
    with database.reading() as session:
        found = presence.presence(session, token)
    assert found is not None and found.must_enrol
    with clock.frozen(clock.now()):
        _, fresh, _ = enrol(token)
    assert who(fresh) is not None and who(token) is None
    with database.reading() as session:
        assert presence.has_authenticator(session, me)


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
