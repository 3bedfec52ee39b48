"""Where each idea of the five essays is treated: a table an essay."""

from __future__ import annotations

import posixpath
from pathlib import Path

from scripts.tree import Page, pages

IDEAS = "docs/essays/ideas.tsv"
PAGE = "docs/essays/coverage.md"
FILES = tuple(f"includes/generated/ideas/{x}.md" for x in "abcde")
# Where a reader should go first: the text, then the practice, then the code.
ORDER = ("guides", "start", "readiness", "case-studies", "how-to", "snippets")


def ideas(root: Path) -> dict[str, str]:
    """Every idea, in our words, by its id."""
    lines = (root / IDEAS).read_text("utf-8").splitlines()[1:]
    return dict(line.split("\t") for line in lines if line)


def treated(root: Path) -> dict[str, list[Page]]:
    """The pages that name an idea under ``seeds:``, the first door first."""
    found: dict[str, list[Page]] = {name: [] for name in ideas(root)}
    for page in sorted(pages(root), key=_door):
        for name in page.meta.get("seeds") or []:
            found.setdefault(name, []).append(page)
    return found


def ideas_markdown(root: Path) -> tuple[str, ...]:
    """The five tables, in the order of ``FILES``."""
    on = treated(root)
    tables = {
        x: ["| Id | Idea | Treated in |", "|---|---|---|"] for x in "ABCDE"
    }
    for name, text in ideas(root).items():
        links = ", ".join(_link(page) for page in on[name]) or "no page"
        tables[name[0]].append(f"| {name} | {text} | {links} |")
    return tuple("\n".join(rows) + "\n" for rows in tables.values())


def _door(page: Page) -> tuple[int, str]:
    folder = page.id.partition("/")[0]
    return (ORDER.index(folder) if folder in ORDER else len(ORDER), page.id)


def _link(page: Page) -> str:
    path = posixpath.relpath(page.path, posixpath.dirname(PAGE))
    return f"[{page.meta['title']}]({path})"
