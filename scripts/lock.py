"""Renew the hash-locked requirements of every dependency group.

usage: lock.py

Takes the newest versions that pyproject.toml allows and writes
requirements-<group>.txt without the address of any package index, so that the
files install from whichever index a machine has. Needs uv.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORT = (
    "export --quiet --frozen --no-header --no-emit-project "
    "--format requirements.txt --only-group"
)


def uv(*arguments: str) -> str:
    """Run the uv on the path, or the one beside this Python."""
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv") or shutil.which(beside)
    if found is None:
        sys.exit("lock.py: uv is missing: python3 -m pip install uv")
    done = subprocess.run(
        [found, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"lock.py: uv {arguments[0]} failed")
    return done.stdout


def main() -> None:
    """Lock, export each group, and leave no file that names an index."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = ROOT / "uv.lock"
    lock.unlink(missing_ok=True)
    try:
        uv("lock", "--quiet")
        for group in project["dependency-groups"]:
            text = uv(*EXPORT.split(), group)
            if "://" in text:
                sys.exit(f"lock.py: group {group} would name an index")
            (ROOT / f"requirements-{group}.txt").write_text(text, "utf-8")
            print(f"requirements-{group}.txt: {text.count('==')} packages")
    finally:
        lock.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
