"""Text as people read it: dates, times, ages, and the one escape for text that Streamlit would take as Markdown."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MARKUP = re.compile(r"^(\d+)\.(?=\s|$)|[!#$&()*+/:<=>@\[\\\]^_`{|}~]|(?<!\w)-|-(?!\w)")
"""What Markdown reads as markup; commas, hyphens and full stops inside a sentence are none."""
_AFTERWARDS = re.compile(
    r"(https?:)(?=//)|(www)(?=\.)|(@)(?=[-\w]+\.)|(:)(?=streamlit:)|([-<>~])(?=[-=>])", re.IGNORECASE
)
"""What Streamlit makes into links, arrows and its logo after the Markdown was read, when escapes are gone."""
_JOINER = "\N{WORD JOINER}"
"""Has no width and allows no line break; between two characters it keeps them from being taken together."""


def md(text: object) -> str:
    """Text typed by people, safe as a label, title, tab or caption: shown as it is, never as Markdown."""
    parted = _AFTERWARDS.sub(lambda found: found[0] + _JOINER, " ".join(str(text).splitlines()))
    return _MARKUP.sub(lambda found: f"{found[1]}\\." if found[1] else f"\\{found[0]}", parted)


_HEADING = re.compile(r"(#{1,4})\s+(.*)")
_ITEM = re.compile(r"([-*•])\s+(.*)")
_NUMBERED = re.compile(r"(\d{1,3})[.)]\s+(.*)")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def written(text: str) -> str:
    """A practice's own text in a little Markdown, safe to show: headings, lists, paragraphs and **bold**, nothing else.

    Links, pictures, tags and formulas stay the letters that they are.
    """
    found = []
    for line in text.splitlines():
        bare = line.strip()
        if (one := _HEADING.fullmatch(bare)) is not None:
            found.append(f"\n##### {_strong(one[2])}\n")
        elif (one := _ITEM.fullmatch(bare)) is not None:
            found.append(f"- {_strong(one[2])}")
        elif (one := _NUMBERED.fullmatch(bare)) is not None:
            found.append(f"{one[1]}. {_strong(one[2])}")
        else:
            found.append(f"{_strong(bare)}  " if bare else "")
    return "\n".join(found)


def _strong(text: str) -> str:
    parts = _STRONG.split(text)
    return "".join(f"**{md(part.strip())}**" if place % 2 and part.strip() else md(part)
                   for place, part in enumerate(parts))


def day(value: date, today: date | None = None) -> str:
    """``Thu 12 Nov``, with the year when it is not this one."""
    text = f"{value:%a} {value.day} {value:%b}"
    return text if today is not None and value.year == today.year else f"{text} {value.year}"


def born_on(value: date) -> str:
    """``23 Jul 1992``: a birth date, of which nobody needs the day of the week."""
    return f"{value.day} {value:%b %Y}"


def clock_span(start: time, minutes: int) -> str:
    """``10:00–10:50``."""
    end = (datetime.combine(date(2000, 1, 1), start) + timedelta(minutes=minutes)).time()
    return f"{start:%H:%M}–{end:%H:%M}"


def moment(value: datetime, zone: str) -> str:
    """A moment on the practice's wall: ``Thu 12 Nov 2026, 10:02``."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def saved(value: datetime, zone: str, today: date) -> str:
    """``Saved 10:02``; of an earlier day with that day: ``Saved Thu 12 Nov, 10:02``."""
    local = value.astimezone(ZoneInfo(zone))
    return f"Saved {local:%H:%M}" if local.date() == today else f"Saved {day(local.date(), today)}, {local:%H:%M}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 note``, ``3 notes``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def age(days: int) -> str:
    """``today``, ``1 day``, ``12 days``."""
    return "today" if days <= 0 else count(days, "day")
