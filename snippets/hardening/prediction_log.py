"""What did it say, from what, and what came of it?

Answers, for any prediction that was logged: its inputs, its model version
and the hash of its settings, its output, and every outcome that arrived for
it, whatever the order. A write that returned survives a killed process; with
durability "power" it survives a loss of power as well.

Does not answer: which predictions nobody logged, or whether the version a
caller names is the one that ran; `rebuild` finds that if outputs differ.
Declared personal fields are replaced by a keyed hash. A name inside free text
is text, and is stored.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/prediction_log.py
Page:    snippets/hardening/prediction_log
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import hmac
import json
import math
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Final, Literal

__all__ = [
    "LogError",
    "Outcome",
    "Prediction",
    "PredictionLog",
    "Rebuilt",
    "Record",
    "rebuild",
]

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_APPLICATION, _SCHEMA = 0x70327031, 2  # "p2p1" in the header of the file
_DEEPEST, _PAGE = 20, 1000  # levels of nesting; records in one transaction
_COLUMNS: Final = "id, time, model, config, inputs, output, personal"
_TABLES: Final = (
    """CREATE TABLE prediction (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        time TEXT NOT NULL, model TEXT NOT NULL, config TEXT NOT NULL,
        inputs TEXT NOT NULL, output TEXT NOT NULL, personal TEXT NOT NULL,
        written TEXT NOT NULL)""",
    """CREATE TABLE outcome (
        arrived INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
        value TEXT NOT NULL, time TEXT NOT NULL, written TEXT NOT NULL,
        UNIQUE (id, value, time))""",
    """CREATE TABLE person (
        token TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (token, seq)) WITHOUT ROWID""",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_SCHEMA}",
)


class LogError(RuntimeError):
    """The log could not store, read or delete; the message says why.

    After a `write` or an `outcome` nothing was acknowledged. Send it again:
    the same id and content are stored once.
    """


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is handed to the log.

    Attributes:
        id: One to 200 printable characters, one for each prediction.
        time: When it was asked for, with a time zone.
        model: Version of the model, printable.
        config: Hash of the settings, printable.
        inputs: Names to None, bool, int, float, str, or lists and dicts of
            these with str keys, at most 20 levels deep.
        output: The answer, one such value.
    """

    id: str
    time: datetime
    model: str
    config: str
    inputs: Mapping[str, Any]
    output: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a prediction, as one message told it.

    Attributes:
        value: The outcome.
        time: When it happened, in UTC.
        written: When it arrived, in UTC, by the clock of the log.
    """

    value: Any
    time: datetime
    written: datetime


@dataclass(frozen=True, slots=True)
class Record(Prediction):
    """What the log gives back; `inputs` without the personal fields.

    Attributes:
        seq: Number in the log, from 1: it rises with the order of writing,
            whatever the clocks said. It has gaps and is never used twice.
        written: When it was written, in UTC, by the clock of the log.
        personal: Personal field to keyed hash, for those that were not None.
        outcomes: All that arrived, in the order of arrival.
        conflict: True when two of them differ in value.
    """

    seq: int
    written: datetime
    personal: dict[str, str]
    outcomes: tuple[Outcome, ...]
    conflict: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One prediction beside its replay.

    Attributes:
        id: Of the prediction.
        model: Version that was logged.
        logged: The output in the log.
        again: The output of the replay.
        same: Whether they agree to the tolerance.
    """

    id: str
    model: str
    logged: Any
    again: Any
    same: bool


class PredictionLog:
    """One record for each prediction, in one SQLite file in WAL mode.

    Several threads may share one log. Each process opens its own, after any
    fork. The file must be on a local disk, and is created for its owner only.

    Args:
        path: The file. It is created if it is not there.
        fields: Every input that may be stored as it is.
        personal: Inputs that identify a person. They are replaced by a keyed
            hash, must be in every prediction, and may be None.
        key: Key of that hash: 32 or more secret random bytes, kept apart
            from the file. May be left out when `personal` is empty.
        old_keys: Keys that it had before, as long as their records are kept.
            `find` and `forget` search with them too.
        clock: Gives the time now, with a time zone.
        durability: "process": what is acknowledged survives the end of the
            process, however it ends (synchronous=NORMAL). "power": it also
            survives a crash of the machine, as far as the disk keeps its
            word; each write waits for one fsync (synchronous=FULL).
        timeout: Seconds to wait for another thread, and then again for
            another process: a call may take up to twice as long, a deletion
            longer. 0 to 3600; at 0, threads that meet raise a LogError.

    Raises:
        ValueError: If `fields` and `personal` name nothing, or a name twice,
            or if `key`, `old_keys`, `durability` or `timeout` is none of
            the above.
        LogError: If the file cannot be opened, is no log, has another schema
            version, or lies where WAL mode does not work.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        fields: Collection[str],
        personal: Collection[str] = (),
        key: bytes = b"",
        old_keys: Collection[bytes] = (),
        clock: Callable[[], datetime],
        durability: Literal["process", "power"],
        timeout: float = 5.0,
    ) -> None:
        for given in (fields, personal):
            fits = not isinstance(given, str)
            _need(fits, "fields and personal must be lists of names", given)
        names = [_text("field", name) for name in (*fields, *personal)]
        unique = 0 < len(names) == len(set(names))
        _need(unique, "fields must be one or more, each named once", names)
        self._keys = (key, *old_keys) if personal else ()
        if not all(isinstance(k, bytes) and len(k) >= 32 for k in self._keys):
            raise ValueError("key must be 32 or more bytes, and is not shown")
        self._marks = [hmac.digest(k, b"", "sha256")[:4] for k in self._keys]
        levels = {"process": "NORMAL", "power": "FULL"}
        rule = "durability must be 'process' or 'power'"
        _need(durability in levels, rule, durability)
        _need(0 <= timeout <= 3600, "timeout must be 0 to 3600", timeout)
        self._names, self._personal = frozenset(names), frozenset(personal)
        self._open = self._names - self._personal
        self._clock, self._lock, self._timeout = clock, Lock(), timeout
        self._path, self._pid = os.path.abspath(path), os.getpid()
        with self._told():
            if not os.path.exists(self._path):  # to close it ends its locks
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            self._files = {self._path: (os.stat(self._path), 0)}
            self._db = sqlite3.connect(
                self._path,
                timeout=timeout,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            self._prepare(levels[durability])
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> PredictionLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Whatever was acknowledged is safe without it."""
        with self._lock:
            self._db.close()

    def write(self, *predictions: Prediction) -> tuple[int, ...]:
        """Store predictions in one transaction: all of them, or none.

        They are acknowledged when this returns. A prediction that is there
        already, the same in everything, is not stored again. Many in one
        call share the wait for the disk.

        Returns:
            The `seq` of each, in the order given.

        Raises:
            TypeError: If a value is of a kind that would not come back as
                it was: a tuple, an array, a NumPy number other than float64.
            ValueError: If a field is not declared, a personal field is
                missing, a personal name stands inside a dict, a time has no
                zone, or an id belongs to another prediction.
            LogError: If the file is busy for longer than `timeout`, the
                disk is full, or the file cannot be written or is no longer
                the one that was opened: then open the log again.

        Example:
            >>> at = datetime(2013, 2, 12, 9, tzinfo=UTC)
            >>> asked = Prediction("a", at, "7", "5f2c", {"wind": 12.7}, 0.31)
            >>> with TemporaryDirectory() as folder, PredictionLog(
            ...     f"{folder}/log.db",
            ...     fields=["wind"],
            ...     clock=lambda: at,
            ...     durability="power",
            ... ) as log:
            ...     log.write(asked), log.write(asked)
            ...     log.outcome("a", 1, time=at)
            ...     log.read("a").inputs
            ((1,), (1,))
            'first'
            {'wind': 12.7}
        """
        rows = [self._row(prediction) for prediction in predictions]
        written = _utc("clock()", self._clock())
        with self._transaction() as db:
            return tuple([self._insert(db, row, written) for row in rows])

    def outcome(
        self, id: str, value: object, *, time: datetime
    ) -> Literal["first", "repeat", "agrees", "conflict"]:
        """Store what became of a prediction. Nothing is overwritten.

        It may come before its prediction, late, in any order or twice.

        Args:
            id: Of the prediction.
            value: As an output.
            time: When it happened; not when the message was sent, or a
                repeated message looks like a second one.

        Returns:
            "first"; "repeat": value and time are known, nothing was stored;
            "agrees": another time, the same value; "conflict": stored, and
            the outcomes of this id now differ. 1, 1.0 and True differ.

        Raises:
            TypeError, ValueError, LogError: As in `write`.
        """
        row = (_text("id", id), self._json("value", value), _utc("time", time))
        written = _utc("clock()", self._clock())
        with self._transaction() as db:
            stored = db.execute(
                "INSERT INTO outcome (id, value, time, written)"
                " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*row, written),
            ).rowcount
            found = "SELECT value FROM outcome WHERE id = ?"
            values = db.execute(found, (id,)).fetchall()
        if not stored:
            return "repeat"
        if len(set(values)) > 1:
            return "conflict"
        return "agrees" if len(values) > 1 else "first"

    def read(self, id: str) -> Record:
        """Give back one prediction with its outcomes.

        Raises:
            LookupError: If there is no record with this id.
            TypeError, ValueError: If the id is not text, or not printable.
            LogError: If the file cannot be read.
        """
        name = _text("id", id)
        with self._transaction("BEGIN") as db:
            where = f"SELECT seq, {_COLUMNS}, written FROM prediction"
            row = db.execute(f"{where} WHERE id = ?", (name,)).fetchone()
            if row is None:
                raise LookupError(f"no record with id {_show(id)}")
            return _record(db, row)

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """Every record with a `seq` above `after`, in the order of writing.

        Raises:
            ValueError: If `after` is not an integer.
            LogError: If the file cannot be read.
        """
        _need(type(after) is int, "after must be an integer", after)
        page = [after]
        while page:
            with self._transaction("BEGIN") as db:
                rows = db.execute(
                    f"SELECT seq, {_COLUMNS}, written FROM prediction"
                    f" WHERE seq > ? ORDER BY seq LIMIT {_PAGE}",
                    page[-1:],
                ).fetchall()
                found = [_record(db, row) for row in rows]
            yield from found
            page = [record.seq for record in found]

    def orphans(self) -> tuple[str, ...]:
        """Ids with an outcome and no prediction, in the order of arrival.

        Raises:
            LogError: If the file cannot be read.
        """
        with self._transaction("BEGIN") as db:
            rows = db.execute(
                "SELECT id FROM outcome"
                " WHERE id NOT IN (SELECT id FROM prediction)"
                " GROUP BY id ORDER BY min(arrived)"
            ).fetchall()
        return tuple(id for (id,) in rows)

    def find(self, field: str, value: str | int) -> tuple[str, ...]:
        """Ids of a person's records, in the order of writing.

        Args:
            field: A personal field.
            value: The value as it was handed in: " A@b.example" and
                "a@b.example" are two people. 7 and "7" are one.

        Raises:
            ValueError: If `field` is not personal, or `value` is empty.
            TypeError: If `value` is neither text nor an integer.
            LogError: If the file cannot be read, or records in it were
                hashed with a key that is neither `key` nor in `old_keys`.
        """
        tokens = self._tokens(field, value)
        some = ", ".join("?" * len(tokens))
        with self._transaction("BEGIN") as db:
            self._need_keys(db)
            rows = db.execute(
                "SELECT id FROM person JOIN prediction USING (seq)"
                f" WHERE token IN ({some}) ORDER BY seq",
                tokens,
            ).fetchall()
        return tuple(id for (id,) in rows)

    def forget(self, field: str, value: str | int) -> int:
        """Delete a person's records with their outcomes.

        Returns:
            How many records were deleted. They have then left the file and
            its WAL; copies and backups are yours to find.

        Raises:
            ValueError, TypeError: As in `find`.
            LogError: If the file cannot be written, or a reader keeps old
                pages in the WAL: call it again. If a key is missing, as in
                `find`: what the known keys find was deleted all the same.
        """
        tokens = self._tokens(field, value)
        some = ", ".join("?" * len(tokens))
        mine = f"seq IN (SELECT seq FROM person WHERE token IN ({some}))"
        gone = self._delete(mine, *tokens)
        with self._transaction("BEGIN") as db:
            self._need_keys(db, f"{gone} records deleted, but ")
        return gone

    def expire(self, before: datetime) -> int:
        """Delete what is older than the date you promised.

        A record goes when its time and the time it was written are both
        before the date, so one clock that is wrong for an hour deletes
        nothing early. Outcomes go with their record, or by the same rule if
        they have none.

        Returns:
            How many records were deleted.

        Raises:
            ValueError, TypeError: If `before` is not a time with a zone.
            LogError: As in `forget`.
        """
        limit = _utc("before", before)
        old = "time < ? AND written < ?"
        with self._transaction() as db:
            db.execute(
                f"DELETE FROM outcome WHERE {old}"
                " AND id NOT IN (SELECT id FROM prediction)",
                (limit, limit),
            )
        return self._delete(old, limit, limit)

    def _prepare(self, level: str) -> None:
        # The file is judged before anything in it changes.
        with self._transaction() as db:
            [tables] = db.execute("SELECT count(*) FROM sqlite_master")
            [kind] = db.execute("PRAGMA application_id")
            [schema] = db.execute("PRAGMA user_version")
            if (tables, kind, schema) == ((0,), (0,), (0,)):
                for command in _TABLES:
                    db.execute(command)
            elif kind != (_APPLICATION,):
                raise LogError(f"{self._path} is not a prediction log")
            elif schema != (_SCHEMA,):
                raise LogError(
                    f"{self._path} has schema version {schema[0]}, "
                    f"and this code reads {_SCHEMA}"
                )
        for _ in range(9):  # another process may be switching it to WAL
            with suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode = WAL")
                break
            with self._transaction():
                pass  # waits for the other one
        with self._told():
            [mode] = self._db.execute("PRAGMA journal_mode = WAL")
            if mode != ("wal",):
                raise LogError(f"no WAL mode at {self._path}: {mode[0]}")
            for setting in (
                f"synchronous = {level}",
                "fullfsync = 1",  # on macOS an fsync alone stops at the drive
                "checkpoint_fullfsync = 1",
                "secure_delete = 1",
                # pages of 4 KiB: one pause for the disk in about 1,000 writes
                "wal_autocheckpoint = 4000",
            ):
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute("SELECT * FROM sqlite_master")  # opens the WAL
            main, wal = self._path, f"{os.path.realpath(self._path)}-wal"
            self._files[main] = (self._files[main][0], 1)
            self._files[wal] = (os.stat(wal), 0)

    def _row(self, sent: Prediction) -> tuple[str, ...]:
        """A prediction as it is stored, with its personal fields hashed."""
        if not isinstance(sent, Prediction):
            raise TypeError(f"write takes a Prediction, got {_kind(sent)}")
        if not isinstance(sent.inputs, Mapping):
            got = _kind(sent.inputs)
            raise TypeError(f"inputs must be a mapping, got {got}")
        names = sent.inputs.keys()
        if not names <= self._names:
            odd = sorted(map(_show, names - self._names))
            raise ValueError(f"inputs must be declared, got {', '.join(odd)}")
        if not self._personal <= names:
            gone = sorted(self._personal - names)
            raise ValueError(f"inputs lack personal field {', '.join(gone)}")
        plain = {k: v for k, v in sent.inputs.items() if k in self._open}
        people = {
            name: self._tokens(name, sent.inputs[name])[0]
            for name in sorted(self._personal)
            if sent.inputs[name] is not None
        }
        return (
            _text("id", sent.id),
            _utc("time", sent.time),
            _text("model", sent.model),
            _text("config", sent.config),
            self._json("inputs", plain),
            self._json("output", sent.output),
            _ENCODE(people),
        )

    def _insert(
        self, db: sqlite3.Connection, row: tuple[str, ...], written: str
    ) -> int:
        # --8<-- [start:core]
        cursor = db.execute(
            f"INSERT INTO prediction ({_COLUMNS}, written)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (*row, written),
        )
        if cursor.rowcount == 1:
            seq = cursor.lastrowid
            if row[-1] != "{}":
                tokens = json.loads(row[-1]).values()
                add = "INSERT INTO person (token, seq) VALUES (?, ?)"
                db.executemany(add, [(token, seq) for token in tokens])
            return int(seq or 0)
        known = f"SELECT seq, {_COLUMNS} FROM prediction WHERE id = ?"
        seq, *before = db.execute(known, row[:1]).fetchone()
        if (*before,) != row:
            pairs = zip(_COLUMNS.split(", "), before, row, strict=True)
            other = ", ".join(name for name, old, new in pairs if old != new)
            raise ValueError(
                f"id {_show(row[0])} belongs to another prediction: "
                f"{other} differs"
            )
        return int(seq)
        # --8<-- [end:core]

    def _delete(self, where: str, *values: str) -> int:
        """Delete in pages; a writer waits for one page, and for no search."""
        gone, rows = 0, list[Any]([()] * _PAGE)
        while len(rows) == _PAGE:
            with self._transaction("BEGIN") as db:
                rows = db.execute(
                    "SELECT seq, id, personal FROM prediction"
                    f" WHERE {where} LIMIT {_PAGE}",
                    values,
                ).fetchall()
            with self._transaction() as db:
                for seq, id, personal in rows:
                    for token in json.loads(personal).values():
                        mine = "DELETE FROM person WHERE token = ? AND seq = ?"
                        db.execute(mine, (token, seq))
                    db.execute("DELETE FROM outcome WHERE id = ?", (id,))
                    mine = "DELETE FROM prediction WHERE seq = ?"
                    gone += db.execute(mine, (seq,)).rowcount
        with self._told(), self._alone():
            [done] = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if done[0]:
            raise LogError(
                f"{gone} records deleted, but a reader keeps old pages in "
                f"{self._path}-wal; call again"
            )
        return gone

    def _tokens(self, field: str, value: object) -> list[str]:
        """The keyed hash under each key, behind the mark of the key."""
        if field not in self._personal:
            raise ValueError(f"{_show(field)} is not a personal field")
        if not isinstance(value, str | int) or isinstance(value, bool):
            got = _kind(value)
            raise TypeError(f"{field} must be text or an integer, got {got}")
        if str(value).strip() == "":
            raise ValueError(f"{field} must not be empty; None means nobody")
        text = f"{field}\0{value}".encode("utf-8", "surrogatepass")
        # 128 bits of 256: two people in 2**64 may share a token
        return [
            (mark + hmac.digest(key, text, "sha256")[:16]).hex()
            for mark, key in zip(self._marks, self._keys, strict=True)
        ]

    def _need_keys(self, db: sqlite3.Connection, done: str = "") -> None:
        """A key that is not here would make a search come back empty."""
        first = "SELECT min(token) FROM person WHERE token > ?"
        [token] = db.execute(first, ("",)).fetchone()
        while token is not None:
            mark = token[:8]
            if bytes.fromhex(mark) not in self._marks:
                raise LogError(
                    f"{self._path}: {done}some records were hashed with "
                    f"another key, marked {mark}; add it to old_keys"
                )
            # "g" comes after every hexadecimal digit
            [token] = db.execute(first, (f"{mark}g",)).fetchone()

    def _json(self, name: str, value: object) -> str:
        _check(name, value, self._personal)
        try:
            return _ENCODE(value)
        except ValueError as error:  # an integer too long to print
            raise ValueError(f"{name} cannot be stored: {error}") from error

    @contextmanager
    def _transaction(
        self, begin: str = "BEGIN IMMEDIATE"
    ) -> Iterator[sqlite3.Connection]:
        """All of it, or, after any error, nothing."""
        with self._told(), self._alone():
            try:
                self._db.execute(begin)
                self._need_files()
                yield self._db
                self._db.execute("COMMIT")
                self._need_files()  # before anything is acknowledged
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.rollback()
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One thread at a time, and none waits for all before it."""
        if not self._lock.acquire(timeout=self._timeout):
            raise LogError(
                f"{self._path}: other threads held the log for longer than "
                f"{self._timeout} s"
            )
        try:
            yield
        finally:
            self._lock.release()

    def _need_files(self) -> None:
        """SQLite goes on writing to a file that was moved or deleted."""
        for path, (opened, least) in self._files.items():
            now = os.stat(path)
            if not os.path.samestat(now, opened) or now.st_size < least:
                raise LogError(f"{path} was moved, replaced or emptied")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an error of SQLite or of the file system into a LogError."""
        if os.getpid() != self._pid:
            raise LogError(f"{self._path} was opened before a fork")
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorname", type(error).__name__)
            raise LogError(f"{self._path}: {code}, {error}") from error


def rebuild(
    records: Iterable[Record],
    predict: Callable[[Record], object],
    *,
    tolerance: float = 0.0,
) -> tuple[Rebuilt, ...]:
    """Replay records and compare: is the log enough to give them again?

    Args:
        records: From `read` or `records`.
        predict: Loads the version that `model` and `config` name, and gives
            its output for `inputs`. What it raises goes through.
        tolerance: Greatest difference between two numbers that count as the
            same, 0 or more, in the unit of the output.

    Returns:
        One result for each record, in their order. NaN is the same as NaN.

    Raises:
        ValueError: If `tolerance` is not 0 or more, and finite.
        TypeError: If `predict` gives what an output cannot be.

    Example:
        >>> at = datetime(2013, 2, 12, 9, tzinfo=UTC)
        >>> asked = ("a", at, "7", "5f2c", {"wind": 12.0}, 0.3)
        >>> record = Record(*asked, 1, at, {}, (), False)
        >>> [again] = rebuild([record], lambda r: r.inputs["wind"] / 40)
        >>> again.same
        True
    """
    fits = isinstance(tolerance, int | float) and 0 <= tolerance < math.inf
    _need(fits, "tolerance must be 0 or more, and finite", tolerance)
    results = []
    for record in records:
        again = predict(record)
        _check("output of predict", again, frozenset())
        same = _same(record.output, again, tolerance)
        results.append(
            Rebuilt(record.id, record.model, record.output, again, same)
        )
    return tuple(results)


def _same(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(
            _same(a[key], b[key], tolerance) for key in a
        )
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(
            _same(x, y, tolerance) for x, y in zip(a, b, strict=True)
        )
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return bool(a == b)
    if a == b or (a != a and b != b):
        return True
    with suppress(OverflowError):  # an integer beyond every float
        return abs(a - b) <= tolerance
    return False


def _record(db: sqlite3.Connection, row: tuple[Any, ...]) -> Record:
    seq, id, time, model, config, inputs, output, personal, written = row
    found = db.execute(
        "SELECT value, time, written FROM outcome WHERE id = ?"
        " ORDER BY arrived",
        (id,),
    ).fetchall()
    read, outcomes = datetime.fromisoformat, []
    for value, at, arrived in found:
        outcomes.append(Outcome(json.loads(value), read(at), read(arrived)))
    return Record(
        id=id,
        time=read(time),
        model=model,
        config=config,
        inputs=json.loads(inputs),
        output=json.loads(output),
        seq=seq,
        written=read(written),
        personal=json.loads(personal),
        outcomes=tuple(outcomes),
        conflict=len({value for value, _, _ in found}) > 1,
    )


def _check(
    name: str, value: object, banned: frozenset[str], depth: int = 0
) -> None:
    """Refuse what JSON would change; no message shows a value."""
    if value is None or isinstance(value, str | int | float):
        return
    if depth > _DEEPEST:
        raise ValueError(f"{name} is nested deeper than {_DEEPEST} levels")
    pairs: Iterable[tuple[object, object]]
    if isinstance(value, list):
        pairs = enumerate(value)
    elif isinstance(value, dict):
        pairs = value.items()
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{name} must have str keys, got {_kind(key)}")
            if key in banned:
                raise ValueError(f"{name} must not hold {key}, it is personal")
    else:
        raise TypeError(
            f"{name} must be None, bool, int, float, str, or a list or dict "
            f"of these, got {_kind(value)}"
        )
    for key, inner in pairs:
        if type(inner) not in (float, str, int):
            _check(f"{name}[{_show(key)}]", inner, banned, depth + 1)


def _utc(name: str, value: datetime) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, got {_kind(value)}")
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(f"{name} must have a time zone, got {_show(value)}")
    try:
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError as error:
        rule = f"{name} must lie in the years 1 to 9999"
        raise ValueError(f"{rule}, got {_show(value)}") from error


def _text(name: str, value: object) -> str:
    """A name that fits on one line of a log."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {_kind(value)}")
    fits = 0 < len(value) <= 200 and value.isprintable()
    _need(fits, f"{name} must be 1 to 200 printable characters", value)
    return value


def _need(met: bool, rule: str, got: object) -> None:
    if not met:
        raise ValueError(f"{rule}, got {_show(got)}")


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _show(value: object) -> str:
    """One printable line of at most 60 characters."""
    text = ascii(str(value) if isinstance(value, datetime) else value)
    return text if len(text) <= 60 else text[:57] + "..."


if __name__ == "__main__":
    at = datetime(2013, 2, 12, 9, tzinfo=UTC)
    how: dict[str, Any] = {"clock": lambda: at, "durability": "power"}
    how |= {"fields": ["wind"], "personal": ["mail"], "key": b"secret" * 6}
    sent, mail = {"wind": math.nan, "mail": "ann@b.example"}, "ann@b.example"
    with TemporaryDirectory() as tmp, PredictionLog(f"{tmp}/a", **how) as log:
        log.write(Prediction("EWR-1545", at, "7", "5f2c", sent, 0.31))
        print(*[log.outcome("EWR-1545", late, time=at) for late in (1, 1, 0)])
        print(log.find("mail", mail), log.read("EWR-1545").inputs)
