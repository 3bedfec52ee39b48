"""How many bytes does a reader fetch to see a page?

usage: page_weight.py SITE_DIR

Prints, for the heaviest page of each kind, what the first view takes in
gzipped KB (1,000 bytes): the page with every style sheet, script, image and
font that it needs, and what it asks for ahead of its scripts. The script of
the theme, the search worker and the index come when a reader reaches for
search (a browser test holds that). Exits with 1 if a page is above its limit,
or the index above its limit a page.
"""

from __future__ import annotations

import gzip
import re
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.both_sites import KINDS
from scripts.fonts import needed
from scripts.for_machines import markdown_path
from scripts.tree import ROOT, pages

LIMIT = 95.0  # KB, first view without the search index
LIMITS = {"home": 85.0}
INDEX_LIMIT = 1.0  # KB a page

WAITING = re.compile(r"<template\b.*?</template>", re.S)
FOLDED = re.compile(
    r"<details(?![^>]* open)[^>]*>\s*(<summary.*?</summary>).*?</details>",
    re.S,
)
LOADS = re.compile(
    r'<link rel="(?:stylesheet|icon|modulepreload|preload)" '
    r'href="(?P<link>[^"]+)"'
    r'|<(?:script|img)[^>]* src="(?P<src>[^"]+)"'
)


@cache
def weight(path: Path) -> float:
    """Gzipped size of a file in KB."""
    return len(gzip.compress(path.read_bytes(), 6, mtime=0)) / 1000


def named(site: Path, page: Path) -> list[Path]:
    """The files that the first view of a page asks for."""
    seen = WAITING.sub("", page.read_text("utf-8"))
    files = [
        site / x.lstrip("/") if x.startswith("/") else (page.parent / x)
        for found in LOADS.finditer(seen)
        for x in [found["link"] or found["src"]]
    ]
    if any(path.parent.name == "css" for path in files):  # ours has fonts
        open_text = FOLDED.sub(r"\1", seen)  # what is folded asks for no font
        files += [site / "assets/fonts" / x for x in needed(open_text)]
    return list(dict.fromkeys(path.resolve() for path in files))


def first_view(site: Path, page: Path) -> dict[str, float]:
    """Gzipped KB of the first view, by kind of file."""
    kinds = {"css": "css", "js": "js", "json": "js", "woff2": "fonts"}
    parts = {"html": weight(page), "css": 0.0, "js": 0.0, "images": 0.0}
    parts["fonts"] = 0.0
    for path in named(site, page):
        parts[kinds.get(path.suffix.removeprefix("."), "images")] += weight(
            path
        )
    return parts


def compare(folders: dict[str, Path]) -> dict[str, dict[str, object]]:
    """KB and requests of one page of each kind, stock and ours.

    The stock theme fetches the search worker and the index with each page.
    """
    found: dict[str, dict[str, object]] = {}
    for kind, path in KINDS.items():
        for name, site in folders.items():
            page = site / path
            page = page / "index.html" if page.is_dir() else page
            files = named(site, page)
            index = site / "search/search_index.json"
            if name == "stock":
                files += [*site.glob("assets/javascripts/workers/search.*.js")]
            kb = weight(page) + sum(map(weight, files))
            found.setdefault(kind, {})[name] = {
                "KB without the index": round(kb, 1),
                "KB": round(kb + (weight(index) if name == "stock" else 0), 1),
                "requests": 1 + len(files) + (name == "stock"),
            }
    return found


def main(site: Path) -> int:
    """Print the table; 1 if something is too heavy."""
    heaviest: dict[str, tuple[float, str, dict[str, float]]] = {}
    everything = pages(ROOT)
    for page in everything:
        path = (site / markdown_path(page.path)).with_suffix(".html")
        parts = first_view(site, path)
        candidate = (sum(parts.values()), page.id, parts)
        kind = str(page.meta.get("kind"))
        heaviest[kind] = max(heaviest.get(kind, candidate), candidate)
    print(
        f"{'kind':10}{'KB':>7}{'html':>7}{'css':>7}{'js':>7}{'img':>7}"
        f"{'fonts':>7}  page"
    )
    for kind, (total, name, parts) in sorted(heaviest.items()):
        columns = "".join(f"{value:7.1f}" for value in parts.values())
        print(f"{kind:10}{total:7.1f}{columns}  {name}")
    index = weight(site / "search/search_index.json")
    each = index / len(everything)
    folder = site / "assets/javascripts"
    scripts = sum(map(weight, folder.glob("bundle.*.js"))) + sum(
        map(weight, folder.glob("workers/search.*.js"))
    )
    print(
        f"on reaching for search: index {index:.1f} KB, {each:.2f} KB for "
        f"each of {len(everything)} pages, and scripts of {scripts:.1f} KB"
    )
    heavy = [
        k
        for k, (total, *_) in heaviest.items()
        if total > LIMITS.get(k, LIMIT)
    ]
    if heavy or each > INDEX_LIMIT:
        print(f"too heavy: {', '.join(heavy) or 'the index'}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
