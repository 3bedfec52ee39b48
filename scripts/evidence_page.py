"""The evidence pages: every source, what it found, and how sure we are.

One page lists them and is what authors cite; the entries stand on pages by
the first letter, since all of them together weigh more than a book.
"""

from __future__ import annotations

import posixpath
import unicodedata
from pathlib import Path
from typing import Any

from scripts.tree import Page, evidence, pages

FOLDER = "docs/evidence"
PAGE = f"{FOLDER}.md"
LETTERS = ("a-b", "c-f", "g-j", "k-m", "n-r", "s-t", "u-z")
FILES = (PAGE, *(f"{FOLDER}/{letters}.md" for letters in LETTERS))
FIELDS = {
    "authors", "title", "venue", "year", "link", "setting", "found", "limits",
    "certainty", "where", "sense", "checked",
}  # fmt: skip
CERTAINTY = {
    "seen": "Seen",
    "secondary": "Secondary",
    "unverified": "Unverified",
}

HEAD = """\
---
title: Evidence
description: "Every source this site cites: what it found, in which setting, and how sure we are."
kind: reference
tags: [evidence]
seeds: []
evidence: []
questions: []
next: index
reviewed: {reviewed}
---

# Evidence

What did the source find, where, and has anybody here read it?
{{ .p2p-lead }}

Every citation on this site leads to an entry. It says what was found, in which setting, and how we know. Read the setting
before you use the number: it was measured there, and elsewhere it is a hint.

## How sure we are

| Mark | What we did | How a page may use it |
|---|---|---|
| Seen | We read the finding in the source: its full text, its abstract, or the primary document | with its numbers |
| Secondary | We read it in another text that reports the source | with its numbers, named as second hand |
| Unverified | We have the reference and have not read the finding | to point at, without a number |

{counts}

## The sources

"""  # noqa: E501
PART = """\
---
title: Sources {first} to {last}
description: "What each source from {first} to {last} found, in which setting, with which limits, and whether we read it."
kind: reference
tags: [evidence]
seeds: []
evidence: []
questions: []
next: evidence
reviewed: {reviewed}
---

# Sources {first} to {last}

[The list of all sources](../evidence.md) says what the marks mean.

"""  # noqa: E501


def evidence_pages(root: Path) -> tuple[str, ...]:
    """The pages of ``FILES``, from the sources and the pages that cite."""
    entries = evidence(root)
    cited: dict[str, list[Page]] = {}
    for page in pages(root):
        for key in page.meta.get("evidence") or []:
            cited.setdefault(key, []).append(page)
    ordered = sorted(entries.items(), key=lambda kv: (_plain(kv[1]), kv[0]))
    reviewed = max(str(entry["checked"]) for entry in entries.values())
    made = [HEAD.format(reviewed=reviewed, counts=_counts(entries))]
    for letters in LETTERS:
        first, _, last = letters.upper().partition("-")
        inside = [(k, e) for k, e in ordered if part(e) == letters]
        head = PART.format(first=first, last=last, reviewed=reviewed)
        made[0] += f"### {first} to {last}\n\n"
        made[0] += "".join(_line(*one) for one in inside) + "\n"
        made.append(
            head
            + "\n".join(_section(k, e, cited.get(k, [])) for k, e in inside)
        )
    return (made[0].rstrip() + "\n", *made[1:])


def part(entry: dict[str, Any]) -> str:
    """The letters of the page on which an entry stands."""
    return next(x for x in LETTERS if x[0] <= _plain(entry)[0] <= x[-1])


def _line(key: str, entry: dict[str, Any]) -> str:
    """What the list says: the name, the sense, and a mark if not seen."""
    mark = CERTAINTY[entry["certainty"]]
    return (
        f"* [{_name(entry)}](evidence/{part(entry)}.md#{key}){{ #{key} }} "
        f"{_sentence(entry['sense'])}"
        f"{'' if mark == 'Seen' else f' *{mark}.*'}\n"
    )


def _name(entry: dict[str, Any]) -> str:
    return f"{entry['authors'].split(',')[0].strip()} {entry['year']}"


def _plain(entry: dict[str, Any]) -> str:
    """Its name as an alphabet sorts it: Ö beside O."""
    parts = unicodedata.normalize("NFKD", _name(entry).casefold())
    return "".join(x for x in parts if not unicodedata.combining(x))


def _counts(entries: dict[str, dict[str, Any]]) -> str:
    marks = [entry["certainty"] for entry in entries.values()]
    parts = ", ".join(f"{marks.count(mark)} {mark}" for mark in CERTAINTY)
    return f"Sources by mark: {parts}."


def _section(key: str, entry: dict[str, Any], citing: list[Page]) -> str:
    title = entry["title"].strip().rstrip(".")
    venue, year = entry["venue"], str(entry["year"])
    if year not in venue:
        venue = f"{venue}, {year}"
    terms = {
        "Found": _sentence(entry["found"]),
        "Setting": _sentence(entry["setting"]),
        "Limits": _sentence(entry["limits"]),
        "How sure": (
            f"**{CERTAINTY[entry['certainty']]}.** "
            f"Read in: {_sentence(entry['where'])} "
            f"Checked on {entry['checked']}."
        ),
        "Cited in": ", ".join(map(_link, citing)) or "no page",
    }
    lines = [
        f"## {_name(entry)} {{ #{key} }}",
        "",
        f"**{_sentence(entry['sense'])}** {_sentence(entry['authors'])} "
        f"[*{title}*]({entry['link']}). {_sentence(venue)}",
        "",
    ]
    for term, text in terms.items():
        lines += [term, f":   {text}", ""]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _link(page: Page) -> str:
    path = posixpath.relpath(page.path, FOLDER)
    return f"[{page.meta.get('title', page.id)}]({path})"
