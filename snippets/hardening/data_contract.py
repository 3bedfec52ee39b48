"""Is this row what we agreed to accept, and if not, which field and why?

Answers, for one record or for a batch of columns: are the names, types, units,
ranges, categories and ages those of the agreement? A refused row keeps every
reason. Nothing is filled, cast, renamed, reordered or dropped on the way.

Does not answer: is an allowed value true? Celsius that fits the Fahrenheit
range, sent without a declared unit, passes; so do two valid codes swapped. A
feed that goes silent sends nothing to check.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/data_contract.py
Page:    snippets/hardening/data_contract
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
import reprlib
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Batch", "Contract", "Field", "Reason", "Verdict"]

Kind = Literal["number", "integer", "string", "boolean", "time"]
_Units = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Field:
    """What one field must look like.

    Args:
        name: The agreed name, compared exactly.
        kind: `number` (integers too), `integer`, `string`, `boolean` or
            `time` (a datetime, or ISO 8601 text). Nothing is cast: "12",
            12.0 and True are not integers. An empty string is a string.
        unit: The agreed unit; for codes, the name of the code list. For a
            time only "UTC", which lets a sender who declares it leave the
            offset out; every other time must carry its offset.
        low: Smallest number accepted, in `unit`, inclusive, above -2**53.
        high: Largest number accepted, in `unit`, inclusive, below 2**53.
        typical: Smallest and largest median accepted of a batch, in `unit`,
            inclusive, between `low` and `high`. Make it wide enough for the
            smallest batch you get.
        categories: Every value accepted, for strings and integers.
        nullable: Accept None, NaN, NaT and pandas' NA. The name must be
            there all the same.
        max_age: Greatest age accepted, 0 to 100 years, inclusive; None for
            no limit.
        max_ahead: How far after `now` an event may lie, 0 to 100 years,
            inclusive: the clock skew you tolerate. None for no limit.
        private: Never show a value of this field in a reason.

    Raises:
        ValueError: If an argument is out of its range, does not fit the
            kind, or contradicts another one.
    """

    name: str
    kind: Kind
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    typical: tuple[float, float] | None = None
    categories: Collection[str | int] | None = None
    nullable: bool = False
    max_age: timedelta | None = None
    max_ahead: timedelta | None = timedelta(0)
    private: bool = False

    def __post_init__(self) -> None:
        for met, rule, got in _rules(self):
            _need(met, f"{rule}, in {self.name}", got)
        if self.categories is not None:
            object.__setattr__(self, "categories", frozenset(self.categories))

    def __str__(self) -> str:
        limits = {
            "in": self.unit,
            "from": self.low,
            "to": self.high,
            "of": self.categories and _show(sorted(self.categories, key=str)),
            "aged up to": self.max_age,
        }
        words = [f"{k} {v}" for k, v in limits.items() if v is not None]
        return " ".join([self.kind, *words, *["or null"] * self.nullable])


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to refuse a row, or to hold a batch.

    Every text is one printable line, safe for a log, whatever was sent.

    Attributes:
        field: The agreed name; of a name not agreed, the sender's in quotes.
        code: For a row `missing`, `unknown`, `unit`, `type`, `null`, `nan`,
            `infinite`, `below_low`, `above_high`, `unseen`, `naive`,
            `future` or `stale`; for a batch `empty`, `share` or `median`.
        value: What came, at most 60 characters.
        expected: What the contract says.
    """

    field: str
    code: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"{self.field} {self.code}: {self.value}; {self.expected}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one record.

    Attributes:
        accepted: True when there is no reason to refuse.
        reasons: Every reason: agreed fields in the contract's order, then
            names that were not agreed, in the sender's.
        version: Version of the contract that judged.
    """

    accepted: bool
    reasons: tuple[Reason, ...]
    version: str


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The answer for a batch: every row is accepted or has its reasons.

    Attributes:
        accepted: Booleans of shape (n,), in the order sent, read-only.
        reasons: Position of each quarantined row, counted from 0, with the
            reasons that `Contract.check_record` would give.
        held: Reasons to keep the whole batch, accepted rows too, for
            a person to look at. Empty when there is none.
        version: Version of the contract that judged.
    """

    accepted: NDArray[np.bool_]
    reasons: dict[int, tuple[Reason, ...]]
    held: tuple[Reason, ...]
    version: str

    @property
    def counts(self) -> dict[str, int]:
        """Quarantined rows by "field code", most frequent first."""
        every = [why for row in self.reasons.values() for why in row]
        tally = Counter(f"{why.field} {why.code}" for why in every)
        return dict(tally.most_common())


@dataclass(frozen=True, slots=True)
class Contract:
    """The agreement with one sender.

    Args:
        fields: The agreed fields; every other name is refused.
        version: Goes into every answer; change it whenever a field changes.
        max_quarantined: Share of quarantined rows, 0 to 1, above which the
            batch is held. With 1 it is held when no row is left.

    Raises:
        ValueError: If there is no field, a name comes twice, `version` is
            not text or `max_quarantined` is outside 0 to 1.
    """

    fields: Sequence[Field]
    version: str
    max_quarantined: float = 1.0

    def __post_init__(self) -> None:
        names = [spec.name for spec in self.fields]
        unique = 0 < len(names) == len(set(names))
        _need(unique, "fields must be one or more, each named once", names)
        _need(_is_text(self.version), "version must be text", self.version)
        share = self.max_quarantined
        _need(0 <= share <= 1, "max_quarantined must be 0 to 1", share)
        object.__setattr__(self, "fields", tuple(self.fields))

    def check_record(
        self,
        record: object,
        *,
        now: datetime,
        units: Mapping[str, str] | None,
    ) -> Verdict:
        """Judge one record. Whatever the sender sent, this does not raise.

        Args:
            record: Mapping of names to values. Anything else is refused.
            now: Time of receipt by your own clock, with its time zone.
            units: Names to units as the sender declares them, to compare
                with the contract. None: the sender declares none, and units
                go unchecked.

        Returns:
            The verdict, with every reason.

        Raises:
            ValueError: If `now` has no time zone, or `units` is neither
                a mapping nor None.

        Example:
            >>> wind = Field("wind", "number", unit="mph", low=0, high=150)
            >>> door = Contract([wind], version="1")
            >>> now = datetime(2013, 2, 12, 9, tzinfo=UTC)
            >>> sent = {"wind": 1048.4}
            >>> print(*door.check_record(sent, now=now, units=None).reasons)
            wind above_high: 1048.4; number in mph from 0 to 150
        """
        clock = _clock(now, units)
        if not isinstance(record, Mapping):
            shape = Reason("record", "type", _show(record), "a mapping")
            return Verdict(False, (shape,), self.version)
        found = [
            _unread(spec, record, units)
            or _judge(spec, record[spec.name], clock, units)
            for spec in self.fields
        ]
        reasons = [why for why in found if why is not None]
        reasons += self._unknown(record)
        return Verdict(not reasons, tuple(reasons), self.version)

    def check_columns(
        self,
        columns: Mapping[str, Any],
        *,
        now: datetime,
        units: Mapping[str, str] | None,
    ) -> Batch:
        """Judge a batch sent as columns, row by row as `check_record` does.

        Args:
            columns: Names to lists, tuples, arrays or Series of shape (n,);
                a DataFrame will do. Rows count by position.
            now: As in `check_record`, one for all rows.
            units: As in `check_record`.

        Returns:
            The batch, every quarantined row with every reason.

        Raises:
            ValueError: As in `check_record`; and if a column is masked, not
                flat or no array, columns differ in length, or a name comes
                twice: nobody can say which row is which, so refuse them all.

        Example:
            >>> wind = Field("wind", "number", unit="mph", low=0, high=150)
            >>> door = Contract([wind], version="1")
            >>> now = datetime(2013, 2, 12, 9, tzinfo=UTC)
            >>> sent = {"wind": [12.7, 1048.4, None]}
            >>> door.check_columns(sent, now=now, units=None).counts
            {'wind above_high': 1, 'wind null': 1}
        """
        clock, arrays = _clock(now, units), _arrays(columns)
        n = len(next(iter(arrays.values()), ()))
        found: list[dict[int, Reason]] = []
        held = []
        for spec in self.fields:
            whole = _unread(spec, arrays, units)
            if whole is not None:
                found.append(dict.fromkeys(range(n), whole))
                continue
            column = arrays[spec.name]
            fine = _fine(spec, column, clock, units)
            refused = {}
            for row in np.flatnonzero(~fine).tolist():
                why = _judge(spec, column[row], clock, units)
                if why is not None:
                    refused[row] = why
            found.append(refused)
            if spec.typical is not None and n > 0:
                middle, (low, high) = _median(column[fine]), spec.typical
                if not low <= middle <= high:
                    rule = f"a median from {low} to {high}"
                    came = "(private)" if spec.private else _show(middle)
                    held.append(Reason(spec.name, "median", came, rule))
        unknown = self._unknown(arrays)
        found += [dict.fromkeys(range(n), why) for why in unknown]
        rows = sorted(set().union(*found))
        reasons = {r: tuple(x[r] for x in found if r in x) for r in rows}
        accepted = np.ones(n, dtype=np.bool_)
        accepted[list(reasons)] = False
        accepted.setflags(write=False)
        came = f"{len(reasons)} of {n} rows quarantined"
        if len(reasons) == n:
            held.append(Reason("batch", "empty", came, "a row to accept"))
        elif len(reasons) > self.max_quarantined * n:
            rule = f"at most {self.max_quarantined:.2%}"
            held.append(Reason("batch", "share", came, rule))
        return Batch(accepted, reasons, tuple(held), self.version)

    def _unknown(self, sent: Mapping[Any, Any]) -> list[Reason]:
        names = {spec.name for spec in self.fields}
        rule = f"a name in contract {self.version}"
        came = [_show(name) for name in sent if name not in names]
        return [Reason(name, "unknown", "not read", rule) for name in came]


# Python types of a value; NumPy kinds of a column that has a fast pass.
_KINDS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "number": ((int, float), "iuf"),
    "integer": ((int,), "iu"),
    "string": ((str,), "OU"),
    "boolean": ((bool,), "Ob"),
    "time": ((datetime, str), "M"),
}
_CENTURY: Final = timedelta(days=36525)
_LINE: Final = reprlib.Repr()
_LINE.maxstring = _LINE.maxother = 57


def _rules(spec: Field) -> Iterator[tuple[bool, str, object]]:
    """Each rule of a definition: whether it is met, its text, what came."""
    kind, unit, codes = spec.kind, spec.unit, spec.categories
    yield _is_text(spec.name), "name must be text", spec.name
    yield kind in _KINDS, f"kind must be one of {', '.join(_KINDS)}", kind
    known = unit == "UTC" if kind == "time" else _is_text(unit)
    yield unit is None or known, "unit must be text, for a time UTC", unit
    pair = () if spec.typical is None else spec.typical
    ends = [x for x in (spec.low, *pair, spec.high) if x is not None]
    fits = not ends or kind in ("number", "integer")
    yield fits, f"low, typical and high do not fit a {kind}", ends
    # beyond 2**53 a float skips integers, and columns are compared as floats
    fits = all(type(x) in (int, float) and abs(x) < 2**53 for x in ends)
    yield fits, "low, typical and high must be numbers within 2**53", ends
    yield ends == sorted(ends), "low, typical and high must ascend", ends
    fits = spec.typical is None or len(ends) == 4
    yield fits, "typical must be a pair beside low and high", pair
    if codes is not None:
        fits = kind in ("string", "integer") and not ends
        yield fits, f"categories do not fit a {kind} or a range", codes
        fits = not isinstance(codes, str) and len(codes) > 0
        fits = fits and all(type(x) is _KINDS[kind][0][0] for x in codes)
        yield fits, f"categories must be a collection of {kind}s", codes
    spans = [x for x in (spec.max_age, spec.max_ahead) if x is not None]
    fits = kind == "time" or spans == [timedelta(0)]
    yield fits, f"max_age and max_ahead do not fit a {kind}", spans
    fits = all(isinstance(x, timedelta) for x in spans)
    fits = fits and all(timedelta(0) <= x <= _CENTURY for x in spans)
    yield fits, "max_age and max_ahead must be 0 to 100 years", spans


def _unread(
    spec: Field, sent: Mapping[Any, Any], units: _Units
) -> Reason | None:
    """Why no value of this field can be read, if so."""
    if spec.name not in sent:
        return Reason(spec.name, "missing", "nothing", str(spec))
    if units is not None and units.get(spec.name) != spec.unit:
        came = _show(units.get(spec.name))
        return Reason(spec.name, "unit", came, str(spec))
    return None


def _judge(
    spec: Field, sent: object, now: datetime, units: _Units
) -> Reason | None:
    """The first reason against one value, if there is one."""
    value = _plain(sent)
    code = _fault(spec, value, now, units)
    if code is None:
        return None
    came = "(private)" if spec.private else _show(value)
    return Reason(spec.name, code, came, str(spec))


def _fault(
    spec: Field, value: Any, now: datetime, units: _Units
) -> str | None:
    """Code of the first rule that a value breaks."""
    # --8<-- [start:core]
    if null := _null(value):
        return None if spec.nullable else null
    fits = isinstance(value, _KINDS[spec.kind][0])
    # Python counts True as the integer 1; a contract does not
    if not fits or isinstance(value, bool) != (spec.kind == "boolean"):
        return "type"
    if spec.kind == "time":
        return _time_fault(spec, value, now, units)
    numeric = spec.kind in ("number", "integer")
    if numeric and abs(value) > sys.float_info.max:
        return "infinite"
    if spec.low is not None and value < spec.low:
        return "below_low"
    if spec.high is not None and value > spec.high:
        return "above_high"
    if spec.categories is not None and value not in spec.categories:
        return "unseen"
    return None
    # --8<-- [end:core]


def _time_fault(
    spec: Field, value: Any, now: datetime, units: _Units
) -> str | None:
    try:
        text = isinstance(value, str)
        time = datetime.fromisoformat(value) if text else value
        if time.utcoffset() is None:
            if spec.unit is None or units is None:
                return "naive"
            time = time.replace(tzinfo=UTC)
        age = now - time
    except (ValueError, OverflowError):
        return "type"
    if spec.max_ahead is not None and -age > spec.max_ahead:
        return "future"
    if spec.max_age is not None and age > spec.max_age:
        return "stale"
    return None


def _fine(
    spec: Field, column: NDArray[Any], now: datetime, units: _Units
) -> NDArray[np.bool_]:
    """Whether each value passes; a wrong False only costs a second look."""
    n, (types, kinds) = len(column), _KINDS[spec.kind]
    naive = spec.kind == "time" and (spec.unit is None or units is None)
    fast = column.dtype.kind in kinds and not naive
    if fast and (spec.categories or spec.kind in ("string", "boolean")):
        values, codes = column.tolist(), frozenset(spec.categories or ())
        fast = {types[0]}.issuperset(map(type, values))
        if fast and (not codes or codes.issuperset(values)):
            return np.ones(n, dtype=np.bool_)
        if fast:
            return np.fromiter(map(codes.__contains__, values), np.bool_, n)
    if not fast:
        fine = [_fault(spec, _plain(x), now, units) is None for x in column]
        return np.array(fine, dtype=np.bool_)
    if spec.kind == "time":
        sent = _micro(column)
        here = np.datetime64(now.replace(tzinfo=None))
        spans = (spec.max_age, spec.max_ahead)
        oldest, ahead = (
            np.timedelta64(_CENTURY if x is None else x) for x in spans
        )
        return (sent >= here - oldest) & (sent <= here + ahead)
    with np.errstate(over="ignore"):  # a longdouble may become infinite
        numbers = column.astype(np.float64, copy=False)
    low = -sys.float_info.max if spec.low is None else spec.low
    high = sys.float_info.max if spec.high is None else spec.high
    inside = (numbers >= low) & (numbers <= high)
    return inside | np.isnan(numbers) if spec.nullable else inside


def _arrays(columns: Mapping[str, Any]) -> dict[object, NDArray[Any]]:
    arrays: dict[object, NDArray[Any]] = {}
    for name, column in columns.items():
        label = f"column {_show(name)}"
        _need(name not in arrays, f"{label} must come once", "another")
        if isinstance(column, list | tuple):
            # np.array(["12", 12]) would turn both into text
            array = np.fromiter(column, dtype=object, count=len(column))
        else:
            plain = not isinstance(column, np.ma.MaskedArray)
            rule = f"{label} must be a list, tuple, Series or unmasked array"
            _need(plain and hasattr(column, "dtype"), rule, column)
            array = np.asarray(column)
        _need(array.ndim == 1, f"{label} must be flat", array.shape)
        arrays[name] = array
    sizes = [len(array) for array in arrays.values()]
    _need(len(set(sizes)) < 2, "columns must be equally long", sizes)
    return arrays


def _median(column: NDArray[Any]) -> float:
    """Median of what is not null; NaN when nothing is left."""
    if column.dtype.kind not in "iuf":
        column = np.array([x for x in column if not _null(_plain(x))], float)
    known = column[~np.isnan(column)].astype(np.float64)
    return float(np.median(known)) if len(known) else math.nan


def _micro(sent: Any) -> NDArray[np.datetime64]:
    """Times in microseconds, NaT where int64 cannot hold them.

    NumPy wraps around: a count of microseconds that somebody declared to be
    seconds may come out as this very hour.
    """
    micro: NDArray[np.datetime64] = sent.astype("datetime64[us]")
    if np.datetime_data(sent.dtype)[0] in ("us", "ns", "ps", "fs", "as"):
        return micro
    same = micro.astype(sent.dtype) == sent
    return np.where(same, micro, np.datetime64("NaT", "us"))


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python value it stands for."""
    if not isinstance(value, np.generic):
        return value
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, np.datetime64):
        time = _micro(value)[()]
        # a year beyond 9999 comes as an integer, and so does one beyond int64
        gone = np.isnat(time) and not np.isnat(value)
        return int(value.astype(np.int64)) if gone else time.item()
    return value.item() if value.dtype.kind in "iubU" else value


def _null(value: object) -> str | None:
    """How a value says that there is none, if it does."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else None
    no_value = value is None or type(value).__name__ in ("NAType", "NaTType")
    return "null" if no_value else None


def _show(value: object) -> str:
    """One printable line of at most 60 characters, whatever came."""
    try:
        is_time = isinstance(value, datetime)
        text = str(value) if is_time else _LINE.repr(value)
    except ValueError:
        text = f"{type(value).__name__} too long to print"
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 60 else text[:57] + "..."


def _clock(now: datetime, units: _Units) -> datetime:
    aware = isinstance(now, datetime) and now.utcoffset() is not None
    _need(aware, "now must be a datetime with a time zone", now)
    fits = units is None or isinstance(units, Mapping)
    _need(fits, "units must be a mapping or None", units)
    return now.astimezone(UTC)


def _is_text(value: object) -> bool:
    """Whether it is a name that fits on one line of a log."""
    return (
        isinstance(value, str) and value.isprintable() and value.strip() != ""
    )


def _need(met: bool, rule: str, got: object) -> None:
    if not met:
        raise ValueError(f"{rule}, got {_show(got)}")


if __name__ == "__main__":
    wind = Field("wind", "number", unit="mph", low=0, high=150)
    sky = Field("visibility", "number", unit="miles", low=0, high=10)
    noon = datetime(2013, 2, 12, 12, tzinfo=UTC)
    sent = {"wind": [12.7, 1048.4, None], "visibility": [10.0, 9.0, "10"]}
    door = Contract([wind, sky], version="1")
    batch = door.check_columns(sent, now=noon, units=None)
    for row, reasons in batch.reasons.items():
        print(f"row {row}", *reasons, sep="\n  ")
