"""Who writes which note when: most in time, some late, a few not yet; associates' notes wait for their supervisor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from practicerunner.demo import note_kinds, texts, treatment_plans
from practicerunner.demo.caseload import Plan
from practicerunner.demo.codes import diagnose
from practicerunner.demo.diary import Diary
from practicerunner.demo.people import STAFF, ZONE
from practicerunner.records.notes import Note
from practicerunner.rules.case_types import capabilities
from practicerunner.rules.notes import needs_cosignature
from practicerunner.rules.scheduling import moment
from practicerunner.vocabulary import NoteKind, ProofMethod
from practicerunner.workflows.access import Actor
from practicerunner.workflows.addenda import AddAddendum, add_addendum
from practicerunner.workflows.notes import (
    FinishMemo,
    SaveDraft,
    StartNote,
    finish_memo,
    save_draft,
    start_note,
)
from practicerunner.workflows.proof import Signing, proof_of
from practicerunner.workflows.reviews import CosignNote, ReturnNote, cosign_note, return_note
from practicerunner.workflows.signatures import SignNote, sign_note

_SLOW = frozenset({"Owen", "Hanna"})
"""Who tends to write late."""
_SOAP = frozenset({"Owen", "Judith"})
NOTHING, DRAFT, SIGNED = "nothing", "draft", "signed"


class Notebook:
    """The notes of the practice."""

    def __init__(self, diary: Diary, actors: Mapping[str, Actor], today: date, rng: Random) -> None:
        self.diary, self.actors, self.today, self.rng = diary, actors, today, rng
        self._recent: Counter[str] = Counter()
        self._written: Counter[tuple[str, ...]] = Counter()
        self._returned: set[tuple[str, str]] = set()
        self._amended: set[str] = set()
        self._themes: dict[tuple[str, ...], str] = {}

    def _do(self, session: Session, who: str, verb: Any, command: Any) -> Any:
        if isinstance(command, Signing):
            proof = proof_of(self.actors[who].staff_id, ProofMethod.PASSWORD, command.op)
            command = command.model_copy(update={"proof": proof})
        result = verb(session, self.actors[who], command)
        session.flush()
        return result

    def expect(self, plan: Plan, appointment_id: int, day: date, here: Sequence[int], *, first: bool) -> None:
        """An appointment was held: decide when its note is written, and how far."""
        how_far = self._how_far(plan.provider, (self.today - day).days)
        if how_far == NOTHING:
            return
        # Everybody sits down in the evening or the next morning and writes the day's notes one after the other.
        evening = plan.provider not in _SLOW
        when = moment(day, time(20, 15), ZONE) if evening else moment(day + timedelta(days=1), time(8, 20), ZONE)
        self.diary.note(when, partial(self._write, plan, appointment_id, day, tuple(here), how_far, first))

    def _how_far(self, provider: str, days: int) -> str:
        if days <= 2:
            self._recent[provider] += 1
            recent = (SIGNED, DRAFT, NOTHING) if STAFF[provider][3] else (DRAFT, NOTHING, SIGNED)
            return recent[(self._recent[provider] - 1) % 3]
        chance, slow = self.rng.random(), provider in _SLOW
        if days <= 12:
            if chance < (0.22 if slow else 0.05):
                return NOTHING
            return DRAFT if chance < (0.34 if slow else 0.08) else SIGNED
        return NOTHING if slow and days <= 30 and chance < 0.06 else SIGNED

    def _write(
        self, plan: Plan, appointment_id: int, day: date, here: Sequence[int], how_far: str, first: bool,
        session: Session,
    ) -> None:
        kind = capabilities(plan.type).main_note
        sections = self._sections(plan, kind, first=first)
        form = ""
        if kind is NoteKind.PROGRESS:
            form = "soap" if plan.provider in _SOAP else "dap"
        if how_far == DRAFT:
            sections = dict(list(sections.items())[:1])
        parts = {}
        if kind is NoteKind.GROUP and capabilities(plan.type).clinical_fields:
            said = len(texts.PARTS)
            parts = {who: texts.PARTS[(place + day.toordinal()) % said] for place, who in enumerate(here)}
        note_id = self._do(session, plan.provider, start_note, StartNote(
            appointment_id=appointment_id, kind=kind, form=form,
        ))
        details = note_kinds.details(session, note_id, plan) if how_far == SIGNED else None
        if kind is NoteKind.PROGRESS:
            details = treatment_plans.goals_of(session, note_id, details)
        self._do(session, plan.provider, save_draft, SaveDraft(
            note_id=note_id, revision=1, sections=sections, parts=parts, details=details,
        ))
        if capabilities(plan.type).clinical_fields:
            diagnose(session, self.actors[plan.provider], plan, session.get_one(Note, note_id).case_id, day,
                     self._written[plan.people] - 1, self._themes.get(plan.people, ""))
        if how_far == SIGNED:
            self._do(session, plan.provider, sign_note, SignNote(note_id=note_id, revision=2))
            self._follow(plan, note_id, day, sections)
            note_kinds.write(session, partial(self._do, session, plan.provider), note_id, plan,
                             self._written[plan.people])
        if first and plan.card and plan.provider in ("Amara", "Nadia"):
            memo = self._do(session, plan.provider, start_note, StartNote(
                appointment_id=appointment_id, kind=NoteKind.MEMO,
            ))
            self._do(session, plan.provider, save_draft, SaveDraft(
                note_id=memo, revision=1, sections={"text": texts.MEMO},
            ))
            self._do(session, plan.provider, finish_memo, FinishMemo(note_id=memo, revision=2))

    def _sections(self, plan: Plan, kind: NoteKind, *, first: bool) -> dict[str, str]:
        place = self._written[plan.people]
        self._written[plan.people] += 1
        able = capabilities(plan.type)
        if kind is NoteKind.CONSULTATION:
            topic, discussion, recommendations, follow_up = texts.CONSULTATION[place % len(texts.CONSULTATION)]
            return {"topic": topic, "discussion": discussion, "recommendations": recommendations,
                    "follow_up": follow_up, "time_spent": "60 minutes" if able.most == 1 else "120 minutes"}
        if kind is NoteKind.GROUP:
            chosen = texts.GROUP if able.clinical_fields else texts.WORKSHOP
            topic, interventions, process = chosen[place % len(chosen)]
            return {"topic": topic, "interventions": interventions, "process": process}
        if first:
            data, assessment, ahead = texts.INTAKE
        else:
            data, assessment, ahead = self._progress(plan, place)
        if plan.provider in _SOAP:
            return {"subjective": data, "objective": texts.OBSERVED, "assessment": assessment, "plan": ahead}
        return {"data": data, "assessment": assessment, "plan": ahead}

    def _progress(self, plan: Plan, place: int) -> tuple[str, ...]:
        able = capabilities(plan.type)
        if able.most == 1:
            theme = self._themes.setdefault(plan.people, self.rng.choice(sorted(texts.THERAPY)))
            chosen = texts.THERAPY[theme]
        else:
            chosen = texts.FAMILY if able.family_name else texts.TOGETHER
        return chosen[place % len(chosen)]

    def _follow(self, plan: Plan, note_id: int, day: date, sections: dict[str, str]) -> None:
        """What happens to a signed note: co-signature, return, addendum."""
        days = (self.today - day).days
        supervisor = STAFF[plan.provider][3]
        if not supervisor or not needs_cosignature(self.actors[plan.provider].roles):
            if 20 <= days <= 60 and plan.provider not in self._amended and plan.provider in ("Nadia", "Amara"):
                self._amended.add(plan.provider)
                self.diary.note(self._later(day, 4, 17), partial(self._amend, plan.provider, note_id))
            return
        old = (plan.provider, "corrected")
        if 3 <= days <= 9 and (plan.provider, "open") not in self._returned:
            self._returned.add((plan.provider, "open"))
            self.diary.note(self._later(day, 2, 16), partial(
                self._give_back, supervisor, note_id, 1, section="plan" if "plan" in sections else list(sections)[-1]))
        elif days > 20 and old not in self._returned:
            self._returned.add(old)
            self.diary.note(self._later(day, 2, 16), partial(self._give_back, supervisor, note_id, 1))
            self.diary.note(self._later(day, 3, 9), partial(self._correct, plan.provider, note_id, sections))
            self.diary.note(self._later(day, 5, 16), partial(self._cosign, supervisor, note_id, 2))
        elif days > 6 or (days > 3 and self.rng.random() < 0.3):
            review = self._later(day, self.rng.randrange(2, 4), 16)
            self.diary.note(review, partial(self._cosign, supervisor, note_id, 1))

    def _later(self, day: date, days: int, hour: int) -> datetime:
        return moment(day + timedelta(days=days), time(hour, self.rng.randrange(60)), ZONE)

    def _amend(self, provider: str, note_id: int, session: Session) -> None:
        self._do(session, provider, add_addendum, AddAddendum(
            note_id=note_id, reason=texts.AMENDED_WHY, text=texts.AMENDED,
        ))

    def _give_back(self, supervisor: str, note_id: int, version: int, session: Session, *, section: str = "") -> None:
        self._do(session, supervisor, return_note, ReturnNote(
            note_id=note_id, version=version, comment=texts.RETURNED,
            sections={section: texts.RETURNED_SECTION} if section else {},
        ))

    def _correct(self, provider: str, note_id: int, sections: dict[str, str], session: Session) -> None:
        anew = sections | {"assessment": sections["assessment"] + texts.CORRECTED}
        self._do(session, provider, save_draft, SaveDraft(note_id=note_id, revision=4, sections=anew))
        self._do(session, provider, sign_note, SignNote(note_id=note_id, revision=5))

    def _cosign(self, supervisor: str, note_id: int, version: int, session: Session) -> None:
        self._do(session, supervisor, cosign_note, CosignNote(note_id=note_id, version=version))
