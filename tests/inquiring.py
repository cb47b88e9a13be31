"""Linden Street Practice with its public page on, and somebody who writes there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import func, select

from practicerunner import database
from practicerunner.records.inquiries import Inquiry
from practicerunner.vocabulary import CaseType, InquiryStatus
from practicerunner.workflows.inquiry_page import SendInquiry, send_inquiry
from practicerunner.workflows.inquiry_queue import InquiryRow, inquiry_list
from practicerunner.workflows.inquiry_settings import SaveInquirySettings, save_inquiry_settings
from practicerunner.workflows.opening_hours import AddWeeklyHours, add_weekly_hours
from tests.cast import Cast, at

NOW = "2026-11-10 12:00"
"""A Tuesday."""
FRIDAY = date(2026, 11, 13)
TIME = "marcus-bell 2026-11-13 10:00"
GROUPS = (CaseType.THERAPY_GROUP, CaseType.CONSULTATION_GROUP, CaseType.WORKSHOP)


@dataclass
class Door:
    """Linden Street with its public page on; Marcus and Priya take inquiries."""

    cast: Cast

    def send(self, **changes: Any) -> int:
        """Somebody writes."""
        facts: dict[str, Any] = {
            "first_name": "Nora", "last_name": "Lindqvist", "email": "nora@river.example", "kind": "individual"}
        with database.transaction(self.cast.engine) as session:
            made = send_inquiry(session, SendInquiry(**facts | changes), changes.pop("address", "192.0.2.1"))
        assert made is not None
        return made

    def timed(self, **changes: Any) -> int:
        """Somebody writes to Marcus and asks for Friday at ten."""
        return self.send(**{"slug": "marcus-bell", "service": str(self.cast.services["IND50"]), "where": "video",
                            "time": TIME} | changes)

    def row(self, inquiry_id: int) -> Inquiry:
        with database.reading(self.cast.engine) as session:
            return session.get_one(Inquiry, inquiry_id)

    def count(self, table: Any) -> int:
        with database.reading(self.cast.engine) as session:
            return session.scalar(select(func.count()).select_from(table))

    def shown(self, who: str, status: InquiryStatus = InquiryStatus.OPEN) -> tuple[InquiryRow, ...]:
        return self.cast.read(who, inquiry_list, status).rows


@contextmanager
def open_door(cast: Cast) -> Iterator[Door]:
    """Tuesday noon; the page is on."""
    with at(NOW):
        cast.do("Dana", save_inquiry_settings, SaveInquirySettings(
            revision=0, is_on=True, case_types=(CaseType.INDIVIDUAL, CaseType.TWO_PERSON, *GROUPS),
            service_ids=(cast.services["IND50"],), provider_ids=(cast.staff["Marcus"], cast.staff["Priya"])))
        cast.do("Marcus", add_weekly_hours, AddWeeklyHours(
            provider_id=cast.staff["Marcus"], weekdays=(4,), starts=time(9), ends=time(12), for_new_inquiries=True))
        cast.do("Priya", add_weekly_hours, AddWeeklyHours(
            provider_id=cast.staff["Priya"], weekdays=(4,), starts=time(9), ends=time(17)))
        yield Door(cast)
