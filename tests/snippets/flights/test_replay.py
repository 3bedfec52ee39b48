"""Contract of snippets/flights/replay.py."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import yaml

from snippets.flights.features import CARRIERS, ORIGINS
from snippets.flights.loader import load_day
from snippets.flights.replay import (
    RULES,
    Pager,
    Played,
    Ring,
    World,
    main,
    report,
    weather_server,
)

NOON = datetime(2013, 12, 9, 17, tzinfo=UTC)  # in New York
ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/snippets/flights/service.md"
UNIT_TESTS = yaml.safe_load(
    RULES.with_name("alerts_test.yml").read_text("utf-8")
)["tests"]


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03", "2013-12-09"])
def test_the_world_tells_the_flights_of_the_day(date: str) -> None:
    world, day = World(date), load_day(date)
    assert len(world.callers) == len(day.flights)
    late = sum(caller.late for caller in world.callers)
    assert late == int(day.flights.late.sum())
    assert [c.at for c in world.callers] == sorted(c.at for c in world.callers)
    assert len(world.schedule()) == len(day.departures)
    never = int(np.isnan(day.departures["dep_delay"]).sum())
    end = datetime(2014, 1, 1, tzinfo=UTC)
    assert len(world.departures(None, end)) == len(day.departures) - never
    for caller in world.callers:
        hour = datetime.fromisoformat(caller.ask["due"])
        assert hour.timestamp() - caller.at.timestamp() == 7200


def test_the_first_flight_is_the_one_in_the_table() -> None:
    day = load_day("2013-12-09").flights
    caller = World("2013-12-09").callers[0]
    row = int(np.argmin(day["time"]))
    assert caller.ask == {
        "carrier": CARRIERS[day["carrier"][row]],
        "flight": day["flight"][row],
        "origin": ORIGINS[day["origin"][row]],
        "due": f"{day['time'][row]}:00Z",
    }
    assert caller.arrival_delay == day["arr_delay"][row]


def test_the_weather_server_hands_on_what_it_is_told_to_say() -> None:
    world, hour = World("2013-12-09"), datetime(2013, 12, 9, 14, tzinfo=UTC)
    with weather_server(world.weather) as url:
        asked = {"origin": "JFK", "hour": "2013-12-09T14:00:00Z"}
        said = httpx.get(url, params=asked)
        assert said.json() == world.weather("JFK", hour)
        asked["origin"] = "BOS"
        assert httpx.get(url, params=asked).status_code == 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--day", "2013-12-10"], "date must be one of 2013-02-12"),
        (["--day", "yesterday"], "date must be one of 2013-02-12"),
        (["--speed", "-1"], "speed must be 0 or more, got -1.0"),
        (["--speed", "nan"], "speed must be 0 or more, got nan"),
        (["--speed", "inf"], "speed must be 0 or more, got inf"),
        (["--at", "noon"], "at must be such as 12:00, got 'noon'"),
        (["--at", "01:00"], "at must be 02:00 or later, got 01:00"),
        (["--at", "12:00", "--folder", "."], "folder must be a new one"),
        (["--at", "12:00", "--day", "1900-01-01"], "date must be one of"),
    ],
)
def test_wrong_arguments_are_refused_by_name(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_report_says_what_was_refused_and_what_it_was_worth() -> None:
    played = Played(
        date="2013-12-09",
        rungs={"model": 60, "table": 30, "plain": 10, "nothing": 0},
        refused={"503": 4},
        points={"the service": 25.0, "nothing": 0.0},
        flights=50,
        late=20,
        seconds=[0.001] * 98 + [0.003] * 2,
        shadow={"same": 55, "changed": 5},
        rang=(
            Ring("FeedStale", "departures feed", True, NOON, NOON),
            Ring("Slow", "flights on call", True, NOON, NOON),
        ),
    )
    lines = report(played, times=True).splitlines()
    assert lines[0] == "2013-12-09: 100 answers, 40% of the flights late"
    assert "  by model           60   60.0%" in lines
    assert "  refused 503         4" in lines
    assert "  the service        25     500" in lines
    assert any("5 changed, 55 same" in line for line in lines)
    rang = "  12:00 to 12:00  FeedStale      pages departures feed"
    assert rang in lines
    assert any(" Slow " in line for line in lines)
    quiet = report(played, times=False).splitlines()
    assert quiet[-1] == rang  # Slow differs from run to run
    assert lines[-1] == "Waiting times: p99 is 3.0 times p50"
    assert "times p50" not in report(played, times=False)


# The pager


def values_of(text: str) -> list[float]:
    """The values of a series as promtool's unit tests write them."""
    values: list[float] = []
    for part in text.split():
        found = re.fullmatch(r"(\d+)(?:\+(\d+))?(?:x(\d+))?", part)
        assert found is not None, part
        first, step, times = (int(x or 0) for x in found.groups())
        values += [first + step * i for i in range(times + 1)]
    return values


def played(test: dict[str, Any], until: timedelta) -> list[tuple[str, ...]]:
    """What fires at each reading of a unit test, by our own evaluator."""
    pager, start, fired = Pager(RULES.read_bytes()), NOON, []
    series = []
    for one in test["input_series"]:
        name, _, labels = one["series"].partition("{")
        found = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        series.append((name, found, values_of(one["values"])))
    for i in range(int(until / timedelta(minutes=5)) + 1):
        now = start + i * timedelta(minutes=5)
        scraped = [(n, has, v[i]) for n, has, v in series if i < len(v)]
        fired.append(pager.look(now, scraped))
    return fired


def span(text: str) -> timedelta:
    unit = {"h": "hours", "m": "minutes"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


@pytest.mark.parametrize("test", UNIT_TESTS, ids=lambda test: test["name"])
def test_our_evaluator_agrees_with_the_unit_tests(
    test: dict[str, Any],
) -> None:
    last = max(span(one["eval_time"]) for one in test["alert_rule_test"])
    fired = played(test, last)
    for one in test["alert_rule_test"]:
        now = int(span(one["eval_time"]) / timedelta(minutes=5))
        fires = one["alertname"] in fired[now]
        assert fires == bool(one["exp_alerts"]), (one, fired)


def test_every_alert_rings_once_and_stays_silent_once() -> None:
    rules = {rule["alert"]: rule for rule in Pager(RULES.read_bytes()).rules}
    asked = [one for test in UNIT_TESTS for one in test["alert_rule_test"]]
    rings = {one["alertname"] for one in asked if one["exp_alerts"]}
    silent = {one["alertname"] for one in asked if not one["exp_alerts"]}
    assert rings == silent == set(rules)
    page = (ROOT / "docs/snippets/flights/replay.md").read_text("utf-8")
    for name, rule in rules.items():
        assert rule["annotations"]["owner"]
        assert rule["annotations"]["runbook"].endswith("#when-it-rings")
        assert f"`{name}`" in page.partition("## When it rings")[2]


def test_the_rules_hold_under_promtool(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        with capsys.disabled():
            print("\nNOT RUN: promtool is not installed (Debian: prometheus)")
            print("our own evaluator has read the same unit tests")
        return
    for command in (["check", "rules"], ["test", "rules"]):
        name = "alerts.yml" if command[0] == "check" else "alerts_test.yml"
        done = subprocess.run(
            [tool, *command, name],
            cwd=RULES.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_counter_that_falls_was_restarted() -> None:
    name, now = "flights_log_failures_total", NOON
    pager = Pager(RULES.read_bytes())
    assert pager.look(now, [(name, {}, 7.0)]) == ()  # nothing to compare
    now += timedelta(minutes=5)
    assert pager.look(now, [(name, {}, 0.0)]) == ()
    now += timedelta(minutes=5)
    assert pager.look(now, [(name, {}, 1.0)]) == ("LogFails",)
    assert [(ring.alert, ring.since) for ring in pager.rang] == [
        ("LogFails", now)
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "flights_ready / 2 > 1",
        "flights_ready or up",
        "rate(flights_a[5m]) > 0",
    ],
)
def test_what_the_evaluator_does_not_know_it_does_not_guess(
    expression: str,
) -> None:
    rule = {"alert": "X", "expr": expression}
    rules = yaml.safe_dump({"groups": [{"rules": [rule]}]})
    pager = Pager(rules.encode())
    with pytest.raises((ValueError, KeyError, SyntaxError)):
        pager.look(NOON, [("flights_ready", {}, 1.0)])


# The sessions on the page of the service


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sessions() -> list[tuple[str, str]]:
    """Each command of the page, and what it prints."""
    text = PAGE.read_text("utf-8")
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.strip()))
    return found


def curl(command: str, port: int) -> str:
    """What `curl ... | python -m json.tool` prints."""
    words = shlex.split(command.replace(":8013", f":{port}"))
    assert words[-4:] == ["|", "python", "-m", "json.tool"]
    url = next(word for word in words if word.startswith("http://"))
    headers = {"Content-Type": "application/json"}
    if "-H" in words:
        name, _, value = words[words.index("-H") + 1].partition(": ")
        headers[name] = value
    if "--json" in words:
        body = words[words.index("--json") + 1]
        said = httpx.post(url, content=body, headers=headers, timeout=30)
    else:
        said = httpx.get(url, headers=headers, timeout=30)
    return json.dumps(said.json(), indent=4)


def alike(text: str) -> str:
    """Without what differs: names by chance, hashes of what was trained."""
    text = re.sub(r"\b[0-9a-f]{32}\b", "NAME", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "RELEASE", text)
    return re.sub(r"(\"probability\": 0\.\d\d)\d*", r"\1", text)


def test_the_page_prints_what_these_commands_print(tmp_path: Path) -> None:
    (start, greeting), *rest = sessions()
    assert len(rest) == 9
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def python(command: str) -> list[str]:
        words = shlex.split(command)
        assert words[0] == "python"
        return [sys.executable, *words[1:]]

    with (
        subprocess.Popen(
            [*python(start), "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        ExitStack() as stack,
    ):
        stack.callback(process.terminate)  # whatever fails, nothing is left
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(2)]
        shown = "\n".join(lines).replace(f":{port}", ":8013")
        assert shown == greeting
        for command, output in rest:
            if command.startswith("curl"):
                said = curl(command, port)
            else:
                done = subprocess.run(
                    python(command),
                    cwd=tmp_path,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                said = (done.stderr + done.stdout).strip()
            assert alike(said) == alike(output), command
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        assert process.returncode == 130
        assert error == "replay: stopped\n"
