"""How long does one prediction of the flights case take, done five ways?

usage: one_row.py [--requests N] [--out FOLDER]

Asks every way for the same flights of 15 December, in turn for each block of
20, and for the live columns of flights of each month. Times are CPU time of
one thread, because another program would distort the clock; a wait for a
network is not in them. Each ratio is taken within one request. Writes
one_row.json and the parts of the chapter's page that are made from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from timeit import Timer
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.drift import machine
from snippets.flights.features import ORIGINS, live_windows
from snippets.flights.loader import Flights, load
from snippets.flights.models import RateTable
from snippets.flights.speed import (
    DAY_OF_MONTH,
    MONTHS,
    Notebook,
    Request,
    Service,
    requests,
    serve,
)
from snippets.hardening.latency_budget import latency_quantile

RESULTS = Path(__file__).parent / "results"
DECEMBER, EACH_MONTH, BLOCK = 400, 60, 20
FAST = "sorted lists, plain trees"  # every ratio is to this one
SKLEARN = "the compiled trees of scikit-learn alone"
FILTER, BATCH, BOARD = "filter", "live_windows", "board"


def ways(notebook: Notebook, service: Service) -> dict[str, Any]:
    """The ways to answer, slowest first."""
    model, trees = notebook.model, service.trees
    recent = notebook.history[-2_000:]  # two days
    lately = Notebook(model, recent, notebook.weather)

    def numpy_row(request: Request) -> float:
        row = np.array([service.row(request)])
        return float(model.predict_proba(row)[0, 1])

    return {
        "frames, filter over the year": notebook.answer,
        "frames, filter over two days": lately.answer,
        "lists, scikit-learn on a NumPy row": numpy_row,
        FAST: lambda request: trees.probability(service.row(request)),
    }


def in_turn(
    calls: Mapping[str, Callable[[Any], Any]], asked: Sequence[Any]
) -> dict[str, list[float]]:
    """CPU seconds of each call for each request, in turn by blocks."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    for first in range(0, len(asked), BLOCK):
        for name, call in calls.items():
            call(asked[first])  # warms the caches that the others emptied
            for request in asked[first : first + BLOCK]:
                begun = process_time()
                call(request)
                took[name].append(process_time() - begun)
    return took


def summed_up(took: dict[str, list[float]], base: str) -> dict[str, Any]:
    """p50, p99 and the ratio to one of the calls, each with its limits."""
    found = {}
    for name, times in took.items():
        ratios = np.array(times) / np.array(took[base])
        found[name] = {
            "p50": asdict(latency_quantile(times, 0.5)),
            "p99": asdict(latency_quantile(times, 0.99)),
            "ratio": asdict(latency_quantile(ratios, 0.5)),
        }
    return found


def on(flights: Flights, month: int, n: int) -> Flights:
    """Up to n flights of the 15th of a month, spread over the day."""
    day = (flights["month"] == month) & (flights["day"] == DAY_OF_MONTH)
    rows = np.flatnonzero(day)
    return flights.take(rows[:: max(1, len(rows) // n)][:n])


def by_month(
    flights: Flights, notebook: Notebook, service: Service
) -> dict[str, Any]:
    """Median CPU time of the live columns, on the history of each month."""
    found: dict[str, Any] = {}
    due = flights["time"]
    for month, name in enumerate(MONTHS, start=1):
        day = on(flights, month, EACH_MONTH)
        past = int((due < day["time"].min()).sum())
        then = Notebook(
            notebook.model, notebook.history[:past], notebook.weather
        )
        columns = [flights[x][:past] for x in ("time", "origin", "dep_delay")]
        asked = list(
            zip(
                day["time"],
                pd.to_datetime(day["time"].astype("M8[s]"), utc=True),
                day["origin"],
                strict=True,
            )
        )
        calls = {
            FILTER: partial(_filtered, then),
            BATCH: partial(_at_once, columns),
            BOARD: partial(_searched, service),
        }
        took = in_turn(calls, asked)
        found[name] = {
            "history": past,
            **{call: median(times) for call, times in took.items()},
        }
        print(name, *map(us, took_p50(found[name])))
    return found


def _filtered(notebook: Notebook, x: Any) -> Any:
    return notebook.window(ORIGINS[x[2]], x[1])


def _at_once(columns: list[Any], x: Any) -> Any:
    at, origin = np.array([x[0]]), np.array([x[2]])
    return live_windows(columns[0], columns[1], columns[2], at, origin)


def _searched(service: Service, x: Any) -> Any:
    return service.boards[ORIGINS[x[2]]].window(int(x[0].astype(np.int64)))


def took_p50(month: dict[str, Any]) -> list[float]:
    return [month[name] for name in (FILTER, BATCH, BOARD)]


def limits(
    model: Any, service: Service, asked: Sequence[Request], train: Flights
) -> dict[str, float]:
    """What nothing at all costs, and ten rows in place of a model."""
    table = RateTable.fit(train["live_late"], train.late)
    edges, rates = table.edges.tolist(), table.rates.tolist()
    rows = [service.row(request) for request in asked]
    late = [row[4] for row in rows]
    trees = service.trees
    feature = trees.feature
    path = [_path(service, row) for row in rows]
    compiled = [stage[0] for stage in model._predictors]
    no_category = model._bin_mapper.make_known_categories_bitsets()
    single = [np.array([row]) for row in rows]

    def compiled_trees() -> None:
        for x in single:
            for tree in compiled:
                tree.predict(x, *no_category, 1)

    def nothing() -> None:
        return None

    def visit() -> None:
        for nodes in path:
            for node in nodes:
                feature[node]

    def look_up() -> None:
        for x in late:
            rates[bisect_right(edges, x) if x == x else -1]

    def each(call: Callable[[], Any], count: int) -> float:
        timer = Timer(call, timer=process_time)
        number = 1 + int(0.05 / max(timer.timeit(1), 1e-7))
        return min(timer.repeat(7, number)) / number / count

    return {
        "nodes": sum(map(len, path)) / len(path),
        "an empty call": each(nothing, 1),
        "reading as many list items as the walk visits nodes": each(
            visit, len(path)
        ),
        SKLEARN: each(compiled_trees, len(single)),
        "the ten-row table": each(look_up, len(late)),
        "the trees alone": each(
            lambda: [trees.probability(row) for row in rows], len(rows)
        ),
        "the row alone": each(
            lambda: [service.row(x) for x in asked], len(asked)
        ),
    }


def _path(service: Service, row: list[float]) -> list[int]:
    """The nodes that one row visits."""
    trees, path = service.trees, []
    for root in trees.roots:
        node = root
        while (column := trees.feature[node]) >= 0:
            path.append(node)
            x = row[column]
            down = x <= trees.threshold[node]
            left = down or (x != x and trees.nan_left[node])
            node = trees.left[node] if left else trees.right[node]
        path.append(node)
    return path


def us(seconds: float) -> str:
    """Microseconds with two digits that mean something: 29, 610, 6,200."""
    x = seconds * 1e6
    if x < 1:
        return f"{x:.2g}"
    places = 2 - len(str(int(x)))
    return f"{round(x, places):,.{max(places, 0)}f}"


def times(ratio: float) -> str:
    """A ratio with two digits: 1.0, 24, 340."""
    places = 2 - len(str(int(ratio)))
    return f"{round(ratio, places):,.{max(places, 0)}f}"


def pages(found: dict[str, Any]) -> dict[str, str]:
    """The parts of the chapter's page, by file name."""
    m, ways_, months = found["machine"], found["answers"], found["months"]
    pins = ", ".join(f"{k} {v}" for k, v in found["versions"].items())
    lines = [
        "| One answer, history up to December | Slower than the last line "
        "| p50, µs | p99, µs |",
        "|---|---|---|---|",
    ]
    for name, one in ways_.items():
        r, p50, p99 = one["ratio"], one["p50"], one["p99"]
        between = f"{times(r['low'])} to {times(r['high'])}"
        more = "1" if name == FAST else f"{times(r['value'])} ({between})"
        lines.append(
            f"| {name} | {more} | {us(p50['value'])} | {us(p99['value'])} |"
        )
    slow, some = next(iter(ways_)), found["limits"]
    r = ways_[slow]["ratio"]
    loop = some["reading as many list items as the walk visits nodes"]
    answers = "\n".join(lines)
    first, last = months[MONTHS[0]], months[MONTHS[-1]]
    table = [
        "| History | Departures | Filter over the frame, µs "
        "| `live_windows` for one flight, µs | Sorted list, µs |",
        "|---|---|---|---|---|",
    ]
    for name, month in months.items():
        if name in ("jan", "apr", "jul", "oct", "dec"):
            cells = " | ".join(us(x) for x in took_p50(month))
            shown = f"15 {name.title()}"
            table.append(f"| {shown} | {month['history']:,} | {cells} |")
    grown = [last[x] / first[x] for x in (FILTER, BATCH, BOARD)]
    table.append(
        "| December over January "
        f"| {times(last['history'] / first['history'])} | "
        + " | ".join(f"{x:.1f}" for x in grown)
        + " |"
    )
    return {
        "one_row_result.md": (
            f"**The frames take {times(r['value'])} times as long** at the "
            f"median ({times(r['low'])} to {times(r['high'])}), on the same "
            "flights in one run.\n"
        ),
        "one_row_answers.md": answers + "\n",
        "one_row_limits.md": (
            f"In a tight loop, the trees take {us(some['the trees alone'])} "
            f"µs and the row {us(some['the row alone'])}. "
            "scikit-learn enters its compiled code once for each tree, "
            f"and those {found['trees']} calls take "
            f"{us(some[SKLEARN])} µs for one row. Over many rows that "
            "price is shared. A walk visits "
            f"{some['nodes']:.0f} nodes, and a Python loop that reads one "
            f"list item for each, and nothing else, takes {us(loop)} µs. "
            "Below that you leave Python. An empty call takes "
            f"{us(some['an empty call'])} µs, a look-up in the ten-row table "
            f"{us(some['the ten-row table'])} µs.\n"
        ),
        "one_row_months.md": "\n".join(table) + "\n",
        "one_row_setting.md": (
            f"Measured on {found['made']}: {m['system']}, {m['processor']}, "
            f"{m['cores']} cores that others used as well, Python "
            f"{m['python']}, {pins}. CPU time of one thread, "
            f"{found['requests']} flights of 15 December, all ways in "
            f"turn for each block of {BLOCK}; in brackets are the limits of "
            "[`latency_budget`](../hardening/latency_budget.md), each "
            "at 5 %.\n"
        ),
    }


def main(arguments: list[str]) -> None:
    """Measure, and write the result and the parts of the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=DECEMBER)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--pages", action="store_true", help="remake them")
    given = parser.parse_args(arguments)
    if not given.pages:
        measured = json.dumps(measure(given.requests), indent=1)
        (given.out / "one_row.json").write_text(measured + "\n", "utf-8")
    found = json.loads((given.out / "one_row.json").read_text("utf-8"))
    for name, text in pages(found).items():
        (given.out / name).write_text(text, "utf-8")
        print(f"\n{text}", end="")


def measure(n: int) -> dict[str, Any]:
    """Everything that the page shows."""
    flights = load(full=True)
    day = on(flights, 12, n)
    known = flights.where(flights["time"] <= day["time"].max())
    notebook, service = serve(known, flights.train)
    asked = requests(day)
    calls = ways(notebook, service)
    answers = np.array([[c(x) for c in calls.values()] for x in asked[:50]])
    assert np.ptp(answers, axis=1).max() < 1e-6
    return {
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "versions": {
            "NumPy": np.__version__,
            "pandas": pd.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "requests": len(asked),
        "trees": len(service.trees.roots),
        "answers": summed_up(in_turn(calls, asked), FAST),
        "months": by_month(flights, notebook, service),
        "limits": limits(notebook.model, service, asked[:200], flights.train),
    }


if __name__ == "__main__":
    with threadpool_limits(1):
        main(sys.argv[1:])
