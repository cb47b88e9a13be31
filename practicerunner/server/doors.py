"""Which routes this server has: the staff's, the portal's or both, as the settings say."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from practicerunner.server import asker, downloads, feeds, inquiry, portal, portal_downloads, sign_in
from practicerunner.settings import settings


async def healthz(_: Request) -> Response:
    """Says that the server answers, and nothing else."""
    return PlainTextResponse("ok")


def routes() -> list[Route]:
    """What this server answers beside the program's own pages."""
    found = [Route("/healthz", healthz, methods=["GET"]), *feeds.routes]
    if settings().serves_staff:
        found += [*sign_in.routes, *downloads.routes]
    if settings().serves_portal:
        found += [*portal.routes, *portal_downloads.routes, *inquiry.routes, *asker.routes]
    return found
