"""What the database refuses once somebody signed: changes of a note, of a finished review, of a final private note.

Of a word that somebody signed, of a release and of a procedure for private notes only what comes later is written,
once. A note comes to its states only with what brings it there: a signature, a co-signature, comments, an addendum.
"""

from practicerunner.vocabulary import NoteStatus, SignatureRole

_TEXT_COLUMNS = (
    "kind", "form", "case_id", "appointment_id", "author_id", "person_id", "service_date", "review_on", "version",
    "review_as", "submitted_at", "created_at",
)
_JSON_COLUMNS = ("sections", "parts", "details", "template")
_LAST_COLUMNS = ("supervisor_id", "locked_at")
"""What changes once more after the author signed: the review goes to another supervisor, the co-signature locks."""

NOTE_COLUMNS = frozenset({*_TEXT_COLUMNS, *_JSON_COLUMNS, *_LAST_COLUMNS})
"""Columns of ``note`` that a schema has to have before its guard can be made."""


def _words(*statuses: NoteStatus) -> str:
    return ", ".join(f"'{status.value}'" for status in statuses)


_LOCKED = _words(NoteStatus.LOCKED, NoteStatus.AMENDED)
_ENDED = _words(NoteStatus.LOCKED, NoteStatus.AMENDED, NoteStatus.FINAL)
_FIXED = _words(NoteStatus.SUBMITTED, NoteStatus.LOCKED, NoteStatus.AMENDED, NoteStatus.FINAL)
_AFTER_SUBMITTED = _words(NoteStatus.SUBMITTED, NoteStatus.RETURNED, NoteStatus.LOCKED)
_SIGNED = (
    "exists (select 1 from signature s where s.note_id = new.id and s.version = new.version "
    f"and (old.status <> '{NoteStatus.SUBMITTED}' or s.role <> '{SignatureRole.AUTHOR}'))"
)
"""That the last version is signed; what was submitted, by somebody beside its author."""
_AMENDED = (
    f"(old.status = '{NoteStatus.LOCKED}' and new.status = '{NoteStatus.AMENDED}' "
    "and exists (select 1 from addendum d where d.note_id = new.id))"
)
_COMMENTED = (
    "exists (select 1 from review_comment r where r.note_id = new.id and r.version = new.version "
    "and r.staff_id <> new.author_id)"
)
"""That somebody beside its author said what to change in the last version."""
_MOVES = (
    f"new.status <> old.status and (old.status = '{NoteStatus.FINAL}' "
    f"or (old.status = '{NoteStatus.SUBMITTED}' and new.status not in ({_AFTER_SUBMITTED})) "
    f"or ((old.status in ({_LOCKED}) or new.status = '{NoteStatus.AMENDED}') and not {_AMENDED}) "
    f"or (new.status = '{NoteStatus.RETURNED}' and (old.status <> '{NoteStatus.SUBMITTED}' or not {_COMMENTED})) "
    f"or (new.status in ({_words(NoteStatus.SUBMITTED, NoteStatus.LOCKED)}) and not {_SIGNED}))"
)

_WORD = (
    "id", "person_id", "signed_by_id", "signs_as", "capacity", "authority", "signed_on", "expires_on",
    "recorded_by_id", "created_at",
)
_CONFIRMED = ("confirmed_at", "confirmed_by_id", "confirmed_how")
WRITTEN_ONCE: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "private_word": (
        (*_WORD, "authorization_id", "document_id", "response_id"), (), ("withdrawn_at", "withdrawn_by_id")),
    "release_authorization": ((*_WORD, "release_id"), (), ("withdrawn_at", "withdrawn_by_id")),
    "record_release": (
        ("id", "case_id", "to_person_id", "recipient", "purpose", "prepared_by_id", "created_at"), (),
        ("sent_at", "dropped_at")),
    "note_share": (
        ("id", "note_id", "person_id", "shared_by_id", "confidential", "created_at"), (), ("ended_at", "ended_by_id")),
    "private_custody": (
        ("id", "case_id", "author_id", "reason", "authorization_id", "document_id", "issued_by", "issued_on",
         "reference", "recipient", "purpose", "first_on", "last_on", "opened_by_id", "created_at"),
        _CONFIRMED, ("ended_at", "ended_by_id", "ended_as")),
}
"""Table → what its rows say from the beginning, what is added once, and what ends them for good."""

_NOTE = "the text of a signed note is never changed"
_REVIEW = "addendum_review rows are never changed once signed"
_PRIVATE = "a final psychotherapy note is never changed"


def _differ(columns: tuple[str, ...], differs: str, as_text: str = "") -> str:
    return " or ".join(f"old.{column}{as_text} {differs} new.{column}{as_text}" for column in columns)


def _written_once(table: str, differs: str) -> str:
    """The condition under which an update touches what a row says already, or one that has ended."""
    first, later, last = WRITTEN_ONCE[table]
    ended = " or ".join(f"old.{column} is not null" for column in last)
    once = "".join(f" or (old.{column} is not null and old.{column} {differs} new.{column})" for column in later)
    return f"{ended} or {_differ(first, differs)}{once}"


def _conditions(differs: str, as_text: str) -> dict[str, tuple[str, str, str, str]]:
    """Name of a trigger → table, event, the condition under which it refuses, and what it says."""
    text = f"{_differ(_TEXT_COLUMNS, differs)} or {_differ(_JSON_COLUMNS, differs, as_text)}"
    return {
        "fixed_note_update": (
            "note", "update",
            f"(old.status in ({_FIXED}) and ({text})) "
            f"or (old.status in ({_ENDED}) and ({_differ(_LAST_COLUMNS, differs)})) or ({_MOVES})", _NOTE,
        ),
        "fixed_note_delete": ("note", "delete", f"old.version > 0 or old.status = '{NoteStatus.FINAL}'", _NOTE),
        "fixed_addendum_review_update": (
            "addendum_review", "update",
            f"old.done_at is not null or {_differ(('addendum_id', 'review_as', 'created_at'), differs)} "
            "or (new.done_at is not null "
            "and not exists (select 1 from addendum_signature s where s.addendum_id = new.addendum_id))", _REVIEW,
        ),
        "fixed_addendum_review_delete": ("addendum_review", "delete", "1 = 1", _REVIEW),
        "fixed_psychotherapy_note_update": (
            "psychotherapy_note", "update", f"old.status = '{NoteStatus.FINAL}'", _PRIVATE),
        "fixed_psychotherapy_note_delete": (
            "psychotherapy_note", "delete", f"old.status = '{NoteStatus.FINAL}'", _PRIVATE),
    } | {
        f"fixed_{table}_{event}": (table, event, condition, f"what {table} rows say is never changed")
        for table in WRITTEN_ONCE
        for event, condition in (("update", _written_once(table, differs)), ("delete", "1 = 1"))
    }


SQLITE = {
    name: f"create trigger {name} before {event} on {table} when {condition} begin select raise(abort, '{says}'); end"
    for name, (table, event, condition, says) in _conditions("is not", "").items()
}
_POSTGRES = _conditions("is distinct from", "::text")
POSTGRES = {
    name: f"create trigger {name} before {event} on {table} for each row execute function refuse_{name}()"
    for name, (table, event, _, _) in _POSTGRES.items()
}
POSTGRES_FUNCTIONS = "".join(f"""
create or replace function refuse_{name}() returns trigger language plpgsql as $$
begin
    if {condition} then
        raise exception '{says}' using errcode = 'integrity_constraint_violation';
    end if;
    return {'old' if event == 'delete' else 'new'};
end $$;
""" for name, (_, event, condition, says) in _POSTGRES.items())
