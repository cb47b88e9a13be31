"""What people do, in a real browser against a real server."""

import io
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from practicerunner import clock
from practicerunner.workflows.sign_in import DEMO_PASSWORD
from tests.browser.served import ROOT, open_page, serving, settle, sign_in

PRACTICE = "America/New_York"


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Click a button in what is on top and wait for what it does."""
    button = page.locator("button:visible", has_text=name if isinstance(name, re.Pattern) else re.compile(f"{name}$"))
    button.last.click()
    settle(page)


def fill(page: Page, label: str, value: str) -> None:
    """Type into the field with this label and leave it."""
    field = page.get_by_label(label, exact=True).last
    field.fill(value)
    field.blur()
    settle(page)


def type_date(page: Page, label: str, day: date) -> None:
    """Type a date, part by part, as one does on the keyboard."""
    for part, text in (("year", f"{day:%Y}"), ("month", f"{day:%m}"), ("day", f"{day:%d}")):
        place = page.get_by_role("spinbutton", name=f"{part}, {label}").last
        place.click()
        place.press_sequentially(text)
    page.keyboard.press("Escape") if page.get_by_role("dialog").count() == 0 else place.blur()
    settle(page)


def type_time(page: Page, label: str, hour: int) -> None:
    """Type a full hour."""
    for part, text in (("hour", f"{hour:02d}"), ("minute", "00")):
        place = page.get_by_role("spinbutton", name=f"{part}, {label}").last
        place.click()
        place.press_sequentially(text)
    place.blur()
    settle(page)


def fetched(page: Page, name: re.Pattern[str]) -> tuple[str, str]:
    """File name and text of the PDF behind a link."""
    link = page.get_by_role("link", name=name).first
    address = link.get_attribute("href")
    assert address is not None
    answer = page.request.get(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + address)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    text = "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(answer.body())).pages)
    return answer.headers["content-disposition"], text


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a newcomer gets it: a fresh clone."""
    folder = tmp_path_factory.mktemp("clone") / "practicerunner"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.mark.long
def test_from_a_fresh_clone_to_the_downloaded_receipt(clone: Path, browser: Browser, tmp_path: Path) -> None:
    yesterday = clock.today(PRACTICE) - timedelta(days=1)
    with serving(tmp_path, code=clone) as address:
        context = browser.new_context(viewport={"width": 1440, "height": 1200}, accept_downloads=True)
        page = sign_in(context, address, "Amara")
        expect(page.get_by_role("heading", name=re.compile("^Good .*Amara"))).to_be_visible()

        open_page(page, address, "clients")
        press(page, "New")
        page.get_by_role("dialog").locator("label").filter(has_text=re.compile("^Individual")).first.click()
        settle(page)
        fill(page, "First name", "Ingrid **Zoë**")
        fill(page, "Last name", "Testerholm")
        press(page, "Create individual")
        expect(page.get_by_role("heading", name="Ingrid **Zoë** Testerholm")).to_be_visible(timeout=20_000)
        case_page = page.url

        press(page, "Appointment")
        type_date(page, "Date", yesterday)
        type_time(page, "Time", 6)
        expect(page.get_by_text("No conflict")).to_be_visible()
        press(page, "Book appointment")
        page.get_by_text("Record attendance").click()
        expect(page.get_by_role("heading", name="Attendance")).to_be_visible(timeout=20_000)
        settle(page)
        appointment_page = page.url
        press(page, re.compile("^Attended$"))

        press(page, "Start progress note")
        expect(page.get_by_label("Subjective", exact=True)).to_be_visible(timeout=20_000)
        for section in ("Subjective", "Objective", "Assessment", "Plan"):
            fill(page, section, f"{section} in *plain* words.")
        press(page, re.compile("Sign and lock"))
        fill(page, "Your password, or the code of your authenticator", DEMO_PASSWORD)
        press(page, "Sign")
        expect(page.get_by_text("Plan in *plain* words.")).to_be_visible(timeout=20_000)

        page.goto(appointment_page)
        settle(page)
        press(page, "Create 1 invoice")
        _, invoice = fetched(page, re.compile("INV-"))
        assert "Ingrid **Zoë** Testerholm" in invoice

        press(page, "Take a payment")
        press(page, "Record payment")
        expect(page.get_by_text("The receipt is ready.")).to_be_visible(timeout=20_000)
        name, receipt = fetched(page, re.compile("Download receipt"))
        assert re.search(r"RCT-\d{4}-\d{4}\.pdf", name)
        assert "Ingrid **Zoë** Testerholm" in receipt

        page.goto(case_page)
        settle(page)
        expect(page.get_by_text("note signed").first).to_be_visible(timeout=20_000)
        context.close()


def test_signing_out_in_one_window_ends_the_other(demo: str, context: BrowserContext) -> None:
    first = sign_in(context, demo, "Owen")
    second = context.new_page()
    second.goto(f"{demo}/clients")
    settle(second)
    first.goto(f"{demo}/auth/sign-out")
    first.get_by_role("button", name="Sign out", exact=True).click()
    first.wait_for_url("**/auth/sign-in*")
    second.get_by_text("Calendar", exact=True).first.click()
    expect(second.get_by_role("heading", name="Signed out")).to_be_visible(timeout=20_000)
    second.reload()
    second.wait_for_url("**/auth/sign-in*")


@pytest.mark.parametrize(("who", "pages", "absent"), [
    ("Glenn", {"clients", "calendar", "billing"}, {"documentation", "staff", "imports", "audit", "settings"}),
    ("Kwabena", {"clients", "calendar", "documentation"}, {"staff", "imports", "settings"}),
    ("Owen", {"clients", "documentation", "billing"}, {"staff", "imports", "settings"}),
])
@pytest.mark.long
def test_no_role_reaches_a_page_that_is_not_its_own_by_address(
    demo: str, context: BrowserContext, who: str, pages: set[str], absent: set[str]
) -> None:
    page = sign_in(context, demo, who)
    for name in sorted(pages):
        open_page(page, demo, name)
        assert page.get_by_text("Page not found").count() == 0, name
    for name in sorted(absent):
        open_page(page, demo, name)
        expect(page.get_by_text("Page not found")).to_be_visible(timeout=10_000)


@pytest.mark.long
def test_a_stranger_s_records_do_not_open_by_address(demo: str, context: BrowserContext) -> None:
    owner = sign_in(context, demo, "Amara")
    open_page(owner, demo, "clients")
    owner.get_by_placeholder("Search clients").fill("Ethan")
    owner.keyboard.press("Enter")
    settle(owner)
    owner.get_by_role("link", name=re.compile("Ethan")).first.click()
    expect(owner.get_by_role("heading", name=re.compile("Ethan"))).to_be_visible(timeout=20_000)
    address = owner.url
    context.clear_cookies()
    other = sign_in(context, demo, "Owen")
    other.goto(address)
    settle(other)
    refusal = other.get_by_text("There is no such record, or it is not yours to open.").first
    expect(refusal).to_be_visible(timeout=20_000)
    assert other.get_by_text("Ethan").count() == 0


@pytest.mark.long
def test_on_a_phone_nothing_runs_out_of_the_screen(demo: str, browser: Browser) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844})
    page = sign_in(phone, demo, "Amara")
    for name in ("", "clients", "calendar", "billing", "overview", "documentation", "staff", "settings"):
        open_page(page, demo, name)
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= 391, (name, wide)
    phone.close()


@pytest.mark.long
def test_a_drag_runs_the_checks_of_the_form_and_goes_back_when_refused(demo: str, context: BrowserContext) -> None:
    """Two appointments on an empty day far ahead; one is dragged onto the other, then to a free time."""
    page = sign_in(context, demo, "Owen")
    day = clock.today(PRACTICE) + timedelta(days=70)
    for hour in (10, 13):
        open_page(page, demo, "calendar")
        press(page, "New appointment")
        fill(page, "For whom?", "Tomek")
        type_date(page, "Date", day)
        type_time(page, "Time", hour)
        press(page, "Book appointment")
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=20_000)
    open_page(page, demo, "calendar")
    type_date(page, "Go to date", day)
    frame = page.frame_locator("iframe[title*='calendar']")
    events = frame.locator(".fc-timegrid-event")
    expect(events).to_have_count(2, timeout=20_000)

    def drag_first_by_hours(hours: int) -> None:
        box, other = events.nth(0).bounding_box(), events.nth(1).bounding_box()
        assert box is not None and other is not None
        step = (other["y"] - box["y"]) / 3
        x, y = box["x"] + box["width"] / 2, box["y"] + 8
        page.mouse.move(x, y)
        page.mouse.down()
        for part in range(1, 9):
            page.mouse.move(x, y + step * hours * part / 8)
            page.wait_for_timeout(40)
        page.mouse.up()
        settle(page)
        page.wait_for_timeout(800)

    drag_first_by_hours(3)
    expect(page.get_by_text(re.compile("already taken|is taken")).first).to_be_visible(timeout=20_000)
    expect(frame.get_by_text(re.compile(r"^10:00")).first).to_be_visible(timeout=20_000)
    drag_first_by_hours(1)
    expect(frame.get_by_text(re.compile(r"^11:00")).first).to_be_visible(timeout=20_000)


@pytest.mark.long
def test_after_a_link_from_one_client_to_another_the_next_click_is_about_the_other(
    demo: str, context: BrowserContext
) -> None:
    page = sign_in(context, demo, "Amara Lindqvist")

    def find(name: str) -> None:
        page.get_by_placeholder("Search clients").fill(name)
        page.keyboard.press("Enter")
        settle(page)
        page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        settle(page)

    def stays_with(name: str) -> None:
        page.get_by_role("tab", name="Relationships").click()
        settle(page)
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()

    find("Noor Haddad")
    find("Zofia Lisowska")
    stays_with("Zofia Lisowska")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Noor Haddad")).to_be_visible(timeout=20_000)
    settle(page)
    stays_with("Noor Haddad")
    open_page(page, demo, "calendar?provider=1&provider=2")
    assert page.url.endswith("?provider=1&provider=2")
