"""Chapter 1: which columns does the model read that nobody knows yet?

Answers: every column declares when it is known, counted from the moment of
the decision, and a check lists those from the future. The chapter then prices
what each of them was worth: the departure delay on the slide, the weather of
the departure hour, and a weather row in our own first hardened model.

Does not answer: whether a declaration is true. The check compares numbers a
person wrote down; only a replay of what was stored at the time proves them.
**The money is invented**: acting costs 1, acting on a truly late flight
saves 4.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/leak.py
Page:    snippets/flights/leak
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from snippets.flights.features import WEATHER
from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    SLIDE,
    Recipe,
    Score,
    measure,
    score,
    spread,
)
from snippets.flights.slide import slide_split

__all__ = ["KNOWN_AT", "KnownAt", "Leak", "future_columns", "report", "run"]


@dataclass(frozen=True)
class KnownAt:
    """When a column is known.

    Attributes:
        hours: Hours after the decision; 0 or less is known in time. Where it
            varies, the latest for a flight that keeps to its schedule.
        why: What the number rests on.
    """

    hours: float
    why: str


_SCHEDULE = KnownAt(-168.0, "schedules are published weeks ahead")
_COUNTED = KnownAt(0.0, "counted at the moment of the decision")
_ROW = "is complete at minute 51"
KNOWN_AT: Final[Mapping[str, KnownAt]] = {
    **dict.fromkeys(
        (
            "month",
            "day",
            "day_of_week",
            "minute_of_day",
            "carrier",
            "origin",
            "dest",
            "distance",
            "block_minutes",
            "flight",
        ),
        _SCHEDULE,
    ),
    **dict.fromkeys(("live_delay", "live_late", "live_wait"), _COUNTED),
    # A flight due at 10:00 is decided at 08:00. The row called 10 is
    # complete at 10:51, the row called 08 at 08:51, the row called 07 at
    # 07:51.
    **{w: KnownAt(2.85, f"the departure hour {_ROW}") for w in WEATHER},
    **{f"{w}_2h": KnownAt(0.85, f"that hour {_ROW}") for w in WEATHER},
    **{f"{w}_3h": KnownAt(-0.15, f"that hour {_ROW}") for w in WEATHER},
    "dep_delay": KnownAt(2.0, "known when the flight leaves, or later"),
    "arr_delay": KnownAt(2.5, "known when the flight lands: the label"),
}
FIRST_HARDENED: Final = replace(
    HARDENED,
    name="first_hardened",
    columns=tuple(name.replace("_3h", "_2h") for name in HARDENED.columns),
)
OLD_WEATHER: Final = replace(
    NOTEBOOK,
    name="old_weather",
    columns=tuple(
        f"{name}_3h" if name in WEATHER else name for name in NOTEBOOK.columns
    ),
)


@dataclass(frozen=True)
class Weather:
    """One model with weather from the future, and with weather in time.

    Attributes:
        future: May to December, with the rows it should not have.
        in_time: Trained and measured again with rows complete in time.
        future_seeds: Lowest and highest figures over several fits.
        in_time_seeds: The same with rows in time.
    """

    future: Score
    in_time: Score
    future_seeds: dict[str, float]
    in_time_seeds: dict[str, float]


@dataclass(frozen=True)
class Leak:
    """The figures of this chapter.

    Attributes:
        future_columns: Hours too late by column, for each model.
        do_nothing_accuracy: Accuracy of "never late", May to December.
        promised: The slide: January to April, random split.
        with_the_column: The same model from May to December, were the
            departure delay known at the decision.
        served: The same model as it is served: the column is empty.
        served_acted_on: Share of flights it then acts on, [0, 1].
        without_the_column: Trained without it: the notebook's model.
        weather_notebook: What the weather of the departure hour is worth.
        weather_hardened: What our own first draft gained from the future.
        trained_on_future_served_in_time: The notebook's model, trained on
            departure-hour weather and served with the newest complete row.
    """

    future_columns: dict[str, dict[str, float]]
    do_nothing_accuracy: float
    promised: Score
    with_the_column: Score
    served: Score
    served_acted_on: float
    without_the_column: Score
    weather_notebook: Weather
    weather_hardened: Weather
    trained_on_future_served_in_time: Score


def future_columns(
    columns: Iterable[str], known_at: Mapping[str, KnownAt] = KNOWN_AT
) -> dict[str, float]:
    """List the columns that are not known when the decision is made.

    Args:
        columns: The columns a model reads.
        known_at: What each column declares.

    Returns:
        Column to hours after the decision, above 0; empty if all is well.

    Raises:
        ValueError: A column declares nothing. Silence is not consent.

    Example:
        >>> future_columns(["origin", "dep_delay"])
        {'dep_delay': 2.0}
    """
    columns = list(columns)
    silent = [name for name in columns if name not in known_at]
    if silent:
        raise ValueError(f"{silent[0]} does not declare when it is known")
    return {
        name: known_at[name].hours
        for name in columns
        if known_at[name].hours > 0
    }


def run(flights: Flights, seeds: int = 3) -> Leak:
    """Check the declarations, and price what they forbid.

    Args:
        flights: The sample or all flights.
        seeds: Fits by which chance is told from effect, 1 or more.

    Returns:
        The figures of this chapter.
    """
    export, served = flights.train, flights.production
    trained, tested = slide_split(export)
    # --8<-- [start:core]
    nobody_knows = np.full(len(served), np.nan)
    at_decision = Flights({**served.columns, "dep_delay": nobody_knows})
    empty = score(SLIDE, export, at_decision)
    # --8<-- [end:core]
    newest = {name: served[f"{name}_3h"] for name in WEATHER}
    in_time = Flights({**served.columns, **newest})
    return Leak(
        future_columns={
            recipe.name: future_columns(recipe.columns)
            for recipe in (SLIDE, NOTEBOOK, FIRST_HARDENED, HARDENED)
        },
        do_nothing_accuracy=float((~served.late).mean()),
        promised=measure(tested, score(SLIDE, trained, tested)),
        with_the_column=_in_production(SLIDE, flights),
        served=measure(served, empty),
        served_acted_on=float((empty >= 0.25).mean()),
        without_the_column=_in_production(NOTEBOOK, flights),
        weather_notebook=_weather(NOTEBOOK, OLD_WEATHER, flights, seeds),
        weather_hardened=_weather(FIRST_HARDENED, HARDENED, flights, seeds),
        trained_on_future_served_in_time=measure(
            served, score(NOTEBOOK, export, in_time)
        ),
    )


def _in_production(recipe: Recipe, flights: Flights) -> Score:
    served = flights.production
    return measure(served, score(recipe, flights.train, served))


def _weather(
    future: Recipe, in_time: Recipe, flights: Flights, seeds: int
) -> Weather:
    export, served = flights.train, flights.production
    return Weather(
        future=_in_production(future, flights),
        in_time=_in_production(in_time, flights),
        future_seeds=spread(future, export, served, seeds),
        in_time_seeds=spread(in_time, export, served, seeds),
    )


def report(leak: Leak) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        leak: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = ["Columns from the future, in hours after the decision", ""]
    for model, late in leak.future_columns.items():
        shown = ", ".join(_named(late)) or "none"
        lines.append(f"  {model.replace('_', ' '):<16}{shown}")
    lines += ["", f"{'':<40}accuracy    AUC  value"]
    for name, made in (
        ("Promised by the slide", leak.promised),
        ("May-December, were the delay known", leak.with_the_column),
        ("May-December, as it is served", leak.served),
        ("Trained without it: the notebook", leak.without_the_column),
    ):
        lines.append(f"  {name:<38}{_figures(made)}")
    quiet = _p(leak.do_nothing_accuracy)
    lines += [
        f"  {'Doing nothing':<38}{quiet:>8}{'.500':>7}{0:>7}",
        "",
        f"{'What the weather from the future is worth':<48}   AUC  value",
    ]
    for name, made in (
        ("notebook, departure hour", leak.weather_notebook.future),
        ("notebook, newest complete row", leak.weather_notebook.in_time),
        (
            "notebook, trained on one, served the other",
            leak.trained_on_future_served_in_time,
        ),
        ("our first hardened model", leak.weather_hardened.future),
        ("hardened, newest complete row", leak.weather_hardened.in_time),
    ):
        lines.append(f"  {name:<46}{_p(made.auc):>6}{made.value.value:>7.0f}")
    lines += [
        "",
        "Chance alone, fits of the same rows that stop elsewhere",
        "",
    ]
    for name, seeds in (
        ("notebook, departure hour", leak.weather_notebook.future_seeds),
        ("notebook, newest complete row", leak.weather_notebook.in_time_seeds),
        ("our first hardened model", leak.weather_hardened.future_seeds),
        ("hardened, newest complete row", leak.weather_hardened.in_time_seeds),
    ):
        lines.append(f"  {name:<32}{_span(seeds)}")
    return "\n".join(lines)


def _named(late: Mapping[str, float]) -> list[str]:
    weather = [name for name in late if name.removesuffix("_2h") in WEATHER]
    named = [f"{n} {late[n]:+.2f}" for n in late if n not in weather]
    if weather:
        named.append(f"{len(weather)} weather columns {late[weather[0]]:+.2f}")
    return named


def _figures(made: Score) -> str:
    return f"{_p(made.accuracy):>8}{_p(made.auc):>7}{made.value.value:>7.0f}"


def _p(x: float) -> str:
    """A probability without its leading zero."""
    return f"{x:.3f}".removeprefix("0")


def _span(seeds: Mapping[str, float]) -> str:
    return (
        f"AUC {_p(seeds['auc_low'])} to {_p(seeds['auc_high'])}, "
        f"value {seeds['value_low']:.0f} to {seeds['value_high']:.0f}"
    )


if __name__ == "__main__":
    chapter(run, report)
