"""What does the contract at the door cost, beside its peers and a limit?

usage: data_contract.py

Measures snippets/hardening/data_contract.py in CPU time, beside Pydantic and
Pandera with the same rules and data, and beside one np.sum: a check has to
read every value. Peers live in .cache/bench-venv. Cases take turns; a line
has median, range, and median ratio to its block's first in the same round.
"""

import os
import sys
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from timeit import Timer
from typing import Annotated, Any, Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.environment import CACHE, VERSION, environment, run
from snippets.hardening import data_contract
from snippets.hardening.data_contract import Contract, Field

PEERS = ("pydantic==2.14.3", "pandera[pandas]==0.35.0")
BENCH = CACHE / "bench-venv"
ROUNDS, SAMPLE, ROWS = 11, 0.1, 100_000  # SAMPLE: CPU seconds, about
NOW, AGE = datetime(2013, 2, 12, 9, tzinfo=UTC), timedelta(hours=2)
CODES, ENDS = ("EWR", "JFK", "LGA"), {"low": 0, "high": 100}
LISTED, SPAN = {"categories": CODES}, {"unit": "UTC", "max_age": AGE}
ASKED = {"now": NOW, "units": {"time": "UTC"}}
WRONG = [{"a": 999.0}, {"a": "12"}, {"a": np.nan}, {"origin": "SWF"}]
WRONG += [{"gate": True}, {"time": NOW - 2 * AGE}, {"unknown": 1.0}]


def install() -> Path:
    """Python of the peers' environment; says which peer does not install."""
    os.environ["PATH"] += os.pathsep + str(Path(sys.executable).parent)
    facts = [f"Python {VERSION}", f"numpy=={np.__version__}"]
    python = environment(BENCH, facts, facts[1:])
    for pin in PEERS:
        try:
            environment(BENCH, [*facts, pin], [*facts[1:], pin])
            facts.append(pin)
        except SystemExit as error:
            print(f"{pin} does not install: {error}")
            environment(BENCH, facts, facts[1:])
    print(*facts, sep=", ", flush=True)
    return python


def block(title: str, count: int, cases: dict[str, Any]) -> None:
    """Measure the cases in turn; print CPU time in ns for one of `count`."""
    timers = {n: Timer(c, timer=process_time) for n, c in cases.items()}
    calls = {n: 1 + int(SAMPLE / min(timers[n].repeat(2, 1))) for n in cases}
    took = {name: [] for name in cases}
    for name in list(cases) * ROUNDS:
        spent = timers[name].timeit(calls[name]) / calls[name]
        took[name].append(spent / count * 1e9)
    print(f"\n{title + ', ns':28}    median    lowest   highest     ratio")
    first = next(iter(took.values()))
    for name, times in took.items():
        ratio = median(a / b for a, b in zip(times, first, strict=True))
        shown = (median(times), min(times), max(times), ratio)
        print(f"  {name:26}", *(f"{x:10,.2f}" for x in shown), sep="")


def one_by_one(batch: Any, columns: dict) -> Any:
    """The same batch without the fast pass: every value is judged alone."""
    kept = data_contract._fine
    data_contract._fine = lambda _, column, *__: np.zeros(len(column), bool)
    try:
        return batch(columns)
    finally:
        data_contract._fine = kept


def peers(good: list, bad: list, rows: list, seven: dict) -> tuple:
    """Cases for records and for columns, of each peer that is there."""
    records, columns = {}, {}
    with suppress(ImportError):
        import pydantic as p

        rules = {"strict": True, "extra": "forbid", "allow_inf_nan": False}
        model = partial(p.create_model, "Row", __config__=rules)
        ends, span = p.Field(ge=0, le=100), p.Field(ge=NOW - AGE, le=NOW)
        real, time = Annotated[float, ends], Annotated[p.AwareDatetime, span]
        kinds = {"origin": Literal[CODES], "gate": Annotated[int, ends]}
        kinds |= {"open": bool, "time": time} | dict.fromkeys("abcd", real)
        eight = model(**kinds).model_validate
        each = model(**dict.fromkeys(seven, real)).model_validate
        for row in bad:
            with suppress(p.ValidationError):
                raise AssertionError(eight(row))
        records["Pydantic"] = lambda: all(map(eight, good))
        columns["Pydantic, row by row"] = lambda: all(map(each, rows))
    with suppress(ImportError):
        import pandas
        import pandera.pandas as pa

        column = pa.Column(float, pa.Check.in_range(0, 100))
        schema = pa.DataFrameSchema(dict.fromkeys(seven, column), strict=True)
        frame = pandas.DataFrame(seven)
        columns["Pandera"] = lambda: schema.validate(frame, lazy=True)
    return records, columns


def main() -> None:
    """Print the table, from inside the environment of the peers."""
    table = np.random.default_rng(0).uniform(0, 100, (7, ROWS))
    seven = dict(zip("abcdefg", table, strict=True))
    rows = [dict(zip(seven, x, strict=True)) for x in table.T.tolist()]
    mixed = {"origin": "EWR", "time": NOW - AGE / 2, "gate": 7, "open": True}
    good = [mixed | {k: row[k] for k in "abcd"} for row in rows[:700]]
    bad = [row | WRONG[i % len(WRONG)] for i, row in enumerate(good)]
    real = [Field(name, "number", **ENDS) for name in seven]
    some = [Field("origin", "string", **LISTED), Field("open", "boolean")]
    some += [Field("time", "time", **SPAN), Field("gate", "integer", **ENDS)]
    check = partial(Contract(some + real[:4], "1").check_record, **ASKED)
    batch = partial(Contract(real, "1").check_columns, **ASKED)
    assert sum(check(row).accepted for row in good + bad) == len(good)
    records, columns = peers(good, bad, rows, seven)
    records["check_record"] = lambda: all(map(check, good))
    block("record of 8 fields", len(good), records)
    limit = {"np.sum": table.sum, "check_columns": partial(batch, seven)}
    limit["... without its fast pass"] = partial(one_by_one, batch, seven)
    assert one_by_one(batch, seven).accepted.all()
    block("value of 7 columns", table.size, limit | columns)
    times = np.datetime64("2013-02-12T09:00:00") - np.arange(ROWS) % 7200
    text, a, cases = np.array(CODES)[np.int64(table[0]) % 3], table[0], {}
    for name, kind, sent, rules in (
        ("number", "number", a, ENDS),
        ("number, with typical", "number", a, ENDS | {"typical": (9, 99)}),
        ("number in a list", "number", a.tolist(), ENDS),
        ("datetime64[us]", "time", times.astype("M8[us]"), SPAN),
        ("datetime64[ns]", "time", times.astype("M8[ns]"), SPAN),
        ("datetime64[s]", "time", times, SPAN),
        ("ISO time", "time", [f"{t}Z" for t in times.tolist()], SPAN),
        ("string in a list", "string", text.tolist(), LISTED),
        ("string in an array", "string", text, LISTED),
    ):
        door = Contract([Field(kind, kind, **rules)], "1")
        cases[name] = partial(door.check_columns, {kind: sent}, **ASKED)
        assert cases[name]().accepted.all()
    block("value of one column", ROWS, cases)
    renamed = {name.replace("a", "A"): x for name, x in seven.items()}
    refused = {"one value too high": partial(batch, seven | {"a": a + 999})}
    refused["one column renamed"] = partial(batch, renamed)
    block("refused row of 7 fields", ROWS, refused)
    tracemalloc.start()
    batch(renamed)
    peak = tracemalloc.get_traced_memory()[1] / ROWS
    print(f"memory at the peak, column renamed: {peak:.0f} bytes a row")


if __name__ == "__main__":
    inside = Path(sys.prefix).name == BENCH.name
    raise SystemExit(main() if inside else run(install(), __file__))
