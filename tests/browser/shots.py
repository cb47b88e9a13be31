"""Pictures of every page as each demo role, 1440 and 390 wide, light and dark, in ``shots/``: ``make shots``."""

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.served import ROOT, browsing, open_page, serving, settle, sign_in

FOLDER = ROOT / "shots"
VISITORS = {"client": "Noor", "guardian": "Ingrid", "helper": "Ines", "paying": "Leonard"}
PEOPLE = {"owner": "Amara", "provider": "Owen", "associate": "Hanna", "supervisor": "Judith", "admin": "Glenn"}
PORTAL = ("", "my-appointments", "my-forms", "my-messages", "my-billing", "my-documents", "my-details")
PAGES = ("", "clients", "calendar", "messages", "documentation", "supervision", "requests", "inquiries", "billing",
         "overview", "settings", "hours", "staff", "forms", "note_templates", "outbox", "imports", "audit",
         "breaches", "account")
WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
AGENTS = {
    "phone": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
}
"""What a phone says it is: some pages put what was tapped before the list it came from."""
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PATIENCE = 900
"""Milliseconds for charts and tables to be drawn after the script has run."""


def picture(page: Page, name: str) -> None:
    """Save what is on the screen."""
    page.wait_for_timeout(PATIENCE)
    page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"shots/{name}.png\n")


def details(page: Page, address: str, prefix: str) -> None:
    """The pages one reaches from others: a client with its sections, an appointment, a note."""
    open_page(page, address, "clients")
    page.get_by_placeholder("Search clients").fill("a")
    page.keyboard.press("Enter")
    settle(page)
    found = page.get_by_test_id("stSidebar").locator("a[href*='case=']")
    if found.count() == 0:
        return
    target = found.nth(min(3, found.count() - 1)).get_attribute("href") or ""
    page.goto(f"{address}{target}" if target.startswith("/") else f"{address}/{target}")
    settle(page)
    picture(page, f"{prefix}-case")
    for place, section in enumerate(page.get_by_role("tab").all()[1:4], 1):
        section.click()
        settle(page)
        picture(page, f"{prefix}-case-{place}")
    page.get_by_role("tab").first.click()
    settle(page)
    appointment = page.locator("[data-testid=stMain] a[href*='appointment=']")
    if appointment.count():
        appointment.last.click()
        settle(page)
        picture(page, f"{prefix}-appointment")
        note = page.locator("[data-testid=stMain] a[href*='note=']")
        if note.count():
            note.first.click()
            settle(page)
            picture(page, f"{prefix}-note")


def visit(browser: Browser, address: str, role: str, *, only: set[str]) -> None:
    """Everything that one role sees, at each width and in each look."""
    for size, (width, height) in WIDTHS.items():
        for look in LOOKS:
            if not only <= {size, look}:
                continue
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=look, user_agent=AGENTS.get(size))
            outside = role in VISITORS
            page = sign_in(context, address, (PEOPLE | VISITORS)[role], door="portal" if outside else "auth")
            for name in PORTAL if outside else PAGES:
                open_page(page, address, name)
                if page.get_by_text(re.compile("Page not found|You have no access to this")).count() == 0:
                    picture(page, f"{role}-{size}-{look}-{name or ('home' if outside else 'today')}")
            if not outside:
                details(page, address, f"{role}-{size}-{look}")
            context.close()


def main() -> None:
    """Serve the demo practice and go round. Words after the command narrow it: a role, ``wide``, ``dark`` …"""
    only = set(sys.argv[1:])
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, browsing() as browser:
        plain = browser.new_page(viewport={"width": 1440, "height": 900})
        plain.goto(f"{address}/auth/sign-in")
        plain.screenshot(path=FOLDER / "sign-in.png")
        roles = {*PEOPLE, *VISITORS}
        for role in (*PEOPLE, *VISITORS):
            if not only & roles or role in only:
                visit(browser, address, role, only=only - roles)


if __name__ == "__main__":
    main()
