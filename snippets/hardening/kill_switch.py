"""Is the model switched on, and if not: who turned it off, why, until when?

Answers: whether a named switch is on. Whatever goes wrong on the way (no
file, a damaged one, a name nobody registered) reads as off, with an alarm
that says so. Every change keeps who, when, why, from what to what, the owner,
the date of review, and whether the notice of it went out.

Does not answer: whether the code still asks the switch, or whether what runs
while it is off is any good. `who` is taken on trust: guard the file.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/kill_switch.py
Page:    snippets/hardening/kill_switch
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

__all__ = ["Change", "KillSwitch", "State"]

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,62}")
# a damaged file can make the library stumble over its own message
_TROUBLE: Final = (sqlite3.Error, UnicodeDecodeError)
_FIELDS: Final = "name, at, who, why, owner, before, after, review_by"
_SCHEMA: Final = f"""
    BEGIN;
    CREATE TABLE change (
        {_FIELDS}, seal, seq INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE notice (seq INTEGER PRIMARY KEY, result);
    CREATE TRIGGER a BEFORE UPDATE ON change BEGIN
        SELECT RAISE(ABORT, 'a change is never edited'); END;
    CREATE TRIGGER b BEFORE DELETE ON change BEGIN
        SELECT RAISE(ABORT, 'a change is never deleted'); END;
    COMMIT;
"""


@dataclass(frozen=True)
class Change:
    """One entry of the record. Entries are added, never edited.

    Attributes:
        name: The switch.
        at: When, by the clock of whoever switched, in UTC.
        who: The person or the program that switched.
        why: The reason they gave.
        owner: Who decides whether and when the model comes back.
        before: `on` or `off`; `new` in the first entry of a name.
        after: `on`, `off` or `retired`.
        review_by: When an off switch has to be looked at again, in UTC; None
            if `after` is not `off`.
        seq: Number of the entry in the file, from 1. It gives the order,
            whatever the clock said.
        notice: `sent`; `failed: ` and the error; or `not confirmed` if the
            process ended before it knew.
    """

    name: str
    at: datetime
    who: str
    why: str
    owner: str
    before: str
    after: str
    review_by: datetime | None
    seq: int
    notice: str

    def __str__(self) -> str:
        due = f", review by {_clock(self.review_by)}" if self.review_by else ""
        return (
            f"{_clock(self.at)} {self.name} {self.before} -> {self.after} by "
            f"{self.who}: {self.why} (owner {self.owner}{due})"
        )


@dataclass(frozen=True)
class State:
    """The answer for one prediction.

    Attributes:
        on: Whether the model may answer. If not, the fallback must.
        alarm: What somebody has to hear of, as one line; empty if nothing.
        change: The last entry of this switch; None if there is none, or if
            the file cannot be trusted.
    """

    on: bool
    alarm: str
    change: Change | None


class KillSwitch:
    """Switches in one SQLite file, with a record of every change.

    Args:
        path: The file. It is opened for each call, so moving it away turns
            every switch off.
        notify: Called with each change after it is stored. Raising means
            that nobody was told; it must give up by itself after a while.
        longest_off: Longest time until the review of an off switch, above 0,
            at most 366 days.
        wait: Seconds to wait for another process that holds the file, 0 to
            60. If it still does, reading counts as off, with an alarm.

    Raises:
        TypeError: `notify` cannot be called, or `longest_off` is no
            timedelta.
        ValueError: `longest_off` or `wait` is out of its range.

    Example:
        >>> now = datetime(2013, 6, 3, 15, tzinfo=UTC)
        >>> switch = KillSwitch("no/such/file", notify=print)
        >>> state = switch.read("delay-model", now=now)
        >>> state.on, state.alarm
        (False, 'no/such/file: unable to open database file')
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        notify: Callable[[Change], object],
        *,
        longest_off: timedelta = timedelta(days=30),
        wait: float = 1.0,
    ) -> None:
        if not callable(notify):
            raise TypeError(f"notify must be callable, got {notify!r}")
        _span("longest_off", longest_off, timedelta(days=366))
        if not (isinstance(wait, int | float) and 0 <= wait <= 60):
            raise ValueError(f"wait must be 0 to 60 seconds, got {wait!r}")
        self.path, self.notify = Path(path), notify
        self.longest_off, self.wait = longest_off, wait

    def create(self) -> None:
        """Make the file, once. A file that is there is never replaced.

        Raises:
            FileExistsError: Something stands at `path`.
            OSError: The file cannot be made; the message names it.
        """
        self.path.touch(exist_ok=False)
        try:
            with closing(self._open()) as db:
                db.executescript(_SCHEMA)
        except _TROUBLE as error:
            raise OSError(f"{self.path}: {_line(error)}") from error

    def add(
        self, name: str, *, owner: str, who: str, why: str, now: datetime
    ) -> Change:
        """Register a name that was never used, off until somebody turns it on.

        Args:
            name: 2 to 63 of a-z, 0-9 and -, a letter first.
            owner: Who decides whether and when the model comes back.
            who: The person or the program that switches.
            why: The reason; line breaks become spaces.
            now: The clock, with its time zone, in the years 1900 to 2200.

        Returns:
            The entry, from `new` to `off`, to be reviewed in `longest_off`.

        Raises:
            ValueError: The name was ever used in this file, a text is empty,
                unprintable or above 500 characters, or `now` is out of range.
            TypeError: An argument has another type.
            OSError: The file cannot be trusted or written: nothing changed.
        """
        owner, wait = _text("owner", owner), self.longest_off
        return self._append(True, name, "off", who, why, now, wait, owner)

    def turn(
        self,
        name: str,
        to: str,
        *,
        who: str,
        why: str,
        now: datetime,
        review_in: timedelta | None = None,
        owner: str | None = None,
    ) -> Change:
        """Turn a switch on or off, renew its review, or retire its name.

        Args:
            name: A switch of this file.
            to: `on`, `off` (off again sets another date of review) or
                `retired`: the name may never be used again.
            who: The person or the program that switches.
            why: The reason; line breaks become spaces.
            now: The clock, with its time zone. One that went back is
                recorded as it is and raises an alarm.
            review_in: Time until an off switch has to be looked at again,
                above 0, at most `longest_off`. For `off` and nothing else.
            owner: The new owner; as before if left out.

        Returns:
            The entry, with what became of the notice. It is stored, and
            counts, whether or not anybody could be told.

        Raises:
            ValueError: No such switch, or a retired one, or as in `add`.
            TypeError: An argument has another type.
            OSError: The file cannot be trusted or written, or somebody in
                the middle of reading holds it: nothing changed. If `to` is
                not `on`, the message says how to stop the model all the same.
        """
        if to not in ("on", "off", "retired"):
            raise ValueError(f"to must be on, off or retired, got {to!r}")
        if owner is not None:
            owner = _text("owner", owner)
        if to == "off":
            _span("review_in", review_in, self.longest_off)
        elif review_in is not None:
            raise ValueError(f"review_in is for off, got {review_in}")
        return self._append(
            False, name, to, who, why, now, review_in, owner or ""
        )

    def read(self, name: str, *, now: datetime) -> State:
        """Ask whether the model may answer. Trouble with the file is off.

        Args:
            name: The switch.
            now: The clock, with its time zone.

        Returns:
            The state. An off switch past its review stays off, with an
            alarm: the date does not know whether the cause is gone.

        Raises:
            ValueError: `name` cannot be one, or `now` has no time zone.
            TypeError: `name` is not text, or `now` not a datetime.
        """
        _named(name)
        moment, alarms = _utc("now", now), []
        # --8<-- [start:core]
        try:
            last = {c.name: c for c in self.history()}.get(name)
        except OSError as error:
            return State(False, str(error), None)
        if last is None:
            return State(False, f"{self.path}: no switch {name}", None)
        if last.after == "retired":
            alarms.append(f"{name} is retired, and code still asks it")
        if moment < last.at:
            alarms.append(f"the clock says {_clock(moment)}, before: {last}")
        elif last.review_by is not None and moment >= last.review_by:
            alarms.append(f"still off, review was due: {last}")
        if last.notice != "sent":
            alarms.append(f"notice {last.notice}: {last}")
        return State(last.after == "on", "; ".join(alarms), last)
        # --8<-- [end:core]

    def history(self) -> tuple[Change, ...]:
        """Every change of every switch, in the order they were made.

        Raises:
            OSError: The file cannot be trusted; the message names it.
        """
        try:
            with closing(self._open()) as db:
                return _changes(db)
        except _TROUBLE as error:
            raise OSError(f"{self.path}: {_line(error)}") from error

    def _open(self) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode=rw"  # never makes it
        return sqlite3.connect(
            address, uri=True, timeout=self.wait, isolation_level=None
        )

    def _append(
        self,
        new: bool,
        name: str,
        to: str,
        who: str,
        why: str,
        now: datetime,
        review_in: timedelta | None,
        owner: str,
    ) -> Change:
        _named(name)
        who, why, at = _text("who", who), _text("why", why), _utc("now", now)
        until = None if review_in is None else (at + review_in).isoformat()
        try:
            with closing(self._open()) as db:
                db.execute("BEGIN IMMEDIATE")  # one writer at a time
                past = _changes(db)
                last = _last(name, past, new)
                row = (
                    name,
                    at.isoformat(),
                    who,
                    why,
                    owner or (last.owner if last else ""),
                    last.after if last else "new",
                    to,
                    until,
                )
                ends = "SELECT seal FROM change ORDER BY seq DESC LIMIT 1"
                seal = _seal((db.execute(ends).fetchone() or [""])[0], row)
                db.execute(
                    f"INSERT INTO change ({_FIELDS}, seal) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, seal),
                )
                made = _changes(db)[-1]
                db.execute("COMMIT")
        except _TROUBLE as error:
            said = f"not switched: {_line(error)}"
            if not new and to != "on":
                said += "; move the file away to stop the model"
            raise OSError(f"{self.path}: {said}") from error
        return self._tell(made)

    def _tell(self, made: Change) -> Change:
        """Send the notice and note what became of it; never undo."""
        try:
            self.notify(made)
            result = "sent"
        except Exception as error:
            result = f"failed: {_line(repr(error))}"
        try:
            with closing(self._open()) as db:
                db.execute(
                    "INSERT INTO notice VALUES (?, ?)", (made.seq, result)
                )
        except _TROUBLE as error:
            result += f", not recorded: {_line(error)}"
        return Change(**{**vars(made), "notice": result})


def _changes(db: sqlite3.Connection) -> tuple[Change, ...]:
    """The whole record, or an error if any of it was damaged or edited."""
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"damaged: {found}")
    changes: list[Change] = []
    seal = ""
    for seq, notice, kept, *row in db.execute(
        f"SELECT seq, result, seal, {_FIELDS} FROM change "
        "LEFT JOIN notice USING (seq) ORDER BY seq"
    ):
        seal = _seal(seal, row)
        if kept != seal or seq != len(changes) + 1:
            raise sqlite3.DatabaseError(f"change {seq} was altered")
        at, until = (x and datetime.fromisoformat(x) for x in row[1::6])
        who, why, owner, before, after = row[2:7]
        told = str(notice or "not confirmed")
        changes.append(
            Change(
                row[0], at, who, why, owner, before, after, until, seq, told
            )
        )
    count = db.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0]
    if (count or 0) != len(changes):
        raise sqlite3.DatabaseError(f"change {count} was removed")
    return tuple(changes)


def _seal(before: str, row: Sequence[object]) -> str:
    """A digest of an entry and of all entries before it."""
    return hashlib.sha256(ascii((before, *row)).encode()).hexdigest()


def _last(name: str, past: tuple[Change, ...], new: bool) -> Change | None:
    """The last change of a name that may be switched; None if it is new."""
    last = {c.name: c for c in past}
    if new and name in last:
        raise ValueError(f"name must never have been used, got: {last[name]}")
    if not new and name not in last:
        raise ValueError(f"name must be one of {sorted(last)}, got {name!r}")
    if not new and last[name].after == "retired":
        raise ValueError(f"name must not be retired, got: {last[name]}")
    return last.get(name)


def _named(name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"name must be text, got {name!r}")
    if not _NAME.fullmatch(name):
        rule = "2 to 63 of a-z, 0-9 and -, a letter first"
        raise ValueError(f"name must be {rule}, got {name[:63]!r}")


def _text(name: str, value: object) -> str:
    """One line: a reason pasted at night may have line breaks."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {value!r}")
    line = " ".join(value.split())
    if not (0 < len(line) <= 500 and line.isprintable()):
        rule = "1 to 500 printable characters"
        raise ValueError(f"{name} must be {rule}, got {value[:60]!r}")
    return line


def _utc(name: str, time: object) -> datetime:
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, got {time!r}")
    if time != time or time.utcoffset() is None:  # NaT is not itself
        raise ValueError(f"{name} must have a time zone, got {time}")
    if not 1900 <= time.year <= 2200:
        raise ValueError(f"{name} must be in 1900 to 2200, got {time}")
    return time.astimezone(UTC)


def _line(said: object) -> str:
    """One printable line of at most 200 characters, whatever it says."""
    return ascii(str(said))[1:-1][:200]


def _clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}Z"


def _span(name: str, value: object, longest: timedelta) -> None:
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} must be a timedelta, got {value!r}")
    if not timedelta(0) < value <= longest:
        rule = f"above 0, at most {longest}"
        raise ValueError(f"{name} must be {rule}, got {value}")


if __name__ == "__main__":
    at, day = datetime(2013, 6, 3, 16, tzinfo=UTC), timedelta(days=1)
    with tempfile.TemporaryDirectory() as folder:
        flag = KillSwitch(Path(folder, "switch.db"), notify=print)
        flag.create()
        flag.add("model", owner="mo", who="ana", why="first release", now=at)
        flag.turn("model", "on", who="ana", why="rows agree", now=at)
        flag.turn("model", "off", who="al", why="hot", now=at, review_in=day)
        print(flag.read("model", now=at + 2 * day).alarm)
