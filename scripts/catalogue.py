"""Text made from the modules: the line under the tabs, and the catalogue."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from scripts.glossary import other_names
from scripts.tree import AREAS, STANDALONE, Module, Page, modules

# What the front matter of a snippet's page says, and how the table says it.
LABELS = {
    "none": "not needed",
    "past": "of past rows",
    "needed": "needed",
    "either": "with or without",
}
ARRIVES = {
    "batch": "in batches",
    "stream": "one by one",
    "either": "either way",
    "none": "reads no rows",
}
# From little to much: the filter asks how far a reader would go.
NEEDS = {
    "stdlib": "standard library",
    "numpy": "NumPy",
    "scipy": "NumPy and SciPy",
    "other": "any library",
}
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
        f'<p class="p2p-meta">{version}'
        f'<a href="{files}/SHA256SUMS">SHA-256</a> '
        f"<code>{module.hash}</code> · "
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


def reach(module: Module) -> str:
    """The key of ``NEEDS`` that suffices for a module."""
    small = ({"NumPy"}, "numpy"), ({"NumPy", "SciPy"}, "scipy")
    if module.notebook:
        return "other"
    if not module.needs:
        return "stdlib"
    return next((k for x, k in small if set(module.needs) <= x), "other")


def row(module: Module, names: dict[str, list[str]]) -> str:
    """One line of the table. The facts stand in the link, for the filter."""
    text = (module.root / module.page).read_text("utf-8")
    meta = Page(module.page, text).meta
    words = " ".join(
        [str(meta["title"]), *meta["tags"], *names.get(module.id, [])]
    )
    facts = {"area": module.area, "needs": reach(module)}
    cells = []
    if module.area in STANDALONE:
        facts |= {key: meta[key] for key in ("labels", "arrives")}
        cells = [LABELS[meta["labels"]], ARRIVES[meta["arrives"]]]
    facts["words"] = re.sub(r'["|{}]', " ", words)
    data = " ".join(f'data-{key}="{value}"' for key, value in facts.items())
    link = f"[`{module.name}`]({module.area}/{module.name}.md){{ {data} }}"
    version = "none" if module.notebook else module.version
    cells = [link, question(module), *cells, needs(module)]
    return f"| {' | '.join(cells)} | {count_tests(module)} | {version} |"


def select(name: str, label: str, options: dict[str, str]) -> str:
    """One choice of the filter; nothing chosen is the first.

    What fits either way fits each of the others: it is no choice of its own.
    """
    lines = "".join(
        f'<option value="{key}">{text}</option>'
        for key, text in {"": "any", **options}.items()
        if key != "either"
    )
    return f'<label>{label} <select name="{name}">{lines}</select></label>'


def form() -> str:
    """The filter, in one line; it is shown where its script runs."""
    most = {key: text for key, text in NEEDS.items() if key != "other"}
    parts = [
        '<label>Words <input type="search" name="find"></label>',
        select("area", "Area", {area: area for area in AREAS}),
        select("labels", "Outcomes (labels)", LABELS),
        select("arrives", "Rows come", ARRIVES),
        select("needs", "Needs at most", most),
        '<p><span role="status"></span> ',
        '<button type="reset">Clear</button></p>',
    ]
    return (
        '<form class="p2p-filter" aria-label="Filter the table" '
        f'autocomplete="off">{"".join(parts)}</form>'
    )


def catalogue(root: Path) -> str:
    """The filter, and one table per area that has a module."""
    everything, names = modules(root), other_names(root)
    parts = [form(), ""]
    for area, asks in AREAS.items():
        here = [module for module in everything if module.area == area]
        if not here:
            continue
        heads = ["Snippet", "It answers", "Outcomes", "Rows come"]
        if area not in STANDALONE:
            del heads[2:]
        heads += ["Needs", "Tests", "Version"]
        parts += [
            '<div class="p2p-catalogue" markdown>',
            "",
            f"## {area.capitalize()}: {asks}",
            "",
            INTRO[area],
            "",
            f"| {' | '.join(heads)} |",
            "|---" * len(heads) + "|",
            *(row(module, names) for module in here),
            "",
            "</div>",
            "",
        ]
    return "\n".join(parts)
