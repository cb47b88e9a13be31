"""What is written in a note, section by section and part by part, and the facts at its head, as they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from practicerunner.records.notes import Note
from practicerunner.rules import notes as rule
from practicerunner.rules.note_forms import BETWEEN_FINDINGS, FORMS, Section, more
from practicerunner.vocabulary import SessionFormat


@dataclass(frozen=True, slots=True)
class Written:
    """A section or a participant's part, with its text."""

    key: str
    label: str
    """For a part: the participant's name, which is text typed by people."""
    text: str
    required: bool = False
    hint: str = ""
    findings: tuple[str, ...] = ()
    """Findings to choose from, with those that were chosen before; ``text`` has the chosen ones and ``more``."""
    chosen: tuple[str, ...] = ()
    more: str = ""
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The facts of the appointment: live while the note is written, as signed afterwards."""

    case_name: str
    day: date
    start: time | None
    minutes: int | None
    format: SessionFormat | None
    present: tuple[str, ...]
    late_entry: bool
    entered_on: date | None
    about: str = ""
    """Name of the participant it is about, where it is about one alone."""
    place: str = ""
    """Where the session was; empty for one that was in no room of the practice."""
    individual_contact: bool = False
    """Whether one participant alone was there, in a case of several (C43)."""
    next_at: datetime | None = None
    """The next appointment on the wall clock, without a zone."""
    codes: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    """Name and the codes that were in force on the day, once they are fixed; ``None`` before, and in old notes."""


def written(
    form: str, sections: Mapping[str, str], own: Iterable[Section] = (), *, clinical: bool
) -> tuple[Written, ...]:
    """The sections of a form with what is written in them."""
    return tuple(
        _section(s, sections) for s in rule.sections_for(form, clinical=clinical, written=sections, own=own)
    )


def _section(section: Section, sections: Mapping[str, str]) -> Written:
    if not section.findings:
        return Written(
            section.key, section.label, sections.get(section.key, ""), section.required, section.hint)
    chosen = tuple(filter(None, sections.get(section.key, "").split(BETWEEN_FINDINGS)))
    return Written(
        section.key, section.label, rule.section_text(section, sections), section.required, section.hint,
        tuple(dict.fromkeys((*section.findings, *chosen))), chosen, sections.get(more(section.key), ""), section.usual,
    )


def parts_of(form: str, parts: dict[str, str], header: dict[str, Any]) -> tuple[Written, ...]:
    """The parts of a group note, of those who were there first."""
    part = FORMS[form].part
    if part is None:
        return ()
    names = header.get("names") or header["present"]
    shown = list(header["present"]) + [key for key in parts if key not in header["present"] and parts[key].strip()]
    return tuple(Written(key, names.get(key, ""), parts.get(key, ""), hint=part.hint) for key in shown)


def template_name(note: Note, *, clinical: bool) -> str:
    """Name of the template, unless a note without clinical fields would say a clinical word by it."""
    name: str = note.template.get("name", "")
    return name if clinical or not rule.has_clinical_word(name) else ""


def header_of(kept: dict[str, Any]) -> Header:
    """The facts at the head, from the JSON that is kept of them."""
    ahead = kept.get("next")
    return Header(
        kept["case"], date.fromisoformat(kept["date"]),
        time.fromisoformat(kept["start"]) if kept.get("start") else None, kept.get("minutes"),
        SessionFormat(kept["format"]) if kept.get("format") else None, tuple(kept["present"].values()),
        kept["late_entry"], date.fromisoformat(kept["entered_on"]) if kept["entered_on"] else None,
        next(iter(kept.get("about", {}).values()), ""), kept.get("place", ""), kept.get("individual_contact", False),
        datetime.fromisoformat(ahead) if ahead else None,
        tuple(
            (kept["present"].get(key) or kept.get("about", {}).get(key, ""), tuple(map(_code_line, found)))
            for key, found in kept["codes"].items()
        ) if "codes" in kept else None,
    )


def _code_line(kept: dict[str, Any]) -> str:
    return f"{kept['code']} {kept['description']}{' (provisional)' if kept['provisional'] else ''}"
