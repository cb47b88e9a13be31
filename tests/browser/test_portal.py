"""The portal on a phone: from the invitation to the home page, and the two sides kept apart."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import create_engine, text

from tests.browser.served import SETTLED, open_page, settle, sign_in

OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


def sent_link(folder: Path) -> str:
    """The link of the newest invitation, as it reaches whom it is for: nobody reads it at the practice."""
    engine = create_engine(f"sqlite:///{folder / 'practice.db'}")
    with engine.connect() as connection:
        body = connection.execute(text(
            "select body from outbox_message where kind = 'portal_link' order by id desc limit 1")).scalar_one()
    engine.dispose()
    found = re.search(r"/portal/invitation/[A-Za-z0-9_-]{43}", body)
    assert found is not None
    return found[0]


@pytest.mark.long
def test_from_the_invitation_to_the_home_page_on_a_phone(
    demo: str, demo_folder: Path, context: BrowserContext, browser: Browser
) -> None:
    staff = sign_in(context, demo, "Amara Lindqvist")
    staff.get_by_placeholder("Search clients").fill("Wendell")
    staff.keyboard.press("Enter")
    settle(staff)
    staff.get_by_role("link", name="Wendell Prescott").first.click()
    settle(staff)
    staff.get_by_role("tab", name="Relationships").click()
    settle(staff)
    staff.get_by_role("button", name="Invite", exact=True).first.click()
    settle(staff)
    expect(staff.get_by_text(re.compile(r"^Invited on .* by Amara Lindqvist; the link works until"))).to_be_visible()
    open_page(staff, demo, "outbox")
    staff.get_by_text("Link to the portal").first.click()
    settle(staff)
    expect(staff.get_by_text("(link left out)").first).to_be_visible()
    link = sent_link(demo_folder)
    assert link not in staff.content()

    phone = browser.new_context(viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.goto(f"{demo}{link}")
    expect(page.get_by_role("heading", name="Welcome, Wendell")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_label("Password", exact=True).fill("nine quiet herons")
    page.get_by_label("The same password once more").fill("nine quiet herons")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    address = page.get_by_label("E-mail address")
    address.fill("wendell.prescott@example.net")
    page.get_by_label("Password", exact=True).fill("nine quiet herons")
    page.get_by_role("button", name="Sign in", exact=True).click()
    settle(page)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    open_page(page, demo, "clients")
    expect(page.get_by_text("Page not found")).to_be_visible()
    phone.close()


@pytest.mark.long
def test_signing_in_to_the_portal_signs_the_staff_of_that_browser_out(demo: str, context: BrowserContext) -> None:
    staff = sign_in(context, demo, "Amara Lindqvist")
    other = context.new_page()
    other.goto(f"{demo}/portal/sign-in")
    other.get_by_role("button", name="Noor Haddad").click()
    settle(other)
    expect(other.get_by_role("heading", name="Home")).to_be_visible()
    expect(other.get_by_test_id("stSidebar")).to_contain_text("Noor Haddad")
    expect(other.get_by_test_id("stSidebar")).not_to_contain_text("Amara")
    staff.reload()
    staff.wait_for_selector(SETTLED)
    expect(staff.get_by_role("heading", name="Today")).to_have_count(0)
