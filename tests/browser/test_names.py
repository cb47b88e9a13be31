"""A name that would be a link, a picture and a formula is plain text in a real browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from tests.browser.served import open_page, settle, sign_in

HOSTILE = (
    "[pay](https://evil.example) ![x](https://evil.example/p.png) <img src=x onerror=alert(1)> $5 and $6 :red[hi] "
    "**bold** www.evil.example a@evil.example :material/face: :streamlit: a -> b"
)


@pytest.mark.long
def test_a_hostile_name_stands_in_title_and_search_as_typed_and_asks_nobody_for_anything(
    demo: str, context: BrowserContext
) -> None:
    page = sign_in(context, demo, "Amara")
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((demo, "data:", "blob:")):
            asked.append(request.url)

    page.on("request", note)
    open_page(page, demo, "clients")
    page.get_by_test_id("stMain").get_by_role("button", name="New").click()
    page.get_by_role("dialog").locator("label").filter(has_text=re.compile("^Individual")).first.click()
    settle(page)
    field = page.get_by_role("dialog").get_by_label("First name", exact=True)
    field.fill(HOSTILE)
    field.blur()
    settle(page)
    page.get_by_role("dialog").get_by_role("button", name="Create individual").click()
    title = page.get_by_test_id("stMain").locator("h1")
    expect(title).to_contain_text("evil.example", timeout=20_000)
    settle(page)
    page.get_by_placeholder("Search clients").fill("evil")
    page.keyboard.press("Enter")
    settle(page)
    result = page.get_by_test_id("stSidebar").locator("a[href*='case=']").first
    for shown in (title, result):
        text = (shown.inner_text()).replace("\N{WORD JOINER}", "")
        assert HOSTILE in " ".join(text.split())
        assert shown.locator("img, a, em, strong, .katex, [role=img]").count() == 0
    assert page.locator("a[href*='evil']").count() == 0
    assert asked == []
