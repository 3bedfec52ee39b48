"""What the golden rows promise, and what they cannot see."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.flights.loader import load_day
from snippets.hardening import golden_rows
from snippets.hardening.golden_rows import (
    Replay,
    Tolerance,
    choose,
    record,
    replay,
)

NAN, INF = float("nan"), float("inf")
ROWS = [{"id": i, "x": x} for i, x in enumerate((2.0, 4.0, 0.0, -8.0, NAN))]

Run = Callable[[Any], Any]


def half(row: dict[str, Any]) -> dict[str, Any]:
    return {"y": row["x"] / 2, "sign": "minus" if row["x"] < 0 else "plus"}


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    record(tmp_path / "golden.jsonl", half, ROWS, key="id")
    return tmp_path / "golden.jsonl"


def played(path: Path, old: Run, new: Run, rows: Any, **how: Any) -> Replay:
    """Record the old code, replay the new."""
    file = path / "played.jsonl"
    record(file, old, rows, key="id", replace=True, **how)
    return replay(file, new)


# Identity


def test_the_old_code_replays_as_itself(golden: Path) -> None:
    again = replay(golden, half)
    assert again.same
    assert str(again) == "5 rows: 0 differ, 0 removed, 0 added, 0 moved"


def test_the_same_rows_give_the_same_bytes(golden: Path) -> None:
    before = golden.read_bytes()
    record(golden, half, ROWS, key="id", replace=True)
    assert golden.read_bytes() == before


# Worked by hand


def test_a_difference_names_row_column_values_and_distance(
    golden: Path,
) -> None:
    def rounds(row: dict[str, Any]) -> dict[str, Any]:
        # -8 / 3 is -2.67, 1.33 from -4; the sign is "minus" on one row only
        return {"y": row["x"] / (3 if row["x"] < 0 else 2), "sign": "plus"}

    found = replay(golden, rounds).differences
    assert [(d.key, d.column) for d in found] == [(3, "y"), (3, "sign")]
    assert (found[0].old, found[0].new) == (-4.0, -8 / 3)
    assert found[0].distance == pytest.approx(4 / 3)
    assert (found[1].old, found[1].new) == ("minus", "plus")
    assert found[1].distance is None


def test_the_file_is_one_line_a_row_and_reads_without_this_snippet(
    golden: Path,
) -> None:
    seal, head, *rows = golden.read_text("utf-8").splitlines()
    assert json.loads(seal)["golden_rows"] == 1
    assert json.loads(head)["key"] == "id"
    assert len(rows) == 5
    assert rows[3] == (
        '{"in": {"id": 3, "x": -8.0}, "out": {"y": -4.0, "sign": "minus"}}'
    )


def test_an_exception_is_an_outcome(tmp_path: Path) -> None:
    rows = [{"id": i, "n": n} for i, n in enumerate((0, 2, "2"))]
    seen = played(
        tmp_path,
        lambda row: {"y": 4 / row["n"]},
        lambda row: {"y": 4 / int(row["n"]) if row["n"] else None},
        rows,
    )
    assert [(d.key, d.column, d.new) for d in seen.differences] == [
        (0, "raises", None),
        (2, "raises", None),
    ]
    assert seen.differences[0].old == "ZeroDivisionError: division by zero"
    back = played(
        tmp_path, lambda _: {"y": 1}, lambda row: 1 / row["n"], rows[:1]
    )
    assert back.differences[0].new == "ZeroDivisionError: division by zero"


# Tolerance by column: absolute + relative * |old|, inclusive


@pytest.mark.parametrize(
    ("old", "new", "limit", "same"),
    [
        (1.0, 1.5, Tolerance(absolute=0.5), True),
        (1.0, 1.5000001, Tolerance(absolute=0.5), False),
        (-4.0, -5.0, Tolerance(relative=0.25), True),
        (-4.0, -5.1, Tolerance(relative=0.25), False),
        (0.0, 1e-9, Tolerance(relative=0.25), False),  # a share of nothing
        (100.0, 111.0, Tolerance(1.0, 0.1), True),
        (100.0, 111.1, Tolerance(1.0, 0.1), False),
        (1, 1.0, Tolerance(), True),  # numbers are compared as numbers
        (1, 1.0, None, False),  # and without one also by kind
        (0.0, -0.0, None, False),
        (0.0, -0.0, Tolerance(), True),
        (1, True, Tolerance(5.0), False),
        ("1", 1, Tolerance(5.0), False),
        (None, NAN, Tolerance(5.0), False),
        (NAN, NAN, None, True),
        (NAN, NAN, Tolerance(), True),
        (NAN, 0.0, Tolerance(1e9), False),
        (INF, INF, Tolerance(), True),
        (INF, -INF, Tolerance(relative=1.0), False),
        (INF, 1e9, Tolerance(relative=1.0), False),
        (10**400, 10**400 + 1, Tolerance(relative=1.0), False),
        (1e300, -1e300, Tolerance(), False),
        ([1, 2], [1, 2], None, True),
        ([1, 2], [1, 3], Tolerance(5.0), False),
        ("1900-01-01", "2100-01-01", None, False),
        (None, None, None, True),
    ],
)
def test_a_tolerance_is_for_numbers_and_everything_else_is_exact(
    tmp_path: Path, old: Any, new: Any, limit: Tolerance | None, same: bool
) -> None:
    limits = {"y": limit} if limit else {}
    seen = played(
        tmp_path,
        lambda _: {"y": old},
        lambda _: {"y": new},
        [{"id": 1}],
        tolerance=limits,
    )
    assert seen.same is same


def test_a_column_that_is_gone_or_new_differs(golden: Path) -> None:
    gone = replay(golden, lambda row: {"y": row["x"] / 2})
    assert {(d.column, d.new) for d in gone.differences} == {
        ("sign", "(absent)")
    }
    more = replay(golden, lambda row: {**half(row), "z": None})
    assert {(d.column, d.old) for d in more.differences} == {("z", "(absent)")}
    said = replay(golden, lambda row: {**half(row), "z": "(absent)"})
    assert len(said.differences) == 5


# A batch: rows lost, added, copied and moved


def kept(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Old code: drops a missing x, sorts by x."""
    rows = [row for row in rows if row["x"] == row["x"]]
    return sorted(rows, key=lambda row: row["x"])


@pytest.mark.parametrize(
    ("new", "removed", "added", "moved"),
    [
        (kept, (), (), ()),
        (lambda rows: kept(rows)[1:], (3,), (), (2,)),
        (lambda rows: [*kept(rows), rows[4]], (), (4,), ()),
        (lambda rows: [*kept(rows), {"id": 0, "x": 9.9}], (), (0,), ()),
        (lambda rows: [*kept(rows), {"id": "new"}], (), ("new",), ()),
        # 3 2 0 1 became 0 1 2 3: who follows somebody else?
        (lambda rows: rows[:4], (), (), (0, 2, 3)),
        (lambda _: [], (0, 1, 2, 3), (), ()),
    ],
)
def test_rows_lost_added_and_moved_are_named(
    tmp_path: Path, new: Run, removed: Any, added: Any, moved: Any
) -> None:
    seen = played(tmp_path, kept, new, ROWS, batch=True)
    assert set(seen.removed) == set(removed)
    assert seen.added == added
    if not removed:
        assert seen.moved == moved
    assert seen.differences == ()
    assert seen.same is (new is kept)


def test_a_batch_may_carry_numpy_and_a_frame_is_refused_by_name(
    tmp_path: Path,
) -> None:
    rows = [{"id": np.int64(i), "x": np.float32(i)} for i in range(3)]
    seen = played(
        tmp_path,
        lambda rows: [{**row, "on": np.bool_(True)} for row in rows],
        lambda rows: [{**row, "on": True} for row in rows],
        rows,
        batch=True,
    )
    assert seen.same
    frame = pd.DataFrame(ROWS)
    with pytest.raises(TypeError, match=r"row 0 must be a mapping .*got str"):
        record(tmp_path / "frame", half, frame, key="id")
    with pytest.raises(TypeError, match="output 0 must be a mapping"):
        record(
            tmp_path / "f", pd.DataFrame, frame.to_dict("records"),
            key="id", batch=True,
        )  # fmt: skip
    with pytest.raises(TypeError, match="outputs must be mappings, got None"):
        record(tmp_path / "f", print, [{"id": 1}], key="id", batch=True)


def test_the_input_is_fresh_for_each_call(tmp_path: Path) -> None:
    def eats(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows.pop()
        rows[0]["x"] = -1
        return rows

    assert played(tmp_path, eats, eats, ROWS, batch=True).same
    assert ROWS[0]["x"] == 2.0


# Explanation


def test_the_report_says_which_input_sets_the_rows_apart(
    tmp_path: Path,
) -> None:
    # an hour of the day: from 20 h on another day is meant
    rows = [
        {"id": i, "hour": i % 24, "airport": "JFK" if i % 3 else "EWR"}
        for i in range(96)
    ]
    rows += [{"id": i, "hour": 3, "airport": "HNL"} for i in range(96, 100)]
    late = played(
        tmp_path,
        lambda row: {"left": 24 - row["hour"]},
        lambda row: {"left": (20 - row["hour"]) % 24 + 4},
        rows,
    )
    # 21, 22 and 23 h on four days
    assert late.shared == {"left": "hour from 21 to 23, as in 0 of 88 others"}
    there = played(
        tmp_path,
        lambda _: {"zone": "US"},
        lambda row: {"zone": row["airport"] if row["id"] > 95 else "US"},
        rows,
    )
    assert there.shared["zone"].startswith("id from 96 to 99, as in 0")


def test_three_rows_and_a_range_that_others_share_explain_nothing() -> None:
    apart = {i: {"x": i} for i in range(40)}
    assert "from 0 to 3, as in 0" in golden_rows._shared({0, 1, 2, 3}, apart)
    assert golden_rows._shared({0, 1, 2}, apart) == "no single input"
    ends = {**apart, **{i: {"x": i % 2 * 3} for i in range(40, 45)}}
    assert golden_rows._shared({0, 1, 2, 3}, ends) == "no single input"
    assert golden_rows._shared(set(apart), apart) == "every row"


def test_noise_is_taken_for_an_explanation_in_one_case_of_twenty() -> None:
    """Twelve columns of noise, 200 rows; the fewest rows that may explain."""
    draw = np.random.default_rng(7)
    found = 0
    for _ in range(1_000):
        noise = draw.random((200, 12)).round(6).tolist()
        rows = {
            i: {f"c{j}": v for j, v in enumerate(row)}
            for i, row in enumerate(noise)
        }
        found += "from" in golden_rows._shared({0, 1, 2, 3}, rows)
    assert 0.03 < found / 1_000 < 0.06


def test_the_report_is_short_and_prints_what_it_holds_on_one_line(
    tmp_path: Path,
) -> None:
    rows = [{"id": f"a\nERROR {i}"} for i in range(9)]
    seen = played(
        tmp_path,
        lambda _: {"y": "x" * 99},
        lambda _: {"y": "'; DROP TABLE flights; --\r\n\x1b[31m"},
        rows,
    )
    assert len(str(seen).splitlines()) == 3
    assert len(str(seen).splitlines()[1]) < 150
    assert str(seen).isprintable() is False  # its own line ends
    assert all(line.isprintable() for line in str(seen).splitlines())
    lost = played(tmp_path, list, lambda _: [], rows, batch=True)
    assert str(lost).splitlines()[1].endswith('"a\\nERROR 2", ...')


def test_the_report_shows_the_largest_distance_of_each_column(
    golden: Path,
) -> None:
    # y is off by .1, .2, 0 and .4; for -8 the sign is wrong as well
    seen = replay(golden, lambda row: {"y": row["x"] * 0.55, "sign": "plus"})
    assert str(seen).splitlines() == [
        "5 rows: 3 differ, 0 removed, 0 added, 0 moved",
        "y: 3 of 5 rows; 3 was -4.0, is -4.4",
        "  shared: no single input",
        'sign: 1 of 5 rows; 3 was "minus", is "plus"',
        "  shared: no single input",
    ]


def test_facts_are_kept_and_a_changed_one_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "golden.jsonl"
    then = {"commit": "1f3a", "numpy": "1.26.4"}
    record(file, half, ROWS, key="id", facts=then)
    seen = replay(file, half, facts={"commit": "9b2c", "table": "77e0"})
    assert seen.same
    assert seen.facts == {
        "commit": ("1f3a", "9b2c"),
        "numpy": ("1.26.4", None),
        "table": (None, "77e0"),
    }
    assert 'fact numpy: "1.26.4", now null' in str(seen)


# Choosing rows


def test_it_chooses_each_value_each_edge_and_each_gap() -> None:
    winds = [5.0, 9.0, None, 7.0, NAN, 4.0, 6.0, -INF, 8.0]
    rows = [{"id": f"r{i}", "wind": w} for i, w in enumerate(winds)]
    chosen = choose(rows, most=2, spread=0)
    # r0 and r8 are the first and the last text, r1 and r5 the range of the
    # wind; the gaps and the infinite are r2, r4, r7
    assert [row["id"] for row in chosen] == [
        "r0", "r1", "r2", "r4", "r5", "r7", "r8",
    ]  # fmt: skip
    assert [row["id"] for row in choose(rows[:4], most=1, spread=0)] == [
        "r0", "r1", "r2", "r3",
    ]  # fmt: skip


def test_it_takes_the_first_row_of_each_category() -> None:
    rows = [{"airport": name} for name in ("EWR", "EWR", "LGA", "EWR", None)]
    assert choose(rows, spread=0) == [rows[0], rows[2], rows[4]]


def test_the_spread_runs_from_the_first_row_to_the_last() -> None:
    rows = [{"n": n % 7 + 0.5} for n in range(101)]
    same = [{"n": 0} for _ in range(101)]
    assert len(choose(rows, most=7, spread=0)) == 7
    assert len(choose(same, spread=0)) == 1
    assert len(choose(same, spread=1)) == 1
    assert len(choose(same, spread=11)) == 11
    assert len(choose(same[:3], spread=50)) == 3
    many = [{"n": [n]} for n in range(101)]  # as text, [9] is the last
    assert [row["n"][0] for row in choose(many, most=1, spread=6)] == [
        0, 9, 20, 40, 60, 80, 100,
    ]  # fmt: skip


def test_chosen_rows_meet_what_random_rows_miss() -> None:
    """A carrier with 6 of 10,000 rows: 100 random rows miss it 94 times."""
    rows = [{"id": i, "carrier": "OO" if i % 1667 == 1 else "UA"} for i in
            range(10_000)]  # fmt: skip
    assert sum(row["carrier"] == "OO" for row in rows) == 6
    draw = random.Random(3)
    missed = sum(
        all(row["carrier"] != "OO" for row in draw.sample(rows, 100))
        for _ in range(300)
    )
    assert 0.90 < missed / 300 < 0.97
    assert any(row["carrier"] == "OO" for row in choose(rows))


@pytest.mark.parametrize("night", ["2013-03-10", "2013-11-03"])
def test_the_day_of_the_clock_change_shows_a_fixed_offset(
    night: str, tmp_path: Path
) -> None:
    """Minutes from UTC to New York, written as a number of the day before."""
    flights = load_day(night).flights
    rows = [
        {"id": i, "utc": f"{t}Z", "wall": int(m)}
        for i, (t, m) in enumerate(
            zip(flights["time"], flights["minute_of_day"], strict=True)
        )
    ]

    def minute(rule: int) -> Run:
        def run(row: dict[str, Any]) -> dict[str, Any]:
            due = datetime.fromisoformat(row["utc"].replace("Z", "+00:00"))
            return {"minute": (due.hour * 60 + due.minute - rule) % 1440}

        return run

    before, after = (300, 240) if night < "2013-06" else (240, 300)
    seen = played(tmp_path, minute(after), minute(before), rows)
    assert len({d.key for d in seen.differences}) == len(rows) > 600
    assert {d.distance for d in seen.differences} <= {60, 1380}
    right = played(
        tmp_path, lambda row: {"minute": row["wall"]}, minute(after), rows
    )
    assert right.same


# The file: whole or the old one


DRIVER = """
import os, pathlib, random, signal, sys, time
sys.path.insert(0, sys.argv[2])
from golden_rows import record, replay

rows = [{"id": i, "x": "y" * 400} for i in range(100)]
path = sys.argv[1]
folder = pathlib.Path(path).parent
turn = halves = 0
draw = random.Random(5)


def write():
    record(path, lambda _: {"turn": turn}, rows, key="id", replace=True)


write()
for _ in range(100):
    out, told = os.pipe()
    child = os.fork()
    while not child:
        turn += 1
        os.write(told, b"0 ")
        write()
        os.write(told, f"{turn} ".encode())
    os.close(told)
    os.read(out, 2)  # it has begun
    time.sleep(draw.uniform(0, 0.01))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    acknowledged = [turn, *map(int, os.fdopen(out).read().split())]
    seen = replay(path, lambda _: {"turn": -1}).differences
    (turn,) = {d.old for d in seen}
    assert len(seen) == 100 and turn >= max(acknowledged)
    for part in folder.glob("*.part"):
        halves += 1
        part.unlink()
print(turn, halves)
"""


def test_a_recorder_killed_a_hundred_times_leaves_a_whole_file(
    tmp_path: Path,
) -> None:
    """What record returned from is there; a half file has another name."""
    done = subprocess.run(
        [
            sys.executable, "-S", "-W", "error", "-c", DRIVER,
            str(tmp_path / "golden.jsonl"),
            str(Path(golden_rows.__file__).parent),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _, halves = map(int, done.stdout.split())
    assert halves > 0  # so many kills hit the write itself


RACE = """
import os, pathlib, resource, signal, sys
sys.path.insert(0, sys.argv[2])
import golden_rows

path = pathlib.Path(sys.argv[1])
real = os.fsync


def write(name):
    return golden_rows.record(
        path, lambda _: {"by": name}, [{"id": 1}], key="id", replace=True
    )


def between(file):
    # the first has written and not renamed; the second dies at its first byte
    real(file)
    child = os.fork()
    if not child:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        write("second")
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGXFSZ


os.fsync = between
told = write("first")
print(told, *(part.stat().st_size for part in path.parent.glob("*.part")))
"""


def test_a_second_recorder_that_is_killed_takes_nothing_from_the_first(
    tmp_path: Path,
) -> None:
    """Both at one path; with one temporary name, size 0 was acknowledged."""
    golden = tmp_path / "golden.jsonl"
    done = subprocess.run(
        [
            sys.executable, "-S", "-W", "error", "-c", RACE,
            str(golden), str(Path(golden_rows.__file__).parent),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, left = done.stdout.split()
    assert left == "0"  # what the killed one leaves has a name of its own
    assert replay(golden, lambda _: {"by": "first"}).same
    assert told in golden.read_text("utf-8").splitlines()[0]


def test_a_full_disk_leaves_the_old_file_and_no_half_one(
    golden: Path,
) -> None:
    before = golden.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    kind = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            record(golden, half, ROWS, key="id", replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, kind)
    assert golden.read_bytes() == before
    assert list(golden.parent.iterdir()) == [golden]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("-4.0", "-4.1"),  # changed by hand
        lambda text: text[:-20],  # cut
        lambda text: text + '{"in": {"id": 9}, "out": {"y": 1}}\n',
        lambda text: text.replace('"key": "id"', '"key": "x"'),
        lambda text: text.replace('"tolerance": {}', '"tolerance": {"y": {}}'),
        lambda _: "",
        lambda text: "<<<<<<< HEAD\n" + text,
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(
    golden: Path, damage: Callable[[str], str]
) -> None:
    golden.write_text(damage(golden.read_text("utf-8")), "utf-8")
    with pytest.raises(ValueError, match="damaged or changed by hand"):
        replay(golden, half)


def test_line_ends_of_another_system_do_not_count(golden: Path) -> None:
    golden.write_bytes(golden.read_bytes().replace(b"\n", b"\r\n"))
    assert replay(golden, half).same


def test_an_existing_file_is_not_written_over_by_accident(
    golden: Path,
) -> None:
    with pytest.raises(FileExistsError, match=r"golden\.jsonl exists"):
        record(golden, half, ROWS[:1], key="id")
    assert replay(golden, half).rows == 5
    hashes = {
        record(golden, half, rows, key="id", replace=True)
        for rows in (ROWS, ROWS[:1], ROWS)
    }
    assert len(hashes) == 2


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("kind", ["link", "loose", "pipe", "folder"])
def test_what_is_no_regular_file_is_not_replaced(
    golden: Path, kind: str, replace: bool
) -> None:
    """As root, a rename would put a file in the place of a device."""
    before, path = golden.read_bytes(), golden.with_name(kind)
    make: dict[str, Callable[[], None]] = {
        "link": lambda: path.symlink_to(golden),
        "loose": lambda: path.symlink_to(golden.with_name("nowhere")),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    make[kind]()
    was = path.lstat()
    with pytest.raises(ValueError, match=f"regular file or new, got .*{kind}"):
        record(path, half, ROWS, key="id", replace=replace)
    assert (path.lstat().st_ino, path.lstat().st_mode) == (
        was.st_ino, was.st_mode,
    )  # fmt: skip
    assert golden.read_bytes() == before
    assert set(golden.parent.iterdir()) == {golden, path}


# Errors


def flaky() -> Run:
    count = iter(range(100))
    return lambda _: {"y": next(count)}


def turning() -> Run:
    turn: Iterator[int] = iter((1, -1))
    return lambda rows: rows[:: next(turn)]


@pytest.mark.parametrize(
    ("error", "message", "change"),
    [
        (ValueError, "1 row or more, got none", {"rows": []}),
        (TypeError, "row 0 must be a mapping.*got int", {"rows": [1]}),
        (TypeError, "rows must be mappings, got 7", {"rows": 7}),
        (TypeError, "row 0, column 3: .*must be text", {"rows": [{3: 1}]}),
        (TypeError, "column 'x': cannot store datetime",
         {"rows": [{"id": 1, "x": datetime(2013, 3, 10, tzinfo=UTC)}]}),
        (TypeError, "column 'x': cannot store NAType",
         {"rows": [{"id": 1, "x": pd.NA}]}),
        (TypeError, "column 'x': cannot store NaTType",
         {"rows": [{"id": 1, "x": pd.NaT}]}),
        (TypeError, "column 'x': cannot store timedelta64",
         {"rows": [{"id": 1, "x": np.timedelta64(3, "h")}]}),
        (TypeError, "column 'x': cannot store Fraction",
         {"rows": [{"id": 1, "x": Fraction(1, 3)}]}),
        (TypeError, "column 'x': cannot store complex",
         {"rows": [{"id": 1, "x": 1j}]}),
        (TypeError, "column 'x': cannot store bytes",
         {"rows": [{"id": 1, "x": b"a"}]}),
        (ValueError, r"each row must have the key 'id', got \[\"x\"\]",
         {"rows": [{"x": 1}]}),
        (TypeError, "the key 'id' of each row .*got null",
         {"rows": [{"id": None}]}),
        (TypeError, r"text or a whole number, got 1\.0",
         {"rows": [{"id": 1.0}]}),
        (TypeError, "text or a whole number, got true",
         {"rows": [{"id": True}]}),
        (ValueError, "each key must come once, got 1 twice",
         {"rows": [{"id": 1, "x": 1}, {"id": 1, "x": 2}]}),
        (TypeError, "output of 0, row 0 must be a mapping.*got float",
         {"run": lambda _: 0.5}),
        (TypeError, "output of 0, row 0, column 'y': cannot store set",
         {"run": lambda _: {"y": {1}}}),
        (ValueError, "not repeatable: 0 y was 0, is 5", {"run": flaky()}),
        (ValueError, "not repeatable: other rows, or another order",
         {"run": turning(), "batch": True}),
        (ValueError, "each key must come once, got 0 twice",
         {"run": lambda rows: [rows[0], rows[0]], "batch": True}),
        (ValueError, "each key must come once, got 1 twice",
         {"rows": [{"id": 1}, {"id": 1}], "run": lambda rows: rows[:1],
          "batch": True}),
        (ValueError, 'run made a row of its own: "a"',
         {"run": lambda _: [{"id": "a"}], "batch": True}),
        (ValueError, r"each row must have the key 'id', got \[\"y\"\]",
         {"run": lambda _: [{"y": 1}], "batch": True}),
        (TypeError, "the key 'id' of each row .*got null",
         {"run": lambda _: [{"id": None}], "batch": True}),
        (ValueError, "tolerance names 'Y', no output column",
         {"tolerance": {"Y": Tolerance()}}),
        (TypeError, "facts must be text, got 'n': 3", {"facts": {"n": 3}}),
        (FileNotFoundError, "nowhere", {"path": "nowhere/golden.jsonl"}),
    ],
)  # fmt: skip
def test_what_cannot_be_pinned_is_refused_by_name(
    tmp_path: Path,
    error: type[Exception],
    message: str,
    change: dict[str, Any],
) -> None:
    given: dict[str, Any] = {"path": "g", "run": half, "rows": ROWS, **change}
    target, run, rows = (given.pop(name) for name in ("path", "run", "rows"))
    with pytest.raises(error, match=message):
        record(tmp_path / target, run, rows, key="id", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [-1.0, NAN, INF, "1", None, True])
def test_a_tolerance_that_is_no_distance_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="absolute must be a finite number"):
        Tolerance(absolute=bad)
    with pytest.raises(ValueError, match="relative must be a finite number"):
        Tolerance(relative=bad)


@pytest.mark.parametrize(("most", "spread"), [(0, 1), (1, -1)])
def test_a_choice_of_nothing_is_refused(most: int, spread: int) -> None:
    with pytest.raises(ValueError, match=f"got {most} and {spread}"):
        choose(ROWS, most=most, spread=spread)


def test_an_error_of_a_whole_batch_is_not_an_outcome(golden: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        record(
            golden, lambda _: 1 / 0, ROWS,
            key="id", batch=True, replace=True,
        )  # fmt: skip
    assert replay(golden, half).same


# Properties

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1900-01-01", "2100-12-31T23:59:60Z", "NaN", "\ud800"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.binary() | st.datetimes()
TABLES = st.lists(
    st.dictionaries(st.sampled_from(["id", "x", "y", ""]), VALUES), max_size=5
)


@settings(max_examples=60)
@given(rows=TABLES, spread=st.integers(0, 9), most=st.integers(1, 4))
def test_whatever_comes_is_pinned_or_refused_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    spread: int,
    most: int,
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    try:
        chosen = choose(rows, most=most, spread=spread)
        record(file, dict, rows, key="id", replace=True)
    except (TypeError, ValueError) as error:
        reason = str(error)
    else:
        reason = ""
    if reason:
        assert "row" in reason or "key" in reason
        return
    assert all(row in rows or row != row for row in chosen if "nan" not in
               str(row))  # fmt: skip
    assert replay(file, dict).same
    moved = replay(file, lambda row: {**row, "new": 1})
    assert len(moved.differences) == len(rows)


@settings(max_examples=60)
@given(
    old=st.floats(allow_nan=False, width=32),
    new=st.floats(allow_nan=False, width=32),
    absolute=st.floats(0, 100, width=32),
    relative=st.floats(0, 2, width=32),
)
def test_the_tolerance_agrees_with_numpys_isclose(
    tmp_path_factory: pytest.TempPathFactory,
    old: float,
    new: float,
    absolute: float,
    relative: float,
) -> None:
    """NumPy's isclose(new, old) is |new - old| <= atol + rtol * |old|."""
    folder = tmp_path_factory.getbasetemp()
    limit = {"y": Tolerance(absolute, relative)}
    seen = played(
        folder,
        lambda _: {"y": old},
        lambda _: {"y": new},
        [{"id": 1}],
        tolerance=limit,
    )
    close = np.isclose(new, old, atol=absolute, rtol=relative, equal_nan=True)
    assert seen.same == bool(close)


# The blind spot


def test_blind_spot_what_was_wrong_is_pinned_and_what_was_not_asked_is_free(
    tmp_path: Path,
) -> None:
    """A rate in per cent that was meant as a share, and a month of winter."""

    def wrong(row: dict[str, Any]) -> dict[str, Any]:
        return {"late": 15.7 if row["month"] < 5 else 23.3}  # meant: .157

    def right(row: dict[str, Any]) -> dict[str, Any]:
        return {"late": 0.157 if row["month"] < 5 else 0.233}

    def lost(_: dict[str, Any]) -> dict[str, Any]:
        return {"late": 15.7}  # forgets the summer

    winter = [{"id": month, "month": month} for month in (1, 2, 3, 4)]
    assert not played(tmp_path, wrong, right, winter).same  # the repair fails
    assert played(tmp_path, wrong, lost, winter).same  # the loss passes
    year = [*winter, {"id": 7, "month": 7}]
    assert len(played(tmp_path, wrong, lost, year).differences) == 1
    assert math.isclose(15.7 / 100, 0.157)
