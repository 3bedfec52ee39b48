"""The evidence page: every source, what it found, and how sure we are."""

from __future__ import annotations

import posixpath
import unicodedata
from pathlib import Path
from typing import Any

from scripts.tree import Page, evidence, pages

PAGE = "docs/evidence.md"
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

Every citation on this site leads here. An entry says what was found, in which setting, and how we know. Read the setting
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


def evidence_page(root: Path) -> str:
    """The whole page, from ``docs/evidence.toml`` and the pages that cite."""
    entries = evidence(root)
    cited: dict[str, list[Page]] = {}
    for page in pages(root):
        for key in page.meta.get("evidence") or []:
            cited.setdefault(key, []).append(page)
    ordered = sorted(entries.items(), key=lambda kv: (_plain(kv[1]), kv[0]))
    head = HEAD.format(
        reviewed=max(str(entry["checked"]) for entry in entries.values()),
        counts=_counts(entries),
    )
    return head + "\n".join(
        _section(key, entry, cited.get(key, [])) for key, entry in ordered
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
        f"### {_name(entry)} {{ #{key} }}",
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
    path = posixpath.relpath(page.path, posixpath.dirname(PAGE))
    return f"[{page.meta.get('title', page.id)}]({path})"
