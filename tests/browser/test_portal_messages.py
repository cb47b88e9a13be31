"""A couple writes on two phones: in the conversation that all share, and in one of which the other never hears."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.served import open_page, settle, sign_in

PHONE = {"width": 390, "height": 844}
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
SHARED, PRIVATE = "Until next time", "Before we meet"
"""What the two conversations of the demo practice are about."""


def turn_to(page: Page, link: str | re.Pattern[str]) -> None:
    page.get_by_role("link", name=link).first.click()
    settle(page)


def write(page: Page, text: str) -> None:
    """Answer in the conversation that is open."""
    field = page.get_by_label("Your message")
    field.fill(text)
    field.press("Tab")
    page.get_by_role("button", name="Send").click()
    settle(page)
    expect(page.get_by_text(text, exact=True)).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0


def test_a_couple_writes_in_two_conversations_and_one_partner_never_hears_of_the_others(
    demo: str, browser: Browser
) -> None:
    elena = sign_in(browser.new_context(viewport=PHONE), demo, "Elena Bianchetti", door="portal")
    turn_to(elena, re.compile("^.*1 conversation with something new"))
    expect(elena.get_by_text(PRIVATE)).to_have_count(0)
    turn_to(elena, SHARED)
    expect(elena.get_by_text("With Marco Bianchetti; Owen Castellane")).to_be_visible()
    write(elena, "We cooked together on Tuesday.")

    marco = sign_in(browser.new_context(viewport=PHONE), demo, "Marco Bianchetti", door="portal")
    turn_to(marco, re.compile("^.*1 conversation with something new"))
    turn_to(marco, SHARED)
    expect(marco.get_by_text("We cooked together on Tuesday.")).to_be_visible()
    expect(marco.get_by_text("Goes to Elena Bianchetti; Owen Castellane")).to_be_visible()
    write(marco, "And nobody looked at a phone.")
    turn_to(marco, "All messages")
    turn_to(marco, PRIVATE)
    private = marco.url.partition("?")[2]
    expect(marco.get_by_text("Goes to Owen Castellane")).to_be_visible()
    write(marco, "Ten minutes would be enough.")

    turn_to(elena, "All messages")
    expect(elena.get_by_text("1 conversation with something new.")).to_be_visible()
    expect(elena.get_by_text("1 new", exact=True)).to_have_count(1)
    expect(elena.get_by_text(PRIVATE)).to_have_count(0)
    open_page(elena, demo, f"my-messages?{private}")
    expect(elena.get_by_text(PRIVATE)).to_have_count(0)
    expect(elena.get_by_text("Ten minutes")).to_have_count(0)

    owen = sign_in(browser.new_context(viewport=PHONE), demo, "Owen Castellane")
    turn_to(owen, "2 conversations with something new")
    owen.get_by_role("button", name="Elena Bianchetti, Marco Bianchetti").click()
    settle(owen)
    expect(owen.get_by_text("Goes to Elena Bianchetti, client; Marco Bianchetti, client")).to_be_visible()
    write(owen, "That is worth more than any list.")
    owen.get_by_role("button", name=re.compile(f"^Marco Bianchetti.*{PRIVATE}")).click()
    settle(owen)
    expect(owen.get_by_text("Goes to Marco Bianchetti, client")).to_be_visible()
    write(owen, "Come ten minutes early on Thursday.")

    open_page(elena, demo, "my-messages")
    expect(elena.get_by_text("1 conversation with something new.")).to_be_visible()
    turn_to(elena, SHARED)
    expect(elena.get_by_text("That is worth more than any list.")).to_be_visible()
    turn_to(marco, "All messages")
    expect(marco.get_by_text("2 conversations with something new.")).to_be_visible()
    for page in (elena, marco, owen):
        page.context.close()
