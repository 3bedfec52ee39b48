"""What the switch promises when everything else is going wrong."""

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openfeature import api
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import AbstractProvider, Metadata

from snippets.hardening import kill_switch
from snippets.hardening.kill_switch import KillSwitch, State

NOON = datetime(2013, 6, 3, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def new_switch(folder, notify=str, name="model", **more):
    """A file with one switch, off as every new one is."""
    switch = KillSwitch(folder / "switches.db", notify, **more)
    switch.create()
    switch.add(name, owner="mo", who="ana", why="first release", now=NOON)
    return switch


def turn_on(switch, name="model", now=NOON):
    return switch.turn(name, "on", who="ana", why="rows agree", now=now)


def turn_off(switch, name="model", now=NOON, why="stuck", review_in=DAY):
    return switch.turn(
        name, "off", who="kim", why=why, now=now, review_in=review_in
    )


@pytest.fixture
def switch(tmp_path):
    return new_switch(tmp_path)


# On, off, and who says so


def test_a_new_switch_is_off_until_somebody_turns_it_on(switch):
    state = switch.read("model", now=NOON)
    assert (state.on, state.alarm) == (False, "")
    turn_on(switch)
    assert switch.read("model", now=NOON).on
    turn_off(switch)
    assert not switch.read("model", now=NOON).on


def test_each_change_keeps_who_when_why_from_to_owner_and_review(switch):
    turn_on(switch)
    turn_off(switch, now=NOON + HOUR, why="feed\nstands  still")
    new, on, off = switch.history()
    assert (new.before, new.after) == ("new", "off")
    assert (on.before, on.after, on.review_by) == ("off", "on", None)
    assert (off.before, off.after, off.seq) == ("on", "off", 3)
    assert (off.who, off.why) == ("kim", "feed stands still")
    assert (off.owner, off.at) == ("mo", NOON + HOUR)
    assert off.review_by == NOON + HOUR + DAY
    assert str(off) == (
        "2013-06-03 17:00Z model on -> off by kim: feed stands still "
        "(owner mo, review by 2013-06-04 17:00Z)"
    )


def test_switches_of_one_file_do_not_touch_each_other(switch):
    switch.add("other", owner="li", who="ana", why="second", now=NOON)
    turn_on(switch, "other")
    assert not switch.read("model", now=NOON).on
    assert switch.read("other", now=NOON).on


def test_the_owner_may_change_and_stays_otherwise(switch):
    handed = switch.turn(
        "model", "on", who="ana", why="mo left", now=NOON, owner="li"
    )
    assert handed.owner == "li"
    assert turn_off(switch).owner == "li"


def test_a_second_off_at_night_is_stored_and_renews_the_review(switch):
    turn_off(switch)
    again = turn_off(switch, now=NOON + HOUR, why="still stuck")
    assert (again.before, again.after) == ("off", "off")
    assert again.review_by == NOON + HOUR + DAY


def test_two_objects_of_one_file_agree_at_once(switch):
    other = KillSwitch(switch.path, notify=str)
    turn_on(other)
    assert switch.read("model", now=NOON).on


# The review: it alarms, and never switches


def test_past_its_review_a_switch_stays_off_and_alarms(switch):
    turn_off(switch)
    assert switch.read("model", now=NOON + DAY - HOUR / 60).alarm == ""
    for late in DAY, 30 * DAY:
        state = switch.read("model", now=NOON + late)
        assert not state.on
        assert state.alarm.startswith("still off, review was due: ")
        assert "owner mo" in state.alarm


def test_renewing_the_review_ends_the_alarm(switch):
    turn_off(switch)
    turn_off(switch, now=NOON + 2 * DAY)
    assert switch.read("model", now=NOON + 2 * DAY).alarm == ""


def test_an_on_switch_never_expires(switch):
    turn_on(switch)
    assert switch.read("model", now=NOON + 4000 * DAY).alarm == ""


def test_a_review_is_the_same_length_on_the_night_the_clock_changes(switch):
    # 03:30 standard time, four hours after 00:30 summer time, wall says 3.
    new_york = ZoneInfo("America/New_York")
    off = datetime(2013, 11, 3, 0, 30, tzinfo=new_york)
    turn_off(switch, now=off, review_in=4 * HOUR)
    wall = datetime(2013, 11, 3, 3, 29, tzinfo=new_york)
    assert switch.read("model", now=wall).alarm == ""
    assert switch.read("model", now=wall + HOUR / 60).alarm != ""


# A name is used once, for ever


def test_a_retired_name_is_refused_for_ever_and_alarms_if_asked(switch):
    turn_on(switch)
    switch.turn("model", "retired", who="ana", why="replaced", now=NOON)
    with pytest.raises(ValueError, match="must never have been used"):
        switch.add("model", owner="li", who="li", why="reuse", now=NOON)
    with pytest.raises(ValueError, match="must not be retired"):
        turn_on(switch)
    state = switch.read("model", now=NOON)
    assert not state.on
    assert state.alarm == "model is retired, and code still asks it"


def test_two_writers_cannot_both_register_one_name(switch):
    # Eight threads, each with its own connection, meet at a barrier.
    barrier, got = threading.Barrier(8), []

    def register(i):
        barrier.wait()
        mine = KillSwitch(switch.path, notify=str, wait=10)
        try:
            mine.add("taken", owner=f"o{i}", who="w", why="race", now=NOON)
            got.append("added")
        except ValueError as error:
            got.append(str(error)[:32])

    threads = [threading.Thread(target=register, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["added"] + 7 * ["name must never have been used, "]
    assert [c.name for c in switch.history()].count("taken") == 1


def test_writers_at_the_same_time_lose_nothing_and_keep_one_order(switch):
    def flip(i):
        mine = KillSwitch(switch.path, notify=str, wait=30)
        for _ in range(5):
            turn_off(mine, why=f"writer {i}")

    threads = [threading.Thread(target=flip, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    past = switch.history()
    assert [c.seq for c in past] == list(range(1, 22))
    assert {c.notice for c in past} == {"sent"}
    assert {a.after for a in past[:-1]} == {b.before for b in past[1:]}


# The notice


def test_the_notice_gets_the_stored_change(tmp_path):
    told = []
    switch = new_switch(tmp_path, notify=told.append)
    made = turn_off(switch)
    assert (told[-1].after, told[-1].why) == ("off", "stuck")
    assert made.notice == switch.history()[-1].notice == "sent"


def test_a_failing_notice_is_recorded_and_shown_and_the_switch_works(
    tmp_path,
):
    def broken(change):
        raise TimeoutError(f"pager\n\x1b[2J down for {change.name}")

    switch = new_switch(tmp_path, notify=broken)
    made = turn_on(switch)
    state = switch.read("model", now=NOON)
    assert state.on
    assert "TimeoutError" in made.notice
    assert state.alarm.startswith("notice failed: TimeoutError(")
    assert state.alarm.isprintable()
    assert switch.history()[-1].notice == made.notice
    well = KillSwitch(switch.path, notify=str)
    turn_off(well)
    assert well.read("model", now=NOON).alarm == ""


def test_a_notice_nobody_confirmed_alarms(switch):
    def interrupted(change):
        raise KeyboardInterrupt(change.name)  # the process has to go

    cut = KillSwitch(switch.path, notify=interrupted)
    with pytest.raises(KeyboardInterrupt):
        turn_on(cut)
    state = switch.read("model", now=NOON)
    assert state.on
    assert state.alarm.startswith("notice not confirmed: ")


def test_a_notice_whose_result_cannot_be_stored_still_comes_back(tmp_path):
    def moves_the_file(change):
        if change.after == "on":
            change_path = tmp_path / "switches.db"
            change_path.rename(tmp_path / "elsewhere.db")

    switch = new_switch(tmp_path, notify=moves_the_file)
    made = turn_on(switch)
    assert made.notice == "sent, not recorded: unable to open database file"


# The clock


def test_a_clock_that_went_back_is_recorded_in_order_and_alarms(switch):
    turn_on(switch)
    turn_off(switch, now=NOON - 400 * DAY)
    past = switch.history()
    assert [c.after for c in past] == ["off", "on", "off"]
    assert past[-1].at < past[-2].at
    assert not switch.read("model", now=NOON - 400 * DAY).on
    turn_on(switch)
    early = switch.read("model", now=NOON - HOUR)
    assert early.on
    assert early.alarm.startswith("the clock says 2013-06-03 15:00Z, before")


# The file: trouble is off, loud, and named


def damage(path, how):
    if how == "gone":
        path.unlink()
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("on, on, on\n" * 1000)
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:6000])
    elif how == "another database":
        path.unlink()
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE change (name)")
        db.close()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("gone", "unable to open database file"),
        ("a folder", "unable to open database file"),
        ("empty", "no such table: change"),
        ("text", "file is not a database"),
        ("cut", "malformed"),
        ("another database", "no such table: notice"),
    ],
)
def test_a_file_that_cannot_be_trusted_reads_as_off_and_is_named(
    switch, how, says
):
    turn_on(switch)
    damage(switch.path, how)
    state = switch.read("model", now=NOON)
    assert not state.on
    assert state.change is None
    assert state.alarm.startswith(f"{switch.path}: ")
    for action in switch.history, lambda: turn_on(switch):
        with pytest.raises(OSError, match=says) as caught:
            action()
        assert str(switch.path) in str(caught.value)


def test_moving_the_file_away_turns_every_switch_off_at_once(switch):
    turn_on(switch)
    switch.path.rename(switch.path.with_suffix(".moved"))
    assert not switch.read("model", now=NOON).on


def test_an_unknown_name_is_off_with_an_alarm(switch):
    state = switch.read("mode1", now=NOON)
    assert (state.on, state.change) == (False, None)
    assert state.alarm == f"{switch.path}: no switch mode1"


def test_create_never_replaces_a_file(switch):
    with pytest.raises(FileExistsError):
        switch.create()
    assert len(switch.history()) == 1


def test_a_missing_file_is_never_made_by_reading_or_switching(tmp_path):
    switch = KillSwitch(tmp_path / "none.db", notify=str)
    assert not switch.read("model", now=NOON).on
    with pytest.raises(OSError, match="not switched"):
        turn_on(switch)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_somebody_holds_reads_as_off_after_the_wait(switch):
    turn_on(switch)
    holder = sqlite3.connect(switch.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    hasty = KillSwitch(switch.path, notify=str, wait=0)
    assert "locked" in hasty.read("model", now=NOON).alarm
    assert not hasty.read("model", now=NOON).on
    with pytest.raises(OSError, match="not switched: database is locked"):
        turn_off(hasty)
    holder.close()
    assert hasty.read("model", now=NOON).on


READER = """
    import sqlite3, sys
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    db.execute("BEGIN")
    db.execute("SELECT * FROM change").fetchall()
    print("reading", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stopped_reader(switch):
    """A process that was stopped in the middle of reading the file."""
    turn_on(switch)
    code = textwrap.dedent(READER)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, switch.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        try:
            assert reader.stdout.readline() == b"reading\n"
            reader.send_signal(signal.SIGSTOP)
            yield reader
        finally:
            reader.kill()


@pytest.mark.usefixtures("stopped_reader")
def test_a_stopped_reader_keeps_changes_out_and_the_error_says_what_stops(
    switch,
):
    hasty = KillSwitch(switch.path, notify=str, wait=0)
    with pytest.raises(OSError, match="locked; move the file away to stop"):
        turn_off(hasty)
    with pytest.raises(OSError, match="locked; move the file away to stop"):
        hasty.turn("model", "retired", who="kim", why="gone", now=NOON)
    for start in (
        lambda: turn_on(hasty),
        lambda: hasty.add("b2", owner="mo", who="kim", why="new", now=NOON),
    ):
        with pytest.raises(OSError, match=r"not switched: .* locked$"):
            start()
    assert hasty.read("model", now=NOON).on
    assert len(hasty.history()) == 2


def test_moving_the_file_stops_the_model_though_a_stopped_reader_holds_it(
    switch, stopped_reader
):
    away = switch.path.rename(switch.path.with_suffix(".away"))
    state = switch.read("model", now=NOON)
    assert (state.on, state.change) == (False, None)
    assert state.alarm == f"{switch.path}: unable to open database file"
    # Moved back as it is, it would be on again: end the reader, turn it off
    # where it lies, and move it back then.
    moved = KillSwitch(away, notify=str, wait=0)
    assert moved.read("model", now=NOON).on
    stopped_reader.kill()
    stopped_reader.wait()
    turn_off(moved)
    away.rename(switch.path)
    state = switch.read("model", now=NOON)
    assert (state.on, state.alarm, state.change.who) == (False, "", "kim")


def test_the_record_refuses_to_be_edited_in_place(switch):
    db = sqlite3.connect(switch.path)
    for statement in (
        "UPDATE change SET who = 'somebody else'",
        "DELETE FROM change",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="is never"):
            db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET why = 'never mind' WHERE seq = 2",
        "UPDATE change SET after = 'on' WHERE seq = 3",
        "UPDATE change SET name = 'other' WHERE seq = 3",
        "DELETE FROM change WHERE seq = 2",
        "DELETE FROM change WHERE seq = 3",
        "DELETE FROM change",
        "UPDATE change SET seq = 9 WHERE seq = 3",
        "UPDATE change SET at = x'00' WHERE seq = 1",
    ],
)
def test_a_record_edited_behind_its_back_is_not_trusted(switch, statement):
    turn_on(switch)
    turn_off(switch)
    db = sqlite3.connect(switch.path)
    db.executescript(f"DROP TRIGGER a; DROP TRIGGER b; {statement}")
    db.close()
    state = switch.read("model", now=NOON)
    assert not state.on
    assert re.search("was (altered|removed)", state.alarm)


@pytest.fixture(scope="module")
def was_on_now_off(tmp_path_factory):
    switch = new_switch(tmp_path_factory.mktemp("bytes"))
    turn_on(switch)
    turn_off(switch)
    switch.path.with_suffix(".whole").write_bytes(switch.path.read_bytes())
    return switch


@settings(max_examples=200, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_no_single_byte_turns_an_off_switch_on(was_on_now_off, at, byte):
    switch = was_on_now_off
    hurt = bytearray(switch.path.with_suffix(".whole").read_bytes())
    hurt[int(at * len(hurt))] = byte
    switch.path.write_bytes(hurt)
    state = switch.read("model", now=NOON)
    assert not state.on
    assert state.alarm.startswith(str(switch.path)) or state.change


# Killed, and out of disk

CHILD = """
    import os, signal, sys
    from datetime import UTC, datetime, timedelta
    sys.path.insert(0, sys.argv[1])
    from kill_switch import KillSwitch, State
    now = datetime(2013, 6, 3, 16, tzinfo=UTC)
    switch = KillSwitch(sys.argv[2], notify=str, wait=10)
    for life in range(100):
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            for n in range(1000):
                to = "off" if n % 2 else "on"
                span = timedelta(days=1) if n % 2 else None
                made = switch.turn(
                    "model", to, who="w", why="w", now=now, review_in=span
                )
                os.write(theirs, b"%08d" % made.seq)
            os._exit(1)
        os.close(theirs)
        for _ in range(1 + life % 3):
            seen = os.read(ours, 8)
        for _ in range(life % 10 * 15_000):
            pass  # so that the kill falls anywhere in the next change
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(ours, 8):
            seen = more
        os.close(ours)
        past = switch.history()
        assert int(seen) <= len(past), (seen, len(past))
        assert [c.seq for c in past] == list(range(1, len(past) + 1))
    print(len(past))
"""


def child(tmp_path, code, *arguments):
    """Run code beside a copy of the snippet, in a process of its own."""
    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(code), "utf-8")
    home = os.path.dirname(kill_switch.__file__)
    return subprocess.run(
        [sys.executable, "-I", "-S", script, home, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_killed_a_hundred_times_nothing_acknowledged_is_lost(switch, tmp_path):
    done = child(tmp_path, CHILD, switch.path)
    assert done.returncode == 0, done.stderr
    assert len(switch.history()) == int(done.stdout) > 100
    assert turn_off(switch).notice == "sent"


def test_killed_between_write_and_commit_the_old_state_stands(
    switch, tmp_path
):
    turn_on(switch)
    half = """
        import os, signal, sqlite3, sys
        db = sqlite3.connect(sys.argv[2], isolation_level=None)
        db.execute("PRAGMA cache_spill = 1")
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN IMMEDIATE")
        row = ("model", "t", "w", "w" * 9000, "o", "on", "off", None, "s")
        for _ in range(20):
            db.execute(
                "INSERT INTO change (name, at, who, why, owner, before, "
                "after, review_by, seal) VALUES (?,?,?,?,?,?,?,?,?)", row)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    whole = switch.path.stat().st_size
    done = child(tmp_path, half, switch.path)
    assert done.returncode == -signal.SIGKILL
    # The half-written pages are in the file, and the journal beside it.
    assert switch.path.stat().st_size > whole
    assert switch.path.with_name("switches.db-journal").exists()
    state = switch.read("model", now=NOON)
    assert (state.on, state.alarm) == (True, "")
    assert len(switch.history()) == 2


def test_a_full_disk_refuses_the_change_by_name_and_keeps_the_state(
    switch, tmp_path
):
    turn_on(switch)
    full = """
        import resource, signal, sys
        from datetime import UTC, datetime, timedelta
        sys.path.insert(0, sys.argv[1])
        from kill_switch import KillSwitch, State
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        switch = KillSwitch(sys.argv[2], notify=str)
        now = datetime(2013, 6, 3, 16, tzinfo=UTC)
        try:
            switch.turn("model", "off", who="w", why="w", now=now,
                        review_in=timedelta(days=1))
        except OSError as error:
            print(error)
    """
    done = child(tmp_path, full, switch.path)
    assert done.stderr == ""
    assert done.stdout.startswith(f"{switch.path}: not switched: ")
    state = switch.read("model", now=NOON)
    assert (state.on, state.alarm) == (True, "")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100


# Bad input

GOOD = {"who": "ana", "why": "rows agree", "now": NOON}


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"who": ""}, ValueError, "who must be 1 to 500 printable char"),
        ({"who": None}, TypeError, "who must be text, got None"),
        ({"why": " \n\t "}, ValueError, "why must be 1 to 500 printable"),
        ({"why": 7}, TypeError, "why must be text, got 7"),
        ({"why": "x" * 501}, ValueError, "why must be 1 to 500 printable"),
        ({"why": "\x1b[2J"}, ValueError, r"got '\\x1b\[2J'"),
        ({"why": "a\u202eb"}, ValueError, "why must be 1 to 500 printable"),
        ({"why": "\ud800"}, ValueError, "why must be 1 to 500 printable"),
        ({"owner": ""}, ValueError, "owner must be 1 to 500 printable"),
        ({"owner": 3}, TypeError, "owner must be text, got 3"),
        ({"to": "On"}, ValueError, "to must be on, off or retired, got 'On'"),
        ({"to": True}, ValueError, "to must be on, off or retired, got True"),
        ({"to": "off"}, TypeError, "review_in must be a timedelta, got None"),
        (
            {"to": "off", "review_in": 0 * DAY},
            ValueError,
            "review_in must be above 0, at most 30 days, 0:00:00, got 0:00",
        ),
        (
            {"to": "off", "review_in": 31 * DAY},
            ValueError,
            "review_in must be above 0, at most 30 days",
        ),
        ({"review_in": DAY}, ValueError, "review_in is for off, got 1 day"),
        ({"now": NOON.replace(tzinfo=None)}, ValueError, "now must have a ti"),
        ({"now": pd.NaT}, ValueError, "now must have a time zone, got NaT"),
        ({"now": 1.0}, TypeError, "now must be a datetime, got 1.0"),
        ({"now": NOON.replace(1899)}, ValueError, "now must be in 1900 to 22"),
        ({"now": NOON.replace(2201)}, ValueError, "now must be in 1900 to 22"),
        ({"name": "Model"}, ValueError, "name must be 2 to 63 of a-z, 0-9"),
        ({"name": "m"}, ValueError, "name must be 2 to 63 of a-z"),
        ({"name": "model\n"}, ValueError, "name must be 2 to 63 of a-z"),
        ({"name": "m'; DROP TABLE change;--"}, ValueError, "name must be 2"),
        ({"name": b"model"}, TypeError, "name must be text, got b'model'"),
        (
            {"name": "mode1"},
            ValueError,
            r"name must be one of \['model'\], got 'mode1'",
        ),
    ],
)
def test_a_change_without_a_name_reason_owner_or_clock_is_refused(
    switch, changed, error, message
):
    turn_on(switch)
    with pytest.raises(error, match=message):
        switch.turn(**{"name": "model", "to": "on"} | GOOD | changed)
    assert len(switch.history()) == 2


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"notify": None}, TypeError, "notify must be callable, got None"),
        ({"wait": -1}, ValueError, "wait must be 0 to 60 seconds, got -1"),
        ({"wait": float("nan")}, ValueError, "wait must be 0 to 60 seconds"),
        ({"longest_off": 30}, TypeError, "longest_off must be a timedelta"),
        ({"longest_off": -DAY}, ValueError, "longest_off must be above 0"),
        ({"longest_off": 367 * DAY}, ValueError, "longest_off must be ab"),
    ],
)
def test_a_switch_with_impossible_settings_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        KillSwitch(**{"path": "x.db", "notify": str} | given)


@pytest.mark.parametrize(
    "why",
    [
        "'); DROP TABLE change; --",
        "%s %d {0} {why} $HOME `id`",
        "2013-06-03 16:00Z model off -> on by mo: forged (owner mo)",
        "Störung, 延遅, \N{PILE OF POO}",
        "a\x00b"[0] + "b",
        "x" * 500,
    ],
)
def test_a_hard_reason_comes_back_as_it_was_given(switch, why):
    assert turn_off(switch, why=why).why == why
    assert switch.history()[-1].why == why
    assert len(switch.read("model", now=NOON + 2 * DAY).alarm.split("\n")) == 1


@pytest.mark.parametrize(
    "now",
    [
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2100, 2, 28, tzinfo=timezone(-12 * HOUR)),
        datetime(2200, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2013, 11, 3, 1, 30, fold=1, tzinfo=ZoneInfo("US/Eastern")),
        pd.Timestamp("2013-06-03 16:00:00.123456", tz="UTC"),
    ],
)
def test_a_hard_time_comes_back_in_utc(switch, now):
    assert turn_off(switch, now=now).at == now.astimezone(UTC)
    assert switch.history()[-1].at.utcoffset() == timedelta(0)


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas()
    | st.lists(st.text())
    | st.sampled_from(["model", "on", "off", "retired", NOON, DAY])
)


def result_or_field(call, **sent):
    """What comes back, or the first word of the error: the field."""
    try:
        return call(**sent)
    except (TypeError, ValueError) as error:
        return str(error).split()[0]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_stored_whole_or_refused_by_name(
    was_on_now_off, data
):
    switch = was_on_now_off
    whole = switch.path.with_suffix(".whole").read_bytes()
    switch.path.write_bytes(whole)
    names = ("name", "to", "who", "why", "now", "review_in", "owner")
    good = {"name": "model", "to": "off", "review_in": DAY} | GOOD
    odd = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=2))
    sent = good | {name: data.draw(ANYTHING) for name in sorted(odd)}
    made = result_or_field(switch.turn, **sent)
    if made in names:
        assert switch.path.read_bytes() == whole
    else:
        assert switch.history()[-1] == made
    asked = {"name": data.draw(ANYTHING), "now": data.draw(ANYTHING)}
    state = result_or_field(switch.read, **asked)
    assert state in ("name", "now") or not state.on or sent["to"] == "on"


# Read through OpenFeature


# --8<-- [start:provider]
class SwitchProvider(AbstractProvider):
    """Boolean flags of OpenFeature from the file of a kill switch."""

    def __init__(self, switch, clock):
        super().__init__()
        self.switch, self.clock = switch, clock

    def get_metadata(self):
        return Metadata(name="kill switch")

    def resolve_boolean_details(self, flag_key, *_, **__):
        # If this raised, OpenFeature would answer with the caller's default.
        try:
            state = self.switch.read(flag_key, now=self.clock())
        except (TypeError, ValueError) as error:
            state = State(False, str(error), None)
        return FlagResolutionDetails(
            value=state.on,
            reason=Reason.STATIC if state.change else Reason.ERROR,
            flag_metadata={"alarm": state.alarm},
        )

    def _no_switch(self, flag_key, *_, **__):
        raise TypeError(f"{flag_key} is on or off, nothing else")

    resolve_string_details = resolve_object_details = _no_switch
    resolve_integer_details = resolve_float_details = _no_switch


# --8<-- [end:provider]


def test_openfeature_reads_the_switch_and_never_the_callers_default(switch):
    api.set_provider(SwitchProvider(switch, lambda: NOON))
    try:
        client = api.get_client()
        assert client.get_boolean_value("model", True) is False
        turn_on(switch)
        assert client.get_boolean_value("model", False) is True
        switch.path.unlink()
        told = client.get_boolean_details("model", True)
        assert (told.value, told.reason) == (False, Reason.ERROR)
        assert "unable to open" in told.flag_metadata["alarm"]
        assert client.get_string_value("model", "text") == "text"
        assert client.get_boolean_value("Not A Name", True) is False
    finally:
        api.clear_providers()
        api.shutdown()


# The blind spots


def test_blind_spot_code_that_asked_once_never_hears_of_the_switch(switch):
    turn_on(switch)
    asked_at_the_start = switch.read("model", now=NOON).on
    turn_off(switch, why="it is losing money")
    assert asked_at_the_start  # and so the model goes on answering


def test_blind_spot_seven_of_eight_servers(tmp_path):
    # One file a server. Somebody switches seven of them.
    servers = []
    for i in range(8):
        (tmp_path / str(i)).mkdir()
        servers.append(new_switch(tmp_path / str(i)))
        turn_on(servers[-1])
    for server in servers[:7]:
        turn_off(server)
    still_on = [s.read("model", now=NOON) for s in servers]
    assert sum(s.on for s in still_on) == 1
    assert {s.alarm for s in still_on} == {""}
