"""The PDFs that forms and documents of the practice show: brought in with the form, read by staff (C11, I03)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from practicerunner import ids
from practicerunner.errors import FieldProblems, NotFound
from practicerunner.records import audit, document_files
from practicerunner.records.library import PracticeFile
from practicerunner.rules import documents as rule
from practicerunner.rules.documents import FileRefused, FileType
from practicerunner.rules.forms import Content, Pdf
from practicerunner.vocabulary import Action, FieldKind, Resource
from practicerunner.workflows.access import Actor, authorize
from practicerunner.workflows.commands import reader
from practicerunner.workflows.sent_files import SentFile


class NoPdf(FileRefused):
    """Only a PDF can be shown here. Save or print it as PDF and upload that."""


class SentPdf(SentFile):
    """A PDF for a text to read of a form. Raises FileRefused."""

    key: str
    """Of the field."""

    def model_post_init(self, context: Any, /) -> None:
        """Look into the file."""
        if not self.file_name.strip().lower().endswith(f".{FileType.PDF}"):
            raise NoPdf
        super().model_post_init(context)


def with_pdfs(content: Content, sent: Sequence[SentPdf], before: Content) -> Content:
    """What a form asks, with each PDF that was sent in the place of its text; the same PDF as before is that one.

    Raises FieldProblems for a PDF that this form did not have before.
    """
    had = {field.pdf.sha256: field.pdf for field in before.fields if field.pdf is not None}
    new = {one.key: one for one in sent}
    fields = []
    for field in content.fields:
        if field.key in new and field.kind is FieldKind.DOCUMENT:
            one = new[field.key]
            made = Pdf(ids.new_id(), one.checked.name, len(one.checked.content), one.sent)
            fields.append(replace(field, text="", pdf=had.get(one.sent, made)))
        elif field.pdf is not None and field.pdf not in had.values():
            raise FieldProblems({field.key: "Upload the PDF once more."})
        else:
            fields.append(field)
    return replace(content, fields=tuple(fields))


def keep_pdfs(session: Session, staff_id: int, content: Content, sent: Sequence[SentPdf], before: Content) -> None:
    """Write the PDFs that are new, encrypted; callers have authorised it. Raises FileNotWritten."""
    new = {one.key: one for one in sent}
    kept = _pdfs(before)
    for field in content.fields:
        if field.pdf is None or field.pdf in kept:
            continue
        session.add(PracticeFile(
            id=field.pdf.file_id, file_name=field.pdf.name, size=field.pdf.size, sha256=field.pdf.sha256,
            stored_name=document_files.keep(session, field.pdf.file_id, new[field.key].checked.content),
            author_id=staff_id,
        ))


def _pdfs(content: Content) -> Collection[Pdf]:
    return {field.pdf for field in content.fields if field.pdf is not None}


def read_pdf(session: Session, file_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a PDF; callers have authorised it. Raises FileMissing, FileDamaged."""
    file = session.get_one(PracticeFile, file_id)
    return file.file_name, rule.MEDIA_TYPES[FileType.PDF], document_files.read(file.id, file.stored_name, file.sha256)


@reader(Resource.PRACTICE_SETTINGS)
def fetch_practice_file(session: Session, actor: Actor, file_id: int) -> tuple[str, str, bytes]:
    """File name, media type and bytes of a PDF of the practice, which whoever works here may read.

    In a transaction, because it is audited. Raises NotFound, FileMissing, FileDamaged.
    """
    role = authorize(session, actor, Action.READ, Resource.PRACTICE_SETTINGS, responsible=())
    if session.get(PracticeFile, file_id) is None:
        raise NotFound(actor=actor, action=Action.READ, resource=Resource.PRACTICE_SETTINGS, resource_id=file_id)
    found = read_pdf(session, file_id)
    audit.note(
        session, staff_id=actor.staff_id, role=role, action="download", resource=Resource.PRACTICE_SETTINGS,
        resource_id=file_id,
    )
    return found
