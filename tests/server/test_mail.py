"""E-mails to a real mail server: what arrives, once, over which connection, and what becomes of those that do not."""

import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from sqlalchemy import Engine, select

from practicerunner import clock, database
from practicerunner.records.audit import AuditRow
from practicerunner.records.outbox import OutboxMessage
from practicerunner.records.people import ContactPoint
from practicerunner.records.practice import Practice
from practicerunner.server import jobs, mail
from practicerunner.settings import settings
from practicerunner.vocabulary import CancelledBy, MessageKind, MessageStatus
from practicerunner.workflows import outbox
from practicerunner.workflows.scheduling import Cancel, cancel
from tests.cast import Cast, at, bring_on, moment
from tests.workflows.test_outbox import mail as mailbox
from tests.workflows.test_outbox import person
from tests.workflows.test_reminders import booked, couple, times

NOON = "2026-09-08 12:00"
PASSWORD = "a password of the mail server"
OURS = ("smtp_host", "smtp_port", "smtp_tls", "smtp_user", "smtp_password", "smtp_ca_file", "mail_from")


class Box:
    """What a mail server received, over how many connections, and what it shall answer."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.to: list[list[str]] = []
        self.connections: set[tuple[str, int]] = set()
        self.encrypted: list[bool] = []
        self.signed_in: list[bool] = []
        self.on_recipient: Callable[[str], str] = lambda address: "250 OK"
        self.on_data: Callable[[str], str] = lambda address: "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.on_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.on_data(envelope.rcpt_tos[0])
        if answer == "hang up":
            server.transport.abort()
        elif answer.startswith("250"):
            self.raw.append(envelope.content)
            self.to.append(envelope.rcpt_tos)
            self.connections.add(session.peer)
            self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
            self.signed_in.append(session.authenticated)
        return answer

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.raw]  # type: ignore[misc]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(autouse=True)
def mail_settings() -> Iterator[None]:
    before = {name: getattr(settings(), name) for name in OURS}
    yield
    for name, value in before.items():
        setattr(settings(), name, value)


def point_to(port: int, **more: Any) -> None:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none",
             "mail_from": "desk@linden.example"} | more
    for name, value in given.items():
        setattr(settings(), name, value)


@pytest.fixture
def box() -> Iterator[Box]:
    """A mail server on a port of its own, without encryption."""
    found = Box()
    server = Controller(found, hostname="127.0.0.1", port=free_port())
    server.start()
    point_to(server.port)
    yield found
    server.stop()


@pytest.fixture
def practice(sqlite_engine: Engine) -> Cast:
    return bring_on(sqlite_engine)


def put(cast: Cast, number: int, *, who: int, subject: str = "Your request", body: str = "It was answered.\n",
        expires_at: datetime | None = None) -> int:
    with database.transaction(cast.engine) as session:
        made = outbox.put(session, MessageKind.REQUEST_ANSWERED, f"m{number}", subject, body, person_id=who,
                          expires_at=expires_at)
    assert made is not None
    return made


def ida(cast: Cast, name: str = "ida") -> int:
    return person(cast, mailbox(f"{name}@holm.example", preferred=True))


def row(cast: Cast, message_id: int) -> OutboxMessage:
    with database.reading(cast.engine) as session:
        return session.get_one(OutboxMessage, message_id)


# --- What arrives


def test_a_reminder_as_it_arrives_header_by_header_and_word_for_word(practice: Cast, box: Box) -> None:
    with at("2026-08-20 09:00"):
        times(practice, 24)
        booked(practice, couple(practice, ben_mail=False), "2026-09-08 10:00")
    with at("2026-09-07 10:00"):
        jobs.make_reminders()
        jobs.send_messages()
        jobs.make_reminders()
        jobs.send_messages()
    (letter,) = box.letters
    headers = {name: str(value) for name, value in letter.items()}
    received = {"X-Peer", "X-MailFrom", "X-RcptTo"}
    name = headers.pop("Message-ID")
    assert re.fullmatch(r"<\d+\.outbox@linden\.example>", name)
    assert {k: v for k, v in headers.items() if k not in received} == {
        "From": "Linden Street Practice <desk@linden.example>", "To": "ada@river.example",
        "Reply-To": "Linden Street Practice <desk@linden.example>",
        "Subject": "Reminder: your appointment on Tuesday 8 September 2026, 10:00",
        "Date": "Mon, 07 Sep 2026 14:00:00 +0000", "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": "7bit", "MIME-Version": "1.0",
    }
    assert letter.get_content().replace("\r\n", "\n") == (
        "Hello Ada,\n\nThis is a reminder of your appointment:\n\nTuesday 8 September 2026, 10:00\nOffice\n"
        "12 Linden Street\n\nIf you cannot come, please call us: +1 518 555 0100\n\nLinden Street Practice\n")
    assert box.to == [["ada@river.example"]]
    everything = box.raw[0].decode().lower()
    for word in ("fam50", "sentinel", "ben", "family", "210", "marcus", "memo", "therapy"):
        assert word not in everything, word


def test_a_batch_goes_over_one_connection_oldest_first_and_none_twice(practice: Cast, box: Box) -> None:
    made = []
    for number in range(5):
        with clock.frozen(moment(NOON) + timedelta(seconds=number)):
            made.append(put(practice, number, who=ida(practice, f"ida{number}")))
    with at("2026-09-08 12:01"):
        assert mail.send_waiting() == 5
        assert mail.send_waiting() == 0
    assert box.to == [[f"ida{number}@holm.example"] for number in range(5)]
    assert len(box.connections) == 1
    found = [row(practice, one) for one in made]
    assert {(one.status, one.attempts, one.sent_at) for one in found} == {
        (MessageStatus.SENT, 1, moment("2026-09-08 12:01"))}


def test_letters_of_all_the_world_arrive_and_a_long_line_too(practice: Cast, box: Box) -> None:
    body = f"Grüße, שרה, 山田\n{'https://meet.example/' + 'x' * 250}\n.\n..\nHere\n"
    put(practice, 1, who=ida(practice), subject="Größe 山田", body=body)
    mail.send_waiting()
    (letter,) = box.letters
    assert letter["Subject"] == "Größe 山田"
    assert letter.get_content().replace("\r\n", "\n") == body
    assert all(byte < 128 for byte in box.raw[0])


@pytest.mark.parametrize("hostile", ["Linden\r\nBcc: all@evil.example", "Linden\nSubject: x\n\nbody", 'L"; <e@v.x>, "',
                                     "Linden\x00\x0b\u2028Bcc: y"])
def test_no_name_and_no_subject_adds_a_header(practice: Cast, box: Box, hostile: str) -> None:
    with database.transaction(practice.engine) as session:
        session.scalars(select(Practice)).one().name = hostile
    put(practice, 1, who=ida(practice), subject=hostile, body=f"Hello {hostile}\r\n.\r\nQUIT\r\n")
    assert mail.send_waiting() == 1
    (letter,) = box.letters
    assert sorted(set(letter.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"}) == sorted([
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version"])
    assert box.to == [["ida@holm.example"]]
    assert [one.addr_spec for one in letter["From"].addresses] == ["desk@linden.example"]
    assert "evil" not in str(letter["To"]) and "\n" not in letter["Subject"]


def test_the_sender_s_own_name_goes_before_the_practice_s(practice: Cast, box: Box) -> None:
    settings().mail_from = "The desk <no-reply@linden.example>"
    put(practice, 1, who=ida(practice))
    mail.send_waiting()
    (letter,) = box.letters
    assert (str(letter["From"]), str(letter["Reply-To"])) == (
        "The desk <no-reply@linden.example>", "Linden Street Practice <desk@linden.example>")


# --- Once


def test_four_processes_at_once_write_and_send_each_reminder_once(cast: Cast, box: Box) -> None:
    with at("2026-08-20 09:00"):
        times(cast, 24)
        for hour in range(8, 14):
            booked(cast, couple(cast), f"2026-09-08 {hour:02d}:00")
    gate = Barrier(4)

    def work() -> None:
        gate.wait()
        assert jobs.run_once(only_every_minute=True) == []

    workers = [Thread(target=work) for _ in range(4)]
    with at("2026-09-07 13:00"):
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert jobs.run_once(only_every_minute=True) == []
    ids = [str(letter["Message-ID"]) for letter in box.letters]
    assert len(ids) == len(set(ids)) == 12
    with database.reading(cast.engine) as session:
        assert set(session.scalars(select(OutboxMessage.status))) == {MessageStatus.SENT}


def test_after_a_restart_nothing_is_sent_twice_and_what_was_begun_is_sent(cast: Cast, box: Box) -> None:
    start = moment(NOON)
    with clock.frozen(start):
        messages = [put(cast, number, who=ida(cast)) for number in range(2)]
        with database.transaction(cast.engine) as session:
            begun = outbox.claim(session, "a process that ends here")
        assert begun is not None and begun.id == messages[0]
        assert mail.send_waiting() == 1
    with clock.frozen(start + timedelta(minutes=9)):
        assert mail.send_waiting() == 0
    with clock.frozen(start + timedelta(minutes=11)):
        assert mail.send_waiting() == 1
        assert mail.send_waiting() == 0
    assert len({str(letter["Message-ID"]) for letter in box.letters}) == len(box.raw) == 2


def test_what_was_cancelled_before_it_was_sent_is_not_sent(practice: Cast, box: Box) -> None:
    with at("2026-08-20 09:00"):
        times(practice, 24)
        appointment = booked(practice, couple(practice), "2026-09-08 10:00")
        kept = booked(practice, couple(practice), "2026-09-08 12:00")
    with at("2026-09-07 12:00"):
        jobs.make_reminders()
        practice.do("Marcus", cancel, Cancel(appointment_id=appointment, by=CancelledBy.PROVIDER))
        jobs.send_messages()
    assert len(box.raw) == 2 and all(b"12:00" in raw for raw in box.raw)
    with database.reading(practice.engine) as session:
        found = session.execute(select(OutboxMessage.appointment_id, OutboxMessage.status)).tuples().all()
    assert set(found) == {(appointment, MessageStatus.DROPPED), (kept, MessageStatus.SENT)}


def test_who_no_longer_allows_e_mail_gets_none_and_a_new_address_is_used(practice: Cast, box: Box) -> None:
    one, two = ida(practice, "one"), ida(practice, "two")
    first, second = put(practice, 1, who=one), put(practice, 2, who=two)
    with database.transaction(practice.engine) as session:
        session.scalars(select(ContactPoint).where(ContactPoint.person_id == one)).one().may_email = False
        session.scalars(select(ContactPoint).where(ContactPoint.person_id == two)).one().value = "new@holm.example"
    mail.send_waiting()
    assert box.to == [["new@holm.example"]]
    assert (row(practice, first).status, row(practice, second).status) == (MessageStatus.DROPPED, MessageStatus.SENT)


# --- When it does not arrive


def test_without_a_mail_server_messages_wait_and_are_logged_the_same(practice: Cast, box: Box) -> None:
    def logged() -> list[tuple[str, str]]:
        query = select(AuditRow.resource, AuditRow.detail).where(AuditRow.action == "write_message")
        with database.reading(practice.engine) as session:
            return [(resource, detail) for resource, detail in session.execute(query)]

    client = ida(practice)
    sent = put(practice, 1, who=client)
    mail.send_waiting()
    settings().smtp_host = ""
    with clock.frozen(moment(NOON)):
        waiting = put(practice, 2, who=client)
        late = put(practice, 3, who=client, expires_at=moment(NOON) + timedelta(hours=1))
    with clock.frozen(moment(NOON) + timedelta(hours=2)):
        assert mail.send_waiting() == 0
    assert [row(practice, one).status for one in (sent, waiting, late)] == [
        MessageStatus.SENT, MessageStatus.WAITING, MessageStatus.DROPPED]
    assert len(box.raw) == 1 and logged() == [("messages_admin", "request_answered")] * 3


def test_a_refused_connection_is_tried_again_and_stops_the_run(practice: Cast, box: Box) -> None:
    right, start = settings().smtp_port, moment(NOON)
    settings().smtp_port = free_port()
    client = ida(practice)
    with clock.frozen(start):
        first, second = put(practice, 1, who=client), put(practice, 2, who=client)
        assert mail.send_waiting() == 0
    found = row(practice, first)
    assert (found.status, found.attempts, found.last_problem, found.try_after) == (
        MessageStatus.WAITING, 1, "The mail server cannot be reached.", start + timedelta(minutes=1))
    assert row(practice, second).attempts == 0
    settings().smtp_port = right
    with clock.frozen(start + timedelta(seconds=59)):
        assert mail.send_waiting() == 1
    with clock.frozen(start + timedelta(seconds=60)):
        assert mail.send_waiting() == 1
    assert row(practice, first).status is row(practice, second).status is MessageStatus.SENT


@pytest.mark.parametrize(("where", "answer", "problem"), [
    ("on_recipient", "450 4.2.1 ida@holm.example is busy", "The mail server refused the recipient's address (450)."),
    ("on_recipient", "550 5.1.1 no ida@holm.example", "The mail server refused the recipient's address (550)."),
    ("on_data", "451 4.3.0 try ida@holm.example later", "The mail server refused the message (451)."),
    ("on_data", "554 5.7.1 ida@holm.example spam", "The mail server refused the message (554)."),
])
def test_a_refused_message_is_tried_five_times_while_others_go_through(
    practice: Cast, box: Box, where: str, answer: str, problem: str
) -> None:
    setattr(box, where, lambda address: answer if address.startswith("ida") else "250 OK")
    now = moment(NOON)
    with clock.frozen(now):
        refused, other = put(practice, 1, who=ida(practice)), put(practice, 2, who=ida(practice, "olaf"))
        assert mail.send_waiting() == 1
    assert box.to == [["olaf@holm.example"]] and row(practice, other).status is MessageStatus.SENT
    for wait in outbox.DELAYS:
        found = row(practice, refused)
        assert (found.status, found.last_problem) == (MessageStatus.WAITING, problem)
        now += wait
        with clock.frozen(now):
            assert mail.send_waiting() == 0
    assert (row(practice, refused).status, row(practice, refused).attempts) == (MessageStatus.FAILED, 5)
    setattr(box, where, lambda address: "250 OK")
    with clock.frozen(now + timedelta(days=1)):
        assert mail.send_waiting() == 0
        practice.do("Dana", outbox.try_again, outbox.TryAgain(message_id=refused))
        assert mail.send_waiting() == 1


def test_a_message_at_which_the_server_hangs_up_keeps_no_other(practice: Cast, box: Box) -> None:
    box.on_data = lambda address: "hang up" if address.startswith("ida") else "250 OK"
    with clock.frozen(moment(NOON)):
        poison, other = put(practice, 1, who=ida(practice)), put(practice, 2, who=ida(practice, "olaf"))
        assert mail.send_waiting() == 1
    assert row(practice, other).status is MessageStatus.SENT
    assert row(practice, poison).last_problem == "The mail server ended the connection."


def test_a_message_that_cannot_be_written_keeps_no_other(practice: Cast, box: Box) -> None:
    bad, good = ida(practice, "bad"), ida(practice, "good")
    with clock.frozen(moment(NOON)):
        poison, other = put(practice, 1, who=bad), put(practice, 2, who=good)
    with database.transaction(practice.engine) as session:
        found = session.scalars(select(ContactPoint).where(ContactPoint.person_id == bad)).one()
        found.value = "bad@holm.example\r\nRCPT TO:<all@evil.example>"
    with clock.frozen(moment(NOON)):
        assert mail.send_waiting() == 1
    assert box.to == [["good@holm.example"]] and row(practice, other).status is MessageStatus.SENT
    assert row(practice, poison).last_problem == "This could not be written as an e-mail."


def test_the_log_names_no_address_no_text_and_no_password(
    practice: Cast, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    settings().smtp_user, settings().smtp_password = "desk-user", SecretStr(PASSWORD)
    box.on_data = lambda address: f"554 no {address} It was answered"
    with caplog.at_level(logging.DEBUG), clock.frozen(moment(NOON)):
        put(practice, 1, who=ida(practice))
        mail.send_waiting()  # this server offers no sign-in
        settings().smtp_user = ""
    with caplog.at_level(logging.DEBUG), clock.frozen(moment(NOON) + timedelta(hours=1)):
        mail.send_waiting()
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("practicerunner"))
    assert "refused the message (554)" in ours and "no sign-in" in ours
    for secret in ("ida", "holm", "answered", PASSWORD, "desk-user"):
        assert secret not in ours, secret
    assert PASSWORD not in repr(settings())


# --- Encrypted


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two certificates for 127.0.0.1, each its own authority, and their keys."""
    folder, made = tmp_path_factory.mktemp("certificates"), {}
    for name in ("right", "wrong"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(clock.now() - timedelta(days=1))
            .not_valid_after(clock.now() + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        made[name], made[f"{name} key"] = folder / f"{name}.pem", folder / f"{name}.key"
        made[name].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        made[f"{name} key"].write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return made


@pytest.fixture(params=["starttls", "tls"])
def encrypted(request: pytest.FixtureRequest, certificates: dict[str, Path]) -> Iterator[Box]:
    """A mail server that takes messages only encrypted and after a sign-in."""
    found = Box()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates["right"], certificates["right key"])

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (b"desk", PASSWORD.encode())
        return AuthResult(success=right, handled=right)

    how = {"starttls": {"tls_context": context, "require_starttls": True, "auth_require_tls": True},
           "tls": {"ssl_context": context, "auth_require_tls": False}}
    server = Controller(found, hostname="127.0.0.1", port=free_port(), auth_required=True, authenticator=check,
                        **how[request.param])
    server.start()
    point_to(server.port, smtp_host="localhost", smtp_tls=request.param, smtp_user="desk",
             smtp_password=SecretStr(PASSWORD), smtp_ca_file=certificates["right"])
    yield found
    server.stop()


def test_over_an_encrypted_connection_and_signed_in(practice: Cast, encrypted: Box) -> None:
    put(practice, 1, who=ida(practice))
    assert mail.send_waiting() == 1
    assert (encrypted.encrypted, encrypted.signed_in) == ([True], [True])


@pytest.mark.parametrize(("change", "problem"), [
    ({"smtp_ca_file": "wrong"}, "The certificate of the mail server is not valid."),
    ({"smtp_host": "127.0.0.1"}, "The certificate of the mail server is not valid."),
    ({"smtp_password": SecretStr("another")}, "The mail server refused the user name or the password."),
    ({"smtp_user": ""}, "The mail server refused the sender (530)."),
])
def test_nothing_is_sent_to_a_server_that_is_not_ours_or_does_not_know_us(
    practice: Cast, encrypted: Box, certificates: dict[str, Path], change: dict[str, Any], problem: str
) -> None:
    for name, value in change.items():
        setattr(settings(), name, certificates.get(value, value) if isinstance(value, str) else value)
    message = put(practice, 1, who=ida(practice))
    assert mail.send_waiting() == 0
    assert encrypted.raw == [] and row(practice, message).last_problem == problem


def test_a_server_that_offers_no_encryption_gets_nothing(practice: Cast, box: Box) -> None:
    settings().smtp_tls = "starttls"
    message = put(practice, 1, who=ida(practice))
    assert mail.send_waiting() == 0
    assert box.raw == [] and row(practice, message).status is MessageStatus.WAITING


def test_settings_that_cannot_work_say_why_and_nothing_is_tried(practice: Cast, box: Box) -> None:
    message = put(practice, 1, who=ida(practice))
    for change, words in (
        ({"smtp_host": ""}, "E-mail is not set up"), ({"mail_from": "desk"}, "MAIL_FROM is not an e-mail address"),
        ({"smtp_host": "mail.linden.example", "smtp_user": "desk"}, "could be read on the way"),
    ):
        before = {name: getattr(settings(), name) for name in change}
        for name, value in change.items():
            setattr(settings(), name, value)
        assert words in settings().why_no_mail and mail.send_waiting() == 0
        for name, value in before.items():
            setattr(settings(), name, value)
    assert (settings().why_no_mail, row(practice, message).attempts) == ("", 0)
