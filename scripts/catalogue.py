"""Text made from the modules: the line under the tabs, and the catalogue."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from scripts.tree import AREAS, STANDALONE, Module, Page, modules

INTRO = {
    "drift": "Checks for a system that runs.",
    "readiness": "Checks before it goes live.",
    "hardening": "Steps that make research code dependable.",
    "flights": (
        "The worked case. These modules import the snippets and run from "
        "the root of the repository."
    ),
}


def meta_line(module: Module) -> str:
    """Version, hash, downloads, licence and tested versions, as HTML."""
    version = "" if module.notebook else f"Version {module.version} · "
    files = "../" * (module.id.count("/") + 1) + "files"
    links = " · ".join(
        f'<a href="{files}/{module.area}/{name}" download>{name}</a>'
        for name in [f"{module.name}.py", *module.data]
    )
    with_ = "" if module.notebook else f"<br>Tested with {runs_with(module)}"
    return (
        f'<p class="p2p-meta">{version}SHA-256 '
        f'<a href="{files}/SHA256SUMS"><code>{module.hash}</code></a> · '
        f"Download {links} · "
        f'Licence <a href="{files}/LICENSE">MIT-0</a>{with_}</p>\n'
    )


def runs_with(module: Module) -> str:
    """The versions that its tests run with: oldest promised, and locked.

    ``scripts/oldest.py`` runs the copied areas on what ``Needs:`` names, the
    tests run on the lock. The worked case runs on the lock alone.
    """
    lock = locked(module.root)
    python, *others = module.banner["Needs"].split(", ")
    parts = [python]
    for other in others:
        name, _, oldest = other.rpartition(" ")
        if name.lower() in lock:
            newest = lock[name.lower()]
            old = f"{oldest} and " if module.area in STANDALONE else ""
            parts.append(f"{name} {old}{newest}")
    return ", ".join(parts)


def locked(root: Path) -> dict[str, str]:
    """Version of each package in the lock, as Python 3.11 installs it."""
    text = (root / "requirements-test.txt").read_text("utf-8")
    pins = re.findall(r"(?m)^([\w.-]+)==(\S+)(?: ; (.*?))? \\$", text)
    return {
        name: version
        for name, version, when in pins
        if ">= '3.12'" not in when
    }


def question(module: Module) -> str:
    """The first line of the docstring; the page's title for a notebook."""
    doc = ast.get_docstring(ast.parse(module.text))
    page = module.root / module.page
    if doc is None and page.exists():
        return str(Page(module.page, page.read_text("utf-8")).meta["title"])
    return (doc or "").partition("\n")[0]


def count_tests(module: Module) -> int:
    """Test functions in the module's test file; a table of cases is one."""
    path = module.root / module.test
    text = path.read_text("utf-8") if path.exists() else ""
    return sum(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for node in ast.walk(ast.parse(text))
    )


def needs(module: Module) -> str:
    """What Python has to import; a notebook makes no promise about it."""
    if module.notebook:
        return "see its first cell"
    return ", ".join(module.needs) or "standard library"


def catalogue(root: Path) -> str:
    """One table per area that has a module."""
    everything = modules(root)
    parts = []
    for area, asks in AREAS.items():
        here = [module for module in everything if module.area == area]
        if not here:
            continue
        rows = [
            f"| [`{m.name}`]({area}/{m.name}.md) | {question(m)} "
            f"| {needs(m)} | {count_tests(m)} "
            f"| {'none' if m.notebook else m.version} |"
            for m in here
        ]
        parts += [
            f"## {area.capitalize()}: {asks}",
            "",
            INTRO[area],
            "",
            "| Snippet | It answers | Needs | Tests | Version |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    return "\n".join(parts)
