"""Break the snippets on purpose, and count how many breaks the tests see.

usage: mutants.py [--since REV] [NAME...]

Takes the snippets whose code or test changed since REV (HEAD by default), or
those named: `mutants.py snippets/drift/psi`. Prints the score of each, then
every change that no test noticed. The tester is mutmut: it gets an
environment of its own and works on a copy of the tree, in .cache.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import CACHE, VERSION, environment
from scripts.tree import ROOT, Module, modules

LOCK = ROOT / "requirements-mutants.txt"
SEEN = ("killed", "timeout", "segfault", "caught_by_type_check")
MISSED = ("survived", "no_tests", "suspicious")
# mutmut calls the tests by their ids, in a process that has run them before,
# and counts a test that pytest cannot find as a break that was seen. pytest
# does not find an id again in which it escaped a character; with raw ids it
# does, but fails on parameters that are bytes. So: the first way that works.
RAW = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
WAYS = (f"{RAW}=false", f"{RAW}=true")
PROBE = """
import sys, pytest
class Ids:
    def pytest_collection_modifyitems(self, items):
        self.found = [item.nodeid for item in items]
ids, quiet = Ids(), ["--collect-only", "-q", "-o", sys.argv[2]]
first = pytest.main([*quiet, sys.argv[1]], plugins=[ids])
sys.exit(first or pytest.main([*quiet, *ids.found]))
"""
SETTINGS = """
[tool.mutmut]
source_paths = ["snippets"]
only_mutate = ["{source}"]
pytest_add_cli_args_test_selection = ["{test}"]
pytest_add_cli_args = {options}
timeout_multiplier = 3.0
timeout_constant = 2.0
"""


def tester() -> Path:
    """The mutmut of an environment that holds what the lock says."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    python = environment(
        CACHE / "mutants",
        [f"mutants for Python {VERSION}: {digest}"],
        ["--require-hashes", "-r", str(LOCK)],
    )
    return python.with_name("mutmut")


def changed(since: str) -> list[Module]:
    """Modules whose code or test differs from a revision."""
    paths = set[str]()
    for command in (
        ["git", "diff", "--name-only", since],
        ["git", "ls-files", "--others", "--exclude-standard"],
    ):
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        paths |= set(done.stdout.splitlines())
    return [m for m in modules(ROOT) if {m.source, m.test} & paths]


def start(
    program: Path, folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in a copy of the tree, on the packages of this Python."""
    packages = sysconfig.get_paths()["purelib"]
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": packages, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def run(program: Path, folder: Path, *arguments: str) -> str:
    """The output of a program that succeeds."""
    done = start(program, folder, *arguments)
    if done.returncode:
        last = done.stdout.replace("\r", "\n").strip().splitlines()[-15:]
        sys.exit("\n".join([f"mutants.py: {program.name} failed:", *last]))
    return done.stdout


def judge(mutmut: Path, module: Module) -> tuple[int, int, list[str]]:
    """Breaks seen, breaks made, and each break that was missed.

    A test that runs the file in another Python passes on the file and fails
    on the copy that mutmut makes, which only mutmut can run: it is left out.
    """
    folder = CACHE / "mutated" / module.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        ROOT / "snippets",
        folder / "snippets",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (folder / module.test).parent.mkdir(parents=True)
    shared = f"tests/snippets/{module.area}/conftest.py"
    for path in (module.test, "tests/conftest.py", shared):
        if (ROOT / path).exists():
            shutil.copy(ROOT / path, folder / path)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(project, "utf-8")
    python = mutmut.with_name("python")
    for way in WAYS:
        probe = start(python, folder, "-c", PROBE, module.test, way)
        if probe.returncode == 0:
            break
    else:
        sys.exit(f"mutants.py: cannot call the tests by id:\n{probe.stdout}")
    run(python, folder, "-m", "pytest", "-x", module.test)
    options = ["-o", way]
    many = ("run", "--max-children", str(os.cpu_count() or 1))
    while True:
        settings = SETTINGS.format(
            source=module.source,
            test=module.test,
            options=json.dumps(options),
        )
        (folder / "pyproject.toml").write_text(project + settings, "utf-8")
        done = start(mutmut, folder, *many)
        blind = re.search(r"(?m)^FAILED (tests/.*?)(?: - .*)?$", done.stdout)
        if done.returncode == 0 or blind is None:
            break
        options += ["--deselect", blind[1]]
        print(f"{module.id}: without {blind[1].partition('::')[2]}")
    run(mutmut, folder, "export-cicd-stats")
    stats = json.loads(
        (folder / "mutants/mutmut-cicd-stats.json").read_text("utf-8")
    )
    missed = [
        describe(run(mutmut, folder, "show", name), name)
        for line in run(mutmut, folder, "results").splitlines()
        for name, _, status in [line.strip().partition(": ")]
        if status.replace(" ", "_") in MISSED
    ]
    return sum(stats.get(key, 0) for key in SEEN), stats["total"], missed


def describe(difference: str, name: str) -> str:
    """Name of a mutant, and the lines it changed."""
    lines = re.findall(r"(?m)^[-+](?![-+]{2}).*", difference)
    short = name.replace("__mutmut_", " ").replace("\u01c1", ".")
    return "\n".join([f"  {short}", *(f"    {line}" for line in lines)])


def main(arguments: list[str]) -> int:
    """Run the command line; the score informs and fails nothing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--since", metavar="REV", default="HEAD")
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args(arguments)
    wanted = [name.removesuffix(".py") for name in given.names]
    unknown = sorted(set(wanted) - {m.id for m in modules(ROOT)})
    if unknown:
        sys.exit(f"mutants.py: no such snippet: {', '.join(unknown)}")
    chosen = (
        [m for m in modules(ROOT) if m.id in wanted]
        if wanted
        else changed(given.since)
    )
    if not chosen:
        print(f"no snippet changed since {given.since}")
        return 0
    mutmut = tester()
    for module in chosen:
        began = time.perf_counter()
        seen, made, missed = judge(mutmut, module)
        seconds = time.perf_counter() - began
        print(
            f"{module.id}: {seen} of {made} seen, "
            f"{seen / max(made, 1):.1%}  ({seconds:.0f} s)",
            *missed,
            sep="\n",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
