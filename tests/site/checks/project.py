"""Rules for every text file of the project."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from scripts.tree import pages, texts

WORDS = 8
LEFT = re.compile(r"(?<![A-Za-z])(?:TO[D]O|FIX[M]E|X[X]X)(?![A-Za-z])")
MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:wor[k]|roo[t]|hom[e]/[a-z]+|User[s]/[a-z]+|farm)/"
)
REGISTRY = re.compile(
    r"https?://(?!127\.)[^\s)\"']*/simpl[e](?:[/\"'\s]|$)|"
    r"files\.pythonhoste[d]|registry\.npmj[s]|\"resolved\": *\"http"
)


def nothing_is_left_to_do(root: Path) -> list[str]:
    """A mark that something is missing fails here, with its line."""
    folders = ("docs/", "includes/", "overrides/", "scripts/", "snippets/")
    return [
        f"{path}:{number}: {line.strip()[:70]}"
        for path, number, line in _lines(root)
        if path.startswith((*folders, "tests/")) and LEFT.search(line)
    ]


def no_machine_and_no_registry_is_named(root: Path) -> list[str]:
    """A path of one machine or the address of a package index."""
    return [
        f"{path}:{number}: {found[0]}"
        for path, number, line in _lines(root)
        for pattern in (MACHINE, REGISTRY)
        if (found := pattern.search(line))
    ]


def _lines(root: Path) -> Iterator[tuple[str, int, str]]:
    for path, text in texts(root):
        for number, line in enumerate(text.split("\n"), 1):
            yield path, number, line


def no_sentence_is_shared_with_the_essays(root: Path) -> list[str]:
    """No run of eight words stands in the essays the site started from.

    ``shingles.txt`` has the essays only as truncated hashes.
    """
    listed = (root / "tests/site/shingles.txt").read_text("utf-8").split()
    known = frozenset(listed)
    return [
        f"{path}:{line}: {run!r} stands in an essay"
        for path, text in texts(root)
        if path.endswith((".md", ".py", ".toml", ".html", ".txt", ".js"))
        and not path.startswith(("requirements", "tests/site/shingles"))
        for line, run in shared(text, known)
    ]


def shared(text: str, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Line and words of each run of the text whose hash is known."""
    found = list(re.finditer(r"[a-z0-9]+", text.lower()))
    tokens = [word[0] for word in found]
    skip = 0
    for i in range(len(tokens) - WORDS + 1):
        run = " ".join(tokens[i : i + WORDS])
        if i >= skip and shingle(run) in known:
            yield text.count("\n", 0, found[i].start()) + 1, run
            skip = i + WORDS


def shingle(run: str) -> str:
    """Forty bits of a hash: enough to find a run, too few to read it."""
    return hashlib.sha256(run.encode()).hexdigest()[:10]


def every_asset_is_used(root: Path) -> list[str]:
    """What stands in ``docs/assets`` is asked for by a page or a style."""
    sources = [page.text for page in pages(root)]
    sources += [
        path.read_text("utf-8", "replace")
        for pattern in (
            "mkdocs.yml", "overrides/**/*.html", "docs/assets/**/*.css",
            "docs/assets/**/*.js", "scripts/*.py",
        )
        for path in root.glob(pattern)
    ]  # fmt: skip
    everything = "\n".join(sources)
    return [
        f"{path.relative_to(root).as_posix()}: nothing uses it"
        for path in sorted((root / "docs/assets").rglob("*"))
        if path.is_file() and path.name not in everything
    ]
