"""The readiness questions as Markdown, from the question bank.

usage: python -m scripts.questions_page

Writes the files named in `FILES`: the core questions and the ten for
`docs/readiness/index.md`, and one file a section for `docs/readiness/bank.md`.
`scripts/refresh.py` calls `questions_markdown`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

from scripts.tree import ROOT, evidence, pages
from snippets.readiness.review import (
    LEVELS,
    Bank,
    Core,
    Question,
    load_questions,
)

PAGE = "docs/readiness/index.md"
FILES = (
    "includes/generated/questions.md",
    "includes/generated/ten.md",
    *(
        f"includes/generated/bank/{section.id.lower()}.md"
        for section in load_questions().sections
    ),
)


def questions_markdown(root: Path) -> tuple[str, ...]:
    """The texts of `FILES`, in their order, from the files of the tree."""
    bank = load_questions(root / "snippets/readiness/questions.toml")
    titles = {
        page.id: str(page.meta["title"])
        for page in pages(root)
        if page.meta.get("title")
    }
    names = {
        key: f"{entry['authors'].split(',')[0].strip()} {entry['year']}"
        for key, entry in evidence(root).items()
    }
    return (
        levels(bank, titles, names),
        ten(bank),
        *(section(bank, s.id, titles, names) for s in bank.sections),
    )


def levels(
    bank: Bank, titles: Mapping[str, str], sources: Mapping[str, str]
) -> str:
    """The core questions one by one, with what counts at each level.

    Args:
        bank: The question bank.
        titles: Title of every page that exists, by id. A fix that is not
            among them is printed as plain text.
        sources: How to name a source, by evidence key. A key that is not
            among them is left out.
    """
    return "\n".join(_one(q, bank, titles, sources) for q in _core(bank))


def section(
    bank: Bank,
    name: str,
    titles: Mapping[str, str],
    sources: Mapping[str, str],
) -> str:
    """All questions of a section with everything that the bank holds.

    Args:
        bank: The question bank.
        name: The section's id.
        titles: As in `levels`.
        sources: As in `levels`.
    """
    note = next(s.note for s in bank.sections if s.id == name)
    asked = [q for q in bank.asked(bank.review()) if q.section == name]
    texts = [_whole(q, titles, sources) for q in asked]
    return "\n".join([*([note, ""] if note else []), *texts])


def _whole(
    question: Question, titles: Mapping[str, str], sources: Mapping[str, str]
) -> str:
    q = question
    cited = _cited(q, sources)
    fixes = ", ".join(
        _link(fix, titles) if fix in titles else f"`{fix}`" for fix in q.fixes
    )
    gate = f"core, {q.gate}" if q.core else q.gate
    last = f"**Gate:** {gate}, good for {q.max_age_days} days"
    last += ", may be not applicable" if q.may_be_na else ""
    last += f". **Fix it with:** {fixes}"
    last += f". **Sources:** {cited}." if cited else "."
    return "\n".join(
        [
            '<div class="p2p-q" markdown>',
            "",
            f"### {q.id} {q.name} {{ #{q.id.lower()} }}",
            "",
            f"**{q.question}** {q.why}",
            "",
            "| Level | What you can show |",
            "|---|---|",
            *_rows(q),
            "",
            f"**Evidence:** {_small(q.evidence)} {last}",
            "",
            "</div>",
            "",
        ]
    )


def ten(bank: Bank) -> str:
    """The ten, a table for each group, linked to what answers them."""
    lines = []
    for group in dict.fromkeys(row.group for row in bank.core):
        lines += [f"| {group} | Answered by |", "|---|---|"]
        for row in bank.core:
            if row.group == group:
                links = ", ".join(
                    f"[{q}](#{q.lower()})" for q in _by(bank, row)
                )
                lines.append(f"| {row.text} | {links} |")
        lines.append("")
    return "\n".join(lines)


def _core(bank: Bank) -> list[Question]:
    return [q for q in bank.asked(bank.review()) if q.core]


def _by(bank: Bank, row: Core) -> list[str]:
    return [q.id for q in _core(bank) if row.id in q.core]


def _one(
    question: Question,
    bank: Bank,
    titles: Mapping[str, str],
    sources: Mapping[str, str],
) -> str:
    q = question
    title = next(s.title for s in bank.sections if s.id == q.section)
    written = ", ".join(_link(fix, titles) for fix in q.fixes if fix in titles)
    later = ", ".join(f"`{fix}`" for fix in q.fixes if fix not in titles)
    cited = _cited(q, sources)
    lines = [
        '<div class="p2p-q" markdown>',
        "",
        f"### {q.id} {q.name} {{ #{q.id.lower()} }}",
        "",
        f"**{q.question}** {q.why}",
        "",
        f'??? note "What counts for {q.id}"',
        "",
        f"    | Level | {title}: what you can show |",
        "    |---|---|",
        *("    " + row for row in _rows(q)),
        "",
        f"    Evidence: {_small(q.evidence)} It counts in full for "
        f"{q.max_age_days} days.",
        "",
    ]
    if written:
        lines += [f"    Fix it with: {written}", ""]
    if later:
        lines += [f"    Fixes not yet written: {later}", ""]
    if cited:
        lines += [f"    Background: {cited}", ""]
    return "\n".join([*lines, "</div>", ""])


def _rows(question: Question) -> list[str]:
    names = zip(LEVELS, question.levels, strict=True)
    return [
        f"| {number}\u00a0{name} | {text} |"
        for number, (name, text) in enumerate(names)
    ]


def _cited(question: Question, sources: Mapping[str, str]) -> str:
    return ", ".join(
        f"[{sources[key]}](../evidence.md#{key})"
        for key in question.sources
        if key in sources
    )


def _link(page: str, titles: Mapping[str, str]) -> str:
    path = posixpath.relpath(f"docs/{page}.md", posixpath.dirname(PAGE))
    return f"[{titles[page]}]({path})"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


if __name__ == "__main__":
    for name, text in zip(FILES, questions_markdown(ROOT), strict=True):
        target = ROOT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
