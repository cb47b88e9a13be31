"""Papers and shared documents leave through the portal's door: one's own, and nothing of anybody else's."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from practicerunner import database
from practicerunner.records.audit import AuditRow
from practicerunner.records.base import Base
from practicerunner.records.portal import PortalAccount
from practicerunner.server import portal_downloads
from practicerunner.vocabulary import DocumentKind, Outcome
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.portal_billing import billing_page
from practicerunner.workflows.portal_documents import my_documents
from practicerunner.workflows.portal_forms import my_forms, my_sheet
from practicerunner.workflows.portal_papers import my_note_papers
from practicerunner.workflows.portal_presence import open_portal_sign_in, sign_out
from tests import files
from tests.cast import at, bring_on
from tests.household import NOW, House, household
from tests.workflows.test_sentinels import PAPERS, text_of


@pytest.fixture
def house(sqlite_engine: Engine) -> Iterator[House]:
    made = household(bring_on(sqlite_engine))
    with at(NOW):
        yield made


def token_of(house: House, first: str) -> str:
    """Somebody signs in to the portal."""
    with database.transaction(house.cast.engine) as session:
        account = session.scalar(select(PortalAccount).where(PortalAccount.person_id == house.people[first]))
        if account is None:
            account = PortalAccount(person_id=house.people[first], email="family@example.org", password_hash="x")
            session.add(account)
            session.flush()
        return open_portal_sign_in(session, account, "a phone")


def cookie(house: House, first: str) -> dict[str, str]:
    return {"cookie": f"pr_portal={token_of(house, first)}"}


def everything(house: House) -> list[str]:
    """Every address of a file that there could be."""
    with database.reading(house.cast.engine) as session:
        ids = {table.name: list(session.scalars(select(table.c.id))) for table in Base.metadata.sorted_tables
               if table.name in (*PAPERS, "document", "form_assignment", "practice_file", "note")}
    papers = [row for table in PAPERS for row in ids[table]]
    return [
        *(f"/portal/files/document/{row}" for row in (*ids["document"], *papers, 1)),
        *(f"/portal/files/note/{row}.pdf" for row in (*ids["note"], *ids["document"], 1)),
        *(f"/portal/files/form/{form}/{file}" for form in (*ids["form_assignment"], 1)
          for file in (*ids["practice_file"], 1)),
        *(f"/portal/files/{kind}/{row}.pdf" for kind in DocumentKind for row in (*papers, *ids["document"], 1)),
    ]


def own(house: House, actor: PortalActor) -> set[str]:
    """The files that the pages offer somebody."""
    asking = f"?for={actor.client_id}" if actor.client_id else ""
    with database.reading(house.cast.engine) as session:
        found = {f"/portal/files/document/{one.document_id}{asking}" for one in my_documents(session, actor)}
        found |= {f"/portal/files/note/{one.note_id}.pdf{asking}" for one in my_note_papers(session, actor)}
        for form in my_forms(session, actor).open:
            sheet = my_sheet(session, actor, form.assignment_id)
            found |= {f"/portal/files/form/{form.assignment_id}/{field.pdf.file_id}{asking}"
                      for field in sheet.content.fields if field.pdf is not None}
        if actor.client_id is None:
            page = billing_page(session, actor)
            found |= {f"/portal/files/invoice/{one.invoice_id}.pdf" for one in page.invoices}
            found |= {
                f"/portal/files/{one.kind}/{one.subject_id}.pdf"
                for rows in (page.receipts, page.statements, page.superbills) for one in rows if one.number
            }
    return found


@pytest.mark.parametrize(("first", "number"), [("Tom", 4), ("David", 5)])
def test_every_file_of_the_practice_is_asked_for_and_only_ones_own_is_there(
    web: TestClient, house: House, first: str, number: int
) -> None:
    headers, actor = cookie(house, first), house.viewers[first]
    found = {path: web.get(path, headers=headers).status_code for path in everything(house)}
    assert {path for path, status in found.items() if status == 200} == own(house, actor)
    assert set(found.values()) == {200, 404}
    # An invoice, a receipt, a statement; a policy that Tom was given to sign; of what is confidential to Leo, who pays
    # a part reads a neutral paper.
    assert sum(status == 200 for status in found.values()) == number


def test_for_a_client_what_is_open_is_there_and_for_nobody_else(web: TestClient, house: House) -> None:
    leo, maya = house.people["Leo"], cookie(house, "Maya")
    path, policy, plan = sorted(own(house, house.viewers["Maya for Leo"]))
    answer = web.get(plan, headers=maya)
    assert answer.status_code == 200 and "heronsleeps" in text_of(answer.content)
    assert web.get(plan.partition("?")[0], headers=maya).status_code == 404
    assert web.get(plan, headers=cookie(house, "Joan")).status_code == 403
    assert web.get(policy, headers=maya).content == files.pdf(Lang="heronhouse")
    for headers, asked in ((maya, policy.partition("?")[0]), (cookie(house, "Tom"), policy),
                           (cookie(house, "David"), policy), (maya, policy.rpartition("/")[0] + f"/{10**30}")):
        assert web.get(asked, headers=headers).status_code == 404, asked
    assert web.get(policy, headers=cookie(house, "Joan")).status_code == 403
    answer = web.get(path, headers=maya)
    assert (answer.status_code, answer.text) == (200, "Of herondesk.")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for headers, asked in (
        (maya, path.partition("?")[0]), (maya, path.replace(str(leo), str(house.people["Tom"]))),
        (cookie(house, "Tom"), path), (cookie(house, "David"), path), (maya, path.replace(str(leo), "x")),
        (maya, path.replace(str(leo), "9" * 30)),
    ):
        assert web.get(asked, headers=headers).status_code == 404, asked
    assert web.get(path, headers=cookie(house, "Joan")).status_code == 403
    with database.reading(house.cast.engine) as session:
        rows = list(session.scalars(select(AuditRow).where(
            AuditRow.person_id == house.people["Joan"]).order_by(AuditRow.seq)))
    assert rows[-1].outcome is Outcome.REFUSED
    with database.reading(house.cast.engine) as session:
        tried = session.scalars(select(AuditRow.resource_id).where(
            AuditRow.person_id == house.people["David"], AuditRow.outcome == Outcome.REFUSED)).all()
    assert tried == [leo, leo], "who comes for somebody for whom they do not act finds nothing, and it is kept"
    with database.reading(house.cast.engine) as session:
        taken = session.scalars(select(AuditRow).where(AuditRow.action == "download")).all()
    assert [(row.person_id, row.role) for row in taken] == [(house.people["Maya"], "representative")] * 2


def test_without_a_sign_in_of_the_portal_there_is_nothing(web: TestClient, house: House) -> None:
    path = min(own(house, house.viewers["Leo"]))
    assert web.get(path, headers={"accept": "*/*"}).status_code == 401
    token = token_of(house, "Leo")
    assert web.get(path, headers={"cookie": f"pr_portal={token}"}).status_code == 200
    with database.transaction(house.cast.engine) as session:
        sign_out(session, token)
    assert web.get(path, headers={"cookie": f"pr_portal={token}", "accept": "*/*"}).status_code == 401
    assert web.get(path, headers={"cookie": f"pr_session={token}", "accept": "*/*"}).status_code == 401


def test_every_route_of_the_portals_files_is_walked_here() -> None:
    assert [route.path for route in portal_downloads.routes] == [
        "/portal/files/message/{id:int}",  # walked in test_message_downloads
        "/portal/files/document/{id:int}", "/portal/files/form/{id:int}/{file:int}",
        "/portal/files/note/{id:int}.pdf", "/portal/files/{kind}/{id:int}.pdf"]
