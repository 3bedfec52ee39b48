"""Make the environment that a command needs, once; run commands in it.

All of it lies inside the checkout: .venv, and .cache for downloads and logs.
An environment carries a stamp, written last: the Python and the lock files
that it was made from. A missing or different stamp means that it is half
made or out of date, and it is made anew.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
LOG = CACHE / "install.log"
VERSION = sys.version.split()[0]

SURROUNDINGS = {
    "PIP_CACHE_DIR": str(CACHE / "pip"),
    "UV_CACHE_DIR": str(CACHE / "uv"),
    "MPLCONFIGDIR": str(CACHE / "matplotlib"),
    "OMP_NUM_THREADS": "1",  # the tests have a process for each core
    **os.environ,
    "NO_MKDOCS_2_WARNING": "1",
    "PIP_USER": "0",
    "PYTHONUTF8": "1",
}
for variable in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"):
    SURROUNDINGS.pop(variable, None)

NETWORK = re.compile(
    r"[\w ]*(name resolution|service not known|getaddrinfo failed|timed out"
    r"|connection refused|connection reset|unreachable|proxy)[\w ]*",
    re.IGNORECASE,
)


def set_up(group: str) -> Path:
    """Return the Python of .venv, which holds `group`: site or test.

    The packages for the tests include those for the site at the same
    versions, so .venv grows from site to test and never goes back.
    """
    facts = []
    for name in ("site", "test"):
        lock = ROOT / f"requirements-{name}.txt"
        if not lock.exists():
            stop(f"{lock.name} is missing: this checkout is not complete")
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
        facts.append(f"Python {VERSION}, {name}: {digest}")
        if name == group:
            break
    return environment(VENV, facts, ["--require-hashes", "-r", lock])


def environment(folder: Path, facts: list[str], wanted: list) -> Path:
    """Return the Python of `folder`, whose stamp must hold the `facts`.

    If the first fact holds, what is `wanted` is added to what is there;
    else the folder is made anew.
    """
    windows = os.name == "nt"
    python = folder / ("Scripts/python.exe" if windows else "bin/python")
    stamp = folder / "stamp.txt"

    def stamped() -> list[str]:
        if not stamp.is_file() or ask(python, "-V") != f"Python {VERSION}":
            return []
        return stamp.read_text("utf-8").splitlines()

    if set(facts) <= set(stamped()):
        return python
    CACHE.mkdir(exist_ok=True)
    with one_at_a_time():
        known = stamped()
        if set(facts) <= set(known):  # another terminal has made it
            return python
        started = time.perf_counter()
        uv = shutil.which("uv")
        if facts[0] in known and (uv or ask(python, "-m", "pip", "-V")):
            stamp.unlink()
        else:
            make_empty(folder, with_pip=not uv)
        say(f"Installing packages into {folder.name} ...")
        if uv:
            tool = [uv, "pip", "install", "--python"]
            logged(*tool, python, *wanted)
        else:
            logged(python, "-m", "pip", "install", "--no-input", *wanted)
        stamp.write_text("\n".join(facts), "utf-8")
        seconds = time.perf_counter() - started
        say(f"{folder.name} is ready ({seconds:.0f} s)")
    return python


def make_empty(folder: Path, with_pip: bool) -> None:
    """Make an environment without packages in place of whatever is there."""
    for module in ("venv", "ensurepip") if with_pip else ("venv",):
        if importlib.util.find_spec(module) is None:
            major, minor = sys.version_info[:2]
            stop(
                f"this Python comes without {module}: install it (Debian, "
                f"Ubuntu: apt install python{major}.{minor}-venv)"
            )
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        say(f"{folder.name} is half made or out of date: making it anew")
        (folder / "stamp.txt").unlink(missing_ok=True)
        shutil.rmtree(folder)
    say(f"Making {folder.name} with Python {VERSION} ...")
    base = getattr(sys, "_base_executable", None) or sys.executable
    options = [] if with_pip else ["--without-pip"]
    logged(base, "-m", "venv", *options, folder)


def logged(*command: object, otherwise: str = "", **variables: str) -> None:
    """Run a command; show its output as progress, or one line if it fails."""
    lines, shown = [], time.monotonic()
    live = sys.stdout.isatty()
    width = shutil.get_terminal_size()[0] - 4
    with (
        open(LOG, "w", encoding="utf-8") as log,
        child(*command, stdout=subprocess.PIPE, **variables) as process,
    ):
        for raw in process.stdout:
            lines.append(raw.decode("utf-8", "replace").strip())
            print(lines[-1], file=log, flush=True)
            if time.monotonic() - shown > (0.1 if live else 5):
                shown = time.monotonic()
                end = "\x1b[K\r" if live else "\n"
                print(" ", lines[-1][:width], end=end, flush=True)
    if live:
        print(end="\x1b[K", flush=True)
    if process.returncode:
        errors = [n for n in lines if re.match("(?i)(error|fatal)", n)]
        why = " / ".join(errors[-2:]) or (lines or ["no output"])[-1]
        network = [found[0] for n in lines if (found := NETWORK.search(n))]
        if network:
            why = f"the package index does not answer ({network[-1].strip()})"
        stop(
            (otherwise or f"cannot install: {why}")
            + f"; whole log: {LOG.relative_to(ROOT)}"
        )


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait while another terminal makes an environment in this checkout."""
    with open(CACHE / "set-up.lock", "w") as lock:
        with contextlib.suppress(ImportError):  # Windows has no fcntl
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def child(
    *command: object,
    folder: Path = ROOT,
    stdout: int | None = None,
    **variables: str,
) -> Iterator[subprocess.Popen]:
    """Start a command, wait for it, and never leave it behind."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env={**SURROUNDINGS, **variables},
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout else None,
    )
    try:
        yield process
        process.wait()
    except BaseException:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)  # Ctrl-C in a terminal reaches the child as well
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        raise
    finally:
        process.kill()


def run(*command: object, **variables: str) -> int:
    with child(*command, **variables) as process:
        pass
    return process.returncode


def ask(*command: object, **variables: str) -> str:
    """Return what a command prints, or nothing if it cannot run."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [str(part) for part in command],
            env={**SURROUNDINGS, **variables},
            capture_output=True,
            check=True,
            text=True,
            timeout=30,
        )
        return done.stdout.strip()
    return ""


def say(text: str) -> None:
    print(text, flush=True)


def stop(reason: str) -> NoReturn:
    """End with one line on stderr and exit code 1."""
    sys.exit(f"dev.py: {reason}")
