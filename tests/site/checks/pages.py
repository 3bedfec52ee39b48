"""Rules for front matter, and for what pages name."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from scripts.catalogue import ARRIVES, LABELS
from scripts.evidence_page import CERTAINTY, FIELDS
from scripts.ideas_page import IDEAS, ideas, treated
from scripts.tree import (
    STANDALONE,
    Page,
    evidence,
    modules,
    pages,
    planned,
)

KEYS = {
    "title": str,
    "description": str,
    "kind": str,
    "tags": list,
    "seeds": list,
    "evidence": list,
    "questions": list,
    "next": str,
    "reviewed": date,
}
OPTIONAL = {
    "step": int,
    "numbers": dict,
    "hide": list,
    "template": str,
    "labels": str,
    "arrives": str,
}
# The kinds that the pages of a folder may have.
KINDS = {
    "snippets": {"snippet", "chapter", "reference"},
    "guides": {"guide"},
    "how-to": {"how-to"},
    "flights": {"chapter", "reference"},
    "onboarding": {"how-to", "reference"},
    "readiness": {"how-to", "reference"},
    "case-studies": {"case-study"},
    "essays": {"essay", "reference"},
}
ALL_KINDS = {"how-to", "reference", "home"}.union(*KINDS.values())
CITATION = re.compile(r"evidence\.md#([\w-]+)")
BANK_PAGE = "docs/readiness/bank.md"
PARTS = ("What it does not catch", "API", "See also")


def front_matter_is_complete(root: Path) -> list[str]:
    """Every key, each of its type; the description fits a result list."""
    problems = []
    for page in pages(root):
        for key, kind in {**KEYS, **OPTIONAL}.items():
            if key not in page.meta:
                if key in KEYS:
                    problems.append(f"{page.path}: front matter lacks {key}")
            elif not isinstance(page.meta[key], kind):
                problems.append(
                    f"{page.path}: {key} must be a {kind.__name__}, "
                    f"got {page.meta[key]!r}"
                )
        for key in sorted(set(page.meta) - set(KEYS) - set(OPTIONAL)):
            problems.append(f"{page.path}: front matter has unknown key {key}")
        length = len(str(page.meta.get("description", "")))
        if length > 120:
            problems.append(
                f"{page.path}: description has {length} characters, not "
                "120 at most"
            )
        kind = page.meta.get("kind")
        if kind not in KINDS.get(page.id.partition("/")[0], ALL_KINDS):
            problems.append(
                f"{page.path}: kind {kind!r} does not fit its folder"
            )
        if (kind == "home") != (page.id == "index"):
            problems.append(
                f"{page.path}: the home page, and no other, is home"
            )
        if (kind == "guide") != (page.meta.get("step") in range(1, 8)):
            problems.append(f"{page.path}: step 1 to 7 belongs to guides")
    return problems


def copied_snippets_state_what_they_take(root: Path) -> list[str]:
    """Outcomes needed or not, batch or stream: the catalogue filters by it."""
    problems = []
    for page in pages(root):
        copied = page.id.startswith(
            tuple(f"snippets/{x}/" for x in STANDALONE)
        )
        for key, allowed in (("labels", LABELS), ("arrives", ARRIVES)):
            if copied and page.meta.get(key) not in allowed:
                problems.append(
                    f"{page.path}: {key} must be one of "
                    f"{', '.join(allowed)}, got {page.meta.get(key)!r}"
                )
            elif key in page.meta and not copied:
                problems.append(f"{page.path}: {key} belongs to a snippet")
    return problems


def the_argument_leads_to_the_guides_of_each_step(root: Path) -> list[str]:
    """A guide says at which step it stands; that step links to the guide."""
    path = root / "docs/start/argument.md"
    steps = re.split(r"(?m)^## ", path.read_text("utf-8"))[1:]
    problems = []
    for page in pages(root):
        step = page.meta.get("step")
        if step and f"(../{page.id}.md)" not in steps[step - 1]:
            problems.append(
                f"{path.name}: step {step} does not lead to {page.id}"
            )
    marked = [
        number
        for number, text in enumerate(steps, 1)
        if f"#step-{number} }}" in text
    ]
    if marked != [1, 2, 3, 4, 5, 6, 7]:
        problems.append(
            f"{path.name}: steps must be marked 1 to 7, got {marked}"
        )
    return problems


def no_two_pages_describe_themselves_alike(root: Path) -> list[str]:
    """A title or description belongs to one page."""
    problems = []
    for key in ("title", "description"):
        first: dict[str, str] = {}
        for page in pages(root):
            text = str(page.meta.get(key, "")).lower()
            if text in first:
                problems.append(f"{page.path}: same {key} as {first[text]}")
            first.setdefault(text, page.path)
    return problems


def every_id_exists_or_is_planned(root: Path) -> list[str]:
    """``next``, questions, fixes and seeds name something."""
    known = existing_ids(root) | set(planned(root))
    seeds = ideas(root)
    return [
        f"{place}: {key} names {name}, which neither exists nor is planned"
        for place, key, name in named_ids(root)
        if name not in (seeds if key == "seeds" else known)
    ]


def planned_lists_only_what_is_named_and_missing(root: Path) -> list[str]:
    """``docs/planned.txt`` shrinks to nothing, and never grows by habit."""
    path = "docs/planned.txt"
    named = {name for _, _, name in named_ids(root)}
    listed = planned(root)
    problems = [
        f"{path}: {x} exists" for x in listed if x in existing_ids(root)
    ]
    problems += [
        f"{path}: nothing names {x}" for x in listed if x not in named
    ]
    if listed != sorted(set(listed)):
        problems.append(f"{path}: must be sorted, each line once")
    return problems


def the_bank_page_shows_every_section(root: Path) -> list[str]:
    """Title and generated questions of each section, in the bank's order."""
    source, path = root / "snippets/readiness/questions.toml", BANK_PAGE
    if not source.exists():
        return []
    sections = tomllib.loads(source.read_text("utf-8"))["sections"]
    wanted = [
        f'## {s["title"]}\n\n--8<-- "includes/generated/bank/'
        f'{s["id"].lower()}.md"'
        for s in sections
    ]
    found = re.findall(
        r'(?m)^## .*\n\n--8<-- ".*"$', (root / path).read_text("utf-8")
    )
    return [] if found == wanted else [f"{path}: sections must be {wanted}"]


def existing_ids(root: Path) -> set[str]:
    """Ids of pages, and of readiness questions."""
    return {page.id for page in pages(root)} | {q["id"] for q in bank(root)}


def named_ids(root: Path) -> Iterator[tuple[str, str, str]]:
    """Place, field and id, for everything that pages and questions name."""
    for page in pages(root):
        yield page.path, "next", str(page.meta.get("next"))
        for key in ("questions", "seeds"):
            for name in page.meta.get(key) or []:
                yield page.path, key, name
    for q in bank(root):
        place = f"snippets/readiness/questions.toml: {q['id']}"
        for key in ("fixes", "seeds"):
            for name in q.get(key, []):
                yield place, key, name


def bank(root: Path) -> list[dict[str, Any]]:
    """The readiness questions."""
    path = root / "snippets/readiness/questions.toml"
    text = path.read_text("utf-8") if path.exists() else ""
    found: list[dict[str, Any]] = tomllib.loads(text).get("questions", [])
    return found


def every_idea_of_the_essays_has_a_page(root: Path) -> list[str]:
    """No idea is lost: each stands under ``seeds:`` of some page."""
    return [
        f"{IDEAS}: no page treats {name}"
        for name, on in treated(root).items()
        if not on
    ]


def sources_are_complete_and_cited(root: Path) -> list[str]:
    """An entry has its fields, a known certainty, and a page that cites it."""
    path, problems = "docs/evidence.toml", []
    cited = {
        x for page in pages(root) for x in page.meta.get("evidence") or []
    }
    for key, entry in evidence(root).items():
        if set(entry) != FIELDS:
            odd = ", ".join(sorted(set(entry) ^ FIELDS))
            problems.append(f"{path}: {key} lacks, or should not have: {odd}")
        if entry.get("certainty") not in CERTAINTY:
            problems.append(f"{path}: {key} has no known certainty")
        if key not in cited:
            problems.append(f"{path}: no page cites {key}")
    return problems


def citations_and_front_matter_agree(root: Path) -> list[str]:
    """What a page cites stands in its front matter, and back."""
    known = set(evidence(root))
    problems = []
    for page in pages(root):
        listed = set(page.meta.get("evidence") or [])
        cited = set(CITATION.findall(with_includes(root, page)))
        problems += [
            f"{page.path}: {text} {key}"
            for text, keys in (
                ("cites, and does not list under evidence:,", cited - listed),
                ("lists under evidence:, and does not cite,", listed - cited),
                ("docs/evidence.toml has no", (listed | cited) - known),
            )
            for key in sorted(keys)
        ]
    for q in bank(root):
        problems += [
            f"snippets/readiness/questions.toml: {q['id']} cites {key}, "
            "which docs/evidence.toml has not"
            for key in q.get("sources", [])
            if key not in known
        ]
    return problems


def with_includes(root: Path, page: Page) -> str:
    """The body of a page with its generated tables in place."""

    def text(found: re.Match[str]) -> str:
        path = root / found[1]
        return path.read_text("utf-8") if path.exists() else ""

    return re.sub(r'--8<-- "(includes/generated/[^"]+)"', text, page.body)


def snippet_pages_show_the_whole_file(root: Path) -> list[str]:
    """Code, output and test by include, then the meta line and the parts."""
    problems = []
    for m in modules(root):
        path = root / m.page
        if not path.exists():
            continue
        page = Page(m.page, path.read_text("utf-8"))
        lines = [line.strip() for line in page.body.splitlines()]
        wanted = [
            f'--8<-- "{x}"' for x in (m.source, m.output, m.test, m.meta)
        ]
        if page.meta.get("kind") == "snippet":
            wanted += [f"## {part}" for part in PARTS]
        last = -1
        for line in wanted:
            if line not in lines:
                problems.append(f"{m.page}: lacks the line {line}")
            elif lines.index(line) < last and page.meta["kind"] == "snippet":
                problems.append(f"{m.page}: {line} comes too early")
            else:
                last = lines.index(line)
        api = f"::: {m.id.replace('/', '.')}"
        if page.meta.get("kind") == "snippet" and api not in lines:
            problems.append(f"{m.page}: API is not rendered from {m.source}")
    return problems
