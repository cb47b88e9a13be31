"""Private addresses under which a calendar program reads somebody's appointments (E22)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from practicerunner.records.base import Row, word
from practicerunner.vocabulary import FeedShows


class CalendarFeed(Row):
    """One read-only feed of a provider or of a client. Only the fingerprint of its secret is kept (R9)."""

    __tablename__ = "calendar_feed"

    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    shows: Mapped[FeedShows] = word(FeedShows, default=FeedShows.INITIALS)
    token_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    revoked_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("(staff_id is null) <> (person_id is null)", name="one_owner"),)
