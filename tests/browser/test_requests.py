"""The queue of requests in a real browser: from Today to an empty queue, one click each."""

import re

from playwright.sync_api import BrowserContext, expect

from tests.browser.served import settle, sign_in


def test_three_requests_are_worked_from_top_to_bottom(demo: str, context: BrowserContext) -> None:
    page = sign_in(context, demo, "Amara")
    found = page.get_by_role("link", name=re.compile(r"^\d requests waiting"))
    said = re.search(r"(\d+) requests waiting", found.inner_text())
    assert said is not None
    waiting = int(said[1])  # three of the demo, the oldest, and what another journey may have asked
    assert waiting >= 3
    found.click()
    settle(page)
    expect(page.get_by_text(f"Waiting {waiting}")).to_be_visible()

    def press(name: str | re.Pattern[str]) -> None:
        page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()
        settle(page)

    # The first one's time is taken: the sentence, and the next free start as an offer.
    press("Accept")
    expect(page.get_by_text(re.compile("is already taken on")).first).to_be_visible()
    press(re.compile(r"^Offer .* instead$"))
    expect(page.get_by_text(f"Waiting {waiting - 1}")).to_be_visible()
    expect(page.get_by_text("Offered 1")).to_be_visible()
    press("Accept")
    expect(page.get_by_text(re.compile("booked$")).first).to_be_visible()
    press("Decline")
    page.get_by_label("Reply").fill("Please call us.")
    press("Decline this request")
    expect(page.get_by_text(f"Waiting {waiting - 3}")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^No requests waiting\."))).to_have_count(0 if waiting > 3 else 1)
