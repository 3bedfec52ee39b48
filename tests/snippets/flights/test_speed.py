"""Contract of snippets/flights/speed.py. No time is measured here."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from scripts.bench.one_row import FAST, RESULTS, pages
from snippets.flights.features import live_windows
from snippets.flights.loader import Flights, load_day
from snippets.flights.models import HARDENED, NOTEBOOK, fitted, score
from snippets.flights.speed import (
    Board,
    Counted,
    Notebook,
    Service,
    Trees,
    boards,
    counted,
    history,
    requests,
    serve,
)


@pytest.fixture(scope="module")
def both(sample: Flights) -> tuple[Notebook, Service]:
    return serve(sample, sample.train)


# The same answers


def test_plain_trees_answer_as_scikit_learn_does(sample: Flights) -> None:
    """Every 50th flight of the year, for a small model and a large one."""
    rows = sample.take(np.arange(0, len(sample), 50))
    for recipe in (HARDENED, NOTEBOOK):
        matrix = rows.matrix(recipe.columns)
        assert len(matrix) > 1_000
        assert np.isnan(matrix).any()
        trees = Trees.extract(fitted(recipe, sample.train), matrix[:50])
        ours = [trees.probability(row) for row in matrix.tolist()]
        theirs = score(recipe, sample.train, rows)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_also_on_rows_full_of_holes_and_of_values_at_a_split(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    train = np.round(rng.normal(size=(300, 4)), 1)
    train[rng.random(train.shape) < 0.2] = np.nan
    late = np.nan_to_num(train[:, 0]) + rng.normal(size=300) > 0
    model = HistGradientBoostingClassifier(max_iter=8, random_state=0)
    with threadpool_limits(1):
        model.fit(train, late)
        rows = np.round(rng.normal(size=(60, 4)), 1)
        rows[rng.random(rows.shape) < 0.3] = np.nan
        rows[rng.random(rows.shape) < 0.1] = np.inf
        rows[rng.random(rows.shape) < 0.1] = -np.inf
        theirs = model.predict_proba(rows)[:, 1]
    trees = Trees.extract(model, train)
    splits = np.array(trees.threshold)[np.array(trees.feature) >= 0]
    assert len(splits) > 0
    ours = [trees.probability(row) for row in rows.tolist()]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_a_row_at_the_very_threshold_goes_left(sample: Flights) -> None:
    model = fitted(HARDENED, sample.train)
    row = sample.train.matrix(HARDENED.columns)[:1]
    trees = Trees.extract(model, row)
    root = trees.roots[0]
    row[0, trees.feature[root]] = trees.threshold[root]
    with threadpool_limits(1):
        theirs = model.predict_proba(row)[0, 1]
    assert trees.probability(row[0].tolist()) == pytest.approx(theirs, 1e-9)


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03", "2013-12-09"])
def test_frames_and_lists_answer_alike_on_the_nights_of_the_clock(
    date: str, both: tuple[Notebook, Service]
) -> None:
    """Whole days: every departure is in the history."""
    day = load_day(date)
    notebook = replace(both[0], history=history(day.departures))
    service = replace(both[1], boards=boards(day.departures))
    with threadpool_limits(1):
        for request in requests(day.flights)[::40]:
            framed = notebook.answer(request)
            assert service.answer(request) == pytest.approx(framed, abs=1e-6)


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03"])
def test_one_flight_sees_what_the_batch_sees(
    date: str, both: tuple[Notebook, Service]
) -> None:
    day = load_day(date)
    service = replace(both[1], boards=boards(day.departures))
    matrix = day.flights.matrix(HARDENED.columns)
    for request, row in zip(requests(day.flights), matrix, strict=True):
        np.testing.assert_array_equal(service.row(request), row)


# The live counts, worked by hand


def board(*flights: tuple[int, float]) -> Board:
    due, delay = zip(*flights, strict=True)
    return Board(list(due), list(delay))


def test_a_flight_that_has_not_left_counts_with_the_time_it_waits() -> None:
    # Asked for a flight due at minute 600; the clock stands at 480, and the
    # window holds what is due after 300 and up to 480.
    seen = board(
        (300, 0.0),  # too long ago
        (301, 20.0),  # left at 321, 20 minutes late
        (400, 95.0),  # leaves at 495: waiting for 80 minutes so far
        (470, math.nan),  # never leaves: waiting for 10 minutes so far
        (480, -5.0),  # left at 475
        (481, 0.0),  # not due yet
    ).window(600)
    assert seen == {
        "flights": 4,
        "delay_sum": 20 + 80 + 10 - 5,
        "late": 2,
        "waiting": 2,
    }


def test_a_board_without_flights_counts_nothing() -> None:
    counts = {"flights": 0, "delay_sum": 0, "late": 0, "waiting": 0}
    assert Board([], []).window(600) == counts


@given(
    st.lists(
        st.tuples(
            st.integers(0, 900), st.one_of(st.integers(-30, 400), st.none())
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(-100, 1_500),
)
@settings(max_examples=50)
def test_the_board_counts_as_the_batch_does(
    flights: list[tuple[int, int | None]], at: int
) -> None:
    flights.sort(key=lambda flight: flight[0])
    due = np.array([x for x, _ in flights])
    delay = np.array([np.nan if d is None else d for _, d in flights])
    time, nowhere = due.astype("M8[m]"), np.zeros(len(due), np.int64)
    asked = np.array([at]).astype("M8[m]")
    batch = live_windows(time, nowhere, delay, asked, np.array([0]))
    one = Board(due.tolist(), delay.tolist()).window(at)
    assert list(one.values()) == [
        int(counts[0])
        for counts in (
            batch.flights, batch.delay_sum, batch.late, batch.waiting,
        )
    ]  # fmt: skip


# What grows with the year, in counts


def test_the_board_reads_no_more_in_december_than_its_window_asks(
    everything: Flights,
) -> None:
    """Two searches, and the window in two lists."""
    for board in boards(everything).values():
        for at in (board.due[5_000], board.due[-1]):
            kept = counted(board, at)
            due, delay = kept.due, kept.delay
            assert isinstance(due, Counted)
            assert isinstance(delay, Counted)
            inside = kept.window(at)["flights"]
            halvings = math.ceil(math.log2(len(due) + 1))
            assert due.read + delay.read <= 2 * halvings + 2 * inside


def test_ten_times_the_history_costs_the_search_eight_looks_at_most() -> None:
    reads = []
    for n in (10_000, 100_000):
        due = Counted(range(0, 10 * n, 10))
        board = Board(due, Counted([0.0] * n))
        board.window(10 * n)
        reads.append(due.read)
    assert reads[1] - reads[0] <= 2 * math.ceil(math.log2(10))


def test_the_filter_reads_every_departure_there_ever_was(
    both: tuple[Notebook, Service],
) -> None:
    """The same question, and a mask as long as the history."""
    notebook, _ = both
    asked = notebook.history.time.iloc[5_000]
    early = replace(notebook, history=notebook.history[:5_000])
    assert early.window("EWR", asked) == notebook.window("EWR", asked)
    mask = notebook.history.origin == "EWR"
    assert len(mask) / len(early.history) > 13


# The chapter


def test_the_page_shows_the_committed_times() -> None:
    found = json.loads((RESULTS / "one_row.json").read_text("utf-8"))
    for name, text in pages(found).items():
        assert (RESULTS / name).read_text("utf-8") == text


def test_the_committed_times_reach_the_goal() -> None:
    """A hundred times at p50, and the page says hundreds."""
    found = json.loads((RESULTS / "one_row.json").read_text("utf-8"))
    slow = found["answers"]["frames, filter over the year"]
    assert slow["ratio"]["low"] >= 200
    assert found["answers"][FAST]["ratio"]["value"] == 1
    months = found["months"]
    assert months["dec"]["filter"] > 3 * months["jan"]["filter"]
    assert months["dec"]["board"] < 1.5 * months["jan"]["board"]
    growth = {
        name: months["dec"][name] / months["jan"][name]
        for name in ("board", "filter", "live_windows")
    }
    assert list(growth) == sorted(growth, key=lambda name: growth[name])


# Errors


def test_an_unknown_name_is_refused(both: tuple[Notebook, Service]) -> None:
    request = {
        "time_hour": "2013-12-15T13:00:00Z",
        "sched_dep_time": 805,
        "carrier": "UA",
        "origin": "EWR",
    }
    assert 0 < both[1].answer(request) < 1
    for name in ("carrier", "origin"):
        with pytest.raises(ValueError, match=f"{name} has an unknown value"):
            both[1].answer(request | {name: "X\nX"})


def test_trees_that_answer_otherwise_are_not_handed_out(
    sample: Flights,
) -> None:
    class Moved(HistGradientBoostingClassifier):  # type: ignore[misc]
        def predict_proba(self, X: Any) -> Any:
            return np.add(super().predict_proba(X), [-2e-6, 2e-6])

    rows = sample.train.take(np.arange(2_000))
    matrix = rows.matrix(HARDENED.columns)
    with threadpool_limits(1):
        model = Moved(max_iter=2).fit(matrix, rows.late)
    with pytest.raises(ValueError, match="agree to 1e-6, differ by 2"):
        Trees.extract(model, matrix[:20])


def test_models_of_another_kind_are_refused(sample: Flights) -> None:
    rows = sample.train.take(np.arange(2_000))
    matrix = rows.matrix(HARDENED.columns)
    with threadpool_limits(1):
        three = HistGradientBoostingClassifier(max_iter=2)
        three.fit(matrix, rows["origin"])
        listed = HistGradientBoostingClassifier(
            max_iter=2, categorical_features=[2]
        ).fit(matrix, rows["carrier"] == matrix[0, 2])
    with pytest.raises(ValueError, match="two classes, got 3 trees a stage"):
        Trees.extract(three, matrix[:20])
    with pytest.raises(ValueError, match="split on numbers only"):
        Trees.extract(listed, matrix[:20])


# The blind spot


def test_blind_spot_the_same_wrong_answer_faster(
    both: tuple[Notebook, Service],
) -> None:
    """Equal answers do not make them right.

    The feed stops, and nobody has left as far as the lists know: both ways
    agree, and both say that the airport stands still.
    """
    notebook, service = both
    frozen = {
        name: Board(one.due, [math.nan] * len(one.due))
        for name, one in service.boards.items()
    }
    gone = notebook.history.assign(dep_delay=math.nan)
    slow = replace(notebook, history=gone)
    fast = replace(service, boards=frozen)
    request = {
        "time_hour": "2013-09-17T20:00:00Z",
        "sched_dep_time": 1600,
        "carrier": "UA",
        "origin": "EWR",
    }
    with threadpool_limits(1):
        assert fast.answer(request) == pytest.approx(slow.answer(request))
    assert fast.row(request)[5] == 1.0
    assert fast.answer(request) > 2 * service.answer(request)
