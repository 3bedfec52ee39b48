"""Everything that is measured about the site, stock Material beside ours.

usage: site_bench.py [--ours DIR] [--stock DIR] [--only PART] [--runs 3]

Parts: lighthouse, axe, weight, search, build. Writes results/site.json; then
`dev.py refresh bench/site` makes the tables of docs/benchmarks.md from it.
DIR is a built site; without it the script builds one. Let nothing else run:
performance, search and build times are measured. Takes about an hour.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench import axe, build_time, first_search, lighthouse
from scripts.bench import page_weight as weight
from scripts.bench.both_sites import KINDS, ROOT, chromium, served, sites

RESULT = ROOT / "scripts/bench/results/site.json"
PARTS = ("weight", "axe", "search", "lighthouse", "build")


def versions() -> dict[str, str]:
    """What measured, and where."""
    with chromium() as browser:
        engine = browser.version
    lock = json.loads((lighthouse.LOCK / "package.json").read_text("utf-8"))
    return {
        "made": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "chromium": engine,
        "lighthouse": lock["dependencies"]["lighthouse"],
    }


def main(arguments: list[str]) -> int:
    """Measure one part or all, and keep what is not measured again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--ours", type=Path)
    parser.add_argument("--stock", type=Path)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    found: dict[str, Any] = {}
    if RESULT.exists():
        found = json.loads(RESULT.read_text("utf-8"))
    found["with"] = versions()
    with (
        sites(given.ours, given.stock) as folders,
        served(folders["ours"]) as ours,
        served(folders["stock"]) as stock,
    ):
        addresses = {"stock": stock, "ours": ours}
        measures = {
            "weight": lambda: weight.compare(folders),
            "axe": lambda: axe.violations(addresses),
            "search": lambda: first_search.measure(addresses),
            "lighthouse": lambda: lighthouse.run(folders, KINDS, given.runs),
            "build": build_time.measure,
        }
        for part in given.only or PARTS:
            print(part, flush=True)
            found[part] = measures[part]()
            text = json.dumps(found, indent=1, ensure_ascii=False)
            RESULT.write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
