"""Tables of the drift benchmark, and its sentences with numbers.

No figure on that page is typed: scripts/bench/drift.py measures and writes
JSON, and this makes the parts that the page includes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

RESULT = "scripts/bench/results/drift.json"
PARTS = (
    "setting", "batch", "sizes", "sum", "count", "memory", "install", "ks",
    "more",
)  # fmt: skip
FILES = tuple(f"includes/generated/bench/drift_{x}.md" for x in PARTS)
LONG = 100_000_000
SHOWN = 100_000  # rows of the first table
BINS, MANY = 10, 1_000_000  # for the sentence on noise
COMPUTES = {
    "Evidently": "PSI, bins of equal width; data for plots",
    "NannyML": "Jensen-Shannon distance, a threshold",
    "deepchecks": "KS statistic, Cramér's V",
    "frouros": "PSI, bins of equal width",
    "alibi-detect": "KS test, corrected for many columns",
    "SciPy": "KS test",
}
STATISTIC = {True: "`ks`", False: "`psi`, `categories`"}
Cell = Callable[[dict[str, Any], dict[str, Any]], str]


def bench_markdown(root: Path) -> tuple[str, ...]:
    """The parts in the order of ``FILES``."""
    found = json.loads((root / RESULT).read_text("utf-8"))
    makers = (
        setting, batch, sizes, against_sum, counting, memory, install, agree,
        other_questions,
    )  # fmt: skip
    return tuple(make(found).rstrip() + "\n" for make in makers)


def setting(found: dict[str, Any]) -> str:
    """Date, machine, data and versions; who is missing, and why."""
    m, s = found["machine"], found["settings"]
    kinds = s["categories_of_strings"]
    lines = [
        f"Measured on {found['made']}: {m['system']}, {m['processor']}"
        f"{' with AVX-512' if m['avx512'] else ''}, {m['cores']} cores, "
        f"{m['memory_gb']} GB, Python {m['python']}, one thread.",
        "",
        f"* **Wide data:** {s['columns_of_numbers']} columns of normal "
        f"numbers and {len(kinds)} of strings with {listed(kinds)} "
        f"categories, the reference as long as the batch. The numbers of the "
        f"batch lie {s['shift']} standard deviations higher.",
        f"* **Long data:** one column of {short(LONG)} numbers, held to a "
        f"reference of {short(s['long_reference'])}.",
        f"* **Rounds:** {s['rounds'][0]} to {s['rounds'][1]}, all calls in "
        "each, and down to one from a million rows on. A table shows the "
        "median, and in brackets the range.",
        "",
        "| Compared with | Exact versions |",
        "|---|---|",
    ]
    for name, peer in every(found).items():
        lines.append(f"| {name} | {', '.join(map(pin, peer['pins']))} |")
    lines.append(
        f"| Our side alone | {listed(map(pin, found['own']['pins']))} |"
    )
    lines += ["", *missing(found)]
    return "\n".join(lines)


def missing(found: dict[str, Any]) -> list[str]:
    """One line for each peer or size that could not be measured."""
    peers = every(found)
    lines = [
        f"* {name}: not measured ({peer['failed']})."
        for name, peer in peers.items()
        if "failed" in peer
    ] + [
        f"* {name}, {short(run['rows'])} rows: failed ({run['failed']})."
        for name, peer in peers.items()
        for run in peer["runs"]
        if "failed" in run
    ]
    return lines or ["Every peer was installed, and every call gave a result."]


def batch(found: dict[str, Any]) -> str:
    """The first table: one size, the reference kept or not."""
    numbers, lone = found["settings"]["columns_of_numbers"], []
    lines = [
        f"| {short(SHOWN)} rows | One pass of theirs | Of ours | Columns "
        "| Their CPU | Our CPU | Ratio | Ratio if we prepare the reference "
        "each time |",
        "|---" * 8 + "|",
    ]
    for name, peer in found["peers"].items():
        run = measured(peer).get(SHOWN)
        if run is None:
            lines.append(absent(name, 7))
            continue
        kept, anew = run["ratios"][:2]
        theirs, ours = (
            run["seconds"][kept[x]]["median"] for x in ("theirs", "ours")
        )
        if run["columns"] > numbers:
            lone.append(f"{clock(run['lone_seconds'])} beside {name}")
        lines.append(
            f"| {name} | {COMPUTES[name]} | {STATISTIC['apart' in run]} "
            f"| {run['columns']} | {clock(theirs)} | {clock(ours)} "
            f"| {ratio(kept)} | {ratio(anew)} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            "**Strings that are objects of their own cost more.** So they "
            "come from a database or from JSON. Then our first pass takes "
            f"{', '.join(lone)}; theirs was not measured on them.",
        ]
    )


def sizes(found: dict[str, Any]) -> str:
    """Every ratio at every size, and where the peer is faster."""
    faster = [
        f"{name}, {pair['theirs']}, {title(n)} ({pair['case']})"
        for name, peer in found["peers"].items()
        for n, run in measured(peer).items()
        for pair in run["ratios"]
        if pair["median"] < 1
    ]
    said = "; ".join(faster) or "in none of these cases"
    table = grid(found, lambda _, pair: ratio(pair))
    return f"{table}\n\n**Where the peer is faster:** {said}."


def against_sum(found: dict[str, Any]) -> str:
    """Both sides in passes of np.sum over the columns of numbers."""

    def cell(run: dict[str, Any], pair: dict[str, Any]) -> str:
        one = run["seconds"]["np.sum"]["median"]
        both = (run["seconds"][pair[x]]["median"] for x in ("theirs", "ours"))
        return " / ".join(times(x / one) for x in both)

    return grid(found, cell)


def memory(found: dict[str, Any]) -> str:
    """Peaks of both sides."""

    def cell(run: dict[str, Any], pair: dict[str, Any]) -> str:
        return " / ".join(
            mega(run["peak_mb"][pair[x]]) for x in ("theirs", "ours")
        )

    return grid(found, cell)


def grid(found: dict[str, Any], cell: Cell) -> str:
    """One row for each pair of calls, one column for each size."""
    rows = [run["values"] for run in found["own"]["counting"]]
    lines = [
        f"| Peer | Its call | Our side | {' | '.join(map(title, rows))} |",
        "|---" * (3 + len(rows)) + "|",
    ]
    for name, peer in found["peers"].items():
        runs = measured(peer)
        pairs = next((run["ratios"] for run in runs.values()), [])
        if not pairs:
            lines.append(absent(name, 2 + len(rows)))
        for i, pair in enumerate(pairs):
            cells = []
            for n in rows:
                there = runs[n]["ratios"] if n in runs else []
                if i < len(there):
                    cells.append(cell(runs[n], there[i]))
                else:
                    cells.append("not run" if there else "failed")
            head = f"| {name} | {pair['theirs']} | {pair['case']} | "
            lines.append(head + " | ".join(cells) + " |")
    return "\n".join(lines)


def counting(found: dict[str, Any]) -> str:
    """Counting alone, in passes of np.sum; and what a long scan can tell."""
    lines = [
        "| Values | Kind | One np.sum | Counted in | np.histogram "
        "| np.searchsorted | Memory beyond the input | Exact |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in found["own"]["counting"]:
        for kind, one in run.get("kinds", {}).items():
            other = [
                f"{times(one['passes'][x]['median'])} sums"
                if x in one["passes"]
                else "not run"
                for x in ("np.histogram", "np.searchsorted")
            ]
            low, high = (
                times(one["passes"]["count"][x]) for x in ("low", "high")
            )
            lines.append(
                f"| {short(run['values'])} | {kind} "
                f"| {clock(one['seconds']['np.sum']['median'])} "
                f"| {times(one['passes']['count']['median'])} sums "
                f"({low} to {high}) | {' | '.join(other)} "
                f"| {mega(one['peak_mb'])} "
                f"| {'yes' if one['exact'] else 'no'} |"
            )
    noise = (BINS - 1) * 2 / MANY
    return "\n".join(
        [
            *lines,
            "",
            f"**A sample is enough.** With {short(MANY)} rows a side and "
            f"{BINS} bins, PSI is about {noise:.6f} on average when nothing "
            f"has moved. A scan of {short(LONG)} rows buys digits below that, "
            "which no decision waits for.",
        ]
    )


def install(found: dict[str, Any]) -> str:
    """What comes with it: packages, megabytes, seconds."""
    own = found["own"]
    base = own["import_seconds"]["numpy"]["median"]
    size = own["numpy_megabytes"]
    lines = [
        "| To import | Packages | MB installed | Against NumPy | Import "
        "| Against NumPy |",
        "|---|---|---|---|---|---|",
    ]

    def line(
        name: str, count: int, mb: float, seconds: float, ref: float
    ) -> str:
        return (
            f"| {name} | {count} | {mb:,.0f} | {times(mb / size)} "
            f"| {clock(seconds)} | {times(seconds / ref)} |"
        )

    lines.append(line("NumPy alone", 1, size, base, base))
    for snippet, count, mb in (
        ("psi", 1, size),
        ("ks", own["distributions"], own["megabytes"]),
    ):
        needs = {1: "NumPy", 2: "NumPy, SciPy"}[count]
        seconds = own["import_seconds"][snippet]["median"]
        lines.append(line(f"`{snippet}` ({needs})", count, mb, seconds, base))
    for name, peer in every(found).items():
        if "import_seconds" not in peer:
            lines.append(absent(name, 5))
            continue
        took = peer["import_seconds"]
        lines.append(
            line(
                name,
                peer["distributions"],
                peer["megabytes"],
                took["peer"]["median"],
                took["numpy"]["median"],
            )
        )
    brings: dict[str, list[str]] = {}
    for snippet, packages in own["imports"].items():
        brings.setdefault(listed(packages), []).append(f"`{snippet}`")
    said = "; ".join(
        f"{listed(who)}: {what or 'nothing but Python'}"
        for what, who in brings.items()
    )
    return "\n".join(
        [
            *lines,
            "",
            "What each drift file imports where NumPy and SciPy are there: "
            f"{said}.",
        ]
    )


def other_questions(found: dict[str, Any]) -> str:
    """A line for each pair of calls at each of the sizes that it has."""
    lines = [
        "| Peer | Its call | Our side | Rows a side | Their CPU | Our CPU "
        "| Ratio |",
        "|---" * 7 + "|",
    ]
    for name, peer in found["more"].items():
        if not measured(peer):
            lines.append(absent(name, 6))
        for n, run in measured(peer).items():
            for pair in run["ratios"]:
                both = (
                    clock(run["seconds"][pair[x]]["median"])
                    for x in ("theirs", "ours")
                )
                head = f"| {name} | {pair['theirs']} | {pair['case']} "
                lines.append(
                    f"{head}| {short(n)} | {' | '.join(both)} "
                    f"| {ratio(pair)} |"
                )
    return "\n".join(lines)


def agree(found: dict[str, Any]) -> str:
    """How far our numbers are from the peer's, over all columns."""
    lines = [
        "| Held to | Rows | Statistic differs by at most "
        "| p-value by at most | Statistic of the sketch by at most "
        "| What the sketch states |",
        "|---" * 6 + "|",
    ]
    for name, peer in every(found).items():
        for n, run in measured(peer).items():
            if "apart" not in run:
                continue
            exact = "ours" if "ours" in run["apart"] else "ours, exact"
            full, sketch = (
                run["apart"].get(x, {}) for x in (exact, "ours, sketch")
            )
            cells = [
                tiny(one.get(key))
                for one, key in (
                    (full, "statistic"),
                    (full, "p_value"),
                    (sketch, "statistic"),
                    (sketch, "stated"),
                )
            ]
            lines.append(f"| {name} | {title(n)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def every(found: dict[str, Any]) -> dict[str, Any]:
    """The peers of the first tables, and those with sizes of their own."""
    peers: dict[str, Any] = found["peers"] | found["more"]
    return peers


def absent(name: str, cells: int) -> str:
    """The row of a peer that could not be measured."""
    return f"| {name} |{' not measured |' * cells}"


def measured(peer: dict[str, Any]) -> dict[int, Any]:
    """The runs that gave a result, by size."""
    return {run["rows"]: run for run in peer["runs"] if "ratios" in run}


def ratio(one: dict[str, float]) -> str:
    """How many times our time theirs is; the range, if rounds are many."""
    low, high = times(one["low"]), times(one["high"])
    if one["low"] == one["high"]:
        return times(one["median"])
    return f"{times(one['median'])} ({low} to {high})"


def times(x: float) -> str:
    """Three digits at most: 0.21, 4.1, 37, 1,240."""
    return f"{x:,.0f}" if x >= 10 else f"{x:.1f}" if x >= 1 else f"{x:.2f}"


def clock(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milli = seconds * 1e3
    return f"{milli:.0f} ms" if milli >= 10 else f"{milli:.2g} ms"


def mega(x: float | None) -> str:
    if x is None:
        return "failed"
    return f"{x:,.0f} MB" if x >= 1 else "under 1 MB"


def tiny(x: float | None) -> str:
    if x is None:
        return "not run"
    return "0" if x == 0 else f"{x:.0e}" if x < 1e-4 else f"{x:.4f}"


def short(n: int) -> str:
    """100 million, 1 million, 10,000."""
    return f"{n // 10**6} million" if n >= 10**6 else f"{n:,}"


def title(n: int) -> str:
    return f"{short(n)}, 1 column" if n >= LONG else f"{short(n)} rows"


def pin(text: str) -> str:
    return text.replace("==", " ")


def listed(items: Iterable[object]) -> str:
    """a, b and c."""
    *most, last = [str(x) for x in items] or [""]
    return f"{', '.join(most)} and {last}" if most else last
