"""What does a record cost, beside a line of JSON and one fsync of this disk?

usage: prediction_log.py [FOLDER]    measures the disk that FOLDER is on

Measures snippets/hardening/prediction_log.py by the clock on the wall, since
waiting for the disk is most of it, and in CPU time. Cases take turns, each
on a disk that has been synced. A line has, for one record, in microseconds:
p50 in the median and in the lowest round, then p99, mean and CPU time in the
median round; and p50 as a ratio to a line of JSON without and with fsync, and
to one fsync. Where other work shares the cores, trust lowest and CPU.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import mean, median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.environment import CACHE
from snippets.hardening.prediction_log import Prediction, PredictionLog

ROUNDS = 9
NOW = datetime(2013, 2, 12, 9, tzinfo=UTC)
INPUTS = {f"x{i}": 0.1 + i for i in range(7)} | {"origin": "EWR"}
FIXED = ("7", "5f2c6a", INPUTS, 0.3125)
Case = Callable[[], tuple[float, float]]
BARE, LINE, SYNCED = "one fsync of a line", "JSON line", "JSON line, fsync"


def predictions(person: bool) -> Iterator[Prediction]:
    """Predictions without end, each with 16 hexadecimal digits as its id."""

    def one(n: int) -> Prediction:
        told = INPUTS | {"who": f"user {n}"} if person else INPUTS
        id = f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}"
        return Prediction(id, NOW, "7", "5f2c6a", told, 0.3125)

    return map(one, count())


def stored(log: PredictionLog, size: int, person: bool) -> Case:
    """Write the next group; what makes the predictions is not charged."""
    ahead = predictions(person)
    ready: list[tuple[Prediction, ...]] = []

    def write() -> tuple[float, float]:
        if not ready:
            ready.extend(tuple(islice(ahead, size)) for _ in range(50))
        group = ready.pop()
        start, cpu = perf_counter(), process_time()
        log.write(*group)
        return perf_counter() - start, process_time() - cpu

    return write


def line(folder: Path, synced: bool, bare: bool) -> Case:
    """Append one line of JSON: by `logging`, or `bare`, ready-made."""
    name = f"lines-{synced}-{bare}"
    handler = logging.FileHandler(folder / name)
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    file, names = handler.stream.fileno(), ("model", "config", "inputs", "out")
    numbers = count()

    def text() -> str:
        told = {"id": f"{next(numbers):016x}", "time": NOW.isoformat()}
        told["written"] = datetime.now(UTC).isoformat()
        return json.dumps(told | dict(zip(names, FIXED, strict=True)))

    ready_made = f"{text()}\n".encode()

    def write() -> tuple[float, float]:
        start, cpu = perf_counter(), process_time()
        if bare:
            os.write(file, ready_made)
        else:
            logger.info(text())
        if synced:
            os.fsync(file)
        return perf_counter() - start, process_time() - cpu

    return write


def main(folder: Path) -> None:
    """Print the table."""
    groups = (1, 64, 256, 1024)
    with ExitStack() as stack:
        here = Path(stack.enter_context(TemporaryDirectory(dir=folder)))

        def log(name: str, durability: str, person: bool) -> PredictionLog:
            how = {"fields": INPUTS, "personal": ["who"] * person}
            how |= {"key": b"k" * 32, "clock": partial(datetime.now, UTC)}
            path = here / f"{name}.db"
            opened = PredictionLog(path, durability=durability, **how)
            return stack.enter_context(opened)

        cases = {
            BARE: (line(here, True, True), 1, 40),
            LINE: (line(here, False, False), 1, 1000),
            SYNCED: (line(here, True, False), 1, 40),
        }
        for level in ("process", "power"):
            for size in groups:
                opened = log(f"{level} {size}", level, False)
                fast = 1000 if level == "process" else 40
                times = fast if size == 1 else 2 + 2048 // size
                title = f"{level}, {size} a commit"
                cases[title] = stored(opened, size, False), size, times
        opened = log("person", "process", True)
        cases["process, 1, hashed person"] = stored(opened, 1, True), 1, 1000
        measured = {name: [] for name in cases}
        for name in list(cases) * ROUNDS:
            write, size, times = cases[name]
            os.sync()
            wall, cpu = zip(*[write() for _ in range(times)], strict=True)
            cuts = quantiles(wall, n=100, method="inclusive")
            facts = (cuts[49], cuts[98], mean(wall), mean(cpu))
            measured[name].append([x / size * 1e6 for x in facts])
    report(measured)


def report(measured: dict[str, list[list[float]]]) -> None:
    heads = (
        "p50",
        "lowest",
        "p99",
        "mean",
        "CPU",
        "/line",
        "/synced",
        "/fsync",
    )
    title = f"record of {len(INPUTS)} inputs, us"
    print(f"{title:26}", *(f"{head:>8}" for head in heads))
    for name, rounds in measured.items():
        shown = [median(column) for column in zip(*rounds, strict=True)]
        for other in (LINE, SYNCED, BARE):
            pairs = zip(rounds, measured[other], strict=True)
            shown.append(median(a[0] / b[0] for a, b in pairs))
        shown.insert(1, min(p50 for p50, *_ in rounds))
        print(f"{name:26}", *(f"{x:8.3g}" for x in shown))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE)
