"""Signing: who signs has to show who they are, once for each act; what was signed can be proven years later."""

from typing import Any

import pyotp
import pytest
from sqlalchemy import select, text

from practicerunner import cipher, clock, database, ids
from practicerunner.errors import BadInput
from practicerunner.records.addenda import Addendum, AddendumSignature
from practicerunner.records.audit import AuditRow
from practicerunner.records.logins import Account
from practicerunner.records.notes import Signature, versions_of
from practicerunner.records.staff import Staff
from practicerunner.records.triggers import ensure_triggers
from practicerunner.rules.notes import canonical_text, text_hash
from practicerunner.vocabulary import CaseType, NoteKind, ProofMethod
from practicerunner.workflows.addenda import AddAddendum, CosignAddendum, add_addendum, cosign_addendum
from practicerunner.workflows.invitations import hash_password
from practicerunner.workflows.note_pages import note_page
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.proof import NotProven, Proven, proof_of, prove
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note
from practicerunner.workflows.verification import broken_notes, verify_note
from tests.cast import Cast, at, hold
from tests.workflows.writing import fill, session_of, signed_note

HASHED = hash_password("nine quiet herons")


def with_account(cast: Cast, name: str, secret: str = "") -> None:
    with database.transaction(cast.engine) as session:
        session.add(Account(
            staff_id=cast.staff[name], password_hash=HASHED,
            totp_secret=cipher.seal(secret.encode(), "totp seed") if secret else None,
        ))


def show(cast: Cast, name: str, typed: str, op: str = "") -> Proven:
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return prove(session, actor, typed, op or ids.new_operation())


def carry_out(cast: Cast, name: str, verb: Any, asked: Any) -> Any:
    """As a page does it: with the proof that the command has, or without."""
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return verb(session, actor, asked)


def draft(cast: Cast, by: str = "Marcus") -> tuple[int, int]:
    """A note that is ready to sign, and its revision."""
    _, appointment_id = session_of(cast, by=by)
    note_id = cast.do(by, start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
    return note_id, fill(cast, by, note_id)


def test_the_password_signs_and_the_signature_says_how_with_which_licence_and_where(cast: Cast) -> None:
    with_account(cast, "Marcus")
    with database.transaction(cast.engine) as session:
        session.get_one(Staff, cast.staff["Marcus"]).licence = "NY 004512"
    with at("2026-10-12 21:00"):
        note_id, revision = draft(cast)
        op = ids.new_operation()
        proof = show(cast, "Marcus", "nine quiet herons", op).proof
        carry_out(cast, "Marcus", sign_note, SignNote(op=op, proof=proof, note_id=note_id, revision=revision))
    with database.reading(cast.engine) as session:
        one = session.scalars(select(Signature)).one()
        assert (one.name, one.credentials, one.licence) == ("Marcus Bell", "LMFT", "NY 004512")
        assert (one.method, one.zone) == (ProofMethod.PASSWORD, "America/New_York")
        assert f"{one.signed_at:%Y-%m-%d %H:%M}" == "2026-10-13 01:00"
        row = session.scalars(select(AuditRow).where(AuditRow.action == "sign_note")).one()
        about, seal, hashed = row.detail.split(", ")
        assert (about, len(seal), hashed) == ("version 1", 64, one.text_hash)
        assert proof not in str(session.execute(text("select request_hash, result from operation")).all())


def test_a_code_signs_once_and_a_password_still_does(cast: Cast) -> None:
    secret = pyotp.random_base32()
    with_account(cast, "Marcus", secret)
    with at("2026-10-12 21:00"):
        code = pyotp.TOTP(secret).at(clock.now())
        assert show(cast, "Marcus", code).proof
        assert "not right" in show(cast, "Marcus", code).refusal
        assert show(cast, "Marcus", "nine quiet herons").proof


@pytest.mark.parametrize("typed", ["", "nine loud herons", "123456"])
def test_what_is_wrong_proves_nothing_and_is_audited(cast: Cast, typed: str) -> None:
    with_account(cast, "Marcus")
    answer = show(cast, "Marcus", typed)
    assert (answer.proof, answer.refusal != "") == ("", True)
    with database.reading(cast.engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "sign")).all()
        assert [r.staff_id for r in rows] == ([cast.staff["Marcus"]] if typed else [])


def test_guessing_is_slowed_down_for_this_person_alone_and_their_sign_in_is_not(cast: Cast) -> None:
    for name in ("Marcus", "Ruth"):
        with_account(cast, name)
    with at("2026-10-12 21:00"):
        for _ in range(6):
            show(cast, "Marcus", "wrong")
        assert "too many attempts" in show(cast, "Marcus", "nine quiet herons").refusal
        assert show(cast, "Ruth", "nine quiet herons").proof
    with at("2026-10-12 21:02"):
        assert show(cast, "Marcus", "nine quiet herons").proof


def test_a_proof_is_for_one_person_one_act_and_two_minutes(cast: Cast) -> None:
    with at("2026-10-12 22:00"):
        note_id, revision = draft(cast)
        op, mine = ids.new_operation(), cast.staff["Marcus"]
        good = proof_of(mine, ProofMethod.PASSWORD, op)
        others = (
            "", "00", "zz", proof_of(cast.staff["Ruth"], ProofMethod.PASSWORD, op),
            proof_of(mine, ProofMethod.PASSWORD, ids.new_operation()),
            good[:-2] + ("00" if good[-2:] != "00" else "11"),
        )
        asked = SignNote(op=op, note_id=note_id, revision=revision)
        for bad in others:
            with pytest.raises(NotProven):
                carry_out(cast, "Marcus", sign_note, asked.model_copy(update={"proof": bad}))
    with at("2026-10-12 22:03"), pytest.raises(NotProven, match="too long"):
        carry_out(cast, "Marcus", sign_note, asked.model_copy(update={"proof": good}))
    with at("2026-10-12 22:01"):
        first = carry_out(cast, "Marcus", sign_note, asked.model_copy(update={"proof": good}))
    with at("2026-10-12 22:09"):  # the same click again, with whatever proof
        assert carry_out(cast, "Marcus", sign_note, asked) == first
    with database.reading(cast.engine) as session:
        assert len(session.scalars(select(Signature)).all()) == 1


def test_every_signature_takes_a_proof(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    with pytest.raises(NotProven):
        carry_out(cast, "Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    addendum = AddAddendum(note_id=note_id, reason="correction", text="50 minutes.")
    with pytest.raises(NotProven):
        carry_out(cast, "Priya", add_addendum, addendum)
    cast.do("Priya", add_addendum, addendum)
    with database.reading(cast.engine) as session:
        addendum_id = session.scalars(select(Addendum.id)).one()
    with pytest.raises(NotProven):
        carry_out(cast, "Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    with database.reading(cast.engine) as session:
        for table in (Signature, Addendum, AddendumSignature):
            assert {row.method for row in session.scalars(select(table))} == {ProofMethod.PASSWORD}


def test_comments_stand_at_their_sections_and_at_least_one_is_needed(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    for empty in ({}, {"plan": "  "}):
        with pytest.raises(BadInput, match="what the author should change"):
            cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, sections=empty))
    with pytest.raises(BadInput, match="no such section"):
        cast.do("Ruth", return_note, ReturnNote(note_id=note_id, version=1, sections={"secret": "x"}))
    cast.do("Ruth", return_note, ReturnNote(
        note_id=note_id, version=1, comment="Shorter.", sections={"plan": "Until when?", "subjective": ""}))
    actor = cast.actor("Priya")
    with database.transaction(cast.engine) as session:
        shown = note_page(session, actor, note_id)
    assert [(c.section, c.text) for c in shown.comments] == [("", "Shorter."), ("Plan", "Until when?")]


def spoil(cast: Cast, statement: str) -> None:
    """Change a row behind the product's back, as somebody with the database file could."""
    with cast.engine.connect().execution_options(writes=True) as connection:
        if connection.dialect.name == "sqlite":
            names = connection.scalars(text(
                "select name from sqlite_master where type = 'trigger' "
                "and (name like 'frozen_%' or name like 'fixed_%')")).all()
            for name in names:
                connection.execute(text(f"drop trigger {name}"))
            connection.execute(text(statement))
            ensure_triggers(connection)
        else:
            connection.execute(text("set session_replication_role = replica"))
            connection.execute(text(statement))
            connection.execute(text("set session_replication_role = default"))
        connection.commit()


# Its first digit is another one, whichever it was.
ANOTHER_HASH = "case substr(text_hash, 1, 1) when 'f' then '0' else 'f' end || substr(text_hash, 2)"


@pytest.mark.parametrize(("statement", "broken"), [
    ("update note_version set content = replace(cast(content as text), 'seventeen', 'seventeem'){json}",
     ["Version 1"]),
    (f"update note_version set text_hash = {ANOTHER_HASH}", ["Version 1"]),
    (f"update signature set text_hash = {ANOTHER_HASH}", ["Version 1"]),
    ("update addendum set text = '55 minutes.'", ["Addendum"]),
    ("update addendum set reason = 'other'", ["Addendum"]),
])
def test_one_changed_byte_is_found(cast: Cast, statement: str, broken: list[str]) -> None:
    _, note_id = signed_note(cast)
    other = decoy(cast)
    cast.do("Marcus", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    assert [(v.what, v.intact) for v in cast.read("Marcus", verify_note, note_id)] == [
        ("Version 1", True), ("Addendum", True)]
    where = f" where id = (select id from {statement.split()[1]} where note_id = {note_id})"
    spoil(cast, statement.format(json="::json" if cast.engine.dialect.name == "postgresql" else "") + where)
    assert [v.what for v in cast.read("Marcus", verify_note, note_id) if not v.intact] == broken
    assert all(v.intact for v in cast.read("Marcus", verify_note, other))
    with database.reading(cast.engine) as session:
        assert broken_notes(session) == [note_id]


def test_a_forger_who_changes_text_hash_and_signature_alike_is_found_by_the_audit_log(cast: Cast) -> None:
    _, note_id = signed_note(cast)
    with database.reading(cast.engine) as session:
        content = versions_of(session, note_id)[0].content
    content["sections"]["plan"] = "Forged."
    hashed, forged = text_hash(content), canonical_text(content).replace("'", "''").replace(":", "\\:")
    spoil(cast, f"update note_version set content = '{forged}', text_hash = '{hashed}' where note_id = {note_id}")
    spoil(cast, f"update signature set text_hash = '{hashed}' where note_id = {note_id}")
    assert [v.intact for v in cast.read("Marcus", verify_note, note_id)] == [False]


ONE = "where note_id = {note}"
ANY = "where addendum_id = (select id from addendum where note_id = {note})"


@pytest.mark.parametrize(("statement", "broken"), [
    (f"update signature set name = 'Somebody Else' {ONE} and role = 'author'", ["Version 1"]),
    (f"update signature set credentials = 'PhD' {ONE} and role <> 'author'", ["Version 1"]),
    (f"update signature set licence = 'X 1' {ONE} and role = 'author'", ["Version 1"]),
    (f"update signature set role = 'approver' {ONE} and role <> 'author'", ["Version 1"]),
    (f"update signature set signed_at = '2020-01-01 10:00:00.000000' {ONE} and role = 'author'", ["Version 1"]),
    (f"update signature set method = null, name = 'Somebody Else' {ONE} and role = 'author'", ["Version 1"]),
    (f"update signature set staff_id = (select author_id from note where id = {{note}}) {ONE} and role <> 'author'",
     ["Version 1"]),
    (f"delete from signature {ONE} and role <> 'author'", ["Version 1"]),
    (f"delete from signature {ONE}", ["Version 1", "Version 1"]),
    (f"update addendum set name = 'Somebody Else' {ONE}", ["Addendum", "Addendum"]),
    (f"update addendum set created_at = '2020-01-01 10:00:00.000000' {ONE}", ["Addendum", "Addendum"]),
    (f"update addendum_signature set name = 'Somebody Else' {ANY}", ["Addendum"]),
    (f"delete from addendum_signature {ANY}", ["Review of an addendum", "Addendum"]),
])
def test_a_signature_that_was_changed_or_taken_away_is_found(cast: Cast, statement: str, broken: list[str]) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with database.reading(cast.engine) as session:
        addendum_id = session.scalars(select(Addendum.id)).one()
    cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    assert [(v.what, v.intact) for v in cast.read("Priya", verify_note, note_id)] == [
        ("Version 1", True), ("Version 1", True), ("Addendum", True), ("Addendum", True)]
    spoil(cast, statement.format(note=note_id))
    assert [v.what for v in cast.read("Priya", verify_note, note_id) if not v.intact] == broken
    with database.reading(cast.engine) as session:
        assert broken_notes(session) == [note_id]


@pytest.mark.parametrize("cosigned", [True, False])
def test_an_addendum_that_went_with_its_review_is_found(cast: Cast, cosigned: bool) -> None:
    note_id, addendum_id = amended(cast, cosigned=cosigned)
    for table, where in (("addendum_signature", ANY), ("addendum_review", ANY), ("addendum", ONE)):
        spoil(cast, f"delete from {table} {where}".format(note=note_id))
    gone = [v for v in cast.read("Priya", verify_note, note_id) if not v.intact]
    names = ["Priya Nair", "Ruth Feldman"] if cosigned else ["Priya Nair"]
    assert [(v.what, v.text_hash) for v in gone] == [("Addendum", "")] * len(names)
    assert [v.by for v in gone] == names and addendum_id
    with database.reading(cast.engine) as session:
        assert broken_notes(session) == [note_id]


@pytest.mark.parametrize(("cosigned", "statement"), [
    (False, f"delete from addendum_review {ANY}"),  # so that it would look final
    (False, f"update addendum_review set done_at = '2020-01-01 10:00:00.000000' {ANY}"),
    (True, f"delete from addendum_review {ANY}"),
])
def test_a_review_that_was_taken_away_or_ended_without_a_signature_is_found(
    cast: Cast, cosigned: bool, statement: str
) -> None:
    note_id, _ = amended(cast, cosigned=cosigned)
    assert all(v.intact for v in cast.read("Priya", verify_note, note_id))
    spoil(cast, statement.format(note=note_id))
    assert [v.what for v in cast.read("Priya", verify_note, note_id) if not v.intact] == ["Review of an addendum"]
    with database.reading(cast.engine) as session:
        assert broken_notes(session) == [note_id]


def amended(cast: Cast, *, cosigned: bool) -> tuple[int, int]:
    """An associate's note and the addendum beneath it, which waits for its co-signature or has it."""
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with database.reading(cast.engine) as session:
        addendum_id = session.scalars(select(Addendum.id)).one()
    if cosigned:
        cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    return note_id, addendum_id


def test_what_was_logged_before_signatures_had_hashes_is_checked_as_before(cast: Cast) -> None:
    _, note_id = signed_note(cast, "Priya")
    cast.do("Ruth", cosign_note, CosignNote(note_id=note_id, version=1))
    cast.do("Priya", add_addendum, AddAddendum(note_id=note_id, reason="correction", text="50 minutes."))
    with database.reading(cast.engine) as session:
        addendum_id = session.scalars(select(Addendum.id)).one()
        rows = session.scalars(select(AuditRow).where(AuditRow.detail.like("%, %, %"))).all()
        before = {row.seq: ", ".join(row.detail.split(", ")[::2]) for row in rows}
    assert len(before) == 3
    cast.do("Ruth", cosign_addendum, CosignAddendum(addendum_id=addendum_id))
    for seq, detail in before.items():
        spoil(cast, f"update audit_log set detail = '{detail}' where seq = {seq}")
    spoil(cast, "update audit_log set detail = '' where action = 'cosign_addendum'")
    assert [v.intact for v in cast.read("Priya", verify_note, note_id)] == [True] * 4
    spoil(cast, f"update signature set text_hash = {ANOTHER_HASH} where note_id = {note_id} and role = 'author'")
    assert [v.intact for v in cast.read("Priya", verify_note, note_id)] == [False, True, True, True]


def decoy(cast: Cast) -> int:
    """Another signed note of the same provider."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Iris Vale")
    appointment_id = hold(cast, case_id, "IND50", "2026-10-13 10:00")
    with at("2026-10-13 20:00"):
        note_id = cast.do("Marcus", start_note, StartNote(appointment_id=appointment_id, kind=NoteKind.PROGRESS))
        cast.do("Marcus", save_draft, SaveDraft(note_id=note_id, revision=1, sections=dict.fromkeys(
            ("subjective", "objective", "assessment", "plan"), "Other.")))
        cast.do("Marcus", sign_note, SignNote(note_id=note_id, revision=2))
    return note_id
