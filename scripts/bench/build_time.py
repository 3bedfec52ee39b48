"""What do our own steps add to the time of a build?

usage: build_time.py

Builds the site as it is (theme overrides, then finish_site.py) and the same
pages with the same plugins on the stock theme, in turn, three times each;
then both without mkdocstrings, which reads every module for the API
sections. Prints medians in seconds of CPU, since another program on the
machine would distort the clock. Exits with 1 if the ratio is above 1.3.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]
from mkdocs.utils.yaml import yaml_load

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1.3
ROUNDS = 3


def config(stock: bool, api: bool) -> str:
    """The site's configuration, with or without our steps and the API."""
    with (ROOT / "mkdocs.yml").open("rb") as file:
        given: dict[str, Any] = yaml_load(file)
    given |= {"strict": False, "docs_dir": str(ROOT / "docs")}
    given.pop("watch")
    given["theme"]["custom_dir"] = str(ROOT / "overrides")
    plugins = {
        name: options
        for entry in given["plugins"]
        for name, options in (
            entry.items() if isinstance(entry, dict) else [(entry, {})]
        )
    }
    reader = plugins["mkdocstrings"]
    reader["custom_templates"] = str(ROOT / reader["custom_templates"])
    reader["handlers"]["python"]["paths"] = [str(ROOT)]
    if stock:
        del given["theme"]["custom_dir"], reader["custom_templates"]
    if not api:
        del plugins["mkdocstrings"]
    given["plugins"] = [{name: plugins[name]} for name in plugins]
    text: str = yaml.dump(given, sort_keys=False)
    return text


def seconds(folder: Path, stock: bool, api: bool) -> float:
    """CPU time of one build, from an empty folder."""
    path, site = folder / "mkdocs.yml", folder / "site"
    path.write_text(config(stock, api), "utf-8")
    build = ["-m", "mkdocs", "build", "-q", "-c", "-f", str(path)]
    commands = [[*build, "-d", str(site)]]
    if not stock:
        commands.append(["scripts/finish_site.py", str(site)])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            stderr=subprocess.DEVNULL,
            check=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (
        after.ru_stime - before.ru_stime
    )


def main() -> int:
    """Measure and print; 1 if our steps take more than they may."""
    cases = [(stock, api) for api in (True, False) for stock in (False, True)]
    times: dict[tuple[bool, bool], list[float]] = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for case in cases:
                times[case].append(seconds(Path(folder), *case))
    middle = {case: median(times[case]) for case in cases}
    ratio = 0.0
    for api, label in ((True, "with the API"), (False, "without the API")):
        ours, stock = middle[False, api], middle[True, api]
        ratio = max(ratio, ours / stock)
        print(
            f"{label:16} ours {ours:.2f} s, stock {stock:.2f} s, "
            f"ratio {ours / stock:.2f}"
        )
    read = middle[False, True] - middle[False, False]
    print(f"mkdocstrings takes {read:.2f} s of our build")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
