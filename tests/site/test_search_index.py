"""What the search index holds, and what it leaves out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.search_index import SEPARATOR, beginning, slim

META = """---
title: {title}
description: A limit that knows your rows.
tags: [drift]
---
"""
GLOSSARY = """[[terms]]
term = "PSI"
means = "How far two samples differ."
page = "snippets/drift/psi"
also = ["population stability index"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("index", "snippets/drift/psi", "evidence/a-c"):
        path = tmp_path / f"docs/{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(META.format(title=name), "utf-8")
    (tmp_path / "docs/glossary.toml").write_text(GLOSSARY, "utf-8")
    return tmp_path


def slimmed(root: Path, *docs: dict[str, Any]) -> dict[str, Any]:
    """The index made from these entries; a second run changes nothing."""
    path = root / "search_index.json"
    path.write_text(json.dumps({"config": {}, "docs": docs}), "utf-8")
    slim(path, root)
    once = path.read_text("utf-8")
    slim(path, root)
    assert path.read_text("utf-8") == once
    found: dict[str, Any] = json.loads(once)
    return found


def test_the_index_keeps_prose_and_loses_code_tags_and_api(
    root: Path,
) -> None:
    text = "<p>One.</p> <pre><code>x = 1</code></pre>"
    found = slimmed(
        root,
        {"location": "a/", "title": "A", "text": text, "tags": ["data"]},
        {"location": "a/#snippets.drift.psi", "title": "psi", "text": "API"},
    )
    assert found["docs"] == [{"location": "a/", "title": "A", "text": "One."}]


def test_a_page_is_found_by_words_that_it_does_not_show(root: Path) -> None:
    found = slimmed(
        root,
        {"location": "", "title": "Home", "text": ""},
        {"location": "snippets/drift/psi/", "title": "Moved?", "text": ""},
        {"location": "snippets/drift/psi/#api", "title": "API", "text": ""},
    )
    home, page, section = found["docs"]
    assert "knows your rows" in home["keywords"]
    for word in ("drift/psi", "population stability index", "snippet", "rows"):
        assert word in page["keywords"]
    assert "snippet" not in home["keywords"]
    assert "keywords" not in section
    assert set(found["config"]["fields"]) == {"title", "keywords", "text"}


def test_a_source_weighs_less_than_a_page(root: Path) -> None:
    found = slimmed(
        root,
        {"location": "snippets/drift/psi/", "title": "Moved?", "text": ""},
        {"location": "evidence/a-c/#breck2017", "title": "Breck", "text": ""},
    )
    page, source = found["docs"]
    assert source["boost"] < page.get("boost", 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Population Stability Index (PSI), for", ["index", "psi", "for"]),
        ("the kill_switch: a flag/toggle", ["kill", "switch", "toggle"]),
        ("it was .952, or 95.2 %", ["952", "95", "2"]),
    ],
)
def test_punctuation_ends_a_word(text: str, words: list[str]) -> None:
    assert set(words) <= set(re.split(SEPARATOR, text.lower()))


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("Short.", 20, "Short."),
        ("First sentence. Second one.", 20, "First sentence."),
        ("No sentence ends before the cut", 20, "No sentence ends"),
        ("", 20, ""),
    ],
)
def test_a_section_is_cut_after_a_sentence_or_a_word(
    text: str, length: int, expected: str
) -> None:
    assert beginning(text, length) == expected
