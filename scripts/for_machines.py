"""What programs read of the site: Markdown, lists of pages, a catalogue.

* each page as Markdown, beside its HTML;
* ``llms.txt``, every page in a line, and ``llms-full.txt``, every page whole;
* ``snippets/index.json``, every snippet with its hash and its addresses, as
  ``docs/snippets/schema.json`` describes it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml  # type: ignore[import-untyped, unused-ignore]

from scripts.catalogue import count_tests, question, runs_with
from scripts.tree import MARKER, Module, Page, modules

INCLUDE = re.compile(r'^(?P<indent> *)--8<-- "(?P<path>[^":]+)(?::\w+)?"$')
BLOCK = re.compile(r'^(?:===|!!!|\?\?\?\+?)[\w ]*"(?P<title>.*)"$')
PRESENTATION = re.compile(r"^ *(?:</?div[^>]*>|<form.*</form>|\{[^{}]*\})$")
ATTRIBUTES = re.compile(r"(?<=\))\{ ?(?:[.#]|data-)[^{}]*\}")
OPENS = re.compile(r"^ *(`{3,})")
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
LINK = re.compile(
    r"\]\((?P<page>[^)\s:#?]+\.md)(?:\?[^)\s#]*)?(?P<anchor>#[^)\s]*)?\)"
)
HREF = re.compile(r'\bhref="(?![a-z]+:)([^"]*)"')
INTRO = """\
# Paper to Pager

> From an ML result that works to an ML system that keeps working: guides, \
tested snippets, one worked case.

Each page below is Markdown. [All of them in one file]({base}llms-full.txt). \
[Every snippet with its question, needs, hash and addresses]\
({base}snippets/index.json). Text CC BY 4.0, code MIT-0.
"""


class Config(yaml.SafeLoader):  # type: ignore[misc, unused-ignore]
    """Reads ``mkdocs.yml``; what the environment decides stays empty."""


Config.add_multi_constructor("!", lambda *_: None)


def markdown_path(path: str) -> str:
    """Where the Markdown of a page goes: ``guides/x/index.md``."""
    folder = path.removeprefix("docs/").removesuffix(".md")
    folder = re.sub(r"(^|/)index$", "", folder)
    return f"{folder}/index.md" if folder else "index.md"


def url(page: Page) -> str:
    """Where a page stands, from the root of the site."""
    return markdown_path(page.path).removesuffix("index.md")


def markdown(root: Path, page: Page, base: str = "") -> str:
    """The page for a reader without a browser: includes resolved, no markup.

    Tabs and boxes become bold lines, a figure its description and its
    table. Links point at the Markdown of other pages: from this page's own
    folder, or from the address ``base``.
    """
    here = posixpath.dirname(markdown_path(page.path))
    source = posixpath.dirname(page.path)

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(source, found["page"]))
        path = markdown_path(target)
        path = base + path if base else posixpath.relpath(path, here or ".")
        return f"]({path}{found['anchor'] or ''})"

    def plain(text: str) -> str:
        text = ATTRIBUTES.sub("", LINK.sub(link, text))
        if base:
            folder = f"{base}{here}/" if here else base
            text = HREF.sub(lambda x: f'href="{urljoin(folder, x[1])}"', text)
        return re.sub(r"\n{3,}", "\n\n", text)

    text = "\n".join(_plain(_resolve(root, page.body.splitlines())))
    parts = FENCE.split(text)  # prose, fence, prose, fence, prose
    parts[::2] = map(plain, parts[::2])
    return "".join(parts).strip() + "\n"


def _resolve(root: Path, lines: list[str]) -> Iterator[str]:
    """The lines with every include in its place."""
    for line in lines:
        found = INCLUDE.match(line)
        if found is None:
            yield line
            continue
        text = (root / found["path"]).read_text("utf-8")
        if found["path"].endswith(".svg.html"):
            title = re.search(r"<title[^>]*>(.*?)</title>", text)
            desc = re.search(r"<desc[^>]*>(.*?)</desc>", text)
            text = " ".join(f"{m[1]}." for m in (title, desc) if m)
            text = "Figure: " + re.sub(r"\.\.", ".", text)
        for inner in text.splitlines():
            if not MARKER.match(inner):
                yield (found["indent"] + inner).rstrip()


def _plain(lines: Iterator[str]) -> Iterator[str]:
    """The lines without the syntax of extensions; code stays as it is."""
    inside = api = False
    fence = ""
    for line in lines:
        text = line.removeprefix("    ") if inside else line
        if fence:
            fence = "" if line.strip() == fence else fence
            yield text
            continue
        if line.startswith("::: "):
            api = True
            yield "The docstrings in the code are the reference."
        elif line and not line.startswith("    "):
            inside = api = False
            text = line
        opens = OPENS.match(line)
        if opens:
            fence = opens[1]
        block = BLOCK.match(line)
        if block:
            inside = True
            yield f"**{block['title']}**"
        elif not (line and api) and not PRESENTATION.match(line):
            yield text


@cache
def nav(root: Path) -> list[tuple[str, Page]]:
    """Every page in the order of the navigation, with the group it is in."""
    config = yaml.load((root / "mkdocs.yml").read_text("utf-8"), Config)
    return list(_walk(root, config["nav"], ""))


def _walk(
    root: Path, entries: list[Any], group: str
) -> Iterator[tuple[str, Page]]:
    for entry in entries:
        [(title, inside)] = (
            entry.items() if isinstance(entry, dict) else [("", entry)]
        )
        if isinstance(inside, list):
            deeper = f"{group}: {title}" if group else title
            yield from _walk(root, inside, deeper)
        else:
            path = f"docs/{inside}"
            yield group or title, Page(path, (root / path).read_text("utf-8"))


def llms(root: Path, base: str) -> str:
    """What a program reads first: every page, in one line each."""
    lines, last = [INTRO.format(base=base)], ""
    for group, page in nav(root):
        if group != last:
            lines.append(f"\n## {group}\n\n")
            last = group
        address = base + markdown_path(page.path)
        title, about = page.meta["title"], page.meta["description"]
        lines.append(f"- [{title}]({address}): {about}\n")
    return "".join(lines)


def llms_full(root: Path, base: str) -> str:
    """Every page whole, each under its address and its date of review."""
    parts = [INTRO.format(base=base)]
    for _, page in nav(root):
        address = base + url(page)
        head = f"Page: {address}\nReviewed: {page.meta['reviewed']}\n"
        parts.append(f"{head}\n{markdown(root, page, base)}")
    return "\n---\n\n".join(parts)


def snippet_index(root: Path, base: str) -> str:
    """The catalogue as JSON."""
    facts = {page.path: page.meta for _, page in nav(root)}
    found = {
        "$schema": f"{base}snippets/schema.json",
        "snippets": [
            _entry(module, facts[module.page], base)
            for module in modules(root)
        ],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _entry(module: Module, facts: dict[str, Any], base: str) -> dict[str, Any]:
    folder = module.root / "snippets" / module.area
    own: dict[str, Any] = {}
    if not module.notebook:
        own["version"] = module.version
        own["tested_with"] = runs_with(module)
    return {
        "name": module.name,
        "area": module.area,
        "question": question(module),
        **own,
        "needs": module.needs,
        **{x: facts[x] for x in ("labels", "arrives") if x in facts},
        "tests": count_tests(module),
        "licence": "MIT-0",
        "page": f"{base}{module.id}/",
        "markdown": base + markdown_path(module.page),
        **_file(f"{base}files/{module.area}/{module.name}.py", module.copied),
        "data": [
            _file(f"{base}files/{module.area}/{x}", (folder / x).read_bytes())
            for x in module.data
        ],
    }


def _file(address: str, content: str | bytes) -> dict[str, str]:
    """Address and hash of a file that the site serves."""
    served = content.encode() if isinstance(content, str) else content
    return {"file": address, "sha256": hashlib.sha256(served).hexdigest()}
