"""Make every generated text of the repository, or check that none is stale.

usage: refresh.py [--check] [NAME...]

NAME limits the run to the generated files whose path contains it:
`refresh.py snippets/drift/psi` remakes that output and its meta line.
Order matters: outputs, results of the full data, figures, tables, pages.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import (
    bench_page,
    evidence_page,
    glossary,
    ideas_page,
    same_data_page,
    site_bench_page,
)
from scripts.catalogue import catalogue, meta_line
from scripts.home_questions import ten_questions
from scripts.tree import ROOT, STANDALONE, Module, modules

ENV = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
}
GENERATED = (
    "snippets/*/*.out.txt",
    "snippets/flights/results/*.json",
    "docs/assets/figures/*.html",
    "docs/assets/js/*.json",
    "docs/evidence/*.md",
    "includes/generated/**/*.md",
    "includes/abbreviations.md",
)


class Refused(Exception):
    """The text cannot be made; the message says why, in one line."""


@dataclass(frozen=True)
class Item:
    """Generated files that are made together.

    Attributes:
        paths: Where they stand, from the root of the repository.
        make: Gives their texts in the order of ``paths``, or the only one.
        same: Whether a committed text still says what a new one says.
    """

    paths: tuple[str, ...]
    make: Callable[[], str | tuple[str, ...]]
    same: Callable[[str, str], bool] = str.__eq__


def items(root: Path) -> Iterator[Item]:
    """Everything that is generated: what others are made from comes first."""
    everything = modules(root)
    for module in everything:
        yield Item((module.output,), partial(output, module))
    for module in everything:
        if has_results(module):
            measured = f"snippets/flights/results/{module.name}.json"
            yield Item((measured,), partial(results, module), near_json)
    for path in sorted((root / "scripts/figures").glob("*.py")):
        if path.stem != "style":
            stem = f"docs/assets/figures/{path.stem}"
            drawing = (f"{stem}.svg.html", f"{stem}.table.html")
            yield Item(drawing, partial(figure, path.stem))
    for module in everything:
        yield Item((module.meta,), partial(meta, module))
    yield Item(("includes/generated/catalogue.md",), partial(catalogue, root))
    if (root / "snippets/readiness/questions.toml").exists():
        asked = importlib.import_module("scripts.questions_page")
        yield Item(asked.FILES, partial(asked.questions_markdown, root))
        ten = ("includes/generated/ten_questions.md",)
        yield Item(ten, partial(ten_questions, root))
        in_page = importlib.import_module("scripts.review_bank")
        yield Item(in_page.FILES, partial(in_page.review_bank, root))
    if (root / bench_page.RESULT).exists():
        made = partial(bench_page.bench_markdown, root)
        yield Item(bench_page.FILES, made)
    if (root / same_data_page.RESULT).exists():
        made = partial(same_data_page.same_data_markdown, root)
        yield Item(same_data_page.FILES, made)
    if (root / site_bench_page.RESULT).exists():
        made_site = partial(site_bench_page.site_bench_markdown, root)
        yield Item(site_bench_page.FILES, made_site)
    if (root / "docs/evidence.toml").exists():
        made = partial(evidence_page.evidence_pages, root)
        yield Item(evidence_page.FILES, made)
    if (root / glossary.SOURCE).exists():
        made = partial(glossary.glossary_markdown, root)
        yield Item(glossary.FILES, made)
    if (root / ideas_page.IDEAS).exists():
        yield Item(ideas_page.FILES, partial(ideas_page.ideas_markdown, root))


def run(command: list[str], cwd: Path, seconds: int = 900) -> str:
    """Standard output of a command that succeeds and complains of nothing."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **ENV},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )
    if done.returncode or done.stderr:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Refused(f"exit {done.returncode}: {last}")
    return done.stdout


def output(module: Module) -> str:
    """What the module prints: a standalone one in an empty folder."""
    if module.area not in STANDALONE:
        command = [*as_module(module), *module.arguments]
        return run(command, module.root)
    isolated = (
        ["-I", "-W", "error"] if module.needs else ["-I", "-S", "-W", "error"]
    )
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / f"{module.name}.py").write_text(module.copied, "utf-8")
        for name in module.data:
            source = module.root / "snippets" / module.area / name
            (here / name).write_bytes(source.read_bytes())
        command = [sys.executable, *isolated, f"{module.name}.py"]
        return run(command, here, seconds=60)


def as_module(module: Module) -> list[str]:
    """Command that runs a module of the case from the root."""
    name = module.id.replace("/", ".")
    return [sys.executable, "-W", "error", "-m", name]


def has_results(module: Module) -> bool:
    """Chapters of the case have committed results of the full data."""
    return bool(re.search(r"(?<!def )\bchapter\(", module.text))


def results(module: Module) -> str:
    """What the module measures on the full data, as JSON."""
    return run([*as_module(module), "--full", "--json"], module.root)


def near_json(old: str, new: str) -> bool:
    """Whether two results agree as far as two kinds of CPU do.

    Texts and keys are equal. Counts differ by one in a thousand at most,
    numbers below 2 by .001, larger ones by one in a hundred and at most 1.
    """
    try:
        return near(json.loads(old), json.loads(new))
    except json.JSONDecodeError:
        return False


def near(old: Any, new: Any) -> bool:
    """Compare two JSON values; see ``near_json``."""
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(
            near(old[key], new[key]) for key in old
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(
            near(a, b) for a, b in zip(old, new, strict=True)
        )
    if type(old) is not type(new):
        return False
    if isinstance(old, float):
        wide = 1e-3 if abs(old) < 2 else min(abs(old) / 100, 1.0)
        return math.isclose(old, new, rel_tol=0, abs_tol=wide)
    if isinstance(old, int):
        return bool(abs(old - new) <= abs(old) / 1000)
    return bool(old == new)


def figure(name: str) -> tuple[str, str]:
    """The drawing and the table of one figure."""
    style = importlib.import_module("scripts.figures.style")
    drawn = importlib.import_module(f"scripts.figures.{name}").draw()
    return style.to_svg(drawn, name), style.to_table(drawn.table)


def meta(module: Module) -> str:
    """The meta line; refused if the code changed and its version did not."""
    line = meta_line(module)
    known = re.compile(r"Version (\S+) · .*?<code>(\w+)</code>")
    before = known.search(at_head(module.root, module.meta))
    if before and before[1] == module.version and before[2] != module.hash:
        raise Refused(
            f"{module.source} changed and still says Version: "
            f"{module.version}; raise it"
        )
    return line


def at_head(root: Path, path: str) -> str:
    """The file as last committed; empty if it never was."""
    done = subprocess.run(
        ["git", "show", f"HEAD:./{path}"],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


def settle_all(
    chosen: list[Item], check: bool
) -> Iterator[tuple[Item, float, str, str]]:
    """Settle items in order; a check, where none feeds another, at once."""
    task = partial(timed, check)
    workers = min(len(chosen), os.cpu_count() or 1) if check else 1
    if workers == 1:
        yield from map(task, chosen)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(task, chosen)


def timed(check: bool, item: Item) -> tuple[Item, float, str, str]:
    """Settle one item and measure the seconds."""
    start = time.perf_counter()
    state, detail = settle(ROOT, item, check)
    return item, time.perf_counter() - start, state, detail


def settle(root: Path, item: Item, check: bool) -> tuple[str, str]:
    """Make one item and write it. Gives what happened, and the difference."""
    try:
        made = item.make()
    except Exception as error:  # one broken item must not hide the others
        return "FAILED", f"{type(error).__name__}: {error}"
    texts = (made,) if isinstance(made, str) else made
    state, lines = "same", list[str]()
    for path, text in zip(item.paths, texts, strict=True):
        target = root / path
        old = target.read_text("utf-8") if target.exists() else ""
        if target.exists() and item.same(old, text):
            continue
        state = "STALE" if check else "written"
        lines += difflib.unified_diff(
            old.splitlines(), text.splitlines(), path, "remade", "", "", 0, ""
        )
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    return state, "\n".join(line[:100] for line in lines[:12])


def orphans(root: Path, everything: list[Item]) -> list[str]:
    """Generated files that nothing makes any more."""
    made = {path for item in everything for path in item.paths}
    found = (p for pattern in GENERATED for p in root.glob(pattern))
    paths = {path.relative_to(root).as_posix() for path in found}
    return sorted(paths - made)


def main(arguments: list[str]) -> int:
    """Run the command line; 0 if nothing failed and nothing stays stale."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args(arguments)
    os.environ.update(ENV)
    os.chdir(ROOT)
    everything = list(items(ROOT))
    chosen = [
        item
        for item in everything
        if not given.names
        or any(name in path for name in given.names for path in item.paths)
    ]
    if not chosen:
        print(f"nothing generated has {' or '.join(given.names)} in its path")
        return 2
    bad = 0
    for item, seconds, state, detail in settle_all(chosen, given.check):
        print(f"{state:8}{seconds:6.2f} s  {item.paths[0]}", flush=True)
        if detail and state != "written":
            print("    " + detail.replace("\n", "\n    "))
        bad += state in {"STALE", "FAILED"}
    for path in [] if given.names else orphans(ROOT, everything):
        print(f"{'STALE' if given.check else 'removed':17}  {path}")
        if given.check:
            print("    nothing makes this file any more")
            bad += 1
        else:
            (ROOT / path).unlink()
    if bad:
        print(
            f"{bad} of {len(chosen)} generated texts are stale or failed",
            file=sys.stderr,
        )
        if given.check:
            print(
                "run `python3 scripts/dev.py refresh` and read the diff",
                file=sys.stderr,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
