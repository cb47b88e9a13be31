"""The forms that come with the product: texts to begin with, which a practice rewrites, and the published measures."""

from dataclasses import dataclass

from practicerunner.rules.forms import Content, Field, measure_content
from practicerunner.rules.measures import MEASURES
from practicerunner.vocabulary import FieldKind, FormPurpose


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A form that comes with the product."""

    key: str
    name: str
    purpose: FormPurpose
    content: Content


def _heading(key: str, label: str) -> Field:
    return Field(key, FieldKind.HEADING, label)


def _read(key: str, label: str, *paragraphs: str) -> Field:
    return Field(key, FieldKind.DOCUMENT, label, text="\n\n".join(paragraphs))


def _agree(key: str, label: str) -> Field:
    return Field(key, FieldKind.ACKNOWLEDGEMENT, label, required=True)


_SIGNATURE = Field("signature", FieldKind.SIGNATURE, "Signature", required=True)

_INTAKE = Content((
    _heading("about", "About you"),
    Field("reason", FieldKind.LONG_TEXT, "What brings you here now?", required=True),
    Field("wish", FieldKind.LONG_TEXT, "What should be different in three months?"),
    Field("earlier", FieldKind.CHOICE, "Have you had counseling or therapy before?",
          options=("No", "Yes, and it helped", "Yes, and it did not help")),
    Field("earlier_text", FieldKind.LONG_TEXT, "If so: when, with whom, and what was it like?"),
    _heading("health", "Health"),
    Field("doctor", FieldKind.TEXT, "Your doctor, with a phone number"),
    Field("medication", FieldKind.LONG_TEXT, "Medication you take now"),
    Field("sleep", FieldKind.SCALE, "How well do you sleep?", low=0, high=4,
          options=("Very badly", "Badly", "So-so", "Well", "Very well")),
    Field("alcohol", FieldKind.CHOICE, "How often do you drink alcohol?",
          options=("Never", "Rarely", "Every week", "Most days")),
    _heading("safety", "Safety"),
    Field("harm", FieldKind.CHOICE, "In the past month, have you thought of ending your life or of harming yourself?",
          required=True, options=("No", "Yes", "I would rather talk about it in person"),
          critical=("Yes", "I would rather talk about it in person")),
    Field("afraid", FieldKind.CHOICE, "Is there somebody at home or close to you of whom you are afraid?",
          options=("No", "Yes"), critical=("Yes",)),
    _heading("emergency", "In an emergency"),
    Field("contact", FieldKind.TEXT, "Whom may we call?", required=True),
    Field("contact_phone", FieldKind.TEXT, "Their phone number", required=True),
    _SIGNATURE,
), "Please answer as well as you can. You can leave out what you would rather tell in person.")

_CONSENT = Content((
    _read(
        "text", "Consent to treatment",
        "Psychotherapy is work that you and your therapist do together. It can bring up strong feelings before it "
        "helps, and nobody can promise a result. You can ask about the method at any time, and you can end the work at "
        "any time.",
        "What you say is confidential. Your therapist has to act, also without your consent, if you or somebody else "
        "is in serious danger, if a child or an adult who depends on others is being abused or neglected, or if a "
        "court orders it.",
        "Your therapist keeps a record of the work. You may ask to see it. In supervision your therapist may speak "
        "about the work with a supervisor, who is bound by the same confidentiality.",
        "Appointments that you cannot keep have to be cancelled in time; otherwise the fee that we have agreed on for "
        "a missed appointment is charged.",
        "The practice is not an emergency service. In a crisis call or text 988, or call 911.",
    ),
    _agree("understood", "I have read this, could ask questions, and agree to the treatment."),
    _SIGNATURE,
))

_NO_SECRETS = Content((
    _read(
        "text", "No-secrets policy",
        "When several people are in treatment together, the relationship between you is the client. Your therapist "
        "may see or hear from one of you alone.",
        "What one of you tells the therapist alone is not kept secret from the others where it matters for the work "
        "together. The therapist will first give you the chance to say it yourself.",
        "If you want to speak about something that has to stay between you and a therapist, please tell us; we help "
        "you to find somebody for yourself.",
    ),
    _agree("understood", "I have read this and agree to it."),
    _SIGNATURE,
))

_TELEHEALTH = Content((
    _read(
        "text", "Consent to telehealth",
        "Some appointments may be held by video or phone. You need a place where nobody overhears you, and a "
        "connection that you trust. Neither of us records anything.",
        "Technology can fail. If the connection breaks, your therapist calls you at the number that we have on file.",
        "At the beginning of each appointment please say where you are, so that help can reach you in an emergency. "
        "Your therapist may only work with you while you are in a state in which they are licensed.",
        "You can ask at any time to meet in person instead.",
    ),
    Field("place", FieldKind.TEXT, "Where you usually are during appointments (address)", required=True),
    _agree("understood", "I have read this and agree to appointments by video or phone."),
    _SIGNATURE,
))

_AGREEMENT = Content((
    _read(
        "text", "Consultation agreement",
        "Consultation is advice between professionals. The person who asks for it stays responsible for their own "
        "work and decides what to use. The consultant takes over no responsibility for anybody the consultee works "
        "with, and consultation does not replace supervision that a board requires.",
        "Please speak about people only in a way that does not identify them. What is said stays between us, within "
        "the limits of the law.",
        "Fees and cancellations are as agreed in writing. Either of us can end the work at any time.",
    ),
    Field("licence", FieldKind.TEXT, "Your profession and licence, with the state"),
    _agree("understood", "I have read this and agree to it."),
    _SIGNATURE,
))

_GROUND_RULES = Content((
    _read(
        "text", "How we work together",
        "This is a place for learning and practice. Take part as far as you like; you can sit out any exercise.",
        "What others tell about themselves stays in the room. Nothing is recorded or photographed.",
        "If something does not go well for you, tell whoever leads the day.",
    ),
    Field("expect", FieldKind.LONG_TEXT, "What would you like to take away?"),
    Field("needs", FieldKind.LONG_TEXT, "Is there anything we should prepare for you, such as access or food?"),
    Field("contact", FieldKind.TEXT, "Whom may we call in an emergency? (name and phone)"),
    _agree("understood", "I have read this and agree to it."),
    _SIGNATURE,
))

BUILT_IN: tuple[BuiltIn, ...] = (
    BuiltIn("intake", "Intake", FormPurpose.INTAKE, _INTAKE),
    BuiltIn("consent", "Consent to treatment", FormPurpose.CONSENT, _CONSENT),
    BuiltIn("no_secrets", "No-secrets policy", FormPurpose.NO_SECRETS, _NO_SECRETS),
    BuiltIn("telehealth", "Consent to telehealth", FormPurpose.TELEHEALTH, _TELEHEALTH),
    BuiltIn("agreement", "Consultation agreement", FormPurpose.CONSULTATION_AGREEMENT, _AGREEMENT),
    BuiltIn("ground_rules", "Ground rules and registration", FormPurpose.OTHER, _GROUND_RULES),
    *(BuiltIn(measure.key, measure.name, FormPurpose.MEASURE, measure_content(measure))
      for measure in MEASURES.values()),
)
"""Every form that comes with the product; a practice may rewrite all but the measures."""
