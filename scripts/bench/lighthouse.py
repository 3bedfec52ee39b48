"""Lighthouse on each kind of page: stock Material and our site in one run.

usage: lighthouse.py [--ours DIR] [--stock DIR] [--kinds home,guide]
                     [--runs 3] [--json FILE]

DIR is a built site; without it the script builds one. Both are served on
this machine with gzip and ten minutes of cache, as a host of static files
does, and a fresh headless Chromium opens each page as a phone. Performance
is the median of the runs. Needs Node 18.16 or newer and npm: Lighthouse is
installed from its lock into .cache/lighthouse at the first run.
Exits with 1 if a page of ours scores below 100 in accessibility, best
practices or SEO, or moves while it loads.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.both_sites import (
    KINDS,
    ROOT,
    chromium,
    free_port,
    served,
    sites,
)

FOLDER = ROOT / ".cache" / "lighthouse"
LOCK = ROOT / "scripts" / "bench" / "lighthouse"
SCORES = {
    "performance": "performance",
    "accessibility": "accessibility",
    "best practices": "best-practices",
    "SEO": "seo",
}
AUDITS = {
    "largest paint, ms": "largest-contentful-paint",
    "blocked, ms": "total-blocking-time",
    "layout shift": "cumulative-layout-shift",
}


def install() -> Path:
    """The script of Lighthouse, at the version of the lock."""
    lock, made = (x / "package-lock.json" for x in (LOCK, FOLDER))
    if not made.exists() or made.read_bytes() != lock.read_bytes():
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(LOCK, FOLDER)
    if not (FOLDER / "node_modules").exists():
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return FOLDER / "node_modules/lighthouse/cli/index.js"


def report(url: str, categories: list[str]) -> dict[str, Any]:
    """One run in a Chromium of its own."""
    port = free_port()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        with chromium(f"--remote-debugging-port={port}"):
            done = subprocess.run(
                [
                    *("node", str(install()), url, f"--port={port}"),
                    *("--output=json", f"--output-path={path}", "--quiet"),
                    f"--only-categories={','.join(categories)}",
                ],
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        found: dict[str, Any] = {}
        if path.exists():
            found = json.loads(path.read_text("utf-8"))
    if done.returncode or "runtimeError" in found:
        raise RuntimeError(f"{url}: {found.get('runtimeError', done.stderr)}")
    return found


def measure(url: str, runs: int) -> dict[str, Any]:
    """Scores and metrics of one page; the first run takes all categories."""
    every = list(SCORES.values())
    reports = [
        report(url, every if number == 0 else every[:1])
        for number in range(runs)
    ]
    first = reports[0]
    scores = {
        name: [round(100 * r["categories"][key]["score"]) for r in reports[:1]]
        for name, key in SCORES.items()
    }
    scores["performance"] = [
        round(100 * r["categories"]["performance"]["score"]) for r in reports
    ]
    values = {
        name: [r["audits"][key]["numericValue"] for r in reports]
        for name, key in AUDITS.items()
    }
    requests = [
        one
        for one in first["audits"]["network-requests"]["details"]["items"]
        if one["url"].startswith("http")
    ]
    weighed = {
        entry["id"]
        for key in list(SCORES.values())[1:]
        for entry in first["categories"][key]["auditRefs"]
        if entry["weight"] > 0
    }
    return {
        **{name: median(found) for name, found in scores.items()},
        "runs": scores["performance"],
        "largest paint, ms": round(median(values["largest paint, ms"])),
        "blocked, ms": round(median(values["blocked, ms"])),
        "layout shift": round(max(values["layout shift"]), 4),
        "requests": len(requests),
        "KB": round(sum(x["transferSize"] for x in requests) / 1000, 1),
        "failed": sorted(
            key
            for key in weighed
            if (first["audits"][key]["score"] or 0) < 1
            and first["audits"][key]["scoreDisplayMode"]
            in ("binary", "numeric")
        ),
    }


def run(
    folders: dict[str, Path], kinds: dict[str, str], runs: int
) -> dict[str, Any]:
    """Each kind of page of each site, in turn."""
    found: dict[str, Any] = {kind: {} for kind in kinds}
    with served(folders["ours"]) as ours, served(folders["stock"]) as stock:
        for kind, path in kinds.items():
            for name, address in (("stock", stock), ("ours", ours)):
                one = measure(address + path, runs)
                found[kind][name] = one
                print(line(kind, name, one), flush=True)
    return found


def line(kind: str, name: str, one: dict[str, Any]) -> str:
    """One line of the table on the screen."""
    scores = " ".join(f"{one[key]:4.0f}" for key in SCORES)
    return (
        f"{kind:11}{name:6}{scores} {one['largest paint, ms']:6} ms "
        f"{one['blocked, ms']:5} ms  shift {one['layout shift']:<7}"
        f"{one['requests']:3} requests {one['KB']:6.1f} KB  "
        f"{one['runs']} {' '.join(one['failed'])}"
    )


def main(arguments: list[str]) -> int:
    """Measure; 1 if a page of ours misses what no busy machine excuses."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--ours", type=Path)
    parser.add_argument("--stock", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    kinds = {kind: KINDS[kind] for kind in given.kinds.split(",")}
    with sites(given.ours, given.stock) as folders:
        found = run(folders, kinds, given.runs)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    fixed = list(SCORES)[1:]
    bad = [
        kind
        for kind, both in found.items()
        if both["ours"]["layout shift"]
        or any(both["ours"][key] < 100 for key in fixed)
    ]
    print(f"below the goal: {', '.join(bad)}" if bad else "the goal is met")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
