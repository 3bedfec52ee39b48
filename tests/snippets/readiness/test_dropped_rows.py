"""What dropped_rows promises, how far it holds, and what it cannot see."""

import json
import math
import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.readiness.dropped_rows import Rows, dropped_report

NAN, INF = math.nan, math.inf
Y = [0, 0, 1, 0, 1, 1, 0, None]
KEEP = [1, 1, 1, 1, 0, 0, 0, 0]


def counted(events_kept, n_kept, events_dropped, n_dropped, **settings):
    """A report from four counts."""
    rows = np.arange(n_kept), np.arange(n_dropped)
    y = np.concatenate([rows[0] < events_kept, rows[1] < events_dropped])
    return dropped_report(y, np.arange(len(y)) < n_kept, **settings)


# Identity


def test_rows_dropped_by_a_coin_that_knows_nothing_make_no_difference():
    report = counted(30, 100, 6, 20)
    assert report.difference == report.bias == 0
    assert report.low < 0 < report.high


def test_kept_and_dropped_change_places_with_the_mask():
    y, keep, day = np.arange(60) % 7 < 2, np.arange(60) % 5 < 3, [*range(12)]
    one = dropped_report(y, keep, cluster=day * 5)
    other = dropped_report(y, ~keep, cluster=day * 5)
    assert one.kept == other.dropped
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


# Worked by hand


def test_eight_rows_worked_by_hand():
    # kept 0 0 1 0; dropped 1 1 0 and one without a label
    report = dropped_report(Y, KEEP)
    assert report.kept == Rows(4, 4, 0, 1 / 4, 1 / 4, 1 / 4)
    # 2 of 3 labelled; of all four 2 if the last is a 0, 3 if it is a 1
    assert report.dropped == Rows(4, 4, 1, 2 / 3, 2 / 4, 3 / 4)
    assert report.everyone == Rows(8, 8, 1, 3 / 7, 3 / 8, 4 / 8)
    assert report.difference == pytest.approx(2 / 3 - 1 / 4)
    assert report.bias == pytest.approx(1 / 4 - 3 / 7)
    assert (report.reasons, report.unexplained) == ({}, 4)


def test_the_bill_says_what_a_reason_drops_and_what_mending_it_brings_back():
    # rows 4 to 7: pressure drops 4, 5 and 6, wind drops 6, the label drops 7
    report = dropped_report(
        Y,
        KEEP,
        reasons={
            "pressure": [0, 0, 0, 0, 1, 1, 1, 0],
            "wind": [0, 0, 0, 0, 0, 0, 1, 0],
        },
    )
    assert list(report.reasons) == ["pressure", "wind"]
    pressure, wind = report.reasons.values()
    assert pressure.rows == Rows(3, 3, 0, 2 / 3, 2 / 3, 2 / 3)
    assert pressure.alone == Rows(2, 2, 0, 1, 1, 1)
    assert wind.rows == Rows(1, 1, 0, 0, 0, 0)
    assert wind.alone == Rows(0, 0, 0, None, 0, 1)
    assert report.unexplained == 1


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((48, 80, 56, 70), 0.0524, 0.3339), ((3, 10, 9, 10), 0.1705, 0.8090)],
)
def test_newcombe_s_own_examples(counts, low, high):
    # Table II of his paper, method 10: 56/70 - 48/80 and 9/10 - 3/10
    report = counted(*counts)
    assert (report.low, report.high) == pytest.approx((low, high), abs=5e-5)


def test_three_days_a_side_worked_by_hand():
    # Kept: days 0 to 2, ten rows each, 1, 2 and 3 events; rate 6/30 = .2.
    # A day left out moves the rate by -1/20, 0 and 1/20; with the factor
    # 2/3 the variance is 2/3 x .005 = 1/300, so .16 / (1/300) = 48 rows:
    # more than there are, so 30 count. Dropped: days 3 to 5, 0, 5 and 10
    # events; the moves are -5/20, 0 and 5/20, the variance is 1/12, and
    # .25 / (1/12) = 3 rows count. t with 2 degrees of freedom: 4.3027.
    day = np.repeat(np.arange(6), 10)
    events = np.array([1, 2, 3, 0, 5, 10])
    y = np.tile(np.arange(10), 6) < events[day]
    report = dropped_report(y, day < 3, cluster=day)

    def wilson(p, n, t):
        m, h = (
            p + t * t / 2 / n,
            t * math.sqrt(p * (1 - p) / n + t * t / 4 / n**2),
        )
        return (m - h) / (1 + t * t / n), (m + h) / (1 + t * t / n)

    t = stats.t.isf(0.025, 2)
    (k_low, k_high), (d_low, d_high) = wilson(0.2, 30, t), wilson(0.5, 3, t)
    low = 0.3 - math.hypot(0.5 - d_low, k_high - 0.2)
    high = 0.3 + math.hypot(d_high - 0.5, 0.2 - k_low)
    assert (report.low, report.high) == pytest.approx((low, high))
    assert (report.kept.clusters, report.dropped.clusters) == (3, 3)


# Agreement with others


@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_each_side_has_scipys_wilson_limits(n):
    # On the other side 100,000 rows without an event: its limits vanish.
    for k in range(n + 1):
        report = counted(0, 100_000, k, n)
        wilson = stats.binomtest(k, n).proportion_ci(method="wilson")
        expected = max(wilson.low, 0), wilson.high
        assert (report.low, report.high) == pytest.approx(expected, abs=1e-4)


def test_large_samples_agree_with_the_jackknife_of_whole_clusters():
    rng = np.random.default_rng(1)
    y, keep, day = storms(rng, days=2_000)
    report = dropped_report(y, keep, cluster=day)
    left_out = np.array(
        [
            y[~keep & (day != d)].mean() - y[keep & (day != d)].mean()
            for d in range(0, 2_000, 10)
        ]
    )
    error = math.sqrt(2_000 * np.mean((left_out - report.difference) ** 2))
    assert report.high - report.low == pytest.approx(3.92 * error, rel=0.2)


def test_clusters_of_one_row_give_nearly_the_interval_of_single_rows():
    alone = counted(300, 1_000, 60, 150)
    apart = counted(300, 1_000, 60, 150, cluster=np.arange(1_150))
    assert apart.low == pytest.approx(alone.low, abs=0.001)
    assert apart.high == pytest.approx(alone.high, abs=0.001)


# Properties


labels = st.sampled_from([0, 1, None])
tables = st.lists(
    st.tuples(labels, st.booleans(), st.integers(0, 4)), min_size=1
)


@given(tables, st.booleans())
def test_the_parts_add_up_and_the_bounds_hold_whatever_the_labels_are(
    table, clustered
):
    y, keep, day = map(list, zip(*table, strict=True))
    report = dropped_report(y, keep, cluster=day if clustered else None)
    kept, dropped, everyone = report.kept, report.dropped, report.everyone
    assert kept.n + dropped.n == everyone.n == len(y)
    assert kept.unlabelled + dropped.unlabelled == everyone.unlabelled
    for side in kept, dropped, everyone:
        assert 0 <= side.lowest <= side.highest <= 1
        if side.rate is not None:
            assert side.lowest <= side.rate <= side.highest
    for guess in 0, 1:
        filled = [guess if v is None else v for v in y]
        rate = dropped_report(filled, keep).everyone.rate
        assert everyone.lowest <= rate <= everyone.highest
    if report.difference is None:
        assert (report.low, report.high, report.bias) == (-1, 1, None)
    else:
        assert -1 <= report.low <= report.difference <= report.high <= 1


@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, random):
    y, keep, day = zip(*table, strict=True)
    one = dropped_report(y, keep, cluster=day)
    y, keep, day = zip(*random.sample(table, len(table)), strict=True)
    other = dropped_report(y, keep, cluster=day)
    assert one.everyone == other.everyone
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


@given(tables)
def test_the_bias_is_the_difference_times_the_share_of_labels_dropped(table):
    y, keep, _ = zip(*table, strict=True)
    report = dropped_report(y, keep)
    if report.difference is not None:
        labelled = [
            side.n - side.unlabelled
            for side in (report.dropped, report.everyone)
        ]
        share = labelled[0] / labelled[1]
        assert report.bias == pytest.approx(-share * report.difference)


def test_a_report_survives_json():
    report = dropped_report(Y, KEEP, reasons={"all": 1 - np.array(KEEP)})
    assert json.loads(json.dumps(asdict(report)))["kept"]["n"] == 4


# Hard inputs

HARD = {
    "nothing is dropped": ([0, 1, 1], [1, 1, 1], None, None, -1, 1),
    "everything is dropped": ([0, 1, 1], [0, 0, 0], None, None, -1, 1),
    "one row": ([1], [1], None, None, -1, 1),
    "no label anywhere": ([None, NAN], [1, 0], None, None, -1, 1),
    "no label among the dropped": ([0, 1, None], [1, 1, 0], None, None, -1, 1),
    "nobody has the outcome": (
        [0] * 9,
        [1] * 6 + [0] * 3,
        None,
        0,
        -0.4,
        0.57,
    ),
    "everybody has it": ([1] * 9, [1] * 6 + [0] * 3, None, 0, -0.57, 0.4),
    "one row a side": ([0, 1], [1, 0], None, 1, -0.13, 1),
    "one cluster a side": ([0, 1] * 4, [1, 0] * 4, [7] * 8, 1, -0.42, 1),
    "all dropped in one storm": (
        [0, 0, 0, 0, 1, 1],
        [1, 1, 1, 1, 0, 0],
        [1, 2, 3, 4, 5, 5],
        1,
        -0.23,
        1,
    ),
    "two clusters, one of them with one row": (
        [0, 1] * 50 + [1],
        [1] * 50 + [0] * 51,
        [1] * 25 + [2] * 25 + [3] * 50 + [4],
        26 / 51 - 1 / 2,
        -0.66,
        0.66,
    ),
    "booleans": (
        [False, True] * 2,
        [True, True, False, False],
        None,
        0,
        -0.57,
        0.57,
    ),
}


@pytest.mark.parametrize(
    ("y", "keep", "cluster", "difference", "low", "high"),
    HARD.values(),
    ids=HARD,
)
def test_hard_inputs(y, keep, cluster, difference, low, high):
    report = dropped_report(y, keep, cluster=cluster)
    assert report.difference == pytest.approx(difference)
    assert (report.low, report.high) == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize("alpha", [1e-12, 0.5, 0.999, np.float32(0.05)])
def test_any_coverage_gives_a_finite_interval(alpha):
    day = np.arange(100) // 10
    for cluster in (None, day):
        report = counted(20, 80, 8, 20, alpha=alpha, cluster=cluster)
        assert -1 <= report.low <= report.difference <= report.high <= 1


@pytest.mark.parametrize(
    "column",
    [
        (0, 1, None, 1),
        np.array([0, 1, None, 1]),
        np.array([0, 1, NAN, 1], dtype=np.float32),
        np.ma.array([0, 1, 1, 1], mask=[0, 0, 1, 0]),
        pd.Series([0, 1, None, 1], index=[9, 8, 7, 7]),
        pd.Series([0, 1, None, 1], dtype="Int64"),
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(column):
    keep = pd.Series([True, False, True, False], index=[1, 2, 3, 4])
    expected = dropped_report([0, 1, NAN, 1], keep.tolist())
    assert dropped_report(column, keep) == expected


@pytest.mark.parametrize(
    "days",
    [
        ["mon", "mon", "tue", "tue"],
        np.array(["2013-02-08", "2013-02-09"], "M8[D]").repeat(2),
        [1, 1, "1", "1"],
        [date(2013, 2, 8)] * 2 + [date(2013, 2, 9)] * 2,
        pd.Series(["mon", "mon", "tue", "tue"], dtype="category"),
        [-1.5, -1.5, INF, INF],
    ],
    ids=lambda days: type(days).__name__,
)
def test_a_cluster_may_be_any_value_that_equals_itself(days):
    expected = dropped_report([0, 1, 1, 0], [1, 0, 1, 0], cluster=[1, 1, 2, 2])
    got = dropped_report([0, 1, 1, 0], [1, 0, 1, 0], cluster=days)
    assert got == expected


def test_a_pandas_table_of_missing_values_serves_as_reasons():
    table = pd.DataFrame(
        {"p": [1, None, 3, None], "<b>\n": [1, 2, None, None]}
    )
    report = dropped_report(
        [0, 1, 0, 1], table.notna().all(axis=1), reasons=table.isna()
    )
    assert {k: r.rows.n for k, r in report.reasons.items()} == {
        "p": 2,
        "<b>\n": 2,
    }
    assert [r.alone.n for r in report.reasons.values()] == [1, 1]
    assert report.unexplained == 0


# Errors


def reasons(**masks):
    return dropped_report(Y, KEEP, reasons=masks)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: dropped_report([], []),
            ValueError,
            "y must hold at least 1 row",
        ),
        (
            lambda: dropped_report(["0"], [1]),
            TypeError,
            "y must hold numbers, got <U",
        ),
        (
            lambda: dropped_report("01", [1]),
            ValueError,
            r"y must be one column, got \(\)",
        ),
        (
            lambda: dropped_report([[0]], [1]),
            ValueError,
            r"y must be .* \(1, 1\)",
        ),
        (
            lambda: dropped_report([0.5], [1]),
            ValueError,
            "y must hold 0 and 1, got 0.5",
        ),
        (
            lambda: dropped_report([-1], [1]),
            ValueError,
            "y must hold 0 and 1, got -1.0",
        ),
        (
            lambda: dropped_report([INF], [1]),
            ValueError,
            "y must hold 0 and 1, got inf",
        ),
        (
            lambda: dropped_report([1j], [1]),
            TypeError,
            "y must hold numbers, got compl",
        ),
        (
            lambda: dropped_report([Decimal(1)], [1]),
            TypeError,
            "y must hold numbers",
        ),
        (
            lambda: dropped_report([datetime(2013, 1, 1, tzinfo=UTC)], [1]),
            TypeError,
            "y must hold numbers, got object",
        ),
        (
            lambda: dropped_report(
                pd.Series([True, None], dtype="boolean"), KEEP
            ),
            TypeError,
            "y must hold numbers, got object",
        ),
        (
            lambda: dropped_report(Y, [0, 4, 5]),
            ValueError,
            "keep_mask must hold 0 and 1, got 4.0",
        ),
        (
            lambda: dropped_report(Y, [1, 0]),
            ValueError,
            "keep_mask must be as long as y, 8 rows, got 2",
        ),
        (
            lambda: dropped_report([0, 1], [1, None]),
            ValueError,
            "keep_mask must not be missing, got nan",
        ),
        (
            lambda: dropped_report(Y, ["keep"] * 8),
            TypeError,
            "keep_mask must hold num",
        ),
        (
            lambda: reasons(p=[1] * 8),
            ValueError,
            r"reasons\['p'\] must mark dropped rows only, got 4 kept rows",
        ),
        (
            lambda: reasons(p=[1]),
            ValueError,
            r"reasons\['p'\] must be as long as y, 8 rows, got 1",
        ),
        (
            lambda: reasons(p=["x"] * 8),
            TypeError,
            r"reasons\['p'\] must hold num",
        ),
        (
            lambda: dropped_report(Y, KEEP, reasons={"<b>\n": [2] * 8}),
            ValueError,
            r"reasons\['<b>\\n'\] must hold 0 and 1, got 2.0",
        ),
        (
            lambda: dropped_report(Y, KEEP, reasons={3: [0] * 8}),
            TypeError,
            "reasons must be named by text, got 3",
        ),
        (
            lambda: dropped_report(Y, KEEP, reasons=["p"]),
            TypeError,
            r"reasons must map names to masks, got \['p'\]",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=[1]),
            ValueError,
            "cluster must be as long as y, 8 rows, got 1",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=[1] * 7 + [None]),
            ValueError,
            r"cluster must not be missing, got \[None\]",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=["a"] * 7 + [NAN]),
            ValueError,
            "cluster must not be missing, got",
        ),
        (
            lambda: dropped_report(
                Y, KEEP, cluster=np.array(["NaT"] * 8, "M8[D]")
            ),
            ValueError,
            "cluster must not be missing, got",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=[[1], [1, 2]] * 4),
            TypeError,
            "cluster must hold plain values: unhashable type",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=np.ones((4, 2))),
            ValueError,
            r"cluster must be one column, got \(4, 2\)",
        ),
        (
            lambda: dropped_report(Y, KEEP, cluster=7),
            ValueError,
            r"cluster must be one column, got \(\)",
        ),
        (
            lambda: dropped_report(Y, KEEP, alpha=0),
            ValueError,
            "alpha .* got 0",
        ),
        (
            lambda: dropped_report(Y, KEEP, alpha=1),
            ValueError,
            "alpha .* got 1",
        ),
        (
            lambda: dropped_report(Y, KEEP, alpha=NAN),
            ValueError,
            "alpha .* got nan",
        ),
        (
            lambda: dropped_report(Y, KEEP, alpha="1"),
            TypeError,
            "alpha .* got '1'",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.one_of(
    st.floats(),
    st.integers(-1, 2),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), Decimal("0.5")]),
    st.sampled_from([None, True, "1", "nan", b"1", 1j, pd.NA, pd.NaT]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), np.float32(0.1)]),
)
columns = st.one_of(
    things,
    st.lists(things, min_size=2, max_size=2),
    st.lists(st.integers(0, 1) | st.none(), min_size=2, max_size=2),
    st.lists(things, max_size=3).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
)


@settings(max_examples=60)
@given(columns, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, thing
):
    y, keep = [0, 1], [1, 0]
    calls = {
        "y": lambda: dropped_report(column, keep),
        "keep_mask": lambda: dropped_report(y, column),
        "reasons": lambda: dropped_report(y, keep, reasons={"r": column}),
        "reasons must": lambda: dropped_report(y, keep, reasons=column),
        "cluster": lambda: dropped_report(y, keep, cluster=column),
        "alpha": lambda: dropped_report(y, keep, alpha=thing),
    }
    for name, call in calls.items():
        report, message = None, name
        try:
            report = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(f"{name}|keep_mask must be as long", message), message
        if report is not None:
            assert report.everyone.n == 2
            assert -1 <= report.low <= report.high <= 1
            json.dumps(asdict(report), allow_nan=False)


# How far the promise holds: independent rows, all pairs of counts


@pytest.mark.parametrize(
    ("n_kept", "n_dropped", "least", "most"),
    [(100, 10, 0.927, 0.984), (200, 20, 0.946, 0.970)],
)
def test_independent_rows_are_covered_about_as_often_as_asked(
    n_kept, n_dropped, least, most
):
    reports = [
        [counted(i, n_kept, j, n_dropped) for j in range(n_dropped + 1)]
        for i in range(n_kept + 1)
    ]
    low = np.array([[r.low for r in row] for row in reports])
    high = np.array([[r.high for r in row] for row in reports])
    covered = []
    for p in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5):
        for q in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7):
            weight = np.outer(
                stats.binom.pmf(range(n_kept + 1), n_kept, p),
                stats.binom.pmf(range(n_dropped + 1), n_dropped, q),
            )
            inside = (low <= q - p) & (q - p <= high)
            covered.append(weight[inside].sum())
    assert min(covered) == pytest.approx(least, abs=0.001)
    assert max(covered) == pytest.approx(most, abs=0.001)


# How far the promise holds: rows that share a storm


STORMS = {
    "days": 120,
    "rows": 40,
    "stormy": 0.35,
    "drop": (0.3, 0.02),  # on a stormy day, on a calm one
    "late": (0.25, 0.12),
    "alike": 15,  # the smaller, the more days of one kind differ
    "uneven": 0,  # the larger, the more days differ in their rows
}


def storms(rng, **changes):
    """A table of days: storms drop more rows, and more of them are late."""
    s = STORMS | changes
    storm = rng.random(s["days"]) < s["stormy"]
    drop, late = (np.where(storm, *s[name]) for name in ("drop", "late"))
    drop = np.where(storm, rng.beta(4 * drop, 4 * (1 - drop)), drop)
    late = rng.beta(s["alike"] * late, s["alike"] * (1 - late))
    rows = s["rows"] * np.ones(s["days"])
    if s["uneven"]:
        rows *= rng.lognormal(0, s["uneven"], s["days"])
    day = np.repeat(np.arange(s["days"]), 1 + rng.poisson(rows))
    return (
        rng.random(len(day)) < late[day],
        rng.random(len(day)) >= drop[day],
        day,
    )


def the_truth(**changes):
    s = STORMS | changes
    share = np.array([s["stormy"], 1 - s["stormy"]])
    drop, late = np.array(s["drop"]), np.array(s["late"])
    gone, kept = share * drop, share * (1 - drop)
    return gone @ late / gone.sum() - kept @ late / kept.sum()


def coverage(times=500, **changes):
    """Share of tables in which the truth is inside, by rows and by days."""
    rng, truth = np.random.default_rng(0), the_truth(**changes)
    found = np.zeros((times, 2), bool)
    seen = np.zeros(times, bool)
    for i in range(times):
        y, keep, day = storms(rng, **changes)
        rows, days = (dropped_report(y, keep, cluster=c) for c in (None, day))
        found[i] = [r.low <= truth <= r.high for r in (rows, days)]
        seen[i] = days.low > 0 or days.high < 0
    return *found.mean(axis=0), seen.mean()


@pytest.mark.parametrize(
    ("changes", "by_rows", "by_days"),
    [
        ({}, 0.84, 0.94),
        ({"days": 30}, 0.85, 0.96),
        ({"days": 30, "stormy": 0.1, "drop": (0.3, 0.005)}, 0.85, 0.998),
        ({"days": 10, "stormy": 0.5}, 0.87, 0.99),
        (
            {"stormy": 0.05, "drop": (0.8, 0.002), "late": (0.35, 0.12)},
            0.77,
            0.98,
        ),
        ({"days": 200, "rows": 4, "alike": 3}, 0.92, 0.96),
        ({"days": 200, "rows": 4, "alike": 3, "uneven": 1.5}, 0.62, 0.94),
        ({"late": (0.15, 0.15), "alike": 1e6}, 0.94, 0.95),
    ],
    ids=[
        "four months",
        "one month",
        "three storms a month",
        "ten days",
        "few storms drop nearly all",
        "customers with five rows",
        "customers with one row to hundreds",
        "days without an effect",
    ],
)
def test_by_days_the_truth_is_inside_as_often_as_asked(
    changes, by_rows, by_days
):
    rows, days, _ = coverage(**changes)
    assert rows == pytest.approx(by_rows, abs=0.02)
    assert days == pytest.approx(by_days, abs=0.01)


@pytest.mark.parametrize(
    ("rows", "by_rows"), [(5, 0.91), (50, 0.83), (200, 0.63)]
)
def test_the_more_rows_share_a_day_the_less_an_interval_by_rows_holds(
    rows, by_rows
):
    one, other, _ = coverage(times=200, rows=rows)
    assert one == pytest.approx(by_rows, abs=0.06)
    assert other >= 0.93


def test_four_months_show_a_difference_that_one_month_seldom_does():
    *_, four_months = coverage()
    *_, one_month = coverage(days=30)
    assert the_truth() == pytest.approx(0.080, abs=5e-4)
    assert four_months == pytest.approx(0.88, abs=0.04)
    assert one_month == pytest.approx(0.34, abs=0.05)


# The blind spot


def test_blind_spot_the_dropped_obey_another_rule_at_the_same_rate():
    # Kept rows are late when it is hot, dropped rows when it is cold.
    heat = np.arange(1_000) % 2 == 0
    keep = np.arange(1_000) % 10 < 6
    late = np.where(keep, heat, ~heat)

    report = dropped_report(late, keep)
    assert report.difference == report.bias == 0
    learned = heat  # right on every row of the clean export
    assert np.mean(learned[keep] == late[keep]) == 1
    assert np.mean(learned[~keep] == late[~keep]) == 0


def test_blind_spot_rows_that_never_reached_the_table_are_in_no_bound():
    # 50 of 100 customers left before anybody wrote down the outcome, and
    # the query that made the table joined them away.
    y = np.arange(100) < 50
    there = np.arange(100) >= 50
    report = dropped_report(y[there], np.ones(50, bool))
    assert report.everyone.highest == 0 < y.mean()
