"""Chapter 8: why is one answer slow, and slower in December than in January?

Answers: gives one prediction twice, as the notebook's lines would (frames
of one row, a filter over all history) and from sorted lists and plain trees,
shows that the answers are the same, and counts what each of them reads as the
year goes on.

Does not answer: how many milliseconds that is on your machine. Counts are the
same everywhere; `scripts/bench/one_row.py` measures time, as ratios.

Needs:   Python 3.11, NumPy 1.26, pandas 2.2, scikit-learn 1.7
Source:  snippets/flights/speed.py
Page:    snippets/flights/speed
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from snippets.flights.features import CARRIERS, ORIGINS, live_windows
from snippets.flights.loader import Flights, chapter, load_weather
from snippets.flights.models import HARDENED, fitted

__all__ = [
    "Board",
    "Counted",
    "Notebook",
    "Service",
    "Trees",
    "boards",
    "counted",
    "history",
    "report",
    "requests",
    "run",
    "serve",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Request = Mapping[str, Any]

AT_LEAST: Final = 5  # flights in a window that still give an answer
SEEN: Final = ("wind_speed", "precip", "visib")
NOTHING: Final = (math.nan, math.nan, math.nan)
CODES: Final = {
    "carrier": {name: i for i, name in enumerate(CARRIERS)},
    "origin": {name: i for i, name in enumerate(ORIGINS)},
}
DAY_OF_MONTH: Final = 15
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
MONTHS: Final = tuple(_MONTHS.split())


# One answer as the notebook would give it


@dataclass(frozen=True, eq=False)
class Notebook:
    """The notebook's lines in a function: frames all the way.

    Attributes:
        model: Fitted on the columns of `HARDENED`.
        history: One row per departure so far: `time`, `origin`, `dep_delay`.
        weather: `time_hour`, `origin` and the columns `SEEN`.
    """

    model: HistGradientBoostingClassifier
    history: pd.DataFrame
    weather: pd.DataFrame

    def answer(self, request: Request) -> float:
        """Predict one flight.

        Args:
            request: As `requests` makes them.

        Returns:
            Probability of arriving more than 30 minutes late, [0, 1].
        """
        df = pd.DataFrame([request])
        hour = pd.to_datetime(df.time_hour)
        df["sched"] = hour + pd.to_timedelta(df.sched_dep_time % 100, "min")
        df["time_hour"] = hour - pd.Timedelta(hours=3)
        df = df.merge(self.weather, on=["origin", "time_hour"], how="left")
        clock = df.sched_dep_time
        df["minute_of_day"] = clock // 100 * 60 + clock % 100
        seen = self.window(df.origin[0], df.sched[0])
        n = seen["flights"] if seen["flights"] >= AT_LEAST else math.nan
        df["live_delay"] = seen["delay_sum"] / n
        df["live_late"] = seen["late"] / n
        df["live_wait"] = seen["waiting"] / n
        for name, codes in CODES.items():
            df[name] = df[name].map(codes)
        columns = [name.removesuffix("_3h") for name in HARDENED.columns]
        X = df[columns].to_numpy(float)
        return float(self.model.predict_proba(X)[0, 1])

    def window(self, origin: str, due: pd.Timestamp) -> dict[str, int]:
        """Filter the history, as one writes it without a second thought.

        Args:
            origin: The airport.
            due: Scheduled departure in UTC.

        Returns:
            The counts of `LiveWindows` for one departure.
        """
        past, now = self.history, due - pd.Timedelta(hours=2)
        since = due - pd.Timedelta(hours=5)
        # --8<-- [start:naive]
        seen = past[
            (past.origin == origin) & (past.time > since) & (past.time <= now)
        ]
        # --8<-- [end:naive]
        left = seen.time + pd.to_timedelta(seen.dep_delay, "min")
        waiting = ~(left <= now)
        waited = (now - seen.time) / pd.Timedelta(minutes=1)
        so_far = seen.dep_delay.where(~waiting, waited)
        return {
            "flights": len(seen),
            "delay_sum": int(so_far.clip(-15, 180).sum()),
            "late": int((so_far > 15).sum()),
            "waiting": int(waiting.sum()),
        }


# The same answer from sorted lists and plain trees


@dataclass(frozen=True, eq=False)
class Board:
    """The departures of one airport, sorted by the minute they are due.

    Attributes:
        due: Minutes since 1970 in UTC, ascending.
        delay: Minutes, NaN for a flight that has not left, in that order.
    """

    due: Sequence[int]
    delay: Sequence[float]

    def window(self, at: int) -> dict[str, int]:
        """Find three hours by halving, and read those only.

        Args:
            at: Scheduled departure, minutes since 1970 in UTC.

        Returns:
            The counts of `LiveWindows` for one departure.
        """
        # --8<-- [start:core]
        now = at - 120
        first = bisect_right(self.due, at - 300)
        last = bisect_right(self.due, now)
        delay_sum, late, waiting = 0.0, 0, 0
        flights = zip(
            self.due[first:last], self.delay[first:last], strict=True
        )
        for due, delay in flights:
            so_far = delay
            if not due + delay <= now:  # NaN has not left either
                so_far = now - due
                waiting += 1
            delay_sum += min(max(so_far, -15), 180)
            late += so_far > 15
        # --8<-- [end:core]
        return {
            "flights": last - first,
            "delay_sum": int(delay_sum),
            "late": late,
            "waiting": waiting,
        }


@dataclass(frozen=True, eq=False)
class Trees:
    """A fitted boosting model as lists, one entry for each node.

    A leaf has the feature -1. scikit-learn does not publish its nodes, so
    another version may store them otherwise: `extract` compares the answers
    and refuses to hand out trees that give other ones.

    Attributes:
        baseline: Log-odds before the first tree.
        roots: Where each tree begins.
        feature: Column that a node asks for.
        threshold: A row goes left up to it.
        nan_left: Whether a missing value goes left.
        left: Where left is; the next node down in the lists.
        right: Where right is.
        value: Log-odds that a leaf adds.
    """

    baseline: float
    roots: list[int]
    feature: list[int]
    threshold: list[float]
    nan_left: list[bool]
    left: list[int]
    right: list[int]
    value: list[float]

    @classmethod
    def extract(
        cls, model: HistGradientBoostingClassifier, rows: Floats
    ) -> Trees:
        """Read the trees of a model, and compare its answers with theirs.

        Args:
            model: Fitted, two classes, no categorical column.
            rows: shape (n, columns), real rows to compare on, 1 or more.

        Returns:
            The trees.

        Raises:
            ValueError: The model is of another kind, or an answer differs by
                more than 1e-6.
        """
        stages = model._predictors
        if any(len(stage) != 1 for stage in stages):
            raise ValueError(
                "model must have two classes, got "
                f"{len(stages[0])} trees a stage"
            )
        tables = [stage[0].nodes for stage in stages]
        nodes = np.concatenate(tables)
        if nodes["is_categorical"].any():
            raise ValueError("model must split on numbers only")
        sizes = [len(table) for table in tables]
        roots = np.cumsum([0, *sizes[:-1]])
        shift = np.repeat(roots, sizes)
        leaf = nodes["is_leaf"].astype(bool)
        trees = cls(
            baseline=float(model._baseline_prediction.item()),
            roots=roots.tolist(),
            feature=np.where(leaf, -1, nodes["feature_idx"]).tolist(),
            threshold=nodes["num_threshold"].tolist(),
            nan_left=nodes["missing_go_to_left"].astype(bool).tolist(),
            left=(nodes["left"] + shift).tolist(),
            right=(nodes["right"] + shift).tolist(),
            value=nodes["value"].tolist(),
        )
        with threadpool_limits(1):
            theirs = model.predict_proba(rows)[:, 1]
        ours = [trees.probability(row) for row in rows.tolist()]
        apart = float(np.abs(theirs - ours).max())
        if not apart <= 1e-6:
            raise ValueError(f"answers must agree to 1e-6, differ by {apart}")
        return trees

    def probability(self, row: Sequence[float]) -> float:
        """Walk every tree with one row.

        Args:
            row: The columns in the order of training, NaN for missing.

        Returns:
            Probability of the second class, [0, 1].
        """
        feature, threshold, nan_left = (
            self.feature, self.threshold, self.nan_left,
        )  # fmt: skip
        left, right, value = self.left, self.right, self.value
        total = self.baseline
        for node in self.roots:
            while (column := feature[node]) >= 0:
                x = row[column]
                if x <= threshold[node] or (x != x and nan_left[node]):
                    node = left[node]  # noqa: PLW2901
                else:
                    node = right[node]  # noqa: PLW2901
            total += value[node]
        return 1 / (1 + math.exp(-total))


@dataclass(frozen=True, eq=False)
class Service:
    """One prediction from what is kept ready.

    Attributes:
        trees: The model.
        boards: Departures by airport.
        weather: The columns `SEEN` by airport and hour since 1970.
    """

    trees: Trees
    boards: Mapping[str, Board]
    weather: Mapping[tuple[str, int], tuple[float, ...]]

    def answer(self, request: Request) -> float:
        """Predict one flight.

        Args:
            request: As `requests` makes them.

        Returns:
            Probability of arriving more than 30 minutes late, [0, 1].

        Raises:
            ValueError: The carrier or the airport is unknown.
        """
        return self.trees.probability(self.row(request))

    def row(self, request: Request) -> list[float]:
        """Make the columns of `HARDENED` for one flight.

        Args:
            request: As `requests` makes them.

        Returns:
            The row, NaN for missing.

        Raises:
            ValueError: The carrier or the airport is unknown.
        """
        codes = []
        for name in ("origin", "carrier"):
            code = CODES[name].get(request[name])
            if code is None:
                raise ValueError(
                    f"{name} has an unknown value: {request[name]!r}"
                )
            codes.append(code)
        began = datetime.fromisoformat(request["time_hour"]).timestamp()
        hour, clock = int(began) // 3600, request["sched_dep_time"]
        origin = request["origin"]
        seen = self.boards[origin].window(hour * 60 + clock % 100)
        n = seen["flights"] if seen["flights"] >= AT_LEAST else math.nan
        return [
            clock // 100 * 60 + clock % 100,
            *codes,
            seen["delay_sum"] / n,
            seen["late"] / n,
            seen["waiting"] / n,
            *self.weather.get((origin, hour - 3), NOTHING),
        ]


# What both are given


def requests(flights: Flights) -> list[dict[str, Any]]:
    """What a caller would send for each flight.

    Args:
        flights: The flights.

    Returns:
        `time_hour` as text in UTC, `sched_dep_time` as hhmm in New York,
        `carrier` and `origin` by name.
    """
    hours = np.datetime_as_string(flights["time"].astype("M8[h]"), "s")
    minute = flights["minute_of_day"]
    return [
        {
            "time_hour": f"{hour}Z",
            "sched_dep_time": int(clock),
            "carrier": CARRIERS[carrier],
            "origin": ORIGINS[origin],
        }
        for hour, clock, carrier, origin in zip(
            hours,
            minute // 60 * 100 + minute % 60,
            flights["carrier"],
            flights["origin"],
            strict=True,
        )
    ]


def history(flights: Flights) -> pd.DataFrame:
    """The departures as the notebook keeps them.

    Args:
        flights: Every departure so far.

    Returns:
        `history` of `Notebook`.
    """
    return pd.DataFrame(
        {
            "time": pd.to_datetime(flights["time"].astype("M8[s]"), utc=True),
            "origin": np.array(ORIGINS, object)[flights["origin"]],
            "dep_delay": flights["dep_delay"],
        }
    )


def boards(flights: Flights) -> dict[str, Board]:
    """Sort the departures of each airport.

    Args:
        flights: Every departure so far.

    Returns:
        A board for each airport.
    """
    found = {}
    for code, name in enumerate(ORIGINS):
        here = np.flatnonzero(flights["origin"] == code)
        due = flights["time"][here].astype("M8[m]").astype(np.int64)
        order = np.argsort(due, kind="stable")
        delay = flights["dep_delay"][here]
        found[name] = Board(due[order].tolist(), delay[order].tolist())
    return found


def serve(flights: Flights, train: Flights) -> tuple[Notebook, Service]:
    """Both ways to answer, on the same model and the same history.

    Args:
        flights: Every departure so far.
        train: Labelled flights to train on.

    Returns:
        The notebook's way and the other one.
    """
    model = fitted(HARDENED, train)
    check = train.matrix(HARDENED.columns)[:: max(1, len(train) // 1000)]
    table = load_weather()
    stations = np.array(ORIGINS, object)[table["origin"]]
    columns = {name: table[name] for name in SEEN}
    times = pd.to_datetime(table["time"].astype("M8[s]"), utc=True)
    hours = table["time"].astype("M8[h]").astype(np.int64).tolist()
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    weather = dict(
        zip(zip(stations.tolist(), hours, strict=True), rows, strict=True)
    )
    framed = pd.DataFrame(columns | {"time_hour": times, "origin": stations})
    return (
        Notebook(model, history(flights), framed),
        Service(Trees.extract(model, check), boards(flights), weather),
    )


# What the chapter shows


class Counted(list[Any]):
    """A list that counts the items read from it."""

    read = 0

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        self.read += len(found) if isinstance(index, slice) else 1
        return found


def counted(board: Board, until: int) -> Board:
    """The departures due up to a minute, in lists that count.

    Args:
        board: The departures of one airport.
        until: Minutes since 1970 in UTC.

    Returns:
        A board on two lists of the kind `Counted`.
    """
    n = bisect_right(board.due, until)
    return Board(Counted(board.due[:n]), Counted(board.delay[:n]))


@dataclass(frozen=True)
class Reads:
    """What one answer reads to learn how late its airport runs.

    Means over the flights of the 15th of a month.

    Attributes:
        history: Departures on record that morning.
        filtered: Values that the filter of the notebook compares.
        searched: Values that the board reads: to find the window and in it.
        window: Flights in the window.
    """

    history: int
    filtered: int
    searched: float
    window: float


@dataclass(frozen=True)
class Speed:
    """The figures of this chapter.

    Attributes:
        trees: Trees of the hardened model.
        nodes: Their nodes, leaves included.
        compared: Flights asked of `Service` and, in one batch, of
            scikit-learn on the columns of the case.
        apart: Those of them whose answers differ by more than 1e-6.
        largest_difference: Between two answers.
        frames_compared: Flights asked of `Notebook` and of `Service`.
        frames_apart: Those of them whose answers differ by more than 1e-6.
        windows_compared: Flights whose live counts were compared with those
            that `live_windows` makes for all flights at once.
        windows_apart: Those of them with another count.
        months: What one answer reads, by month.
        growth: December over January, for the filter and for the board.
    """

    trees: int
    nodes: int
    compared: int
    apart: int
    largest_difference: float
    frames_compared: int
    frames_apart: int
    windows_compared: int
    windows_apart: int
    months: dict[str, Reads]
    growth: dict[str, float]


def run(flights: Flights, n: int = 5_000, n_frames: int = 50) -> Speed:
    """Compare the answers, and count what they read.

    Args:
        flights: The sample or all flights. The sample has a fifth of the
            departures, and live columns counted on those.
        n: Flights to compare with the batch, 1 or more.
        n_frames: Flights to compare with the notebook's way, 1 or more.

    Returns:
        The figures of this chapter.
    """
    seen = live_windows(
        flights["time"], flights["origin"], flights["dep_delay"]
    )
    thin = Flights({**flights.columns, **seen.columns()})
    notebook, service = serve(thin, thin.train)
    rows = np.linspace(0, len(thin) - 1, n).astype(np.int64)
    asked = requests(thin.take(rows))
    with threadpool_limits(1):
        matrix = thin.take(rows).matrix(HARDENED.columns)
        batch = notebook.model.predict_proba(matrix)[:, 1]
        some = range(0, n, n // n_frames)
        framed = [notebook.answer(asked[i]) for i in some]
    answers = np.array([service.answer(request) for request in asked])
    apart = np.abs(answers - batch)
    counts = np.array([_counts(service, request) for request in asked])
    wanted = np.column_stack(
        [seen.flights, seen.delay_sum, seen.late, seen.waiting]
    )[rows]
    months = _months(flights)
    ends = months["jan"], months["dec"]
    return Speed(
        trees=len(service.trees.roots),
        nodes=len(service.trees.feature),
        compared=n,
        apart=int((apart > 1e-6).sum()),
        largest_difference=float(apart.max()),
        frames_compared=len(framed),
        frames_apart=int((np.abs(framed - answers[some]) > 1e-6).sum()),
        windows_compared=n,
        windows_apart=int((counts != wanted).any(axis=1).sum()),
        months=months,
        growth={
            "filtered": ends[1].filtered / ends[0].filtered,
            "searched": ends[1].searched / ends[0].searched,
        },
    )


def _counts(service: Service, request: Request) -> list[int]:
    began = datetime.fromisoformat(request["time_hour"]).timestamp()
    at = int(began) // 60 + request["sched_dep_time"] % 100
    return list(service.boards[request["origin"]].window(at).values())


def _months(flights: Flights) -> dict[str, Reads]:
    """What an answer on the 15th of each month reads."""
    months, whole = {}, boards(flights)
    for month, name in enumerate(MONTHS, start=1):
        day = (flights["month"] == month) & (flights["day"] == DAY_OF_MONTH)
        asked = flights.where(day)
        due = asked["time"].astype("M8[m]").astype(np.int64).tolist()
        kept = [counted(whole[origin], max(due)) for origin in ORIGINS]
        before = int((flights["time"] < asked["time"].min()).sum())
        window = sum(
            kept[origin].window(at)["flights"]
            for at, origin in zip(due, asked["origin"].tolist(), strict=True)
        )
        lists = [x for board in kept for x in vars(board).values()]
        read = sum(x.read for x in lists)
        months[name] = Reads(
            history=before,
            filtered=3 * before,  # one comparison for each condition
            searched=read / len(asked),
            window=window / len(asked),
        )
    return months


def report(speed: Speed) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        speed: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = [
        f"{speed.trees} trees, {speed.nodes:,} nodes",
        "",
        "The same answers?                        compared   apart",
        f"  lists and plain trees, scikit-learn   {speed.compared:>9,}"
        f"{speed.apart:>8}",
        f"  lists and plain trees, frames         "
        f"{speed.frames_compared:>9,}{speed.frames_apart:>8}",
        f"  live counts, one by one and at once   "
        f"{speed.windows_compared:>9,}{speed.windows_apart:>8}",
        "",
        "Values read for the live columns of one answer, on the 15th",
        "",
        f"{'':5}{'history':>9}{'filter':>10}{'search':>9}{'in window':>12}",
    ]
    for name, reads in speed.months.items():
        lines.append(
            f"  {name}{reads.history:>9,}{reads.filtered:>10,}"
            f"{reads.searched:>9.0f}{2 * reads.window:>12.0f}"
        )
    growth = speed.growth
    lines.append(
        f"  December over January: filter {growth['filtered']:.1f}, "
        f"search {growth['searched']:.1f}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    chapter(run, report)
