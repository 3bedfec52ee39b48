"""Does the new code still answer as the old code did, row by row?

Answers: runs the old code on rows you chose and keeps inputs and outputs in a
text file that a person can diff. Replays the new code against it and names
every row and column that differs, how far, and what those rows share. Rows
lost, added or moved, and errors raised, are differences too.

Does not answer: whether the old answer was right. It is pinned as faithfully
when it was wrong, and inputs like none of the rows stay unpinned.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/golden_rows.py
Page:    snippets/hardening/golden_rows
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import fmod
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, Final

__all__ = ["Difference", "Replay", "Tolerance", "choose", "record", "replay"]

Row = dict[str, Any]
Key = str | int


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may move: `absolute + relative * |old|`.

    Args:
        absolute: In the unit of the column, 0 or more, finite.
        relative: A share of the old value, 0 or more, finite.

    Raises:
        ValueError: If one of them is not a finite number of 0 or more.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (_is_number(value) and value >= 0):
                rule = "a finite number, 0 or more"
                raise ValueError(f"{name} must be {rule}, got {value!r}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        key: The row.
        column: The output column, or "raises" for the error it ends in.
        old: The recorded value; None in "raises" if it did not raise.
        new: The value now; "(absent)" if the column is gone.
        distance: |new - old| in the unit of the column; None unless both are
            finite numbers.
    """

    key: Key
    column: str
    old: Any
    new: Any
    distance: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What the new code does differently. `print` it for the report.

    Attributes:
        rows: Golden rows replayed, 1 or more.
        differences: Every value that differs, by row.
        removed: Rows that had an outcome and now have none.
        added: Rows with an outcome that had none, and each surplus copy.
        moved: Rows that follow another row than before.
        shared: For each column that differs, the value or range of an input
            that sets its rows apart from the others: a hint, no proof.
        facts: Facts that differ: name to recorded and present text.
    """

    rows: int
    differences: tuple[Difference, ...]
    removed: tuple[Key, ...]
    added: tuple[Key, ...]
    moved: tuple[Key, ...]
    shared: dict[str, str]
    facts: dict[str, tuple[str | None, str | None]]

    @property
    def same(self) -> bool:
        """True when nothing differs; facts do not count."""
        return not (
            self.differences or self.removed or self.added or self.moved
        )

    def __str__(self) -> str:
        n = len({d.key for d in self.differences})
        lines = [
            f"{self.rows} rows: {n} differ, {len(self.removed)} removed, "
            f"{len(self.added)} added, {len(self.moved)} moved"
        ]
        for column, shared in self.shared.items():
            found = [d for d in self.differences if d.column == column]
            worst = max(found, key=lambda d: d.distance or 0)
            lines += [
                f"{column}: {len(found)} of {self.rows} rows; "
                f"{_show(worst.key)} was {_show(worst.old)}, "
                f"is {_show(worst.new)}",
                f"  shared: {shared}",
            ]
        for name in ("removed", "added", "moved"):
            keys = getattr(self, name)
            if keys:
                more = ", ..." if len(keys) > 3 else ""
                lines.append(
                    f"{name}: {', '.join(map(_show, keys[:3]))}{more}"
                )
        for name, (old, new) in self.facts.items():
            lines.append(f"fact {name}: {_show(old)}, now {_show(new)}")
        return "\n".join(lines)


def choose(
    rows: Iterable[Mapping[str, Any]], *, most: int = 40, spread: int = 20
) -> list[Row]:
    """Pick rows worth pinning: each value, each edge, each gap, and a spread.

    Of a column with at most `most` different values it takes the first row
    of each value. Of any other column it takes the smallest and the largest
    number, the first and the last text, and the first row of each other
    kind: missing, NaN, infinite, true, false.

    Args:
        rows: Real rows, mappings of the same columns, one row or more.
        most: Values up to which a column counts as categories, 1 or more.
        spread: Rows taken at even distances from first to last, 0 or more.

    Returns:
        The rows in the order given, each at most once, without pairs of
        values: add the rows that only a person knows to be special.

    Raises:
        ValueError: If there is no row, `most` is below 1 or `spread` below 0.
        TypeError: If a row is not a mapping, or holds what JSON cannot.

    Example:
        >>> wind = [{"mph": v} for v in (5.0, 9.0, None, 4.0, 7.0)]
        >>> [row["mph"] for row in choose(wind, most=2, spread=0)]
        [9.0, None, 4.0]
    """
    table = [json.loads(text) for text in _stored(rows)]
    if most < 1 or spread < 0:
        rule = "most must be 1 or more and spread 0 or more"
        raise ValueError(f"{rule}, got {most} and {spread}")
    step = (len(table) - 1) / max(spread - 1, 1)
    picked = {round(i * step) for i in range(spread)}
    for column in dict.fromkeys(name for row in table for name in row):
        values = [row.get(column) for row in table]
        first: dict[str, int] = {}
        for i, value in enumerate(values):
            first.setdefault(_text(value), i)
        if len(first) > most:
            numbers = [t for t, i in first.items() if _is_number(values[i])]
            numbers.sort(key=float)
            words = sorted(text for text in first if text[0] in '"[{')
            for text in (*numbers[1:-1], *words[1:-1]):
                del first[text]
        picked |= set(first.values())
    return [table[i] for i in sorted(picked)]


def record(
    path: str | Path,
    run: Callable[[Any], Any],
    rows: Iterable[Mapping[str, Any]],
    *,
    key: str,
    batch: bool = False,
    tolerance: Mapping[str, Tolerance] | None = None,
    facts: Mapping[str, str] | None = None,
    replace: bool = False,
) -> str:
    """Run the old code twice, and write rows and outcomes to a new file.

    Values are what JSON holds: text, numbers with NaN and the infinities,
    booleans, None, lists and mappings of these. `run` gets the rows as the
    file holds them, fresh for each call, so a replay gives it the same.

    Args:
        path: The file, one line a row. A process killed on the way leaves
            the file that was there before. A link, device, pipe or folder
            is refused.
        run: From one row, a dict, to a mapping of output columns. An
            exception is an outcome and is recorded.
        rows: What to run it on, one row or more; see `choose`.
        key: The column that names a row: text or whole numbers, each once.
        batch: `run` gets the list of all rows instead, and returns rows
            that carry the key, in any order. It may leave rows out. An
            exception is not caught.
        tolerance: By output column. A column without one is exact: 1, 1.0,
            True and "1" are four values, None is not NaN, NaN equals NaN.
        facts: What else the answer hangs on, name to text: the commit, the
            versions of libraries, the hash of a model or a table. Python's
            version and the platform are added.
        replace: Write over a file that exists. That changes what counts as
            right: review the difference like code.

    Returns:
        SHA-256 of the content, as hexadecimal text.

    Raises:
        FileExistsError: If the file exists and `replace` is False.
        ValueError: If `path` is no regular file, there is no row, a key is
            missing, twice or unknown, `tolerance` names no column, or two
            runs differ.
        TypeError: If a row or an output is not a mapping or cannot be
            stored, or a key is neither text nor a whole number.

    Example:
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder, "golden.jsonl")
        ...     _ = record(file, lambda x: {"y": 1 / x["n"]},
        ...                [{"n": 0}, {"n": 2}], key="n")
        ...     print(file.read_text().splitlines()[2])
        {"in": {"n": 0}, "raises": "ZeroDivisionError: division by zero"}
    """
    target, stored = Path(path), _stored(rows)
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise ValueError(
            f"path must be a regular file or new, got {str(target)!r}"
        )
    if target.exists() and not replace:
        raise FileExistsError(f"{target} exists; replace=True writes over it")
    keys = [_key(json.loads(text), key) for text in stored]
    _once(keys)
    # --8<-- [start:core]
    answers = _answers(run, stored, key, batch)
    order = [name for name, _ in answers]
    _once(order, among=set(keys))
    limits, golden = dict(tolerance or {}), dict(answers)
    columns = {c for row in golden.values() for c in row.get("out", ())}
    if unknown := sorted(set(limits) - columns):
        raise ValueError(f"tolerance names {unknown[0]!r}, no output column")
    again = _answers(run, stored, key, batch)
    for d in _differences(golden, dict(again), limits):
        was = f"was {_show(d.old)}, is {_show(d.new)}"
        raise ValueError(
            f"run is not repeatable: {_show(d.key)} {d.column} {was}"
        )
    if order != [name for name, _ in again]:
        raise ValueError("run is not repeatable: other rows, or another order")
    # --8<-- [end:core]
    head = {
        "key": key,
        "batch": batch,
        "facts": _facts(facts),
        "tolerance": {c: asdict(limit) for c, limit in limits.items()},
        "order": None if order == [k for k in keys if k in golden] else order,
    }
    lines = [
        _text({"in": json.loads(text), **golden.get(name, {"out": None})})
        for name, text in zip(keys, stored, strict=True)
    ]
    body = "\n".join([_text(head), *lines, ""])
    _write(target, f"{_seal(body)}\n{body}")
    return hashlib.sha256(body.encode()).hexdigest()


def replay(
    path: str | Path,
    run: Callable[[Any], Any],
    *,
    facts: Mapping[str, str] | None = None,
) -> Replay:
    """Run the new code on the recorded rows and compare.

    Args:
        path: A file that `record` wrote. Nothing is written.
        run: The new code, called as the old code was.
        facts: The same names as in `record`, as they are now.

    Returns:
        The differences; `same` is True when there are none.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If the file is damaged or was changed by hand, or an
            output row of a batch has no key.
        TypeError: If an output is not a mapping or cannot be stored.

    Example:
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder, "golden.jsonl")
        ...     _ = record(file, lambda x: {"y": x["n"] % 7},
        ...                [{"n": n} for n in (-8, 3, 9)], key="n")
        ...     print(replay(file, lambda x: {"y": abs(x["n"]) % 7}))
        3 rows: 1 differ, 0 removed, 0 added, 0 moved
        y: 1 of 3 rows; -8 was 6, is 1
          shared: no single input
    """
    seal, _, body = Path(path).read_text("utf-8").partition("\n")
    if seal != _seal(body):
        rule = "was damaged or changed by hand: record it again"
        raise ValueError(f"{path} is no golden file, or {rule}")
    head, *table = map(json.loads, body.splitlines())
    inputs = {row["in"][head["key"]]: row.pop("in") for row in table}
    rows = zip(inputs, table, strict=True)
    golden = {k: row for k, row in rows if row != {"out": None}}
    limits = {c: Tolerance(**x) for c, x in head["tolerance"].items()}
    stored = [_text(row) for row in inputs.values()]
    answers = _answers(run, stored, head["key"], head["batch"])
    now, added = dict[Key, Row](), list[Key]()
    for name, answer in answers:
        if name in now or name not in golden:
            added.append(name)
        now.setdefault(name, answer)
    differences = _differences(golden, now, limits)
    changed: dict[str, set[Key]] = {}
    for d in differences:
        changed.setdefault(d.column, set()).add(d.key)
    compared = {k: inputs[k] for k in golden if k in now}
    order: list[Any] = head["order"] or list(golden)
    followed = dict(pairwise([None, *(k for k in order if k in now)]))
    after: list[Any] = [None, *(k for k in now if k in golden)]
    old, new = head["facts"], _facts(facts)
    return Replay(
        rows=len(inputs),
        differences=tuple(differences),
        removed=tuple(k for k in golden if k not in now),
        added=tuple(added),
        moved=tuple(k for p, k in pairwise(after) if followed.get(p) != k),
        shared={c: _shared(keys, compared) for c, keys in changed.items()},
        facts={
            name: (old.get(name), new.get(name))
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        },
    )


_ABSENT: Final = "(absent)"


def _answers(
    run: Callable[[Any], Any], stored: list[str], key: str, batch: bool
) -> list[tuple[Key, Row]]:
    """Each row's key and outcome, in the order in which `run` gives them."""
    fresh = [json.loads(text) for text in stored]
    if batch:
        came = [json.loads(text) for text in _stored(run(fresh), "output", 0)]
        return [(_key(row, key), {"out": _but(row, key)}) for row in came]
    answers: list[tuple[Key, Row]] = []
    for row in fresh:
        name = _key(row, key)
        try:
            out = run(row)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            answers.append((name, {"raises": text}))
        else:
            text = _stored([out], f"output of {_show(name)}, row")[0]
            answers.append((name, {"out": json.loads(text)}))
    return answers


def _differences(
    golden: Mapping[Key, Row],
    now: Mapping[Key, Row],
    limits: Mapping[str, Tolerance],
) -> list[Difference]:
    """Every value that differs, of the rows on both sides."""
    found = []
    for key, row in golden.items():
        errors = row.get("raises"), now.get(key, row).get("raises")
        if errors[0] != errors[1]:
            found.append(Difference(key, "raises", *errors, None))
            continue
        old, new = row.get("out", {}), now.get(key, row).get("out", {})
        for column in {**old, **new}:
            a, b = old.get(column, _ABSENT), new.get(column, _ABSENT)
            far = abs(b - a) if _is_number(a) and _is_number(b) else None
            same = column in old and column in new and _text(a) == _text(b)
            if far is not None and column in limits:
                limit = limits[column]
                same = far <= limit.absolute + limit.relative * abs(a)
            if not same:
                found.append(Difference(key, column, a, b, far))
    return found


def _shared(keys: set[Key], rows: Mapping[Key, Row]) -> str:
    """The one input that sets these rows apart, if any does.

    Four rows at least, and a tenth of the others at most: among twelve
    columns of noise one passes that by chance in one case of twenty.
    """
    inside = [row for key, row in rows.items() if key in keys]
    others = [row for key, row in rows.items() if key not in keys]
    if not others:
        return "every row"
    hints: list[tuple[float, str]] = []
    for column in inside[0] if len(inside) > 3 else ():
        values: list[Any] = [row.get(column) for row in inside]
        beside: list[Any] = [row.get(column) for row in others]
        if all(map(_is_number, values)):
            low, high = min(values), max(values)
            fits = [v for v in beside if _is_number(v) and low <= v <= high]
            hint = f"{column} from {low} to {high}"
        elif len({_text(value) for value in values}) == 1:
            fits = [v for v in beside if _text(v) == _text(values[0])]
            hint = f"{column} {_show(values[0])}"
        else:
            continue
        so = f"{hint}, as in {len(fits)} of {len(others)} others"
        hints.append((len(fits), so))
    hints.append((len(others) / 10, "no single input"))
    return min(hints, key=lambda hint: hint[0])[1]


def _stored(
    rows: Iterable[Any], name: str = "row", least: int = 1
) -> list[str]:
    """One line of JSON a row, or an error that names row and column."""
    texts = []
    if not isinstance(rows, Iterable):
        raise TypeError(f"{name}s must be mappings, got {rows!r}")
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            rule = "must be a mapping (of a frame: its records)"
            raise TypeError(f"{name} {i} {rule}, got {type(row).__name__}")
        cells = []
        for column, value in row.items():
            try:
                if not isinstance(column, str):
                    raise TypeError("a column name must be text")
                cells.append(f"{_text(column)}: {_text(value)}")
            except (RecursionError, TypeError, ValueError) as error:
                where = f"{name} {i}, column {column!r}"
                raise TypeError(f"{where}: {error}") from error
        texts.append(f"{{{', '.join(cells)}}}")
    if len(texts) < least:
        raise ValueError(f"there must be {least} {name} or more, got none")
    return texts


def _plain(value: Any) -> Any:
    """Python's number for a NumPy one; times and NA are refused."""
    if getattr(getattr(value, "dtype", None), "kind", "") in tuple("biuf"):
        return value.tolist()
    kind = type(value).__name__
    raise TypeError(f"cannot store {kind}: make it text, a number or None")


_text: Final = json.JSONEncoder(default=_plain).encode


def _show(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_number(value: Any) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and -1e300 < value < 1e300


def _key(row: Row, key: str) -> Key:
    if key not in row:
        rule = f"each row must have the key {key!r}"
        raise ValueError(f"{rule}, got {_show(list(row))}")
    name = row[key]
    if isinstance(name, bool) or not isinstance(name, str | int):
        rule = "must be text or a whole number"
        raise TypeError(
            f"the key {key!r} of each row {rule}, got {_show(name)}"
        )
    return name


def _but(row: Row, key: str) -> Row:
    return {column: v for column, v in row.items() if column != key}


def _once(keys: list[Key], among: set[Key] | None = None) -> None:
    """Refuse a key that comes twice, or is not among the known ones."""
    seen = set[Key]()
    for key in keys:
        if key in seen:
            raise ValueError(
                f"each key must come once, got {_show(key)} twice"
            )
        if among is not None and key not in among:
            raise ValueError(f"run made a row of its own: {_show(key)}")
        seen.add(key)


def _facts(given: Mapping[str, str] | None) -> dict[str, str]:
    facts = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **(given or {}),
    }
    for name, text in facts.items():
        if not (isinstance(name, str) and isinstance(text, str)):
            raise TypeError(f"facts must be text, got {name!r}: {text!r}")
    return facts


def _seal(body: str) -> str:
    sha = hashlib.sha256(body.encode()).hexdigest()
    return _text({"golden_rows": 1, "sha256": sha})


def _write(path: Path, text: str) -> None:
    """Write beside the file and rename: all of it, or the old one stays."""
    # a name of its own: another recorder may be writing at this moment
    part = path.with_name(f"{path.name}.{token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    days = [{"day": day} for day in range(-5, 95)]  # from a Monday, day 0
    with TemporaryDirectory() as folder:
        file = Path(folder, "weekday.jsonl")
        record(file, lambda x: {"weekday": x["day"] % 7}, days, key="day")
        print(replay(file, lambda x: {"weekday": x["day"] % 7}))
        print("the same line in a language that rounds towards zero:")
        print(replay(file, lambda x: {"weekday": int(fmod(x["day"], 7))}))
