"""Templates from which notes are begun: starting texts and sections of a practice's own (G16)."""

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from practicerunner.records.base import Revised, word
from practicerunner.vocabulary import NoteKind


class NoteTemplate(Revised):
    """A form as a practice wants it (FHIR Questionnaire); a note that was begun keeps a copy of its own."""

    __tablename__ = "note_template"

    kind: Mapped[NoteKind] = word(NoteKind)
    form: Mapped[str] = mapped_column(String(20))
    """The built-in form it stands on: a key of ``rules.note_forms.FORMS``."""
    name: Mapped[str] = mapped_column(String(200))
    texts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    """Section key → the text with which it begins."""
    sections: Mapped[list[dict[str, str | bool]]] = mapped_column(JSON, default=list)
    """The template's own sections: key, label, hint, required."""
    active: Mapped[bool] = mapped_column(default=True)


def templates(session: Session, *, with_retired: bool = False) -> list[NoteTemplate]:
    """Templates by kind and name."""
    query = select(NoteTemplate).order_by(NoteTemplate.kind, NoteTemplate.name, NoteTemplate.id)
    if not with_retired:
        query = query.where(NoteTemplate.active)
    return list(session.scalars(query))
