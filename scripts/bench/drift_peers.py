"""The peers of the drift snippets, and how drift.py calls each of them.

Both sides get the same reference and the same batch. What a peer can prepare
once for many batches, and the wrapper that it wants around a table, is made
before the clock starts; our side pays for its conversions every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from snippets.drift.categories import category_shift, count_categories
from snippets.drift.psi import Baseline, psi

NUMERIC = 20  # columns of numbers
CATEGORIES = (3, 8, 20, 50, 200)  # how many each column of strings has
SHIFT = 0.1  # standard deviations between the reference and the batch
REFERENCE = 1_000_000  # rows that the long column is held to
SKETCH = 1_000  # edges of the sketch for KS
PERMUTATIONS = 100  # of the rows, for MMD

Calls = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Data:
    """One reference and one batch: frames, or arrays by name."""

    reference: Any
    batch: Any
    numbers: list[str]
    strings: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return self.numbers + self.strings


@dataclass(frozen=True)
class Peer:
    """A package to compare with.

    Attributes:
        pins: What pip installs, at exact versions.
        imports: The import of a program that uses it.
        calls: Its calls by name, each giving one value per column.
        ours: Our calls by name, on the same data.
        pairs: The ratios to report: the name, its call, our call.
        frames: Whether it takes pandas frames, or arrays.
        strings: Whether it takes columns of strings.
        same: Whether both sides give the same numbers, to be compared.
        rows: Its own sizes, where the usual ones make no sense.
        folder: Its environment, where it shares another peer's.
    """

    pins: tuple[str, ...]
    imports: str
    calls: Callable[[Data], Calls]
    ours: Callable[[Data], Calls]
    pairs: tuple[tuple[str, str, str], ...]
    frames: bool = False
    strings: bool = False
    same: bool = False
    rows: tuple[int, ...] = ()
    folder: str = ""


def calls(peer: Peer, data: Data) -> Calls:
    """Our calls and the peer's that are paired, on the same data."""
    both = peer.ours(data) | peer.calls(data)
    return {x: both[x] for x in both if any(x in pair for pair in peer.pairs)}


def make(rows: int, peer: Peer, *, lone: bool = False) -> Data:
    """Draw the columns that a peer takes: the same for all of them.

    Equal strings share one object, as pandas reads them from CSV or Parquet;
    if `lone`, each is an object of its own, as rows from a database or JSON.
    """
    numbers = [f"number {i}" for i in range(NUMERIC)]
    strings = [f"string {k}" for k in CATEGORIES] if peer.strings else []
    sides = []
    for seed, shift in ((1, 0.0), (2, SHIFT)):
        draw = np.random.default_rng(seed)
        side: dict[str, Any] = {
            name: draw.normal(shift, 1, rows) for name in numbers
        }
        for name, k in zip(strings, CATEGORIES, strict=False):
            words = np.array([f"category {i:03}" for i in range(k)])
            drawn = draw.integers(0, k, rows)
            side[name] = (
                words[drawn].astype(object)
                if lone
                else words.astype(object)[drawn]
            )
        sides.append(_table(side) if peer.frames else side)
    return Data(*sides, numbers, strings)


def make_long(rows: int, peer: Peer) -> Data:
    """One column of numbers: a long batch, a shorter reference."""
    name, sides = "number 0", []
    for seed, n, shift in ((1, min(rows, REFERENCE), 0.0), (2, rows, SHIFT)):
        column = np.random.default_rng(seed).normal(shift, 1, n)
        sides.append(_table({name: column}) if peer.frames else {name: column})
    return Data(*sides, [name])


def _table(columns: dict[str, Any]) -> Any:
    import pandas

    if len(columns) == 1:  # from a dict, it would copy the column
        (name, column), *_ = columns.items()
        return pandas.DataFrame(column.reshape(-1, 1), columns=[name])
    return pandas.DataFrame(columns)


# Our side.


def fitted(data: Data) -> dict[str, Any]:
    """Count the reference: bins at its quantiles, categories by name."""
    side = data.reference
    known: dict[str, Any] = {
        x: Baseline.fit(np.asarray(side[x])) for x in data.numbers
    }
    return known | {x: count_categories(side[x]) for x in data.strings}


def scored(data: Data, known: dict[str, Any]) -> dict[str, float]:
    """PSI of each column of numbers, Cramér's V of each one of strings."""
    found = {}
    for x in data.numbers:
        counted = known[x].count(np.asarray(data.batch[x]))
        found[x] = psi(known[x], counted).value
    for x in data.strings:
        counts = count_categories(data.batch[x])
        found[x] = category_shift(known[x], counts).cramers_v
    return found


def ours_counted(data: Data) -> Calls:
    """A batch held to kept counts; and with the reference counted too."""
    return {
        "ours": partial(scored, data, fitted(data)),
        "ours, fit": lambda: scored(data, fitted(data)),
    }


def ours_sorted(data: Data) -> Calls:
    """A batch held to sorted rows, or to a sketch; and with the sorting."""
    from snippets.drift.ks import Reference, ks_two_sample

    def fit(k: int | None = None) -> dict[str, Any]:
        return {x: Reference.fit(data.reference[x], k) for x in data.numbers}

    def score(known: dict[str, Any]) -> dict[str, Any]:
        found = {x: ks_two_sample(known[x], data.batch[x]) for x in known}
        return {x: (r.statistic, r.p_value, r.error) for x, r in found.items()}

    return {
        "ours": partial(score, fit()),
        "ours, fit": lambda: score(fit()),
        "ours, sketch": partial(score, fit(SKETCH)),
    }


def ours_moved(data: Data) -> Calls:
    """How far each column moved: over all rows, or from a kept sketch."""
    from snippets.drift.wasserstein import (
        quantile_sketch,
        wasserstein,
        wasserstein_from_sketch,
    )

    def exact() -> dict[str, Any]:
        both = data.reference, data.batch
        return {
            x: (wasserstein(*(side[x] for side in both)), 0.0, 0.0)
            for x in data.numbers
        }

    def score(known: dict[str, Any]) -> dict[str, Any]:
        found = {
            x: wasserstein_from_sketch(known[x], data.batch[x]) for x in known
        }
        return {x: (r.distance, 0.0, r.error) for x, r in found.items()}

    kept = {x: quantile_sketch(data.reference[x]) for x in data.numbers}
    return {"ours, exact": exact, "ours, sketch": partial(score, kept)}


def ours_permuted(data: Data) -> Calls:
    """The test by kernel and permutations, over all columns together."""
    from snippets.drift.mmd import mmd_test

    reference, batch = matrices(data, np.float32)

    def test() -> dict[str, Any]:
        found = mmd_test(
            reference, batch, n_permutations=PERMUTATIONS, ranks=False
        )
        return {"table": (found.statistic, found.p_value)}

    return {"ours": test}


def ours_streamed(data: Data) -> Calls:
    """Page-Hinkley, one value at a time."""
    from snippets.drift.page_hinkley import PageHinkley

    streams = streamed(data)

    def run(ring: Callable[[Any, list[float]], list[int]]) -> dict[str, Any]:
        # river's settings, so that the decisions can be compared
        made = {
            x: PageHinkley(0.005, 50.0, min_instances=30, forgetting=0.9999)
            for x in streams
        }
        return {x: alarms(ring(made[x], streams[x])) for x in streams}

    def one_by_one(detector: Any, stream: list[float]) -> list[int]:
        update = detector.update
        return [i for i, value in enumerate(stream) if update(value)]

    return {"ours": lambda: run(one_by_one)}


def matrices(data: Data, kind: Any = np.float64) -> tuple[Any, Any]:
    """Both sides as rows by columns, each column in one piece."""
    reference, batch = (
        np.array([side[x] for x in data.numbers], kind).T
        for side in (data.reference, data.batch)
    )
    return reference, batch


def streamed(data: Data) -> dict[str, list[float]]:
    """Each column as one stream: the reference, then the batch."""
    sides = data.reference, data.batch
    return {
        x: np.concatenate([side[x] for side in sides]).tolist()
        for x in data.numbers
    }


def alarms(at: list[int]) -> tuple[int, int]:
    """How many alarms, and the sum of their places: equal if all agree."""
    return len(at), sum(at)


# Their side.


def evidently(data: Data) -> Calls:
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    kinds = DataDefinition(
        numerical_columns=data.numbers, categorical_columns=data.strings
    )
    wrap = partial(Dataset.from_pandas, data_definition=kinds)
    batch, reference = wrap(data.batch), wrap(data.reference)

    def run() -> dict[str, float]:
        done = Report([DataDriftPreset(method="psi")]).run(batch, reference)
        return {
            metric["config"]["column"]: float(metric["value"])
            for metric in done.dict()["metrics"]
            if "column" in metric["config"]
        }

    return {"run": run}


def nannyml(data: Data) -> Calls:
    import nannyml as nml

    def fit() -> Any:
        return nml.UnivariateDriftCalculator(
            column_names=data.names,
            treat_as_categorical=data.strings,
            chunk_size=len(data.batch),
        ).fit(data.reference)

    def read(result: Any) -> dict[str, float]:
        last = result.data.iloc[-1]  # the rows above it are the reference
        return {
            x: float(last[x, "jensen_shannon", "value"]) for x in data.names
        }

    calculator = fit()
    return {
        "calculate": lambda: read(calculator.calculate(data.batch)),
        "fit, calculate": lambda: read(fit().calculate(data.batch)),
    }


def deepchecks(data: Data) -> Calls:
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import FeatureDrift

    sides = [
        Dataset(side, cat_features=data.strings)
        for side in (data.reference, data.batch)
    ]
    every = FeatureDrift(n_samples=max(map(len, (data.reference, data.batch))))

    def read(result: Any) -> dict[str, float]:
        return {x: result.value[x]["Drift score"] for x in data.names}

    return {
        "run without plots": lambda: read(
            every.run(*sides, with_display=False)
        ),
        "run with plots": lambda: read(FeatureDrift().run(*sides)),
    }


def frouros(data: Data) -> Calls:
    from frouros.detectors.data_drift import PSI

    def fit() -> dict[str, Any]:
        found = {}
        for x in data.numbers:
            found[x] = PSI(num_bins=10)
            found[x].fit(X=data.reference[x])
        return found

    def compare(detectors: dict[str, Any]) -> dict[str, float]:
        return {
            x: float(one.compare(X=data.batch[x])[0].distance)
            for x, one in detectors.items()
        }

    return {
        "compare": partial(compare, fit()),
        "fit, compare": lambda: compare(fit()),
    }


def scipy(data: Data) -> Calls:
    from scipy.stats import ks_2samp

    def test() -> dict[str, Any]:
        found = {
            x: ks_2samp(data.reference[x], data.batch[x]) for x in data.numbers
        }
        return {x: (r.statistic, r.pvalue) for x, r in found.items()}

    return {"ks_2samp": test}


def scipy_moved(data: Data) -> Calls:
    from scipy.stats import wasserstein_distance

    def measure() -> dict[str, Any]:
        sides = data.reference, data.batch
        return {
            x: (wasserstein_distance(*(side[x] for side in sides)), 0.0)
            for x in data.numbers
        }

    return {"wasserstein_distance": measure}


def alibi_detect(data: Data) -> Calls:
    from alibi_detect.cd import KSDrift

    reference, batch = matrices(data)

    def predict(detector: Any) -> dict[str, Any]:
        found = detector.predict(batch)["data"]
        both = zip(found["distance"], found["p_val"], strict=True)
        return dict(zip(data.numbers, both, strict=True))

    return {
        "predict": partial(predict, KSDrift(reference)),
        "new, predict": lambda: predict(KSDrift(reference)),
    }


def alibi_permuted(data: Data) -> Calls:
    from alibi_detect.cd import MMDDrift

    reference, batch = matrices(data, np.float32)

    def predict(detector: Any) -> dict[str, Any]:
        found = detector.predict(batch)["data"]
        return {"table": (float(found["distance"]), float(found["p_val"]))}

    def new() -> Any:
        return MMDDrift(
            reference, backend="pytorch", n_permutations=PERMUTATIONS
        )

    return {
        "predict": partial(predict, new()),
        "new, predict": lambda: predict(new()),
    }


def river(data: Data) -> Calls:
    from river.drift import ADWIN, PageHinkley

    streams = streamed(data)

    def run(kind: Any) -> dict[str, Any]:
        found = {}
        for x, stream in streams.items():
            detector, at = kind(), []
            for i, value in enumerate(stream):
                detector.update(value)
                if detector.drift_detected:
                    at.append(i)
            found[x] = alarms(at)
        return found

    return {
        "PageHinkley": partial(run, PageHinkley),
        "ADWIN": partial(run, ADWIN),
    }


_KEPT, _FIT = "reference kept", "reference fitted each time"
PEERS = {
    "Evidently": Peer(
        pins=(
            "evidently==0.7.23", "numpy==2.4.6", "pandas==2.3.3",
            "scipy==1.17.1", "scikit-learn==1.9.1", "statsmodels==0.15.0",
        ),
        imports="from evidently import Report; "
        "from evidently.presets import DataDriftPreset",
        calls=evidently,
        ours=ours_counted,
        pairs=((_KEPT, "run", "ours"), (_FIT, "run", "ours, fit")),
        frames=True,
        strings=True,
    ),
    "NannyML": Peer(
        pins=(
            "nannyml==0.13.1", "numpy==2.4.6", "pandas==2.3.3",
            "scipy==1.17.1", "scikit-learn==1.9.1", "statsmodels==0.15.0",
        ),
        imports="import nannyml",
        calls=nannyml,
        ours=ours_counted,
        pairs=(
            (_KEPT, "calculate", "ours"),
            (_FIT, "fit, calculate", "ours, fit"),
        ),
        frames=True,
        strings=True,
    ),
    "deepchecks": Peer(
        pins=(
            "deepchecks==0.19.1", "numpy==1.26.4", "pandas==2.2.3",
            "scipy==1.17.1", "scikit-learn==1.5.2", "statsmodels==0.15.0",
        ),
        imports="from deepchecks.tabular.checks import FeatureDrift",
        calls=deepchecks,
        ours=ours_counted,
        pairs=(
            (_KEPT, "run without plots", "ours"),
            (_FIT, "run without plots", "ours, fit"),
            (_FIT, "run with plots", "ours, fit"),
        ),
        frames=True,
        strings=True,
    ),
    "frouros": Peer(
        pins=("frouros==0.9.0", "numpy==2.1.3", "scipy==1.14.1"),
        imports="from frouros.detectors.data_drift import PSI",
        calls=frouros,
        ours=ours_counted,
        pairs=(
            (_KEPT, "compare", "ours"),
            (_FIT, "fit, compare", "ours, fit"),
        ),
    ),
    "alibi-detect": Peer(
        pins=(
            "alibi-detect==0.13.0", "numpy==1.26.4", "pandas==2.3.3",
            "scipy==1.17.1", "scikit-learn==1.9.1",
        ),
        imports="from alibi_detect.cd import KSDrift",
        calls=alibi_detect,
        ours=ours_sorted,
        pairs=(
            (_KEPT, "predict", "ours"),
            (_FIT, "new, predict", "ours, fit"),
            ("sketch kept", "predict", "ours, sketch"),
        ),
        same=True,
    ),
    "SciPy": Peer(
        pins=("scipy==1.17.1", "numpy==2.4.6"),
        imports="from scipy.stats import ks_2samp",
        calls=scipy,
        ours=ours_sorted,
        pairs=(
            (_KEPT, "ks_2samp", "ours"),
            (_FIT, "ks_2samp", "ours, fit"),
            ("sketch kept", "ks_2samp", "ours, sketch"),
        ),
        same=True,
    ),
}  # fmt: skip
# Other questions, at sizes of their own.
MORE = {
    "SciPy, Wasserstein": Peer(
        pins=PEERS["SciPy"].pins,
        imports="from scipy.stats import wasserstein_distance",
        calls=scipy_moved,
        ours=ours_moved,
        pairs=(
            ("all rows", "wasserstein_distance", "ours, exact"),
            ("sketch kept", "wasserstein_distance", "ours, sketch"),
        ),
        same=True,
        rows=(10_000, 100_000, 1_000_000),
        folder="scipy",
    ),
    "alibi-detect, MMD": Peer(
        pins=(*PEERS["alibi-detect"].pins, "torch==2.13.0"),
        imports="from alibi_detect.cd import MMDDrift",
        calls=alibi_permuted,
        ours=ours_permuted,
        pairs=(
            (_KEPT, "predict", "ours"),
            (_FIT, "new, predict", "ours"),
        ),
        rows=(500, 1_000, 2_000),
        folder="alibi-detect-mmd",
    ),
    "river": Peer(
        pins=("river==0.26.1", "numpy==2.4.6", "scipy==1.17.1"),
        imports="from river.drift import PageHinkley",
        calls=river,
        ours=ours_streamed,
        pairs=(
            ("value by value", "PageHinkley", "ours"),
            ("another detector, compiled", "ADWIN", "ours"),
        ),
        rows=(1_000, 10_000, 100_000),
        folder="river",
    ),
}
EVERY = PEERS | MORE
