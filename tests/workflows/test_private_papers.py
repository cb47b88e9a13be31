"""A word for private notes stands on a paper: it counts as long as that stands, and whoever decides by it reads it."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from practicerunner import database, ids
from practicerunner.errors import BadInput, NotFound, NotPermitted
from practicerunner.records.acting import ActsFor
from practicerunner.records.audit import AuditRow
from practicerunner.records.cases import Case
from practicerunner.records.documents import Document
from practicerunner.records.private_releases import PrivateWord
from practicerunner.rules.forms import Content, Field
from practicerunner.vocabulary import DocumentClass, FieldKind, FormPurpose, SignsAs
from practicerunner.workflows.cases import ChangeCase, change_case
from practicerunner.workflows.custody_pages import custodies_waiting, custody_form, custody_page, custody_paper
from practicerunner.workflows.documents import WithdrawDocument, documents_of_case, withdraw_document
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form
from practicerunner.workflows.forms import ReplaceResponse, replace_response
from practicerunner.workflows.private_authorizations import (
    AttachPrivatePaper,
    AuthorWorksHere,
    PreparePrivate,
    PrivateReleaseIsBlocked,
    RecordPrivateWord,
    attach_private_paper,
    prepare_private,
    private_case,
    record_private_word,
)
from practicerunner.workflows.private_papers import PaperIsGone
from practicerunner.workflows.private_releases import ReleasePrivate, release_private
from tests.cast import Cast, at, hold, people_of
from tests.workflows.minors import home
from tests.workflows.private_notes import (
    TODAY,
    Kept,
    ask,
    author_gone,
    authorized,
    confirm,
    couple,
    fetch,
    heard,
    let_out,
    missing,
    prepare,
    release,
    sign,
    upload,
    written,
)
from tests.workflows.sending import complete


@pytest.fixture
def kept(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    return couple(cast, tmp_path, monkeypatch)


def withdraw(cast: Cast, document_id: int, who: str = "Dana") -> None:
    cast.do(who, withdraw_document, WithdrawDocument(document_id=document_id, reason="Another client's paper"))


def hand_over(cast: Cast, case_id: int, to: str = "Olga") -> None:
    with database.reading(cast.engine) as session:
        case = session.get_one(Case, case_id)
        command = ChangeCase(case_id=case.id, revision=case.revision, name=case.name, label=case.label,
                             status=case.status, provider_id=cast.staff[to])
    cast.do("Dana", change_case, command)


def attach(cast: Cast, authorization: int, who: str = "Marcus", **more: str) -> int:
    return int(cast.do(who, attach_private_paper, AttachPrivatePaper(
        authorization_id=authorization, title="Signed by both", file_name="signed.txt", content=b"Signed.", **more)))


def paper(cast: Cast, who: str, custody: int, document_id: int) -> bytes:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return custody_paper(session, actor, custody, document_id)[2]


# --- A paper that was withdrawn


def test_a_word_counts_only_while_its_paper_stands_also_after_the_release(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = prepare(cast, kept)
        another = upload(cast, kept.case)
        sign(cast, kept, found, "Maya")
        sign(cast, kept, found, "Tomas", document_id=another)
        made = release(cast, found)
        withdraw(cast, kept.paper)
        for act in (lambda: release(cast, found), lambda: fetch(cast, made)):
            with pytest.raises(PrivateReleaseIsBlocked) as refused:
                act()
            assert str(refused.value) == missing("Maya Rivera"), "Tomas signed on a paper that stands"
        (shown,) = cast.read("Marcus", private_case, kept.case, cast.staff["Marcus"]).authorizations
        assert (shown.blocked, shown.lost) == (missing("Maya Rivera"), ("Maya Rivera",))
        sign(cast, kept, found, "Maya", document_id=another)  # on a paper that is there
        (shown,) = cast.read("Marcus", private_case, kept.case, cast.staff["Marcus"]).authorizations
        assert (shown.blocked, shown.lost) == ("", ())
        assert heard(fetch(cast, release(cast, found))) == ["Heronboth.", "Heronalone."]


def test_an_order_that_was_withdrawn_lets_nothing_be_confirmed_released_or_taken(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        left = author_gone(cast, kept)
        custody = ask(cast, left)
        confirm(cast, custody)
        made = let_out(cast, custody)
        withdraw(cast, left.paper)
        with pytest.raises(PaperIsGone, match="order was withdrawn"):
            fetch(cast, made, "Dana")
        order = upload(cast, kept.case, "Dana")
        second = ask(cast, left, document_id=order)
        withdraw(cast, order)
        with pytest.raises(PaperIsGone):
            confirm(cast, second)
        shown = cast.read("Ruth", custody_page, second)
        assert (shown.blocked, shown.may_confirm, shown.may_withdraw, shown.document_id) == (
            "The order was withdrawn under Documents, so nothing goes out by it.", False, True, None)
        assert cast.read("Ruth", custodies_waiting) == []


def test_an_order_that_is_withdrawn_after_it_was_confirmed_lets_nothing_out(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        left = author_gone(cast, kept)
        custody = ask(cast, left)
        confirm(cast, custody)
        withdraw(cast, left.paper)
        with pytest.raises(PaperIsGone):
            let_out(cast, custody)
        assert cast.read("Dana", custodies_waiting) == []


def test_a_procedure_by_an_authorisation_ends_with_its_paper_too(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = authorized(cast, kept)
        left = author_gone(cast, kept)
        custody = ask(cast, left, document_id=None, authorization_id=found)
        withdraw(cast, kept.paper)
        with pytest.raises(PrivateReleaseIsBlocked, match="Missing: Maya Rivera, Tomas Quill"):
            confirm(cast, custody)


def by_form(cast: Cast, kept: Kept, found: int) -> list[int]:
    """Both sign the authorisation on a form of the practice's own. Returns what they handed in."""
    name = Field("name", FieldKind.TEXT, "To whom", required=True)
    form = cast.do("Dana", add_form, AddForm(
        name="Own form", purpose=FormPurpose.OTHER, content=Content((name,), "")))
    people = people_of(cast, kept.case)
    responses = []
    for who, sent in zip(("Maya", "Tomas"), cast.do("Marcus", assign_forms, AssignForms(
        case_id=kept.case, template_ids=(form,), person_ids=(people["Maya"], people["Tomas"]))), strict=True):
        responses.append(complete(cast, sent, {"name": f"Dr. Ruiz, says {who}"}))
        sign(cast, kept, found, who, document_id=None, response_id=responses[-1])
    return responses


def test_a_word_on_a_form_counts_until_another_takes_its_place(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = prepare(cast, kept)
        first, _ = by_form(cast, kept, found)
        release(cast, found)
        again = cast.do("Marcus", replace_response, ReplaceResponse(response_id=first))
        release(cast, found)  # it is only begun
        later = complete(cast, again, {"name": "Nobody"})
        with pytest.raises(PrivateReleaseIsBlocked) as refused:
            release(cast, found)
        assert str(refused.value) == missing("Maya Rivera")
        with pytest.raises(BadInput, match="was replaced"):
            sign(cast, kept, found, "Maya", document_id=None, response_id=first)
        sign(cast, kept, found, "Maya", document_id=None, response_id=later)
        release(cast, found)


def test_of_an_authorisation_on_a_form_the_second_person_reads_the_form(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = prepare(cast, kept)
        first, second = by_form(cast, kept, found)
        left = author_gone(cast, kept)
        custody = ask(cast, left, document_id=None, authorization_id=found)
        assert cast.read("Ruth", custody_page, custody).forms == {first: "Own form", second: "Own form"}
        actor = cast.actor("Ruth")
        with database.transaction(cast.engine) as session:
            read = custody_form(session, actor, custody, first)
        assert (read.person, [one.words for one in read.answers], read.signed) == (
            "Maya Rivera", ["Dr. Ruiz, says Maya"], "Maya Rivera")
        for who, wrong in (("Ruth", second + 7), ("Priya", first)):
            actor = cast.actor(who)
            with pytest.raises(NotFound), database.transaction(cast.engine) as session:
                custody_form(session, actor, custody, wrong)


# --- What the second person reads


def test_each_of_the_two_reads_the_order_and_nothing_else_of_a_case_that_is_closed_to_them(
    cast: Cast, kept: Kept
) -> None:
    with at(TODAY):
        decoy = upload(cast, kept.case)
        left = author_gone(cast, kept)
        custody = ask(cast, left)
        with pytest.raises(NotFound):
            cast.read("Ruth", documents_of_case, left.case)
        for who in ("Ruth", "Olga", "Dana"):
            shown = cast.read(who, custody_page, custody)
            assert (shown.document_id, shown.papers) == (left.paper, {left.paper: "Signed paper"}), who
            assert paper(cast, who, custody, left.paper) == b"Signed."
            for wrong in (decoy, kept.paper, 7):
                with pytest.raises(NotFound):
                    paper(cast, who, custody, wrong)
        for who, refusal in (("Priya", NotFound), ("Tom", NotPermitted)):
            with pytest.raises(refusal):
                paper(cast, who, custody, left.paper)
        with database.reading(cast.engine) as session:
            rows = session.scalars(select(AuditRow).where(AuditRow.action == "read_custody_paper").order_by(
                AuditRow.seq)).all()
            assert [(row.staff_id, row.resource_id, row.detail) for row in rows] == [
                (cast.staff[who], custody, f"document {left.paper}") for who in ("Ruth", "Olga", "Dana")]
        confirm(cast, custody)
        assert paper(cast, "Ruth", custody, left.paper) == b"Signed."
        let_out(cast, custody)
        assert cast.read("Ruth", custody_page, custody).papers == {}
        with pytest.raises(NotFound):
            paper(cast, "Ruth", custody, left.paper)  # it is decided


def test_of_an_authorisation_the_second_person_reads_the_signed_papers(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = authorized(cast, kept)
        left = author_gone(cast, kept)
        custody = ask(cast, left, document_id=None, authorization_id=found)
        shown = cast.read("Ruth", custody_page, custody)
        assert (shown.document_id, shown.papers, shown.forms) == (None, {kept.paper: "Signed paper"}, {})
        assert paper(cast, "Ruth", custody, kept.paper) == b"Signed."
        with pytest.raises(NotFound):
            paper(cast, "Ruth", custody, left.paper)  # the order is no part of this


# --- After the case was handed over


def test_the_author_chooses_and_attaches_the_paper_although_the_case_is_anothers_by_now(
    cast: Cast, kept: Kept
) -> None:
    with at(TODAY):
        others = upload(cast, kept.case, "Dana")
        hand_over(cast, kept.case)
        found = prepare(cast, kept)
        with pytest.raises(NotFound):
            cast.read("Marcus", documents_of_case, kept.case)
        assert cast.read("Marcus", private_case, kept.case, cast.staff["Marcus"]).documents == {
            kept.paper: "Signed paper"}, "what he uploaded himself, and nothing of another's"
        with pytest.raises(BadInput, match="Choose a document that was uploaded here"):
            sign(cast, kept, found, "Maya", document_id=others)
        sign(cast, kept, found, "Maya")
        op = ids.new_operation()
        attached = attach(cast, found, op=op)
        assert attach(cast, found, op=op) == attached, "the second click"
        sign(cast, kept, found, "Tomas", document_id=attached)
        assert heard(fetch(cast, release(cast, found))) == ["Heronboth.", "Heronalone."]
        with database.reading(cast.engine) as session:
            document = session.get_one(Document, attached)
            assert (document.case_id, document.access_class, document.author_id) == (
                kept.case, DocumentClass.ADMIN, cast.staff["Marcus"])
        for who in ("Olga", "Dana", "Tom"):
            assert attached in [line.document_id for line in cast.read(who, documents_of_case, kept.case).lines]


def test_nobody_else_attaches_a_paper_to_an_authorisation(cast: Cast, kept: Kept) -> None:
    with at(TODAY):
        found = prepare(cast, kept)
        for who, refusal in (("Olga", NotFound), ("Ruth", NotFound), ("Tom", NotPermitted), ("Dana", AuthorWorksHere)):
            with pytest.raises(refusal):
                attach(cast, found, who)
        with pytest.raises(NotFound):
            attach(cast, found + 1)


def test_the_author_writes_down_a_parents_word_although_the_case_is_anothers_by_now(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.settings(), "key_file", tmp_path / "practice.key")
    monkeypatch.setattr(database.settings(), "files_dir", tmp_path / "files")
    house = home(cast)
    alone = hold(cast, house.case_id, "IND50", "2026-10-12 10:00")
    with at("2026-10-12 22:00"):
        written(cast, "Marcus", alone, "Heronleo.")
    with at(TODAY):
        hand_over(cast, house.case_id)
        made = cast.do("Marcus", prepare_private, PreparePrivate(
            case_id=house.case_id, author_id=cast.staff["Marcus"], recipient="Dr. Ruiz", purpose="care",
            appointment_ids=(alone,)))
        word = cast.do("Marcus", record_private_word, RecordPrivateWord(
            authorization_id=made, person_id=house.leo, signed_on=date(2026, 10, 20), expires_on=date(2027, 10, 20),
            document_id=attach(cast, made), signed_by_id=house.elena, signs_as=SignsAs.PARENT,
            authority="Birth certificate seen"))
        assert cast.do("Marcus", release_private, ReleasePrivate(authorization_id=made))
    with database.reading(cast.engine) as session:
        assert session.get_one(PrivateWord, word).authority == "Birth certificate seen"
        assert session.get_one(ActsFor, house.acts_id).verified_at is None, "about the client the other writes"
