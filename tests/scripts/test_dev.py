"""dev.py on a machine that is not as it should be.

Every test runs the real script in a small checkout of its own, whose path
has a space in it. A stand-in for uv installs stand-ins for the tools; where
the installer itself is the question, it is the real pip.
"""

import ast
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.oldest import helpers, named_in, pins
from scripts.tree import ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
VERSION = sys.version.split()[0]
WHEEL = "mkdocs-1.0-py3-none-any.whl"

# Installs modules that print their command line, or fail, or take long.
UV = '''
import os, pathlib, subprocess, sys, time
here = pathlib.Path(__file__).parent
python = sys.argv[sys.argv.index("--python") + 1]
with open(here / "calls.txt", "a") as calls:
    print(pathlib.Path(sys.argv[-1]).stem, file=calls)
if os.environ.get("UV_SLEEPS"):
    (here / "pid.txt").write_text(str(os.getpid()))
    time.sleep(60)
where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
done = subprocess.run([python, "-c", where], stdout=subprocess.PIPE)
packages = pathlib.Path(done.stdout.decode().strip())
for tool in ("mkdocs", "pytest", "ruff", "mypy", "codespell_lib"):
    (packages / (tool + ".py")).write_text("""
import http.server, os, sys
print("ran", __name__ and sys.argv[0].split(os.sep)[-1], *sys.argv[1:])
print("site", os.environ.get("P2P_SITE"))
print("chromium", os.environ.get("P2P_CHROMIUM"))
if os.environ.get("FAILS") == os.path.basename(sys.argv[0])[:-3]:
    sys.exit(7)
if "serve" in sys.argv:
    port = int(sys.argv[-1].split(":")[1])
    http.server.test(http.server.SimpleHTTPRequestHandler, port=port)
""")
'''


class Checkout:
    """A folder with dev.py in it, and a PATH with only our uv on it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.root / "scripts").mkdir(parents=True)
        for name in ("dev.py", "environment.py"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts" / name)
        for name in ("refresh.py", "finish_site.py", "oldest.py"):
            self.write(f"scripts/{name}", f"print('ran {name}')\n")
        for group in ("site", "test"):
            self.write(f"requirements-{group}.txt", f"{group}==1.0\n")
        (self.bin / "uv.py").write_text(UV)
        self.command("uv", f'exec "{PYTHON}" "{self.bin / "uv.py"}" "$@"')
        self.variables = {
            "PATH": str(self.bin),
            "HOME": str(folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def write(self, path: str, text: str) -> Path:
        (self.root / path).write_text(text)
        return self.root / path

    def command(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PYTHON, str(self.root / "scripts/dev.py"), *words],
            env={**self.variables, **variables},
            cwd=self.bin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **variables: str) -> tuple[int, str, str]:
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def refused(self, *words: str, **variables: str) -> str:
        """The one line on stderr of a command that must fail."""
        code, _, err = self.run(*words, **variables)
        assert code
        assert len(err.splitlines()) == 1, err
        assert err.startswith("dev.py: ")
        return err

    def works(self, *words: str, **variables: str) -> str:
        code, out, err = self.run(*words, **variables)
        assert (code, err) == (0, "")
        return out

    @property
    def installed(self) -> list[str]:
        """What our uv was asked to install, call by call."""
        calls = self.bin / "calls.txt"
        return calls.read_text().split() if calls.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object]) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("waited 20 s in vain")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "zombie" in status.read_text()


# --- each command, where all is well ----------------------------------------


def test_the_second_start_installs_nothing_and_is_quick(
    checkout: Checkout,
) -> None:
    assert "ran refresh.py" in checkout.works("refresh")
    took = []
    for _ in range(3):
        started = time.perf_counter()
        assert checkout.works("refresh") == "ran refresh.py\n"
        took.append(time.perf_counter() - started)
    assert checkout.installed == ["requirements-test"]
    assert min(took) < 1


def test_serve_installs_only_what_the_site_needs_and_says_where_it_is(
    checkout: Checkout, free: int
) -> None:
    server = checkout.start("serve", "--port", str(free))
    address = f"http://127.0.0.1:{free}/"
    assert server.stdout
    for line in server.stdout:
        if address in line:
            break
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert answer.status == 200
    assert checkout.installed == ["requirements-site"]
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=20)
    assert server.returncode == 0, "Ctrl-C is the way to stop reading"


def test_the_tests_add_to_what_the_site_needs_and_nothing_goes_back(
    checkout: Checkout,
) -> None:
    checkout.works("build")
    kept = checkout.root / ".venv" / "kept"
    kept.touch()
    checkout.works("test", "--no-browser")
    checkout.works("build")
    assert checkout.installed == ["requirements-site", "requirements-test"]
    assert kept.exists(), "the environment was made anew"


def test_another_working_folder_is_no_matter(checkout: Checkout) -> None:
    assert "ran finish_site.py" in checkout.works("build")
    assert (checkout.root / ".venv").is_dir()
    assert sorted(p.name for p in checkout.bin.parent.iterdir()) == [
        "a checkout",
        "bin",
    ]


def test_arguments_for_pytest_and_refresh_reach_them(
    checkout: Checkout,
) -> None:
    out = checkout.works("test", "--no-browser", "--", "-k", "psi", "--co")
    assert "ran pytest.py -n auto --dist loadfile -k psi --co" in out
    checkout.write("scripts/refresh.py", "import sys; print(sys.argv[1:])")
    assert "['--check', 'x/y']" in checkout.works("refresh", "--check", "x/y")


def test_check_runs_every_step_after_a_failure_and_then_fails(
    checkout: Checkout,
) -> None:
    chromium = checkout.command("chromium", "echo Chromium 1")
    code, out, err = checkout.run("check", FAILS="mypy")
    assert (code, err) == (1, "dev.py: 1 of 8 failed: types\n")
    steps = re.findall(r"(?m)^=== (.+)$", out)
    assert steps == [
        *("lint", "format", "types", "spelling", "stale text"),
        *("strict build", "oldest NumPy", "tests", "slowest first"),
    ]
    table = re.findall(r"(?m)^ +([\d.]+) s  (.+?)  +(\w+)$", out)
    assert {name: state for _, name, state in table}["types"] == "FAILED"
    seconds = [float(took) for took, _, _ in table]
    assert seconds == sorted(seconds, reverse=True)
    tests = out[out.index("=== tests") :]
    assert f"site {checkout.root / 'site'}\nchromium {chromium}" in tests


def test_check_counts_the_planned_pages_that_are_left(
    checkout: Checkout,
) -> None:
    checkout.command("chromium", "echo Chromium 1")
    (checkout.root / "docs").mkdir()
    checkout.write("docs/planned.txt", "# to do\n\nguides/a\nguides/b\n")
    assert "nobody has written yet: 2\n" in checkout.works("check")


def test_tests_without_a_site_that_builds_are_not_given_one(
    checkout: Checkout,
) -> None:
    checkout.command("chromium", "echo Chromium 1")
    checkout.write("scripts/finish_site.py", "raise SystemExit(1)")
    _, out, err = checkout.run("check")
    assert err == "dev.py: 1 of 8 failed: strict build\n"
    assert "site None" in out[out.index("=== tests") :]


# --- each bad situation -----------------------------------------------------


def test_an_old_python_can_read_the_script_and_is_refused(
    checkout: Checkout,
) -> None:
    source = (ROOT / "scripts/dev.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 7))  # ast goes no further back
    script = str(checkout.root / "scripts/dev.py")
    done = subprocess.run(
        [
            PYTHON,
            "-c",
            "import runpy, sys; sys.version_info = (3, 11, 4);"
            "sys.version = '3.11.4 (old)';"
            f"runpy.run_path({script!r}, run_name='__main__')",
        ],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "dev.py: Python 3.11.5 or newer is needed, this is 3.11.4\n"
    )


def test_a_python_without_ensurepip_names_the_package(
    checkout: Checkout, tmp_path: Path
) -> None:
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    for folder in {"lib", sys.platlibdir}:
        poor = tmp_path / "poor" / folder / stdlib.name
        poor.mkdir(parents=True)
        for part in stdlib.iterdir():
            if part.name != "ensurepip":
                (poor / part.name).symlink_to(part)
    home = str(tmp_path / "poor")
    minor = sys.version_info[1]
    line = checkout.refused("serve", PATH="", PYTHONHOME=home)
    assert f"apt install python3.{minor}-venv" in line
    assert "ran mkdocs.py" in checkout.works("build", PYTHONHOME=home), (
        "uv needs no ensurepip"
    )


def test_without_a_network_the_reason_is_one_line(
    checkout: Checkout, free: int
) -> None:
    lock = f"mkdocs==1.0 --hash=sha256:{'0' * 64}\n"
    checkout.write("requirements-site.txt", lock)
    nobody = f"http://127.0.0.1:{free}/simple"
    line = checkout.refused(
        "build", PATH="", PIP_INDEX_URL=nobody, PIP_RETRIES="1"
    )
    assert "the package index does not answer (" in line
    assert "onnection refused" in line
    assert ".cache/install.log" in line


def test_pip_takes_the_locked_file_and_no_other(
    checkout: Checkout, tmp_path: Path
) -> None:
    wheel = tmp_path / "wheels" / WHEEL
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as files:
        info = "mkdocs-1.0.dist-info"
        files.writestr("mkdocs.py", "print('real pip')\n")
        files.writestr(f"{info}/METADATA", "Name: mkdocs\nVersion: 1.0\n")
        files.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        files.writestr(f"{info}/RECORD", "")
    local = {
        "PATH": "",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
    }
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = "mkdocs==1.0 --hash=sha256:{}\n"
    checkout.write("requirements-site.txt", lock.format(right))
    checkout.write("requirements-test.txt", lock.format("0" * 64))
    assert "real pip" in checkout.works("build", **local)
    again = {"PIP_FORCE_REINSTALL": "1"}  # or it takes what is there
    line = checkout.refused("refresh", **local, **again)
    assert "HASHES" in line


def test_a_taken_port_is_refused_before_anything_is_installed(
    checkout: Checkout, taken: int
) -> None:
    line = checkout.refused("serve", "--port", str(taken))
    assert f"port {taken}: " in line
    assert "--port" in line
    assert checkout.installed == []


def test_a_checkout_that_cannot_be_written_is_named(
    checkout: Checkout,
) -> None:
    # Root may write everywhere until it gives that right away.
    weak = ["setpriv", "--bounding-set=-dac_override"]
    checkout.root.chmod(0o555)
    try:
        done = subprocess.run(
            [
                *(weak if os.geteuid() == 0 else []),
                *(PYTHON, str(checkout.root / "scripts/dev.py"), "build"),
            ],
            env={
                **os.environ,
                **checkout.variables,
                "PATH": os.environ["PATH"],
            },
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        checkout.root.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr == (
        f"dev.py: cannot write {checkout.root}/.cache: Permission denied\n"
    )


@pytest.mark.parametrize(
    ("sent", "code", "line"),
    [
        (signal.SIGINT, 130, "dev.py: stopped by Ctrl-C\n"),
        (signal.SIGTERM, 143, ""),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_a_set_up_that_was_stopped_leaves_no_child_and_heals(
    checkout: Checkout, sent: signal.Signals, code: int, line: str
) -> None:
    process = checkout.start("build", UV_SLEEPS="1")
    note = checkout.bin / "pid.txt"
    until(lambda: note.exists() and note.read_text())
    process.send_signal(sent)
    if sent == signal.SIGKILL:  # nobody can clean up after this one
        os.kill(int(note.read_text()), sent)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, line)
    until(lambda: gone(int(note.read_text())))
    assert not (checkout.root / ".venv/stamp.txt").exists()
    out = checkout.works("build")
    assert "half made or out of date: making it anew" in out
    assert "ran mkdocs.py build" in out


def break_the_python(venv: Path) -> None:
    python = venv / "bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")


def lose_the_stamp(venv: Path) -> None:
    (venv / "stamp.txt").unlink()


def put_a_file_in_its_place(venv: Path) -> None:
    shutil.rmtree(venv)
    venv.write_text("not a folder")


def change_the_lock(venv: Path) -> None:
    (venv.parent / "requirements-site.txt").write_text("site==2.0\n")


@pytest.mark.parametrize(
    "harm",
    [
        break_the_python,
        lose_the_stamp,
        put_a_file_in_its_place,
        change_the_lock,
    ],
)
def test_a_broken_or_outdated_environment_is_made_anew(
    checkout: Checkout, harm: Callable[[Path], None]
) -> None:
    checkout.works("build")
    harm(checkout.root / ".venv")
    assert "ran mkdocs.py build" in checkout.works("build")
    assert len(checkout.installed) == 2
    checkout.works("build")
    assert len(checkout.installed) == 2


def test_two_terminals_share_one_set_up(checkout: Checkout) -> None:
    both = [checkout.start("build") for _ in range(2)]
    assert [p.communicate(timeout=60)[1] for p in both] == ["", ""]
    assert checkout.installed == ["requirements-site"]


def test_a_checkout_without_a_lock_is_refused(checkout: Checkout) -> None:
    (checkout.root / "requirements-site.txt").unlink()
    line = checkout.refused("serve")
    assert "requirements-site.txt is missing" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sevre"], "'sevre'"),
        ([], "command"),
        (["build", "--fast"], "build does not know --fast"),
        (["serve", "--port", "http"], "'http'"),
        (["serve", "--port", "70000"], "1 to 65535, got 70000"),
    ],
)
def test_a_wrong_command_line_is_refused_by_name(
    checkout: Checkout, words: list[str], said: str
) -> None:
    assert said in checkout.refused(*words)
    assert checkout.installed == []


# --- the browser ------------------------------------------------------------


def test_no_chromium_to_be_had_says_what_to_install(
    checkout: Checkout,
) -> None:
    line = checkout.refused("test")
    assert "the browser tests need Chromium" in line
    assert "--no-browser" in line
    assert "No module named playwright" in (
        checkout.root / ".cache/install.log"
    ).read_text("utf-8")


def test_a_chromium_that_does_not_start_is_not_taken(
    checkout: Checkout,
) -> None:
    checkout.command("chromium", "echo please install the snap >&2; exit 1")
    snap = checkout.command("google-chrome", "echo Chromium 1 snap")
    good = checkout.command("chromium-browser", "echo Chromium 1")
    assert f"chromium {good}" in checkout.works("test")
    named = checkout.works("test", P2P_CHROMIUM=str(snap))
    assert f"chromium {snap}" in named
    line = checkout.refused("test", P2P_CHROMIUM="/nowhere/chromium")
    assert "/nowhere/chromium" in line


def test_tests_without_a_browser_say_aloud_what_is_not_tested(
    checkout: Checkout,
) -> None:
    browser = checkout.root / "tests" / "browser"
    browser.mkdir(parents=True)
    (browser / "test_pages.py").touch()
    out = checkout.works("test", "--no-browser")
    assert f"loadfile --ignore={browser}" in out
    last = out.splitlines()[-1]
    assert last.startswith("NOT TESTED (--no-browser): tests/browser, 1 files")


def test_a_single_test_file_needs_no_browser(checkout: Checkout) -> None:
    out = checkout.works("test", "--", "tests/snippets/drift/test_psi.py::a")
    assert "ran pytest.py tests/snippets/drift/test_psi.py::a" in out
    for words in (["tests/browser"], ["tests/browser/test_x.py::a"], ["."]):
        assert "need Chromium" in checkout.refused("test", "--", *words)


# --- the oldest versions ----------------------------------------------------

BANNER = '"""Q?\n\nNeeds:   Python 3.11, {}\n"""\n'


def test_the_oldest_version_that_any_snippet_names_is_tested() -> None:
    needs = ["NumPy 2.1", "NumPy 1.26, SciPy 1.11", "standard library"]
    least = named_in([BANNER.format(need) for need in needs])
    assert least == {"numpy": "1.26", "scipy": "1.11"}
    assert pins(least, 11) == ["numpy==1.26", "scipy==1.11"]


def test_a_python_without_a_wheel_of_it_takes_the_first_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert pins({"numpy": "1.26"}, 12) == ["numpy==1.26"]
    assert capsys.readouterr().out == ""
    assert pins({"numpy": "1.26", "scipy": "1.11"}, 13) == [
        "numpy==2.1",
        "scipy>=1.11",
    ]
    said = capsys.readouterr().out
    assert said == "NumPy 1.26 has no wheel for Python 3.13.\n"


def test_what_the_tests_import_is_installed_with_it() -> None:
    test = 'from scipy import stats\nimport sklearn\nfind_spec("pandas")\n'
    assert [name.partition("==")[0] for name in helpers([test], {})] == [
        *("hypothesis", "pandas", "pytest", "pytest-xdist"),
        *("scikit-learn", "scipy"),
    ]
