"""Would the site survive a change of engine?

    .venv/bin/python scripts/engines.py

Builds the same mkdocs.yml with MkDocs and with its two successors, each in
an environment of its own, and compares what a reader would miss: pages, and
on each page its headings, code blocks and links. Prints every difference and
exits 1 if there is one. CI runs it once a week, and nothing waits for it.
"""

import contextlib
import difflib
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import (
    CACHE,
    ROOT,
    VERSION,
    child,
    environment,
    say,
)

ENGINES = {
    "MkDocs": ("mkdocs==1.6.1", ["mkdocs", "build", "--strict"]),
    "ProperDocs": ("properdocs==1.6.7", ["properdocs", "build", "--strict"]),
    "Zensical": ("zensical==0.0.73", ["zensical", "build", "--strict"]),
}
NOT_COPIED = (".*", "site", "mutants", "__pycache__")
AREAS = ("pages", "headings", "code blocks", "links")
SHOWN = 20  # differences of one kind that are printed


class Article(HTMLParser):
    """Collects what the article of one page holds."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: dict[str, list[str]] = {area: [] for area in AREAS[1:]}
        self.depth = 0  # of articles around us
        self.open: list[tuple[str, list[str]]] = []
        self.silent = 0  # inside a heading's own link, a button or a script

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        values = dict(attrs)
        classes = (values.get("class") or "").split()
        if tag == "article" and "md-content__inner" in classes:
            self.depth += 1
        if not self.depth:
            return
        if tag == "a" and "headerlink" in classes:
            self.silent += 1
        elif tag == "a" and values.get("href"):
            link = urljoin(self.address, str(values["href"]))
            self.found["links"].append(link)
        elif re.fullmatch("h[1-6]|pre", tag):
            self.open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "article" and self.depth:
            self.depth -= 1
        elif tag == "a" and self.silent:
            self.silent -= 1
        elif self.open and tag == self.open[-1][0]:
            text = "".join(self.open.pop()[1])
            if tag == "pre":
                self.found["code blocks"].append(text.strip("\n"))
            else:
                line = " ".join([tag, *text.split()])
                self.found["headings"].append(line)

    def handle_data(self, data: str) -> None:
        if self.open and not self.silent:
            self.open[-1][1].append(data)


def main() -> int:
    work = CACHE / "engines"
    sites: dict[str, list[object]] = {}
    lock = (ROOT / "requirements-site.txt").read_text("utf-8")
    pins = re.findall(r"(?m)^[\w.-]+==\S+(?: ; [^\\\n]+)?", lock)
    for engine, (package, command) in ENGINES.items():
        wanted = list(dict.fromkeys([package, *pins]))
        facts = [f"Python {VERSION}: {' '.join(wanted)}"]
        other = environment(work / command[0], facts, wanted)
        sites[engine] = [other.with_name(command[0]), *command[1:]]
    seen = {}
    for engine, command in sites.items():
        say(f"\n=== {engine}")
        with copied_tree(work / "tree") as tree:
            code = build(command, tree)
            if code == 0:
                seen[engine] = read(tree / "site")
                say(
                    ", ".join(f"{len(v)} {k}" for k, v in seen[engine].items())
                )
            else:
                say(f"{engine} does not build this site (exit code {code})")
    if "MkDocs" not in seen:
        return 1
    differ = [
        engine
        for engine in list(ENGINES)[1:]
        if engine not in seen or compare(engine, seen["MkDocs"], seen[engine])
    ]
    say(f"\nDifferent from MkDocs: {', '.join(differ) or 'none'}")
    return 1 if differ else 0


@contextlib.contextmanager
def copied_tree(tree: Path) -> Iterator[Path]:
    """Copy the project: some engines write where their config says."""
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    yield tree
    shutil.rmtree(tree)


def build(command: list[object], tree: Path) -> int:
    config = ["--config-file", tree / "mkdocs.yml"]
    with child(*command, *config, folder=tree) as process:
        pass
    return process.returncode


def read(site: Path) -> dict[str, list[str]]:
    """Return all pages, headings, code blocks and links of a built site."""
    found: dict[str, list[str]] = {area: [] for area in AREAS}
    for path in sorted(site.rglob("*.html")):
        page = path.relative_to(site).as_posix()
        found["pages"].append(page)
        article = Article("/" + page.removesuffix("index.html"))
        article.feed(path.read_text("utf-8"))
        for area, items in article.found.items():
            found[area] += [f"{page}: {item}" for item in items]
    return found


def compare(
    engine: str, mine: dict[str, list[str]], theirs: dict[str, list[str]]
) -> bool:
    """Print what differs, and say whether anything does."""
    different = False
    for area in AREAS:
        lines = [
            line
            for line in difflib.ndiff(mine[area], theirs[area])
            if line[0] in "-+"
        ]
        if lines:
            different = True
            say(f"\n--- {engine}: {area} (- only MkDocs, + only {engine})")
            for line in lines[:SHOWN]:
                say(line.replace("\n", "\n    "))
            if len(lines) > SHOWN:
                say(f"  and {len(lines) - SHOWN} more")
    return different


if __name__ == "__main__":
    sys.exit(main())
