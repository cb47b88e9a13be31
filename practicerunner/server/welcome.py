"""What the console says when the server starts."""

import sys

from practicerunner import database
from practicerunner.server.setup_code import CODE
from practicerunner.settings import settings
from practicerunner.workflows import sign_in


def address(port: int) -> str:
    """What to type into the browser."""
    host = settings().host if settings().host not in ("0.0.0.0", "::") else "localhost"  # noqa: S104
    return settings().public_url or f"http://{host}:{port}"


def greet(port: int) -> None:
    """Print the address, and the demo's accounts or the code of the first run."""
    lines = ["", f"  PracticeRunner is at {address(port)}"]
    if settings().serves_portal:
        lines.append(f"  Clients sign in at {address(port)}/portal")
    if settings().serves_staff:
        lines += _for_staff()
    sys.stdout.write("\n".join([*lines, "", ""]))
    sys.stdout.flush()


def _for_staff() -> list[str]:
    if not database.is_set_up():
        return ["", f"  Set up your practice there with this code: {CODE.renew()}"]
    with database.reading() as session:
        accounts = sign_in.demo_accounts(session)
    if not accounts:
        return []
    width = max(len(one.email) for one in accounts)
    return ["", f"  Demo practice; everybody's password is: {sign_in.DEMO_PASSWORD}", *(
        f"    {one.email:<{width}}  {one.name} ({', '.join(role.label.lower() for role in one.roles)})"
        for one in accounts
    )]
