"""Test the snippets on the oldest versions that their `Needs:` lines name.

    python3 scripts/dev.py check    # does this among the rest

Runs the tests of the areas that people copy from in an environment of its
own. On Python 3.11 it holds exactly the named versions. A newer Python may
have no wheel of that NumPy: then the first NumPy that has one stands in for
it, and the output says so.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import CACHE, ROOT, VERSION, environment, run

AREAS = ("drift", "readiness", "hardening")
IMPORTED = r"(?m)(?:^ *(?:from|import) |find_spec\(\")(\w+)"
LOCKED = r"(?m)^([\w.-]+)==(\S+)"
# Distributions whose module has another name.
MODULES = {"scikit-learn": "sklearn", "openfeature-sdk": "openfeature"}
# The first NumPy that has wheels for Python 3.N, from its release notes.
FIRST_NUMPY = {12: "1.26", 13: "2.1", 14: "2.3.2"}


def main() -> int:
    snippets = files("snippets")
    tests = files("tests/snippets")
    least = named_in([path.read_text("utf-8") for path in snippets])
    if "numpy" not in least or not tests:
        print("No tested snippet names NumPy in its Needs: line.")
        return 0
    wanted = pins(least, sys.version_info[1])
    wanted += helpers([p.read_text("utf-8") for p in snippets + tests], least)
    facts = [f"Python {VERSION}: {' '.join(sorted(wanted))}"]
    python = environment(CACHE / "oldest", facts, wanted)
    print("Tests with", ", ".join(wanted), flush=True)
    folders = sorted({str(path.parent) for path in tests})
    pytest = (python, "-m", "pytest", "-p", "no:cacheprovider")
    split = ("-n", "auto", "--dist", "loadfile")
    return run(*pytest, *split, *folders)


def files(folder: str) -> list[Path]:
    return sorted(p for a in AREAS for p in (ROOT / folder / a).glob("*.py"))


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def named_in(sources: list[str]) -> dict[str, str]:
    """Return the oldest version that any `Needs:` line has, by package."""
    least: dict[str, str] = {}
    for source in sources:
        for line in re.findall(r"(?m)^Needs: +(.+)$", source):
            for name, version in re.findall(r"([\w-]+) ([\d.]+)", line):
                known = least.get(name.lower(), version)
                least[name.lower()] = min(known, version, key=numbers)
    least.pop("python", None)
    return least


def pins(least: dict[str, str], minor: int) -> list[str]:
    """Return what to install on Python 3.`minor` for the named versions."""
    if minor < min(FIRST_NUMPY):
        return [f"{name}=={version}" for name, version in least.items()]
    first = FIRST_NUMPY.get(minor, FIRST_NUMPY[max(FIRST_NUMPY)])
    numpy = max(least["numpy"], first, key=numbers)
    if numpy != least["numpy"]:
        print(f"NumPy {least['numpy']} has no wheel for Python 3.{minor}.")
    others = [f"{n}>={v}" for n, v in least.items() if n != "numpy"]
    return [f"numpy=={numpy}", *others]


def helpers(sources: list[str], least: dict[str, str]) -> list[str]:
    """Return what else the tests need: pytest as locked, oracles as fit."""
    lock = (ROOT / "requirements-test.txt").read_text("utf-8")
    text = "\n".join(sources)
    imported = set(re.findall(IMPORTED, text))
    found = []
    for name, version in dict(re.findall(LOCKED, lock)).items():
        module = MODULES.get(name, name)
        if name in ("pytest", "pytest-xdist", "hypothesis"):
            found.append(f"{name}=={version}")
        elif module in imported and name not in least:
            found.append(name)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
