"""Links that set a password, the first run, and what is forgotten in time."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from practicerunner import clock, database
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records import staff
from practicerunner.records.practice import the_practice
from practicerunner.vocabulary import Role
from practicerunner.workflows import first_run, invitations, presence, sign_in
from practicerunner.workflows.invitations import ChangePassword, Invite
from tests.workflows.signing_in import (
    NOON,
    PASSWORD,
    PRIYA,
    actor,
    add_priya,
    asked_set_up,
    attempt,
    audit_rows,
    enrol,
    give_password,
    who,
)


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
        assert staff.count_staff(session) == 1


def test_a_first_run_with_an_easy_password_leaves_nothing_behind(engine: Engine) -> None:
    for easy in ("harbor light harbor", "password1234", "dana@work 2026 a", "short"):
        with pytest.raises(BadInput), database.transaction() as session:
            first_run.set_up_practice(session, asked_set_up(password=SecretStr(easy)))
    assert not database.is_set_up()
