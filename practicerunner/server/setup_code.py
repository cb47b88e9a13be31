"""The code that guards the first run: only whoever sees the server's console may set the practice up."""

import hmac
import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class SetupCode:
    """One code, made anew at each start of the server and gone once it was used."""

    def __init__(self) -> None:
        self._code = ""

    def renew(self) -> str:
        """Make a new code, to be printed on the console."""
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        self._code = f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
        return self._code

    def matches(self, typed: str) -> bool:
        """Whether this is the code, compared in constant time; never while there is none."""
        right = hmac.compare_digest(self._code.encode(), typed.strip().lower().encode())
        return bool(self._code) and right

    def spend(self) -> None:
        """The code was used: from now on it opens nothing."""
        self._code = ""


CODE = SetupCode()
