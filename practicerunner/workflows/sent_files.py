"""A file that somebody sends, looked into before anything waits for it."""

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, computed_field

from practicerunner.rules import uploads


class SentFile(BaseModel):
    """What was sent, and what is kept of it. Raises FileRefused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file_name: str
    content: bytes = Field(exclude=True, repr=False)
    _checked: uploads.Checked = PrivateAttr()

    @computed_field(repr=False)  # type: ignore[prop-decorator]
    @property
    def sent(self) -> str:
        """Hash of what was sent, by which a second click is known."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def checked(self) -> uploads.Checked:
        """The file as it is kept."""
        return self._checked

    def model_post_init(self, _: Any, /) -> None:
        """Look into the file."""
        self._checked = uploads.check(self.file_name, self.content)
