"""What does a verdict cost on the command line, beyond Python's own start?

usage: review.py [ROUNDS]

Measures the CPU time of whole processes, started in turn: Python that does
nothing, Python that reads the bank and a full sheet with tomllib, and
`review.py check` on that sheet. A line has median, lowest and highest, the
median above the start, and its ratio to the start in the same round. The
aim is 50 ms above the start; 1 if the median misses it on this machine.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

try:
    import resource
except ImportError:  # Windows has no CPU time of children
    raise SystemExit("this benchmark needs a Unix") from None

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from snippets.readiness.review import load_questions

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "snippets/readiness/review.py"
BANK = ROOT / "snippets/readiness/questions.toml"
LIMIT = 50.0
READ = "import sys,tomllib;[tomllib.load(open(p,'rb')) for p in sys.argv[1:]]"


def sheet() -> str:
    """A full sheet: every question at level 2 with all its evidence."""
    lines = ['system = "s"', 'version = "1"', 'population = "p"']
    lines += ["date = 2026-11-21", 'review = "full"']
    for q in load_questions().questions:
        lines += ["", f"[answers.{q.id}]", "level = 2", 'link = "docs/x.md"']
        lines += ["date = 2026-11-20", 'owner = "Ada Lovelace"']
        lines += ['result = "runs/7.txt"', 'verified_by = "Grace Hopper"']
    return "\n".join(lines) + "\n"


def spent(command: list[str]) -> float:
    """CPU time of one process in ms."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    return 1e3 * (user + after.ru_stime - before.ru_stime)


def main(rounds: int) -> int:
    """Print the table; 1 if a verdict costs more than `LIMIT`."""
    python = [sys.executable, "-I", "-S"]
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "sheet.toml"))
        Path(file).write_text(sheet(), "utf-8")
        day = ["--today", "2026-11-21"]
        cases = {
            "start of Python": [*python, "-c", "pass"],
            "tomllib reads both files": [*python, "-c", READ, str(BANK), file],
            "review.py check": [*python, str(TOOL), "check", file, *day],
        }
        took: dict[str, list[float]] = {name: [] for name in cases}
        for name in list(cases) * (rounds + 1):
            took[name].append(spent(cases[name]))
    took = {name: times[1:] for name, times in took.items()}  # one to warm up
    start = took["start of Python"]
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(f"CPU ms, {rounds} rounds; {load:.1f} runnable processes a core")
    print(f"{'':26}  median  lowest highest   above   ratio")
    above = 0.0
    for name, times in took.items():
        pairs = list(zip(times, start, strict=True))
        above = median(a - b for a, b in pairs)
        ratio = median(a / b for a, b in pairs)
        shown = (median(times), min(times), max(times), above, ratio)
        print(f"{name:26}", *(f"{x:7.1f}" for x in shown))
    return 1 if above > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 21))
