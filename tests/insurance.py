"""What papers for insurance need, filled in with invented values: numbers of staff, birth dates, addresses, codes."""

from collections.abc import Callable
from datetime import date
from typing import Any

from practicerunner import database
from practicerunner.records.staff import Staff, supervision_of
from practicerunner.workflows.diagnoses import AddDiagnosis, add_diagnosis
from practicerunner.workflows.people import ChangePerson, change_person, person_details
from practicerunner.workflows.staff import ChangeStaff, change_staff
from practicerunner.workflows.superbills import IssueSuperbill, SuperbillPreview, issue_superbill, superbill_preview
from tests.cast import Cast, at, people_of

NPIS = {"Dana": "2100000019", "Ruth": "2100000027", "Marcus": "2100000035", "Priya": "2100000043"}
BORN = date(1988, 4, 12)
ADDRESS = "7 Elm Court\nAlbany, NY 12203"


def change(cast: Cast, first: str, when: str = "2026-01-06 09:00", **facts: Any) -> None:
    """Change some details of a member of staff; the others stay."""
    with database.reading(cast.engine) as session:
        person = session.get_one(Staff, cast.staff[first])
        by = supervision_of(session, person.id, date(2026, 1, 6))
        known = {
            name: getattr(person, name) for name in (
                "first_name", "last_name", "email", "credentials", "npi", "licence", "taxonomy", "video_link",
                "is_clinical_director")
        }
        command = ChangeStaff(
            staff_id=person.id, revision=person.revision, roles=frozenset(role.role for role in person.roles),
            **{"supervisor_id": by.supervisor_id if by else None} | known | facts)
    with at(when):
        cast.do("Dana", change_staff, command)


def licensed(cast: Cast) -> None:
    """Everybody who treats has an NPI and a licence."""
    for first, npi in NPIS.items():
        change(cast, first, npi=npi, licence=f"NY {npi[-6:]}")


def complete(cast: Cast, case_id: int) -> dict[str, int]:
    """Everybody in a case has a birth date and an address. Returns first name → person id."""
    people = people_of(cast, case_id)
    for person_id in people.values():
        known, revision = cast.read("Dana", person_details, person_id)
        cast.do("Dana", change_person, ChangePerson(
            person_id=person_id, revision=revision,
            person=known.model_copy(update={"birth_date": BORN, "address": ADDRESS})))
    return people


def diagnose(
    cast: Cast, case_id: int, person_id: int, code: str = "F41.1", *, since: str = "2026-09-01", by: str = "Marcus",
    **options: Any,
) -> int:
    """Set a diagnosis, the primary one unless said otherwise."""
    with at("2026-12-20 09:00"):
        return cast.do(by, add_diagnosis, AddDiagnosis(**{
            "case_id": case_id, "person_id": person_id, "code": code, "onset_on": date.fromisoformat(since),
            "is_primary": True} | options))


def logged(cast: Cast, name: str, reader: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Somebody reads what is logged."""
    actor = cast.actor(name)
    with database.transaction(cast.engine) as session:
        return reader(session, actor, *args, **kwargs)


def preview(cast: Cast, case_id: int, person_id: int, first: str, last: str, *, by: str = "Tom",
            **options: Any) -> SuperbillPreview:
    """What a superbill of a range would say."""
    return logged(cast, by, superbill_preview, case_id, person_id, date.fromisoformat(first), date.fromisoformat(last),
                  **options)


def issue(cast: Cast, case_id: int, person_id: int, first: str, last: str, *, by: str = "Tom", on: str = "2026-11-20",
          **options: Any) -> int:
    """Issue a superbill."""
    with at(f"{on} 12:00"):
        return cast.do(by, issue_superbill, IssueSuperbill(
            case_id=case_id, person_id=person_id, first_on=date.fromisoformat(first),
            last_on=date.fromisoformat(last), **options))
