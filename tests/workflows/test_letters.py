"""Letters that ask somebody outside the practice to sign in say where: at the portal's door, never at that of staff."""

from datetime import date, time

import pytest
from sqlalchemy import select

from practicerunner import database
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.requests import SchedulingRequest
from practicerunner.settings import settings
from practicerunner.vocabulary import MessageKind, ThreadClass
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.answers import Decline, decline
from practicerunner.workflows.form_sending import RemindOfForm, remind_of_form
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.portal_accounts import InviteToPortal, invite_to_portal
from practicerunner.workflows.requests import AskForTime, ask_for_time
from tests.cast import Cast, at
from tests.portal import NOW, household
from tests.workflows.sending import bring_forms, send

SIGN_IN = {
    MessageKind.FORM_REMINDER, MessageKind.REQUEST_ANSWERED, MessageKind.MESSAGE_WAITING, MessageKind.PORTAL_LINK,
}


@pytest.mark.parametrize(("public", "portal", "there"), [
    ("https://desk.linden.example", "https://my.linden.example", "https://my.linden.example/portal"),
    ("https://linden.example", "", "https://linden.example/portal"),
])
def test_a_letter_that_asks_to_sign_in_says_where_and_never_names_the_door_of_staff(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, public: str, portal: str, there: str
) -> None:
    house = household(cast)
    monkeypatch.setattr(settings(), "public_url", public)
    monkeypatch.setattr(settings(), "portal_url", portal)
    with at(NOW):
        bring_forms(cast)
        (form,) = send(cast, house.leos, "consent")
        cast.do("Marcus", remind_of_form, RemindOfForm(assignment_id=form))
        with database.transaction(cast.engine) as session:
            ask_for_time(session, PortalActor(house.leo, "Leo"), AskForTime(
                case_id=house.leos, local_date=date(2026, 9, 21), local_time=time(9)))
        with database.reading(cast.engine) as session:
            asked = session.scalars(select(SchedulingRequest)).one()
        cast.do("Marcus", decline, Decline(request_id=asked.id, revision=asked.revision))
        cast.do("Marcus", start_thread, StartThread(
            case_id=house.leos, thread_class=ThreadClass.ADMIN, subject="Hello", text="Hello.",
            people=(ToPerson(person_id=house.leo),)))
        cast.do("Marcus", invite_to_portal, InviteToPortal(case_id=house.leos, person_id=house.leo))
    with database.reading(cast.engine) as session:
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.person_id == house.leo)).all()
    assert {one.kind for one in letters} >= SIGN_IN
    for one in letters:
        assert there in one.body or (one.kind not in SIGN_IN and "sign in" not in one.body.lower()), one.body
        assert "desk.linden" not in one.body
