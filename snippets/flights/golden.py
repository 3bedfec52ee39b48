"""Chapter 4: what does a rewrite lose that the old code knew?

Answers: pins the notebook's own feature code and the predictions on top of it
as golden rows. Then it holds a clean rewrite against them, names each thing
the rewrite lost with its rows and columns, and prices it from May to
December. Last, it moves the same cell into functions, step by step, and
replays the rows after each step.

Does not answer: whether the notebook is right. What it knows, and what it
gets wrong, is pinned alike. **The money is invented**: acting costs 1, acting
on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7, pandas 2.2
Source:  snippets/flights/golden.py
Page:    snippets/flights/golden
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from snippets.flights.features import WEATHER
from snippets.flights.loader import (
    DATA,
    FLIGHT_COLUMNS,
    Flights,
    chapter,
    read_package,
)
from snippets.flights.models import (
    NOTEBOOK,
    DayBootstrap,
    Floats,
    Value,
    fitted,
    gain,
    score,
    value_per_1000,
)
from snippets.hardening.golden_rows import (
    Replay,
    choose,
    record,
    replay,
)

__all__ = [
    "Golden",
    "Loss",
    "Step",
    "by_cell",
    "cell",
    "features",
    "golden_inputs",
    "read",
    "report",
    "run",
]

Frame = Any  # pandas ships no types
Codes = Mapping[str, Mapping[str, int]]
Row = dict[str, Any]

NAMES: Final = ("carrier", "origin", "dest")
SAMPLE_ROWS: Final = 100_000  # fewer flights than this are the sample
# The notebook's columns without dep_delay, which chapter 1 took away.
SERVED: Final = (
    "month",
    "day",
    "dow",
    "minute",
    *(f"{name}_id" for name in NAMES),
    "distance",
    "block",
    "flight",
    *WEATHER,
)
RECIPE: Final = replace(NOTEBOOK, columns=SERVED)


# What the notebook knows, one function for each thing ---------------------


def in_departure_order(df: Frame) -> Frame:
    """Sort by scheduled departure; a split by position hangs on it."""
    minute = pd.to_timedelta(df.sched_dep_time % 100, unit="min")
    df = df.assign(sched=pd.to_datetime(df.time_hour) + minute)
    return df.sort_values("sched", kind="stable")


def without_typo(weather: Frame) -> Frame:
    """Take out the wind of 1,048 mph at Newark."""
    calm = weather.wind_speed.where(~(weather.wind_speed > 200))
    return weather.assign(wind_speed=calm)


def on_utc_hour(df: Frame, weather: Frame) -> Frame:
    """Join the weather in UTC: on a wall clock one hour comes twice."""
    return df.merge(weather, on=["origin", "time_hour"], how="left")


def arrivals(df: Frame) -> Frame:
    """Leave out cancelled and diverted flights: they have no label."""
    df = df[df.arr_delay.notna()]
    return df.assign(late=(df.arr_delay > 30).astype(int))


def minutes(hhmm: Frame) -> Frame:
    """Minutes since midnight: from 1959 to 2000 it is one."""
    return hhmm // 100 * 60 + hhmm % 100


def on_the_wall(df: Frame) -> Frame:
    """Minute and day of the week as a clock in New York shows them."""
    local = df.sched.dt.tz_convert("America/New_York")
    return df.assign(
        minute=minutes(df.sched_dep_time), dow=local.dt.day_of_week
    )


def over_midnight(df: Frame) -> Frame:
    """Planned time between two clocks; some flights land the next day."""
    block = minutes(df.sched_arr_time) - minutes(df.sched_dep_time)
    return df.assign(block=block % 1440)


def code_lists(df: Frame) -> Codes:
    """A number for each name, in the order of the alphabet."""
    return {
        c: {name: i for i, name in enumerate(sorted(set(df[c])))}
        for c in NAMES
    }


def coded(df: Frame, codes: Codes) -> Frame:
    """Number the names; a name that training never saw is missing."""
    return df.assign(**{f"{c}_id": df[c].map(codes[c]) for c in NAMES})


# What a rewrite from a clean page does instead ----------------------------


def _as_it_comes(df: Frame) -> Frame:
    return in_departure_order(df).sort_index()


def _on_calendar_hour(df: Frame, weather: Frame) -> Frame:
    day = pd.to_datetime(df[["year", "month", "day"]])
    hour = day + pd.to_timedelta(df.sched_dep_time // 100, unit="h")
    hour = hour.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return on_utc_hour(df.assign(time_hour=hour), weather)


def _without_gaps(df: Frame) -> Frame:
    return df.fillna(dict.fromkeys(WEATHER, 0))


def _everyone(df: Frame) -> Frame:
    return df.assign(late=(df.arr_delay > 30).astype(int))


def _on_the_time_stamp(df: Frame) -> Frame:
    minute = df.sched.dt.hour * 60 + df.sched.dt.minute
    return df.assign(minute=minute, dow=df.sched.dt.day_of_week)


def _until_midnight(df: Frame) -> Frame:
    block = minutes(df.sched_arr_time) - minutes(df.sched_dep_time)
    return df.assign(block=block)


def _coded_as_met(df: Frame, _: Codes) -> Frame:
    return df.assign(**{f"{c}_id": pd.factorize(df[c])[0] for c in NAMES})


def _same(x: Frame) -> Frame:
    return x


KEPT: Final[dict[str, Callable[..., Any]]] = {
    "order": in_departure_order,
    "typing error": without_typo,
    "weather hour": on_utc_hour,
    "gaps": _same,
    "no label": arrivals,
    "midnight": over_midnight,
    "codes": coded,
    "wall clock": on_the_wall,
}
LOST: Final[dict[str, Callable[..., Any]]] = {
    "order": _as_it_comes,
    "typing error": _same,
    "weather hour": _on_calendar_hour,
    "gaps": _without_gaps,
    "no label": _everyone,
    "midnight": _until_midnight,
    "codes": _coded_as_met,
    "wall clock": _on_the_time_stamp,
}
# It takes the calendar columns for its clock, so it keeps the wall clock.
REWRITE: Final = tuple(name for name in LOST if name != "wall clock")


def features(
    df: Frame,
    weather: Frame,
    codes: Codes | None = None,
    lost: Iterable[str] = (),
) -> tuple[Frame, Codes]:
    """The notebook's columns, as functions; or with some of them lost.

    Args:
        df: Flights as the package has them, any order.
        weather: Hourly weather as the package has it.
        codes: Numbers for names, from training; made here if left out.
        lost: Names from `LOST`; nothing is lost if left out.

    Returns:
        The flights with their columns, and the codes.

    Raises:
        KeyError: A name is not in `LOST`.
    """
    # --8<-- [start:core]
    do = {**KEPT, **{name: LOST[name] for name in lost}}
    df = do["order"](df)
    df = do["weather hour"](df, do["typing error"](weather))
    df = do["gaps"](df)
    df = do["no label"](df)
    df = do["wall clock"](df)
    df = do["midnight"](df)
    codes = codes or code_lists(df)
    # --8<-- [end:core]
    return do["codes"](df, codes), codes


# The same knowledge, moved out of the notebook in small steps -------------

STEPS: Final = (
    (
        "order of departure",
        'df["sched"] = pd.to_datetime(df.time_hour) + pd.to_timedelta(\n'
        '    df.sched_dep_time % 100, unit="min"\n'
        ")\n"
        'df = df.sort_values("sched", kind="stable")\n',
        "df = in_departure_order(df)\n",
    ),
    (
        "weather",
        'weather.loc[weather.wind_speed > 200, "wind_speed"] = None'
        "  # typo at EWR\n"
        'df = df.merge(weather, on=["origin", "time_hour"], how="left")\n',
        "df = on_utc_hour(df, without_typo(weather))\n",
    ),
    (
        "labels",
        "df = df[df.arr_delay.notna()]"
        "  # cancelled, diverted: no arrival, no label\n"
        'df["late"] = (df.arr_delay > 30).astype(int)\n',
        "df = arrivals(df)\n",
    ),
    (
        "clocks",
        'df["minute"] = df.sched_dep_time // 100 * 60'
        " + df.sched_dep_time % 100\n"
        "arr = df.sched_arr_time // 100 * 60 + df.sched_arr_time % 100\n"
        'df["block"] = (arr - df.minute) % 1440'
        "  # some land after midnight\n"
        'df["dow"] = df.sched.dt.tz_convert("America/New_York")'
        ".dt.day_of_week\n",
        "df = over_midnight(on_the_wall(df))\n",
    ),
    (
        "codes",
        'for c in ["carrier", "origin", "dest"]:\n'
        '    df[c + "_id"] = df[c].map({v: i for i, v in'
        " enumerate(sorted(set(df[c])))})\n",
        "df = coded(df, code_lists(df))\n",
    ),
)


def cell() -> str:
    """The notebook's own feature code, between the reading and the models."""
    text = Path(__file__).with_name("notebook.py").read_text("utf-8")
    start, end = text.index("# time_hour is UTC"), text.index("# In[4]:")
    names = text[text.index("FEATURES = (") : text.index("# logistic")]
    return text[start:end].replace("# In[3]:\n\n", "") + names


def by_cell(
    code: str, weather: Frame, model: HistGradientBoostingClassifier
) -> Callable[[list[Row]], list[Row]]:
    """Run a cell on golden rows, and predict with a model that stays.

    Args:
        code: Reads `df` and `weather`, leaves `df` and `FEATURES` behind.
        weather: Hourly weather.
        model: Fitted on `SERVED`.

    Returns:
        From rows of flights to rows of columns, label and prediction.
    """

    def answer(rows: list[Row]) -> list[Row]:
        space: dict[str, Any] = {
            **globals(),
            "df": pd.DataFrame(rows),
            "weather": weather.copy(),
        }
        exec(code, space)
        return _answered(space["df"], model, space["FEATURES"])

    return answer


def by_features(
    weather: Frame,
    model: HistGradientBoostingClassifier,
    lost: Iterable[str] = (),
) -> Callable[[list[Row]], list[Row]]:
    """The same for `features`, with nothing lost or with something."""

    def answer(rows: list[Row]) -> list[Row]:
        df = pd.DataFrame(rows)
        made, _ = features(df[df.month <= 4], weather, lost=lost)
        return _answered(made, model, (*SERVED, "dep_delay"))

    return answer


def _answered(
    df: Frame, model: HistGradientBoostingClassifier, names: Iterable[str]
) -> list[Row]:
    p = _predict(model, df)
    out = df[["id", *names, "late"]].assign(p=p).to_dict("records")
    rows: list[Row] = out
    return rows


def _predict(model: HistGradientBoostingClassifier, df: Frame) -> Floats:
    with threadpool_limits(1):
        both = model.predict_proba(df[list(SERVED)].to_numpy(float))
    p: Floats = both[:, 1]
    return p


def golden_inputs(raw: Frame) -> list[Row]:
    """Rows to pin: chosen, added by hand, and one made up; last first.

    Args:
        raw: Flights with their `id`.

    Returns:
        Rows in the reverse of their order, so that sorting shows.
    """
    early = raw[raw.month <= 4]
    export, cancelled = (
        early[early.arr_delay.notna()],
        early[early.arr_delay.isna()],
    )
    chosen = {
        row["id"] for row in choose(_records(export), most=120, spread=40)
    }
    night = early[(early.month == 3) & early.day.isin([9, 10, 11])]
    by_hand = pd.concat(
        [
            raw[raw.id.isin(chosen)],
            night.iloc[:: max(len(night) // 20, 1)],
            cancelled.iloc[:: max(len(cancelled) // 20, 1)],
            raw[raw.month > 4].iloc[:: max(len(raw) // 20, 1)],
        ]
    ).drop_duplicates("id")
    made_up = {
        **_records(export[export.origin == "EWR"].iloc[:1])[0],
        "id": "made up: Newark in the hour of the typing error",
        "month": 2,
        "day": 12,
        "sched_dep_time": 315,
        "time_hour": "2013-02-12T08:00:00Z",
    }
    return [made_up, *_records(by_hand.sort_index())[::-1]]


def _records(df: Frame) -> list[Row]:
    rows: list[Row] = df[["id", *FLIGHT_COLUMNS]].to_dict("records")
    return rows


def read(full: bool) -> tuple[Frame, Frame]:
    """Flights and weather, as the notebook reads them, with an `id`.

    Args:
        full: All flights from the package; otherwise the sample.

    Returns:
        Flights, in the order of the file, and hourly weather.
    """
    source = (
        io.BytesIO(read_package("flights.csv"))
        if full
        else DATA / "sample.csv.gz"
    )
    df = pd.read_csv(source, usecols=list(FLIGHT_COLUMNS))
    text = df.astype(dict.fromkeys(("month", "day", "flight"), str))
    clock = df.sched_dep_time.astype(str).str.zfill(4)
    df["id"] = (
        text.month.str.zfill(2)
        + text.day.str.zfill(2)
        + " "
        + text.carrier
        + text.flight
        + " "
        + text.origin
        + " "
        + clock
    )
    return df, pd.read_csv(DATA / "weather.csv.gz")


@dataclass(frozen=True)
class Loss:
    """One thing lost: what the golden rows say, and what it would cost.

    Attributes:
        rows: Golden rows with another value.
        columns: Columns with another value, the prediction left out.
        removed: Golden rows that are gone.
        added: Rows that the notebook leaves out.
        moved: Golden rows in another place.
        shared: What the rows of the first column share, if they do.
        value: May to December, the notebook's model on these columns.
        change: The same less the value without the loss, paired by flight.
    """

    rows: int
    columns: list[str]
    removed: int
    added: int
    moved: int
    shared: str
    value: float
    change: Value


@dataclass(frozen=True)
class Step:
    """One step of the refactoring.

    Attributes:
        name: What moved into a function.
        lines: Lines removed and added.
        apart: Golden rows that differ, are gone, are new or moved.
        largest: Largest difference of any number in any golden row.
    """

    name: str
    lines: tuple[int, int]
    apart: int
    largest: float


@dataclass(frozen=True)
class Golden:
    """The figures of this chapter.

    Attributes:
        rows: Golden rows; those among them that the notebook leaves out.
        losses: What each loss alone does.
        rewrite: What they do together.
        trained_again: Value of the rewrite with a model of its own.
        steps: The refactoring.
        notebook: Value of the notebook's columns and model.
        refactored: Value of the functions and a model fitted on them.
        everywhere: Flights of January to April compared, and the largest
            difference between notebook and functions in any column and in
            the prediction.
    """

    rows: dict[str, int]
    losses: dict[str, Loss]
    rewrite: Loss
    trained_again: float
    steps: list[Step]
    notebook: float
    refactored: float
    everywhere: dict[str, float]


def run(flights: Flights) -> Golden:
    """Pin, rewrite, price, refactor.

    Args:
        flights: The sample or all flights; only their number is used,
            because the notebook reads the files itself.

    Returns:
        The figures of this chapter.
    """
    raw, weather = read(full=len(flights) > SAMPLE_ROWS)
    space: dict[str, Any] = {"pd": pd, "df": raw, "weather": weather.copy()}
    exec(cell(), space)
    train = _as_flights(space["df"])
    model = fitted(RECIPE, train)
    inputs = golden_inputs(raw)
    with TemporaryDirectory() as folder:
        file = Path(folder, "golden.jsonl")
        record(
            file,
            by_cell(cell(), weather, model),
            inputs,
            key="id",
            batch=True,
        )
        played = {
            name: replay(file, by_features(weather, model, lost))
            for name, lost in _all_losses()
        }
        steps = list(_steps(file, weather, model))
    made, codes = features(raw[raw.month <= 4], weather)
    later = raw[raw.month > 4]
    served = _production(later, weather, codes)
    days = DayBootstrap(served["date"])
    p = score(RECIPE, train, served)
    points = gain(served.late, p)
    losses = {}
    for name, lost in _all_losses():
        then = _production(later, weather, codes, lost)
        now = gain(then.late, score(RECIPE, train, then))
        losses[name] = _loss(played[name], now, points, days)
    again, _ = features(raw[raw.month <= 4], weather, lost=REWRITE)
    rewritten = _production(later, weather, codes, REWRITE)
    notebook, ours = space["df"], _as_flights(made)
    columns = list(SERVED)
    apart = np.abs(
        notebook[columns].to_numpy(float) - made[columns].to_numpy(float)
    )
    return Golden(
        rows={
            "all": len(inputs),
            "left_out": sum(
                bool(row["month"] > 4 or np.isnan(row["arr_delay"]))
                for row in inputs
            ),
        },
        losses={n: loss for n, loss in losses.items() if n != "rewrite"},
        rewrite=losses["rewrite"],
        trained_again=value_per_1000(
            rewritten.late, score(RECIPE, _as_flights(again), rewritten)
        ),
        steps=steps,
        notebook=value_per_1000(served.late, p),
        refactored=value_per_1000(served.late, score(RECIPE, ours, served)),
        everywhere={
            "flights": len(made),
            "column": float(np.nanmax(apart)),
            "prediction": float(
                np.abs(_predict(model, notebook) - _predict(model, made)).max()
            ),
        },
    )


def _all_losses() -> list[tuple[str, tuple[str, ...]]]:
    return [*((name, (name,)) for name in LOST), ("rewrite", REWRITE)]


def _as_flights(df: Frame) -> Flights:
    """The columns the model reads, and what pricing needs."""
    columns = {name: df[name].to_numpy() for name in (*SERVED, "arr_delay")}
    columns["time"] = df.sched.to_numpy()
    columns["date"] = (df.month * 100 + df.day).to_numpy()
    return Flights(columns)


def _production(
    later: Frame, weather: Frame, codes: Codes, lost: Iterable[str] = ()
) -> Flights:
    """Flights that can be priced, in the order of the file."""
    df, _ = features(later.assign(at=range(len(later))), weather, codes, lost)
    df = df[df.arr_delay.notna()].sort_values("at")
    return _as_flights(df)


def _loss(
    seen: Replay, points: Floats, before: Floats, days: DayBootstrap
) -> Loss:
    change = points - before
    low, high = days.interval(change)
    columns = [c for c in seen.shared if c not in ("p", "raises")]
    return Loss(
        rows=len({d.key for d in seen.differences}),
        columns=columns,
        removed=len(seen.removed),
        added=len(seen.added),
        moved=len(seen.moved),
        shared=seen.shared[columns[0]] if columns else "",
        value=1000 * float(points.mean()),
        change=Value(1000 * float(change.mean()), low, high, len(points)),
    )


def _steps(
    file: Path, weather: Frame, model: HistGradientBoostingClassifier
) -> Iterable[Step]:
    for name, old, new, code in versions():
        seen = replay(file, by_cell(code, weather, model))
        yield Step(
            name=name,
            lines=(old.count("\n"), new.count("\n")),
            apart=len({d.key for d in seen.differences})
            + len(seen.removed)
            + len(seen.added)
            + len(seen.moved),
            largest=max(
                (d.distance or 0 for d in seen.differences), default=0.0
            ),
        )


def versions() -> Iterable[tuple[str, str, str, str]]:
    """Name, old lines, new lines and the whole cell after each step.

    Raises:
        ValueError: The notebook does not hold the old lines once.
    """
    code = cell()
    for name, old, new in STEPS:
        if code.count(old) != 1:
            raise ValueError(f"the notebook does not hold, once: {name}")
        code = code.replace(old, new)
        yield name, old, new, code


def diff() -> list[str]:
    """The cell before and after all steps, as a reviewer sees it."""
    *_, (_, _, _, after) = versions()
    old, new = cell().splitlines(), after.splitlines()
    return [
        *difflib.unified_diff(old, new, "before", "after", n=0, lineterm="")
    ]


def report(golden: Golden) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        golden: What `run` returns.

    Returns:
        Text without a final line break.
    """
    n = golden.rows
    lines = [
        f"{n['all']} golden rows; the notebook leaves {n['left_out']} of them "
        "out, on purpose",
        "",
        "A rewrite: what it lost, by golden rows, and its price per 1,000 "
        "flights",
        "",
        f"  {'lost':<13}{'differ':>7}{'added':>6}{'moved':>6}"
        f"{'points':>8}  change",
    ]
    alone = golden.losses
    table = {name: alone[name] for name in REWRITE}
    table |= {"all seven": golden.rewrite, "(wall clock)": alone["wall clock"]}
    for name, loss in table.items():
        c = loss.change
        change, low, high = (
            round(x, 1) + 0.0 for x in (c.value, c.low, c.high)
        )
        lines.append(
            f"  {name:<13}{loss.rows:>7}{loss.added:>6}{loss.moved:>6}"
            f"{loss.value:>8.1f}  {change:+.1f} [{low:.1f}, {high:.1f}]"
        )
    lines.append(
        "  (invented: acting costs 1, acting on a late flight saves 4)"
    )
    lines += ["", "In which columns, and what sets the rows apart", ""]
    for name, loss in golden.losses.items():
        if loss.columns:
            few, rest = ", ".join(loss.columns[:3]), len(loss.columns) - 3
            more = f", and {rest} more" if rest > 0 else ""
            lines.append(f"  {name:<13} {few}{more}")
            if " from " in loss.shared:
                lines.append(f"  {'':<13} {loss.shared}")
    lines += [
        "",
        f"The notebook earns {golden.notebook:.1f}. The rewrite around its "
        f"model earns {golden.rewrite.value:.1f},",
        f"and {golden.trained_again:.1f} with a model trained again.",
        "",
        "The same cell, moved in steps; the golden rows after each",
        "",
        "  step                 lines  rows apart  largest difference",
    ]
    for step in golden.steps:
        moved = f"{step.lines[0]} to {step.lines[1]}"
        lines.append(
            f"  {step.name:<19}{moved:>7}{step.apart:>12}{step.largest:>20.6f}"
        )
    e = golden.everywhere
    lines += [
        "",
        f"All {e['flights']:,.0f} flights of January to April: columns differ "
        f"by {e['column']:.6f},",
        f"predictions by {e['prediction']:.6f}. The functions earn "
        f"{golden.refactored:.1f}",
        "",
        "The cell, before and after",
        "",
    ]
    return "\n".join([*lines, *diff()])


if __name__ == "__main__":
    chapter(run, report)
