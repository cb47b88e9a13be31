"""A stranger writes on the public page with a phone in hand, is answered, answers, and becomes a prospect."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import create_engine, text

from tests.browser.served import open_page, settle, sign_in

PHONE = {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.mark.long
def test_an_inquiry_becomes_a_prospect_at_390_pixels(demo: str, demo_folder: Path, browser: Browser) -> None:
    asks = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = asks.new_page()
    page.goto(f"{demo}/inquiry/owen-castellane")
    expect(page.get_by_role("heading", name="Write to Owen Castellane")).to_be_visible()
    page.get_by_label("What kind of work?").select_option("individual")
    page.get_by_label("Service").select_option(label="Individual session, 50 minutes")
    page.get_by_label("Where?").select_option("video")
    page.get_by_label("First name").fill("Marguerite")
    page.get_by_role("button", name="Show free times").click()
    expect(page.get_by_label("First name")).to_have_value("Marguerite")
    page.get_by_role("radio").nth(1).check()
    page.get_by_label("Last name").fill("<script>alert(1)</script>")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Give an e-mail address or a phone number")).to_be_hidden()
    expect(page.get_by_text("Please tick this")).to_be_visible()
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    page.get_by_label("You may contact me about this.").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Give an e-mail address or a phone number")).to_be_visible()
    page.get_by_label("E-mail address").fill("marguerite@sea.example")
    page.get_by_label("Message").fill("A first message")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    works = browser.new_context(viewport=PHONE)
    page = sign_in(works, demo, "Owen")
    expect(page.get_by_role("link", name="2 inquiries waiting")).to_be_visible()
    open_page(page, demo, "inquiries")
    theirs = page.locator("[class*='st-key-inquiry-']").filter(has_text="Marguerite")
    expect(theirs.get_by_text("“A first message”")).to_be_visible()
    assert page.evaluate(FITS)
    theirs.get_by_role("button", name="Write", exact=True).click()
    page.get_by_label("Your message").fill("Would you like to talk on the phone first?")
    page.get_by_role("button", name="Send").click()
    expect(theirs.get_by_role("link", name="Conversation")).to_be_visible()
    link = sent_link(demo_folder)

    letter = asks.new_page()
    letter.goto(f"{demo}{link}")
    expect(letter.get_by_text("Would you like to talk")).to_be_hidden()
    letter.get_by_role("button", name="Read the message").click()
    expect(letter.get_by_text("Would you like to talk on the phone first?")).to_be_visible()
    letter.get_by_label("Your answer").fill("Yes, after five <b>please</b>.")
    letter.get_by_role("button", name="Send").click()
    expect(letter.get_by_text("Your message is with us.")).to_be_visible()
    expect(letter.get_by_text("Yes, after five <b>please</b>.")).to_be_visible()
    assert letter.evaluate(FITS)

    open_page(page, demo, "")
    page.get_by_role("link", name=re.compile("conversations? with something new")).click()
    settle(page)
    page.get_by_role("button", name="Marguerite").click()
    settle(page)
    expect(page.get_by_text("Yes, after five <b>please</b>.")).to_be_visible()
    expect(page.get_by_text("They have read it.")).to_be_visible()
    assert page.evaluate(FITS)
    open_page(page, demo, "inquiries")
    theirs.get_by_role("button", name="Prospect, and book").click()
    page.wait_for_url(re.compile("case="))
    settle(page)
    expect(page.get_by_text("Marguerite <script>alert(1)</script>").first).to_be_visible()
    expect(page.get_by_text("Prospect", exact=True).first).to_be_visible()
    page.get_by_role("link", name="Inquiry", exact=True).click()
    settle(page)
    for said in ("A first message", "Would you like to talk on the phone first?", "Yes, after five <b>please</b>."):
        expect(page.get_by_text(said)).to_be_visible()
    works.close()
    letter.goto(f"{demo}{link}")
    letter.get_by_role("button", name="Read the message").click()
    expect(letter.get_by_role("heading", name="Our conversation goes on in the portal")).to_be_visible()
    asks.close()


def sent_link(folder: Path) -> str:
    """The link of the newest notice, as it is sent: nobody at the practice is shown it."""
    engine = create_engine(f"sqlite:///{folder / 'practice.db'}")
    with engine.connect() as connection:
        body = connection.execute(text(
            "select body from outbox_message where body like '%/inquiry/letter/%' order by id desc")).scalars().first()
    engine.dispose()
    found = re.search(r"/inquiry/letter/[A-Za-z0-9_-]{43}", body)
    assert found
    return found[0]
