"""Every page and a dialog, looked over by axe in a real browser: nothing serious but what Streamlit itself brings."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from practicerunner.ui.navigation import SCREENS
from tests.browser.served import open_page, settle, sign_in

pytestmark = pytest.mark.long

WIDTHS = {"wide": (1440, 900), "phone": (390, 844)}
FIRST = "today"
"""The first page has no address of its own."""
STREAMLITS_OWN = {"list": "[data-testid=stSidebarNavItems]", "listitem": "[data-testid=stSidebarNavItems]"}
"""Rule, and where it is broken without us: the sections of the menu are boxes inside a list."""


@pytest.fixture(scope="module", params=WIDTHS)
def owner(request: pytest.FixtureRequest, demo: str, browser: Browser) -> Iterator[Page]:
    """The owner of the demo practice, at a desk and on a phone."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    yield sign_in(context, demo, "Amara")
    context.close()


def serious(page: Page) -> list[str]:
    """Serious and critical violations that are not Streamlit's own, each with rule and element."""
    assert page.get_by_text("Something went wrong").count() == 0
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for violation in found if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"] if not _is_streamlits_own(page, violation["id"], node["target"])
    ]


def _is_streamlits_own(page: Page, rule: str, target: list[str]) -> bool:
    inside = STREAMLITS_OWN.get(rule)
    return inside is not None and bool(page.evaluate(
        "([target, inside]) => !!document.querySelector(target)?.closest(inside)", [target[0], inside]
    ))


@pytest.mark.parametrize("name", [screen.name for screen in SCREENS if not screen.hidden])
def test_a_page_of_the_menu_is_accessible(demo: str, owner: Page, name: str) -> None:
    open_page(owner, demo, "" if name == FIRST else name)
    assert owner.get_by_role("dialog").count() == 0
    assert serious(owner) == []


def test_an_appointment_its_client_s_sections_and_a_dialog_are_accessible(demo: str, owner: Page) -> None:
    open_page(owner, demo, "")
    owner.locator("[data-testid=stMain] a[href*='appointment=']").first.click()
    expect(owner.get_by_role("heading", name="Attendance")).to_be_visible(timeout=20_000)
    settle(owner)
    assert serious(owner) == [], "appointment"
    owner.locator("[data-testid=stMain] a[href*='case=']").first.click()
    expect(owner.get_by_role("tab", name="Overview")).to_be_visible(timeout=20_000)
    settle(owner)
    assert serious(owner) == [], "case"
    for section in ("Billing", "Relationships"):
        owner.get_by_role("tab", name=section).click()
        settle(owner)
        assert serious(owner) == [], section
    owner.locator("[data-testid=stMain] button", has_text="Appointment").first.click()
    expect(owner.get_by_role("dialog")).to_be_visible(timeout=20_000)
    settle(owner)
    assert serious(owner) == [], "dialog"
