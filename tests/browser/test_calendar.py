"""The calendar in a real browser: a slot becomes a series, one is drawn longer, one is moved by keyboard."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from practicerunner import clock
from tests.browser.served import open_page, settle, sign_in
from tests.browser.test_journeys import PRACTICE, fill, press, type_date, type_time


def week_of(page: Page, address: str, day: date) -> FrameLocator:
    """The calendar's week of a day."""
    open_page(page, address, f"calendar?day={day}")
    return page.frame_locator("iframe[title*='calendar']")


def draw(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in small steps, let go."""
    page.mouse.move(*start)
    page.mouse.down()
    for part in range(1, 9):
        page.mouse.move(start[0] + (end[0] - start[0]) * part / 8, start[1] + (end[1] - start[1]) * part / 8)
        page.wait_for_timeout(30)
    page.mouse.up()
    settle(page)


@pytest.mark.long
def test_a_slot_becomes_a_series_of_which_one_is_resized_and_one_is_moved_by_keyboard(
    demo: str, context: BrowserContext
) -> None:
    page = sign_in(context, demo, "Owen")
    first = clock.today(PRACTICE) + timedelta(days=98)
    second = first + timedelta(weeks=1)
    frame = week_of(page, demo, first)

    lane = frame.locator(".fc-timegrid-slot-lane[data-time='11:00:00']").bounding_box()
    column = frame.locator(f".fc-timegrid-col[data-date='{first}']").bounding_box()
    assert lane is not None and column is not None
    page.mouse.click(column["x"] + column["width"] / 2, lane["y"] + lane["height"] / 2)
    expect(page.get_by_role("dialog")).to_be_visible(timeout=20_000)
    fill(page, "For whom?", "Tomek")
    expect(page.get_by_role("spinbutton", name="hour, Time")).to_have_text("11", timeout=20_000)
    expect(page.get_by_role("spinbutton", name="day, Date").last).to_have_text(f"{first:%d}")
    repeat = page.get_by_role("combobox", name=re.compile("Repeats")).last
    repeat.click()
    repeat.press_sequentially("Weekly")
    repeat.press("Enter")
    settle(page)
    fill(page, "Appointments", "3")
    expect(page.get_by_text("No conflict.")).to_be_visible(timeout=20_000)
    press(page, "Book 3 appointments")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=20_000)

    frame = week_of(page, demo, second)
    event = frame.locator(".fc-timegrid-event")
    expect(event).to_have_count(1, timeout=20_000)
    box = event.bounding_box()
    assert box is not None
    event.hover()
    middle = box["x"] + box["width"] / 2
    draw(page, (middle, box["y"] + box["height"] - 2), (middle, box["y"] + box["height"] * 1.8))
    expect(frame.get_by_text(re.compile(r"^11:00 - 12:[1-9]")).first).to_be_visible(timeout=20_000)

    frame.locator(".fc-timegrid-event").click()
    expect(page.get_by_text("2nd of 3, weekly")).to_be_visible(timeout=20_000)
    move = page.get_by_role("button", name="Move", exact=True)
    move.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Only this one")).to_be_checked(timeout=20_000)
    type_date(page, "Date", second + timedelta(days=1))
    type_time(page, "Time", 15)
    save = page.get_by_role("button", name="Move appointment")
    save.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=20_000)
    expect(page.get_by_role("heading", name=re.compile("15:00"))).to_be_visible(timeout=20_000)

    for day, starts in ((first, "11:00"), (second, "15:00"), (first + timedelta(weeks=2), "11:00")):
        frame = week_of(page, demo, day)
        expect(frame.get_by_text(re.compile(f"^{starts}")).first).to_be_visible(timeout=20_000)
        expect(frame.locator(".fc-timegrid-event")).to_have_count(1)
