"""The portal's pages on a phone: a mother signs for her child and asks for a time; a helper finds no bills."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.served import open_page, settle, sign_in

PHONE = {"width": 390, "height": 844}
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


WIDE = """() => [...document.querySelectorAll("[data-testid^=st]")].filter(one => one.clientWidth > 1 &&
    getComputedStyle(one).overflowX !== "visible" && one.clientWidth >= innerWidth && one.scrollWidth > one.clientWidth
).map(one => one.dataset.testid)"""
"""What is as wide as the screen and holds something wider: a tap on a field may then push the page aside."""


def turn_to(page: Page, name: str) -> None:
    """By the menu, so that the choice of whom one comes for stays."""
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    settle(page)
    collapse = page.get_by_test_id("stSidebarCollapseButton")
    if collapse.is_visible():
        collapse.locator("button").click()
        settle(page)


def test_a_mother_signs_her_childs_consent_and_asks_for_a_time(demo: str, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE)
    page = sign_in(phone, demo, "Ingrid Strand", door="portal")
    expect(page.get_by_text(re.compile("^For .*Strand$"))).to_be_visible()  # she only pays, and owes nothing
    page.get_by_role("link", name=re.compile("form.* to fill in")).click()
    settle(page)
    page.get_by_role("button", name="Read and sign").first.click()
    settle(page)
    page.reload()
    settle(page)
    expect(page.get_by_text("Signed as: Ingrid Strand, parent of Oliver Strand")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("textbox").first.fill("7 Elm Court, Port Ellery")
    page.get_by_role("textbox").first.press("Tab")
    settle(page)
    page.get_by_text("I have read this and agree to appointments by video or phone.").click()
    settle(page)
    page.get_by_role("textbox").last.fill("Ingrid Strand")
    page.get_by_role("textbox").last.press("Tab")
    settle(page)
    page.get_by_role("button", name="Sign and hand in").click()
    settle(page)
    expect(page.get_by_text(re.compile("Signed by Ingrid Strand, parent of Oliver Strand"))).to_be_visible()
    turn_to(page, "Appointments")
    page.get_by_role("button", name="Ask for a time").click()
    settle(page)
    dialog = page.get_by_role("dialog")
    for _ in range(4):
        times = dialog.get_by_role("radio", name=re.compile(r"^\d\d:\d\d$")).or_(
            dialog.get_by_role("button", name=re.compile(r"^\d\d:\d\d$")))
        if times.count():
            break
        dialog.get_by_role("button", name="Later days").click()
        settle(page)
    times.first.click()
    settle(page)
    dialog.get_by_role("button", name=re.compile("^Ask for ")).click()
    settle(page)
    expect(page.get_by_text(re.compile("^A new time: "))).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    phone.close()


def test_a_tap_pushes_no_page_of_the_portal_aside(demo: str, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE)
    page = sign_in(phone, demo, "Leonard Thornbury", door="portal")
    for name in ("", "my-billing", "my-details"):
        open_page(page, demo, name)
        assert page.evaluate(WIDE) == [], name
    phone.close()


def test_a_helper_who_only_schedules_finds_no_bills(demo: str, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE)
    page = sign_in(phone, demo, "Ines Calloway", door="portal")
    page.get_by_test_id("stExpandSidebarButton").click()
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_role("link", name="Appointments")).to_be_visible()
    for absent in ("Billing", "Forms", "Documents"):
        expect(menu.get_by_role("link", name=absent)).to_have_count(0)
    open_page(page, demo, "my-billing")
    expect(page.get_by_text("You have no access to this.")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_role("link", name="Home")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    assert page.request.get(f"{demo}/portal/files/invoice/1.pdf").status == 404
    phone.close()
