"""Chapter 5: which decisions stand only in the code, and what if one is wrong?

Answers: reads the syntax trees of the notebook and of the hardened path, finds
every number in them and sorts decisions from facts. It puts the decisions into
one frozen, checked file, applies the patch that makes the code read it, and
shows that nothing moved. Then it makes five mistakes in the old way and in the
new one, and prices them from May to December.

Does not answer: whether a value in its range is the right one, or what a
library decides when nobody tells it. **The money is invented**: acting costs
1, acting on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7, Pydantic 2.10
Source:  snippets/flights/settings.py
Page:    snippets/flights/settings
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from snippets.hardening.config import Settings, diff, load

# The patched loader imports this file, so the flights are imported late.
if TYPE_CHECKING:
    from snippets.flights.loader import Flights

__all__ = ["SETTINGS", "Case", "Chapter", "numbers", "patched", "run"]

Column = NDArray[Any]

HERE: Final = Path(__file__).parent
FILE: Final = HERE / "settings.toml"
PATCH: Final = HERE / "settings.patch"
PREFIX: Final = "FLIGHTS__"
REVIEWED: Final = "c209819036b6"  # the hash that the review has approved
ALL_FLIGHTS: Final = 336_776


class Decision(Settings):
    """When to warn. The threshold is no setting: it follows from these."""

    cost: float = Field(gt=0, le=100, description="points")
    saving: float = Field(gt=0, le=100, description="points")

    @property
    def threshold(self) -> float:
        """Act from this probability on: where an honest one breaks even."""
        return self.cost / self.saving

    @model_validator(mode="after")
    def _can_pay(self) -> Decision:
        if self.cost >= self.saving:
            raise ValueError("cost must be below saving, or no warning pays")
        return self


class Label(Settings):
    """What counts as late."""

    late_after_minutes: int = Field(ge=15, le=180, description="minutes")


class Training(Settings):
    """Which flights the model learns from: January to this month."""

    last_month: int = Field(ge=1, le=11, description="month")


class Live(Settings):
    """How late the airport runs, seen at the moment of decision."""

    lead_minutes: int = Field(ge=30, le=720, description="minutes")
    window_minutes: int = Field(ge=30, le=720, description="minutes")
    shortest_minutes: int = Field(ge=-60, le=0, description="minutes")
    longest_minutes: int = Field(ge=30, le=1440, description="minutes")
    late_after_minutes: int = Field(ge=0, le=60, description="minutes")
    at_least_flights: int = Field(ge=1, le=50, description="flights")

    @property
    def reach_minutes(self) -> int:
        """How far before its departure a flight's window begins."""
        return self.lead_minutes + self.window_minutes


class Weather(Settings):
    """Which weather row, and which of its columns."""

    age_hours: int = Field(ge=0, le=24, description="hours")
    columns: tuple[
        Literal[
            "temp",
            "dewp",
            "humid",
            "wind_dir",
            "wind_speed",
            "precip",
            "pressure",
            "visib",
        ],
        ...,
    ]


class Model(Settings):
    """What is fitted."""

    columns: tuple[
        Literal[
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
            "live_delay",
            "live_late",
            "live_wait",
        ],
        ...,
    ]
    trees: int = Field(ge=1, le=2_000, description="trees")
    learning_rate: float = Field(gt=0, le=1, description="share")
    leaves: int = Field(ge=2, le=255, description="leaves")
    flights_in_a_leaf: int = Field(ge=1, le=10_000, description="flights")
    held_back: float = Field(gt=0, lt=0.5, description="share")
    seed: int = Field(ge=0, le=9_999, description="")


class Case(Settings):
    """Every decision of the hardened system."""

    decision: Decision
    label: Label
    training: Training
    live: Live
    weather: Weather
    model: Model

    @property
    def columns(self) -> tuple[str, ...]:
        """The model's columns, in order; weather has its age in the name."""
        age = self.weather.age_hours
        aged = tuple(f"{name}_{age}h" for name in self.weather.columns)
        return self.model.columns + aged

    @model_validator(mode="after")
    def _weather_is_there_in_time(self) -> Case:
        # a row is complete 51 minutes after its hour (features.weather_at)
        if 60 * self.weather.age_hours < self.live.lead_minutes + 51:
            raise ValueError(
                "weather.age_hours must reach back to a row that is complete "
                f"{self.live.lead_minutes} minutes ahead, "
                f"got {self.weather.age_hours}"
            )
        return self


# Read once, when the process starts; a wrong file or variable stops it here.
SETTINGS: Final = load(
    Case, FILE.read_bytes(), environ=os.environ, prefix=PREFIX
).settings

# The functions that a prediction or an action goes through; the rest of these
# files loads, measures and prints.
PATH: Final[dict[str, set[str] | None]] = {
    "notebook": None,
    "features": {"LiveWindows.columns", "_count", "weather_at", "calendar"},
    "loader": {
        "Flights.late",
        "Flights.train",
        "Flights.production",
        "seen_from",
        "build",
    },
    "models": {"", "Recipe", "Recipe.fit", "gain", "fitted", "score"},
}
# Key, and where its number stands: file, function or cell, number.
DECIDED: Final = {
    "decision.cost": ("models 1.0",),
    "decision.saving": ("models 4.0", "notebook In[7] 4"),
    "decision.threshold": ("notebook In[7] 0.25",),
    "label.late_after_minutes": (
        "notebook In[3] 30",
        "loader Flights.late 30",
    ),
    "training.last_month": (
        "notebook In[3] 4",
        "loader Flights.train 4",
        "loader Flights.production 4",
    ),
    "live.lead_minutes": ("features _count 120",),
    # 300 is lead and window together
    "live.window_minutes": ("features _count 300", "loader seen_from 300"),
    "live.shortest_minutes": ("features _count -15",),
    "live.longest_minutes": ("features _count 180",),
    "live.late_after_minutes": ("features _count 15",),
    "live.at_least_flights": ("features LiveWindows.columns 5",),
    "weather.age_hours": ("loader build 3",),
    "model.trees": ("models 100",),
    "model.learning_rate": ("models 0.05",),
    "model.leaves": ("models 8",),
    "model.flights_in_a_leaf": ("models 500",),
    "model.seed": ("models Recipe 0",),
}
# Numbers on the path that decide nothing for the hardened system.
OTHERS: Final = {
    "the notebook's own model and rules": (
        "notebook In[2] 200",
        "notebook In[5] 0.2",
        "notebook In[5] 42",
        "notebook In[5] 500",
        "notebook In[6] 0.2",
        "notebook In[6] 42",
        "notebook In[6] 150",
        "notebook In[6] 0.1",
        "notebook In[6] 31",
        "notebook In[6] 0",
        "models 150",
        "models 0.1",
        "models 31",
        "models 20",
        "features weather_at 0",
        "loader build 0",
        "loader build 2",
    ),
    "how clocks, calendars and arrays count": (
        "notebook In[2] 100",
        "notebook In[3] 100",
        "notebook In[3] 60",
        "notebook In[3] 1440",
        "notebook In[6] 1",
        "features LiveWindows.columns 1",
        "features _count 0",
        "features _count 1",
        "features _count 2",
        "features _count 3",
        "features _count 4",
        "features calendar 1",
        "features calendar 7",
        "features calendar 12",
        "features weather_at -1",
        "features weather_at 1",
        "loader build 1",
        "loader build 60",
        "loader build 100",
        "loader build 1440",
        "loader build 1970",
        "models gain 0",
        "models gain 0.0",
        "models score 1",
    ),
    "measuring, printing and the machine": (
        "notebook In[4] 3",
        "notebook In[4] 300",
        "notebook In[7] 0.5",
        "notebook In[7] 1000",
        "models 9",
        "models 10",
        "models 11",
        "models Recipe.fit 1",
        "models fitted 32",
        "models score 64",
    ),
}


@dataclass(frozen=True)
class Number:
    """A number that a file writes down.

    Attributes:
        file: The module, without `.py`.
        line: From 1.
        place: File, function or cell, and the number as the file has it.
    """

    file: str
    line: int
    place: str


def numbers(file: str, source: str) -> list[Number]:
    """Find every number in a syntax tree, with the function it stands in.

    Numbers inside text are not found, nor is a number that nobody wrote: the
    default of a library, or the cost of 1 in `4 * hits - warnings`.

    Args:
        file: A key of `PATH`.
        source: The text of that file.

    Returns:
        The numbers on the path, in the order of their lines.

    Example:
        >>> numbers("loader", "def build(x):\\n    return x[-2] > 30")[1].place
        'loader build 30'
    """
    scope = PATH[file]
    lines = source.splitlines()
    cells = [line if line.startswith("# In[") else "" for line in lines]

    def walk(node: ast.AST, where: str) -> Iterator[Number]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = f"{where}.{node.name}".strip(".")
        sign = ""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, node = "-", node.operand
        if isinstance(node, ast.Constant):
            value = node.value
            if type(value) is int or type(value) is float:
                before = [cell for cell in cells[: node.lineno] if cell]
                cell = before[-1].strip("# :") if before else where
                words = file, cell, f"{sign}{value}"
                place = " ".join(word for word in words if word)
                if scope is None or where in scope:
                    yield Number(file, node.lineno, place)
            return
        for below in ast.iter_child_nodes(node):
            yield from walk(below, where)

    return sorted(walk(ast.parse(source), ""), key=lambda n: n.line)


def patched(patch: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Apply a unified diff by its content; line numbers are ignored.

    Args:
        patch: The text of the diff.
        sources: Path to text, of every file that the diff names.

    Returns:
        The texts after the patch.

    Raises:
        ValueError: A part of the patch does not fit its file exactly once.
    """
    result = dict(sources)
    for part in re.split(r"(?m)^--- a/", patch)[1:]:
        path = part.partition("\n")[0]
        for hunk in re.split(r"(?m)^@@ .*\n", part)[1:]:
            lines = hunk.splitlines()
            old = "\n".join(x[1:] for x in lines if x[:1] != "+")
            new = "\n".join(x[1:] for x in lines if x[:1] != "-")
            if result[path].count(old) != 1:
                raise ValueError(f"{path} has changed: cannot find {old!r}")
            result[path] = result[path].replace(old, new)
    return result


@dataclass(frozen=True)
class Mistake:
    """What one wrong setting costs, in points per 1,000 flights.

    Attributes:
        meant: The value of what somebody meant to set.
        today: The value of what runs, without a word.
        cost: `meant` less `today`.
        says: What the checked settings say instead.
    """

    meant: float
    today: float
    cost: float
    says: str


@dataclass(frozen=True)
class Chapter:
    """The figures of this chapter.

    Attributes:
        found: Numbers on the path, by file and by what they are.
        decisions: Keys of the settings, and how many of them stood in the
            code more than once, or not at all.
        patch: Lines taken out and put in.
        same: Flights compared before and after the patch, the largest
            difference of a prediction, a live column, a label and a point,
            and the value before and after.
        hash: Of the settings.
        mistakes: The five.
        held_back_seeds: Value under the share in percent, over five seeds.
        hours_on_both_sides: Cost of minutes for hours if training makes the
            same mistake.
        defaults: Cost of losing one key of the model, if the library's
            default takes its place.
    """

    found: dict[str, dict[str, int]]
    decisions: dict[str, int]
    patch: dict[str, int]
    same: dict[str, float]
    hash: str
    mistakes: dict[str, Mistake]
    held_back_seeds: dict[str, float]
    hours_on_both_sides: float
    defaults: dict[str, float]


def run(flights: Flights) -> Chapter:
    """Find the decisions, apply the patch, make the mistakes.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    return Chapter(
        found=count(),
        decisions={
            "keys": len(SETTINGS.values),
            "twice": sum(len(places) > 1 for places in DECIDED.values()),
            "nowhere": len({"model.held_back"} - DECIDED.keys()),
        },
        patch={
            word: len(re.findall(rf"(?m)^\{sign}(?!\{sign})", _patch()))
            for word, sign in (("removed", "-"), ("added", "+"))
        },
        same=compare(flights),
        hash=SETTINGS.hash,
        mistakes=mistakes(flights),
        held_back_seeds=_percent(flights),
        hours_on_both_sides=_both_sides(flights),
        defaults=_defaults(flights),
    )


def _patch() -> str:
    return PATCH.read_text("utf-8")


def count() -> dict[str, dict[str, int]]:
    """Count the numbers on the path by what they are.

    Returns:
        For each file and for all, how many there are and how many decide.

    Raises:
        ValueError: A number is in neither list: somebody has to judge it.
    """
    decided = {place for places in DECIDED.values() for place in places}
    other = {place for places in OTHERS.values() for place in places}
    found = {}
    for file in PATH:
        source = (HERE / f"{file}.py").read_text("utf-8")
        here = numbers(file, source)
        for number in here:
            if number.place not in decided | other:
                raise ValueError(
                    f"{file}.py:{number.line} has a number that nobody has "
                    f"judged: {number.place}"
                )
        found[file] = {
            "numbers": len(here),
            "decide": sum(number.place in decided for number in here),
        }
    found["all"] = {
        key: sum(n[key] for n in found.values())
        for key in ("numbers", "decide")
    }
    return found


def facts(flights: Flights) -> dict[str, Column]:
    """What must not move: live columns, labels, predictions, points.

    Args:
        flights: The sample or all flights.

    Returns:
        Columns by name. The live columns are those of the eight whole days:
        the sample's were counted when it was drawn.
    """
    from snippets.flights import loader, models

    table = loader.read_csv(
        loader.read_file("days_flights.csv.gz"), loader.FLIGHT_COLUMNS
    )
    days = loader.build(table, loader.load_weather())
    train, served = flights.train, flights.production
    p = models.score(models.HARDENED, train, served)
    columns: dict[str, Column] = {
        "p": p,
        "points": models.gain(served.late, p),
        "late": flights.late,
        "train": train["time"].astype(np.int64),
    }
    for source, name in ((days, "days"), (flights, "flights")):
        for live in ("live_delay", "live_late", "live_wait", "wind_speed_3h"):
            columns[f"{name} {live}"] = source[live]
    return columns


def patched_copy(folder: Path) -> None:
    """Copy the snippets into a folder, and apply the patch to the copy.

    Args:
        folder: An empty folder.
    """
    ignore = shutil.ignore_patterns("__pycache__", "results", "*.out.txt")
    shutil.copytree(HERE.parent, folder / "snippets", ignore=ignore)
    paths = re.findall(r"(?m)^--- a/(.+)$", _patch())
    sources = {p: (folder / p).read_text("utf-8") for p in paths}
    for path, text in patched(_patch(), sources).items():
        (folder / path).write_text(text, "utf-8")


CHILD: Final = """
import sys
import numpy as np
from snippets.flights import loader, settings
flights = loader.load(full=sys.argv[1] == "full")
np.savez("facts.npz", **settings.facts(flights))
"""


def compare(flights: Flights) -> dict[str, float]:
    """Run the patched code in a process of its own, and compare.

    Args:
        flights: The sample or all flights.

    Returns:
        Flights predicted, the largest difference over every column of
        `facts`, and the value before and after.
    """
    before = facts(flights)
    with TemporaryDirectory() as folder:
        patched_copy(Path(folder))
        full = "full" if len(flights) == ALL_FLIGHTS else "sample"
        command = [sys.executable, "-W", "error", "-c", CHILD, full]
        subprocess.run(command, cwd=folder, check=True)
        with np.load(Path(folder) / "facts.npz") as saved:
            after = {name: saved[name] for name in saved.files}
    return {
        "flights": len(before["p"]),
        "largest_difference": max(
            _apart(before[name], after[name]) for name in before
        ),
        "before": 1000 * float(before["points"].mean()),
        "after": 1000 * float(after["points"].mean()),
    }


def _apart(a: Column, b: Column) -> float:
    """Largest difference; a hole opposite a number counts as infinite."""
    a, b = a.astype(float), b.astype(float)
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return np.inf
    return float(np.nanmax(np.abs(a - b)))


def mistakes(flights: Flights) -> dict[str, Mistake]:
    """Five slips, in the old way and in the new one.

    Args:
        flights: The sample or all flights.

    Returns:
        By name, what each costs and what the settings say instead.
    """
    from snippets.flights import models

    train, served = flights.train, flights.production
    late = served.late
    p = models.score(models.HARDENED, train, served)

    def worth(
        p: Column, *, saving: float = 4.0, acts_from: float | None = None
    ) -> float:
        return models.value_per_1000(
            late, p, saving=saving, threshold=acts_from
        )

    return {
        # A hit is worth 8 now. A plain dictionary keeps its 4.
        "misspelt key": _mistake(
            meant=worth(p, saving=8.0),
            today=worth(p, saving=8.0, acts_from=1 / 4),
            says=refusal("saving = 4.0", "savng = 8.0"),
        ),
        # scikit-learn takes the whole number 10 for ten flights.
        "percent for share": _mistake(
            meant=worth(p),
            today=worth(_held_back(flights, 10, SETTINGS.model.seed)),
            says=refusal("held_back = 0.1", "held_back = 10"),
        ),
        # The live process only; the model was trained on three hours.
        "minutes for hours": _mistake(
            meant=worth(p),
            today=worth(
                models.score(models.HARDENED, train, _aged(served, 180))
            ),
            says=refusal("age_hours = 3", "age_hours = 180"),
        ),
        # A hit is worth 2 now. The threshold stands in another line.
        "threshold left behind": _mistake(
            meant=worth(p, saving=2.0),
            today=worth(p, saving=2.0, acts_from=1 / 4),
            says=refusal("saving = 4.0", "saving = 2.0\nthreshold = 0.25"),
        ),
        # A trial of last week; a hit is worth 4, and nobody unset it.
        "forgotten override": _mistake(
            meant=worth(p),
            today=worth(p, acts_from=1 / 2),
            says=started({f"{PREFIX}DECISION__SAVING": "2.0"}),
        ),
    }


def _mistake(meant: float, today: float, says: str) -> Mistake:
    return Mistake(meant, today, meant - today, says)


def refusal(old: str, new: str) -> str:
    """What the settings say when one line of the file is another.

    Args:
        old: A line of the file.
        new: What somebody writes in its place.

    Returns:
        The complaints without their heading, the unknown key first.

    Raises:
        ValueError: The file does not have that line once.
    """
    text = FILE.read_text("utf-8")
    if text.count(f"\n{old}\n") != 1:
        raise ValueError(f"settings.toml must have one line {old!r}")
    try:
        raw = text.replace(old, new).encode()
        load(Case, raw, environ={}, prefix=PREFIX)
    except ValueError as error:
        return str(error).splitlines()[-1]
    return "nothing"


def started(environ: Mapping[str, str]) -> str:
    """What a process says at its start that has an override.

    Args:
        environ: The variables.

    Returns:
        The hash it runs under if it is the reviewed one; else what moved.
    """
    loaded = load(Case, FILE.read_bytes(), environ=environ, prefix=PREFIX)
    running = loaded.settings
    if running.hash == REVIEWED:
        return f"{running.hash} as reviewed"
    moved = "; ".join(map(str, diff(SETTINGS, running)))
    return f"{running.hash}, reviewed {REVIEWED}: {moved}"


def _held_back(flights: Flights, held_back: float, seed: int) -> Column:
    """The hardened model's predictions, with another part held back."""
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    from snippets.flights import models

    train, served = flights.train, flights.production
    columns = models.HARDENED.columns
    model = clone(models.fitted(models.HARDENED, train))
    model.set_params(validation_fraction=held_back, random_state=seed)
    with threadpool_limits(1):
        model.fit(train.matrix(columns), train.late)
        p: Column = model.predict_proba(served.matrix(columns))[:, 1]
    return p


def _aged(flights: Flights, hours: int) -> Flights:
    """The same flights with weather of another age under the same names."""
    from snippets.flights import features, loader

    rows = features.weather_at(
        loader.load_weather(), flights["time"], flights["origin"], hours
    )
    aged = {f"{name}_3h": rows[name] for name in rows}
    return loader.Flights({**flights.columns, **aged})


def _both_sides(flights: Flights) -> float:
    from snippets.flights.models import HARDENED, score, value_per_1000

    train, served = flights.train, flights.production
    base = value_per_1000(served.late, score(HARDENED, train, served))
    p = score(HARDENED, _aged(train, 180), _aged(served, 180))
    return base - value_per_1000(served.late, p)


def _percent(flights: Flights, seeds: int = 5) -> dict[str, float]:
    """Ten flights held back for ten per cent: the luck of which ten."""
    from snippets.flights.models import value_per_1000

    late = flights.production.late
    values = [
        value_per_1000(late, _held_back(flights, 10, seed))
        for seed in range(seeds)
    ]
    return {
        "n": seeds,
        "value_low": min(values),
        "value_high": max(values),
    }


def _defaults(flights: Flights) -> dict[str, float]:
    """Lose one key of the model, and scikit-learn's default steps in."""
    from dataclasses import replace

    from snippets.flights.models import HARDENED, score, value_per_1000

    train, served = flights.train, flights.production
    base = value_per_1000(served.late, score(HARDENED, train, served))
    lost: dict[str, dict[str, Any]] = {
        "learning_rate": {"learning_rate": 0.1},
        "leaves": {"max_leaf_nodes": 31},
        "flights_in_a_leaf": {"min_samples_leaf": 20},
    }
    return {
        key: base
        - value_per_1000(
            served.late, score(replace(HARDENED, **default), train, served)
        )
        for key, default in lost.items()
    }


def _rows() -> Iterator[str]:
    """One line for each decision: key, value, range, places in the code."""
    for key, value in SETTINGS.values.items():
        kind: Any = Case
        for name in key.split("."):
            info = kind.model_fields[name]
            kind = info.annotation
        names = isinstance(value, list)
        ends = {k: getattr(r, k) for r in info.metadata for k in _ends(r)}
        low = f"[{ends['ge']}" if "ge" in ends else f"({ends.get('gt')}"
        high = f"{ends['le']}]" if "le" in ends else f"{ends.get('lt')})"
        may_be = f"{low}, {high}" if ends else ""
        places = DECIDED.get(key, ())
        files = sorted({place.split()[0] for place in places})
        stood = ", ".join(files) or ("models" if names else "nowhere")
        shown = f"{len(value)} names" if names else f"{value}"
        unit = info.description or ""
        yield f"  {key:<26}{shown:<9}{may_be:<14}{unit:<9}{stood}"


def _ends(rule: object) -> list[str]:
    return [end for end in ("ge", "gt", "le", "lt") if hasattr(rule, end)]


def report(chapter: Chapter) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        chapter: What `run` returns.

    Returns:
        Text without a final line break.
    """
    same = chapter.same
    lines = ["Numbers on the way of a prediction", ""]
    lines.append(f"  {'':<12}{'found':>7}{'decide':>8}")
    for file, n in chapter.found.items():
        lines.append(f"  {file:<12}{n['numbers']:>7}{n['decide']:>8}")
    lines += [
        "",
        f"The decisions, in one file with the hash {chapter.hash}",
        "",
        f"  {'key':<26}{'value':<9}{'may be':<14}{'unit':<9}stood in",
        *_rows(),
        "  computed: decision.threshold = cost / saving,",
        "            live.reach_minutes = lead + window",
        "",
        f"The patch takes out {chapter.patch['removed']} lines and puts in "
        f"{chapter.patch['added']}",
        "",
        f"  {same['flights']:,} predictions, largest difference "
        f"{same['largest_difference']:.1f} in anything",
        f"  worth {same['before']:.0f} before, {same['after']:.0f} after",
        "",
        "Five mistakes, in points per 1,000 flights, and what is said now",
        "(invented: acting costs 1, and saves 4 on a late flight, or as said)",
        "",
        f"  {'':<29}{'meant':>7}{'today':>7}{'lost':>7}",
    ]
    price = {
        "misspelt key": ", at 8",
        "threshold left behind": ", at 2",
    }
    for name, m in chapter.mistakes.items():
        shown = name + price.get(name, "")
        lines.append(
            f"  {shown:<29}{m.meant:>7.0f}{m.today:>7.0f}{m.cost:>7.0f}"
        )
        lines.append(f"    {m.says}")
    seeds = chapter.held_back_seeds
    lines += [
        "",
        f"  percent for share, {seeds['n']} seeds: worth "
        f"{seeds['value_low']:.0f} to {seeds['value_high']:.0f}",
        "  minutes for hours, in training too: lost "
        f"{chapter.hours_on_both_sides:.1f}",
    ]
    for key, cost in chapter.defaults.items():
        lines.append(f"  scikit-learn's default for {key}: lost {cost:.1f}")
    return "\n".join(lines)


def main() -> None:
    """The command line of every chapter."""
    from snippets.flights.loader import chapter

    chapter(run, report)


if __name__ == "__main__":
    main()
