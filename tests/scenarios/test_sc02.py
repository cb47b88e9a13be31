"""SC02, money: a therapy group of eight, three fee arrangements, a sliding scale and a no-show."""

from datetime import date

from sqlalchemy import select

from practicerunner import database
from practicerunner.records.billing import IssuedDocument
from practicerunner.records.scheduling import Appointment
from practicerunner.vocabulary import AppointmentStatus, AttendanceStatus, CaseType, FeeTerms
from practicerunner.workflows.cases import AddParticipant, Taking, add_participant
from practicerunner.workflows.people import PersonDetails
from tests.cast import Cast, arrange, at, hold, invoice, lines, payer

NAMES = ["Ada One", "Ben Two", "Cleo Three", "Dov Four", "Eve Five", "Fay Six", "Gil Seven", "Hal Eight"]


def test_a_group_is_charged_member_by_member(cast: Cast) -> None:
    group = cast.open_case(CaseType.THERAPY_GROUP, name="Thursday Process Group", opened_on=date(2026, 9, 1))
    with at("2026-09-01 09:00"):
        members = [
            cast.do("Marcus", add_participant, AddParticipant(
                case_id=group, joined_on=date(2026, 9, 1),
                participant=Taking(person=PersonDetails(first_name=n.split()[0], last_name=n.split()[1]))))
            for n in NAMES
        ]
    mother = payer(cast, "Mother", "Six")
    for place in (4, 6):
        arrange(cast, group, {members[place]: 10000}, since="2026-09-01", person_id=members[place],
                fee_terms=FeeTerms.FIXED, fee_cents=60_00)
    arrange(cast, group, {mother: 0}, since="2026-09-01", person_id=members[5],
            fee_terms=FeeTerms.FIXED, fee_cents=60_00)
    arrange(cast, group, {members[7]: 10000}, since="2026-09-01", person_id=members[7],
            fee_terms=FeeTerms.SLIDING_SCALE, fee_basis_points=4500)

    appointment = hold(cast, group, "GRP90", "2026-10-01 18:00", missed={members[2]: AttendanceStatus.NO_SHOW})
    issued = invoice(cast, appointment, by="Marcus")
    found = lines(cast, issued)
    assert sorted(found) == sorted([
        ("Ada One", 75_00), ("Ben Two", 75_00), ("Cleo Three", 37_50), ("Dov Four", 75_00), ("Eve Five", 60_00),
        ("Mother Six", 60_00), ("Gil Seven", 60_00), ("Hal Eight", 33_75),
    ])
    assert sum(cents for _, cents in found) == 476_25
    assert invoice(cast, appointment, by="Marcus") == issued

    with database.reading(cast.engine) as session:
        papers = session.scalars(select(IssuedDocument)).all()
        assert session.get_one(Appointment, appointment).status is AppointmentStatus.HELD
    assert len(papers) == 8
    for paper in papers:
        text = str(paper.content)
        own = paper.content["bill_to"]["name"].replace("Mother", "Fay")
        assert [n for n in NAMES if n in text and n != own] == []
    no_show = next(p for p in papers if p.content["bill_to"]["name"] == "Cleo Three")
    assert "no-show fee" in no_show.content["lines"][0]["description"]
    sponsored = next(p for p in papers if p.content["bill_to"]["name"] == "Mother Six")
    assert "for Fay Six" in sponsored.content["lines"][0]["description"]
