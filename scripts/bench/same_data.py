"""What do seven packages and our snippets say about the same data?

usage: same_data.py [--only NAME...] [--draws N] [--out FILE]

Makes each case from a seed, hands it to every check as its package sets it up
by default, each in an environment of its own (.cache/bench-drift), and writes
scripts/bench/results/same_data.json: the value of the first draw, and on how
many draws the check rang. A check that fails or gives no number says so there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.environment import ROOT, VERSION

RESULTS = ROOT / "scripts/bench/results/same_data.json"
DRAWS = 100
N, DAY = 5_000, 1_000  # rows of the reference, and of the batch
Draw = Callable[[np.random.Generator], tuple[Any, Any]]


@dataclass(frozen=True)
class Case:
    """A reference and a batch, and what we would want to hear."""

    name: str
    title: str
    wanted: str
    draw: Draw
    kind: str = "numbers"


def normal(batch: Callable[[Any], Any], n: int = N, m: int = DAY) -> Draw:
    """A standard normal reference, and what is done to a batch like it."""

    def draw(r: np.random.Generator) -> tuple[Any, Any]:
        return r.normal(size=n), batch(r.normal(size=m))

    return draw


def put(value: float, share: float = 0.0) -> Callable[[Any], Any]:
    """Overwrite the first share of a batch, or its first value."""

    def change(batch: Any) -> Any:
        batch[: max(1, int(share * len(batch)))] = value
        return batch

    return change


def heavy(r: np.random.Generator) -> tuple[Any, Any]:
    return r.lognormal(size=N), r.lognormal(size=DAY)


def waits(zeros: float) -> Draw:
    """Minutes of delay: half of them 0 before, another share now."""

    def draw(r: np.random.Generator) -> tuple[Any, Any]:
        sides = [
            np.where(r.random(n) < share, 0.0, r.exponential(20, n))
            for n, share in ((N, 0.5), (DAY, zeros))
        ]
        return sides[0], sides[1]

    return draw


def slow(r: np.random.Generator) -> tuple[Any, Any]:
    """One series in which each value keeps nine tenths of the last."""
    noise, phi = r.normal(size=N + DAY), 0.9
    value = noise[0] / (1 - phi**2) ** 0.5
    series = [value]
    for step in noise[1:]:
        value = phi * value + step
        series.append(value)
    return np.array(series[:N]), np.array(series[N:])


def flag(r: np.random.Generator) -> tuple[Any, Any]:
    return np.zeros(N), (r.random(DAY) < 0.02).astype(float)


def shops(change: Callable[[Any], Any], k: int = 50) -> Draw:
    """Codes of k shops, large and small; and what is done to a batch."""
    share = 1 / np.arange(1, k + 1)
    share /= share.sum()

    def draw(r: np.random.Generator) -> tuple[Any, Any]:
        names = np.array([f"shop {i:02}" for i in range(k)], object)
        sides = [names[r.choice(k, n, p=share)] for n in (N, DAY)]
        return sides[0], change(sides[1])

    return draw


def fill(text: Any, share: float) -> Callable[[Any], Any]:
    def change(batch: Any) -> Any:
        batch[: int(share * len(batch))] = text
        return batch

    return change


def same(batch: Any) -> Any:
    return batch


CASES = (
    Case("quiet", "nothing moved", "quiet", normal(same)),
    Case("few", "nothing moved, 30 rows", "quiet", normal(same, m=30)),
    Case("heavy", "nothing moved, long tail", "quiet", heavy),
    Case("ties", "nothing moved, half are zeros", "quiet", waits(0.5)),
    Case("slow", "nothing moved, rows follow each other", "quiet", slow),
    Case("shift", "mean up by .3 sd", "ring", normal(lambda x: x + 0.3)),
    Case(
        "outlier",
        "the same, and one value is a million",
        "ring",
        normal(lambda x: put(1e6)(x + 0.3)),
    ),
    Case("spread", "spread up by 30 %", "ring", normal(lambda x: 1.3 * x)),
    Case("missing", "20 % are missing", "ring", normal(put(np.nan, 0.2))),
    Case("infinite", "one value is infinite", "say so", normal(put(np.inf))),
    Case("zeros", "zeros fall from 50 % to 40 %", "ring", waits(0.4)),
    Case("flag", "always 0, now 1 in 50 rows", "ring", flag),
    Case(
        "tiny",
        "mean up by .05 sd, 100,000 rows a side",
        "your choice",
        normal(lambda x: x + 0.05, 100_000, 100_000),
    ),
    Case(
        "shops",
        "nothing moved, 50 shops",
        "quiet",
        shops(same),
        "categories",
    ),
    Case(
        "new",
        "a new shop with 2 % of the rows",
        "ring",
        shops(fill("shop 99", 0.02)),
        "categories",
    ),
    Case(
        "gaps",
        "10 % of the codes are missing",
        "ring",
        shops(fill(None, 0.1)),
        "categories",
    ),
)  # fmt: skip


def inside(name: str, draws: int) -> dict[str, Any]:
    """What the checks of one package say about every case."""
    from scripts.bench.same_data_peers import PEERS

    found: dict[str, Any] = {}
    for at, case in enumerate(CASES):
        checks = PEERS[name].checks[case.kind]
        heard: dict[str, list[dict[str, Any]]] = {x: [] for x in checks}
        for draw in range(draws):
            generator = np.random.default_rng([at, draw])
            reference, batch = case.draw(generator)
            for label, check in checks.items():
                heard[label].append(hear(check, reference, batch))
        found[case.name] = {x: summary(heard[x]) for x in heard}
    return found


def hear(check: Any, reference: Any, batch: Any) -> dict[str, Any]:
    """One answer: a value and whether it rings, or why there is none."""
    try:
        value, rings = check(reference.copy(), batch.copy())
    except Exception as error:  # whatever a package raises is an answer
        last = (str(error).strip().splitlines() or [""])[0]
        return {"error": f"{type(error).__name__}: {last}"[:160]}
    if value is not None and np.isnan(value):
        return {"error": "not a number"}
    return {"value": value, "rings": None if rings is None else bool(rings)}


def summary(heard: list[dict[str, Any]]) -> dict[str, Any]:
    """The first value, how often it rang, and what went wrong."""
    errors = Counter(x["error"] for x in heard if "error" in x)
    first = heard[0].get("value")
    return {
        "first": None if first is None else float(f"{float(first):.3g}"),
        "rang": sum(bool(x.get("rings")) for x in heard),
        "judged": sum(x.get("rings") is not None for x in heard),
        "draws": len(heard),
        "errors": dict(errors.most_common(2)),
    }


def main(arguments: list[str]) -> None:
    """Ask each package in its environment; the file grows part by part."""
    from scripts.bench import drift
    from scripts.bench.same_data_peers import PEERS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[*PEERS], choices=PEERS)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    known: dict[str, Any] = {}
    if given.out.exists():
        known = json.loads(given.out.read_text("utf-8"))["packages"]
    for name in given.only:
        peer = PEERS[name]
        drift.say(name, *peer.pins)
        if reason := drift.install(peer.folder, peer.pins):
            sys.exit(f"{name}: {reason}")
        command = ["-W", "ignore", __file__, "--inside", name, given.draws]
        known[name] = {
            "pins": list(peer.pins),
            "limits": {
                kind: {x: peer.limits[x] for x in checks}
                for kind, checks in peer.checks.items()
            },
            "cases": json.loads(drift.inside(peer.folder, *command)),
        }
        written = {
            "made": f"{datetime.now(UTC):%Y-%m-%d}",
            "python": VERSION,
            "rows": [N, DAY],
            "draws": given.draws,
            "cases": [
                {"name": x.name, "title": x.title, "wanted": x.wanted,
                 "kind": x.kind} for x in CASES
            ],
            "packages": {x: known[x] for x in PEERS if x in known},
        }  # fmt: skip
        given.out.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    drift.say("written:", given.out.name)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        print(f"\n{json.dumps(inside(sys.argv[2], int(sys.argv[3])))}")
    else:
        main(sys.argv[1:])
