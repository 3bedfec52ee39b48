"""What the repository holds: modules, pages, sources, planned ids.

Everything that generates or checks text asks this file, so that the layout
is written down once. Every function takes the root of a tree.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

ROOT = Path(__file__).resolve().parent.parent
AREAS = {
    "drift": "does it keep working?",
    "readiness": "may it go live?",
    "hardening": "make it ready",
    "flights": "the worked case",
}
STANDALONE = ("drift", "readiness", "hardening")
BANNER = ("Needs", "Source", "Page", "Version")
MARKER = re.compile(r"^ *# --8<-- \[(start|end):([a-z][a-z0-9_]*)\]$")


def unmarked(text: str) -> str:
    """A file without section markers: an include takes them out."""
    lines = text.splitlines(keepends=True)
    return "".join(x for x in lines if not MARKER.match(x.rstrip("\n")))


@dataclass(frozen=True)
class Module:
    """One snippet, and the paths that belong to it."""

    root: Path
    area: str
    name: str

    @property
    def id(self) -> str:
        return f"snippets/{self.area}/{self.name}"

    @property
    def source(self) -> str:
        return f"{self.id}.py"

    @property
    def output(self) -> str:
        return f"{self.id}.out.txt"

    @property
    def page(self) -> str:
        return f"docs/{self.id}.md"

    @property
    def test(self) -> str:
        return f"tests/snippets/{self.area}/test_{self.name}.py"

    @property
    def meta(self) -> str:
        return f"includes/generated/meta/{self.id}.md"

    @cached_property
    def text(self) -> str:
        return (self.root / self.source).read_text("utf-8")

    @cached_property
    def copied(self) -> str:
        """The file as the page shows it: without section markers."""
        return unmarked(self.text)

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.copied.encode()).hexdigest()[:12]

    @property
    def banner(self) -> dict[str, str]:
        """The lines a copy keeps: Needs, Source, Page, Version."""
        found = re.findall(rf"^({'|'.join(BANNER)}): +(.+)$", self.text, re.M)
        return dict(found)

    @property
    def notebook(self) -> bool:
        """An exhibit: cells without functions, kept as its author left it."""
        return self.area not in STANDALONE and "# In[1]:" in self.text

    @property
    def arguments(self) -> list[str]:
        """What a module of the case is run with for its output."""
        found = re.search(r"^# Output: (.+)$", self.text, re.M)
        return found[1].split() if found else []

    @property
    def version(self) -> str:
        return (self.banner.get("Version", "") + " ").split(" ", 1)[0]

    @property
    def needs(self) -> list[str]:
        """Packages named by ``Needs:``, without versions and Python."""
        parts = self.banner.get("Needs", "").split(",")[1:]
        names = [re.sub(r" [\d.]+$", "", part.strip()) for part in parts]
        return [name for name in names if name != "standard library"]

    @property
    def data(self) -> list[str]:
        """Names of the files beside it that its code mentions."""
        folder = self.root / "snippets" / self.area
        return sorted(
            path.name
            for path in folder.iterdir()
            if path.is_file()
            and not path.name.endswith((".py", ".out.txt"))
            and path.name in self.text
        )


@cache
def _front_matter(text: str) -> dict[str, Any]:
    """Parsed once for each text, however often the pages are listed."""
    meta: dict[str, Any] = yaml.safe_load(text)
    return meta


@dataclass(frozen=True)
class Page:
    """One Markdown page: its front matter and its body."""

    path: str
    text: str

    @property
    def id(self) -> str:
        return self.path.removeprefix("docs/").removesuffix(".md")

    @cached_property
    def split(self) -> tuple[dict[str, Any], str, int]:
        """Front matter, body, and the line at which the body starts."""
        found = re.match(r"---\n(.*?\n)---\n", self.text, re.S)
        if found is None:
            return {}, self.text, 1
        meta = _front_matter(found[1])
        body = self.text[found.end() :]
        return meta, body, found[0].count("\n") + 1

    @property
    def meta(self) -> dict[str, Any]:
        return self.split[0]

    @property
    def body(self) -> str:
        return self.split[1]

    @property
    def first_line(self) -> int:
        return self.split[2]


def modules(root: Path) -> list[Module]:
    """Every snippet of the tree, in the order of areas and names."""
    return [
        Module(root, area, path.stem)
        for area in AREAS
        for path in sorted((root / "snippets" / area).glob("*.py"))
    ]


def pages(root: Path) -> list[Page]:
    """Every page of the tree, in the order of paths."""
    return [
        Page(path.relative_to(root).as_posix(), path.read_text("utf-8"))
        for path in sorted((root / "docs").rglob("*.md"))
    ]


def planned(root: Path) -> list[str]:
    """Ids that may be named although nobody has written them yet."""
    path = root / "docs/planned.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    ids = [line.partition("#")[0].strip() for line in lines]
    return [name for name in ids if name]


def evidence(root: Path) -> dict[str, dict[str, Any]]:
    """Sources by key."""
    path = root / "docs/evidence.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def files(root: Path) -> Iterator[Path]:
    """Every file of the project: no environment, cache or built site."""
    hidden = {".ci", ".github", ".gitignore", ".pre-commit-config.yaml"}
    for top in sorted(root.iterdir()):
        if top.name == "site" or (
            top.name[0] == "." and top.name not in hidden
        ):
            continue
        found = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in found:
            if path.is_file() and path.suffix != ".pyc":
                yield path


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every file of the project that is UTF-8 text."""
    for path in files(root):
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        yield path.relative_to(root).as_posix(), text


def publish(root: Path, site: Path) -> list[Path]:
    """Copy what the pages offer for download to ``site/files/<area>/``.

    A module is written as the page shows it, data files as they are. Beside
    them stand the licence and the hash of each, as ``sha256sum`` writes it.
    """
    written = []
    top = site / "files"
    for module in modules(root):
        folder = top / module.area
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{module.name}.py"
        target.write_text(module.copied, "utf-8")
        written.append(target)
        for name in module.data:
            source = root / "snippets" / module.area / name
            (folder / name).write_bytes(source.read_bytes())
            written.append(folder / name)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  "
        f"{path.relative_to(top).as_posix()}\n"
        for path in dict.fromkeys(written)
    ]
    (top / "SHA256SUMS").write_text("".join(sums), "utf-8")
    (top / "LICENSE").write_bytes((root / "LICENSE-CODE").read_bytes())
    return written
