"""The search index, for the words of readers and light enough to fetch.

The worker of the theme ranks pages with lunr. It reads which fields there are
and what they weigh from the index itself, so this file decides both:

title     what the page or section is called
keywords  hidden: the name of a snippet, the page's description, and the
          terms of the glossary that lead here, with their other names
text      the beginning of each section, where its claim stands
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from scripts.for_machines import url
from scripts.glossary import other_names
from scripts.tree import Page, pages

FIELDS = {"title": 12, "keywords": 6, "text": 1}
# What ends a word: "psi" finds "(PSI)," and "kill" finds kill_switch. The
# worker splits queries by it too, and there a star stands for any ending.
SEPARATOR = r"[^A-Za-z0-9\u00C0-\u024F*]+"
# What somebody types who wants a file.
FILE = "snippet code file python script example copy function"
# Sources and the bank's questions are many and short: pages come first.
SMALL = re.compile(r"^evidence/|#[a-z]{3}-\d\d$|^essays/")
LENGTHS = {"page": 240, "section": 120, "small": 80}


def slim(path: Path, root: Path) -> None:
    """Write the index again: fields, weights, hidden words, short texts."""
    index = json.loads(path.read_text("utf-8"))
    known = {url(page): page for page in pages(root)}
    names = other_names(root)
    docs = []
    for doc in index["docs"]:
        if "#snippets." in doc["location"]:  # API bodies are code
            continue
        doc.pop("tags", None)
        page = known.get(doc["location"])
        small = SMALL.search(doc["location"])
        kind = "page" if page else "small" if small else "section"
        doc["text"] = beginning(doc["text"], LENGTHS[kind])
        if page:
            doc["keywords"] = keywords(page, names.get(page.id, []))
        if small:
            doc["boost"] = 0.4
        docs.append(doc)
    index["docs"] = docs
    index["config"]["separator"] = SEPARATOR
    index["config"]["fields"] = {
        name: {"boost": weight} for name, weight in FIELDS.items()
    }
    text = json.dumps(index, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text, "utf-8")


def keywords(page: Page, names: list[str]) -> str:
    """What a reader may type, and the page does not say in its title."""
    parts = [page.meta["description"], *names, *page.meta["tags"]]
    folder, _, rest = page.id.partition("/")
    if folder == "snippets" and not rest.startswith("flights/"):
        parts += [rest, FILE]
    return " ".join(parts)


def beginning(html: str, length: int) -> str:
    """The text without code and tags, cut after a sentence or a word."""
    text = re.sub(r"<pre>.*?</pre>", " ", html, flags=re.S)
    text = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    if len(text) <= length:
        return text
    head = text[:length]
    sentence = max(head.rfind(mark) for mark in (". ", "? ", ": "))
    return (
        head[: sentence + 1]
        if sentence > length / 2
        else (head.rpartition(" ")[0])
    )
