"""What the notebook prints. Nobody may improve it.

The notebook is the patient of this case: the chapters measure what each step
of hardening changes, and every "before" is this file as its author left it.
A tidier notebook would be another "before". It also holds knowledge that a
rewrite must keep, and the later tests name it.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from snippets.flights.loader import Flights
from snippets.flights.models import SLIDE
from snippets.flights.slide import run

NUMBER = r"\d+(?:\.\d+)?"
PRINTED = """\
flights 21138 clean 18658
late rate, clean export: 0.144
          mean  size
carrier
MQ       0.139  1514
B6       0.162  3219
EV       0.268  2818
logistic: 0.944
boosting: 0.945
AUC:      0.962
value per 1000 flights: 347
"""


@dataclass(frozen=True)
class Notebook:
    """The notebook after "run all cells"."""

    printed: str
    cells: dict[str, Any]


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), threadpool_limits(1):
        cells = runpy.run_module("snippets.flights.notebook")
    return Notebook(printed.getvalue(), cells)


def test_it_prints_what_it_always_printed(notebook: Notebook) -> None:
    """Word for word; a figure may round differently on another machine."""
    words, numbers = taken_apart(notebook.printed)
    expected_words, expected = taken_apart(PRINTED)
    assert words == expected_words
    for now, then in zip(numbers, expected, strict=True):
        assert now == pytest.approx(then, abs=6 if then > 1 else 0.003)


def taken_apart(text: str) -> tuple[list[str], list[float]]:
    """The words with # for each number, and the numbers."""
    numbers = [float(number) for number in re.findall(NUMBER, text)]
    return re.sub(NUMBER, "#", text).split(), numbers


def test_its_figures_are_the_ones_on_the_slide(
    notebook: Notebook, sample: Flights
) -> None:
    slide = run(sample).random_split
    accuracy, auc, per, value = taken_apart(notebook.printed)[1][-4:]
    assert per == 1000
    assert accuracy == pytest.approx(slide.accuracy, abs=6e-4)
    assert auc == pytest.approx(slide.auc, abs=6e-4)
    assert value == pytest.approx(slide.value.value, abs=0.6)


def test_the_loader_kept_every_feature_it_made(
    notebook: Notebook, sample: Flights
) -> None:
    """Same rows, same order, same values; codes keep their order."""
    made = notebook.cells["df"][notebook.cells["FEATURES"]].to_numpy(float)
    kept = sample.train.matrix(SLIDE.columns)
    for i, name in enumerate(SLIDE.columns):
        if name in ("carrier", "origin", "dest"):
            pairs = np.unique(
                np.column_stack([made[:, i], kept[:, i]]), axis=0
            )
            assert (np.diff(pairs, axis=0) > 0).all()
        else:
            np.testing.assert_array_equal(made[:, i], kept[:, i])


def test_it_knows_that_a_flight_may_land_after_midnight(
    notebook: Notebook,
) -> None:
    df = notebook.cells["df"]
    over = df.sched_arr_time < df.sched_dep_time
    assert over.sum() > 100
    assert df.block[over].between(40, 700).all()


def test_it_knows_that_clock_times_are_not_numbers(
    notebook: Notebook,
) -> None:
    df = notebook.cells["df"]
    assert df.minute[df.sched_dep_time == 1959].unique() == [1199]
    assert df.minute[df.sched_dep_time == 2000].unique() == [1200]


def test_it_knows_that_cancelled_flights_have_no_label(
    notebook: Notebook,
) -> None:
    assert notebook.cells["df"].arr_delay.notna().all()


def test_it_knows_that_weather_is_joined_in_utc(notebook: Notebook) -> None:
    """By month, day and hour, 1 o'clock on 3 November would match twice."""
    weather = notebook.cells["weather"]
    assert not weather.duplicated(["origin", "time_hour"]).any()
    night = weather[weather.time_hour.str.startswith("2013-11-03T0")]
    assert {5, 6} <= set(night.time_hour.str[11:13].astype(int))


def test_blind_spot_the_clean_export_is_cleaner_than_the_world(
    notebook: Notebook,
) -> None:
    """Rows with holes fly in bad weather, and the printed rate leaves them."""
    df, clean = notebook.cells["df"], notebook.cells["clean"]
    dropped = df.drop(clean.index)
    assert 0.142 <= clean.late.mean() <= 0.146
    assert 0.255 <= dropped.late.mean() <= 0.29
