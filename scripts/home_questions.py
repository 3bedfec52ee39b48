"""Text made from the question bank for the home page: ten links."""

from __future__ import annotations

import tomllib
from itertools import groupby
from pathlib import Path

SOURCE = "snippets/readiness/questions.toml"


def ten_questions(root: Path) -> str:
    """Two lists, five questions each, that lead to the review.

    What is asked before launch comes first, as on the page of the review.
    """
    bank = tomllib.loads((root / SOURCE).read_text("utf-8"))
    core = sorted(bank["core"], key=lambda one: one["id"][:2] != "RD")
    parts = ['<div class="p2p-ten" markdown>', ""]
    number = 0
    for group, questions in groupby(core, key=lambda one: str(one["group"])):
        parts += ["<div markdown>", "", f"### {group}", ""]
        for one in questions:
            number += 1
            anchor = next(
                q["id"].lower()
                for q in bank["questions"]
                if one["id"] in q.get("core", [])
            )
            link = f"readiness/index.md#{anchor}"
            parts.append(f"{number}. [{one['text']}]({link})")
        parts += ["", "</div>"]
    return "\n".join([*parts, "", "</div>", ""])
