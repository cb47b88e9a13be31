"""A household on one mailbox and one phone, and a group of eight: who outside the practice may come across what.

Maya and Tom are a couple in one case; Maya has a case and a group of her own. Leo, 9, is Maya's child with a case that
Maya and David, her former husband, pay. Joan helps with Leo's appointments. One session of his, and one ahead, are
confidential to him. In each place stands a word of its own.
"""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from sqlalchemy import select

from practicerunner import clock, database
from practicerunner.records.acting import ActsFor
from practicerunner.records.billing import Invoice
from practicerunner.records.cases import Case
from practicerunner.records.forms import FormAssignment
from practicerunner.records.inquiries import Inquiry
from practicerunner.records.people import Organisation, Payer
from practicerunner.records.practice import Practice
from practicerunner.rules import library
from practicerunner.rules.permissions import PortalRole
from practicerunner.vocabulary import (
    AccessScope,
    ActingKind,
    CaseType,
    ContactKind,
    DocumentClass,
    DocumentTask,
    FormPurpose,
    InquiryStatus,
    NoteKind,
    OrganisationKind,
    PaymentMethodKind,
    ServiceCategory,
    SessionFormat,
    ThreadClass,
    Verdict,
)
from practicerunner.workflows import asker_moves
from practicerunner.workflows.access import PortalActor
from practicerunner.workflows.access_decisions import DecideAccess, decide_access
from practicerunner.workflows.acting import (
    AddActing,
    ChangeActing,
    LeaveOrganisation,
    VerifyActing,
    add_acting,
    change_acting,
    leave_organisation,
    verify_acting,
)
from practicerunner.workflows.asker_threads import WriteToAsker, write_to_asker
from practicerunner.workflows.attendance import AttendAll, attend_all
from practicerunner.workflows.booking import Book, book
from practicerunner.workflows.cases import OpenCase, Taking, open_case
from practicerunner.workflows.documents import UploadDocument, upload_document
from practicerunner.workflows.form_sending import AssignForms, assign_forms
from practicerunner.workflows.form_templates import AddForm, add_form
from practicerunner.workflows.library import SentPdf
from practicerunner.workflows.messages import StartThread, ToPerson, start_thread
from practicerunner.workflows.notes import SaveDraft, StartNote, save_draft, start_note
from practicerunner.workflows.payment_methods import SavePaymentMethod, save_payment_method
from practicerunner.workflows.people import AddPerson, Contact, OrganisationDetails, PersonDetails, add_person
from practicerunner.workflows.portal_amendments import AskToAmend, ask_to_amend
from practicerunner.workflows.portal_details import AskForChange, ask_for_change
from practicerunner.workflows.portal_documents import ShareDocument, share_document
from practicerunner.workflows.portal_forms import HandIn, hand_in_mine
from practicerunner.workflows.portal_messages import AskPractice, ask_practice
from practicerunner.workflows.portal_papers import SharePaper, share_paper
from practicerunner.workflows.practice import AddLocation, AddService, add_location, add_service
from practicerunner.workflows.relationships import AddOrganisationLink, link_organisation
from practicerunner.workflows.requests import AskForTime, AskToCancel, ask_for_time, ask_to_cancel
from practicerunner.workflows.statements import IssueStatement, issue_statement
from tests import files
from tests.cast import LABEL, Cast, arrange, at, hold, invoice, pay, payer_id, people_of
from tests.workflows.planning import a_plan, signed
from tests.workflows.sending import bring_forms, filled, revision, send
from tests.workflows.sending import signed as with_name

NOW = "2026-11-10 09:00"
MAIL, PHONE = "family@example.org", "518 555 0123"
SINCE = date(2026, 9, 1)
EIGHT = [f"Member{n} Heron{n}" for n in range(1, 8)]
"""With Maya they are eight."""
MEMBERS = tuple(name.split()[0] for name in EIGHT)
REPRESENTATIVE, HELPER = PortalRole.REPRESENTATIVE, PortalRole.HELPER


@dataclass
class House:
    """Everybody by first name, their cases, and who may come across which word."""

    cast: Cast
    people: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    may: dict[str, set[str]] = field(default_factory=dict)
    """Word → the viewers who come across it, each and every one of them."""

    @property
    def viewers(self) -> dict[str, PortalActor]:
        """Everybody outside the practice, in each way in which they come; the last three come as what they are not."""
        who = self.people
        return {
            **{name: PortalActor(who[name], name) for name in (
                "Maya", "Tom", "Leo", "David", "Joan", "Nell", *MEMBERS)},
            "Maya for Leo": PortalActor(who["Maya"], "Maya", REPRESENTATIVE, who["Leo"]),
            "Joan for Leo": PortalActor(who["Joan"], "Joan", HELPER, who["Leo"]),
            "Tom for Maya": PortalActor(who["Tom"], "Tom", REPRESENTATIVE, who["Maya"]),
            "David for Leo": PortalActor(who["David"], "David", REPRESENTATIVE, who["Leo"]),
            "Nell for Leo": PortalActor(who["Nell"], "Nell", HELPER, who["Leo"]),
        }

    def act(self, viewer: str, verb: Any, command: Any) -> Any:
        """Somebody acts from outside, in a transaction of its own."""
        with database.transaction(self.cast.engine) as session:
            return verb(session, self.viewers[viewer], command)


def details(first: str, last: str, born: date | None = None) -> PersonDetails:
    """Somebody at the household's mailbox and phone."""
    return PersonDetails(first_name=first, last_name=last, birth_date=born, contacts=(
        Contact(kind=ContactKind.EMAIL, value=MAIL, may_email=True), Contact(kind=ContactKind.PHONE, value=PHONE)))


def household(cast: Cast) -> House:
    """Bring them on and let them live until ``NOW``."""
    house = House(cast)
    with at("2026-09-01 09:00"):
        bring_forms(cast)
        _open_cases(house)
        _let_act(house)
    _write(house)
    _bill(house)
    _keep_to_leo(house)
    _talk(house)
    _inquire(house)
    _name_numbers(house)
    return house


def _open_cases(house: House) -> None:
    cast, provider = house.cast, house.cast.staff["Marcus"]

    def opened(key: str, case_type: CaseType, *taking: Taking, **more: Any) -> None:
        house.cases[key] = cast.do("Dana", open_case, OpenCase(
            type=case_type, provider_id=provider, participants=taking, opened_on=SINCE, **more))
        house.people |= {
            first: person for first, person in people_of(cast, house.cases[key]).items()
            if first not in house.people
        }

    opened("couple", CaseType.TWO_PERSON, Taking(person=details("Maya", "Rivera", date(1988, 4, 2))),
           Taking(person=details("Tom", "Rivera", date(1986, 11, 30))), label=LABEL)
    opened("mayas", CaseType.INDIVIDUAL, Taking(person_id=house.people["Maya"]))
    opened("leos", CaseType.INDIVIDUAL, Taking(person=details("Leo", "Castellano", date(2017, 5, 14))))
    opened("group", CaseType.THERAPY_GROUP, Taking(person_id=house.people["Maya"]), *(
        Taking(person=PersonDetails(first_name=name.split()[0], last_name=name.split()[1])) for name in EIGHT
    ), name="Heroncircle")
    for first, last in (("David", "Castellano"), ("Joan", "Pike"), ("Nell", "Heronleft")):
        house.people[first] = cast.do("Dana", add_person, AddPerson(person=details(first, last)))


def _let_act(house: House) -> None:
    cast, who = house.cast, house.people
    with database.transaction(cast.engine) as session:
        session.scalars(select(Practice)).one().helpers_may_schedule = True
    for first, kind, scopes in (
        ("Maya", ActingKind.PARENT, tuple(AccessScope)),
        ("Joan", ActingKind.PERSONAL_ASSISTANT, (AccessScope.SCHEDULING,)),
    ):
        acts = cast.do("Dana", add_acting, AddActing(
            client_id=who["Leo"], person_id=who[first], kind=kind, starts_on=SINCE))
        cast.do("Dana", verify_acting, VerifyActing(acts_for_id=acts, revision=1, evidence="paper seen"))
        for scope in scopes:
            cast.do("Dana", decide_access, DecideAccess(
                acts_for_id=acts, scope=scope, verdict=Verdict.GRANTED, starts_on=SINCE))
    _let_an_agency_help(house)


def _let_an_agency_help(house: House) -> None:
    """Joan helps as one of an agency's people; Nell did so too, with every scope, and works there no more."""
    cast, who = house.cast, house.people
    cast.do("Dana", link_organisation, AddOrganisationLink(
        person_id=who["Leo"], kind=OrganisationKind.SCHOOL, organisation=OrganisationDetails(name="Heronschool")))
    with database.reading(cast.engine) as session:
        joans = session.scalars(select(ActsFor).where(ActsFor.person_id == who["Joan"])).one()
    cast.do("Dana", change_acting, ChangeActing(
        acts_for_id=joans.id, revision=joans.revision, kind=joans.kind, starts_on=SINCE,
        organisation=OrganisationDetails(name="Heronagency")))
    cast.do("Dana", decide_access, DecideAccess(
        acts_for_id=joans.id, scope=AccessScope.SCHEDULING, verdict=Verdict.GRANTED, starts_on=SINCE))
    with database.reading(cast.engine) as session:
        agency = session.scalars(select(Organisation.id).where(Organisation.name == "Heronagency")).one()
    nells = cast.do("Dana", add_acting, AddActing(
        client_id=who["Leo"], person_id=who["Nell"], kind=ActingKind.CARE_COORDINATOR, starts_on=SINCE,
        organisation_id=agency))
    for scope in AccessScope:
        cast.do("Dana", decide_access, DecideAccess(
            acts_for_id=nells, scope=scope, verdict=Verdict.GRANTED, starts_on=SINCE))
    cast.do("Dana", leave_organisation, LeaveOrganisation(acts_for_id=nells))
    house.may |= {"Heronschool": set(), "Heronagency": {"Leo", "Joan"}, "Heronleft": {"Nell"}}


def _write(house: House) -> None:
    """A word in each place where somebody writes: forms, documents, requests, names, a note."""
    cast, who, cases = house.cast, house.people, house.cases
    house.may |= {"Heroncircle": {"Maya", *MEMBERS}}
    with at("2026-09-20 09:00"):
        for viewer, case, to, word in (
            ("Maya", "mayas", "Maya", "heronmaya"), ("Tom", "couple", "Tom", "herontom"),
            ("Maya for Leo", "leos", "Leo", "heronmother"), ("Leo", "leos", "Leo", "heronleo"),
            ("Member1", "group", "Member1", "heronmember"),
        ):
            (form,) = send(cast, cases[case], "intake", to=to)
            house.act(viewer, hand_in_mine, HandIn(
                assignment_id=form, revision=revision(cast, form),
                answers=with_name(cast, house.viewers[viewer].person_id, filled("intake", reason=word))))
            house.may[word] = {viewer}
        for case, to, access_class, word, shared in (
            ("leos", "Leo", DocumentClass.ADMIN, "herondesk", {"Leo", "Maya for Leo"}),
            ("leos", "Leo", DocumentClass.CLINICAL, "heronclinic", {"Leo"}),
            ("leos", "", DocumentClass.ADMIN, "heronunshared", set()),
            ("couple", "Maya", DocumentClass.ADMIN, "heronhers", {"Maya"}),
            ("group", "Member1", DocumentClass.ADMIN, "herongroup", {"Member1"}),
        ):
            document = cast.do("Marcus", upload_document, UploadDocument(
                case_id=cases[case], access_class=access_class, title=f"About {word}", file_name=f"{word}.txt",
                content=f"Of {word}.".encode()))
            if to:
                cast.do("Marcus", share_document, ShareDocument(document_id=document, person_ids=(who[to],)))
            house.may[word] = shared
        for case, to, word, seen in (
            ("couple", "Tom", "heronpolicy", {"Tom"}), ("leos", "Leo", "heronhouse", {"Leo", "Maya for Leo"}),
        ):
            policy = cast.do("Dana", add_form, AddForm(
                name=f"Of {word}", purpose=FormPurpose.PRACTICE_DOCUMENT,
                content=library.document(f"Of {word}", DocumentTask.SIGN),
                pdfs=(SentPdf(key=library.DOCUMENT, file_name=f"{word}.pdf", content=files.pdf(Lang=word)),)))
            cast.do("Tom", assign_forms, AssignForms(
                case_id=cases[case], template_ids=(policy,), person_ids=(who[to],)))
            house.may[word] = seen
    _plan(house)
    with at(NOW):
        for viewer, case, day, word, seen in (
            ("Maya", "mayas", 16, "heronwish", {"Maya"}), ("Tom", "couple", 17, "herontomasks", {"Tom"}),
            ("Joan for Leo", "leos", 18, "heronhelps", {"Joan for Leo", "Maya for Leo", "Leo"}),
        ):
            house.act(viewer, ask_for_time, AskForTime(
                case_id=cases[case], local_date=date(2026, 11, day), local_time=time(9), message=word))
            house.may[word] = seen


def _plan(house: House) -> None:
    """Plans in three cases: one that was shared with her whose it is, one with nobody, one with Leo."""
    cast, who, cases = house.cast, house.people, house.cases
    for case, of, word, seen in (
        ("couple", "Maya", "heronplanned", {"Maya"}), ("couple", "Tom", "heronwithheld", set()),
        ("leos", "Leo", "heronsleeps", {"Leo", "Maya for Leo"}),
    ):
        note = signed(cast, cases[case], who[of], a_plan(word), on="2026-09-21 09:00")
        if seen:
            with at("2026-09-21 10:00"):
                cast.do("Marcus", share_paper, SharePaper(note_id=note, person_ids=(who[of],)))
        house.may[word] = seen


def _bill(house: House) -> None:
    """Sessions, invoices, payments, statements and cards; each invoice's number is a word of its payer's."""
    cast, who, cases = house.cast, house.people, house.cases
    arrange(cast, cases["couple"], {who["Tom"]: 10000}, since="2026-09-01")
    arrange(cast, cases["leos"], {who["Maya"]: 6000, who["David"]: 4000}, since="2026-09-01")
    held = [
        hold(cast, cases["couple"], "FAM50", "2026-10-07 10:00"),
        hold(cast, cases["mayas"], "IND60", "2026-10-08 10:00"),
        hold(cast, cases["leos"], "IND50", "2026-10-09 10:00"), hold(cast, cases["group"], "GRP90", "2026-10-10 18:00"),
    ]
    for one in held:
        invoice(cast, one)
    for first, case in (("Tom", "couple"), ("David", "leos"), ("Maya", "mayas")):
        pay(cast, payer_id(cast, who[first]), cases[case], 20_00, "2026-10-20")
    with at("2026-10-12 09:00"):
        note = cast.do("Marcus", start_note, StartNote(
            appointment_id=held[1], kind=NoteKind.PROGRESS, form="free"))
        cast.do("Marcus", save_draft, SaveDraft(note_id=note, revision=1, sections={"text": "heronnote"}))
        house.may["heronnote"] = set()
        for first, case, brand, last_four in (
            ("Tom", "couple", "Visa", "4417"), ("Maya", "mayas", "Amex", "9921"), ("David", "leos", "Visa", "3358"),
        ):
            cast.do("Tom", save_payment_method, SavePaymentMethod(
                case_id=cases[case], payer_id=payer_id(cast, who[first]), kind=PaymentMethodKind.CARD, brand=brand,
                last_four=last_four, expires="2028-04", token=f"tok_{first}"))
            house.may[f"'{last_four}'"] = {first}
    with at("2026-11-02 09:00"):
        for first in ("Maya", "Tom", "David", "Member1"):
            cast.do("Tom", issue_statement, IssueStatement(
                payer_id=payer_id(cast, who[first]), starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31)))
        for case, service, day in (("couple", "FAM50", 19), ("mayas", "IND60", 20), ("leos", "IND50", 23),
                                   ("group", "GRP90", 24)):
            cast.do("Marcus", book, Book(
                case_id=cases[case], service_id=cast.services[service], local_date=date(2026, 11, day),
                local_time=time(11), format=SessionFormat.VIDEO))


def _keep_to_leo(house: House) -> None:
    """What is confidential to Leo: a session that was held and invoiced, one ahead, a request, a document, a form."""
    cast, leo, case_id = house.cast, house.people["Leo"], house.cases["leos"]
    with at("2026-10-01 09:00"):
        cast.services["HERONSERVICE"] = cast.do("Dana", add_service, AddService(
            name="Heronservice", category=ServiceCategory.THERAPY, minutes=50, fee_cents=170_00))
        places = [cast.do("Dana", add_location, AddLocation(name=name)) for name in ("Heronroom", "Heronattic")]
    with at("2026-10-14 07:00"):
        held = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["HERONSERVICE"], local_date=date(2026, 10, 14),
            local_time=time(17), location_id=places[0], confidential=(leo,)))
    with at("2026-10-14 22:00"):
        cast.do("Marcus", attend_all, AttendAll(appointment_id=held))
    invoice(cast, held, on="2026-10-28")
    with at("2026-11-02 10:00"):
        for first in ("Maya", "David"):
            cast.do("Tom", issue_statement, IssueStatement(
                payer_id=payer_id(cast, house.people[first]), case_id=case_id, starts_on=date(2026, 10, 2),
                ends_on=date(2026, 10, 31)))
        ahead = cast.do("Marcus", book, Book(
            case_id=case_id, service_id=cast.services["HERONSERVICE"], local_date=date(2026, 11, 25),
            local_time=time(17), location_id=places[1], confidential=(leo,)))
        document = cast.do("Marcus", upload_document, UploadDocument(
            case_id=case_id, access_class=DocumentClass.ADMIN, title="About heronkept", file_name="kept.txt",
            content=b"Of heronkept."))
        cast.do("Marcus", share_document, ShareDocument(document_id=document, person_ids=(leo,), confidential=True))
        (form,) = send(cast, case_id, "telehealth", to="Leo")
        with database.transaction(cast.engine) as session:  # as one that is given once he has consented himself
            session.get_one(FormAssignment, form).confidential = True
    with at(NOW):
        house.act("Leo", ask_to_cancel, AskToCancel(appointment_id=ahead, message="heronaway"))
    # Neither who pays for it nor who acts for him reads the service, the day or the room.
    house.may |= {word: {"Leo"} for word in (
        "Heronattic", "heronkept", "heronaway", "Consent to telehealth", "date(2026, 10, 14)", "date(2026, 11, 25)")}
    house.may |= {"Heronservice": set(), "Heronroom": set(), "14 October 2026": set()}


def _talk(house: House) -> None:
    """What is written in conversations, each with its audience, and what somebody asked to have changed about them."""
    cast, who, cases = house.cast, house.people, house.cases
    leo = who["Leo"]
    with at("2026-11-08 09:00"):
        for case, kind, word, people, seen in (
            ("couple", ThreadClass.CLINICAL, "heronpair", (ToPerson(person_id=who["Maya"]),
                                                           ToPerson(person_id=who["Tom"])), {"Maya", "Tom"}),
            ("couple", ThreadClass.CLINICAL, "herononly", (ToPerson(person_id=who["Maya"]),), {"Maya"}),
            ("leos", ThreadClass.ADMIN, "heronforhim", (ToPerson(person_id=leo),), {"Leo"}),
            ("leos", ThreadClass.ADMIN, "heronforher", (ToPerson(person_id=who["Maya"], for_id=leo),),
             {"Maya for Leo"}),
            ("group", ThreadClass.ADMIN, "heronsecond", (ToPerson(person_id=who["Member2"]),), {"Member2"}),
        ):
            cast.do("Marcus", start_thread, StartThread(
                case_id=cases[case], thread_class=kind, subject=f"Of {word}", text=f"Of {word}.", people=people))
            house.may[word] = seen
        for viewer, case, word in (
            ("Tom", "couple", "heronalone"), *((name, "group", f"heronof{name.lower()}") for name in MEMBERS),
        ):
            house.act(viewer, ask_practice, AskPractice(
                case_id=cases[case], thread_class=ThreadClass.CLINICAL, subject=f"On {word}", text=f"{word}, please."))
            house.may[word] = {viewer}
        for viewer, word in (("Maya", "heronnumber"), ("Tom", "heronmoved"), ("Leo", "heronnick"),
                             ("Member3", "heronstreet")):
            house.act(viewer, ask_for_change, AskForChange(text=f"New: {word}"))
            house.may[word] = {viewer}
        for viewer, case, word in (("Tom", "couple", "heronamends"), ("Maya for Leo", "leos", "heronwrongofhim"),
                                   ("Member4", "group", "heronsaid")):
            house.act(viewer, ask_to_amend, AskToAmend(case_id=cases[case], text=f"Not so: {word}"))
            house.may[word] = {viewer}


def _inquire(house: House) -> None:
    """Maya came to the couple's case by an inquiry; somebody at the same mailbox asks and is nobody's client."""
    cast, maya = house.cast, house.people["Maya"]
    with at("2026-11-08 10:00"):
        for word, told, stays in (("heronasks", "herontold", False), ("heronstays", "heronstold", True)):
            with database.transaction(cast.engine) as session:
                asked = Inquiry(
                    received_at=clock.now(), first_name="Maya", email=MAIL, case_type=CaseType.TWO_PERSON, message=word,
                    provider_id=cast.staff["Marcus"])
                session.add(asked)
                session.flush()
                inquiry_id = asked.id
            cast.do("Marcus", write_to_asker, WriteToAsker(inquiry_id=inquiry_id, text=f"Of {told}."))
            house.may[word] = house.may[told] = set() if stays else {"Maya"}
            if stays:
                continue
            marcus = cast.actor("Marcus")
            with database.transaction(cast.engine) as session:
                found, couple = session.get_one(Inquiry, inquiry_id), session.get_one(Case, house.cases["couple"])
                found.status, found.case_id, found.person_id = InquiryStatus.PROSPECT, couple.id, maya
                session.flush()
                asker_moves.follow(session, marcus, couple, maya)


def _name_numbers(house: House) -> None:
    """Each invoice's number is a word of its payer's."""
    cast, who = house.cast, house.people
    with database.reading(cast.engine) as session:
        for number, person_id in session.execute(
            select(Invoice.number, Payer.person_id).join(Payer, Payer.id == Invoice.payer_id)
        ):
            first = next(name for name, one in who.items() if one == person_id)
            house.may[number] = {first} & set(house.viewers)
    house.may |= {name.split()[1]: {name.split()[0]} for name in EIGHT}
    house.may["Pike"] = {"Joan", "Leo"}  # Leo reads who has access for him
    house.may["Tom"] = {"Tom", "Maya"}  # the couple's case has both names
