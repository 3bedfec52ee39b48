"""Contract of snippets/flights/monitors.py."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from snippets.drift.comparator import alarm_limit, first_alarm
from snippets.drift.label_gap import label_gap
from snippets.flights.features import CARRIERS, ORIGINS
from snippets.flights.loader import Flights
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    RateTable,
    gain,
    score,
    value_per_1000,
)
from snippets.flights.monitors import (
    Monitors,
    Sliced,
    Tally,
    judge,
    lowest_looks,
    report,
    run,
    weeks,
)
from snippets.readiness.slices import slice_report


@pytest.fixture(scope="module")
def found(sample: Flights) -> Monitors:
    return run(sample)


def test_rings_in_every_week_of_loss_and_no_other_are_all_right() -> None:
    loss = np.array([True, False, True, False])
    assert judge(loss, loss) == Tally(2, 2, 1.0, 0, 0)


def test_rings_and_losses_are_counted_by_hand() -> None:
    # weeks 0 and 1 ring, weeks 1, 2 and 3 lose: one caught, one ring
    # without loss, two missed; two rings on any weeks catch 2 x 3/5
    rings = np.array([True, True, False, False, False])
    loss = np.array([False, True, True, True, False])
    assert judge(rings, loss) == Tally(3, 1, 1.2, 1, 2)


def test_may_to_december_is_35_whole_weeks(
    sample: Flights, found: Monitors
) -> None:
    production = sample.production
    days = [
        len(np.unique(production["date"][weeks(production) == week]))
        for week in range(35)
    ]
    assert days == [7] * 35
    assert found.weeks[0] == "2013-05-01"
    assert found.weeks[34] == "2013-12-25"


@pytest.mark.parametrize("keep_mean", [False, True])
def test_a_resampled_morning_looks_as_the_comparator_does(
    keep_mean: bool,
) -> None:
    """One block as long as the months: each redraw is a turn of the days."""
    daily = np.random.default_rng(2).normal(5, 40, 60)
    looks = lowest_looks(daily, 14, 60, keep_mean, redraws=40, seed=3)
    days, nothing = range(60), np.zeros(60)
    mean = 0 if keep_mean else daily.mean()
    turns = [np.roll(daily - mean, turn) for turn in days]
    lowest = [
        min(first_alarm(turn, nothing, days, limit=-2, window=14).t)
        for turn in turns
    ]
    assert all(np.isclose(lowest, look).any() for look in looks)


def test_what_the_model_earns_on_average_is_taken_out() -> None:
    daily = np.random.default_rng(4).normal(0, 1, 100)
    richer = lowest_looks(daily + 1000, 14, redraws=50)
    assert lowest_looks(daily, 14, redraws=50) == pytest.approx(richer)


def test_what_the_model_earns_on_average_can_be_kept() -> None:
    daily = np.random.default_rng(4).normal(0, 1, 100)
    kept = lowest_looks(daily + 9, 14, keep_mean=True, redraws=50)
    assert kept.min() > 0


def test_below_minus_two_rings_most_months_with_nothing_wrong() -> None:
    """Four times 245 bell-shaped days, each resampled 500 times."""
    lowest = np.concatenate(
        [
            lowest_looks(
                np.random.default_rng(i).standard_normal(245), 14, redraws=500
            )
            for i in range(4)
        ]
    )
    limit = alarm_limit(232, phi=0, window=14)
    assert (lowest < -2).mean() > 0.8
    assert 0.02 < (lowest < limit).mean() < 0.08


def test_most_of_the_sample_s_days_ring_by_luck_too(found: Monitors) -> None:
    """Weeks drawn whole keep some of the real loss, and ring more often."""
    for looks in found.watch.values():
        assert min(looks["comparator"].by_luck.values()) > 0.6
        for key in ("comparator_14", "comparator_28"):
            assert looks[key].by_luck["days"] < 0.06
            assert looks[key].by_luck["weeks"] < 0.25


def test_a_limit_for_days_that_follow_each_other_is_lower(
    found: Monitors,
) -> None:
    for model, looks in found.watch.items():
        for key in ("comparator_14", "comparator_28"):
            plain, lag = looks[key], looks[f"{key}_lag"]
            assert (plain.phi, lag.phi) == (0, found.lag1[model])
            assert plain.limit is not None
            assert lag.limit is not None
            assert lag.limit < plain.limit
            assert lag.in_alarm <= plain.in_alarm


def test_the_good_model_s_lead_keeps_most_limits_quiet(
    found: Monitors,
) -> None:
    """On all flights -2 rings in 2 to 5 %; the sample's days are noisier."""
    looks = found.watch["hardened"]
    kept = looks["comparator"].mean_kept
    assert 0.1 < kept["days"] < 0.25
    assert 0.25 < kept["weeks"] < 0.4
    for key in ("comparator_14", "comparator_28", "comparator_28_lag"):
        assert max(looks[key].mean_kept.values()) < 0.01


def test_the_label_gap_of_a_morning_sees_the_28_days_before_it(
    sample: Flights, found: Monitors
) -> None:
    train, served = sample.train, sample.production
    last = served["date"] > np.datetime64("2013-12-31") - 28
    gap = label_gap(
        score(NOTEBOOK, train, served)[last],
        served.late[last],
        cluster=served["date"][last],
        alpha=0.001,
    )
    book = found.monitors["notebook"]["label_gap_28"]
    assert book.reading[34] == gap.gap
    assert book.reading[:3] == [None] * 3
    watch = found.watch["notebook"]["label_gap_28"]
    assert watch.mornings == 245 - 28 + 1
    assert watch.in_alarm > 0.5 * watch.mornings
    assert watch.limit is None
    assert not watch.by_luck


def test_from_the_onset_on_the_model_never_draws_level(
    sample: Flights, found: Monitors
) -> None:
    train, served = sample.train, sample.production
    table = RateTable.fit(train["live_late"], train.late)
    ahead = gain(served.late, score(NOTEBOOK, train, served)) - gain(
        served.late, table.predict(served["live_late"])
    )
    onset = found.onset["notebook"]
    assert onset is not None
    days, first = np.unique(served["date"], return_index=True)
    running = np.cumsum(np.add.reduceat(ahead, first))
    since = days >= np.datetime64(onset)
    assert (running[since] < 0).all()
    assert running[~since][-1] >= 0
    assert found.onset["hardened"] is None


def test_no_monitor_knows_the_weeks_after_its_own(
    sample: Flights, found: Monitors
) -> None:
    """Without December the first thirty weeks read the same."""
    shorter = run(sample.where(sample["date"] < np.datetime64("2013-11-27")))
    for model, monitors in shorter.monitors.items():
        for name, monitor in monitors.items():
            whole = found.monitors[model][name]
            assert monitor.reading == whole.reading[:30], name
            if "comparator_" not in name:  # fewer mornings, another limit
                assert monitor.rings == [w for w in whole.rings if w < 30]
    for model, by in shorter.slices.items():
        for against, sliced in by.items():
            longer = found.slices[model][against].weekly
            for rule, handover in sliced.weekly.items():
                if rule != "holm_looks":  # fewer looks, another limit
                    early = {
                        k: morning
                        for k, morning in longer[rule].first.items()
                        if morning < "2013-11-27"
                    }
                    assert handover.first == early, rule


def test_a_comparator_has_no_reading_before_its_window_is_full(
    found: Monitors,
) -> None:
    reading = found.monitors["notebook"]["comparator"].reading
    assert [week for week, x in enumerate(reading) if x is None] == [0]
    assert found.watch["notebook"]["comparator"].mornings == 245 - 14 + 1


def test_temperature_rings_in_training_too(found: Monitors) -> None:
    assert found.inputs.training_weeks == 17
    assert found.inputs.training_weeks_above == 17
    assert found.monitors["notebook"]["temperature"].weeks_in_alarm >= 33


def test_columns_of_the_calendar_do_not_count(found: Monitors) -> None:
    """15 of the notebook's 18 columns can ring, 9 of the hardened model's."""
    book = found.monitors["notebook"]["columns"].reading
    assert max(x for x in book if x is not None) <= 15
    quiet = found.inputs.columns_training_weeks
    assert quiet["notebook"] == 17
    assert quiet["hardened"] < 9
    assert found.monitors["hardened"]["columns"].weeks_in_alarm > 25


def test_the_sample_tells_the_story_of_all_flights(found: Monitors) -> None:
    book = found.monitors["notebook"]
    assert abs(book["score_psi"].rank_behind) < 0.35
    assert book["label_gap"].rank_behind > 0.7
    assert book["late_rate"].rank_money < -0.8
    gap = book["label_gap"].behind
    assert gap.caught > gap.by_chance + 3
    first = found.watch["notebook"]["comparator"].first
    assert first is not None
    assert first[:7] == "2013-06"


def test_only_the_comparator_leaves_the_good_model_in_service(
    found: Monitors,
) -> None:
    for name, monitor in found.monitors["hardened"].items():
        assert (monitor.change == 0) == name.startswith("comparator"), name
    for name, monitor in found.monitors["notebook"].items():
        if name != "pressure_missing":  # one ring, after the losses
            assert monitor.change > 10, name
            gained = monitor.switched - found.value["notebook"]
            assert monitor.change == pytest.approx(gained)


def every(found: Monitors) -> list[tuple[str, str, Sliced]]:
    return [
        (model, against, sliced)
        for model, by in found.slices.items()
        for against, sliced in by.items()
    ]


def test_a_slice_is_handed_over_once_the_days_before_show_it(
    sample: Flights, found: Monitors
) -> None:
    """The look before the first morning names AA at LGA, the earlier not."""
    train, served = sample.train, sample.production
    table = RateTable.fit(train["live_late"], train.late)
    ahead = gain(served.late, score(NOTEBOOK, train, served)) - gain(
        served.late, table.predict(served["live_late"])
    )
    cell = np.array([f"{c}_{o}" for c in CARRIERS for o in ORIGINS])[
        served["carrier"] * 3 + served["origin"]
    ]
    first = np.datetime64(
        found.slices["notebook"]["table"].weekly["holm"].first["AA_LGA"]
    )
    for morning, verdict in (first, "worse"), (first - 7, "unclear"):
        seen = served["date"] < morning
        look = slice_report(
            ahead[seen],
            {"cell": cell[seen]},
            cluster=served["date"][seen],
            against=0.0,
        )
        by_name = {s.where["cell"]: s.verdict for s in look}
        assert by_name["AA_LGA"] == verdict


def test_handing_over_is_worth_what_the_table_earns_from_then_on(
    sample: Flights, found: Monitors
) -> None:
    train, served = sample.train, sample.production
    table = RateTable.fit(train["live_late"], train.late)
    own = gain(served.late, score(NOTEBOOK, train, served))
    beside = gain(served.late, table.predict(served["live_late"]))
    handover = found.slices["notebook"]["table"].weekly["holm"]
    change, hurt = 0.0, 0
    for name, morning in handover.first.items():
        carrier, origin = name.split("_")
        given = (
            (served["carrier"] == CARRIERS.index(carrier))
            & (served["origin"] == ORIGINS.index(origin))
            & (served["date"] >= np.datetime64(morning))
        )
        gained = float((beside - own)[given].sum())
        change, hurt = change + gained, hurt + (gained < 0)
    assert handover.change == pytest.approx(1000 * change / len(own))
    assert handover.value == pytest.approx(
        found.value["notebook"] + handover.change
    )
    assert (handover.slices, handover.hurt) == (len(handover.first), hurt)


def test_every_slice_is_judged_or_too_small(
    sample: Flights, found: Monitors
) -> None:
    train, served = sample.train, sample.production
    for _, _, sliced in every(found):
        for when, part, judged in (
            ("before", train, sliced.before),
            ("after", served, sliced.after),
        ):
            cells = len(np.unique(part["carrier"] * 3 + part["origin"]))
            assert cells == len(judged) + sliced.too_small[when]
            assert min(s.n for s in judged.values()) >= 300


def test_a_stricter_rule_hands_over_less_and_later(found: Monitors) -> None:
    for _, _, sliced in every(found):
        rules = ("behind", "alone", "holm", "holm_looks")
        for milder, stricter in pairwise(rules):
            early = sliced.weekly[milder].first
            for name, morning in sliced.weekly[stricter].first.items():
                assert early[name] <= morning


def test_no_look_before_release_names_american_at_laguardia(
    found: Monitors,
) -> None:
    for model, against, sliced in every(found):
        assert sliced.before["AA_LGA"].verdict == "unclear"
        if (model, against) == ("notebook", "table"):
            assert sliced.after["AA_LGA"].verdict == "worse"
            assert sliced.after["AA_LGA"].gap < -75


def test_the_correction_costs_the_bad_model_and_spares_the_good_one(
    found: Monitors,
) -> None:
    book = found.slices["notebook"]["table"].weekly
    good = found.slices["hardened"]["table"].weekly
    costs = [book[r].value for r in ("behind", "alone", "holm", "holm_looks")]
    assert costs == sorted(costs, reverse=True)
    assert book["holm"].value < found.value["table"] - 20
    assert good["holm"].slices == good["holm_looks"].slices == 0
    assert good["behind"].change < -1


def test_in_the_morning_the_good_model_misses_most_late_flights(
    found: Monitors,
) -> None:
    recall = found.recall_by_hour
    for hour in ("06", "07", "08", "09", "10"):
        assert recall[hour].verdict == "worse"
        assert recall[hour].value < 0.2
    assert recall["20"].verdict == "better"


def test_nearly_every_label_is_in_the_next_morning(found: Monitors) -> None:
    assert 0.995 < found.labels_by_morning <= 1


def test_the_report_fits_a_terminal(found: Monitors) -> None:
    assert max(map(len, report(found).splitlines())) <= 79


def test_blind_spot_model_and_table_miss_the_early_flights_together(
    sample: Flights,
) -> None:
    """Before seven neither of the two warns, so neither falls behind."""
    train, served = sample.train, sample.production
    early = served["minute_of_day"] < 7 * 60
    late = served.late[early]
    table = RateTable.fit(train["live_late"], train.late)
    warned = score(HARDENED, train, served)[early]
    beside = table.predict(served["live_late"])[early]
    ahead = gain(late, warned) - gain(late, beside)
    assert abs(1000 * ahead.mean()) < 10
    assert value_per_1000(late, late.astype(float)) > 100
    assert (warned[late] >= 0.25).mean() < 0.05
