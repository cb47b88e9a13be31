"""Notes in a real browser: written, cut off, gone on with, signed; returned, revised, co-signed, amended."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from practicerunner.workflows.sign_in import DEMO_PASSWORD
from tests.browser.served import open_page, settle, sign_in
from tests.browser.test_journeys import fill, press

PASSWORD = "Your password, or the code of your authenticator"


def first_due(page: Page, address: str) -> str:
    """Begin the note of the first appointment in the office that is due, or go on with it; the address of its page.

    One by video asks for more than its sections; which one is due first depends on the day.
    """
    open_page(page, address, "documentation")
    links = page.locator("[data-testid=stMain] a[href*='appointment='], [data-testid=stMain] a[href*='note=']")
    for place in range(links.count()):
        links.nth(place).click()
        settle(page)
        if not page.locator("[data-testid=stMain]").get_by_text(re.compile(r"\bVideo\b")).count():
            break
        open_page(page, address, "documentation")
    start = page.get_by_role("button", name=re.compile("Start progress note"))
    if start.count():
        start.first.click()
        settle(page)
    expect(page.locator("textarea").first).to_be_visible(timeout=20_000)
    return page.url


def sections(page: Page) -> list[str]:
    """Labels of the sections that have to say something."""
    return [text for text in ("Subjective", "Objective", "Data", "Assessment", "Plan")
            if page.get_by_label(text, exact=True).count()]


def test_a_note_is_written_cut_off_gone_on_with_and_signed(demo: str, browser: Browser) -> None:
    window = browser.new_context(viewport={"width": 1440, "height": 900})
    page = sign_in(window, demo, "Owen")
    address = first_due(page, demo)
    wanted = sections(page)
    fill(page, wanted[0], "Kept before the line went dead.")
    window.set_offline(True)
    page.get_by_label(wanted[1], exact=True).fill("Typed without a line.")
    page.wait_for_timeout(1_500)
    window.set_offline(False)
    page.get_by_label(wanted[1], exact=True).blur()
    settle(page)
    expect(page.get_by_label(wanted[1], exact=True)).to_have_value("Typed without a line.")
    page.get_by_label(wanted[2], exact=True).fill("Never left the field.")
    window.close()  # the browser is gone, in the middle of a sentence

    window = browser.new_context(viewport={"width": 1440, "height": 900})
    page = sign_in(window, demo, "Owen")
    page.goto(address)
    settle(page)
    expect(page.get_by_label(wanted[0], exact=True)).to_have_value("Kept before the line went dead.", timeout=20_000)
    expect(page.get_by_label(wanted[1], exact=True)).to_have_value("Typed without a line.")
    for label in wanted[2:]:
        fill(page, label, f"{label}, written again.")
    press(page, re.compile("Sign and lock"))
    fill(page, PASSWORD, "not my password")
    press(page, "Sign")
    expect(page.get_by_text("This is not your password.")).to_be_visible(timeout=20_000)
    fill(page, PASSWORD, DEMO_PASSWORD)
    press(page, "Sign")
    expect(page.get_by_text(re.compile("^Signed by Owen Castellane"))).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Typed without a line.")).to_be_visible()
    window.close()


@pytest.mark.long
def test_submitted_returned_with_two_comments_revised_cosigned_and_amended(
    demo: str, browser: Browser, context: BrowserContext
) -> None:
    associate = sign_in(context, demo, "Kwabena")
    address = first_due(associate, demo)
    wanted = sections(associate)
    for label in wanted:
        fill(associate, label, f"{label}, first version.")
    press(associate, re.compile("Submit to Judith Solano"))
    fill(associate, PASSWORD, DEMO_PASSWORD)
    press(associate, "Sign and submit")
    expect(associate.get_by_text("Awaiting the co-signature of Judith Solano.")).to_be_visible(timeout=20_000)

    desk = browser.new_context(viewport={"width": 1440, "height": 1100})
    supervisor = sign_in(desk, demo, "Judith")
    supervisor.goto(address)
    settle(supervisor)
    fill(supervisor, "Comment on the note as a whole", "Please look at two places.")
    fill(supervisor, "Plan", "Until when?")
    press(supervisor, "Return with 2 comments")

    associate.goto(address)
    settle(associate)
    for comment in ("Please look at two places.", "Until when?"):
        expect(associate.get_by_text(comment)).to_be_visible(timeout=20_000)
    fill(associate, "Plan", "Plan, second version, until March.")
    press(associate, re.compile("Submit to Judith Solano"))
    fill(associate, PASSWORD, DEMO_PASSWORD)
    press(associate, "Sign and submit")

    supervisor.goto(address)
    settle(supervisor)
    expect(supervisor.get_by_text("Plan, second version, until March.").first).to_be_visible(timeout=20_000)
    press(supervisor, re.compile("Co-sign and lock"))
    fill(supervisor, PASSWORD, DEMO_PASSWORD)
    press(supervisor, "Co-sign")
    supervisor.goto(address)
    settle(supervisor)
    expect(supervisor.get_by_text(re.compile("^Co-signed by Judith Solano"))).to_be_visible(timeout=20_000)
    desk.close()

    associate.goto(address)
    settle(associate)
    associate.get_by_text("Add addendum").click()
    fill(associate, "Reason", "correction")
    fill(associate, "Addendum", "The length was 50, not 45 minutes.")
    fill(associate, PASSWORD, DEMO_PASSWORD)
    press(associate, "Sign addendum")
    expect(associate.get_by_text("The length was 50, not 45 minutes.")).to_be_visible(timeout=20_000)
    expect(associate.get_by_text("Awaiting the co-signature of Judith Solano.")).to_be_visible()
