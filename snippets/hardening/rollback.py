"""Can you go back to the previous version, with its data and settings?

Answers: which release is current, whole and unchanged since it was made; who
switched to it, why and when; and how long the way back takes. A release is
the model, its settings and its reference data in one folder, named by the
hash of its content. A kill at any moment leaves a release that was checked.

Does not answer: whether a release is good, whether the service has loaded
it, or what to do about rows written and answers sent while it ran. Needs a
local disk under Linux or macOS; under Windows the import fails.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/rollback.py
Page:    snippets/hardening/rollback
Version: 1.0.2 (MIT-0)
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

__all__ = ["Drill", "Release", "Releases", "Switch", "drill"]

_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NAME: Final = re.compile(r"[0-9a-f]{16}")
_FIELDS: Final = ("seq", "at", "who", "why", "before", "after")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Release:
    """A release that was whole a moment ago.

    Attributes:
        name: 16 hexadecimal digits, the hash of its manifest.
        folder: Where its files lie. Read every part from this one folder.
        parts: Name of each file, and the SHA-256 of its content.
        notes: What was said of it when it was made.
    """

    name: str
    folder: Path
    parts: Mapping[str, str]
    notes: Mapping[str, str]


@dataclass(frozen=True)
class Switch:
    """One entry of the history. Entries are added, never edited.

    Attributes:
        seq: Number of the entry, from 1. It gives the order, whatever the
            clock said.
        at: When, by the clock of whoever switched, in UTC.
        who: The person or the program that switched.
        why: The reason they gave.
        before: The release that was current; empty in the first entry.
        after: The release that is current from here on.
    """

    seq: int
    at: datetime
    who: str
    why: str
    before: str
    after: str

    def __str__(self) -> str:
        went = f"{self.before or 'nothing'} -> {self.after}"
        return f"{self.at:%Y-%m-%d %H:%MZ} {went} by {self.who}: {self.why}"


@dataclass(frozen=True)
class Drill:
    """What a rehearsal of the way back has shown.

    Attributes:
        left: The release that was current, and is again.
        reached: The release that it went back to.
        back: Seconds until the earlier release had passed the check.
        total: Seconds until the first release had passed it again.
        problem: What went wrong; empty if both passed.
    """

    left: str
    reached: str
    back: float
    total: float
    problem: str


class Releases:
    """Releases in one folder, and the record of which one is current.

    The file `current` holds one line of JSON for each switch; the last line
    names the current release. It is replaced as a whole, so the release and
    the reason for it change together.

    Args:
        root: The folder, on a local disk.
        parts: The file names that make a release whole, such as model,
            settings, reference data, code version, locked dependencies.

    Raises:
        ValueError: `parts` is empty, names one twice, or holds a name other
            than 1 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`.
        TypeError: `parts` is one text, or a name is no text.

    Example:
        >>> Releases("no/such/folder", ["model", "settings"]).current()
        Traceback (most recent call last):
            ...
        FileNotFoundError: no/such/folder: no release is current
    """

    def __init__(
        self, root: str | os.PathLike[str], parts: Collection[str]
    ) -> None:
        if isinstance(parts, str):
            raise TypeError(f"parts must be a list of names, got {parts!r}")
        self.root, self.parts = Path(root), tuple(parts)
        for name in self.parts:
            if not isinstance(name, str):
                raise TypeError(f"parts must hold text, got {name!r}")
            if not _PART.fullmatch(name) or name == "manifest.json":
                raise ValueError(f"parts must be plain names, got {name!r}")
        once = {name.casefold() for name in self.parts}  # for macOS
        if not once or len(once) < len(self.parts):
            raise ValueError(f"parts must be named once, got {self.parts}")

    def create(self) -> None:
        """Make the folder, once. One that is there is never touched.

        Raises:
            FileExistsError: Something stands at `root`.
            OSError: The folder cannot be made.
        """
        self.root.mkdir()
        (self.root / "releases").mkdir()
        _sync(self.root)
        _sync(self.root.parent)

    def add(
        self,
        files: Mapping[str, str | os.PathLike[str] | bytes],
        notes: Mapping[str, str] | None = None,
    ) -> Release:
        """Copy the files into a release. What is current stays current.

        Args:
            files: For each of `parts`, the path of a file, or its content.
            notes: Texts to keep with it, such as a commit. They are part of
                what the name is the hash of.

        Returns:
            The release, on the disk. The same content gives the same one.

        Raises:
            ValueError: A part is missing or unknown, or is no regular file.
            TypeError: `files` or `notes` is of another type.
            OSError: The files cannot be copied, or the release exists and is
                damaged: no release was added.
        """
        if not isinstance(files, Mapping):
            raise TypeError(f"files must be a mapping, got {files!r}")
        notes = dict(notes or {})
        for key, text in notes.items():
            if not isinstance(key, str) or not isinstance(text, str):
                raise TypeError(f"notes must hold text, got {key!r}: {text!r}")
        wrong = sorted(map(repr, set(files) ^ set(self.parts)))
        if wrong:
            rule = f"exactly {', '.join(sorted(self.parts))}"
            raise ValueError(f"files must be {rule}; check {', '.join(wrong)}")
        home = self.root / "releases"
        # a kill leaves this folder behind, and nothing ever reads it
        stage = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
        try:
            hashes = {
                name: _copy(name, files[name], stage / name)
                for name in sorted(self.parts)
            }
            text = json.dumps(
                {"notes": notes, "parts": hashes}, indent=1, sort_keys=True
            )
            _copy("manifest.json", text.encode(), stage / "manifest.json")
            stage.chmod(0o755)
            _sync(stage)
            name = hashlib.sha256(text.encode()).hexdigest()[:16]
            if not (home / name).exists():
                try:
                    stage.rename(home / name)
                except OSError:  # another process was faster, or the disk
                    if not (home / name).exists():
                        raise
            _sync(home)
            return self.verify(name)
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def verify(self, name: str) -> Release:
        """Read every byte of a release and compare it with its hashes.

        Args:
            name: 16 hexadecimal digits.

        Returns:
            The release, whole.

        Raises:
            ValueError: `name` cannot be one, or no release has it.
            OSError: A file is missing or differs; the message names it.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"name must be 16 hex digits, got {name!r}")
        folder = self.root / "releases" / name
        if not folder.is_dir():
            raise ValueError(f"name must be a release, got {name}")
        found = _digest(name, folder / "manifest.json")
        if found[:16] != name:
            raise OSError(f"release {name}: manifest.json is damaged")
        told = json.loads((folder / "manifest.json").read_bytes())
        for part, expected in told["parts"].items():
            if _digest(name, folder / part) != expected:
                raise OSError(f"release {name}: {part} is damaged")
        return Release(name, folder, told["parts"], told["notes"])

    def current(self) -> Release:
        """Give the current release, after reading every byte of it.

        Load all parts from its `folder`, and keep them until `history` ends
        with another name. Then no answer mixes two releases.

        Raises:
            FileNotFoundError: No release is current.
            OSError: The release or the record is damaged.
        """
        past = self.history()
        if not past:
            raise FileNotFoundError(f"{self.root}: no release is current")
        try:
            return self.verify(past[-1].after)
        except ValueError as error:
            raise OSError(f"{self.root}: current is gone: {error}") from None

    def switch(
        self, to: str, *, leaving: str, who: str, why: str, now: datetime
    ) -> Switch:
        """Make a release current, if `leaving` still is.

        Args:
            to: The release to go to. It is verified first.
            leaving: The release you believe to be current; empty for the
                first switch. It keeps two people from switching twice.
            who: The person or the program that switches.
            why: The reason; line breaks become spaces.
            now: The clock, with its time zone, in the years 1900 to 2200.

        Returns:
            The entry. Once you have it, it is on the disk.

        Raises:
            ValueError: `leaving` is not current, `to` is, or no release has
                that name; a text is empty, unprintable or above 500
                characters; `now` is out of range.
            TypeError: An argument has another type.
            OSError: `to` is damaged, the record cannot be read or written,
                or another process is switching. Nothing changed, unless the
                message says that it did.
        """
        self.verify(to)
        return self._append(to, leaving, who, why, now)

    def back(
        self, leaving: str, *, who: str, why: str, now: datetime
    ) -> Switch:
        """Go back to the release that was current before `leaving`.

        Whatever was left on the way back does not count as one before: going
        back twice from C leads over B to A, and never to C again.

        Args:
            leaving: The release you want to get rid of.
            who: As in `switch`.
            why: As in `switch`.
            now: As in `switch`.

        Returns:
            The entry.

        Raises:
            ValueError: As in `switch`, or there is no release before.
            TypeError: As in `switch`.
            OSError: As in `switch`. If the release before is damaged, use
                `switch` to go to another one.
        """
        return self._append("", leaving, who, why, now)

    def history(self) -> tuple[Switch, ...]:
        """Every switch, in the order they were made; cheap to ask.

        Raises:
            OSError: The record is damaged.
        """
        path, past, seal = self.root / "current", list[Switch](), ""
        try:
            text = path.read_bytes()
        except FileNotFoundError:  # any other error: it may be there
            return ()
        try:
            for line in text.decode().splitlines():
                row = json.loads(line)
                seal = _seal(seal, row)
                if row["seal"] != seal:
                    raise ValueError("a line was changed or is gone")
                told = {name: row[name] for name in _FIELDS}
                told["at"] = datetime.fromisoformat(told["at"])
                past.append(Switch(**told))
            if not past:
                raise ValueError("it is empty")
        except (ValueError, KeyError, TypeError) as error:
            raise OSError(f"{path} is damaged: {error}") from error
        return tuple(past)

    def _append(
        self, to: str, leaving: str, who: str, why: str, now: datetime
    ) -> Switch:
        who, why, at = _text("who", who), _text("why", why), _utc(now)
        with self._locked():
            past = self.history()
            before = past[-1].after if past else ""
            if leaving != before:
                last = f": {past[-1]}" if past else ", nothing is"
                raise ValueError(f"leaving {leaving!r} is not current{last}")
            if not to:
                to = _earlier(past)
                self.verify(to)
            if to == before:
                raise ValueError(f"to must be another release, got {to}")
            made = Switch(len(past) + 1, at, who, why, before, to)
            self._write((*past, made))
        return made

    def _write(self, past: tuple[Switch, ...]) -> None:
        """Replace the record: the old one stands until the new one does."""
        lines, seal = [], ""
        for entry in past:
            row = {**vars(entry), "at": entry.at.isoformat()}
            seal = row["seal"] = _seal(seal, row)
            lines.append(json.dumps(row) + "\n")
        # --8<-- [start:core]
        path, fresh = self.root / "current", self.root / "current.new"
        with fresh.open("wb") as file:
            file.write("".join(lines).encode())
            _flush(file)  # the content is on the disk before its name is
        os.replace(fresh, path)  # readers see the old file, or the new one
        try:
            _sync(self.root)  # and the name is on the disk
        except OSError as error:
            said = f"switched, but a power cut may undo it: {error}"
            raise OSError(f"{path}: {said}") from error
        # --8<-- [end:core]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One switch at a time; the lock ends with the process."""
        path = self.root / "lock"
        with path.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                said = "another process is switching; see history, try again"
                raise OSError(f"{path}: {said}") from error
            yield


def drill(
    releases: Releases,
    check: Callable[[Release], object],
    *,
    who: str,
    why: str,
    clock: Callable[[], float],
    utc: Callable[[], datetime],
) -> Drill:
    """Go back, check, return, check; with a watch running.

    It truly switches. If it is killed in between, the earlier release stays
    current, and the history says DRILL.

    Args:
        releases: Where there is a release to go back to.
        check: Called with the release that is current now. It should ask the
            *service* stored inputs until the stored answers come, and raise
            if they do not. What it returns is ignored.
        who: As in `Releases.switch`.
        why: As in `Releases.switch`; `DRILL: ` is put before it.
        clock: Seconds of a watch that never goes back, `time.monotonic`.
        utc: The time now, with its time zone.

    Returns:
        Both times. A check that raised is a `problem`; the first release is
        made current again all the same.

    Raises:
        ValueError: As in `Releases.back`.
        OSError: As in `Releases.back`. If it comes from the way forward, the
            earlier release stays current: see `Releases.history`.

    Example:
        >>> tmp = tempfile.TemporaryDirectory()
        >>> store = Releases(f"{tmp.name}/releases", ["model"])
        >>> store.create()
        >>> old, new = (store.add({"model": m}).name for m in (b"1", b"2"))
        >>> said = {"who": "ana", "why": "May"}
        >>> noon = datetime(2013, 6, 3, 16, tzinfo=UTC)
        >>> for to, left in ((old, ""), (new, old)):
        ...     _ = store.switch(to, leaving=left, now=noon, **said)
        >>> watch = iter([0.0, 2.5, 4.0]).__next__
        >>> done = drill(store, repr, clock=watch, utc=lambda: noon, **said)
        >>> done.back, done.total, done.problem
        (2.5, 4.0, '')
        >>> tmp.cleanup()
    """
    began, why, problems = clock(), f"DRILL: {why}", []
    left = releases.current().name
    reached = releases.back(left, who=who, why=why, now=utc()).after
    problems.append(_checked(releases, check))
    back = clock() - began
    releases.switch(left, leaving=reached, who=who, why=why, now=utc())
    problems.append(_checked(releases, check))
    said = "; ".join(filter(None, problems))
    return Drill(left, reached, back, clock() - began, said)


def _checked(releases: Releases, check: Callable[[Release], object]) -> str:
    now = releases.current()
    try:
        check(now)
    except Exception as error:
        return f"{now.name}: {error!r}"
    return ""


def _earlier(past: tuple[Switch, ...]) -> str:
    """The release below the current one, on the pile of those in use."""
    pile: list[str] = []
    for entry in past:
        if entry.after in pile:  # what lay above it was left
            del pile[pile.index(entry.after) + 1 :]
        else:
            pile.append(entry.after)
    if len(pile) < 2:
        raise ValueError("leaving must have a release before it, got none")
    return pile[-2]


def _copy(name: str, source: object, to: Path) -> str:
    """Write a new file, flush it, and return the hash of what was written."""
    digest = hashlib.sha256()
    with to.open("xb") as file:
        if isinstance(source, bytes):
            digest.update(source)
            file.write(source)
        elif isinstance(source, str | os.PathLike):
            if not stat.S_ISREG(os.stat(source).st_mode):
                raise ValueError(f"{name} must be a file, got {source!r}")
            with open(source, "rb") as old:
                while chunk := old.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        else:
            raise TypeError(f"{name} must be a path or bytes, got {source!r}")
        _flush(file)
    to.chmod(0o444)
    return digest.hexdigest()


def _digest(name: str, path: Path) -> str:
    if not path.is_file() or path.is_symlink():
        raise OSError(f"release {name}: {path.name} is missing, or no file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(file: Any) -> None:
    """Until it is on the disk; on macOS fsync alone stops at the drive."""
    file.flush()
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fsync(file.fileno())
    else:
        fcntl.fcntl(file.fileno(), full)


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _seal(before: str, row: Mapping[str, object]) -> str:
    """A digest of an entry and of all entries before it."""
    told = ascii((before, *(row[name] for name in _FIELDS)))
    return hashlib.sha256(told.encode()).hexdigest()


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text, got {value!r}")
    text = " ".join(value.split())
    if not (0 < len(text) <= 500 and text.isprintable()):
        rule = "1 to 500 printable characters"
        raise ValueError(f"{name} must be {rule}, got {text[:60]!a}")
    return text


def _utc(now: object) -> datetime:
    if not isinstance(now, datetime):
        raise TypeError(f"now must be a datetime, got {now!r}")
    if now.tzinfo is None or now.utcoffset() is None:
        raise ValueError(f"now must have a time zone, got {now}")
    if not 1900 <= now.year <= 2200:
        raise ValueError(f"now must be in 1900 to 2200, got {now}")
    return now.astimezone(UTC)


if __name__ == "__main__":
    noon = datetime(2013, 6, 3, 16, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as tmp:
        (store := Releases(f"{tmp}/a", ["model", "settings"])).create()
        a, b = (store.add({"model": m, "settings": m}) for m in (b"1", b"2"))
        store.switch(a.name, leaving="", who="ana", why="first", now=noon)
        store.switch(b.name, leaving=a.name, who="ci", why="May", now=noon)
        store.back(b.name, who="kim", why="acts on all", now=noon)
        print(*store.history(), sep="\n")
