"""What drift.py does in a process of its own, inside an environment.

usage: drift_tasks.py TASK [ARGUMENT...]

Prints what it measured as one line of JSON.
"""

from __future__ import annotations

import ctypes
import gc
import json
import re
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

LONG, SMALL = 100_000_000, 1_000
MANY = 1_000_000  # rows from which one round may do
SAMPLE, LEAST, MOST = 0.05, 3, 11  # CPU seconds; rounds
TOOLS = {"pip", "setuptools", "wheel"}

Calls = dict[str, Callable[[], Any]]


def rounded(x: float, digits: int = 4) -> float:
    return float(f"{x:.{digits}g}")


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    shown = {"median": median(values), "low": min(values), "high": max(values)}
    return {name: rounded(x) for name, x in shown.items()}


def compare(took: dict[str, list[float]], a: str, b: str) -> dict[str, float]:
    """Ratio of the medians of two calls; its range over the rounds."""
    each = [x / y for x, y in zip(took[a], took[b], strict=True)]
    middle = [spread(took[name])["median"] for name in (a, b)]
    return spread(each) | {"median": rounded(middle[0] / middle[1])}


def in_turn(
    calls: Calls, budget: float, least: int = LEAST
) -> tuple[dict[str, list[float]], dict[str, Any], dict[str, float]]:
    """CPU seconds of each call by round, what it gave, and its peak memory.

    All calls run in every round. A short one is repeated until it fills a
    sample. The budget pays for `least` to 11 rounds; one more comes before
    them, for memory, and is the only one if `least` is 1 and it was dear.
    """
    gave, used, cold = {}, {}, {}
    for name, call in calls.items():
        gave[name], used[name], cold[name] = peak(call)
    repeat = {name: 1 + int(SAMPLE / cold[name]) for name in calls}
    cost = sum(cold[name] * repeat[name] for name in calls)
    if least == 1 and cost > budget:
        return {name: [cold[name]] for name in calls}, gave, used
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(max(least, min(MOST, int(budget / cost)))):
        for name, call in calls.items():
            gc.collect()
            start = process_time()
            for _ in range(repeat[name]):
                call()
            took[name].append((process_time() - start) / repeat[name])
    return took, gave, used


def held(field: str, path: str = "/proc/self/status") -> int:
    """Bytes of this process: VmRSS, VmHWM (its peak) or RssAnon."""
    text = Path(path).read_text("utf-8")
    return 1024 * int(text.partition(f"{field}:")[2].split()[0])


def peak(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call gives, the megabytes it adds at its peak, and seconds."""
    gc.collect()
    with suppress(OSError, AttributeError):  # what earlier calls set free
        ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # forget the peak
    before, start = held("VmRSS"), process_time()
    gave = call()
    took = max(process_time() - start, 1e-7)
    return gave, rounded(max(held("VmHWM") - before, 0) / 1e6, 3), took


def peak_sampled(call: Callable[[], Any]) -> float:
    """The same without the pages of files, looked at every millisecond."""
    seen, done = [held("RssAnon")], threading.Event()

    def look() -> None:
        while not done.wait(0.001):
            seen.append(held("RssAnon"))

    looker = threading.Thread(target=look)
    looker.start()
    call()
    done.set()
    looker.join()
    return rounded((max(seen) - seen[0]) / 1e6, 3)


def speed(name: str, rows: int, budget: float) -> dict[str, Any]:
    """Seconds and memory of both sides, their ratios, and what they say."""
    from scripts.bench.drift_peers import EVERY, calls, make, make_long

    long = rows >= LONG
    peer, draw = EVERY[name], make_long if long else make
    if long:  # beside such a batch, the reference costs next to nothing
        peer = replace(peer, pairs=peer.pairs[:1])
    for call in calls(peer, draw(SMALL, peer)).values():
        call()  # loads what is imported late
    data = draw(rows, peer)
    both = calls(peer, data)
    columns = [np.asarray(data.batch[x]) for x in data.numbers]
    limit = {"np.sum": lambda: [x.sum() for x in columns]}
    lone = 0.0
    if data.strings:  # nor has anybody asked for their hash yet
        other = peer.ours(make(rows, peer, lone=True))[peer.pairs[0][2]]
        start = process_time()
        other()
        lone = rounded(process_time() - start)
        del other
    took, gave, used = in_turn(
        both | limit, budget, 1 if rows >= MANY else LEAST
    )
    said = {x: np.array([*gave[x].values()], float) for x in both}
    found = {
        "columns": len(data.names),
        "rounds": len(took["np.sum"]),
        "seconds": {x: spread(took[x]) for x in took},
        "peak_mb": {x: used[x] for x in both},
        "lone_seconds": lone,
        "ratios": [
            {"case": case, "theirs": a, "ours": b} | compare(took, a, b)
            for case, a, b in peer.pairs
        ],
        "first_column": {x: values[0].tolist() for x, values in said.items()},
    }
    if peer.rows:  # few columns, or decisions to compare
        found["all_columns"] = {x: said[x].tolist() for x in said}
    if peer.same:
        found["apart"] = {
            ours: {
                "statistic": apart(said[ours], said[a], 0),
                "p_value": apart(said[ours], said[a], 1),
                "stated": float(said[ours][:, 2].max()),
            }
            for _, a, ours in peer.pairs
        }
    return found


def apart(one: Any, other: Any, field: int) -> float:
    """Largest difference between two calls over the columns."""
    return float(np.abs(one[:, field] - other[:, field]).max())


def size() -> dict[str, Any]:
    """Distributions and their megabytes, without pip and byte code."""
    found = {}
    for one in distributions():
        files = [Path(str(f.locate())) for f in one.files or ()]
        found[one.name] = sum(
            path.stat().st_size
            for path in files
            if path.suffix != ".pyc" and path.is_file()
        )
    kept = {name: found[name] for name in found if name not in TOOLS}
    return {
        "distributions": len(kept),
        "megabytes": round(sum(kept.values()) / 1e6),
        "numpy_megabytes": round(kept["numpy"] / 1e6),
    }


def imports() -> dict[str, list[str]]:
    """Packages that each drift snippet brings in, beside Python's own."""
    found, installed = {}, {one.name.lower() for one in distributions()}
    for path in sorted((ROOT / "snippets/drift").glob("*.py")):
        text = path.read_text("utf-8")
        line = re.findall(r"(?m)^Needs: .*$", text)[0].lower()
        needs = re.findall(r", ([\w-]+) [\d.]+", line)
        if not {*needs} <= installed:  # not importable here: as it says
            found[path.stem] = needs
            continue
        code = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            f"before = {{*sys.modules}}; import snippets.drift.{path.stem}\n"
            "print(*{x.partition('.')[0] for x in {*sys.modules} - before})"
        )
        command = [sys.executable, "-I", "-c", code]
        loaded = subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.split()
        folder = Path(np.__file__).parents[1]
        found[path.stem] = sorted(
            x for x in set(loaded) if (folder / x).is_dir()
        )
    return found


def count(rows: int, budget: float) -> dict[str, Any]:
    """Count one column against 9 edges, beside one sum over it."""
    from snippets.drift.psi import Baseline

    draw = np.random.default_rng(1)
    base = Baseline.fit(draw.normal(size=100_000))
    edges = np.array(base.edges)
    column, short = np.empty(rows), np.empty(rows, np.float32)
    pieces = [slice(i, i + 2**20) for i in range(0, rows, 2**20)]
    for piece in pieces:
        draw.standard_normal(out=column[piece])
        short[piece] = column[piece]

    def searched(values: Any) -> list[int]:
        bins = (edges.searchsorted(np.float64(values[x])) for x in pieces)
        return sum(np.bincount(x, minlength=10) for x in bins).tolist()

    found: dict[str, Any] = {"values": rows, "edges": len(edges), "kinds": {}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "column"
        column.tofile(path)
        mapped = np.memmap(path, np.float64, "r")
        kinds = {"float64": column, "float64 in a file": mapped}
        for kind, values in (kinds | {"float32": short}).items():
            calls: Calls = {
                "np.sum": values.sum,
                "count": partial(base.count, values),
            }
            if kind == "float64":
                bounds = np.array([-np.inf, *edges, np.inf])
                calls["np.histogram"] = partial(np.histogram, values, bounds)
                calls["np.searchsorted"] = partial(searched, values)
            took, gave, used = in_turn(calls, budget / 2)
            if values is mapped:
                used["count"] = peak_sampled(calls["count"])
            found["kinds"][kind] = {
                "rounds": len(took["count"]),
                "seconds": {x: spread(took[x]) for x in took},
                "passes": {x: compare(took, x, "np.sum") for x in [*took][1:]},
                "peak_mb": used["count"],
                "exact": list(gave["count"].counts) == searched(values),
            }
        del values, mapped  # Windows cannot remove a mapped file
    return found


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "speed": lambda name, rows, budget: speed(name, int(rows), float(budget)),
    "size": size,
    "imports": imports,
    "count": lambda rows, budget: count(int(rows), float(budget)),
}

if __name__ == "__main__":
    # A call that wants more fails, and the machine lives.
    most = held("MemAvailable", "/proc/meminfo") * 4 // 5
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    result = TASKS[sys.argv[1]](*sys.argv[2:])
    print(f"\n{json.dumps(result)}")
