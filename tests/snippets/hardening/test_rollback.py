"""What holds through kills, damage and haste, and what does not return."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.hardening import rollback
from snippets.hardening.rollback import Releases, drill

NOON = datetime(2013, 6, 3, 16, tzinfo=UTC)
PARTS = ("model", "settings", "airports")
HOW = {"who": "kim", "why": "acts on everybody", "now": NOON}


def content(version):
    """Three files that belong together, and say so."""
    return {part: f"{part} {version}".encode() for part in PARTS}


@pytest.fixture
def store(tmp_path):
    store = Releases(tmp_path / "store", PARTS)
    store.create()
    return store


@pytest.fixture
def abc(store):
    """Three releases, put into use one after the other."""
    names, before = [store.add(content(v)).name for v in "abc"], ""
    for name in names:
        store.switch(name, leaving=before, who="ci", why="gate", now=NOON)
        before = name
    return names


def version(release):
    """What the files of a release say; one letter if they agree."""
    said = [(release.folder / part).read_text() for part in release.parts]
    return "".join(sorted({text.split()[1] for text in said}))


# One unit, named by its content


def test_all_parts_come_back_together(store, abc):
    assert version(store.current()) == "c"
    store.back(abc[2], **HOW)
    assert version(store.current()) == "b"
    assert sorted(store.current().parts) == sorted(PARTS)


def test_the_hashes_are_those_of_fips_180(store):
    # The standard's example: SHA-256 of the three letters abc.
    made = store.add(content("a") | {"model": b"abc"})
    assert made.parts["model"] == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_same_content_gets_the_same_name_and_any_other_another(store):
    first = store.add(content("a"), {"commit": "5f2c"})
    assert store.add(content("a"), {"commit": "5f2c"}) == first
    others = [
        store.add(content("a")).name,
        store.add(content("a"), {"commit": "5f2d"}).name,
        *(store.add(content("a") | {part: b""}).name for part in PARTS),
    ]
    assert len({first.name, *others}) == 6


def test_a_path_and_its_content_give_the_same_release(store, tmp_path):
    source = tmp_path / "model.bin"
    source.write_bytes(bytes(range(256)) * 9_000)  # more than one chunk
    made = store.add(content("a") | {"model": source})
    assert store.add(content("a") | {"model": source.read_bytes()}) == made
    source.write_bytes(b"the next training run")
    assert store.verify(made.name) == made


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=50), st.dictionaries(st.text(), st.text()))
def test_any_content_and_any_notes_come_back(tmp_path_factory, data, notes):
    store = Releases(tmp_path_factory.mktemp("x") / "store", ["model"])
    store.create()
    name = store.add({"model": data}, notes).name
    store.switch(name, leaving="", **HOW)
    assert store.current().notes == notes
    assert (store.current().folder / "model").read_bytes() == data


def test_a_release_of_last_year_may_have_other_parts(store, abc):
    more = Releases(store.root, [*PARTS, "thresholds"])
    new = more.add(content("d") | {"thresholds": b"thresholds d"}).name
    more.switch(new, leaving=abc[2], **HOW)
    more.back(new, **HOW)
    assert version(more.current()) == "c"


# The way back


def test_going_back_twice_never_leads_to_what_was_left(store, abc):
    a, b, c = abc
    assert store.back(c, **HOW).after == b
    assert store.back(b, **HOW).after == a
    with pytest.raises(ValueError, match="must have a release before it"):
        store.back(a, **HOW)


def test_a_release_that_was_passed_over_by_hand_counts_as_left(store, abc):
    a, _, c = abc
    d = store.add(content("d")).name
    store.switch(a, leaving=c, **HOW)
    store.switch(d, leaving=a, **HOW)
    assert store.back(d, **HOW).after == a


def test_a_mended_release_may_return(store, abc):
    _, b, c = abc
    store.back(c, **HOW)
    store.switch(c, leaving=b, **HOW)
    assert store.back(c, **HOW).after == b


def test_of_two_people_who_go_back_at_once_one_does_and_one_is_told(
    store, abc
):
    store.back(abc[2], **HOW)
    with pytest.raises(ValueError, match=r"is not current: .*by kim: acts on"):
        store.back(abc[2], who="ana", why="the same", now=NOON)
    assert version(store.current()) == "b"


def test_of_eight_threads_one_goes_back(store, abc):
    told, start = [], threading.Barrier(8)

    def press():
        start.wait()
        try:
            told.append(store.back(abc[2], **HOW))
        except (OSError, ValueError) as error:
            told.append(error)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert sum(isinstance(x, rollback.Switch) for x in told) == 1
    assert version(store.current()) == "b"


def test_another_process_that_is_switching_is_named_and_not_waited_for(
    store, abc
):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; f = open(sys.argv[1], 'ab'); "
            "fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()",
            store.root / "lock",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        holder.stdout.readline()
        with pytest.raises(OSError, match="lock: another process is switch"):
            store.back(abc[2], **HOW)
        assert version(store.current()) == "c"  # reading goes on
        holder.kill()
    store.back(abc[2], **HOW)


# Who, why, when


def test_the_history_says_who_why_and_when_in_the_order_of_the_switches(
    store, abc
):
    made = store.back(
        abc[2], who="kim", why="acts on\n\teverybody", now=NOON - timedelta(9)
    )
    assert made == store.history()[-1]
    assert [s.seq for s in store.history()] == [1, 2, 3, 4]
    assert (made.before, made.after) == (abc[2], abc[1])
    assert str(made) == (
        f"2013-05-25 16:00Z {abc[2]} -> {abc[1]} by kim: acts on everybody"
    )


def test_the_hour_that_comes_twice_is_told_apart(store, abc):
    new_york = ZoneInfo("America/New_York")
    first = datetime(2013, 11, 3, 1, 30, tzinfo=new_york)
    store.back(abc[2], who="kim", why="x", now=first)
    store.back(abc[1], who="kim", why="x", now=first.replace(fold=1))
    one, two = store.history()[-2:]
    assert two.at - one.at == timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE x; --", '"}\n{"seq": 9', "\u00e9\u4e2d", "${jndi:ldap}"],
)
def test_hostile_text_stays_text(store, abc, text):
    store.back(abc[2], who=text, why=text, now=NOON)
    assert store.history()[-1].who == " ".join(text.split())
    assert len((store.root / "current").read_bytes().splitlines()) == 4


def test_another_language_reads_the_last_line(store, abc):
    last = (store.root / "current").read_text().splitlines()[-1]
    assert json.loads(last)["after"] == abc[2]


# Killed at any point

KILLER = """
import os, random, signal, sys, time
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[2])
from rollback import Releases

PARTS = ["model", "settings", "airports"]
how = {"who": "x", "why": "y", "now": datetime(2013, 6, 3, tzinfo=UTC)}

def work(store, out, now):
    for n in range(10**6):
        new = store.add({part: b"%d" % n for part in PARTS}).name
        made = store.switch(new, leaving=now, **how)
        os.write(out, b"%d\\n" % made.seq)
        os.write(out, b"%d\\n" % store.back(new, **how).seq)

draw, acknowledged, halfway = random.Random(0), 0, 0
for turn in range(100):
    store = Releases(f"{sys.argv[1]}/{turn}", PARTS)
    store.create()
    first = store.add({part: b"first" for part in PARTS}).name
    store.switch(first, leaving="", **how)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        work(store, writer, first)
    os.close(writer)
    with open(reader) as acks:
        told = [acks.readline()]  # it runs
        time.sleep(draw.uniform(0, 0.01))  # then a kill, at any moment
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        told += acks.readlines()
    past, now = store.history(), store.current()
    said = {(now.folder / part).read_bytes() for part in PARTS}
    assert len(said) == 1 and len(now.parts) == 3, "a mixed release"
    assert now.name == past[-1].after
    assert len(past) >= int(told[-1]), "an acknowledged switch is lost"
    acknowledged += len(told)
    files = [*os.listdir(store.root), *os.listdir(store.root / "releases")]
    halfway += any("new" in name for name in files)
print(acknowledged, halfway)
"""


@pytest.fixture
def quick(tmp_path):
    """A store in memory where there is such a disk: a kill needs no other."""
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=where) as folder:
        store = Releases(f"{folder}/store", PARTS)
        store.create()
        yield store


def run(script, store):
    """The numbers that a script prints, in a process that succeeds."""
    folder = Path(rollback.__file__).parent
    command = [sys.executable, "-S", "-W", "error", "-c", script]
    done = subprocess.run(
        [*command, store.root, folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


def test_after_each_of_a_hundred_kills_current_is_a_whole_release(quick):
    acknowledged, halfway = run(KILLER, quick)
    assert acknowledged > 100  # and none of them lost
    assert halfway > 0  # kills that left half a release or half a record


LINES = """
import os, shutil, signal, sys
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[2])
from rollback import Releases

PARTS = ["model", "settings"]
store = Releases(sys.argv[1], PARTS)
how = {"who": "x", "why": "y", "now": datetime(2013, 6, 3, tzinfo=UTC)}

def die_at(line):
    seen = 0
    def trace(frame, event, _):
        nonlocal seen
        if not frame.f_code.co_filename.endswith("rollback.py"):
            return None
        seen += event == "line"
        if seen == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)

first = store.add({part: b"first" for part in PARTS}).name
store.switch(first, leaving="", **how)
start = (store.root / "current").read_bytes()
states = set()
for line in range(1, 2000):
    pid = os.fork()
    if pid == 0:
        die_at(line)
        new = store.add({part: b"new" for part in PARTS}).name
        store.switch(new, leaving=first, **how)
        store.back(new, **how)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    past, now = store.history(), store.current()
    assert now.name == past[-1].after
    assert len({(now.folder / part).read_bytes() for part in PARTS}) == 1
    states.add(len(past))
    if status == 0:
        break
    (store.root / "current").write_bytes(start)
    for folder in (store.root / "releases").iterdir():
        if folder.name != first:
            shutil.rmtree(folder)
print(line, *sorted(states))
"""


def test_a_kill_at_every_single_line_leaves_a_whole_release(quick):
    lines, *states = run(LINES, quick)
    assert 200 < lines < 1999  # of one add, switch and back, each a kill
    assert states == [1, 2, 3]  # before the switch, after it, after both


SWITCHER = """
import sys
from datetime import UTC, datetime
sys.path.insert(0, sys.argv[2])
from rollback import Releases
store = Releases(sys.argv[1], ["model", "settings", "airports"])
how = {"who": "x", "why": "y", "now": datetime(2013, 6, 3, tzinfo=UTC)}
for _ in range(60):
    past = store.history()
    store.switch(past[-1].before, leaving=past[-1].after, **how)
"""


@pytest.mark.usefixtures("abc")
def test_a_reader_beside_sixty_switches_never_sees_two_versions(store):
    folder = Path(rollback.__file__).parent
    command = [sys.executable, "-c", SWITCHER, store.root, folder]
    seen = []
    with subprocess.Popen(command) as other:
        while other.poll() is None:
            seen.append(version(store.current()))
    assert other.returncode == 0
    assert set(seen) <= {"b", "c"}
    assert len(store.history()) == 63


def test_why_no_symlink_a_reader_that_follows_it_twice_mixes_two_releases(
    tmp_path,
):
    for name in "ab":
        (tmp_path / name).mkdir()
        for part in PARTS:
            (tmp_path / name / part).write_text(f"{part} {name}")
    link = tmp_path / "current"
    link.symlink_to("a")
    model = (link / "model").read_text()
    (tmp_path / "new").symlink_to("b")
    os.replace(tmp_path / "new", link)  # as atomic as can be
    assert (model, (link / "settings").read_text()) == (
        "model a",
        "settings b",
    )


# Damage is refused by name


def spoil(path, data=b"other"):
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("part", [*PARTS, "manifest.json"])
def test_a_damaged_release_is_refused_before_a_switch_and_current_stays(
    store, abc, part
):
    _, b, c = abc
    spoil(store.root / "releases" / b / part)
    message = f"release {b}: {part} is damaged"
    with pytest.raises(OSError, match=message):
        store.switch(b, leaving=c, **HOW)
    with pytest.raises(OSError, match=message):
        store.back(c, **HOW)
    assert store.current().name == c
    assert store.switch(abc[0], leaving=c, **HOW).after == abc[0]


def test_every_flipped_bit_of_a_release_is_seen(store, abc):
    for path in sorted(store.current().folder.iterdir()):
        whole = path.read_bytes()
        for place in range(len(whole)):
            spoil(
                path,
                whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
            )
            with pytest.raises(OSError, match=f"{path.name} is damaged"):
                store.verify(abc[2])
        spoil(path, whole)
    assert version(store.current()) == "c"


@pytest.mark.parametrize("make", [None, os.mkdir, os.mkfifo, "link"])
def test_a_part_that_is_gone_or_no_file_is_named(store, abc, make):
    path = store.current().folder / "settings"
    path.unlink()
    if make == "link":
        path.symlink_to(store.root / "releases" / abc[0] / "settings")
    elif make:
        make(path)
    with pytest.raises(OSError, match="settings is missing, or no file"):
        store.current()


def test_the_files_of_a_release_cannot_be_written_by_accident(store, abc):
    folder = store.verify(abc[0]).folder
    modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {0o444}
    assert folder.stat().st_mode & 0o777 == 0o755  # the service may read it


def test_a_stray_file_does_not_stop_the_way_back(store, abc):
    (store.root / "releases" / abc[1] / ".DS_Store").write_bytes(b"")
    assert store.back(abc[2], **HOW).after == abc[1]


def test_a_current_release_that_was_deleted_is_an_error_and_can_be_left(
    store, abc
):
    folder = store.current().folder
    folder.rename(store.root / "elsewhere")
    with pytest.raises(OSError, match=f"current is gone: .*{abc[2]}"):
        store.current()
    assert store.back(abc[2], **HOW).after == abc[1]


def test_an_existing_damaged_release_is_not_taken_for_a_new_one(store, abc):
    spoil(store.current().folder / "model")
    with pytest.raises(OSError, match=f"release {abc[2]}: model is damaged"):
        store.add(content("c"))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t.replace("gate", "fate"), "a line was changed or is gone"),
        (lambda t: t[t.index("\n") + 1 :], "a line was changed or is gone"),
        (lambda t: t[: len(t) // 2], "(Unterminated|Expecting) "),
        (lambda _: "", "it is empty"),
        (lambda t: t + "7\n", "'int' object is not"),
        (lambda t: t + "{}\n", "'seq'"),
        (lambda t: t + "\udcff", "'utf-8' codec"),
        (lambda t: t.replace('"seq"', '"sec"'), "'seq'"),
    ],
)
def test_a_record_that_was_edited_is_refused_and_nothing_is_switched(
    store, abc, edit, message
):
    path = store.root / "current"
    path.write_text(edit(path.read_text()), errors="surrogateescape")
    for call in (
        store.history,
        store.current,
        lambda: store.back(abc[2], **HOW),
    ):
        with pytest.raises(OSError, match=f"current is damaged: {message}"):
            call()


def test_a_record_that_cannot_be_reached_is_no_empty_history(store, abc):
    path = store.root / "current"
    path.unlink()
    path.symlink_to("current")  # a loop: nobody can say whether it is there
    for call in (
        store.history,
        store.current,
        lambda: store.switch(abc[0], leaving="", **HOW),
    ):
        with pytest.raises(OSError, match="symbolic links"):
            call()
    assert path.is_symlink()


def test_a_full_disk_adds_nothing_and_switches_nothing(store, abc):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
        with pytest.raises(OSError, match="File too large"):
            store.add(content("d") | {"model": b"x" * 1000})
        with pytest.raises(OSError, match="File too large"):
            store.back(abc[2], **HOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert version(store.current()) == "c"
    left = os.listdir(store.root / "releases")
    assert sorted(left) == sorted(abc)
    assert store.back(abc[2], **HOW).after == abc[1]


def test_a_disk_that_does_not_confirm_is_told_apart_from_one_that_is_full(
    store, abc, monkeypatch
):
    def broken(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(rollback, "_sync", broken)
    with pytest.raises(OSError, match="switched, but a power cut may undo it"):
        store.back(abc[2], **HOW)
    assert store.history()[-1].after == abc[1]  # it says what is true

    monkeypatch.setattr(rollback, "_flush", broken)
    with pytest.raises(OSError, match=r"^\[Errno 5\] Input/output error$"):
        store.back(abc[1], **HOW)
    assert store.history()[-1].after == abc[1]


def test_a_folder_that_is_not_there_is_never_made_by_accident(tmp_path):
    store = Releases(tmp_path / "unmounted", PARTS)
    with pytest.raises(FileNotFoundError, match="no release is current"):
        store.current()
    with pytest.raises(FileNotFoundError, match="unmounted"):
        store.add(content("a"))
    with pytest.raises(ValueError, match="name must be a release"):
        store.switch("0" * 16, leaving="", **HOW)
    assert list(tmp_path.iterdir()) == []
    store.create()
    with pytest.raises(FileExistsError):
        store.create()


# The drill


def test_a_drill_goes_back_returns_and_keeps_both_times(store, abc):
    asked = []
    ticks = count(0.0, 10.0)
    done = drill(
        store,
        lambda release: asked.append(version(release)),
        who="ana",
        why="quarter",
        clock=lambda: next(ticks),
        utc=lambda: NOON,
    )
    assert (done.left, done.reached) == (abc[2], abc[1])
    assert (done.back, done.total, done.problem) == (10.0, 20.0, "")
    assert asked == ["b", "c"]
    assert version(store.current()) == "c"
    assert [s.why for s in store.history()[3:]] == ["DRILL: quarter"] * 2
    assert store.back(abc[2], **HOW).after == abc[1]  # a drill leaves no trap


def test_a_drill_whose_check_fails_says_so_and_still_returns(store, abc):
    def check(release):
        assert version(release) == "c", "an old answer differs"

    done = drill(
        store, check, who="a", why="b", clock=lambda: 0, utc=lambda: NOON
    )
    assert done.problem.startswith(f"{abc[1]}: AssertionError(")
    assert "an old answer differs" in done.problem
    assert version(store.current()) == "c"


def test_a_drill_needs_somewhere_to_go(store):
    name = store.add(content("a")).name
    store.switch(name, leaving="", **HOW)
    with pytest.raises(ValueError, match="must have a release before it"):
        drill(store, print, who="a", why="b", clock=int, utc=lambda: NOON)
    assert len(store.history()) == 1


# Errors that name the argument


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"who": ""}, ValueError, "who must be 1 to 500 printable .* got ''"),
        ({"who": " \n "}, ValueError, "who must be 1 to 500 printable"),
        ({"why": "a\x1b[2Jb"}, ValueError, "why must be .*x1b"),
        ({"why": "\u202e"}, ValueError, "why must be .*u202e"),
        ({"why": "x" * 501}, ValueError, "why must be 1 to 500 printable"),
        ({"why": None}, TypeError, "why must be text, got None"),
        ({"now": NOON.replace(tzinfo=None)}, ValueError, "now must have a ti"),
        ({"now": pd.NaT}, ValueError, "now must have a time zone, got NaT"),
        ({"now": NOON.replace(year=1899)}, ValueError, "now must be in 1900"),
        ({"now": NOON.replace(year=2201)}, ValueError, "now must be in 1900"),
        ({"now": 1370275200}, TypeError, "now must be a datetime, got 13702"),
        ({"leaving": ""}, ValueError, "leaving '' is not current: 2013-"),
        ({"leaving": None}, ValueError, "leaving None is not current"),
        ({"to": "../../etc"}, ValueError, "name must be 16 hex digits, got '"),
        ({"to": None}, ValueError, "name must be 16 hex digits, got None"),
        ({"to": "0" * 16}, ValueError, "name must be a release, got 0000"),
    ],
)
def test_a_switch_that_cannot_be_is_refused_by_name(
    store, abc, change, error, message
):
    asked = {"to": abc[0], "leaving": abc[2], **HOW} | change
    with pytest.raises(error, match=message):
        store.switch(**asked)
    assert len(store.history()) == 3


def test_switching_to_what_is_current_is_refused(store, abc):
    with pytest.raises(ValueError, match=f"another release, got {abc[2]}"):
        store.switch(abc[2], leaving=abc[2], **HOW)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": None}, TypeError, "model must be a path or bytes, got No"),
        ({"model": "/dev"}, ValueError, "model must be a file, got '/dev'"),
        ({"model": "/dev/zero"}, ValueError, "model must be a file, got"),
        ({"model": "no/such"}, FileNotFoundError, "no/such"),
        ({"scaler": b""}, ValueError, "exactly airports, .*; check 'scaler'"),
    ],
)
def test_a_release_that_is_not_whole_is_refused_by_name(
    store, change, error, message
):
    with pytest.raises(error, match=message):
        store.add(content("a") | change)
    assert os.listdir(store.root / "releases") == []


def test_the_model_alone_is_no_release(store):
    with pytest.raises(ValueError, match="check 'airports', 'settings'"):
        store.add({"model": b"x"})
    with pytest.raises(TypeError, match="files must be a mapping, got 'x'"):
        store.add("x")
    with pytest.raises(TypeError, match="notes must hold text, got 'n': 1"):
        store.add(content("a"), {"n": 1})


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ("model", TypeError, "parts must be a list of names, got 'model'"),
        ([], ValueError, r"parts must be named once, got \(\)"),
        (["a", "A"], ValueError, "parts must be named once"),
        (["../a"], ValueError, "parts must be plain names, got '../a'"),
        (["a/b"], ValueError, "parts must be plain names, got 'a/b'"),
        ([".a"], ValueError, "parts must be plain names, got '.a'"),
        (["manifest.json"], ValueError, "parts must be plain names"),
        ([7], TypeError, "parts must hold text, got 7"),
    ],
)
def test_part_names_that_could_leave_the_folder_are_refused(
    tmp_path, parts, error, message
):
    with pytest.raises(error, match=message):
        Releases(tmp_path, parts)


ODD = st.one_of(
    st.none(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.datetimes(
        datetime(1, 1, 2),
        datetime(9999, 12, 30),
        timezones=st.just(timezone(timedelta(hours=9))),
    ),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(to=ODD, leaving=ODD, who=ODD, why=ODD, now=ODD)
def test_odd_arguments_never_move_current(
    odd_store, to, leaving, who, why, now
):
    store, name, spare = odd_store
    for target in (to, spare):
        for left in (leaving, name):
            for at in (now, NOON):
                try:
                    made = store.switch(
                        target, leaving=left, who=who, why=why, now=at
                    )
                except (TypeError, ValueError):
                    continue
                assert made == store.history()[-1]
                store.switch(name, leaving=spare, **HOW)
    assert store.current().name == name


@pytest.fixture(scope="module")
def odd_store(tmp_path_factory):
    store = Releases(tmp_path_factory.mktemp("odd") / "store", ["model"])
    store.create()
    name, spare = (store.add({"model": x}).name for x in (b"1", b"2"))
    store.switch(name, leaving="", **HOW)
    return store, name, spare


# The blind spot


def test_blind_spot_what_lies_outside_the_folder_does_not_return(
    store, tmp_path
):
    # Release b came with a migration: wind in metres a second, not in mph.
    db = sqlite3.connect(tmp_path / "features.db")
    db.execute("CREATE TABLE weather (flight, wind)")
    db.execute("INSERT INTO weather VALUES ('EWR-1545', 40.0)")

    def warns():
        limit = float((store.current().folder / "settings").read_text())
        (wind,) = db.execute("SELECT wind FROM weather").fetchone()
        return wind > limit

    a, b = (
        store.add(content("x") | {"settings": limit}).name
        for limit in (b"30", b"13.4")
    )
    store.switch(a, leaving="", **HOW)
    assert warns()
    store.switch(b, leaving=a, **HOW)
    db.execute("UPDATE weather SET wind = wind * 0.44704")
    assert warns()
    store.back(b, **HOW)
    assert store.current().name == a  # whole, verified, and wrong
    assert not warns()
    db.close()
