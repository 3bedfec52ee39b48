"""What do our own steps add to the time of a build?

usage: build_time.py

Builds the site as it is (theme overrides, then finish_site.py) and the same
pages with the same plugins on the stock theme, in turn, three times each;
then both without mkdocstrings, which reads every module for the API
sections; then both with the Markdown of the site copied to 400 pages.
Prints medians in seconds of CPU, since another program on the machine would
distort the clock. Exits with 1 if a ratio is above 1.3.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]
from mkdocs.utils.yaml import yaml_load

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.both_sites import ROOT, build

LIMIT = 1.3
ROUNDS = 3
MANY = 400
CASES = ("the site", "without the API", f"{MANY} pages")


def copied(folder: Path) -> Path:
    """The tree again, with copies of its pages until there are 400."""
    root = folder / "root"
    root.mkdir()
    for path in ROOT.iterdir():
        if path.name[0] != "." and path.name not in ("docs", "mkdocs.yml"):
            (root / path.name).symlink_to(path)
    shutil.copytree(ROOT / "docs", root / "docs")
    with (ROOT / "mkdocs.yml").open("rb") as file:
        config: dict[str, Any] = yaml_load(file)
    original, left = config["nav"], MANY - len(paths(config["nav"]))
    number = 1
    while left > 0:
        number += 1
        name = f"copy{number}"
        part, left = again(original, name, left)
        config["nav"] = [*config["nav"], {name: part}]
        for page in paths(part):
            target = root / "docs" / page
            target.parent.mkdir(parents=True, exist_ok=True)
            source = ROOT / "docs" / page.removeprefix(f"{name}/")
            shutil.copy(source, target)
    (root / "mkdocs.yml").write_text(yaml.dump(config, sort_keys=False))
    return root


def paths(nav: list[Any]) -> list[str]:
    """Every page of a navigation."""
    found: list[str] = []
    for entry in nav:
        inside = (
            entry if isinstance(entry, str) else next(iter(entry.values()))
        )
        found += [inside] if isinstance(inside, str) else paths(inside)
    return found


def again(nav: list[Any], name: str, left: int) -> tuple[list[Any], int]:
    """The navigation with its pages in another folder, and what is left."""
    made: list[Any] = []
    for entry in nav:
        if left <= 0:
            break
        if isinstance(entry, str):
            made.append(f"{name}/{entry}")
            left -= 1
            continue
        title, inside = next(iter(entry.items()))
        if isinstance(inside, str):
            made.append({title: f"{name}/{inside}"})
            left -= 1
        else:
            part, left = again(inside, name, left)
            made.append({title: part})
    return made, left


def measure() -> dict[str, dict[str, float]]:
    """Medians of the CPU seconds, by case and site."""
    found: dict[str, dict[str, list[float]]] = {
        case: {"ours": [], "stock": []} for case in CASES
    }
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        many = copied(folder)
        for _ in range(ROUNDS):
            for case in CASES:
                for name, times in found[case].items():
                    seconds = build(
                        folder / "site",
                        stock=name == "stock",
                        api=case != CASES[1],
                        root=many if case == CASES[2] else ROOT,
                    )
                    times.append(seconds)
    return {
        case: {name: round(median(times), 1) for name, times in both.items()}
        for case, both in found.items()
    }


def main() -> int:
    """Measure and print; 1 if our steps take more than they may."""
    found = measure()
    for case, both in found.items():
        print(
            f"{case:16} ours {both['ours']:.1f} s, stock {both['stock']:.1f} "
            f"s, ratio {both['ours'] / both['stock']:.2f}"
        )
    ratios = [both["ours"] / both["stock"] for both in found.values()]
    return int(max(ratios) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
