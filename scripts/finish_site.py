"""Finish a built site: what the engine cannot do without a hook.

usage: finish_site.py SITE_DIR

1. The files that pages offer for download, in ``files/<area>/``, with their
   hashes, and ``.well-known/security.txt``.
2. Code without the spans that colour nothing, a sixth of such a page.
3. Numbers that keep their unit: no line ends between 95 and %.
4. A search index without code, tests and API bodies.
5. Each page as Markdown beside its HTML, and ``llms.txt`` that lists them.
6. A mark on each link that leaves the site: the style sheet shows it.
7. A citation leads to the full entry of its source, past the list.
8. A strict content security policy in every page, with the hashes of the
   scripts that stand in it.

A second run changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.evidence_page import part
from scripts.tree import MARKER, ROOT, Page, evidence, pages, publish

POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'"
)
CHARSET = '<meta charset="utf-8">'
CSP = re.compile(r'\n *<meta http-equiv="Content-Security-Policy"[^>]*>')
SCRIPT = re.compile(
    r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.S
)

CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)"')
REPORT = re.compile(r'<a class="p2p-report" href="([^"?]+)')
LEAVES = re.compile(
    r'<a (?P<rest>(?:[^>]* )?href="(?P<to>https?://[^"]+)"[^>]*)>'
)
VALID = timedelta(days=300)  # RFC 9116: less than a year

PLAIN = re.compile(r'<span class="(?:n|w|p|o|bp|vm)">([^<]*)</span>')

CITED = re.compile(r'(?<=["/])evidence/#(?P<key>\w+)(?=")')

UNIT = re.compile(r"(?<=\d)\s(?=%)")
# What is not prose: code, scripts, and the inside of every other tag.
NOT_PROSE = re.compile(r"(<(pre|code|script|style)\b.*?</\2>|<[^>]*>)", re.S)

SECTIONS = {
    "": "Start",
    "start": "Start",
    "guides": "Guides",
    "how-to": "How-to",
    "snippets": "Snippets",
    "flights": "Case",
    "readiness": "Readiness",
}

INCLUDE = re.compile(r'^(?P<indent> *)--8<-- "(?P<path>[^":]+)(?::\w+)?"$')
BLOCK = re.compile(r'^(?:===|!!!|\?\?\?\+?)[\w ]*"(?P<title>.*)"$')
PRESENTATION = re.compile(r"^ *(?:</?div[^>]*>|<form.*</form>|\{[^{}]*\})$")
ATTRIBUTES = re.compile(r"(?<=\))\{ ?(?:[.#]|data-)[^{}]*\}")
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
LINK = re.compile(
    r"\]\((?P<page>[^)\s:#?]+\.md)(?:\?[^)\s#]*)?(?P<anchor>#[^)\s]*)?\)"
)


def finish(site: Path, root: Path = ROOT) -> None:
    """Do all of this on the built site."""
    if not (site / "index.html").exists():
        raise SystemExit(f"finish_site.py: {site} holds no built site")
    home = (site / "index.html").read_text("utf-8")
    found = CANONICAL.search(home)
    base = found[1] if found else "/"
    publish(root, site)
    well_known = site / ".well-known"
    well_known.mkdir(exist_ok=True)
    today = datetime.now(UTC).date()
    (well_known / "security.txt").write_text(security(home, base, today))
    slim_index(site / "search/search_index.json")
    everything = pages(root)
    for page in everything:
        target = site / markdown_path(page.path)
        if target.parent.exists():
            target.write_text(markdown(root, page), "utf-8")
    (site / "llms.txt").write_text(llms(site, everything, base), "utf-8")
    parts = {key: part(entry) for key, entry in evidence(root).items()}
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        finished = hold_units(lighten(direct(text, parts)))
        finished = secure(mark_links(finished, base))
        if finished != text:
            path.write_text(finished, "utf-8")


def lighten(html: str) -> str:
    """Names, operators and spaces have the colour of the code around them."""
    return PLAIN.sub(r"\1", html)


def direct(html: str, parts: dict[str, str]) -> str:
    """Authors cite the list of sources; a reader wants the entry itself."""

    def entry(found: re.Match[str]) -> str:
        page = parts.get(found["key"])
        return f"evidence/{page}/#{found['key']}" if page else found[0]

    return CITED.sub(entry, html)


def hold_units(html: str) -> str:
    """Bind the sign to its number with a space that does not break."""
    text, last = "", 0
    for found in NOT_PROSE.finditer(html):
        text += UNIT.sub("\u00a0", html[last : found.start()]) + found[0]
        last = found.end()
    return text + UNIT.sub("\u00a0", html[last:])


def mark_links(html: str, base: str) -> str:
    """Say of each link to another site that it is one."""

    def marked(found: re.Match[str]) -> str:
        if found["to"].startswith(base) or " rel=" in f" {found['rest']}":
            return found[0]
        return f'<a rel="external" {found["rest"]}>'

    return LEAVES.sub(marked, html)


def security(home: str, base: str, today: date) -> str:
    """RFC 9116: whom to tell. The contact is that of the home page's foot."""
    found = REPORT.search(home)
    if found is None:
        raise SystemExit("finish_site.py: no CONTACT_URL and no REPO_URL")
    return (
        f"Contact: {found[1]}\n"
        f"Expires: {today + VALID}T00:00:00Z\n"
        "Preferred-Languages: en\n"
        f"Canonical: {base}.well-known/security.txt\n"
    )


def slim_index(path: Path) -> None:
    """Keep titles and the beginning of each section, where its claim stands.

    Code, tests and API bodies go: who wants code searches the repository.
    Tags go too: the theme ranks a word that is a tag above every title.
    """
    index = json.loads(path.read_text("utf-8"))
    docs = [d for d in index["docs"] if "#snippets." not in d["location"]]
    for doc in docs:
        doc.pop("tags", None)
        # A source is found by its claim, a question by what it asks.
        short = re.search(r"^evidence/|#[a-z]{3}-\d\d$", doc["location"])
        doc["text"] = beginning(doc["text"], 120 if short else 330)
    index["docs"] = docs
    text = json.dumps(index, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text, "utf-8")


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


def secure(html: str) -> str:
    """The page with its policy; the first line of the head comes before it.

    Raises:
        ValueError: If the page names no charset.
    """
    html = CSP.sub("", html)
    if CHARSET not in html:
        raise ValueError(f"page must have {CHARSET}, got {html[:80]!r}")
    hashes = "".join(
        f" 'sha256-{digest(found['text'])}'"
        for found in SCRIPT.finditer(html)
        if "src=" not in found["attributes"]
        and "json" not in found["attributes"]
    )
    policy = POLICY.format(hashes=hashes)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace(CHARSET, f"{CHARSET}\n      {meta}", 1)


def digest(script: str) -> str:
    """SHA-256 of an inline script, as a policy spells it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def markdown_path(path: str) -> str:
    """Where the Markdown of a page goes: ``guides/x/index.md``."""
    folder = path.removeprefix("docs/").removesuffix(".md")
    folder = re.sub(r"(^|/)index$", "", folder)
    return f"{folder}/index.md" if folder else "index.md"


def markdown(root: Path, page: Page) -> str:
    """The page for a reader without a browser: includes resolved, no markup.

    Tabs and boxes become bold lines, a figure its description and its
    table, links point at the Markdown of other pages.
    """
    here = Path(markdown_path(page.path)).parent
    source = Path(page.path.removeprefix("docs/")).parent

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(source / found["page"])
        path = os.path.relpath(markdown_path(f"docs/{target}"), here)
        return f"]({Path(path).as_posix()}{found['anchor'] or ''})"

    text = "\n".join(_plain(_resolve(root, page.body.splitlines())))
    text = ATTRIBUTES.sub("", LINK.sub(link, text))
    parts = FENCE.split(text)  # prose, fence, prose, fence, prose
    parts[::2] = [re.sub(r"\n{3,}", "\n\n", part) for part in parts[::2]]
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
    """The lines without the syntax of extensions."""
    inside = api = False
    for line in lines:
        if line.startswith("::: "):
            api = True
            yield "The docstrings in the code are the reference."
        elif line and not line.startswith("    "):
            inside = api = False
        block = BLOCK.match(line)
        if block:
            inside = True
            yield f"**{block['title']}**"
        elif not (line and api) and not PRESENTATION.match(line):
            yield line.removeprefix("    ") if inside else line


def llms(site: Path, everything: list[Page], base: str) -> str:
    """What a program reads first: every page, in one line each."""
    groups: dict[str, list[str]] = {title: [] for title in SECTIONS.values()}
    for page in everything:
        path = markdown_path(page.path)
        if not (site / path).exists():
            continue
        first = page.id.partition("/")[0] if "/" in page.id else ""
        if page.id == "evidence" or first not in SECTIONS:
            first = "reference"
        if page.id.startswith("snippets/flights/"):
            first = "flights"
        title = page.meta.get("title", page.id)
        line = f"- [{title}]({base}{path}): {page.meta.get('description', '')}"
        groups.setdefault(SECTIONS.get(first, "Reference"), []).append(line)
    parts = [
        "# Paper to Pager",
        "> From an ML result that works to an ML system that keeps working: "
        "guides, tested snippets, one worked case.",
        f"Each snippet is also a file: {base}files/<area>/<name>.py. "
        "Text CC BY 4.0, code MIT-0.",
    ]
    for title, lines in groups.items():
        if lines:
            parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    finish(Path(sys.argv[1]))
