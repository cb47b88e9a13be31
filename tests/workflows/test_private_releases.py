"""Private notes leave by an authorisation of their own and their author's hand, or with two people after that."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted, PracticeError
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.logins import Staff
from practicerunner.records.private_releases import PrivateHandout, PrivateRelease
from practicerunner.reports.replica import replica_of
from practicerunner.vocabulary import AttendanceStatus, CaseType, CustodyState, DocumentClass, Role, SignsAs
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.own_records import SetOwnRecord, set_own_record
from practicerunner.workflows.people import PersonDetails
from practicerunner.workflows.private_authorizations import (
    AuthorWorksHere,
    PreparePrivate,
    PrivateReleaseIsBlocked,
    RecordPrivateWord,
    WithdrawPrivateWord,
    prepare_private,
    private_case,
    record_private_word,
    withdraw_private_word,
)
from practicerunner.workflows.private_custody import (
    ConfirmCustody,
    CustodyIsNotOpen,
    NobodyToConfirm,
    OneAtATime,
    OpenCustody,
    ReleaseCustody,
    SamePerson,
    WithdrawCustody,
    confirm_custody,
    custodies_waiting,
    custody_page,
    former_notes,
    open_custody,
    release_custody,
    withdraw_custody,
)
from practicerunner.workflows.private_releases import (
    HandedOutAlready,
    NoteOutsideScope,
    NotesHaveChanged,
    ReleaseIsOver,
    ReleasePrivate,
    my_private_releases,
    private_disclosures,
    private_release_pdf,
    release_private,
)
from practicerunner.workflows.proof import NotProven
from practicerunner.workflows.psychotherapy import (
    SavePsychotherapyNote,
    psychotherapy_page,
    save_psychotherapy_note,
)
from practicerunner.workflows.releases import PrepareRelease, prepare_release
from practicerunner.workflows.today import day
from tests.cast import Cast, at, hold, people_of
from tests.documents.papers import pages
from tests.workflows.releasing import authorize as authorize_record
from tests.workflows.sending import bring_forms, complete, filled, send
from tests.workflows.sending import named as named_as_parent
from tests.workflows.test_supervision import change

TODAY = "2026-10-20 09:00"
YEAR = date(2027, 10, 20)
WORDS = ("Heronboth.", "Heronalone.", "Heronlater.", "Heronolga.", "Herondecoy.")


@dataclass
class Kept:
    """Where everything is."""

    case: int
    decoy: int
    both: int
    alone: int
    later: int
    olgas: int
    paper: int


def write(cast: Cast, who: str, appointment_id: int, words: str, note_id: int = 0, revision: int = 0) -> int:
    return int(cast.do(who, save_psychotherapy_note, SavePsychotherapyNote(
        appointment_id=appointment_id, text=words, note_id=note_id, revision=revision)))


def upload(cast: Cast, case_id: int, who: str = "Marcus", access: DocumentClass = DocumentClass.ADMIN) -> int:
    return int(cast.do(who, upload_document, UploadDocument(
        case_id=case_id, file_name="signed.txt", content=b"Signed.", title="Signed paper", access_class=access)))


@pytest.fixture
def kept(cast: Cast, tmp_path, monkeypatch) -> Kept:
    """A couple with three private notes of Marcus (one of Maya alone) and one of Olga; a decoy of Marcus elsewhere."""
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    with at("2026-10-01 09:00"):
        case = cast.open_case(CaseType.TWO_PERSON, "Maya Rivera", "Tomas Quill")
        decoy = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
    tomas = people_of(cast, case)["Tomas"]
    both = hold(cast, case, "FAM50", "2026-10-12 10:00")
    alone = hold(cast, case, "FAM50", "2026-10-13 10:00", missed={tomas: AttendanceStatus.NO_SHOW})
    later = hold(cast, case, "FAM50", "2026-10-16 10:00")
    olgas = hold(cast, case, "FAM50", "2026-10-14 10:00", by="Dana", provider="Olga")
    other = hold(cast, decoy, "IND50", "2026-10-12 12:00")
    with at(TODAY):
        for who, appointment_id, words in zip(
            ("Marcus", "Marcus", "Marcus", "Olga", "Marcus"), (both, alone, later, olgas, other), WORDS, strict=True
        ):
            write(cast, who, appointment_id, words)
        return Kept(case, decoy, both, alone, later, olgas, upload(cast, case))


def prepare(cast: Cast, kept: Kept, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, prepare_private, PreparePrivate(**{
        "case_id": kept.case, "author_id": cast.staff["Marcus"], "recipient": "Dr. Ana Ruiz",
        "purpose": "continuing care", "first_on": date(2026, 10, 12), "last_on": date(2026, 10, 13)} | more)))


def sign(cast: Cast, kept: Kept, authorization: int, name: str, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, record_private_word, RecordPrivateWord(**{
        "authorization_id": authorization, "person_id": people_of(cast, kept.case)[name],
        "signed_on": date(2026, 10, 20), "expires_on": YEAR, "document_id": kept.paper} | more)))


def authorized(cast: Cast, kept: Kept, **more: Any) -> int:
    """An authorisation that both have signed."""
    found = prepare(cast, kept, **more)
    for name in ("Maya", "Tomas"):
        sign(cast, kept, found, name)
    return found


def release(cast: Cast, authorization: int, who: str = "Marcus", **more: Any) -> int:
    return int(cast.do(who, release_private, ReleasePrivate(**{"authorization_id": authorization} | more)))


def fetch(cast: Cast, release_id: int, who: str = "Marcus") -> str:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return " ".join("\n".join(pages(private_release_pdf(session, actor, release_id)[2])).split())


def heard(text: str) -> list[str]:
    return [word for word in WORDS if word in text]


def missing(*names: str) -> str:
    return ("Blocked: each adult who took part has to authorise the release of private notes first. "
            f"Missing: {', '.join(names)}.")


def everything_kept(cast: Cast) -> str:
    """Whatever stands in any table, and in the reports' copy."""
    with database.reading(cast.engine) as session:
        tables = [repr(tuple(row)) for table in Base.metadata.sorted_tables
                  for row in session.execute(select(*table.columns))]
    replica = replica_of(cast.engine)
    replica.refresh()
    _, names = replica.query("select table_name from information_schema.tables")
    return "\n".join([*tables, *(repr(replica.query(f"select * from {name}")) for (name,) in names)])


# --- By an authorisation


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
                     "Not made final by its author"):
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
    with at("2026-10-20 10:00"):
        made = release(cast, found)
        shown = cast.read("Marcus", psychotherapy_page, kept.both)
        write(cast, "Marcus", kept.both, "Changed.", shown.note_id, shown.revision)
        with pytest.raises(NotesHaveChanged):
            fetch(cast, made)


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
            write(cast, "Marcus", appointment_id, "Heron.")
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


# --- After the author has left


@pytest.fixture
def left(cast: Cast, kept: Kept) -> Kept:
    """Marcus has left; Ruth is the clinical director beside the owner Dana; Olga owns the practice with her."""
    with at(TODAY):
        change(cast, "Olga", roles=frozenset({Role.OWNER, Role.PROVIDER}))
        with database.transaction(cast.engine) as session:
            session.get_one(Staff, cast.staff["Ruth"]).is_clinical_director = True
        order = upload(cast, kept.case, "Dana")
        change(cast, "Marcus", active=False)
    return Kept(kept.case, kept.decoy, kept.both, kept.alone, kept.later, kept.olgas, order)


def ask(cast: Cast, left: Kept, who: str = "Dana", **more: Any) -> int:
    return int(cast.do(who, open_custody, OpenCustody(**{
        "case_id": left.case, "author_id": cast.staff["Marcus"], "reason": "Subpoena of 15 October",
        "document_id": left.paper, "issued_by": "Albany County Court", "issued_on": date(2026, 10, 15),
        "reference": "AC-2026-114", "recipient": "Albany County Court", "purpose": "proceeding AC-2026-114"} | more)))


def confirm(cast: Cast, custody: int, who: str = "Ruth", **more: Any) -> int:
    return int(cast.do(who, confirm_custody, ConfirmCustody(private_custody_id=custody, **more)))


def let_out(cast: Cast, custody: int, who: str = "Dana", **more: Any) -> int:
    return int(cast.do(who, release_custody, ReleaseCustody(private_custody_id=custody, **more)))


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
