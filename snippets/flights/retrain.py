"""Chapter 11: would retraining have repaired it?

Answers: prices, month by month from May to December, what never retraining,
recalibrating, retraining by the calendar and a gate would have earned for two
models, beside a table of ten rows. Every decision uses outcomes that were in
by then. Then it breaks the outcomes from June on, in two ways, and shows what
the calendar learns, and where the gate holds and where it does not.

Does not answer: whether another year would retrain better. One year cannot
tell a season from a change for good: a model that has not seen an autumn
learns one while it passes. **The money is invented**: acting costs 1, acting
on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11, scikit-learn 1.7
Source:  snippets/flights/retrain.py
Page:    snippets/flights/retrain
Version: 1.1.1 (MIT-0)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from snippets.flights.features import ORIGINS
from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    HARDENED,
    MONTHS,
    NOTEBOOK,
    DayBootstrap,
    RateTable,
    Recipe,
    gain,
    score,
)
from snippets.flights.release import Range
from snippets.hardening.promote import due, promote
from snippets.hardening.recalibrate import apply_refresh, fit_refresh

__all__ = [
    "Gate",
    "answers",
    "early",
    "gated",
    "judge",
    "known",
    "report",
    "run",
    "twice",
]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST: Final = 5  # the month served by the model of January to April
LATER: Final = range(FIRST + 1, 13)
BROKEN: Final = 6  # the outcomes of June are the first to arrive broken
TABLE: Final = 0  # stands for the ten rows, where others are months
HOURS: Final = 2  # after scheduled departure, when `early` reads outcomes
RECOUNT: Final = 0.01  # of the late rate: a recount may differ by so much


@dataclass(frozen=True)
class Gate:
    """Limits that are written down before the first month is looked at.

    Attributes:
        margin: Points per flight below which no release is worth it.
        surprise: Points per flight above which a leak is likelier; twice the
            68 per 1,000 by which the hardened model beats the notebook's.
        gates: Gates that share one promise, 12 for a year of months.
        limit: Points per flight that one airport may lose.
        baseline: Whether it must beat the ten rows too.
    """

    margin: float = 0.01
    surprise: float = 0.136
    gates: int = 12
    limit: float = 0.05
    baseline: bool = True


LOOSE: Final = Gate(margin=0.0, gates=1, baseline=False)


@dataclass(frozen=True)
class Earned:
    """What one policy brought, May to December, points per 1,000 flights.

    Attributes:
        value: All flights.
        months: By month.
        against_never: Beyond the same model, never touched.
        against_table: Beyond the ten rows.
    """

    value: Range
    months: dict[str, Range]
    against_never: Range
    against_table: Range


@dataclass(frozen=True)
class Judged:
    """One look of the gate at one challenger, points per 1,000 flights.

    Attributes:
        month: The month that begins.
        answer: `promote`, `hold` or `ask a person`.
        doubts: What spoke against it: `gain` not shown, a `slice`, the
            `baseline` not beaten, a `surprise`, other reasons.
        gain: Challenger less champion on the month that has ended.
        low: Lower end; the promise is shared by all gates of the year.
        high: Upper end.
        detectable: The gain that four of five such gates would promote.
        after: What the challenger less the champion brought in the month
            that begins. Nobody knew it then.
    """

    month: str
    answer: str
    doubts: list[str]
    gain: float
    low: float
    high: float
    detectable: float
    after: float


@dataclass(frozen=True)
class Kept:
    """One model under each policy.

    Attributes:
        policies: By name.
        gate: Each look of the gate, if whoever is asked does not answer.
        serving: By policy with a gate, the model of each month: the month
            on whose first day it was trained, or `table`.
        back: By policy with a gate, months in which the release before was
            shown to be better, and came back.
    """

    policies: dict[str, Earned]
    gate: list[Judged]
    serving: dict[str, dict[str, str]]
    back: dict[str, list[str]]


@dataclass(frozen=True)
class Ditch:
    """The hardened model, retrained on broken outcomes.

    Attributes:
        late_rate: What the feed says of June to December, [0, 1].
        policies: `calendar`; the gate, judging by outcomes from another
            road, `gate`; by the same feed, `same feed`; and with `loose`
            limits by the same feed.
        gate: Each look of the gate by outcomes from another road.
        same_feed: Each look by the broken ones.
        asked: The answers of `due` if a recount has to agree first, July to
            December.
        claimed: Mean probability of the calendar's models by month, [0, 1].
        told: Late rate by month as the feed has it, [0, 1].
    """

    late_rate: float
    policies: dict[str, Earned]
    gate: list[Judged]
    same_feed: list[Judged]
    asked: dict[str, int]
    claimed: dict[str, float]
    told: dict[str, float]


@dataclass(frozen=True)
class Found:
    """The figures of this chapter.

    Attributes:
        late_rate: Of June to December, [0, 1].
        table: The ten rows, made in January to April and left alone.
        table_monthly: The ten rows, made again each month.
        models: By name.
        ditches: By fault.
    """

    late_rate: float
    table: Earned
    table_monthly: Earned
    models: dict[str, Kept]
    ditches: dict[str, Ditch]


def known(flights: Flights, month: int) -> Bools:
    """Which outcomes were in when a month began.

    The last day is left out, for its late flights are still in the air. Of
    all days before it, the last flight had landed.

    Args:
        flights: n of them.
        month: 1 to 12; the decision falls on the midnight before its first.

    Returns:
        shape (n,), True for a labelled flight before the last day.
    """
    first = np.datetime64(f"2013-{month:02d}-01", "D")
    before: Bools = flights.labelled & (flights["date"] < first - 1)
    return before


def twice(flights: Flights) -> Flights:
    """A feed that delivers every late flight twice, from June on."""
    again = flights.late & (flights["month"] >= BROKEN)
    return flights.take(np.repeat(np.arange(len(flights)), 1 + again))


def early(flights: Flights) -> Flights:
    """A job that reads outcomes too early, from June on.

    Whatever has not landed two hours after its scheduled departure counts
    as on time. Schedules are in local time at both ends, so a flight to the
    west counts as landed up to three hours too soon: the fault is milder
    than it would have been.
    """
    minutes = flights["block_minutes"] + flights["arr_delay"]
    gone = (flights["month"] >= BROKEN) & (minutes > 60 * HOURS)
    delay = np.where(gone & flights.late, 0.0, flights["arr_delay"])
    return Flights({**flights.columns, "arr_delay": delay})


def answers(
    recipe: Recipe,
    feed: Flights,
    served: Flights,
    earlier: Mapping[int, Floats],
) -> dict[int, Floats]:
    """Train on the first of each month on everything that was in.

    Args:
        recipe: Columns and settings.
        feed: Outcomes as they were delivered, January to December.
        served: n flights to predict.
        earlier: Month to probabilities of the models that exist already;
            training begins with the month after the last of them.

    Returns:
        Month to probabilities, shape (n,). A model must not be asked about
        flights before its month: it has learned from them.
    """
    found = dict(earlier)
    needed = {"time", "date", "month", "arr_delay", *recipe.columns}
    small = Flights({k: v for k, v in feed.columns.items() if k in needed})
    x = served.matrix(recipe.columns)
    for month in range(max(earlier) + 1, 13):
        model = recipe.fit(small.where(known(small, month)))
        later = served["month"] >= month
        p = np.full(len(served), np.nan)
        with threadpool_limits(1):
            p[later] = model.predict_proba(x[later])[:, 1]
        found[month] = p
    return found


def recalibrated(p: Floats, served: Flights) -> Floats:
    """Shift all log-odds monthly, by the outcomes of the last month."""
    moved = p.copy()
    for month in LATER:
        last = (served["month"] == month - 1) & known(served, month)
        now = served["month"] == month
        shift = fit_refresh(p[last], served.late[last])
        moved[now] = apply_refresh(shift, p[now])
    return moved


def calendar(models: Mapping[int, Floats], served: Flights) -> Floats:
    """Each month is served by the model trained on its first day."""
    return _served_by({m: m for m in (FIRST, *LATER)}, models, served)


def _served_by(
    serving: Mapping[int, int], models: Mapping[int, Floats], served: Flights
) -> Floats:
    p = np.full(len(served), np.nan)
    for month, model in serving.items():
        now = served["month"] == month
        p[now] = models[model][now]
    return p


def judge(
    month: int,
    old: Floats,
    new: Floats,
    table: Floats,
    judged: Flights,
    gate: Gate,
) -> tuple[Judged, bool]:
    """Hold two sets of answers against the outcomes of the last month.

    Args:
        month: The month that begins.
        old: shape (n,), probabilities of the champion.
        new: shape (n,), of the challenger.
        table: shape (n,), of the ten rows.
        judged: n flights with their outcomes as the gate is told them.
        gate: The limits.

    Returns:
        What the gate said, with `after` still unknown; and whether nothing
        but the baseline spoke against the challenger.
    """
    rows = (judged["month"] == month - 1) & known(judged, month)
    late = judged.late[rows]
    # --8<-- [start:core]
    said = promote(
        gain(late, old[rows]),
        gain(late, new[rows]),
        judged["date"][rows],
        margin=gate.margin,
        surprise=gate.surprise,
        gates=gate.gates,
        slices={"origin": np.array(ORIGINS)[judged["origin"][rows]]},
        slice_limit=gate.limit,
        baseline=gain(late, table[rows]) if gate.baseline else None,
    )
    # --8<-- [end:core]
    words = {
        "not shown to be": "gain",
        "origin=": "slice",
        "over the baseline": "baseline",
        "a surprise": "surprise",
    }
    doubts = {
        next((w for text, w in words.items() if text in reason), "other")
        for reason in said.reasons
        if "all limits kept" not in reason
    }
    ends = (said.gain.low, said.gain.high, said.detectable)
    low, high, least = (np.nan if x is None else 1000 * x for x in ends)
    look = Judged(
        month=MONTHS[month - FIRST],
        answer=said.answer,
        doubts=sorted(doubts),
        gain=1000 * said.gain.gain,
        low=low,
        high=high,
        detectable=least,
        after=np.nan,
    )
    return look, doubts == {"baseline"}


def gated(
    models: Mapping[int, Floats],
    served: Flights,
    gate: Gate,
    asked: Literal["waits", "signs", "takes the table"] = "waits",
    told: Flights | None = None,
) -> tuple[dict[int, int], list[Judged], list[int]]:
    """Walk through the months with a gate.

    The challenger of a month is the model that the calendar would have begun
    to serve a month ago, so the month that has ended is later than all that
    either side has learned from. Before it is judged, the release before has
    a chance to come back: if it is shown to be better, it does.

    Args:
        models: What `answers` returns, with the ten rows as `TABLE`.
        served: Flights with what came of them.
        gate: The limits.
        asked: What the owner does where nothing but the baseline is in the
            way: nothing, sign, or let the ten rows take over.
        told: The served flights as the gate is told of them, with their row
            number in `row`; the truth if left out.

    Returns:
        The model that serves each month, each look at a challenger, and the
        months in which the release before came back.
    """
    judged = served if told is None else told
    row = np.arange(len(served)) if told is None else told["row"]
    champion, before, back = FIRST, FIRST, list[int]()
    serving, looks = {FIRST: FIRST, FIRST + 1: FIRST}, list[Judged]()
    late, table = served.late, models[TABLE][row]

    def look(month: int, old: int, new: int) -> tuple[Judged, bool]:
        sides = models[old][row], models[new][row]
        return judge(month, *sides, table, judged, gate)

    for month in range(FIRST + 2, 13):
        if before != champion:
            again, _ = look(month, champion, before)
            if again.answer == "promote":
                champion = before
                back.append(month)
        new = month - 1
        seen, only_the_table = look(month, champion, new)
        now = served["month"] == month
        both = (gain(late[now], models[m][now]) for m in (new, champion))
        ahead = float(np.subtract(*both).mean())
        looks.append(Judged(**{**vars(seen), "after": 1000 * ahead}))
        passes = seen.answer == "promote"
        if seen.answer == "ask a person" and only_the_table:
            passes = passes or asked == "signs"
            if asked == "takes the table" and champion != TABLE:
                before, champion = champion, TABLE
        if passes:
            before, champion = champion, new
        serving[month] = champion
    return serving, looks, back


@dataclass(frozen=True, eq=False)
class _Prices:
    """Values the answers of a policy on the flights that were served."""

    served: Flights
    days: DayBootstrap
    table: Floats

    def __call__(self, p: Floats, never: Floats) -> Earned:
        served = self.served
        points = gain(served.late, p)
        months = {
            name: served["month"] == FIRST + i for i, name in enumerate(MONTHS)
        }
        return Earned(
            value=self._range(points),
            months={k: self._range(points, now) for k, now in months.items()},
            against_never=self._range(points - gain(served.late, never)),
            against_table=self._range(points - gain(served.late, self.table)),
        )

    def _range(self, points: Floats, keep: Bools | None = None) -> Range:
        mean = float(points.mean() if keep is None else points[keep].mean())
        return Range(1000 * mean, *self.days.interval(points, keep))


def _kept(models: dict[int, Floats], served: Flights, price: _Prices) -> Kept:
    """One model under each policy."""
    never = models[FIRST]
    policies = {
        "never": never,
        "recalibrated": recalibrated(never, served),
        "calendar": calendar(models, served),
    }
    walks = {
        "gate": gated(models, served, Gate()),
        "gate signed": gated(models, served, Gate(), "signs"),
        "gate table": gated(models, served, Gate(), "takes the table"),
        "loose gate": gated(models, served, LOOSE),
    }
    for name, (serving, _, _) in walks.items():
        policies[name] = _served_by(serving, models, served)
    return Kept(
        policies={name: price(p, never) for name, p in policies.items()},
        gate=walks["gate"][1],
        serving={name: _named(walk[0]) for name, walk in walks.items()},
        back={
            name: [MONTHS[m - FIRST] for m in walk[2]]
            for name, walk in walks.items()
        },
    )


def _named(serving: Mapping[int, int]) -> dict[str, str]:
    """Months as words."""
    return {
        MONTHS[month - FIRST]: (
            "table" if model == TABLE else MONTHS[model - FIRST]
        )
        for month, model in serving.items()
    }


def _ditch(
    models: dict[int, Floats],
    feed: Flights,
    served: Flights,
    price: _Prices,
) -> Ditch:
    """The hardened model on broken outcomes."""
    never, monthly = models[FIRST], calendar(models, served)
    told = feed.where(feed.labelled & (feed["month"] >= FIRST))
    since = told["month"] >= BROKEN
    clean, looks, _ = gated(models, served, Gate())
    same, misled, _ = gated(models, served, Gate(), told=told)
    loose, _, _ = gated(models, served, LOOSE, told=told)
    policies = {
        "calendar": monthly,
        "gate": _served_by(clean, models, served),
        "same feed": _served_by(same, models, served),
        "loose same feed": _served_by(loose, models, served),
    }
    asked = Counter[str]()
    for month in range(BROKEN + 1, 13):
        rates = [
            side.late[side["month"] == month - 1].mean()
            for side in (told, served)
        ]
        asked[
            due(
                datetime(2013, month, 1, tzinfo=UTC),
                datetime(2013, FIRST, 1, tzinfo=UTC),
                max_age=timedelta(days=28),
                rings={"calendar": True},
                broken={"recount": abs(rates[0] - rates[1]) > RECOUNT},
                new_cases=int((told["month"] == month - 1).sum()),
                min_cases=1_000,
            ).answer
        ] += 1
    return Ditch(
        late_rate=float(told.late[since].mean()),
        policies={name: price(p, never) for name, p in policies.items()},
        gate=looks,
        same_feed=misled,
        asked=dict(asked),
        claimed=_monthly(monthly, served),
        told=_monthly(told.late, told),
    )


def _monthly(x: Floats | Bools, flights: Flights) -> dict[str, float]:
    """The mean by month, May to December."""
    return {
        name: float(x[flights["month"] == FIRST + i].mean())
        for i, name in enumerate(MONTHS)
    }


def run(flights: Flights) -> Found:
    """Serve May to December under each policy.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    train, served = flights.train, flights.production
    x, live = served["live_late"], flights["live_late"]
    ten = RateTable.fit(train["live_late"], train.late).predict(x)
    remade = {FIRST: ten}
    for month in LATER:
        rows = known(flights, month)
        table = RateTable.fit(live[rows], flights.late[rows])
        remade[month] = table.predict(x)
    price = _Prices(served, DayBootstrap(served["date"]), ten)
    everybody = Flights({**flights.columns, "row": _places(flights)})
    models, ditches = {}, {}
    for recipe in (NOTEBOOK, HARDENED):
        start = {TABLE: ten, FIRST: score(recipe, train, served)}
        made = answers(recipe, flights, served, start)
        models[recipe.name] = _kept(made, served, price)
    healthy = {m: made[m] for m in (TABLE, FIRST, BROKEN)}
    for name, broken in ("twice", twice), ("early", early):
        feed = broken(everybody)
        made = answers(HARDENED, feed, served, healthy)
        ditches[name] = _ditch(made, feed, served, price)
    return Found(
        late_rate=float(served.late[served["month"] >= BROKEN].mean()),
        table=price(ten, ten),
        table_monthly=price(calendar(remade, served), ten),
        models=models,
        ditches=ditches,
    )


def _places(flights: Flights) -> Ints:
    """Row of each flight among the served ones; -1 for all others."""
    use = flights.labelled & (flights["month"] >= FIRST)
    return np.where(use, np.cumsum(use) - 1, -1)


def report(found: Found) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    head = "".join(f"{name:>5}" for name in MONTHS)
    lines = [f"{'Points per 1,000':20}{head}    all"]
    lines.append(_row("ten rows", found.table))
    lines.append(_row("ten rows, monthly", found.table_monthly))
    for name, kept in found.models.items():
        lines += ["", name]
        lines += [_row("  " + k, one) for k, one in kept.policies.items()]
        lines.append("  beyond never")
        for k, one in kept.policies.items():
            if k != "never":
                lines.append(f"    {k:<15}{_range(one.against_never)}")
        lines += _looks(kept.gate)
        lines.append("  serving: the model trained on the first of ...")
        for k, months in kept.serving.items():
            row = "".join(f"{model:>6}" for model in months.values())
            lines.append(f"    {k:<18}{row}")
        returned = [
            f"{k} in {', '.join(m)}" for k, m in kept.back.items() if m
        ]
        lines.append(f"  back: {'; '.join(returned) or 'never'}")
    for name, ditch in found.ditches.items():
        lines += [
            "",
            f"hardened, outcomes {name}: {ditch.late_rate:.1%} late since "
            f"June, in truth {found.late_rate:.1%}",
        ]
        lines += [_row("  " + k, one) for k, one in ditch.policies.items()]
        for word, rates in ("claimed", ditch.claimed), ("told", ditch.told):
            row = "".join(f"{100 * x:5.1f}" for x in rates.values())
            lines.append(f"  {word + ' late, %':18}{row}")
        lines += ["  judged by outcomes from another road"]
        lines += _looks(ditch.gate)
        lines += ["  judged by the same feed"]
        lines += _looks(ditch.same_feed)
        words = ", ".join(f"{n} x {word}" for word, n in ditch.asked.items())
        lines.append(f"  due, with a recount: {words}")
    return "\n".join(lines)


def _row(name: str, earned: Earned) -> str:
    months = "".join(f"{round(m.value):5}" for m in earned.months.values())
    return f"{name:20}{months}  {_range(earned.value)}"


def _range(r: Range) -> str:
    value, low, high = (round(x) for x in (r.value, r.low, r.high))
    return f"{value:3} [{low}, {high}]"


def _looks(looks: list[Judged]) -> list[str]:
    lines = [f"    {'gate':17}{'gain':18}{'after':>5}  in its way"]
    for j in looks:
        gain = " " + _range(Range(j.gain, j.low, j.high))
        doubts = ", ".join(j.doubts)
        said = f"{j.month} {j.answer:<13}{gain:<18}{round(j.after):5}"
        lines.append(f"    {said}  {doubts}".rstrip())
    return lines


if __name__ == "__main__":
    chapter(run, report)
