"""What do the drift snippets cost, beside packages that do such work?

usage: drift.py [--only NAME...] [--rows N...] [--budget S] [--out FILE]

Makes an environment for each peer (.cache/bench-drift; ten minutes each at
most), measures both sides in it, and writes scripts/bench/results/drift.json.
A peer that does not install, or a call that fails, is reported there.

Both sides run in one process of the peer's environment, in turn, on one
thread, on the same data. Times are CPU time. Memory is the peak of a call
above what the process held before it, so this needs Linux. --only measures
these parts again and keeps the rest of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.drift_peers import (
    CATEGORIES,
    EVERY,
    MORE,
    NUMERIC,
    PEERS,
    PERMUTATIONS,
    REFERENCE,
    SHIFT,
    SKETCH,
)
from scripts.bench.drift_tasks import LEAST, LONG, MOST, spread
from scripts.environment import (
    CACHE,
    ROOT,
    SURROUNDINGS,
    VERSION,
    environment,
)

FOLDER = CACHE / "bench-drift"
RESULTS = ROOT / "scripts/bench/results/drift.json"
ROWS = (10_000, 100_000, 1_000_000, LONG)
BUDGET = 10.0  # CPU seconds for the rounds of one size
INSTALL, PATIENCE = 600, 900  # seconds
IMPORTS = 5  # fresh processes
OWN = "snippets"
PINS = ("numpy==2.4.6", "scipy==1.17.1")  # all that the snippets may need
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")
SETTING = SURROUNDINGS | {f"{name}_NUM_THREADS": "1" for name in THREADS}
# Two of the peers send usage statistics unless told not to.
SETTING |= {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
STARTED = time.perf_counter()


def say(*parts: object) -> None:
    print(f"{time.perf_counter() - STARTED:5.0f} s ", *parts, flush=True)


def install(name: str, pins: Iterable[str]) -> str | None:
    """Make the environment of a peer; say why not, if it cannot be made."""
    command = [sys.executable, __file__, "--install", name, *pins]
    done = subprocess.run(
        command, stderr=subprocess.PIPE, text=True, check=False
    )
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return last.removeprefix("dev.py: ") if done.returncode else None


def install_here(name: str, *pins: str) -> None:
    """Install with low priority, and for ten minutes at most."""

    def too_long(*_: object) -> None:
        sys.exit(f"not installed in {INSTALL // 60} minutes")

    os.nice(10)
    os.environ["PATH"] += os.pathsep + str(Path(sys.executable).parent)
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(INSTALL)
    facts = " ".join([f"Python {VERSION}", *pins])  # another pin: made anew
    environment(FOLDER / name.lower(), [facts], list(pins))


def inside(name: str, *command: object) -> str:
    """What Python prints in the environment of a peer; SystemExit if not."""
    try:
        done = subprocess.run(
            [str(FOLDER / name.lower() / "bin/python"), *map(str, command)],
            env=SETTING,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"stopped after {PATIENCE} seconds") from None
    if done.returncode < 0:
        raise SystemExit(f"ended by signal {-done.returncode}")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SystemExit(last.replace(str(ROOT), "")[:200])
    return done.stdout.splitlines()[-1]


def task(name: str, *command: object) -> dict[str, Any]:
    """What a task of drift_tasks.py measured, or why it failed."""
    script = ROOT / "scripts/bench/drift_tasks.py"
    try:
        printed = inside(name, "-W", "ignore", script, *command)
    except SystemExit as error:
        return {"failed": str(error)}
    found: dict[str, Any] = json.loads(printed)
    return found


def import_seconds(name: str, **lines: str) -> dict[str, Any]:
    """CPU time of imports in fresh processes, in turn with NumPy alone."""
    lines = {"numpy": "import numpy"} | lines
    took: dict[str, list[float]] = {key: [] for key in lines}
    for turn in range(IMPORTS + 1):
        for key, line in lines.items():
            code = (
                f"import sys, time; sys.path.insert(0, {str(ROOT)!r})\n"
                f"start = time.process_time()\n{line}\n"
                "print(time.process_time() - start)"
            )
            seconds = float(inside(name, "-I", "-W", "ignore", "-c", code))
            if turn:  # the first reads the files from the disk
                took[key].append(seconds)
    return {key: spread(values) for key, values in took.items()}


def measure_peer(name: str, rows: list[int], budget: float) -> dict[str, Any]:
    """Everything about one peer."""
    peer = EVERY[name]
    folder, rows = peer.folder or name, list(peer.rows) or rows
    say(name, *peer.pins)
    found: dict[str, Any] = {"pins": list(peer.pins)}
    if reason := install(folder, peer.pins):
        say(reason)
        return found | {"failed": reason, "runs": []}
    found |= task(folder, "size")
    try:
        found["import_seconds"] = import_seconds(folder, peer=peer.imports)
    except SystemExit as error:
        say(error)
        return found | {"failed": str(error), "runs": []}
    say(f"{found['megabytes']} MB, import", found["import_seconds"]["peer"])
    found["runs"] = []
    for n in rows:
        run = task(folder, "speed", name, n, budget)
        found["runs"].append({"rows": n} | run)
        shown = {x["case"]: x["median"] for x in run.get("ratios", [])}
        say(f"{n:,} rows:", run.get("failed", shown))
    return found


def measure_own(rows: list[int], budget: float) -> dict[str, Any]:
    """Our side alone: what an import brings, and counting against a sum."""
    say(OWN, *PINS)
    if reason := install(OWN, PINS):
        sys.exit(f"cannot measure our own side: {reason}")
    found: dict[str, Any] = {"pins": list(PINS)} | task(OWN, "size")
    found["imports"] = task(OWN, "imports")
    found["import_seconds"] = import_seconds(
        OWN, psi="import snippets.drift.psi", ks="import snippets.drift.ks"
    )
    say("import", {k: v["median"] for k, v in found["import_seconds"].items()})
    found["counting"] = []
    for n in rows:
        found["counting"].append(run := task(OWN, "count", n, budget))
        for kind, x in run.get("kinds", {}).items():
            say(f"{n:,} {kind}:", x["passes"]["count"], x["peak_mb"], "MB")
    return found


def machine() -> dict[str, Any]:
    """What kind of machine this is, without its name."""
    facts = dict(
        [part.strip() for part in line.split(":", 1)]
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if ":" in line
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": facts.get("model name", "unknown"),
        "avx512": "avx512f" in facts.get("flags", ""),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "python": VERSION,
    }


def main(arguments: list[str]) -> None:
    """Measure what is asked for; the file is written after each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    names = [OWN, *EVERY]
    parser.add_argument("--only", nargs="+", default=names, choices=names)
    parser.add_argument("--rows", nargs="+", type=int, default=ROWS)
    parser.add_argument("--budget", type=float, default=BUDGET)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    known: dict[str, Any] = {"own": {}, "peers": {}, "more": {}}
    if given.out.exists():
        known |= json.loads(given.out.read_text("utf-8"))
    settings = {
        "rows": list(given.rows),
        "budget_cpu_seconds": given.budget,
        "rounds": [LEAST, MOST],
        "columns_of_numbers": NUMERIC,
        "categories_of_strings": list(CATEGORIES),
        "shift": SHIFT,
        "long_reference": REFERENCE,
        "sketch_edges": SKETCH,
        "permutations": PERMUTATIONS,
        "threads": 1,
    }
    own, found, more = known["own"], known["peers"], known["more"]
    for name in given.only:
        if name == OWN:
            own = measure_own(given.rows, given.budget)
        else:
            part = more if name in MORE else found
            part[name] = measure_peer(name, given.rows, given.budget)
        written = {
            "made": f"{datetime.now(UTC):%Y-%m-%d}",
            "machine": machine(),
            "settings": settings,
            "own": own,
            "peers": {x: found[x] for x in PEERS if x in found},
            "more": {x: more[x] for x in MORE if x in more},
        }
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    say("written:", given.out.name)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--install"]:
        install_here(*sys.argv[2:])
    else:
        main(sys.argv[1:])
