"""The question bank as the review in the page reads it.

usage: python -m scripts.review_bank

Writes `FILES` from `snippets/readiness/questions.toml`. The first holds what
every verdict needs, the core questions in full, and title and address of
every fix that is written. The second holds the texts of the other questions,
for whoever chooses a longer review. Sources and seeds stay behind.
`scripts/refresh.py` calls `review_bank`.
"""

from __future__ import annotations

import json
from pathlib import Path

from scripts.tree import ROOT, pages
from snippets.readiness.review import load_questions

FILES = (
    "docs/assets/js/review-bank.json",
    "docs/assets/js/review-bank-rest.json",
)
TEXTS = ("question", "why", "evidence", "levels", "fixes")


def review_bank(root: Path) -> tuple[str, str]:
    """The texts of `FILES`, one question a line."""
    bank = load_questions(root / "snippets/readiness/questions.toml")
    questions, rest = [], {}
    for q in bank.questions:
        row = q._asdict()
        del row["sources"], row["seeds"]
        if not q.core:
            rest[q.id] = {key: row.pop(key) for key in TEXTS}
        questions.append(row)
    fixes = {fix for q in bank.questions for fix in q.fixes}
    written = {
        page.id: [str(page.meta["title"]), address(page.id)]
        for page in pages(root)
        if page.id in fixes and page.meta.get("title")
    }
    parts = {
        "version": bank.version,
        "reviews": [row._asdict() for row in bank.reviews],
        "live": [row._asdict() for row in bank.live],
        "sections": [row._asdict() for row in bank.sections],
        "pages": written,
    }
    lines = [f'"{key}":{_dump(value)},' for key, value in parts.items()]
    rows = ",\n".join(map(_dump, questions))
    first = "\n".join(["{", *lines, f'"questions":[\n{rows}\n]', "}", ""])
    more = ",\n".join(f'"{name}":{_dump(row)}' for name, row in rest.items())
    return first, f"{{\n{more}\n}}\n"


def address(page: str) -> str:
    """Where a page stands, from the root of the site."""
    return f"{page}/".removesuffix("index/")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    for name, text in zip(FILES, review_bank(ROOT), strict=True):
        (ROOT / name).write_text(text, "utf-8")
