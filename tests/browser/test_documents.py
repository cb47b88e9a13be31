"""A document goes up and comes down again in a real browser, byte for byte."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from practicerunner.documents.note import Passage
from tests.browser.served import settle, sign_in
from tests.documents.test_note import a_page, paint_note


@pytest.mark.long
def test_a_pdf_is_uploaded_and_downloaded_again_byte_for_byte(
    demo: str, context: BrowserContext, tmp_path: Path
) -> None:
    paper = tmp_path / "School report, März.pdf"
    paper.write_bytes(paint_note(a_page(sections=(Passage(label="Report", text="Does well."),))))
    page = sign_in(context, demo, "Amara")
    page.get_by_placeholder("Search clients").fill("Noor")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("link", name=re.compile("^Noor Haddad")).first.click()
    settle(page)
    page.get_by_role("tab", name="Clinical").click()
    settle(page)
    page.get_by_role("button", name="Upload").click()
    dialog = page.get_by_role("dialog")
    page.locator("input[type=file]").set_input_files({
        "name": "page.pdf", "mimeType": "application/pdf", "buffer": b"<html>no paper</html>"})
    dialog.get_by_role("radio", name="Clinical").wait_for(state="attached")
    dialog.get_by_role("button", name="Upload").last.click()
    expect(dialog.get_by_text("What is in this file is not what its name says.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(paper)
    expect(dialog.get_by_label("Title")).to_have_value("School report, März")
    settle(page)
    dialog.get_by_role("button", name="Upload").last.click()
    expect(page.get_by_text("Document uploaded")).to_be_visible()
    expect(dialog).to_have_count(0)
    settle(page)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").first.click()
    assert coming.value.suggested_filename == paper.name
    coming.value.save_as(tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == paper.read_bytes()
