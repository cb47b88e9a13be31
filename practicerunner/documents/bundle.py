"""Several papers as one file, one after the other, to print them in one go."""

import io
from collections.abc import Iterable

import pikepdf


def bundle(papers: Iterable[bytes], title: str) -> bytes:
    """One PDF with the pages of all papers in their order."""
    with pikepdf.new() as made:
        for pdf in papers:
            with pikepdf.open(io.BytesIO(pdf)) as one:
                made.pages.extend(one.pages)
        made.docinfo["/Title"] = title
        made.docinfo["/Creator"] = "PracticeRunner"
        made.Root.Lang = pikepdf.String("en")
        written = io.BytesIO()
        made.save(written, deterministic_id=True)
    return written.getvalue()
