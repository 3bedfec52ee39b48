"""The readiness questions as Markdown, from the question bank.

usage: python -m scripts.questions_page

Writes the files named in `FILES`: the core questions and the ten for
`docs/readiness/index.md`, one file a section for `docs/readiness/bank.md`, and
the verdicts on the example sheets for `docs/readiness/example.md`.
`scripts/refresh.py` calls `questions_markdown`.
"""

from __future__ import annotations

import contextlib
import io
import json
import posixpath
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.tree import ROOT, evidence, pages
from snippets.readiness.review import (
    LEVELS,
    Bank,
    Core,
    Question,
    Verdict,
    as_text,
    assess,
    load_questions,
    load_sheet,
    main,
)

PAGE = "docs/readiness/index.md"
SHEETS = ("example.toml", "example_hardened.toml")
NAMES = ("The notebook", "The hardened model")
FILES = (
    "includes/generated/questions.md",
    "includes/generated/ten.md",
    *(
        f"includes/generated/bank/{section.id.lower()}.md"
        for section in load_questions().sections
    ),
    "includes/generated/review_both.md",
    "includes/generated/review_moved.md",
    "includes/generated/review_near.md",
    "includes/generated/review_hardened.md",
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
        *examples(bank, root, titles),
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


def examples(
    bank: Bank, root: Path, titles: Mapping[str, str]
) -> tuple[str, str, str, str]:
    """The two example sheets, judged by one bank at one size.

    Args:
        bank: The question bank.
        root: The root of the tree that holds the sheets.
        titles: As in `levels`.

    Returns:
        Both verdicts side by side, what moved, the answers that have a file
        and still count 0, and the whole verdict on the second sheet.
    """
    folder = root / "snippets/readiness"
    short, full = (load_sheet(folder / name) for name in SHEETS)
    long = _whole_sheet(short, full, bank)
    old, new = (assess(s, bank, s["date"]) for s in (long, full))
    return (
        _both(old, new),
        _fence(_moved(long, full, root)),
        _near(new, titles),
        _folded(as_text(new, details=3)),
    )


def _whole_sheet(
    short: Mapping[str, Any], full: Mapping[str, Any], bank: Bank
) -> dict[str, Any]:
    """The short sheet at the size of the full one: what it lacks is 0.

    Where no language model is at work on one sheet, none is on the other.
    """
    rest = {q.id: {"level": 0} for q in bank.questions}
    same = {k: v for k, v in full["answers"].items() if k[:3] == "LLM"}
    answers = rest | same | short["answers"]
    return {**short, "review": full["review"], "answers": answers}


def _both(old: Verdict, new: Verdict) -> str:
    def levels(verdict: Verdict) -> Counter[str]:
        return Counter(
            "n/a" if a.not_applicable else str(a.level)
            for a in verdict.answers
        )

    def row(label: str, texts: tuple[object, object]) -> str:
        return f"| {label} | {texts[0]} | {texts[1]} |"

    both, counts = (old, new), (levels(old), levels(new))
    lines = [row("What the verdict says", NAMES), "|---|---|---|"]
    lines += [
        row("Score, which no rule reads", (old.score, new.score)),
        row("Stage", (f"**{old.stage}**", f"**{new.stage}**")),
        row("Answers asked for", (old.asked, new.asked)),
    ]
    for number, name in enumerate(LEVELS):
        found = (counts[0][str(number)], counts[1][str(number)])
        lines.append(row(f"of these at {number}, {name}", found))
    absent = (counts[0]["n/a"], counts[1]["n/a"])
    lines.append(row("not applicable", absent))
    zero = tuple(sum(a.core and a.level == 0 for a in v.answers) for v in both)
    core = tuple(
        f"{number} of {v.asked_core}"
        for number, v in zip(zero, both, strict=True)
    )
    lines.append(row("Core answers at 0", (core[0], core[1])))
    ahead = (len(old.blockers), len(new.blockers))
    lines.append(row(f"In the way of {new.aim}", ahead))
    return "\n".join([*lines, ""])


def _moved(old: Mapping[str, Any], new: Mapping[str, Any], root: Path) -> str:
    """What `review.py diff` prints."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, sheet in (("old", old), ("new", new)):
            path = Path(folder) / f"{name}.json"
            path.write_text(json.dumps(sheet, default=str), "utf-8")
            paths.append(str(path))
        bank = str(root / "snippets/readiness/questions.toml")
        day = str(new["date"])
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            main(["diff", *paths, "--questions", bank, "--today", day])
    return said.getvalue().rstrip("\n")


def _near(verdict: Verdict, titles: Mapping[str, str]) -> str:
    """Answers of level 0 with a file: what there is, and what is missing."""
    lines = ["| Answer | What there is, and what is missing | Open |"]
    lines.append("|---|---|---|")
    for a in verdict.answers:
        if a.level == 0 and a.link and not a.not_applicable:
            page = a.link.removeprefix("docs/").removesuffix(".md")
            name = f"[{a.id}](bank.md#{a.id.lower()}) {a.name}"
            lines.append(f"| {name} | {a.note} | {_link(page, titles)} |")
    return "\n".join([*lines, ""])


def _fence(text: str) -> str:
    return f"```text\n{text}\n```\n"


def _folded(text: str) -> str:
    inner = _fence(text).rstrip("\n").splitlines()
    lines = [f"    {line}".rstrip() for line in inner]
    title = '??? note "The whole verdict on the hardened model"'
    return "\n".join([title, "", *lines, ""])


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
