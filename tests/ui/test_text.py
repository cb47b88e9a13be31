"""The one escape for text that people typed."""

from datetime import UTC, date, datetime

import pytest

from practicerunner.ui.text import born_on, md, saved, written


@pytest.mark.parametrize(("typed", "escaped"), [
    ("**bold** _it_ `c` ~~d~~", r"\*\*bold\*\* \_it\_ \`c\` \~\~d\~\~"),
    ("<img src=x> &lt;", r"\<img src\=x\> \&lt;"),
    ("$5 and $6", r"\$5 and \$6"),
    (":red[hi]", r"\:red\[hi\]"),
    (":material/face:", r"\:material\/face\:"),
    ("# 1\n- 2", r"\# 1 \- 2"),
    ("12. May", r"12\. May"),
    ("2) two", r"2\) two"),
])
def test_markup_is_escaped(typed: str, escaped: str) -> None:
    assert md(typed) == escaped


@pytest.mark.parametrize("sentence", [
    "There is no such record, or it is not yours to open.", "A follow-up, 33.33 percent; isn't it?", "山田 שרה é",
])
def test_plain_sentences_stay_as_they_are(sentence: str) -> None:
    assert md(sentence) == sentence


@pytest.mark.parametrize(("typed", "escaped"), [
    ("https://evil.example", "https\\:\u2060\\/\\/evil.example"), ("www.evil.example", "www\u2060.evil.example"),
    ("a@evil.example", "a\\@\u2060evil.example"), ("a -> b", "a \\-\u2060\\> b"),
    (":streamlit:", "\\:\u2060streamlit\\:"),
])
def test_addresses_and_arrows_are_parted_lest_they_become_links_and_signs(typed: str, escaped: str) -> None:
    assert md(typed) == escaped


def test_a_practices_text_has_headings_lists_and_bold_and_nothing_else() -> None:
    shown = written("# Fees\nWe charge **in advance**.\n\n- one\n2. two\n[link](http://x.example) <b>x</b> $a$ **")
    assert shown.splitlines() == [
        "", "##### Fees", "", "We charge **in advance**.  ", "", "- one", "2. two",
        r"\[link\]\(http\:" + "\u2060" + r"\/\/x.example\) \<b\>x\<\/b\> \$a\$ \*\*  ",
    ]


def test_what_was_saved_on_an_earlier_day_says_which() -> None:
    evening = datetime(2026, 10, 13, 0, 30, tzinfo=UTC)  # in New York it is still the evening before
    assert saved(evening, "America/New_York", date(2026, 10, 12)) == "Saved 20:30"
    assert saved(evening, "America/New_York", date(2026, 10, 13)) == "Saved Mon 12 Oct, 20:30"
    assert saved(evening, "America/New_York", date(2027, 1, 4)) == "Saved Mon 12 Oct 2026, 20:30"


def test_a_birth_date_is_read_in_words() -> None:
    assert born_on(date(1992, 7, 23)) == "23 Jul 1992"
