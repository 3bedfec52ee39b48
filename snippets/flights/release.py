"""Chapter 10: would anybody have held this release back?

Answers: replays five releases, one good, one equal and three bad. It prints
how many flights a shadow needs to hold each of them without a single outcome,
what shadow and canary say once outcomes come, how many points the canary
loses until it is stopped and what waiting costs, and what a team sees that
releases to everybody on a Tuesday and looks at the weekly score.

Does not answer: how often releases are bad where you work. **The money is
invented**: acting costs 1, acting on a truly late flight saves 4. Nobody was
served: an outcome here does not depend on the answer, so both answers to
each flight can be priced.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/release.py
Page:    snippets/flights/release
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    SLIDE,
    DayBootstrap,
    Recipe,
    gain,
    score,
)
from snippets.flights.stale import Pair, served_again
from snippets.hardening.canary import Canary, cases_needed, in_canary
from snippets.hardening.rollback import Release, Releases, drill
from snippets.hardening.shadow import Answer, compare_behaviour, compare_value

__all__ = [
    "Candidate",
    "Held",
    "Replay",
    "Tried",
    "canary",
    "rehearse",
    "report",
    "run",
    "shadow",
    "tuesday",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ACT: Final = 0.25
LOOKS: Final = (50, 100, 200, 500, 1_000)  # flights after which we look
LIMITS: Final = {"changed": 0.05, "moved": 0.10, "failed": 0.02}
TOLERANCE: Final = 0.05
SHARE: Final = 0.2
HARM: Final = 0.1  # points a flight: 100 per 1,000
LONGEST: Final = 1.5  # times the planned size, then it is taken back
LOOK: Final = np.timedelta64(24, "h")  # until somebody has read ten cases
RIPE: Final = np.timedelta64(8, "h")  # from a decision to its outcome
CACHED: Final = 60  # minutes
WINDOW: Final = 28  # days
PATIENCE: Final = 14  # days
WEEKS: Final = 4
SHADOWS: Final = 120
AGAIN: Final = 6  # draws of each canary that ought to go on
BACK: Final = (10, 480, 3_840)  # minutes: at once, a night, a weekend
ALL_FLIGHTS: Final = 336_776
NAMES: Final = {
    "good": "hardened, for the notebook's",
    "equal": "trained again, other seed",
    "cached": "live columns an hour old",
    "old": "the notebook's file again",
    "slide": "the model of the slide",
}


@dataclass(frozen=True)
class Range:
    """A mean with a 95 % interval over days.

    Attributes:
        value: The mean.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Held:
    """What the shadow did, without a single outcome.

    Attributes:
        starts: Shadows begun.
        held: Held, by the number of flights seen.
        flights: Half of them were held by then; None if fewer ever were.
    """

    starts: int
    held: dict[int, int]
    flights: int | None


@dataclass(frozen=True)
class Tried:
    """What the canary did; one canary for each start.

    Attributes:
        planned: Flights before it may go on.
        verdicts: Canaries that ended in each word.
        flights: Flights until half were stopped; None if fewer ever were.
        lost: Points that its share lost until it was back, mean over starts.
        waited: Points that all others would have gained by an answer of the
            candidate, from the start of the shadow until the canary ended.
    """

    planned: int
    verdicts: dict[str, int]
    flights: float | None
    lost: Range
    waited: Range


@dataclass(frozen=True)
class Tuesday:
    """Everybody gets it on a Tuesday, and a week is compared with the last.

    Attributes:
        tuesdays: Releases begun.
        back: Taken back after the first week, because it scored below the
            week before.
        running: Still there after four weeks.
        lost: Mean points lost until it was taken back, four weeks at most.
    """

    tuesdays: int
    back: int
    running: int
    lost: float


@dataclass(frozen=True)
class Replay:
    """One release on every road.

    Attributes:
        worth: Points per 1,000 flights beyond the incumbent, May to December.
        worst_day: Most points lost on one day, had everybody had it.
        back: Points lost by minutes until everybody is back.
        changed: Share of flights with another decision.
        moved: Share with a score more than .05 away.
        shadow: Before outcomes.
        outcomes: After 28 days of shadow: windows by verdict.
        canary: A fifth of the flights, with the size that was worked out.
        patient: The same, and it may not go on before two weeks are over.
            Left out on the sample, where that is the shorter of the two.
        tuesday: The naive team.
    """

    worth: Range
    worst_day: float
    back: dict[int, float]
    changed: float
    moved: float
    shadow: Held
    outcomes: dict[str, int]
    canary: Tried
    patient: Tried | None
    tuesday: Tuesday


@dataclass(frozen=True)
class Found:
    """The figures of this chapter.

    Attributes:
        per_day: Flights a day with an outcome.
        flights: Flights with an outcome.
        spread: Standard deviation of the loss that this rests on.
        false_alarms: Verdicts of canaries of the equal release, each start
            drawn again and again. Left empty on the sample.
        releases: By name.
        record: The history of a rehearsed way back.
        problem: What the rehearsal found; empty if it passed.
    """

    per_day: float
    flights: int
    spread: float
    false_alarms: dict[str, int]
    releases: dict[str, Replay]
    record: list[str]
    problem: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """Both answers to each flight, in the order of departure.

    Attributes:
        flights: n flights; those without an outcome are in the shadow only.
        old: shape (n,), probabilities of the incumbent.
        new: shape (n,), probabilities of the candidate.
    """

    flights: Flights
    old: Floats
    new: Floats

    def points(self) -> tuple[Floats, Floats]:
        """What each would bring, shape (n,); 0 where there is no outcome."""
        late, known = self.flights.late, self.flights.labelled
        return gain(late, self.old) * known, gain(late, self.new) * known


def shadow(candidate: Candidate, start: int) -> int | None:
    """Look at the answers side by side until they are held.

    Args:
        candidate: Both answers.
        start: The flight with which the shadow begins.

    Returns:
        Flights until the verdict is `hold`; None if 1,000 do not suffice.
    """
    # --8<-- [start:core]
    old, new = (
        [
            Answer(bool(p >= ACT), p)
            for p in side[start : start + max(LOOKS)].tolist()
        ]
        for side in (candidate.old, candidate.new)
    )
    for n in LOOKS:
        seen = compare_behaviour(
            dict(enumerate(old[:n])),
            dict(enumerate(new[:n])),
            limits=LIMITS,
            tolerance=TOLERANCE,
            looks=len(LOOKS),
        )
        if seen.verdict == "hold":
            return n
    # --8<-- [end:core]
    return None


@dataclass(frozen=True)
class _Run:
    word: str
    flights: int
    lost: float
    waited: float


def canary(candidate: Candidate, start: int, planned: int, salt: str) -> _Run:
    """Give a fifth of the flights the new answer, until a verdict.

    It begins a day after the shadow. An outcome counts eight hours after the
    decision; flights decided in those hours still get the new answer.

    Args:
        candidate: Both answers.
        start: The flight with which the shadow began.
        planned: Flights before the canary may go on.
        salt: Name of this canary.

    Returns:
        The word, the flights until then, and both costs in points.
    """
    old, new = candidate.points()
    due = candidate.flights["time"]
    first = int(np.searchsorted(due, due[start] + LOOK))
    known = first + np.flatnonzero(candidate.flights.labelled[first:])
    watch = Canary(SHARE, HARM, planned, low=-3, high=1)
    word, row, inside = "wait", first, list[int]()
    for row in known[: int(LONGEST * planned)].tolist():
        if mine := in_canary(str(row), SHARE, salt):
            inside.append(row)
        word = watch.update(mine, -new[row] if mine else -old[row])
        if word in ("stop", "broken", "go"):
            break
    until = int(np.searchsorted(due, due[row] + RIPE))
    late = range(row + 1, until)  # decided before the last outcome was in
    inside += [i for i in late if in_canary(str(i), SHARE, salt)]
    ahead = new - old
    had = float(ahead[inside].sum())
    return _Run(
        word=word,
        flights=watch.n,
        lost=-had,
        waited=float(ahead[start:until].sum()) - had,
    )


def tuesday(candidate: Candidate) -> Tuesday:
    """Release to everybody, and compare this week's score with the last.

    Args:
        candidate: Both answers.

    Returns:
        What a team sees that looks at nothing else.
    """
    old, new = candidate.points()
    day = candidate.flights["date"].astype(np.int64)
    day -= day[0]  # 1 May 2013 was a Wednesday
    n = np.bincount(day, candidate.flights.labelled)
    daily = [np.bincount(day, points) for points in (old, new)]
    back, running, lost = 0, 0, list[float]()
    starts = range(13, len(n) - 7 * WEEKS + 1, 7)
    for first in starts:
        before = daily[0][first - 7 : first].sum() / n[first - 7 : first].sum()
        for week in range(1, WEEKS + 1):
            now = slice(first + 7 * (week - 1), first + 7 * week)
            if daily[1][now].sum() / n[now].sum() < before:
                back += week == 1
                break
        else:
            running += 1
        had = slice(first, first + 7 * week)
        lost.append(float((daily[0][had] - daily[1][had]).sum()))
    return Tuesday(len(starts), back, running, float(np.mean(lost)))


def rehearse(
    folder: Path, recipes: tuple[Recipe, Recipe], train: Flights
) -> tuple[list[str], str]:
    """Release one recipe after another, and walk the way back once.

    Args:
        folder: An empty folder.
        recipes: The one to return to, and the one to leave.
        train: Labelled flights; some are asked again after each switch.

    Returns:
        The history, and what went wrong; empty if nothing did.
    """
    store = Releases(folder / "delays", ["recipe", "settings"])
    store.create()
    rows = np.arange(0, len(train), 500)
    now = datetime(2013, 9, 10, 14, tzinfo=UTC)
    stored, before = dict[str, Floats](), ""
    for recipe in recipes:
        made = store.add(
            {
                "recipe": json.dumps(asdict(recipe)).encode(),
                "settings": f"act = {ACT}".encode(),
            }
        )
        stored[made.name] = score(recipe, train, train.take(rows))
        store.switch(
            made.name, leaving=before, who="ana", why=recipe.name, now=now
        )
        before = made.name

    def check(release: Release) -> None:
        told = json.loads((release.folder / "recipe").read_bytes())
        told["columns"] = tuple(told["columns"])
        again = train.take(rows)  # other flights to `score`: no kept answers
        answers = score(Recipe(**told), train, again)
        np.testing.assert_allclose(answers, stored[release.name], atol=1e-9)

    done = drill(
        store,
        check,
        who="kim",
        why="back",
        clock=time.monotonic,
        utc=lambda: now,
    )
    return [str(entry) for entry in store.history()], done.problem


def candidates(flights: Flights) -> dict[str, Candidate]:
    """Train the models, and answer May to December with each pair.

    Args:
        flights: The sample or all flights.

    Returns:
        The five releases by name.
    """
    train = flights.train
    asked = flights.where(flights["month"] > 4)
    nobody_knows = np.full(len(asked), np.nan)
    blind = Flights({**asked.columns, "dep_delay": nobody_knows})
    hardened = score(HARDENED, train, asked)
    notebook = score(NOTEBOOK, train, asked)
    again = score(replace(HARDENED, seed=1), train, asked)
    slide = score(SLIDE, train, blind)
    return {
        "good": Candidate(asked, notebook, hardened),
        "equal": Candidate(asked, hardened, again),
        "cached": Candidate(asked, hardened, _cached(flights, asked)),
        "old": Candidate(asked, hardened, notebook),
        "slide": Candidate(asked, hardened, slide),
    }


def _cached(flights: Flights, asked: Flights) -> Floats:
    """The hardened model on live columns that are an hour old."""
    columns = served_again(flights, asked, CACHED)
    return Pair(flights.train).with_live(asked, columns)


def replay(candidate: Candidate, planned: int, starts: int) -> Replay:
    """Send one release down every road.

    Args:
        candidate: Both answers.
        planned: Flights before the canary may go on.
        starts: Canaries to begin, spread over the months.

    Returns:
        What each road shows and costs.
    """
    flights = candidate.flights
    known = flights.labelled
    old, new = candidate.points()
    ahead = new - old
    mean = float(ahead[known].mean())
    dates, day = np.unique(flights["date"], return_inverse=True)
    per_day = int(known.sum()) / len(dates)
    days = DayBootstrap(flights["date"][known])
    two_weeks = int(np.ceil(PATIENCE * per_day))
    patient = None
    if two_weeks > planned:
        patient = _canaries(candidate, two_weeks, starts)
    gap = np.abs(candidate.new - candidate.old)
    return Replay(
        worth=Range(1000 * mean, *days.interval(ahead[known])),
        worst_day=-float(np.bincount(day, ahead).min()),
        back={m: -mean * per_day * m / 1440 for m in BACK},
        changed=float(
            ((candidate.old >= ACT) != (candidate.new >= ACT)).mean()
        ),
        moved=float((gap > TOLERANCE).mean()),
        shadow=_shadows(candidate),
        outcomes=_outcomes(candidate),
        canary=_canaries(candidate, planned, starts),
        patient=patient,
        tuesday=tuesday(candidate),
    )


def _shadows(candidate: Candidate) -> Held:
    last = len(candidate.old) - max(LOOKS)
    found = [
        shadow(candidate, int(start))
        for start in np.linspace(0, last, SHADOWS)
    ]
    held = {n: sum(x is not None and x <= n for x in found) for n in LOOKS}
    half = [n for n in LOOKS if 2 * held[n] >= len(found)]
    return Held(len(found), held, half[0] if half else None)


def _outcomes(candidate: Candidate) -> dict[str, int]:
    """Windows of 28 days, none of which overlap, by verdict."""
    old, new = candidate.points()
    known = candidate.flights.labelled
    date = candidate.flights["date"].astype(np.int64)
    words = Counter[str]()
    for first in range(int(date[0]), int(date[-1]) - WINDOW + 2, WINDOW):
        use = known & (date >= first) & (date < first + WINDOW)
        words[compare_value(old[use], new[use], date[use]).verdict] += 1
    return {word: words[word] for word in ("better", "unclear", "worse")}


def _canaries(candidate: Candidate, planned: int, starts: int) -> Tried:
    runs = _runs(candidate, planned, starts, "first")
    words = Counter(run.word for run in runs)
    stops = sorted(r.flights for r in runs if r.word == "stop")
    half = (len(runs) + 1) // 2
    day = DayBootstrap(np.arange(len(runs)))
    lost, waited = (
        Range(
            float(points.mean()),
            *(end / 1000 for end in day.interval(points)),
        )
        for points in (
            np.array([r.lost for r in runs]),
            np.array([r.waited for r in runs]),
        )
    )
    return Tried(
        planned=planned,
        verdicts={w: words[w] for w in ("go", "stop", "broken", "unclear")},
        flights=float(stops[half - 1]) if len(stops) >= half else None,
        lost=lost,
        waited=waited,
    )


def _runs(
    candidate: Candidate, planned: int, starts: int, draw: str
) -> list[_Run]:
    """One canary for each start, spread over the months."""
    due = candidate.flights["time"]
    n = int(LONGEST * planned / candidate.flights.labelled.mean())
    last = int(np.searchsorted(due, due[-1 - n] - LOOK - RIPE))
    places = np.linspace(0, last, starts).astype(np.int64).tolist()
    return [canary(candidate, at, planned, f"{draw} {at}") for at in places]


def run(flights: Flights) -> Found:
    """Replay the five releases on each road.

    Args:
        flights: The sample or all flights. On the sample a canary of so many
            flights takes five times as many days.

    Returns:
        The figures of this chapter.
    """
    train, served = flights.train, flights.production
    spread = float(gain(train.late, score(HARDENED, train, train)).std())
    planned = cases_needed(SHARE, HARM, spread)
    full = len(flights) == ALL_FLIGHTS
    starts = 16 if full else 8
    pairs = candidates(flights)
    words = Counter(
        one.word
        for draw in range(AGAIN if full else 0)
        for one in _runs(pairs["equal"], planned, starts, f"draw {draw}")
    )
    with tempfile.TemporaryDirectory() as folder:
        record, problem = rehearse(Path(folder), (HARDENED, SLIDE), train)
    return Found(
        per_day=len(served) / len(np.unique(served["date"])),
        flights=len(served),
        spread=spread,
        false_alarms=dict(sorted(words.items())),
        releases={
            name: replay(one, planned, starts) for name, one in pairs.items()
        },
        record=record,
        problem=problem,
    )


def report(found: Found) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    some = found.releases["good"]
    sides = {NAMES[name]: one for name, one in found.releases.items()}
    lines = [
        f"{found.flights:,} flights, May to December; points beyond the "
        "incumbent per 1,000",
        "",
        f"{'':32}{'worth':<18}{'changed':>9}{'moved':>8}",
    ]
    for name, one in sides.items():
        w = one.worth
        worth = f"{w.value:4.0f} [{w.low:.0f}, {w.high:.0f}]"
        share = f"{one.changed:9.1%}{one.moved:8.0%}"
        lines.append(f"  {name:<28}{worth:<20}{share}")
    seen = "".join(f"{n:>7,}" for n in LOOKS)
    lines += [
        "",
        f"Shadow, no outcomes: held after so many flights, of "
        f"{some.shadow.starts}",
        f"{'':30}{seen}",
    ]
    for name, one in sides.items():
        cells = "".join(f"{n:>7}" for n in one.shadow.held.values())
        lines.append(f"  {name:<28}{cells}")
    windows = sum(some.outcomes.values())
    lines += [
        "",
        f"Shadow, with outcomes: {windows} windows of {WINDOW} days",
        f"{'':30}" + "".join(f"{word:>9}" for word in some.outcomes),
    ]
    for name, one in sides.items():
        cells = "".join(f"{n:>9}" for n in one.outcomes.values())
        lines.append(f"  {name:<28}{cells}")
    lines += _tried({name: one.canary for name, one in sides.items()})
    patient = {n: one.patient for n, one in sides.items() if one.patient}
    if patient:
        lines += _tried(patient)
    else:
        lines.append("  (never before two weeks are over: --full)")
    if n := sum(found.false_alarms.values()):
        k = found.false_alarms
        lines.append(
            f"  the equal one, drawn {n} times: {k['stop']} stop, "
            f"{k['broken']} broken"
        )
    lines += [
        "",
        f"Everybody on a Tuesday, {some.tuesday.tuesdays} Tuesdays; lost: "
        "points, in four weeks at most",
        f"{'':30}back after a week   still there    lost",
    ]
    for name, one in sides.items():
        t = one.tuesday
        row = f"{t.back:>17}{t.running:>14}{t.lost:>8.0f}"
        lines.append(f"  {name:<28}{row}")
    lines += [
        "",
        "Everybody has it: points lost by the time the way back takes",
        f"{'':30}{'10 min':>8}{'8 h':>8}{'64 h':>8}{'worst day':>12}",
    ]
    for name, one in sides.items():
        lost = one.back.values()
        cells = "".join(f"{0.0 + round(x, 1):8.1f}" for x in lost)
        lines.append(f"  {name:<28}{cells}{one.worst_day:>12.0f}")
    lines += ["", *(f"  {entry}" for entry in found.record)]
    lines.append(f"  {found.problem or 'the drill passed'}")
    return "\n".join(lines)


def _tried(tried: Mapping[str, Tried]) -> list[str]:
    first = next(iter(tried.values()))
    n = sum(first.verdicts.values())
    lines = [
        "",
        f"Canary, {SHARE:.0%}, stops {1000 * HARM:.0f} lost in 1,000, goes on "
        f"after {first.planned:,} flights; {n} starts",
        f"{'':30}"
        + "".join(f"{w:>8}" for w in first.verdicts)
        + f"{'lost':>17}",
    ]
    for name, one in tried.items():
        cells = "".join(f"{k:>8}" for k in one.verdicts.values())
        a = one.lost
        lost = f"{a.value:.0f} [{a.low:.0f}, {a.high:.0f}]"
        lines.append(f"  {name:<28}{cells}{lost:>17}")
    lines.append(f"{'':30}{'not gained by the others meanwhile':>49}")
    for name, one in tried.items():
        a = one.waited
        waited = f"{a.value:.0f} [{a.low:.0f}, {a.high:.0f}]"
        lines.append(f"  {name:<28}{waited:>49}")
    return lines


if __name__ == "__main__":
    chapter(run, report)
