"""Two commands for readers, three more for writers.

    python3 scripts/dev.py serve [--port N]
    python3 scripts/dev.py test [--no-browser] [-- arguments for pytest]
    python3 scripts/dev.py build [--offline]
    python3 scripts/dev.py refresh [--check] [names]
    python3 scripts/dev.py check

Each one first makes the environment that it needs: see environment.py.
"""

import argparse
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

# An older Python must be able to read this file, or it cannot say that it
# is too old: no syntax newer than Python 3.6. Python 2 shows the next line:
OLDEST: tuple = (3, 11, 5)  # Python 3.11.5 or newer is needed: use python3
if sys.version_info[:3] < OLDEST:
    needed, found = ".".join(map(str, OLDEST)), sys.version.split()[0]
    sys.exit(f"dev.py: Python {needed} or newer is needed, this is {found}")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import (  # noqa: E402
    CACHE,
    ROOT,
    ask,
    child,
    logged,
    run,
    say,
    set_up,
    stop,
)

SITE = ROOT / "site"
BROWSER_TESTS = ROOT / "tests" / "browser"
# All the tests: on every core, each file on one, for its fixtures' sake.
ALL_TESTS = ("-m", "pytest", "-n", "auto", "--dist", "loadfile")
CHROMIUMS = (
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    own, extra = read(arguments)
    try:
        if own.command == "serve":
            return serve(own.port)
        if own.command == "build":
            return build(set_up("site"), own.offline)
        if own.command == "test":
            return test(extra, own.no_browser)
        if own.command == "refresh":
            return run(set_up("test"), "scripts/refresh.py", *extra)
        return check()
    except KeyboardInterrupt:
        print("dev.py: stopped by Ctrl-C", file=sys.stderr)
        return 130
    except OSError as error:
        place = error.filename or ROOT
        stop(f"cannot write {place}: {error.strerror or error}")


def read(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split the command line into our options and the tool's arguments."""

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> None:
            print(f"dev.py: {message} (see --help)", file=sys.stderr)
            raise SystemExit(2)

    parser = Parser(
        prog="dev.py",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="command"
    )
    for command, purpose in {
        "serve": "read the site; it follows your edits",
        "test": "run every test, in a real browser too",
        "build": "write the site to site/",
        "refresh": "make outputs, figures and tables anew",
        "check": "everything that CI runs, once",
    }.items():
        sub = commands.add_parser(command, help=purpose, allow_abbrev=False)
        if command == "serve":
            sub.add_argument("--port", type=int, default=8000)
        if command == "build":
            sub.add_argument("--offline", action="store_true")
        if command == "test":
            sub.add_argument("--no-browser", action="store_true")
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    own, unknown = parser.parse_known_args(arguments[:cut])
    extra = unknown + arguments[cut + 1 :]
    if extra and own.command not in ("test", "refresh"):
        parser.error(f"{own.command} does not know {' '.join(extra)}")
    return own, extra


def serve(port: int) -> int:
    """Serve the pages on this machine and rebuild them at each change."""
    if not 0 < port < 65536:
        stop(f"--port must be 1 to 65535, got {port}")
    with socket.socket() as probe:
        if os.name == "posix":  # a port that rests after its last use is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            stop(f"port {port}: {error.strerror}; choose one with --port")
    python = set_up("site")
    address = f"http://127.0.0.1:{port}/"
    mkdocs = [python, "-m", "mkdocs", "serve", "--livereload", "--no-strict"]
    mkdocs += ["--dev-addr", f"127.0.0.1:{port}"]
    up = False
    try:
        with child(*mkdocs, SITE_URL=address) as server:
            while server.poll() is None and not up:
                time.sleep(0.05)
                with socket.socket() as probe:
                    up = probe.connect_ex(("127.0.0.1", port)) == 0
            if up:
                say(f"\n  Paper to Pager: {address}  (Ctrl-C stops it)\n")
    except KeyboardInterrupt:
        if up:  # the usual way to stop reading
            return 0
        raise
    return server.returncode


def build(python: Path, offline: bool) -> int:
    """Write the site to site/, as it is published; a zip of it if asked."""
    started = time.perf_counter()
    mkdocs = [python, "-m", "mkdocs", "build", "--strict", "--clean"]
    code = run(*mkdocs, "--site-dir", SITE)
    code = code or run(python, "scripts/finish_site.py", SITE)
    if offline:
        code = code or run(python, "scripts/offline.py", SITE)
    if code == 0:
        seconds = time.perf_counter() - started
        say(f"The site is in {SITE} ({seconds:.1f} s)")
    return code


def test(extra: list[str], no_browser: bool) -> int:
    """Run the tests; without a browser only when told so, and say it."""
    python = set_up("test")
    named = [ROOT / argument.partition("::")[0] for argument in extra]
    named = [path for path in named if ROOT / "tests" in path.parents]
    pytest = [python, *(ALL_TESTS[:2] if named else ALL_TESTS), *extra]
    if named and not any(BROWSER_TESTS in (p, *p.parents) for p in named):
        return run(*pytest)
    if not no_browser:
        return run(*pytest, **browser(python))
    code = run(*pytest, f"--ignore={BROWSER_TESTS}")
    files = len(list(BROWSER_TESTS.rglob("test_*.py")))
    say(
        f"NOT TESTED (--no-browser): tests/browser, {files} files: console "
        "errors, search, copy button, keyboard, phone width, accessibility"
    )
    return code


def check() -> int:
    """Run every step, also after one has failed; list the slowest first."""
    python = set_up("test")
    variables = browser(python)
    results = []

    def step(name: str, tool: list[str], **more: str) -> bool:
        say(f"\n=== {name}")
        started = time.perf_counter()
        good = run(python, *tool, **more) == 0
        results.append((time.perf_counter() - started, name, good))
        return good

    step("lint", ["-m", "ruff", "check", "--output-format=concise"])
    step("format", ["-m", "ruff", "format", "--check"])
    step("types", ["-m", "mypy", "--strict", "snippets"])
    step("spelling", ["-m", "codespell_lib"])
    step("stale text", ["scripts/refresh.py", "--check"])
    if step("strict build", ["scripts/dev.py", "build"]):
        variables["P2P_SITE"] = str(SITE)  # else the tests build, and fail
    step("oldest NumPy", ["scripts/oldest.py"])
    step("tests", [*ALL_TESTS, "--durations=10"], **variables)

    say("\n=== slowest first")
    for seconds, name, good in sorted(results, reverse=True):
        say(f"{seconds:7.1f} s  {name:<13} {'ok' if good else 'FAILED'}")
    planned = ROOT / "docs" / "planned.txt"
    lines = planned.read_text("utf-8").splitlines() if planned.exists() else []
    left = [line for line in lines if line.strip() and line[0] != "#"]
    say(f"Planned pages that nobody has written yet: {len(left)}")
    failed = [name for _, name, good in results if not good]
    if failed:
        stop(f"{len(failed)} of {len(results)} failed: {', '.join(failed)}")
    return 0


def browser(python: Path) -> dict[str, str]:
    """Return the variables with which the tests find and start Chromium."""
    return {
        "P2P_CHROMIUM": find_chromium(python),
        # Chromium leaves reports here, whatever profile it is given.
        "XDG_CONFIG_HOME": str(CACHE / "chromium"),
        "XDG_CACHE_HOME": str(CACHE / "chromium"),
    }


def find_chromium(python: Path) -> str:
    """Return a Chromium that starts: the system's, else Playwright's own."""
    chosen = os.environ.get("P2P_CHROMIUM")
    if chosen:
        if ask(chosen, "--version"):
            return chosen
        stop(f"P2P_CHROMIUM is no Chromium that starts: {chosen}")
    for name in CHROMIUMS:
        path = shutil.which(name)
        version = ask(path, "--version") if path else ""
        if version and "snap" not in version:  # a snap sees no test's profile
            return path
    say("No Chromium on this machine: asking Playwright for one ...")
    place = {"PLAYWRIGHT_BROWSERS_PATH": str(CACHE / "browsers")}
    where = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as p: print(p.chromium.executable_path)"
    )
    advice = (
        "the browser tests need Chromium: install it (Debian: apt install "
        "chromium), name one in P2P_CHROMIUM, or say --no-browser"
    )
    playwright = [python, "-m", "playwright", "install", "chromium"]
    logged(*playwright, otherwise=advice, **place)
    path = ask(python, "-c", where, **place)
    return path if ask(path, "--version") else stop(advice)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
