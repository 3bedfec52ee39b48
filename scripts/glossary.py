"""The glossary: every term with its meaning, and the tooltips of all pages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from scripts.tree import Page

SOURCE = "docs/glossary.toml"
FILES = ("includes/generated/glossary.md", "includes/abbreviations.md")
TIPS = 30  # more of them, and a page is full of dots


def terms(root: Path) -> list[dict[str, Any]]:
    """The entries, as the alphabet orders them.

    Raises:
        ValueError: If a term stands twice, or there are too many tooltips.
    """
    found: list[dict[str, Any]] = tomllib.loads(
        (root / SOURCE).read_text("utf-8")
    )["terms"]
    names = [one["term"].casefold() for one in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{SOURCE}: {', '.join(sorted(twice))} stands twice")
    if (tips := sum(one.get("tip", False) for one in found)) > TIPS:
        raise ValueError(f"{SOURCE}: {tips} tooltips, {TIPS} at most")
    return sorted(found, key=lambda one: str(one["term"]).casefold())


def anchor(term: str) -> str:
    """The link target of a term: ``label-shift``."""
    return re.sub(r"[^a-z0-9]+", "-", term.casefold()).strip("-")


def other_names(root: Path) -> dict[str, list[str]]:
    """The glossary's terms of each page, with what else people call them."""
    names: dict[str, list[str]] = {}
    for one in terms(root):
        found = names.setdefault(one["page"], [])
        found += [one["term"], *one.get("also", [])]
    return names


def glossary_markdown(root: Path) -> tuple[str, str]:
    """The definitions, and the tooltips, in the order of ``FILES``."""
    lines, tips = [], []
    for one in terms(root):
        path = f"docs/{one['page']}.md"
        title = Page(path, (root / path).read_text("utf-8")).meta["title"]
        also = ", ".join(f"*{word}*" for word in one.get("also", []))
        also = f" Also: {also}." if also else ""
        lines += [
            f"{one['term']} {{ #{anchor(one['term'])} }}",
            f":   {one['means']}{also} [{title}]({one['page']}.md)",
            "",
        ]
        if one.get("tip"):
            tips.append(f"*[{one['term']}]: {one['means']}")
    return "\n".join(lines), "\n".join(tips) + "\n"
