"""What the log keeps through faults and kills, and what it cannot see."""

from __future__ import annotations

import hashlib
import math
import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.flights.loader import load_day
from snippets.hardening import prediction_log
from snippets.hardening.prediction_log import (
    LogError,
    Prediction,
    PredictionLog,
    Record,
    rebuild,
)

NOW = datetime(2013, 2, 12, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = b"32 bytes or more, kept elsewhere"
NAN, INF = math.nan, math.inf
HOW: dict[str, Any] = {
    "fields": ["wind", "note"],
    "personal": ["mail"],
    "key": KEY,
    "clock": lambda: NOW,
    "durability": "process",
    "timeout": 0,
}
Open = Callable[..., PredictionLog]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Open]:
    """Open the log at `path`, with changes to HOW; close it at the end."""
    logs = []

    def start(**changes: Any) -> PredictionLog:
        logs.append(PredictionLog(path, **(HOW | changes)))
        return logs[-1]

    yield start
    for log in logs:
        log.close()


def asked(id: str = "a", **changes: Any) -> Prediction:
    """A prediction, with some inputs or attributes changed."""
    told = {"time": NOW, "model": "7", "config": "5f2c", "output": 0.31}
    told |= {key: changes.pop(key) for key in list(changes) if key in told}
    inputs = {"wind": 12.7, "mail": "ann@b.example"} | changes
    return Prediction(id=id, inputs=inputs, **told)


def ids(log: PredictionLog) -> list[str]:
    return [record.id for record in log.records()]


# What was written comes back


def test_a_prediction_comes_back_as_it_was_without_the_personal_field(
    opened: Open,
) -> None:
    log = opened()
    assert log.write(asked()) == (1,)
    record = log.read("a")
    assert record.inputs == {"wind": 12.7}
    assert (record.id, record.seq) == ("a", 1)
    assert (record.model, record.config, record.output) == ("7", "5f2c", 0.31)
    assert record.time == record.written == NOW
    assert (record.outcomes, record.conflict) == ((), False)


def test_another_process_reads_what_was_written(
    opened: Open, path: Path
) -> None:
    opened().write(asked(wind=NAN))
    with PredictionLog(path, **HOW) as again:
        assert math.isnan(again.read("a").inputs["wind"])


KEYS = st.text().filter(lambda key: key != "mail")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=8,
)
NEVER = [(1, 2), {1}, b"1", NOW, Decimal(1), 1j, 10**5000, object(), pd.NA]
NEVER += [np.float32(1), np.int64(1), np.bool_(True), np.ma.masked, pd.NaT]
NEVER += [np.array([1.0]), pd.Series([1.0]), np.ma.array([1.0]), {1: 2}]
NUMBER = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("shared") / "log.db"
    with PredictionLog(path, **HOW) as log:
        yield log


@given(value=VALUES)
def test_any_value_comes_back_to_the_last_bit_in_every_place(
    shared: PredictionLog, value: Any
) -> None:
    # repr tells -0.0 from 0.0, 1 from True, and equals itself for NaN
    id = f"v{next(NUMBER)}"
    shared.write(asked(id, wind=value, output=value))
    shared.outcome(id, value, time=NOW)
    record = shared.read(id)
    [outcome] = record.outcomes
    for back in (record.inputs["wind"], record.output, outcome.value):
        assert repr(back) == repr(value)


@given(
    value=st.sampled_from(NEVER) | st.sampled_from(NEVER).map(lambda x: [x])
)
def test_what_would_not_come_back_as_it_was_is_refused_by_name(
    shared: PredictionLog, value: Any
) -> None:
    id = f"n{next(NUMBER)}"
    with pytest.raises((TypeError, ValueError), match=r"^inputs"):
        shared.write(asked(id, wind=value))
    with pytest.raises((TypeError, ValueError), match=r"^output"):
        shared.write(asked(id, output=value))
    with pytest.raises((TypeError, ValueError), match=r"^value"):
        shared.outcome(id, value, time=NOW)
    with pytest.raises(LookupError, match=f"no record with id '{id}'"):
        shared.read(id)


ANYTHING = VALUES | st.sampled_from(NEVER)
TIMES = st.datetimes(timezones=st.none() | st.timezones())
TEXTS = st.text(max_size=5)


@given(
    st.tuples(TEXTS, TIMES, TEXTS, TEXTS) | st.tuples(*[ANYTHING] * 4),
    st.fixed_dictionaries({"wind": ANYTHING, "mail": ANYTHING}) | ANYTHING,
    ANYTHING,
)
def test_whatever_is_sent_is_stored_or_refused_with_a_documented_error(
    shared: PredictionLog, head: Any, inputs: Any, output: Any
) -> None:
    id, time, model, config = head
    sent = Prediction(id, time, model, config, inputs, output)
    documented, told = (TypeError, ValueError, LookupError), []
    try:
        shared.write(sent)
    except documented as error:
        told.append(str(error))
    else:
        back = shared.read(id)
        assert (back.time, back.model) == (time, model)
        assert repr(back.inputs) == repr({"wind": inputs["wind"]})
        assert shared.forget("mail", inputs["mail"] or "nobody") <= 1
    for call in (
        lambda: shared.outcome(id, output, time=time),
        lambda: shared.find(model, inputs),
        lambda: shared.forget("mail", output),
        lambda: shared.expire(output),
        lambda: shared.read(output),
    ):
        try:
            call()
        except documented as error:
            told.append(str(error))
    assert all(text.isprintable() for text in told)


# Every flight of the two nights on which the clock of New York jumps

RULES = {
    "7": lambda row: 0.4 if row["live_late"] > 0.2 else 0.1,  # NaN: 0.1
    "8": lambda row: min(1, row["distance"] / 5000 + row["minute"] / 3000),
}


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03"])
def test_a_whole_day_is_rebuilt_from_the_file_with_its_outcomes(
    opened: Open, date: str
) -> None:
    flights = load_day(date).flights
    n, draw = len(flights), random.Random(0)
    late = [
        (f"{date}-{row}", bool(delay > 30))
        for row, delay in enumerate(flights["arr_delay"].tolist())
        if not math.isnan(delay)
    ]
    messages = late + draw.sample(late, 200)  # at least once, in any order
    draw.shuffle(messages)
    columns = {"live_late", "distance", "minute"}
    with opened(fields=columns, personal=()) as log:
        for id, value in messages[:300]:  # some come before the prediction
            log.outcome(id, value, time=NOW)
        assert len(log.orphans()) > 200
        sent = []
        for row in range(n):
            inputs = {
                "live_late": flights["live_late"][row].item(),
                "distance": flights["distance"][row].item(),
                "minute": flights["minute_of_day"][row].item(),
            }
            version = "8" if row > n // 2 else "7"
            due = flights["time"][row].astype("M8[s]").item()
            local = due.replace(tzinfo=UTC).astimezone(
                ZoneInfo("America/New_York")
            )
            output = RULES[version](inputs)
            sent.append(
                Prediction(
                    f"{date}-{row}", local, version, "c", inputs, output
                )
            )
        log.write(*sent)
        for id, value in messages[300:]:
            log.outcome(id, value, time=NOW)
        assert log.orphans() == ()

    records = list(opened(fields=columns, personal=()).records())
    assert [r.seq for r in records] == list(range(1, n + 1))
    assert [r.time for r in records] == [p.time for p in sent]
    again = rebuild(records, lambda r: RULES[r.model](r.inputs))
    assert sum(result.same for result in again) == n
    told = {r.id: [o.value for o in r.outcomes] for r in records if r.outcomes}
    assert told == {id: [value] for id, value in late}
    assert not any(r.conflict for r in records)
    assert any(math.isnan(r.inputs["live_late"]) for r in records)


def test_half_past_one_of_the_long_night_comes_twice(opened: Open) -> None:
    # 01:30 is 05:30 UTC in summer time, and an hour later 06:30 UTC.
    log, new_york = opened(), ZoneInfo("America/New_York")
    first = datetime(2013, 11, 3, 1, 30, tzinfo=new_york)
    log.write(asked("a", time=first), asked("b", time=first.replace(fold=1)))
    times = [record.time for record in log.records()]
    assert times[0] == datetime(2013, 11, 3, 5, 30, tzinfo=UTC)
    assert times[1] - times[0] == HOUR


def test_rebuild_finds_a_replay_that_differs_and_honours_the_tolerance(
    opened: Open,
) -> None:
    log = opened()
    outputs = [0.5, NAN, INF, True, "late", [0.5, "x"], {"p": 0.5}, 10**400]
    log.write(*[asked(str(i), output=x) for i, x in enumerate(outputs)])
    records = list(log.records())
    again = rebuild(records, lambda r: r.output)
    assert all(result.same for result in again)
    near = [0.501, 0.0, -INF, 1, "Late", [0.501, "x"], {"p": 0.501}, 0.5]
    for tolerance, alike in ((0.0, []), (0.01, ["0", "5", "6"])):
        replay = rebuild(
            records, lambda r: near[int(r.id)], tolerance=tolerance
        )
        assert [result.id for result in replay if result.same] == alike
        assert [result.again for result in replay] == near


def test_a_model_that_reads_a_redacted_field_cannot_be_rebuilt(
    opened: Open,
) -> None:
    log = opened()
    log.write(asked())
    with pytest.raises(KeyError, match="mail"):
        rebuild(log.records(), lambda r: len(r.inputs["mail"]))


# At least once, and late


def test_a_repeated_prediction_is_stored_once(opened: Open) -> None:
    log = opened()
    assert log.write(asked(), asked(), asked("b")) == (1, 1, 3)
    assert log.write(asked("b"), asked()) == (3, 1)  # numbers have gaps
    assert ids(log) == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"output": 0.32}, "output"),
        ({"wind": NAN}, "inputs"),
        ({"mail": "bob@b.example"}, "personal"),
        ({"model": "8", "time": NOW + HOUR}, "time, model"),
    ],
)
def test_another_prediction_under_a_known_id_is_refused_with_its_group(
    opened: Open, change: dict[str, Any], name: str
) -> None:
    log = opened()
    log.write(asked())
    with pytest.raises(ValueError, match=f"'a' belongs .*: {name} differs"):
        log.write(asked("new"), asked(**change))
    assert ids(log) == ["a"]


def test_outcomes_late_twice_early_and_in_conflict_are_all_kept(
    opened: Open,
) -> None:
    clock = iter(NOW + n * HOUR for n in range(9))
    log = opened(clock=lambda: next(clock))
    assert log.outcome("a", 1, time=NOW + 2 * HOUR) == "first"
    log.write(asked())
    assert log.outcome("a", 1, time=NOW + 2 * HOUR) == "repeat"
    assert log.outcome("a", 1, time=NOW + HOUR) == "agrees"
    assert not log.read("a").conflict
    assert log.outcome("a", 0, time=NOW) == "conflict"
    assert log.outcome("a", 1, time=NOW + 2 * HOUR) == "repeat"
    record = log.read("a")
    assert [(o.value, o.time - NOW) for o in record.outcomes] == [
        (1, 2 * HOUR),
        (1, HOUR),
        (0, 0 * HOUR),
    ]
    assert [(o.written - NOW) / HOUR for o in record.outcomes] == [0, 3, 4]
    assert record.conflict


@given(st.lists(st.sampled_from([0, 1, 1.0, True, NAN]), max_size=8))
def test_the_order_of_messages_changes_neither_what_is_known_nor_conflict(
    shared: PredictionLog, values: list[Any]
) -> None:
    known = []
    for order in (values, values[::-1], values + values):
        id = f"o{next(NUMBER)}"
        shared.write(asked(id))
        for value in order:
            shared.outcome(id, value, time=NOW)
        record = shared.read(id)
        known.append({repr(outcome.value) for outcome in record.outcomes})
        assert record.conflict == (len(known[-1]) > 1)
        assert len(record.outcomes) == len(known[-1])
    assert known[0] == known[1] == known[2]


# Clocks


def test_a_clock_that_jumps_neither_loses_nor_reorders_a_record(
    opened: Open,
) -> None:
    wrong = [NOW, NOW - HOUR, NOW.replace(year=1900), NOW.replace(year=2100)]
    clock = iter([*wrong, NOW])
    log = opened(clock=lambda: next(clock))
    for id in "abcde":
        log.write(asked(id))
    assert ids(log) == list("abcde")
    assert [record.written for record in log.records()] == [*wrong, NOW]
    # written in 1900, asked for today: not old yet
    assert log.expire(NOW) == 0
    assert log.expire(NOW + HOUR) == 4
    assert ids(log) == ["d"]


def test_any_aware_time_from_1900_to_2100_comes_back_in_utc(
    opened: Open,
) -> None:
    log, tokyo = opened(), timezone(9 * HOUR)
    for year in (1900, 1969, 2013, 2100):
        time = datetime(year, 1, 1, 5, 0, 0, 1, tzinfo=tokyo)
        log.write(asked(str(year), time=time))
        back = log.read(str(year)).time
        assert back == time
        assert back.utcoffset() == timedelta(0)


# Personal fields


def test_the_token_is_the_keyed_hash_of_rfc_2104(opened: Open) -> None:
    # Worked out with SHA-256 alone: H(K ^ opad, H(K ^ ipad, text))
    pad = KEY.ljust(64, b"\0")
    outer, inner = (bytes(b ^ x for b in pad) for x in (0x5C, 0x36))
    text = b"mail\0ann@b.example"
    hashed = hashlib.sha256(inner + text).digest()
    token = hashlib.sha256(outer + hashed).hexdigest()[:32]
    nothing = hashlib.sha256(inner).digest()  # the mark of the key
    token = hashlib.sha256(outer + nothing).hexdigest()[:8] + token
    log = opened()
    log.write(asked())
    assert log.read("a").personal == {"mail": token}


def test_a_person_is_found_and_leaves_no_byte_in_any_file(
    opened: Open, path: Path
) -> None:
    log = opened()
    for n in range(300):
        who = f"p{n % 3}@b.example"
        log.write(asked(f"{who}-{n}", mail=who, note=f"secret {n % 3}"))
        log.outcome(f"{who}-{n}", f"fate {n % 3}", time=NOW)

    def stored() -> bytes:
        return b"".join(f.read_bytes() for f in path.parent.iterdir())

    assert b"p1@b.example" in stored()  # in the ids, which we chose badly
    found = log.find("mail", "p1@b.example")
    assert found == tuple(f"p1@b.example-{n}" for n in range(1, 300, 3))
    assert log.forget("mail", "p1@b.example") == 100
    assert log.find("mail", "p1@b.example") == ()
    left = stored()
    for gone in (b"p1@b.example", b"secret 1", b"fate 1"):
        assert gone not in left
    assert left.count(b"secret 2") == 100
    assert log.forget("mail", "p1@b.example") == 0


def test_the_value_of_a_personal_field_is_in_no_file_and_no_message(
    opened: Open, path: Path
) -> None:
    log = opened()
    log.write(asked())
    for files in path.parent.iterdir():
        assert b"ann@b" not in files.read_bytes()
    for wrong in ({"mail": ["ann@b.example"]}, {"bad\nname": "ann@b.example"}):
        with pytest.raises((TypeError, ValueError)) as refused:
            log.write(asked("b", **wrong))
        assert "ann@b" not in str(refused.value)


def test_nobody_is_none_and_is_not_found(opened: Open) -> None:
    log = opened()
    log.write(asked(mail=None), asked("b", mail=7))
    assert log.read("a").personal == {}
    assert log.find("mail", "7") == log.find("mail", 7) == ("b",)


def test_who_holds_the_key_and_a_list_of_names_reads_the_tokens(
    opened: Open,
) -> None:
    log = opened()
    log.write(asked())
    names = [f"{name}@b.example" for name in ("bob", "ann", "cid")]
    assert [n for n in names if log.find("mail", n)] == ["ann@b.example"]


def test_a_search_with_a_key_missing_is_an_error_and_none_looks_done(
    opened: Open,
) -> None:
    ann, other = ("mail", "ann@b.example"), opened(key=KEY[::-1])
    assert (other.find(*ann), other.forget(*ann)) == ((), 0)  # nothing yet
    log = opened()
    log.write(asked("nobody", mail=None))
    assert other.forget(*ann) == 0
    log.write(asked(), asked("bob", mail="bob@b.example"))
    with pytest.raises(LogError, match="hashed with another key, marked"):
        other.find(*ann)
    with pytest.raises(LogError, match=r": 0 records deleted, but some"):
        other.forget(*ann)
    other.write(asked("b"))  # the key was changed
    with pytest.raises(LogError, match=r": 1 records deleted, but some"):
        other.forget(*ann)
    assert ids(log) == ["nobody", "a", "bob"]
    other.write(asked("c"))
    both = opened(key=KEY[::-1], old_keys=[KEY])
    assert both.find(*ann) == ("a", "c")
    assert both.forget(*ann) == 2
    assert both.forget("mail", "bob@b.example") == 1
    assert other.find(*ann) == ()  # no record of the old key is left


def test_a_reader_that_keeps_old_pages_is_told_and_no_deletion_is_lost(
    opened: Open, path: Path
) -> None:
    log = opened()
    log.write(asked(note="secret"))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM prediction").fetchall()
    with pytest.raises(LogError, match="1 records deleted, but a reader"):
        log.forget("mail", "ann@b.example")
    assert ids(log) == []
    reader.close()
    assert log.forget("mail", "ann@b.example") == 0
    for file in path.parent.iterdir():
        assert b"secret" not in file.read_bytes()


def test_expiry_takes_what_is_old_in_pages_and_no_number_is_used_again(
    opened: Open,
) -> None:
    clock = [NOW]
    log = opened(clock=lambda: clock[0])
    log.write(*[asked(str(n)) for n in range(2500)])
    log.outcome("7", 1, time=NOW)
    for id in ("never logged", "nor this"):
        log.outcome(id, 1, time=NOW)
    clock[0] += HOUR
    log.write(asked("young", time=NOW + HOUR), asked("late"))
    assert log.orphans() == ("never logged", "nor this")
    assert [record.id for record in log.records(after=2400)] == [
        *map(str, range(2400, 2500)),
        "young",
        "late",
    ]
    assert len(ids(log)) == 2502
    assert log.expire(NOW + HOUR) == 2500
    assert ids(log) == ["young", "late"]
    assert log.orphans() == ()
    assert log.expire(NOW + 2 * HOUR) == 2
    assert log.write(asked("7")) == (2503,)
    assert log.read("7").outcomes == ()


# Faults that really happen

KILLER = """
import os, random, signal, sqlite3, sys
from datetime import UTC, datetime
from itertools import count
sys.path.insert(0, sys.argv[2])
from prediction_log import Prediction, PredictionLog

NOW, path = datetime(2013, 2, 12, 9, tzinfo=UTC), sys.argv[1]
HOW = {"fields": ["x"], "personal": ["who"], "key": b"k" * 32}
HOW |= {"clock": lambda: NOW}
draw, acknowledged, last = random.Random(7), 0, 0


def child(turn, pipe):
    level = "power" if turn % 10 == 0 else "process"
    log = PredictionLog(path, durability=level, **HOW)
    for n in count():
        names = [f"{turn}-{n}-{i}" for i in range(3)]
        log.write(*[Prediction(i, NOW, "7", "c", {"x": [n] * 50, "who": turn},
                               n) for i in names])
        log.outcome(names[0], n, time=NOW)
        os.write(pipe, b"%d\\n" % n)


for turn in range(100):
    out, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        child(turn, told)
    os.close(told)
    with os.fdopen(out, "rb") as acks:
        groups = [acks.readline() for _ in range(draw.randrange(8))]
        for _ in range(draw.randrange(4000)):
            pass  # somewhere in the middle of a write
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        groups += acks.read().splitlines()
    with PredictionLog(path, durability="process", **HOW) as log:
        found = list(log.records(after=last))
    names = [record.id for record in found]
    whole = len(names) // 3
    assert len(names) == whole * 3, "half a group"
    assert names == [f"{turn}-{n}-{i}" for n in range(whole)
                     for i in range(3)], "lost or out of order"
    assert whole >= len(groups), "an acknowledged group is lost"
    late = [r.outcomes[0].value for r in found if r.outcomes]
    assert late[:len(groups)] == list(range(len(groups))), "lost outcome"
    acknowledged += len(groups)
    last = found[-1].seq if found else last
db = sqlite3.connect(path)
assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
db.close()
print(acknowledged)
"""


def run(script: str, *arguments: object) -> str:
    """What a script prints in a process of its own that succeeds."""
    folder = Path(prediction_log.__file__).parent
    command = [sys.executable, "-S", "-W", "error", "-c", script]
    done = subprocess.run(
        [*command, *map(str, arguments), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_hundred_kills_lose_nothing_that_was_acknowledged(
    path: Path,
) -> None:
    assert int(run(KILLER, path)) > 100  # groups acknowledged, and all found


FORK = """
import os, sys
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[2])
from prediction_log import LogError, PredictionLog

log = PredictionLog(sys.argv[1], fields=["x"], durability="process",
                    clock=lambda: datetime(2013, 2, 12, tzinfo=UTC))
pid = os.fork()
try:
    log.write()
except LogError as error:
    assert pid == 0
    print(error)
sys.stdout.flush()
os._exit(os.waitpid(pid, 0)[1] if pid else 0)
"""


def test_a_log_opened_before_a_fork_is_refused_in_the_child(
    path: Path,
) -> None:
    assert run(FORK, path) == f"{path} was opened before a fork\n"


def test_a_full_disk_is_an_error_and_the_log_goes_on_afterwards(
    opened: Open,
) -> None:
    log, stored = opened(), []

    def fill() -> None:
        for n in range(1000):
            log.write(asked(str(n), note="x" * 1000))
            stored.append(str(n))

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        with pytest.raises(LogError, match="SQLITE_IOERR_WRITE, disk I/O"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 10 < len(stored) < 1000
    assert ids(log) == stored
    log.write(asked("after"))
    log.close()
    assert ids(opened()) == [*stored, "after"]


def test_a_busy_file_is_an_error_for_writers_and_none_for_readers(
    opened: Open, path: Path
) -> None:
    log = opened()
    log.write(asked())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for call in (
        lambda: log.write(asked("b")),
        lambda: log.outcome("a", 1, time=NOW),
        lambda: log.expire(NOW),
        lambda: log.forget("mail", "ann@b.example"),
    ):
        with pytest.raises(LogError, match="SQLITE_BUSY, database is locked"):
            call()
    assert log.read("a").outcomes == ()
    other.close()
    assert log.write(asked("b")) == (2,)


@pytest.mark.parametrize("how", ["unlink", "rotate", "copytruncate", "wal"])
def test_a_write_to_a_file_that_was_taken_away_is_not_acknowledged(
    opened: Open, path: Path, how: str
) -> None:
    log = opened(durability="power")
    log.write(asked())
    if how == "rotate":
        path.rename(f"{path}.1")
        path.touch()
    elif how == "copytruncate":
        path.write_bytes(b"")
    else:
        Path(f"{path}-wal" if how == "wal" else path).unlink()
    for call in (
        lambda: log.write(asked("b")),
        lambda: log.outcome("a", 1, time=NOW),
        lambda: log.forget("mail", "ann@b.example"),
        lambda: log.read("a"),
    ):
        with pytest.raises(LogError, match=r"was moved|FileNotFoundError"):
            call()


def test_a_file_taken_away_during_a_write_is_noticed_before_the_answer(
    opened: Open, path: Path
) -> None:
    log = opened()
    with (
        pytest.raises(LogError, match="FileNotFoundError"),
        log._transaction(),
    ):
        path.unlink()


def test_a_second_log_in_a_process_leaves_the_locks_of_the_first(
    opened: Open, path: Path
) -> None:
    # POSIX ends all locks of a process on a file when it closes the file
    log = opened()
    log.write(asked())
    opened()
    run(
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
        "db.execute('SELECT * FROM prediction').fetchall(); db.close()",
        path,
    )
    assert Path(f"{path}-wal").exists()  # the last one to close deletes it


def test_a_thread_waits_no_longer_than_the_timeout_for_all_before_it(
    opened: Open,
) -> None:
    log, waited = opened(timeout=2.5), []

    class Held:
        def acquire(self, timeout: float) -> bool:
            waited.append(timeout)
            return False

    log._lock, real = Held(), log._lock  # type: ignore[assignment]
    with pytest.raises(LogError, match=r"held the log for longer than 2.5 s"):
        log.write(asked())
    log._lock = real
    assert waited == [2.5]
    assert log.write(asked()) == (1,)


def test_threads_share_a_log(opened: Open) -> None:
    log = opened(timeout=60)

    def work(name: int) -> None:
        for n in range(25):
            log.write(asked(f"{name}-{n}"))
            log.outcome(f"{name}-{n}", n, time=NOW)

    threads = [Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = list(log.records())
    assert [record.seq for record in records] == list(range(1, 201))
    for name in range(8):
        mine = [r for r in records if r.id.startswith(f"{name}-")]
        assert [r.outcomes[0].value for r in mine] == list(range(25))


@pytest.mark.parametrize(
    ("durability", "level"), [("process", 1), ("power", 2)]
)
def test_the_settings_are_the_ones_that_the_page_names(
    opened: Open, path: Path, durability: str, level: int
) -> None:
    log = opened(durability=durability)
    for name, value in (
        ("journal_mode", "wal"),
        ("synchronous", level),  # 1 is NORMAL, 2 is FULL
        ("secure_delete", 1),
        ("fullfsync", 1),
        ("wal_autocheckpoint", 4000),
    ):
        assert log._db.execute(f"PRAGMA {name}").fetchone() == (value,)
    assert path.stat().st_mode & 0o777 == 0o600


def other_application(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE prediction (id)")
    db.close()


def newer_schema(path: Path) -> None:
    PredictionLog(path, **HOW).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 3")
    db.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "SQLITE_CANTOPEN, unable to open"),
        (lambda p: p.symlink_to("/dev/full"), "SQLITE_FULL, .* disk is full"),
        (lambda p: p.symlink_to("missing/log.db"), "FileNotFoundError"),
        (lambda p: p.write_text("id,output\n" * 99), "NOTADB, file is not a"),
        (other_application, "log.db is not a prediction log"),
        (newer_schema, "has schema version 3, and this code reads 2"),
    ],
)
def test_a_file_that_is_no_log_is_refused_and_left_alone(
    opened: Open, path: Path, make: Callable[[Path], Any], message: str
) -> None:
    make(path)
    before = path.read_bytes() if path.resolve().is_file() else b""
    with pytest.raises(LogError, match=message):
        opened()
    after = path.read_bytes() if path.resolve().is_file() else b""
    assert before == after


def test_a_closed_or_a_damaged_log_says_so(opened: Open, path: Path) -> None:
    log = opened()
    log.write(*[asked(str(n)) for n in range(500)])
    log.close()
    with pytest.raises(LogError, match="Cannot operate on a closed database"):
        log.read("a")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(LogError, match="SQLITE_CORRUPT"):
        ids(opened())


# Hard strings

FORGED = [
    "'); DROP TABLE prediction; --",
    '"} {"id": "b"',
    "x\n2013-02-12 09:00:00 INFO nothing happened",
    "\x1b[2J\x00\u2028\u202e",
    "\ud800",
    "%s {0} $(id)",
    "",
]


@pytest.mark.parametrize("text", FORGED)
def test_a_forged_string_is_only_a_string_and_one_line_in_the_file(
    opened: Open, path: Path, text: str
) -> None:
    log = opened(fields=["wind", "note"])
    nested = {text: [text]}
    log.write(asked(wind=text, note=nested, output=nested, mail=f"x{text}"))
    assert log.outcome("a", nested, time=NOW) == "first"
    record = log.read("a")
    assert record.inputs == {"wind": text, "note": nested}
    assert record.output == record.outcomes[0].value == nested
    assert log.find("mail", f"x{text}") == ("a",)
    with sqlite3.connect(path) as db:
        for row in db.execute("SELECT * FROM prediction"):
            assert all(str(cell).isprintable() for cell in row)
            assert all(str(cell).isascii() for cell in row)
    db.close()


@pytest.mark.parametrize("text", FORGED)
def test_an_id_or_a_version_is_one_printable_line_or_is_refused(
    opened: Open, text: str
) -> None:
    log = opened()
    if text and text.isprintable():
        log.write(asked(text, model=text, config=text))
        assert log.read(text).model == text
        assert ids(log) == [text]
        return
    for name in ("id", "model", "config"):
        sent = {"id": "a"} | {name: text}
        with pytest.raises(ValueError, match=f"^{name} must be") as refused:
            log.write(asked(**sent))
        assert str(refused.value).isprintable()


# Errors


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sky": 1}, ValueError, "inputs must be declared, got 'sky'"),
        ({"wind": {"mail": "x"}}, ValueError, "inputs.'wind'. must not hold"),
        ({"output": {"mail": "x"}}, ValueError, "output must not hold mail"),
        ({"mail": ""}, ValueError, "mail must not be empty; None means"),
        ({"mail": 1.5}, TypeError, "mail must be text or an integer, got"),
        ({"mail": True}, TypeError, "text or an integer, got builtins.bool"),
        ({"wind": (1,)}, TypeError, "got builtins.tuple"),
        ({"wind": np.float32(1)}, TypeError, "got numpy.float32"),
        ({"wind": {1: 1}}, TypeError, "must have str keys, got builtins.int"),
        ({"wind": [[{1}]]}, TypeError, r"inputs\['wind'\]\[0\]\[0\] must be"),
        ({"wind": 10**5000}, ValueError, "inputs cannot be stored: Exceeds"),
        ({"id": 7}, TypeError, "id must be text, got builtins.int"),
        ({"id": "x" * 201}, ValueError, "id must be 1 to 200 printable"),
        ({"model": None}, TypeError, "model must be text"),
        ({"config": ""}, ValueError, "config must be 1 to 200 printable"),
        ({"time": "2013"}, TypeError, "time must be a datetime, got builtins"),
        ({"time": pd.NaT}, ValueError, "time must have a time zone, got 'NaT"),
        ({"time": datetime(2013, 2, 12)}, ValueError, "got '2013-02-12 00:0"),
        (
            {"time": datetime.min.replace(tzinfo=timezone(HOUR))},
            ValueError,
            "time must lie in the years 1 to 9999",
        ),
    ],
)
def test_a_prediction_that_cannot_be_kept_is_refused_whole(
    opened: Open, change: dict[str, Any], error: type, message: str
) -> None:
    log = opened()
    with pytest.raises(error, match=message):
        log.write(asked("first"), asked(**change))
    assert ids(log) == []


def test_what_is_no_prediction_is_refused_by_its_type(opened: Open) -> None:
    log = opened()
    with pytest.raises(TypeError, match="write takes a Prediction, got"):
        log.write({"id": "a"})  # type: ignore[arg-type]
    for inputs in (None, [1.0], pd.Series({"wind": 1.0})):
        wrong = Prediction("a", NOW, "7", "c", inputs, 1)  # type: ignore
        with pytest.raises(TypeError, match="inputs must be a mapping, got"):
            log.write(wrong)
    nobody = Prediction("a", NOW, "7", "c", {"wind": 1.0}, 1)
    with pytest.raises(ValueError, match="inputs lack personal field mail"):
        log.write(nobody)
    deep: Any = 1
    for _ in range(21):
        deep = [deep]
    log.write(asked("x" * 200, wind=deep[0], output=deep))
    deep = [deep]
    with pytest.raises(ValueError, match="nested deeper than 20 levels"):
        log.write(asked(wind=deep))
    with pytest.raises(ValueError, match="'wind' is not a personal field"):
        log.find("wind", 12)
    with pytest.raises(ValueError, match="after must be an integer, got 'a'"):
        next(log.records(after="a"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fields": "wind"}, "must be lists of names, got 'wind'"),
        ({"personal": "mail"}, "must be lists of names, got 'mail'"),
        ({"fields": [], "personal": []}, "must be one or more, each named"),
        ({"fields": ["mail"]}, r"once, got \['mail', 'mail'\]"),
        ({"fields": ["a\nb"]}, r"field must be 1 to 200 .* got 'a\\nb'"),
        ({"key": KEY[:31]}, "key must be 32 or more bytes, and is not shown"),
        ({"key": "k" * 32}, "key must be 32 or more bytes"),
        ({"old_keys": KEY}, "key must be 32 or more bytes"),
        ({"durability": "full"}, "'process' or 'power', got 'full'"),
        ({"timeout": -1}, "timeout must be 0 to 3600, got -1"),
        ({"timeout": NAN}, "timeout must be 0 to 3600, got nan"),
    ],
)
def test_a_log_that_contradicts_itself_is_refused_before_a_file_exists(
    opened: Open, path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        opened(**change)
    assert not path.exists()


def test_a_clock_without_a_zone_stores_nothing(opened: Open) -> None:
    log = opened(clock=lambda: datetime(2013, 2, 12))
    with pytest.raises(ValueError, match=r"clock\(\) must have a time zone"):
        log.write(asked())
    assert ids(log) == []


@pytest.mark.parametrize("tolerance", [-0.1, NAN, INF, "1", None])
def test_a_tolerance_is_a_number_of_0_or_more(tolerance: Any) -> None:
    with pytest.raises(ValueError, match="tolerance must be 0 or more"):
        rebuild([], lambda _: 0.0, tolerance=tolerance)


def test_a_replay_that_gives_no_output_is_refused_by_its_type() -> None:
    record = Record("a", NOW, "7", "c", {}, 0.5, 1, NOW, {}, (), False)
    with pytest.raises(TypeError, match=r"^output of predict .*float32"):
        rebuild([record], lambda _: np.float32(0.5))


# The blind spots


def test_blind_spot_the_wrong_version_is_seen_only_where_answers_differ(
    opened: Open,
) -> None:
    # Version 8 answered, the caller wrote 7. Below 20 mph both say 0.1.
    rules = {"7": lambda _: 0.1, "8": lambda x: 0.4 if x > 20 else 0.1}
    log = opened()
    for n, wind in enumerate((5.0, 12.0, 30.0)):
        log.write(asked(str(n), wind=wind, output=rules["8"](wind)))
    again = rebuild(log.records(), lambda r: rules[r.model](r.inputs["wind"]))
    assert [result.same for result in again] == [True, True, False]


def test_blind_spot_a_name_in_free_text_stays_after_the_person_is_forgotten(
    opened: Open, path: Path
) -> None:
    log = opened()
    log.write(asked(), asked("b", mail="bob@b.example", note="Ann says hi"))
    assert log.forget("mail", "ann@b.example") == 1
    assert log.read("b").inputs["note"] == "Ann says hi"
    assert b"Ann says hi" in path.read_bytes()
