"""When people are reminded of their appointments: for the practice, a case, or one person in a case (E17)."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from practicerunner.records.base import Revised, Row


class ReminderSetting(Revised):
    """When to remind; the narrowest counts: a person in a case, then the case, then the practice (both empty)."""

    __tablename__ = "reminder_setting"

    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_file.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    times: Mapped[list["ReminderTime"]] = relationship(
        order_by="ReminderTime.hours_before.desc()", cascade="all, delete-orphan", lazy="selectin"
    )
    """No times: no reminders."""

    __table_args__ = (UniqueConstraint("case_id", "person_id"),)


class ReminderTime(Row):
    """So many hours before the start, counted on the wall clock (DEC13)."""

    __tablename__ = "reminder_time"

    setting_id: Mapped[int] = mapped_column(ForeignKey("reminder_setting.id"))
    hours_before: Mapped[int]

    __table_args__ = (UniqueConstraint("setting_id", "hours_before"),)
