"""How same_data.py asks each package: as set up by default, or named so.

A check takes a reference and a batch, both arrays of one column, and gives
its value and whether it rings; None where the package has no limit of its own
and we add none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from scripts.bench.drift import PINS
from scripts.bench.drift_peers import MORE
from scripts.bench.drift_peers import PEERS as TIMED

Answer = tuple[float | None, bool | None]
Check = Callable[[Any, Any], Answer]
ALPHA = 0.01  # the p-value at which we ring where nobody has said when
NOT_SAID = "p below .01, chosen by us"


@dataclass(frozen=True)
class Peer:
    """One package: what to install, its checks by kind of column.

    Attributes:
        folder: The name of its environment.
        pins: What pip installs, at exact versions.
        checks: By "numbers" and "categories", the calls by name.
        limits: By call, when it rings.
    """

    folder: str
    pins: tuple[str, ...]
    checks: dict[str, dict[str, Check]]
    limits: dict[str, str]


def frame(values: Any) -> Any:
    import pandas

    return pandas.DataFrame({"x": values})


# Our files.


def our_psi(reference: Any, batch: Any) -> Answer:
    from snippets.drift.psi import Baseline, psi

    base = Baseline.fit(reference)
    found = psi(base, base.count(batch))
    return found.value, found.alarm


def our_ks(reference: Any, batch: Any) -> Answer:
    from snippets.drift.ks import ks_two_sample

    found = ks_two_sample(reference, batch)
    return found.statistic, found.p_value < ALPHA


def our_wasserstein(reference: Any, batch: Any) -> Answer:
    from snippets.drift.wasserstein import (
        quantile_sketch,
        wasserstein_from_sketch,
    )

    found = wasserstein_from_sketch(quantile_sketch(reference), batch)
    return found.distance, found.alarm


def our_missing(reference: Any, batch: Any) -> Answer:
    from snippets.drift.missingness import missing_shift

    counts: list[int] = []
    for side in (reference, batch):
        counts += [sum(x is None or x != x for x in side), len(side)]
    found = missing_shift(*counts)
    return found.current_share, found.alarm


def our_categories(reference: Any, batch: Any) -> Answer:
    from snippets.drift.categories import category_shift, count_categories

    found = category_shift(
        count_categories(reference), count_categories(batch)
    )
    return found.cramers_v, found.alarm


# The packages.


def evidently(
    method: str | None, kind: str, reference: Any, batch: Any
) -> Answer:
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import MissingValueCount, ValueDrift

    columns = DataDefinition(**{kind: ["x"]})
    metric = ValueDrift(column="x", method=method)
    if method == "missing":
        metric = MissingValueCount(column="x")
    sides = (
        Dataset.from_pandas(frame(x), columns) for x in (batch, reference)
    )
    found = Report([metric], include_tests=True).run(*sides).dict()
    value, test = found["metrics"][0]["value"], found["tests"][-1]
    if method == "missing":
        value = value["share"]
    return float(value), str(test["status"]).endswith("FAIL")


def nannyml(
    method: str, categorical: bool, reference: Any, batch: Any
) -> Answer:
    import nannyml as nml

    rows = len(batch)  # a chunk is a batch
    if method == "missing":
        calculator = nml.MissingValuesCalculator(
            column_names=["x"], chunk_size=rows
        )
    else:
        kind = "categorical_methods" if categorical else "continuous_methods"
        calculator = nml.UnivariateDriftCalculator(
            column_names=["x"],
            treat_as_categorical=["x"] if categorical else [],
            chunk_size=rows,
            **{kind: [method]},
        )
    calculator.fit(frame(reference))
    last = calculator.calculate(frame(batch)).data.iloc[-1]
    at = ("x",) if method == "missing" else ("x", method)
    return float(last[(*at, "value")]), bool(last[(*at, "alert")])


def deepchecks(categorical: bool, reference: Any, batch: Any) -> Answer:
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import FeatureDrift

    names = ["x"] if categorical else []
    sides = (Dataset(frame(x), cat_features=names) for x in (reference, batch))
    check = FeatureDrift().add_condition_drift_score_less_than()
    found = check.run(*sides, with_display=False)
    value = found.value["x"]["Drift score"]
    if value is None or value == "n/a":
        raise ValueError("no score")
    return float(value), not found.conditions_results[0].is_pass()


def frouros(name: str, reference: Any, batch: Any) -> Answer:
    from frouros.detectors import data_drift

    detector = getattr(data_drift, name)()
    detector.fit(X=reference)
    found = detector.compare(X=batch)[0]
    if name == "PSI":
        return float(found.distance), None
    return float(found.statistic), bool(found.p_value < ALPHA)


def alibi_detect(name: str, reference: Any, batch: Any) -> Answer:
    import alibi_detect.cd

    detector = getattr(alibi_detect.cd, name)(reference.reshape(-1, 1))
    found = detector.predict(batch.reshape(-1, 1))["data"]
    if np.isnan(found["p_val"]).any():
        raise ValueError("p-value is not a number")
    return float(found["distance"][0]), bool(found["is_drift"])


def scipy_ks(reference: Any, batch: Any) -> Answer:
    from scipy.stats import ks_2samp

    found = ks_2samp(reference, batch)
    return float(found.statistic), judged(found.pvalue)


def scipy_wasserstein(reference: Any, batch: Any) -> Answer:
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(reference, batch)), None


def scipy_chi_square(reference: Any, batch: Any) -> Answer:
    from scipy.stats import chi2_contingency

    names = sorted({*reference, *batch}, key=str)
    table = [[sum(side == x) for x in names] for side in (reference, batch)]
    found = chi2_contingency(table)
    return float(found.statistic), judged(found.pvalue)


def judged(p_value: float) -> bool:
    if np.isnan(p_value):
        raise ValueError("p-value is not a number")
    return bool(p_value < ALPHA)


def river(name: str, reference: Any, batch: Any) -> Answer:
    """Rings if it detects anything in the batch, read after the reference."""
    from river import drift

    detector, rang = getattr(drift, name)(), 0
    for at, value in enumerate([*reference.tolist(), *batch.tolist()]):
        detector.update(value)
        rang += detector.drift_detected and at >= len(reference)
    return float(rang), rang > 0


def _peer(
    folder: str,
    pins: tuple[str, ...],
    numbers: dict[str, tuple[Check, str]],
    categories: dict[str, tuple[Check, str]],
) -> Peer:
    kinds = {"numbers": numbers, "categories": categories}
    return Peer(
        folder,
        pins,
        {kind: {x: each[x][0] for x in each} for kind, each in kinds.items()},
        {x: each[x][1] for each in kinds.values() for x in each},
    )


_CHUNKS = "outside 3 sd of the reference's chunks"
PEERS = {
    "These snippets": _peer(
        "snippets",
        PINS,
        {
            "psi": (our_psi, "limit for 1 % at these rows"),
            "ks": (our_ks, "p below .01"),
            "wasserstein": (our_wasserstein, "limit for 1 % at these rows"),
            "missingness": (our_missing, "exact test at 1 %"),
        },
        {
            "categories": (our_categories, "three tests, 1 % in all"),
            "missingness": (our_missing, "exact test at 1 %"),
        },
    ),
    "Evidently": _peer(
        "evidently",
        TIMED["Evidently"].pins,
        {
            "its choice": (
                partial(evidently, None, "numerical_columns"),
                "Wasserstein / sd from .1, its choice for so many rows",
            ),
            "psi": (partial(evidently, "psi", "numerical_columns"), "from .1"),
            "missing values": (
                partial(evidently, "missing", "numerical_columns"),
                "10 % from the reference's share",
            ),
        },
        {
            "its choice, categories": (
                partial(evidently, None, "categorical_columns"),
                "Jensen-Shannon from .1, its choice for so many rows",
            ),
            "missing values": (
                partial(evidently, "missing", "categorical_columns"),
                "10 % from the reference's share",
            ),
        },
    ),
    "NannyML": _peer(
        "nannyml",
        TIMED["NannyML"].pins,
        {
            "jensen_shannon": (
                partial(nannyml, "jensen_shannon", False), _CHUNKS
            ),
            "kolmogorov_smirnov": (
                partial(nannyml, "kolmogorov_smirnov", False), _CHUNKS
            ),
            "missing values": (partial(nannyml, "missing", False), _CHUNKS),
        },
        {
            "jensen_shannon": (
                partial(nannyml, "jensen_shannon", True), _CHUNKS
            ),
            "missing values": (partial(nannyml, "missing", True), _CHUNKS),
        },
    ),
    "deepchecks": _peer(
        "deepchecks",
        TIMED["deepchecks"].pins,
        {"FeatureDrift": (partial(deepchecks, False), "score from .2")},
        {"FeatureDrift": (partial(deepchecks, True), "score from .2")},
    ),
    "frouros": _peer(
        "frouros",
        TIMED["frouros"].pins,
        {
            "KSTest": (partial(frouros, "KSTest"), NOT_SAID),
            "PSI": (partial(frouros, "PSI"), "none"),
        },
        {"ChiSquareTest": (partial(frouros, "ChiSquareTest"), NOT_SAID)},
    ),
    "alibi-detect": _peer(
        "alibi-detect",
        TIMED["alibi-detect"].pins,
        {
            "KSDrift": (partial(alibi_detect, "KSDrift"), "p below .05"),
            "CVMDrift": (partial(alibi_detect, "CVMDrift"), "p below .05"),
        },
        {"ChiSquareDrift": (
            partial(alibi_detect, "ChiSquareDrift"), "p below .05"
        )},
    ),
    "SciPy": _peer(
        "scipy",
        TIMED["SciPy"].pins,
        {
            "ks_2samp": (scipy_ks, NOT_SAID),
            "wasserstein_distance": (scipy_wasserstein, "none"),
        },
        {"chi2_contingency": (scipy_chi_square, NOT_SAID)},
    ),
    "river": _peer(
        "river",
        MORE["river"].pins,
        {
            "ADWIN": (partial(river, "ADWIN"), "delta .002"),
            "PageHinkley": (partial(river, "PageHinkley"), "threshold 50"),
        },
        {},
    ),
}  # fmt: skip
