"""Where things are: settings from the environment, with defaults for one machine."""

from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"


class Settings(BaseSettings):
    """Read once per process. ``DATABASE_URL`` and ``PORT`` are plain names, because the README uses them."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    database_url: str = Field(default=f"sqlite:///{DATA / 'practice.db'}", validation_alias="DATABASE_URL")
    port: int = Field(default=8501, validation_alias="PORT")
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    key_file: Path = Field(default=DATA / "practice.key", validation_alias="PRACTICE_KEY_FILE")
    codes_file: Path = Field(default=DATA / "icd10cm.db", validation_alias="PRACTICE_CODES_FILE")
    """The table of diagnosis codes; it can be built again at any time and holds nothing of anybody."""
    files_dir: Path = Field(default=DATA / "files", validation_alias="PRACTICE_FILES_DIR")
    """Where uploaded documents lie, each encrypted; a backup needs this folder as much as the database and the key."""
    public_url: str = Field(default="", validation_alias="PUBLIC_URL")
    """The address people type when a proxy with TLS stands in front, e.g. ``https://desk.example.org``."""
    portal_url: str = Field(default="", validation_alias="PORTAL_URL")
    """The address of the clients' portal where a server of its own serves it; empty: the same as ``PUBLIC_URL``."""
    serves: Literal["staff", "portal", "both"] = Field(default="both", validation_alias="PRACTICE_SERVES")
    """Who may come in here: a server that faces the internet may serve the portal alone."""
    smtp_host: str = Field(default="", validation_alias="SMTP_HOST")
    """Without it no e-mail leaves; messages stay in the outbox."""
    smtp_port: int | None = Field(default=None, validation_alias="SMTP_PORT")
    smtp_tls: Literal["none", "starttls", "tls"] = Field(default="starttls", validation_alias="SMTP_TLS")
    smtp_user: str = Field(default="", validation_alias="SMTP_USER")
    smtp_password: SecretStr = Field(default=SecretStr(""), validation_alias="SMTP_PASSWORD")
    smtp_ca_file: Path | None = Field(default=None, validation_alias="SMTP_CA_FILE")
    """Certificates to trust instead of the system's, for a mail server of one's own."""
    mail_from: str = Field(default="", validation_alias="MAIL_FROM")
    """The sender: an address, or a name and an address as ``Harbor Lane <desk@harborlane.example>``."""

    @property
    def why_no_mail(self) -> str:
        """Why no e-mail is sent, and what to do; empty if it is."""
        if not self.smtp_host:
            return (
                "E-mail is not set up, so nothing is sent; messages wait here. Set SMTP_HOST and MAIL_FROM for the "
                "server, as the README says, and start it again."
            )
        if "@" not in parseaddr(self.mail_from)[1]:
            return "MAIL_FROM is not an e-mail address, so nothing is sent. Correct it and start the server again."
        if self.smtp_user and self.smtp_tls == "none" and self.smtp_host not in ("127.0.0.1", "::1", "localhost"):
            return (
                "SMTP_TLS is none, so the password of the mail server could be read on the way; nothing is sent. "
                "Set SMTP_TLS to starttls or tls and start the server again."
            )
        return ""

    @property
    def serves_staff(self) -> bool:
        """Whether staff sign in here."""
        return self.serves != "portal"

    @property
    def serves_portal(self) -> bool:
        """Whether people outside the practice sign in here."""
        return self.serves != "staff"

    @property
    def portal_address(self) -> str:
        """What the links of the portal begin with."""
        host = self.host if self.host not in ("0.0.0.0", "::") else "localhost"  # noqa: S104
        return (self.portal_url or self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def portal_page(self) -> str:
        """Where somebody outside the practice signs in, as letters say it."""
        return f"{self.portal_address}/portal"

    @property
    def is_https(self) -> bool:
        """Whether people reach the server over TLS, so that cookies are for TLS alone."""
        return self.public_url.lower().startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
