"""Requests to amend the record, as the tests write them down, open and answer them."""

from datetime import date
from typing import Any

from practicerunner import database
from practicerunner.vocabulary import AmendmentChannel, CaseType, DenialGround, NoteKind
from practicerunner.workflows.amendment_answers import DenyAmendment
from practicerunner.workflows.amendment_lists import AmendmentLine
from practicerunner.workflows.amendment_pages import AmendmentPage, amendment_page
from practicerunner.workflows.amendments import RecordAmendment, WithdrawAmendment, record_amendment
from practicerunner.workflows.today import day
from tests.cast import Cast, at, hold, people_of
from tests.documents.papers import pages
from tests.workflows.test_record_exports import written

DAY = "2026-12-31 10:00"
RECEIVED = date(2026, 12, 31)


def alone_with(cast: Cast) -> dict[str, int]:
    """Noor with a signed note of Marcus's, and Decoy beside her."""
    with at("2026-10-01 09:00"):
        case_id = cast.open_case(CaseType.INDIVIDUAL, "Noor Haddad")
        other = cast.open_case(CaseType.INDIVIDUAL, "Decoy Person")
    first, second = hold(cast, case_id, "IND50", "2026-10-12 10:00"), hold(cast, other, "IND50", "2026-10-12 12:00")
    with at("2026-10-13 09:00"):
        return {
            "case": case_id, "noor": people_of(cast, case_id)["Noor"], "other": other,
            "note": written(cast, first, NoteKind.PROGRESS, "She lives alone."),
            "others": written(cast, second, NoteKind.PROGRESS, "Decoy's."),
        }


def asked(cast: Cast, in_case: int, whose: int, who: str = "Marcus", **more: Any) -> int:
    with at(DAY):
        return int(cast.do(who, record_amendment, RecordAmendment(**{
            "case_id": in_case, "person_id": whose, "received_on": RECEIVED, "channel": AmendmentChannel.LETTER,
            "wanted": "I do not live alone."} | more)))


def seen(cast: Cast, who: str, amendment_id: int, reason: str = "") -> AmendmentPage | AmendmentLine:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return amendment_page(session, actor, amendment_id, reason)


def page(cast: Cast, who: str, amendment_id: int) -> AmendmentPage:
    found = seen(cast, who, amendment_id)
    assert isinstance(found, AmendmentPage)
    return found


def deny(amendment_id: int, revision: int = 1, **more: Any) -> DenyAmendment:
    return DenyAmendment(**{"amendment_id": amendment_id, "revision": revision, "ground": DenialGround.ACCURATE,
                            "basis": "It is what was said on that day."} | more)


def back(amendment_id: int, who: int, revision: int = 1, **more: Any) -> WithdrawAmendment:
    return WithdrawAmendment(**{
        "amendment_id": amendment_id, "revision": revision, "told_by_id": who, "told_on": RECEIVED,
        "how": AmendmentChannel.PHONE, "reason": "It was another practice."} | more)


def on_paper(cast: Cast, reader: Any, *args: Any, who: str = "Marcus", **more: Any) -> str:
    actor = cast.actor(who)
    with database.transaction(cast.engine) as session:
        return " ".join("\n".join(pages(reader(session, actor, *args, **more)[2])).split())


def waits(cast: Cast, who: str, on: str) -> list[tuple[str, bool]]:
    with at(on):
        return [(one.sentence, one.urgent) for one in cast.read(who, day).waiting if one.page == "amendment"]
