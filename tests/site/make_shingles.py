"""Hash every run of eight words of the essays, for the overlap check.

usage: make_shingles.py FOLDER [TITLES] > tests/site/shingles.txt

FOLDER holds the essays as `*.txt`. TITLES has one title a line, in lower case
without punctuation: runs inside a title, or around one, may be shared.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.site.checks.project import WORDS, shingle


def shingles(texts: list[str], titles: list[str]) -> list[str]:
    """Sorted hashes of the runs of the texts that are no titles."""
    runs = set()
    for text in texts:
        tokens = re.findall(r"[a-z0-9]+", text.lower())
        for i in range(len(tokens) - WORDS + 1):
            runs.add(" ".join(tokens[i : i + WORDS]))
    return sorted(
        shingle(run)
        for run in runs
        if not any(run in title or title in run for title in titles)
    )


if __name__ == "__main__":
    essays = [
        path.read_text("utf-8", "replace")
        for path in sorted(Path(sys.argv[1]).glob("*.txt"))
    ]
    names = Path(sys.argv[2]).read_text("utf-8") if sys.argv[2:] else ""
    print("\n".join(shingles(essays, names.splitlines())))
