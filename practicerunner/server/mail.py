"""Sending what waits in the outbox by SMTP, one connection for all of it.

Neither an address, nor a text, nor a password, nor what the mail server answered reaches a log or the problem that is
kept with a message: an answer may quote all of them. What went wrong is said in our own words.
"""

import logging
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from email_validator import EmailNotValidError, validate_email

from practicerunner import clock, database, ids
from practicerunner.records import practice
from practicerunner.records.outbox import OutboxMessage
from practicerunner.settings import settings
from practicerunner.workflows import outbox, reminders

log = logging.getLogger(__name__)
TIMEOUT = 20.0
"""Seconds that the mail server has for each of its answers; a message takes five or six."""
MOST_A_RUN = 500
PORTS = {"none": 25, "starttls": 587, "tls": 465}
POLICY = SMTP.clone(cte_type="7bit")
"""A header takes no line break, and the text arrives whatever the servers on the way can carry."""
UNWANTED = "What it was about changed in the meantime, or a later reminder was due, so it was not needed."
_STILL_THERE = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)
"""Refusals after which the connection can be used for the next message."""
_IN_OUR_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "The certificate of the mail server is not valid."),
    (ssl.SSLError, "No secure connection to the mail server could be made."),
    (smtplib.SMTPAuthenticationError, "The mail server refused the user name or the password."),
    (smtplib.SMTPNotSupportedError, "The mail server offers no encryption, no sign-in, or not this kind of address."),
    (smtplib.SMTPRecipientsRefused, "The mail server refused the recipient's address"),
    (smtplib.SMTPSenderRefused, "The mail server refused the sender"),
    (smtplib.SMTPDataError, "The mail server refused the message"),
    (smtplib.SMTPResponseException, "The mail server refused the connection"),
    (smtplib.SMTPServerDisconnected, "The mail server ended the connection."),
    (TimeoutError, "The mail server did not answer in time."),
    (OSError, "The mail server cannot be reached."),
)


class NoConnection(Exception):
    """The mail server lets nothing through; every other message would fail in the same way."""


@dataclass(frozen=True, slots=True)
class Practice:
    """Who writes, as the recipient sees it."""

    name: str
    reply_to: str


class Line:
    """One connection to the mail server: made for the first message, and anew if the server ends it."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def send(self, letter: EmailMessage) -> None:
        """Hand a message over for the one address it is to. Raises NoConnection, or what smtplib raises."""
        if self._smtp is None:
            try:
                self._smtp = _connect()
            except Exception as trouble:
                raise NoConnection(in_our_words(trouble)) from None
        try:
            self._smtp.send_message(letter, _sender()[1], [letter["To"].addresses[0].addr_spec])
        except Exception as trouble:
            if not isinstance(trouble, _STILL_THERE) or self._smtp.sock is None:
                self.hang_up()
            raise

    def hang_up(self) -> None:
        """End the connection, politely if the server still listens."""
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.quit()
            self._smtp.close()
        self._smtp = None


def send_waiting() -> int:
    """Send what may go out now and drop what is of no use any more. Returns how many messages were sent.

    Without a mail server nothing is sent, and messages wait.
    """
    with database.transaction() as session:
        outbox.drop_expired(session)
    if settings().why_no_mail:
        return 0
    worker, line, done = ids.new_operation(), Line(), 0
    try:
        for _ in range(MOST_A_RUN):
            with database.transaction() as session:
                message = outbox.claim(session, worker)
            if message is None:
                break
            done += _send(message.id, worker, line)
    except NoConnection as trouble:
        log.warning("no e-mail was sent: %s", trouble)
    finally:
        line.hang_up()
    if done:
        log.info("e-mails sent: %d", done)
    return done


def _send(message_id: int, worker: str, line: Line) -> bool:
    """Send a message that this worker has taken, and write down what became of it. Whatever is wrong with one message
    keeps no other. Returns whether it was sent. Raises NoConnection once that is written down.
    """
    try:
        with database.transaction() as session:
            message = reminders.still_wanted(session, message_id)
            if message is None:
                outbox.drop(session, message_id, worker, UNWANTED)
                return False
            us = practice.the_practice(session)
        line.send(compose(message, Practice(us.name, us.email)))
    except Exception as trouble:
        problem = str(trouble) if isinstance(trouble, NoConnection) else in_our_words(trouble)
        with database.transaction() as session:
            outbox.failed(session, message_id, worker, problem)
        if isinstance(trouble, NoConnection):
            raise
        log.warning("an e-mail was not sent: %s", problem)
        return False
    with database.transaction() as session:
        return outbox.sent(session, message_id, worker)


def compose(message: OutboxMessage, us: Practice) -> EmailMessage:
    """The e-mail as it goes out: plain text, nothing attached. Raises ValueError for an address that is none."""
    name, address = _sender()
    letter = EmailMessage(policy=POLICY)
    letter["From"] = Address(_line(name or us.name), addr_spec=address)
    letter["To"] = Address(addr_spec=_ascii(message.to_address))
    with suppress(ValueError):
        letter["Reply-To"] = Address(_line(us.name), addr_spec=_ascii(us.reply_to))
    letter["Subject"] = _line(message.subject)
    letter["Date"] = clock.now()
    # The same message has the same name however often it is tried.
    letter["Message-ID"] = f"<{message.id}.outbox@{address.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.body)
    return letter


def _sender() -> tuple[str, str]:
    return parseaddr(settings().mail_from)


def _line(text: str) -> str:
    """One line without anything that is no character, whatever was typed: a header ends where its line ends."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii(address: str) -> str:
    """An address as every mail server takes it, with the domain's letters spelt out. Raises ValueError."""
    try:
        return validate_email(address, check_deliverability=False).ascii_email or address
    except EmailNotValidError:
        raise ValueError("not an e-mail address") from None


def _connect() -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings say; the certificate is checked."""
    ours = settings()
    port, name = ours.smtp_port or PORTS[ours.smtp_tls], _sender()[1].rpartition("@")[2]
    trusted = ssl.create_default_context(cafile=str(ours.smtp_ca_file) if ours.smtp_ca_file else None)
    if ours.smtp_tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            ours.smtp_host, port, local_hostname=name, timeout=TIMEOUT, context=trusted)
    else:
        smtp = smtplib.SMTP(ours.smtp_host, port, local_hostname=name, timeout=TIMEOUT)
    try:
        if ours.smtp_tls == "starttls":
            smtp.starttls(context=trusted)
        if ours.smtp_user:
            smtp.login(ours.smtp_user, ours.smtp_password.get_secret_value())
    except BaseException:
        smtp.close()
        raise
    return smtp


def in_our_words(trouble: Exception) -> str:
    """What went wrong, with the number of the mail server's answer and without its words."""
    said = next((words for kind, words in _IN_OUR_WORDS if isinstance(trouble, kind)), "")
    if not said:
        return "This could not be written as an e-mail."
    code = getattr(trouble, "smtp_code", None)
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        code = next(iter(trouble.recipients.values()))[0]
    return said if said.endswith(".") else f"{said} ({code})."
