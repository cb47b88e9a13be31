"""Documents of the practice: a text or a PDF to read, to acknowledge or to sign.

Each is a form of one text to read, with a box to tick or a signature beneath it (decision 0027), so that it is given,
handed in and kept as every form is.
"""

from practicerunner.rules.forms import Content, Field, Pdf
from practicerunner.vocabulary import DocumentTask, FieldKind, FormPurpose

DOCUMENT, ACKNOWLEDGED, SIGNATURE = "document", "acknowledged", "signature"
"""Keys of the fields."""
USUAL = {DocumentTask.READ: "", DocumentTask.ACKNOWLEDGE: "I have read this.",
         DocumentTask.SIGN: "I have read this and agree to it."}
"""What is ticked where the practice says nothing else."""
_SHAPES = {
    (FieldKind.DOCUMENT,): DocumentTask.READ,
    (FieldKind.DOCUMENT, FieldKind.ACKNOWLEDGEMENT): DocumentTask.ACKNOWLEDGE,
    (FieldKind.DOCUMENT, FieldKind.ACKNOWLEDGEMENT, FieldKind.SIGNATURE): DocumentTask.SIGN,
}


def document(title: str, task: DocumentTask, sentence: str = "", *, text: str = "", pdf: Pdf | None = None) -> Content:
    """The form that a document is; ``sentence`` is what is ticked."""
    fields = [Field(DOCUMENT, FieldKind.DOCUMENT, title, text=text, pdf=pdf)]
    if task is not DocumentTask.READ:
        fields.append(Field(ACKNOWLEDGED, FieldKind.ACKNOWLEDGEMENT, sentence.strip() or USUAL[task], required=True))
    if task is DocumentTask.SIGN:
        fields.append(Field(SIGNATURE, FieldKind.SIGNATURE, "Signature", required=True))
    return Content(tuple(fields))


def task_of(content: Content) -> DocumentTask | None:
    """What is asked of its reader; nothing where it is no such document."""
    return _SHAPES.get(tuple(field.kind for field in content.fields))


def sentence_of(content: Content) -> str:
    """What is ticked."""
    ticked = content.field(ACKNOWLEDGED)
    return ticked.label if ticked is not None else ""


def problems(purpose: FormPurpose, content: Content) -> dict[str, str]:
    """What keeps a document of the practice from being used."""
    if purpose is not FormPurpose.PRACTICE_DOCUMENT:
        return {}
    fine = task_of(content) is not None and all(field.required for field in content.fields if field.asks)
    return {} if fine else {DOCUMENT: "A document is one text or PDF, with what is to be ticked or signed beneath it."}
