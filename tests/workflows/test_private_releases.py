"""Private notes leave by an authorisation of their own and their author's hand."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.records.notes import PsychotherapyNote
from practicerunner.records.private_releases import PrivateHandout, PrivateRelease
from practicerunner.records.triggers import ensure_triggers
from practicerunner.vocabulary import AttendanceStatus, CaseType, SignsAs
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.private_authorizations import (
    AuthorWorksHere,
    PrivateReleaseIsBlocked,
    WithdrawPrivateWord,
    private_case,
    withdraw_private_word,
)
from practicerunner.workflows.private_releases import (
    DraftStaysInside,
    HandedOutAlready,
    NoteOutsideScope,
    NotesHaveChanged,
    ReleaseIsOver,
    ReleasePrivate,
    my_private_releases,
    private_disclosures,
    release_private,
)
from practicerunner.workflows.proof import NotProven
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    FinishPsychotherapyNote,
    discard_psychotherapy_note,
    finish_psychotherapy_note,
)
from practicerunner.workflows.releases import PrepareRelease, prepare_release
from tests.cast import Cast, at, hold, people_of
from tests.workflows.private_notes import (
    TODAY,
    Kept,
    authorized,
    couple,
    everything_kept,
    fetch,
    heard,
    missing,
    prepare,
    release,
    sign,
    upload,
    write,
    written,
)
from tests.workflows.releasing import authorize as authorize_record
from tests.workflows.sending import bring_forms, complete, filled, send
from tests.workflows.sending import named as named_as_parent


@pytest.fixture
def kept(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    return couple(cast, tmp_path, monkeypatch)


def test_the_author_releases_what_each_adult_authorised_and_the_paper_is_drawn_once(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        op = ids.new_operation()
        found = prepare(cast, kept, op=op)
        assert prepare(cast, kept, op=op) == found, "the second click"
        with pytest.raises(PrivateReleaseIsBlocked) as refused:
            release(cast, found)
        assert str(refused.value) == missing("Maya Rivera", "Tomas Quill")
        word = sign(cast, kept, found, "Maya", op=op + "w")
        assert sign(cast, kept, found, "Maya", op=op + "w") == word
        with pytest.raises(PrivateReleaseIsBlocked) as refused:
            release(cast, found)
        assert str(refused.value) == missing("Tomas Quill")
        (shown,) = cast.read("Marcus", private_case, kept.case, cast.staff["Marcus"]).authorizations
        assert shown.blocked == str(refused.value), "the screen says what the workflow says"
        assert [one.appointment_id for one in shown.covered] == [kept.both, kept.alone]
        sign(cast, kept, found, "Tomas")
        made = release(cast, found, op=op + "r")
        assert release(cast, found, op=op + "r") == made
        text = fetch(cast, made)
        assert heard(text) == ["Heronboth.", "Heronalone."], "nothing later, of another author or case"
        for said in ("Dr. Ana Ruiz", "continuing care", "Maya Rivera, signed on 20 October 2026, valid until 20 "
                     "October 2027", "Tomas Quill, signed on", "Marcus Bell, LMFT, proven by password",
                     "October 2026, 09:00", "do not pass it on", "Session of 12 October 2026",
                     "Made final by its author"):
            assert said in text, said
        with pytest.raises(HandedOutAlready):
            fetch(cast, made)
        with database.reading(cast.engine) as session:
            rows = session.scalars(select(AuditRow).where(AuditRow.action.in_(
                ("release_private", "hand_out_private_notes"))).order_by(AuditRow.seq)).all()
            assert [(row.staff_id, row.resource_id, row.case_id) for row in rows] == [
                (cast.staff["Marcus"], made, kept.case)] * 2
            assert "2 private notes of" in rows[0].detail and "to Dr. Ana Ruiz" in rows[0].detail
        assert heard(everything_kept(cast)) == [], "the text is nowhere else"
        for frozen in (PrivateRelease, PrivateHandout):
            for change_it in ("update {} set created_at = '2020-01-01'", "delete from {}"):
                with pytest.raises((IntegrityError, DBAPIError)), database.transaction(cast.engine) as session:
                    session.connection().exec_driver_sql(change_it.format(frozen.__tablename__))


def test_nobody_but_the_author_releases_or_fetches_and_only_with_a_proof(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = authorized(cast, kept)
        for who in ("Dana", "Olga", "Ruth", "Priya"):
            with pytest.raises(NotFound):
                release(cast, found, who)
            for verb in (prepare, lambda *a: sign(a[0], a[1], found, "Maya", a[2])):
                with pytest.raises((NotFound, AuthorWorksHere)):
                    verb(cast, kept, who)
        with pytest.raises(NotPermitted):
            release(cast, found, "Tom")
        with pytest.raises(AuthorWorksHere):
            prepare(cast, kept, "Dana")
        actor = cast.actor("Marcus")
        with pytest.raises(NotProven), database.transaction(cast.engine) as session:
            release_private(session, actor, ReleasePrivate(authorization_id=found))
        made = release(cast, found)
        for who in ("Dana", "Olga", "Ruth"):
            with pytest.raises(NotFound):
                fetch(cast, made, who)
        with pytest.raises(NotPermitted):
            fetch(cast, made, "Tom")


def test_a_note_outside_the_scope_another_s_and_one_of_another_case_are_refused(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = authorized(cast, kept)
        for wrong in (kept.later, kept.olgas, 7):
            with pytest.raises(NoteOutsideScope):
                release(cast, found, appointment_ids=(kept.both, wrong))
        assert heard(fetch(cast, release(cast, found, appointment_ids=(kept.alone,)))) == ["Heronalone."]
        for wrong in (kept.olgas, 7):
            with pytest.raises(BadInput, match="of which there is a private note"):
                prepare(cast, kept, first_on=None, last_on=None, appointment_ids=(wrong,))
        with pytest.raises(BadInput, match="no private note of a session in these days"):
            prepare(cast, kept, first_on=date(2026, 10, 14), last_on=date(2026, 10, 15))
        with pytest.raises(BadInput, match="before the first"):
            prepare(cast, kept, first_on=date(2026, 10, 14), last_on=date(2026, 10, 1))
        with pytest.raises(BadInput, match="from which day"):
            prepare(cast, kept, first_on=None, last_on=None)
        with pytest.raises(NotFound):
            prepare(cast, kept, case_id=kept.decoy + 1)
        named = prepare(cast, kept, first_on=None, last_on=None, appointment_ids=(kept.alone,))
        with pytest.raises(BadInput, match="whose authorisation is needed"):
            sign(cast, kept, named, "Tomas")  # who was not there
        sign(cast, kept, named, "Maya")
        assert heard(fetch(cast, release(cast, named))) == ["Heronalone."]


def test_an_authorisation_that_has_ended_or_was_taken_back_lets_nothing_out_not_even_what_was_released(
    cast: Cast, kept: Kept
) -> None:
    with at(TODAY):
        found = prepare(cast, kept)
        for more, said in (({"expires_on": date(2026, 10, 19)}, "today or later"),
                           ({"signed_on": date(2026, 10, 21)}, "date on the paper")):
            with pytest.raises(BadInput, match=said):
                sign(cast, kept, found, "Maya", **more)
        sign(cast, kept, found, "Maya", expires_on=date(2026, 10, 25))
        given = sign(cast, kept, found, "Tomas")
    with at("2026-10-25 23:59"):
        made = release(cast, found)
        for who in ("Olga", "Ruth"):
            with pytest.raises(NotFound):
                cast.do(who, withdraw_private_word, WithdrawPrivateWord(word_id=given))
    with at("2026-10-26 00:00"):
        with pytest.raises(PrivateReleaseIsBlocked, match="Missing: Maya Rivera"):
            release(cast, found)
        with pytest.raises(PrivateReleaseIsBlocked):
            fetch(cast, made)
        sign(cast, kept, found, "Maya", signed_on=date(2026, 10, 26))
        made = release(cast, found)
        for who in ("Marcus", "Dana"):
            cast.do(who, withdraw_private_word, WithdrawPrivateWord(word_id=given))
        with pytest.raises(PrivateReleaseIsBlocked, match="Missing: Tomas Quill"):
            release(cast, found)
        with pytest.raises(PrivateReleaseIsBlocked):
            fetch(cast, made)


def test_a_released_paper_waits_a_quarter_of_an_hour_and_never_says_what_was_changed_since(
    cast: Cast, kept: Kept
) -> None:
    with at(TODAY):
        found = authorized(cast, kept)
        first, second = release(cast, found), release(cast, found)
    with at("2026-10-20 09:14"):
        fetch(cast, first)
    with at("2026-10-20 09:15"), pytest.raises(ReleaseIsOver):
        fetch(cast, second)
    name, on = "fixed_psychotherapy_note_update", "" if cast.engine.dialect.name == "sqlite" else (
        " on psychotherapy_note")
    with at("2026-10-20 10:00"):
        made = release(cast, found)
        with cast.engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql(f"drop trigger {name}{on}")  # only so can a note that is final be changed
            connection.exec_driver_sql("update psychotherapy_note set ciphertext = (select ciphertext from "
                                       f"psychotherapy_note where appointment_id = {kept.later})")
            ensure_triggers(connection)
        with pytest.raises(NotesHaveChanged):
            fetch(cast, made)


def test_a_draft_goes_out_once_its_author_has_made_it_final_and_then_stays_as_it_is(cast: Cast, kept: Kept) -> None:
    with at("2026-10-19 09:00"):
        alone = hold(cast, kept.case, "FAM50", "2026-10-19 08:00")
    with at(TODAY):
        note_id = write(cast, "Marcus", alone, "Heronlater.")
        found = authorized(cast, kept, last_on=date(2026, 10, 19))
        with pytest.raises(DraftStaysInside, match="Make the note final first"):
            release(cast, found)
        assert heard(fetch(cast, release(cast, found, appointment_ids=(kept.both,)))) == ["Heronboth."], "left out"
        cast.do("Marcus", finish_psychotherapy_note, FinishPsychotherapyNote(
            appointment_id=alone, note_id=note_id, revision=1))
        made = release(cast, found)
        for change in (lambda: write(cast, "Marcus", alone, "Rewritten.", note_id, 2),
                       lambda: cast.do("Marcus", discard_psychotherapy_note, DiscardPsychotherapyNote(
                           appointment_id=alone, note_id=note_id, revision=2))):
            with pytest.raises(RuleViolation, match="final and is not changed"):
                change()
        assert heard(fetch(cast, made)) == ["Heronboth.", "Heronalone.", "Heronlater."]
        with database.reading(cast.engine) as session:
            kept_hash = session.get_one(PrivateRelease, made).sealed[str(note_id)]
            assert kept_hash == sha256(session.get_one(PsychotherapyNote, note_id).ciphertext).hexdigest()


def test_a_consent_a_release_of_the_record_and_a_paper_of_another_case_authorise_no_private_note(
    cast: Cast, kept: Kept
) -> None:
    bring_forms(cast)
    people = people_of(cast, kept.case)
    with at(TODAY):
        consents = [complete(cast, sent, filled("consent", signature=name)) for sent, name in zip(
            send(cast, kept.case, "consent"), ("Maya Rivera", "Tomas Quill"), strict=True)]
        ordinary = cast.do("Marcus", prepare_release, PrepareRelease(
            case_id=kept.case, recipient="Dr. Ana Ruiz", purpose="continuing care"))
        for person_id in people.values():
            authorize_record(cast, ordinary, person_id)
        with pytest.raises(NotFound):
            release(cast, ordinary)
        found = prepare(cast, kept)
        with pytest.raises(BadInput, match="authorises no private note"):
            sign(cast, kept, found, "Maya", document_id=None, response_id=consents[0])
        for wrong in ({"document_id": None}, {"response_id": consents[0]}, {"document_id": upload(cast, kept.decoy)},
                      {"document_id": None, "response_id": consents[1]}):
            with pytest.raises(BadInput) as refused:
                sign(cast, kept, found, "Maya", **wrong)
            assert refused.value.field == "document_id"
        with pytest.raises(PrivateReleaseIsBlocked):
            release(cast, found)


def test_the_case_accounts_for_what_went_out_without_a_word_of_it(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        made = release(cast, authorized(cast, kept))
        for who in ("Dana", "Marcus"):
            seen = cast.read(who, private_disclosures, kept.case)
            (line,) = seen.released
            assert (line.what, line.recipient, line.by, line.handed_out) == (
                "Private notes of Marcus Bell, 2 notes", "Dr. Ana Ruiz", "Marcus Bell", False)
            assert heard(repr(seen)) == [] and line.can_fetch is (who == "Marcus")
            assert [one.covered for one in seen.authorizations] == [()], "which sessions have notes is not told"
        fetch(cast, made)
        assert cast.read("Dana", private_disclosures, kept.case).released[0].handed_out
        assert cast.read("Tom", private_disclosures, kept.case) is None
        with pytest.raises(NotFound):
            cast.read("Olga", private_disclosures, kept.case)
        assert cast.read("Marcus", private_disclosures, kept.decoy).released == ()
        assert [one.private_release_id for one in cast.read("Marcus", my_private_releases, kept.case)] == [made]
        assert cast.read("Dana", my_private_releases, kept.case) == []


def test_of_each_session_the_adults_decide_and_for_children_who_came_alone_whoever_signs_for_them(
    cast: Cast, kept: Kept
) -> None:
    with at("2026-10-01 09:00"):
        family = cast.do("Marcus", open_case, OpenCase(
            type=CaseType.FAMILY, provider_id=cast.staff["Marcus"], participants=(
                Taking(person=PersonDetails(first_name="Ana", last_name="Lima", birth_date=date(1980, 1, 1))),
                Taking(person=PersonDetails(first_name="Cy", last_name="Lima", birth_date=date(2008, 12, 1))))))
    people = people_of(cast, family)
    together = hold(cast, family, "FAM50", "2026-10-12 14:00")
    alone = hold(cast, family, "FAM50", "2026-10-13 14:00", missed={people["Ana"]: AttendanceStatus.NO_SHOW})
    with at(TODAY):
        for appointment_id in (together, alone):
            written(cast, "Marcus", appointment_id, "Heron.")
        theirs = Kept(family, 0, together, alone, 0, 0, upload(cast, family))

        def named(appointment_id: int) -> int:
            return prepare(cast, theirs, first_on=None, last_on=None, appointment_ids=(appointment_id,))

        first, second = named(together), named(alone)
        with pytest.raises(BadInput, match="whose authorisation is needed"):
            sign(cast, theirs, first, "Cy")
        sign(cast, theirs, first, "Ana")
        release(cast, first)
        with pytest.raises(BadInput, match="cannot agree alone"):
            sign(cast, theirs, second, "Cy")
        named_as_parent(cast, people["Cy"], people["Ana"])
        sign(cast, theirs, second, "Cy", signed_by_id=people["Ana"], signs_as=SignsAs.PARENT,
             authority="Birth certificate seen")
        release(cast, second)
    with at("2026-12-01 00:00"):
        for found in (first, second):
            with pytest.raises(PrivateReleaseIsBlocked, match="Missing: Cy Lima"):
                release(cast, found)
