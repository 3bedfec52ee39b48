"""Rules for the built site: what the engine and the theme made of it.

Every check takes the root of the repository and the folder of the site.
"""

import os
import posixpath
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.tree import modules, unmarked

SITE_URL = "https://paper-to-pager.example/"
LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src",
    "video": "src", "audio": "src", "object": "data", "embed": "src",
}  # fmt: skip
RELS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch"}


class Html(HTMLParser):
    """Ids, links, code blocks and visible text of one file."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: set[str] = set()
        self.links: list[tuple[int, str]] = []
        self.loads: list[tuple[int, str]] = []
        self.styles: list[tuple[int, str]] = []
        self.code: list[str] = []
        self.text: list[tuple[int, str]] = []
        self._within: list[str] = []
        self.feed(text)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        line, given = self.getpos()[0], {k: v or "" for k, v in attrs}
        self.ids |= {given[key] for key in ("id", "name") if key in given}
        if "style" in given:
            self.styles.append((line, f"<{tag} style={given['style']!r}>"))
        if tag in {"a", "area"} and "href" in given:
            self.links.append((line, given["href"]))
        if tag in LOADS and LOADS[tag] in given:
            self.loads.append((line, given[LOADS[tag]]))
        if tag == "link" and RELS & set(given.get("rel", "").split()):
            self.loads.append((line, given["href"]))
        if tag in {"script", "style", "code"}:
            self._within.append(tag)
            if tag == "code":
                self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        inside = self._within[-1] if self._within else ""
        if inside == "code":
            self.code[-1] += data
        if inside not in {"script", "style"}:
            self.text.append((self.getpos()[0], data))


@cache
def _parsed(path: Path, _changed: int) -> Html:
    return Html(path.read_text("utf-8"))


def html_files(site: Path) -> list[tuple[str, Html]]:
    """Every HTML file of the site, parsed once."""
    return [
        (
            path.relative_to(site).as_posix(),
            _parsed(path, path.stat().st_mtime_ns),
        )
        for path in sorted(site.rglob("*.html"))
    ]


def _target(site: Path, path: str, link: str) -> tuple[str, str] | None:
    """File and fragment a link leads to; None for another host."""
    home = urlsplit(os.environ.get("SITE_URL") or SITE_URL)
    url = urlsplit(link)
    if url.netloc not in {"", home.netloc} or url.scheme not in {
        "", "http", "https",
    }:  # fmt: skip
        return None
    place = unquote(url.path)
    if place.startswith("/"):
        place = "/" + place.removeprefix(home.path or "/").lstrip("/")
    elif not place:
        place = "/" + path
    else:
        place = posixpath.join("/", posixpath.dirname(path), place)
    folder = place.endswith(("/", "/.", "/.."))
    place = posixpath.normpath(place).lstrip("/")
    if folder or (site / place).is_dir():
        place = posixpath.join(place, "index.html")
    return place, unquote(url.fragment)


def links_and_anchors_resolve(_root: Path, site: Path) -> list[str]:
    """Every link within the site, raw HTML too, leads somewhere."""
    parsed = dict(html_files(site))
    problems = []
    for path, page in parsed.items():
        for line, link in page.links + page.loads:
            found = _target(site, path, link)
            if found is None:
                continue
            place, fragment = found
            if not (site / place).is_file():
                problems.append(f"{path}:{line}: {link} leads to no file")
            elif (
                fragment
                and place in parsed
                and fragment not in parsed[place].ids
                and not fragment.startswith(":~:")
            ):
                problems.append(f"{path}:{line}: {link} has no such anchor")
    return problems


def every_page_can_be_reached(_root: Path, site: Path) -> list[str]:
    """By links from the home page; 404 is what a server sends."""
    parsed = dict(html_files(site))
    reached, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in parsed:
            continue
        reached.add(path)
        for _, link in parsed[path].links:
            if found := _target(site, path, link):
                waiting.append(found[0])
    return [
        f"{path}: no link leads here"
        for path in sorted(set(parsed) - reached - {"404.html"})
    ]


def navigation_shows_what_a_person_can_hold(
    _root: Path, site: Path
) -> list[str]:
    """At most 20 lines beside a page; eight sections above them in the menu.

    A page of the navigation stands in its own list, marked as current.
    """
    problems = []
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        nav = text.partition('<nav class="p2p-nav"')[2].partition("</nav>")[0]
        sections, _, pages = nav.partition('<ul class="p2p-nav__pages">')
        lines = pages.count("<li")
        name = path.relative_to(site).as_posix()
        if not 1 <= sections.count("<li") <= 8:
            problems.append(f"{name}: {sections.count('<li')} sections")
        if lines > 20:
            problems.append(f"{name}: {lines} lines of navigation")
        if name != "404.html" and nav.count('aria-current="page"') != 1:
            problems.append(f"{name}: is not marked in the navigation")
    return problems


def no_marker_is_printed(_root: Path, site: Path) -> list[str]:
    """A section marker or include that the engine did not understand."""
    return [
        f"{path}:{line}: prints {text.strip()[:60]!r}"
        for path, page in html_files(site)
        for line, text in page.text
        if "8<" in text
    ]


def nothing_comes_from_another_host(_root: Path, site: Path) -> list[str]:
    """Scripts, styles, fonts and images are the site's own."""
    return [
        f"{path}:{line}: loads {link}"
        for path, page in html_files(site)
        for line, link in page.loads
        if _target(site, path, link) is None and not link.startswith("data:")
    ]


def no_inline_style(_root: Path, site: Path) -> list[str]:
    """The site's policy refuses ``style=``."""
    return [
        f"{path}:{line}: {style}"
        for path, page in html_files(site)
        for line, style in page.styles
    ]


def snippet_pages_print_the_file_byte_for_byte(
    root: Path, site: Path
) -> list[str]:
    """What the copy button takes is the file without section markers."""
    problems = []
    for m in modules(root):
        page = site / m.id / "index.html"
        if not page.is_file():
            problems.append(f"{m.id}/index.html: is missing")
            continue
        blocks = _parsed(page, page.stat().st_mtime_ns).code
        for path, text in (
            (m.source, m.copied),
            (m.output, (root / m.output).read_text("utf-8")),
            (m.test, unmarked((root / m.test).read_text("utf-8"))),
        ):
            if text.rstrip("\n") not in {
                block.rstrip("\n") for block in blocks
            }:
                problems.append(f"{m.id}/index.html: does not print {path}")
        target = site / "files" / m.area / f"{m.name}.py"
        if not target.is_file() or target.read_text("utf-8") != m.copied:
            problems.append(f"files/{m.area}/{m.name}.py: is not {m.source}")
    return problems
