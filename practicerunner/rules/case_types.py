"""THE capability table of the seven kinds of case (A09). Nothing else in the product asks what type a case is.

Source: FEATURES, section 3. A cell that differs between types is a field here; pages and workflows read the field.
"""

from dataclasses import dataclass

from practicerunner.vocabulary import CaseType, FormPurpose, NoteKind, ServiceCategory

_THERAPY_NOTES = (NoteKind.PROGRESS, NoteKind.PSYCHOTHERAPY, NoteKind.MEMO)
_THERAPY_FORMS = (FormPurpose.INTAKE, FormPurpose.CONSENT, FormPurpose.TELEHEALTH, FormPurpose.OTHER)
_THERAPY_CASE_NOTES = (NoteKind.CONTACT, NoteKind.INTAKE, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS)
_CONSULTATION_CASE_NOTES = (NoteKind.CONTACT, NoteKind.TREATMENT_PLAN, NoteKind.MENTAL_STATUS)
_SHARED_FORMS = (*_THERAPY_FORMS[:2], FormPurpose.NO_SECRETS, *_THERAPY_FORMS[2:])
_CONSULTATION_FORMS = (FormPurpose.CONSULTATION_AGREEMENT, FormPurpose.OTHER)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one kind of case is called, may hold and produces."""

    heading: str
    """How the kind itself is called, in the singular: "Couple", "Workshop" (A15)."""
    sentence: str
    """What the kind is for, one sentence, for the chooser."""
    called: str
    """A participant's word: client, member, consultation client, participant, group participant."""
    called_many: str
    appointment: str
    """What an appointment is called."""
    least: int
    """Participants needed to save."""
    most: int | None
    """Participants allowed at most; ``None`` is no limit."""
    hint_at_two: bool
    """Whether two participants earn a hint to Couple (DEC4)."""
    needs_name: bool
    """Groups are named by people; other cases take their participants' names."""
    family_name: bool
    """Whether people who share a last name are called "the Rivera family"."""
    has_label: bool
    """Whether a two-person label is required (A03)."""
    categories: tuple[ServiceCategory, ...]
    attendance_each: bool
    """Whether attendance is shown per participant; otherwise one status stands for the appointment."""
    charged_each: bool
    """Whether each participant is charged, or the case as a whole."""
    notes: tuple[NoteKind, ...]
    """Kinds of note that are written for an appointment."""
    case_notes: tuple[NoteKind, ...]
    """Kinds that are written for the case, with or without an appointment; of a case without clinical fields only
    those that are not clinical (``rules.notes.case_kinds_for``)."""
    main_note: NoteKind
    """The note that an appointment which was held must get."""
    clinical_fields: bool
    """Diagnosis, treatment plan, mental status exam."""
    clinical_fields_switchable: bool
    """Whether an owner may switch those on for one case (DEC1)."""
    superbill: bool
    estimate: bool
    intake: bool
    """Whether each participant is asked for an intake."""
    counts_as_client: bool
    """Whether participants count in the number of clients (X09)."""
    clinical_section: str
    """Name of the page's second section."""
    forms: tuple[FormPurpose, ...]
    """Which forms its participants may be given; measures and questionnaires come with the clinical fields."""
    consent: bool = True
    """Whether a consent of each participant is asked for."""
    confidential: bool = False
    """Whether it is kept who consented for each participant, and an appointment can be confidential to one of them."""

    @property
    def is_group(self) -> bool:
        """Whether people come and go, and attendance reads "7 of 8"."""
        return self.needs_name

    @property
    def agreement(self) -> FormPurpose:
        """What each participant signs before the work begins."""
        agreed = FormPurpose.CONSULTATION_AGREEMENT
        return agreed if agreed in self.forms else FormPurpose.CONSENT


CASE_TYPES: dict[CaseType, Capabilities] = {
    CaseType.INDIVIDUAL: Capabilities(
        heading="Individual", sentence="Therapy with one client.", called="client", called_many="clients",
        appointment="appointment", least=1, most=1, hint_at_two=False, needs_name=False, family_name=False,
        has_label=False, categories=(ServiceCategory.THERAPY,), attendance_each=False, charged_each=False,
        notes=_THERAPY_NOTES, case_notes=_THERAPY_CASE_NOTES,
        main_note=NoteKind.PROGRESS, clinical_fields=True, clinical_fields_switchable=False,
        superbill=True, estimate=True, intake=True, counts_as_client=True, clinical_section="Clinical",
        forms=_THERAPY_FORMS, confidential=True,
    ),
    CaseType.TWO_PERSON: Capabilities(
        heading="Couple / two-person", sentence="Therapy with exactly two people, whatever they are to each other.",
        called="client", called_many="clients", appointment="appointment", least=2, most=2, hint_at_two=False,
        needs_name=False, family_name=False, has_label=True, categories=(ServiceCategory.THERAPY,),
        attendance_each=True, charged_each=False, notes=_THERAPY_NOTES, case_notes=_THERAPY_CASE_NOTES,
        main_note=NoteKind.PROGRESS,
        clinical_fields=True, clinical_fields_switchable=False, superbill=True, estimate=True, intake=True,
        counts_as_client=True, clinical_section="Clinical", forms=_SHARED_FORMS, confidential=True,
    ),
    CaseType.FAMILY: Capabilities(
        heading="Family", sentence="Therapy with a family, or with more than two people in one case.",
        called="client", called_many="clients", appointment="appointment", least=2, most=None, hint_at_two=True,
        needs_name=False, family_name=True, has_label=False, categories=(ServiceCategory.THERAPY,),
        attendance_each=True, charged_each=False, notes=_THERAPY_NOTES, case_notes=_THERAPY_CASE_NOTES,
        main_note=NoteKind.PROGRESS,
        clinical_fields=True, clinical_fields_switchable=False, superbill=True, estimate=True, intake=True,
        counts_as_client=True, clinical_section="Clinical", forms=_SHARED_FORMS, confidential=True,
    ),
    CaseType.THERAPY_GROUP: Capabilities(
        heading="Therapy group", sentence="A psychotherapy group; attendance and fees are each member's own.",
        called="member", called_many="members", appointment="group session", least=0, most=None, hint_at_two=False,
        needs_name=True, family_name=False, has_label=False, categories=(ServiceCategory.THERAPY,),
        attendance_each=True, charged_each=True, notes=(*_THERAPY_NOTES, NoteKind.GROUP),
        case_notes=_THERAPY_CASE_NOTES, main_note=NoteKind.GROUP,
        clinical_fields=True, clinical_fields_switchable=False, superbill=True, estimate=True, intake=True,
        counts_as_client=True, clinical_section="Clinical", forms=_THERAPY_FORMS, confidential=True,
    ),
    CaseType.INDIVIDUAL_CONSULTATION: Capabilities(
        heading="Individual consultation", sentence="Professional consultation for one colleague.",
        called="consultation client", called_many="consultation clients", appointment="consultation appointment",
        least=1, most=1, hint_at_two=False, needs_name=False, family_name=False, has_label=False,
        categories=(ServiceCategory.CONSULTATION,), attendance_each=False, charged_each=False,
        notes=(NoteKind.CONSULTATION, NoteKind.MEMO), case_notes=_CONSULTATION_CASE_NOTES,
        main_note=NoteKind.CONSULTATION, clinical_fields=False,
        clinical_fields_switchable=True, superbill=False, estimate=False, intake=False, counts_as_client=False,
        clinical_section="Documentation", forms=_CONSULTATION_FORMS,
    ),
    CaseType.CONSULTATION_GROUP: Capabilities(
        heading="Consultation group", sentence="Several professionals receive consultation together.",
        called="participant", called_many="participants", appointment="consultation appointment", least=0, most=None,
        hint_at_two=False, needs_name=True, family_name=False, has_label=False,
        categories=(ServiceCategory.CONSULTATION,), attendance_each=True, charged_each=True,
        notes=(NoteKind.CONSULTATION, NoteKind.MEMO, NoteKind.GROUP), case_notes=_CONSULTATION_CASE_NOTES,
        main_note=NoteKind.CONSULTATION,
        clinical_fields=False, clinical_fields_switchable=True, superbill=False, estimate=False, intake=False,
        counts_as_client=False, clinical_section="Documentation", forms=_CONSULTATION_FORMS,
    ),
    CaseType.WORKSHOP: Capabilities(
        heading="Workshop", sentence="A training, coaching or skills group that is not billed as therapy.",
        called="group participant", called_many="group participants", appointment="workshop session", least=0,
        most=None, hint_at_two=False, needs_name=True, family_name=False, has_label=False,
        categories=(ServiceCategory.OTHER,), attendance_each=True, charged_each=True,
        notes=(NoteKind.GROUP, NoteKind.MEMO), case_notes=(),
        main_note=NoteKind.GROUP, clinical_fields=False,
        clinical_fields_switchable=False, superbill=False, estimate=False, intake=False, counts_as_client=False,
        clinical_section="Documentation", forms=(FormPurpose.OTHER,), consent=False,
    ),
}


WITH_PLANS = frozenset(kind for kind, able in CASE_TYPES.items() if able.clinical_fields)
"""Kinds of case that have treatment plans."""
PLANS_SWITCHABLE = frozenset(kind for kind, able in CASE_TYPES.items() if able.clinical_fields_switchable)
"""Kinds that have them where an owner has switched the clinical fields on."""


def capabilities(case_type: CaseType) -> Capabilities:
    """The row of the table for a kind of case."""
    return CASE_TYPES[case_type]


def participants_problem(case_type: CaseType, count: int) -> str | None:
    """Why a case of this kind cannot be saved with this many participants; ``None`` if it can (A01, A02, A04)."""
    able = CASE_TYPES[case_type]
    if count >= able.least and (able.most is None or count <= able.most):
        return None
    if able.has_label:
        other = "Individual" if count < able.least else "Family"
        return f"A two-person case has exactly two people. For {_people(count)}, choose {other}."
    if able.most == 1:
        if count == 0:
            return f"Please say who the {able.called} is."
        return f"This kind of case belongs to exactly one {able.called}. For {_people(count)}, choose Couple or Family."
    return f"A {able.heading.lower()} case needs at least {_people(able.least)}."


def _people(count: int) -> str:
    return {0: "nobody", 1: "one person", 2: "two people", 3: "three people"}.get(count, f"{count} people")
