"""The glossary: what is refused, what is written, and that terms are used."""

import re
import tomllib
from pathlib import Path

import pytest

from scripts.glossary import (
    SOURCE,
    TIPS,
    anchor,
    glossary_markdown,
    terms,
)
from scripts.tree import ROOT, pages

ENTRIES = tomllib.loads((ROOT / SOURCE).read_text("utf-8"))["terms"]
OTHERS = [p for p in pages(ROOT) if p.id not in ("glossary", "evidence")]


def entry(term: str, more: str = "") -> str:
    return (
        f'[[terms]]\nterm = "{term}"\nmeans = "A word."\n'
        f'page = "guides/drift"\n{more}\n'
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs/guides").mkdir(parents=True)
    (tmp_path / "docs/guides/drift.md").write_text(
        "---\ntitle: Change\n---\n# Change\n", "utf-8"
    )
    return tmp_path


def write(root: Path, *entries: str) -> Path:
    (root / SOURCE).write_text("\n".join(entries), "utf-8")
    return root


def test_a_term_that_stands_twice_is_refused(root):
    write(root, entry("Drift"), entry("Slice"), entry("drift"))
    with pytest.raises(ValueError, match=f"{SOURCE}: drift stands twice"):
        terms(root)


def test_too_many_tooltips_are_refused(root):
    tips = [entry(f"T{i}", "tip = true") for i in range(TIPS + 1)]
    assert len(terms(write(root, *tips[:-1], entry("Drift")))) == TIPS + 1
    with pytest.raises(ValueError, match="31 tooltips, 30 at most"):
        terms(write(root, *tips))


def test_the_page_has_every_term_and_the_tooltips_only_some(root):
    write(
        root,
        entry("slow", 'also = ["late", "tardy"]'),
        entry("AUC", "tip = true"),
    )
    page, tips = glossary_markdown(root)
    link = "[Change](guides/drift.md)"
    assert page.splitlines() == [
        *("AUC { #auc }", f":   A word. {link}", ""),
        *("slow { #slow }", f":   A word. Also: *late*, *tardy*. {link}"),
    ]
    assert tips == "*[AUC]: A word.\n"


def test_the_file_is_sorted_and_each_anchor_is_its_own():
    names = [one["term"] for one in ENTRIES]
    assert names == sorted(names, key=str.casefold)
    assert names == [one["term"] for one in terms(ROOT)]
    assert len({anchor(name) for name in names}) == len(names)


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: anchor(one["term"]))
def test_an_entry_is_whole_and_leads_to_a_page(one):
    assert set(one) <= {"term", "means", "page", "also", "tip"}
    assert one["page"] in {page.id for page in OTHERS}
    assert one["means"].endswith(".")
    assert "\n" not in one["means"]


@pytest.mark.parametrize("one", ENTRIES, ids=lambda one: anchor(one["term"]))
def test_a_term_stands_on_a_page_besides_the_glossary(one):
    name = r"[\s_-]+".join(map(re.escape, re.split(r"[\s-]", one["term"])))
    # Also drifts, deployed, recalibrates: the term with an ending.
    term = re.compile(rf"(?<![^\W_]){name}(?:e?[sdr])?(?![^\W_])", re.I)
    assert any(
        term.search(page.body) or term.search(str(page.meta["title"]))
        for page in OTHERS
    )


def test_a_tooltip_is_one_word():
    tips = [one["term"] for one in ENTRIES if one.get("tip")]
    assert tips
    assert not [tip for tip in tips if " " in tip]
