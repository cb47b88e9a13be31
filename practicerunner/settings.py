"""Where things are: settings from the environment, with defaults for one machine."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"


class Settings(BaseSettings):
    """Read once per process. ``DATABASE_URL`` and ``PORT`` are plain names, because the README uses them."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    database_url: str = Field(default=f"sqlite:///{DATA / 'practice.db'}", validation_alias="DATABASE_URL")
    port: int = Field(default=8501, validation_alias="PORT")
    host: str = Field(default="127.0.0.1", validation_alias="HOST")
    key_file: Path = Field(default=DATA / "practice.key", validation_alias="PRACTICE_KEY_FILE")
    codes_file: Path = Field(default=DATA / "icd10cm.db", validation_alias="PRACTICE_CODES_FILE")
    """The table of diagnosis codes; it can be built again at any time and holds nothing of anybody."""
    public_url: str = Field(default="", validation_alias="PUBLIC_URL")
    """The address people type when a proxy with TLS stands in front, e.g. ``https://desk.example.org``."""

    @property
    def is_https(self) -> bool:
        """Whether people reach the server over TLS, so that cookies are for TLS alone."""
        return self.public_url.lower().startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
