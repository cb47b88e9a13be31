"""Private notes of an author who has left go out once two people have decided it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError, RuleViolation
from practicerunner.records.audit import AuditRow
from practicerunner.records.staff import Staff
from practicerunner.vocabulary import CustodyState, NoteStatus, Role
from practicerunner.workflows.custody_pages import custodies_waiting, custody_page, former_notes
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from practicerunner.workflows.private_authorizations import (
    AuthorWorksHere,
    PrivateReleaseIsBlocked,
    WithdrawPrivateWord,
    withdraw_private_word,
)
from practicerunner.workflows.private_custody import (
    ConfirmCustody,
    CustodyIsNotOpen,
    NobodyToConfirm,
    OneAtATime,
    SamePerson,
    WithdrawCustody,
    confirm_custody,
    withdraw_custody,
)
from practicerunner.workflows.private_releases import (
    HandedOutAlready,
    ReleaseIsOver,
    private_disclosures,
)
from practicerunner.workflows.proof import NotProven
from practicerunner.workflows.psychotherapy import (
    DiscardPsychotherapyNote,
    SavePsychotherapyNote,
    discard_psychotherapy_note,
    psychotherapy_page,
    save_psychotherapy_note,
)
from practicerunner.workflows.today import day
from tests.cast import Cast, at, hold, people_of
from tests.workflows.private_notes import (
    TODAY,
    Kept,
    ask,
    author_gone,
    confirm,
    couple,
    everything_kept,
    fetch,
    heard,
    let_out,
    prepare,
    release,
    sign,
    write,
)
from tests.workflows.supervising import change


@pytest.fixture
def kept(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    return couple(cast, tmp_path, monkeypatch)


@pytest.fixture
def left(cast: Cast, kept: Kept) -> Kept:
    return author_gone(cast, kept)


def test_two_people_release_the_notes_of_somebody_who_has_left_once_and_nobody_reads_them_on_the_screen(
    cast: Cast, left: Kept
) -> None:
    with at(TODAY):
        op = ids.new_operation()
        custody = ask(cast, left, op=op)
        assert ask(cast, left, op=op) == custody, "the second click"
        with pytest.raises(OneAtATime):
            ask(cast, left)
        with pytest.raises(CustodyIsNotOpen, match="second person has to confirm"):
            let_out(cast, custody)
        with pytest.raises(SamePerson):
            confirm(cast, custody, "Dana")
        for who in ("Priya",):
            with pytest.raises(NotFound):
                confirm(cast, custody, who)
            with pytest.raises(NotFound):
                cast.read(who, custody_page, custody)
        with pytest.raises(NotPermitted):
            confirm(cast, custody, "Tom")
        actor = cast.actor("Ruth")
        with pytest.raises(NotProven), database.transaction(cast.engine) as session:
            confirm_custody(session, actor, ConfirmCustody(private_custody_id=custody))
        said = "Private notes of Marcus Bell: confirm the release"
        for who, told in (("Ruth", True), ("Olga", True), ("Dana", False)):
            assert (said in [one.sentence for one in cast.read(who, day).waiting]) is told
        assert confirm(cast, custody, op=op + "c") == confirm(cast, custody, op=op + "c") == custody
        with pytest.raises(CustodyIsNotOpen):
            confirm(cast, custody, "Olga")
        for who in ("Ruth", "Priya"):
            with pytest.raises(NotPermitted):
                let_out(cast, custody, who)
        with pytest.raises(NotFound):
            let_out(cast, custody, "Olga")  # whoever opened it releases
        made = let_out(cast, custody, op=op + "r")
        assert let_out(cast, custody, op=op + "r") == made
        with pytest.raises(CustodyIsNotOpen):
            let_out(cast, custody)
        for who in ("Ruth", "Olga"):
            with pytest.raises(NotFound):
                fetch(cast, made, who)
        text = fetch(cast, made, "Dana")
        assert heard(text) == ["Heronboth.", "Heronalone.", "Heronlater."], "another's and another case's stay sealed"
        for said in ("Legal order of Albany County Court of 15 October 2026, reference AC-2026-114",
                     "Written by Marcus Bell", "Dana Okafor, PhD, together with Ruth Feldman"):
            assert said in text, said
        with pytest.raises(HandedOutAlready):
            fetch(cast, made, "Dana")
        (line,) = cast.read("Dana", private_disclosures, left.case).released
        assert (line.what, line.by, line.confirmed_by) == (
            "Private notes of Marcus Bell, 3 notes", "Dana Okafor", "Ruth Feldman")
        with database.reading(cast.engine) as session:
            (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "release_custody"))
            assert f"custody {custody} confirmed by {cast.staff['Ruth']}" in row.detail
        assert heard(everything_kept(cast)) == []
        for who in ("Dana", "Olga", "Ruth"):
            for appointment_id in (left.both, left.alone, left.later):
                with pytest.raises(NotFound):
                    cast.read(who, psychotherapy_page, appointment_id)


def test_while_its_author_works_here_nobody_opens_confirms_or_releases(cast: Cast, left: Kept) -> None:
    with at(TODAY):
        waiting = ask(cast, left)
        change(cast, "Marcus", active=True)
        with pytest.raises(AuthorWorksHere):
            ask(cast, left)
        with pytest.raises((AuthorWorksHere, CustodyIsNotOpen)):
            confirm(cast, waiting)
        assert cast.read("Dana", former_notes, cast.staff["Marcus"]) is None
        shown = cast.read("Dana", custody_page, waiting)
        assert (shown.state, shown.standing, shown.may_withdraw) == (
            CustodyState.ENDED, "Ended: the author is back", False)
        with database.reading(cast.engine) as session:
            (row,) = session.scalars(select(AuditRow).where(AuditRow.action == "end_custody"))
            assert (row.resource_id, row.case_id) == (waiting, left.case)
        change(cast, "Marcus", active=False)
        with pytest.raises(CustodyIsNotOpen):
            confirm(cast, waiting)  # it does not come to life again
        again = ask(cast, left)
        confirm(cast, again)
        made = let_out(cast, again)
        change(cast, "Marcus", active=True)
        with pytest.raises(ReleaseIsOver, match="procedure has ended"):
            fetch(cast, made, "Dana")
        with pytest.raises(AuthorWorksHere):
            let_out(cast, again)


def test_a_procedure_expires_after_seven_days_and_can_be_withdrawn(cast: Cast, left: Kept) -> None:
    with at(TODAY):
        custody = ask(cast, left)
    with at("2026-10-27 08:59"):
        assert [one.private_custody_id for one in cast.read("Olga", custodies_waiting)] == [custody]
    with at("2026-10-27 09:00"):
        with pytest.raises(CustodyIsNotOpen, match="expired after 7 days"):
            confirm(cast, custody)
        assert cast.read("Olga", custodies_waiting) == []
        second = ask(cast, left)
        confirm(cast, second)
        assert [(one.private_custody_id, one.may_release) for one in cast.read("Dana", custodies_waiting)] == [
            (second, True)]
    with at("2026-11-03 09:00"), pytest.raises(CustodyIsNotOpen, match="expired"):
        let_out(cast, second)
    with at("2026-11-04 09:00"):
        third = ask(cast, left)
        for who in ("Olga", "Dana"):
            cast.do(who, withdraw_custody, WithdrawCustody(private_custody_id=third))
        with pytest.raises(NotFound):
            cast.do("Priya", withdraw_custody, WithdrawCustody(private_custody_id=third))
        with pytest.raises(CustodyIsNotOpen):
            confirm(cast, third)
        assert [one.standing for one in cast.read("Dana", former_notes, cast.staff["Marcus"]).custodies] == [
            "Withdrawn", "Expired", "Expired"]


def test_who_has_nobody_beside_them_is_told_to_name_another_owner(cast: Cast, left: Kept) -> None:
    with at(TODAY):
        change(cast, "Olga", roles=frozenset({Role.PROVIDER}))
        assert cast.read("Dana", former_notes, cast.staff["Marcus"]).second == ("Ruth Feldman",)
        with database.transaction(cast.engine) as session:
            session.get_one(Staff, cast.staff["Ruth"]).is_clinical_director = False
        with pytest.raises(NobodyToConfirm, match="Name another owner"):
            ask(cast, left)
        for who in ("Ruth", "Olga", "Tom"):
            with pytest.raises(NotPermitted):
                ask(cast, left, who)


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"document_id": None}, "authorization_id"), ({"document_id": 7}, "document_id"),
    ({"authorization_id": 7}, "authorization_id"), ({"document_id": None, "authorization_id": 7}, "authorization_id"),
    ({"issued_by": " "}, "issued_by"), ({"reference": ""}, "reference"), ({"recipient": ""}, "recipient"),
    ({"purpose": ""}, "purpose"), ({"issued_on": None}, "issued_on"), ({"issued_on": date(2026, 10, 21)}, "issued_on"),
    ({"first_on": date(2026, 10, 12)}, "last_on"), ({"last_on": date(2026, 10, 12)}, "first_on"),
    ({"first_on": date(2026, 10, 14), "last_on": date(2026, 10, 1)}, "last_on"),
    ({"first_on": date(2026, 11, 1), "last_on": date(2026, 11, 2)}, "first_on"),
)
"""What an order lacks, and the field at which that is said."""


def test_an_order_says_who_issued_it_when_and_for_whom(cast: Cast, left: Kept) -> None:
    with at(TODAY):
        for wrong, field in WRONG:
            with pytest.raises(BadInput) as refused:
                ask(cast, left, **wrong)
            assert refused.value.field == field, wrong
        custody = ask(cast, left, first_on=date(2026, 10, 13), last_on=date(2026, 10, 16))
        confirm(cast, custody)
        assert heard(fetch(cast, let_out(cast, custody), "Dana")) == ["Heronalone.", "Heronlater."]


def test_a_former_author_s_notes_go_by_an_authorisation_too_and_the_owner_writes_its_words_down(
    cast: Cast, left: Kept
) -> None:
    with at(TODAY):
        found = prepare(cast, left, "Dana", last_on=date(2026, 10, 16))
        with pytest.raises(PrivateReleaseIsBlocked):
            ask(cast, left, document_id=None, authorization_id=found)
        sign(cast, left, found, "Maya", "Dana")
        given = sign(cast, left, found, "Tomas", "Dana")
        with pytest.raises(NotFound):
            release(cast, found, "Dana")  # alone, without the second person
        custody = ask(cast, left, document_id=None, authorization_id=found)
        confirm(cast, custody, "Olga")
        cast.do("Dana", withdraw_private_word, WithdrawPrivateWord(word_id=given))
        with pytest.raises(PrivateReleaseIsBlocked):
            let_out(cast, custody)
        sign(cast, left, found, "Tomas", "Dana")
        text = fetch(cast, let_out(cast, custody), "Dana")
        assert heard(text) == ["Heronboth.", "Heronalone.", "Heronlater."]
        assert "To Dr. Ana Ruiz" in text and "Written authorisation for psychotherapy notes" in text
        seen = cast.read("Dana", former_notes, cast.staff["Marcus"])
        assert seen.cases == {left.case: ("Maya Rivera & Tomas Quill", 3), left.decoy: ("Noor Haddad", 1)}
        assert heard(repr(seen)) == []
        for who in ("Ruth", "Priya", "Tom"):
            with pytest.raises(PracticeError) if who in ("Priya", "Tom") else pytest.raises(AssertionError):
                assert cast.read(who, former_notes, cast.staff["Marcus"]) is not None


def test_nobody_is_one_of_the_two_for_notes_about_themselves(cast: Cast, left: Kept) -> None:
    def link(who: str, person_id: int | None, by: str = "Olga") -> None:
        with database.reading(cast.engine) as session:
            revision = session.get_one(Staff, cast.staff[who]).revision
        cast.do(by, set_own_record, SetOwnRecord(staff_id=cast.staff[who], revision=revision, person_id=person_id))

    with at(TODAY):
        custody, maya = ask(cast, left), people_of(cast, left.case)["Maya"]
        link("Ruth", maya)
        assert cast.read("Ruth", custodies_waiting) == []
        for act in (lambda: confirm(cast, custody), lambda: cast.read("Ruth", custody_page, custody)):
            with pytest.raises(NotPermitted, match="about yourself as a client"):
                act()
        assert not any("Private notes" in one.sentence for one in cast.read("Ruth", day).waiting)
        confirm(cast, custody, "Olga")
        link("Ruth", None)
        link("Olga", maya, by="Dana")
        with pytest.raises(CustodyIsNotOpen, match="may do so no more"):
            let_out(cast, custody)
        link("Olga", None, by="Dana")
        link("Dana", maya)
        with pytest.raises(NotPermitted, match="about yourself as a client"):
            let_out(cast, custody)
        found = cast.read("Dana", former_notes, cast.staff["Marcus"])
        assert found is not None and left.case not in found.cases and found.custodies == ()


def test_a_draft_of_somebody_who_has_left_goes_out_as_it_stands_and_stays_so_when_they_come_back(
    cast: Cast, kept: Kept
) -> None:
    again = hold(cast, kept.case, "FAM50", "2026-10-19 08:00")
    with at(TODAY):
        note_id = write(cast, "Marcus", again, "Herondecoy.")
        left = author_gone(cast, kept)
        custody = ask(cast, left, first_on=date(2026, 10, 16), last_on=date(2026, 10, 19))
        confirm(cast, custody)
        let_out(cast, custody)
        change(cast, "Marcus", active=True)
        shown = cast.read("Marcus", psychotherapy_page, again)
        assert (shown.status, shown.revision) == (NoteStatus.DRAFT, 1), "released, and never fetched"
        assert [one.handed_out for one in cast.read("Dana", private_disclosures, kept.case).released] == [False]
        cast.do("Marcus", save_psychotherapy_note, SavePsychotherapyNote(
            appointment_id=again, note_id=note_id, revision=1, text="Herondecoy, on."))
        change(cast, "Marcus", active=False)
        custody = ask(cast, left, first_on=date(2026, 10, 16), last_on=date(2026, 10, 19))
        confirm(cast, custody)
        text = fetch(cast, let_out(cast, custody), "Dana")
        assert heard(text) == ["Heronlater."] and "Herondecoy, on." in text
        assert "Made final by its author" in text and "Not made final by its author" in text
        change(cast, "Marcus", active=True)
        shown = cast.read("Marcus", psychotherapy_page, again)
        assert (shown.status, shown.saved_at, shown.text) == (NoteStatus.FINAL, None, "Herondecoy, on.")
        for act, command in (
            (save_psychotherapy_note, SavePsychotherapyNote(
                appointment_id=again, note_id=note_id, revision=shown.revision, text="Rewritten.")),
            (discard_psychotherapy_note, DiscardPsychotherapyNote(
                appointment_id=again, note_id=note_id, revision=shown.revision)),
        ):
            with pytest.raises(RuleViolation, match="final and is not changed"):
                cast.do("Marcus", act, command)
