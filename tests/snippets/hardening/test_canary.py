"""What canary promises, by hand and in simulations, and what it cannot see."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scripts.figures import canary_stops as figure
from snippets.hardening.canary import Canary, cases_needed, in_canary

NEVER = math.inf


def run(mine, x, share, harm, alpha=0.05):
    """The first case at which each bet has won, for all runs at once."""
    runs = x.shape[1]
    sizes, purses = figure.SIZES, figure.PURSES
    loses, safe = (purses.repeat(runs, axis=1) for _ in range(2))
    control, others, squares = np.zeros((3, runs))
    stop, clear = np.full((2, runs), NEVER)
    for i, (in_it, loss) in enumerate(zip(mine, x, strict=True)):
        mean = (0.5 + control) / (1 + others)
        rate = sizes * harm * share * (1 - share) * (1 + i) / (0.25 + squares)
        gap = (loss - mean) * np.where(in_it, 1 / share, -1 / (1 - share))
        least = np.maximum(mean / share, (1 - mean) / (1 - share))
        most = np.maximum((1 - mean) / share, mean / (1 - share)) - harm
        loses *= 1 + np.minimum(rate, 0.5 / least) * gap
        safe *= 1 + np.minimum(rate, 0.5 / most) * (harm - gap)
        control += np.where(in_it, 0, loss)
        others += ~in_it
        squares += (loss - mean) ** 2
        for won, purse in ((stop, loses), (clear, safe)):
            won[(purse.sum(axis=0) >= 1 / alpha) & (won == NEVER)] = i + 1
    return stop, clear


def drawn(seed, cases, runs, share, control, canary):
    """Cases one by one, drawn into the canary at random."""
    draw = np.random.default_rng(seed)
    mine = draw.random((cases, runs)) < share
    bad = draw.random((cases, runs)) < np.where(mine, canary, control)
    return mine, bad.astype(float)


def said(canary, cases):
    """What a canary says after the last of these cases."""
    for mine, loss in cases:
        verdict = canary.update(mine, loss)
    return verdict


# Identity and hand-worked values


def test_two_cases_by_hand():
    canary = Canary(share=0.5, harm=0.2, planned=2, alpha=0.4)
    # Before any case it expects .5, with the variance .25 / (.5 * .5) = 1,
    # so the stakes are .2, .6 and .5 / .5 * .5 = .5, the most allowed: all
    # above .5 are cut. A canary case that fails: gap (1 - .5) / .5 = 1.
    canary.update(True, 1)
    assert canary.loses == pytest.approx((0.6 * 1.2, 0.3 * 1.5, 0.1 * 1.5))
    # The other bet may lose 1 - .2 = .8, so it stakes .5 / .8 at most, and
    # gains .2 - 1.
    assert canary.safe == pytest.approx(
        (0.6 * (1 - 0.16), 0.3 * (1 - 0.48), 0.1 * (1 - 0.5))
    )
    assert canary.difference == 1
    # No control yet, so it still expects .5. A control case that is fine:
    # gap (.5 - 0) / .5 = 1; variance (.25 + .25) / 2 / .25 = 1, as before.
    assert canary.update(False, 0) == "unclear"
    assert canary.loses == pytest.approx(
        (0.6 * 1.2**2, 0.3 * 1.5**2, 0.1 * 1.5**2)
    )
    assert (canary.n, canary.n_canary, canary.control) == (2, 1, 0)


def test_a_canary_that_always_fails_is_stopped_within_a_few_of_its_cases():
    canary = Canary(share=0.05, harm=0.05, planned=14_000)
    cases = [(i % 20 == 0, float(i % 20 == 0)) for i in range(400)]
    verdicts = [canary.update(*case) for case in cases]
    first = verdicts.index("stop")
    assert sum(mine for mine, _ in cases[: first + 1]) <= 8
    assert verdicts[-1] == "stop"  # it stays so


def test_nothing_goes_on_before_the_planned_size():
    canary = Canary(share=0.5, harm=0.5, planned=300)
    verdicts = [canary.update(i % 2 == 0, 0) for i in range(300)]
    assert canary.cleared
    assert set(verdicts[:-1]) == {"wait"}
    assert verdicts[-1] == "go"


def test_the_state_survives_a_restart_to_the_last_bit():
    draw = np.random.default_rng(1)
    through = Canary(share=0.1, harm=0.1, planned=500, low=-3, high=1)
    stopped = Canary(share=0.1, harm=0.1, planned=500, low=-3, high=1)
    for mine, loss in zip(
        draw.random(400) < 0.1, draw.random(400), strict=True
    ):
        through.update(mine, loss)
        stopped.update(mine, loss)
        stopped = Canary(**json.loads(json.dumps(asdict(stopped))))
    assert stopped == through


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 1), (5, 25)])
def test_the_unit_of_the_loss_does_not_matter(low, high):
    width = high - low
    plain = Canary(share=0.2, harm=0.1, planned=100)
    other = Canary(0.2, 0.1 * width, 100, low=low, high=high)
    draw = np.random.default_rng(2)
    for mine, x in zip(draw.random(200) < 0.2, draw.random(200), strict=True):
        plain.update(mine, x)
        other.update(mine, low + width * x)
    assert other.loses == pytest.approx(plain.loses)
    assert other.difference == pytest.approx(width * plain.difference)


def test_the_simulations_and_the_figure_do_what_the_class_does():
    mine, bad = drawn(3, 3_000, 2, 0.1, 0.16, 0.26)
    stop, clear = run(mine, bad, 0.1, 0.05)
    won = figure.wagered(mine, bad.astype(bool))
    for r in range(2):
        canary = Canary(share=0.1, harm=0.05, planned=1)
        for i in range(3_000):
            canary.update(mine[i, r], bad[i, r])
            assert canary.stopped == (stop[r] <= i + 1)
            assert canary.cleared == (clear[r] <= i + 1)
        assert won[:, r].argmax() + 1 == stop[r]


# The number of cases


@pytest.mark.parametrize(
    ("share", "sizes"),
    [
        (0.01, (1_422_681, 372_055, 66_910, 19_400)),
        (0.05, (296_517, 77_545, 13_946, 4_044)),
        (0.20, (88_029, 23_021, 4_141, 1_201)),
        (0.50, (56_339, 14_734, 2_650, 769)),
    ],
)
def test_the_table_of_cases_on_the_page(share, sizes):
    harms = (0.01, 0.02, 0.05, 0.1)
    spread = [((0.16 + h) * (0.84 - h)) ** 0.5 for h in harms]
    needed = [
        cases_needed(share, h, s) for h, s in zip(harms, spread, strict=True)
    ]
    assert needed == list(sizes)


def test_looking_after_every_case_costs_six_tenths_more_than_one_look():
    # One look: (z of 95 % + z of 80 %) ** 2, in the same unit.
    once = (stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) ** 2
    here = cases_needed(0.5, 0.001, 0.5) * 0.25 * (0.001 / 0.5) ** 2
    assert here / once == pytest.approx(1.61, abs=0.01)


def test_the_chance_that_it_rests_on_is_that_of_a_random_walk():
    # 20,000 walks with drift 1/2 and variance 1 per unit of time, in small
    # steps, against the wall -log(.05) - log(.6) = 3.51 by time 9.98.
    steps, walks, until = 800, 4_000, 9.982
    draw = np.random.default_rng(4)
    walk, hit = np.zeros(walks), np.zeros(walks, bool)
    for _ in range(steps):
        walk += until / steps / 2
        walk += draw.normal(0, (until / steps) ** 0.5, walks)
        hit |= walk >= 3.506 - 0.583 * (until / steps) ** 0.5
    assert hit.mean() == pytest.approx(0.8, abs=0.02)


def test_the_flights_on_the_page():
    # What a flight brings is 3, -1 or 0, so value and share acted on give
    # the spread. A worthless release is worth 20 per 1,000.
    root = Path(__file__).parents[3]
    results = root / "snippets/flights/results"
    models = json.loads((results / "models.json").read_text("utf-8"))
    worthless = json.loads((results / "leak.json").read_text("utf-8"))
    left = worthless["served"]["value"]["value"] / 1_000
    days = {}
    for name in ("notebook", "hardened"):
        value = models[name]["value"]["value"] / 1_000
        acted = models[name]["acted_on"]
        right = (value + acted) / 4
        spread = (9 * right + (acted - right) - value**2) ** 0.5
        per_day = 221_871 / 245
        days[name] = [
            cases_needed(share, value - left, spread) / per_day
            for share in (0.05, 0.2, 0.5)
        ]
    assert days["notebook"] == pytest.approx([159, 47, 30], abs=1)
    assert days["hardened"] == pytest.approx([12.7, 3.8, 2.4], abs=0.1)


# Error rates


@pytest.fixture(scope="module")
def twentieth():
    """Equal, harmful and ruinous canaries of 5 %, to half over the plan."""
    found = {}
    for name, canary in (("equal", 0.16), ("harm", 0.21), ("ruin", 0.31)):
        mine, bad = drawn(5, 13_946, 250, 0.05, 0.16, canary)
        found[name] = run(mine, bad, 0.05, 0.05)
    return found


def test_an_equal_canary_is_seldom_ever_stopped(twentieth):
    stop, clear = twentieth["equal"]
    assert np.mean(stop < NEVER) == pytest.approx(0.04, abs=0.025)
    goes = (clear < NEVER) & (stop == NEVER)
    assert np.mean(goes) == pytest.approx(0.79, abs=0.05)


def test_a_harmful_canary_is_stopped_as_planned(twentieth):
    stop, clear = twentieth["harm"]
    assert np.mean(stop < NEVER) == pytest.approx(0.85, abs=0.05)
    assert np.median(stop) == pytest.approx(6_300, rel=0.1)
    assert np.mean((clear < NEVER) & (stop == NEVER)) < 0.05
    stop, clear = twentieth["ruin"]
    assert np.median(stop) == pytest.approx(1_000, rel=0.15)
    assert not np.any((clear < NEVER) & (stop == NEVER))


@pytest.mark.parametrize("world", ["storms", "season", "both"])
def test_storms_and_seasons_do_not_raise_the_rate_of_false_stops(world):
    draw = np.random.default_rng(6)
    cases, runs = 4_000, 400
    rate = np.full((cases, runs), 0.16)
    if world != "storms":  # from .04 to .28
        rate = np.linspace(0.04, 0.28, cases)[:, None] * np.ones(runs)
    if world != "season":  # 50 cases in a row share their luck
        luck = np.where(draw.random((cases // 50, runs)) < 0.2, 4.0, 0.25)
        rate = np.clip(rate * luck.repeat(50, axis=0), 0, 1)
    mine, bad = drawn(7, cases, runs, 0.2, rate, rate)
    stop, _ = run(mine, bad, 0.2, 0.05)
    assert np.mean(stop < NEVER) <= 0.05 + 0.02  # 2 errors of 400 runs


def test_rare_failures_keep_the_promise_and_the_plan():
    size = cases_needed(0.1, 0.02, (0.03 * 0.97) ** 0.5)
    equal = run(*drawn(8, size, 300, 0.1, 0.01, 0.01), 0.1, 0.02)
    harm = run(*drawn(9, size, 300, 0.1, 0.01, 0.03), 0.1, 0.02)
    assert np.mean(equal[0] < NEVER) <= 0.05
    assert np.mean(equal[1] < NEVER) > 0.8
    assert np.mean(harm[0] < NEVER) > 0.8


@pytest.mark.parametrize(("real", "seen"), [(1, 0.04), (0.5, 1), (2, 1)])
def test_a_share_that_was_kept_is_seldom_called_broken(real, seen):
    draw = np.random.default_rng(13)
    mine = draw.random((4_000, 1_500)) < 0.05 * real
    held = 0
    for q in (0.8, 1.25):
        step = np.where(mine, q, (1 - 0.05 * q) / 0.95)
        held = held + 0.5 * step.cumprod(axis=0)
    assert np.mean((held >= 20).any(axis=0)) == pytest.approx(seen, abs=0.01)


def test_the_rates_on_the_page_and_in_the_figure():
    quiet, moved = figure.shares(0.0), figure.shares(figure.HARM)
    assert quiet["bet, each case"][-1] == pytest.approx(0.026)
    assert quiet["test, each day"][-1] == pytest.approx(0.25)
    assert quiet["test, one look"][-1] == pytest.approx(0.064)
    assert moved["bet, each case"][-2:] == pytest.approx([0.592, 0.856])
    assert moved["test, one look"][-2:] == pytest.approx([0.774, 0.956])


# Who belongs to it


def test_the_share_is_kept_and_a_new_salt_draws_anew():
    keys = [str(i) for i in range(20_000)]
    a = np.array([in_canary(k, 0.05, "v7") for k in keys])
    b = np.array([in_canary(k, 0.05, "v8") for k in keys])
    assert stats.binomtest(int(a.sum()), 20_000, 0.05).pvalue > 0.01
    assert stats.binomtest(int((a & b).sum()), 20_000, 0.0025).pvalue > 0.01
    assert (
        stats.binomtest(int((a[1:] & a[:-1]).sum()), 19_999, 0.0025).pvalue
        > 0.01
    )


def test_a_canary_that_grows_keeps_its_cases():
    keys = [str(i) for i in range(5_000)]
    small = {k for k in keys if in_canary(k, 0.05, "v7")}
    assert small < {k for k in keys if in_canary(k, 0.2, "v7")}


def test_key_and_salt_are_kept_apart():
    drawn_by = [
        [in_canary(f"b{i}", 0.5, "a") for i in range(64)],
        [in_canary(f"{i}", 0.5, "ab") for i in range(64)],
    ]
    assert drawn_by[0] != drawn_by[1]


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_text_is_a_key(key, salt):
    assert in_canary(key, 0.3, salt) is in_canary(key, 0.3, salt)


# Properties

NUMBER = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=2)
)


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {"share": NUMBER, "harm": NUMBER, "planned": NUMBER},
        optional={
            "low": NUMBER,
            "high": NUMBER,
            "alpha": NUMBER,
            "n": NUMBER,
            "drawn": st.lists(NUMBER, max_size=3),
            "control": NUMBER,
            "loses": st.lists(NUMBER, max_size=4),
        },
    ),
    NUMBER,
    NUMBER,
)
def test_any_input_gives_a_verdict_or_an_error_by_name(fields, mine, loss):
    message = "share"
    try:
        verdict = Canary(**fields).update(mine, loss)
        assert verdict in ("stop", "wait", "go", "unclear")
    except (TypeError, ValueError) as error:
        message = str(error)
    assert message.startswith((*fields, "in_canary", "loss", "high"))


@settings(max_examples=100)
@given(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER)
def test_any_plan_gives_a_size_or_an_error_by_name(a, b, c, d, e):
    message = "share"
    try:
        assert cases_needed(a, b, c, alpha=d, power=e) >= 1
    except (TypeError, ValueError) as error:
        message = str(error)
    names = ("share", "harm", "spread", "alpha", "power")
    assert message.startswith(names)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.floats(-2, 7)), max_size=60))
def test_no_purse_is_ever_below_zero_or_not_a_number(cases):
    canary = Canary(share=0.01, harm=8.9, planned=1, low=-2, high=7)
    for mine, loss in cases:
        canary.update(mine, loss)
        assert all(0 < held < NEVER for held in canary.loses + canary.safe)


# Hard inputs


@pytest.mark.parametrize(
    ("mine", "loss"),
    [
        (np.True_, np.float64(1)),
        (np.False_, np.int64(0)),
        (True, np.float32(0.5)),
        (False, True),
    ],
)
def test_numpy_and_booleans_count(mine, loss):
    assert Canary(0.5, 0.2, 9).update(mine, loss) == "wait"


def test_a_canary_that_gets_no_cases_is_broken_and_never_goes_on():
    canary = Canary(share=0.05, harm=0.05, planned=100)
    verdicts = [canary.update(False, i % 5 == 0) for i in range(3_000)]
    assert canary.cleared  # by control cases alone
    assert verdicts.index("broken") == 352
    assert set(verdicts) == {"wait", "broken"}


def test_a_bet_that_wins_for_ever_does_not_overflow():
    canary = Canary(share=0.5, harm=0.9, planned=1)
    for i in range(6_000):
        canary.update(i % 2 == 0, float(i % 2 == 0))
    assert math.isfinite(sum(canary.loses))
    assert Canary(**asdict(canary)).verdict == "stop"


# Bad input

GOOD = {"share": 0.05, "harm": 0.05, "planned": 100}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"share": 0}, "share must be between 1e-09 and 1, got 0"),
        ({"share": 5e-324}, "share must be between 1e-09 and 1, got 5e-324"),
        ({"share": "5 %"}, "share must be a number, got '5 %'"),
        ({"harm": 0}, "harm must be between 0 and 1, got 0"),
        ({"harm": 2}, "harm must be between 0 and 1, got 2"),
        ({"harm": math.nan}, "harm must be between 0 and 1, got nan"),
        ({"planned": 0}, "planned must be 1 or more, got 0"),
        ({"planned": 1.5}, "planned must be a whole number, got 1.5"),
        ({"low": 1}, "high must be between 1 and 1e.100, got 1.0"),
        ({"low": -math.inf}, "low must be between -1e.100 and"),
        ({"alpha": 0.5}, "alpha must be between 0 and 0.5, got 0.5"),
        ({"alpha": 1e-200}, "alpha must be 1e-100 or more, got 1e-200"),
        ({"n": -1}, "n must be 0 or more, got -1"),
        ({"n": 3, "n_canary": 4}, "n_canary must be at most n = 3, got 4"),
        ({"control": 1}, "control must be 0 to 0, got 1"),
        ({"squares": -1}, "squares must be 0 to 0, got -1"),
        ({"loses": (1, 1)}, "loses must be like .0.6, 0.3, 0.1., got"),
        ({"n": 1, "safe": (1, 1)}, "safe must be like .0.6, 0.3, 0.1., got"),
        ({"drawn": 1}, "drawn must be numbers, got 1"),
        ({"loses": (9, 9, 9)}, "loses must be like .0.6, 0.3, 0.1., got"),
        ({"n": 1, "safe": (-1, 0, 0)}, "safe must be 0 to 1e.250, got"),
        ({"n": 1, "safe": ("1", 0, 0)}, "safe must be a number, got '1'"),
        ({"stopped": 1}, "stopped must be a boolean"),
    ],
)
def test_a_bad_field_is_named(fields, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Canary(**(GOOD | fields))


@pytest.mark.parametrize(
    ("mine", "loss", "message"),
    [
        (1, 0, "in_canary must be a boolean, got 1"),
        (None, 0, "in_canary must be a boolean, got None"),
        (True, None, "loss must be a number, got None"),
        (True, math.nan, "loss must be 0 to 1, got nan"),
        (True, 1.01, "loss must be 0 to 1, got 1.01"),
        (True, "1'; DROP TABLE log", "loss must be a number, got \"1'; DROP"),
        (True, np.ma.masked, "loss must be a number, got masked"),
    ],
)
def test_a_bad_case_is_named_and_changes_nothing(mine, loss, message):
    canary = Canary(**GOOD)
    with pytest.raises((TypeError, ValueError), match=message):
        canary.update(mine, loss)
    assert canary == Canary(**GOOD)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: in_canary(7, 0.1, "a"), "key must be text, got 7"),
        (lambda: in_canary("", 0.1, "a"), "key must not be empty, got ''"),
        (lambda: in_canary("7", 0.1, ""), "salt must not be empty"),
        (lambda: in_canary("7", 1, "a"), "share must be between 0 and 1"),
        (lambda: cases_needed(0.1, 0, 1), "harm must be between 0 and inf"),
        (lambda: cases_needed(0.1, 1, 0), "spread must be between 0 and inf"),
        (lambda: cases_needed(0.1, 1e-9, 1e9), "harm must be larger for th"),
        (
            lambda: cases_needed(0.1, 1, 1, power=0.4),
            "power must be 0.5 or more, got 0.4",
        ),
    ],
)
def test_a_bad_plan_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


# Blind spots


def test_drawn_by_customer_and_counted_by_case_the_promise_is_broken():
    # 100 customers with 40 cases each; a customer is unlucky or is not.
    draw = np.random.default_rng(10)
    runs, customers, each = 300, 100, 40
    luck = np.where(draw.random((customers, runs)) < 0.2, 0.7, 0.03)
    whole = draw.random((customers, runs)) < 0.2
    order = draw.permutation(np.arange(customers).repeat(each))
    bad = draw.random((len(order), runs)) < luck[order]
    stop, _ = run(whole[order], bad.astype(float), 0.2, 0.05)
    assert np.mean(stop < NEVER) == pytest.approx(0.29, abs=0.1)


def test_a_group_that_is_ruined_is_lost_in_the_total():
    # One case in fifty is of a kind that the canary always gets wrong.
    mine, bad = drawn(11, 14_000, 100, 0.05, 0.16, 0.16)
    kind = np.random.default_rng(12).random(bad.shape) < 0.02
    bad[mine & kind] = 1
    stop, _ = run(mine, bad, 0.05, 0.05)
    assert np.mean(stop < NEVER) == pytest.approx(0.26, abs=0.1)
