"""The door of the running service: what no client ought to send."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from snippets.flights.replay import World, patient, samples, started
from snippets.flights.service import ROUTES, prepare

WORLD = World("2013-12-09")
NOW = {"X-Now": "2013-12-09T17:00:00Z"}
FLIGHT = {
    "carrier": "B6",
    "flight": 1545,
    "origin": "JFK",
    "due": "2013-12-09T19:00:00Z",
}
GOOD = json.dumps(FLIGHT).encode()


class Running:
    """A server of its own process, and what it wrote."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url.rstrip("/"), folder
        self.host, _, port = self.url.removeprefix("http://").partition(":")
        self.port = int(port)

    def post(self, content: bytes, **more: Any) -> httpx.Response:
        headers = {"Content-Type": "application/json", **NOW}
        headers |= more.pop("headers", {})
        url = f"{self.url}{more.pop('path', '/predict')}"
        return httpx.post(url, content=content, headers=headers, timeout=30)

    def raw(self, sent: bytes, *, half_closed: bool = False) -> bytes:
        """Send these bytes as they are; return all that comes back."""
        with socket.create_connection((self.host, self.port), 30) as line:
            got = b""
            with suppress(OSError):  # the server may have hung up
                line.sendall(sent)
                if half_closed:
                    line.shutdown(socket.SHUT_WR)
                while part := line.recv(65_536):
                    got += part
        return got

    def records(self) -> int:
        with sqlite3.connect(self.folder / "predictions.db") as db:
            found = "SELECT count(*) FROM prediction WHERE id NOT LIKE 'log-%'"
            (n,) = db.execute(found).fetchone()
        db.close()
        return int(n)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("door") / "service"
    # a second for a body, so that a slow one need not be waited for
    toml = re.sub(rb"body_seconds = \S+", b"body_seconds = 1.0", patient())
    prepare(folder, WORLD.starts, toml)
    with started(folder, WORLD) as (url, process):
        yield Running(url, folder)
        assert process.poll() is None, "the server died"


def test_the_door_keeps_to_its_document_under_fuzzing(
    running: Running, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{running.url}/openapi.json",
            *("--header", f"X-Now: {NOW['X-Now']}"),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "25", "--seed", "1"),
            # what a flight may be depends on the time, which no schema says
            *("--checks", "all"),
            *("--exclude-checks", "positive_data_acceptance"),
            *("--request-timeout", "30", "--generation-database", "none"),
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-1_000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) == len(ROUTES)


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b'{"carrier": "B6"', 400, "body"),
        (GOOD + b"}", 400, "body"),
        (GOOD[:-1] + b', "flight": 2}', 400, "flight"),
        (GOOD[:-1] + b', "x": {"a": 1, "a": 1}}', 400, "a"),
        (GOOD.replace(b"1545", b"Infinity"), 422, "flight"),
        (GOOD.replace(b"1545", b"1e400"), 422, "flight"),
        (GOOD.replace(b"1545", b"9" * 5_000), 400, "request"),
        (GOOD.replace(b"JFK", b"J\\u0000K"), 422, "origin"),
        (GOOD.replace(b"JFK", "\U0001f6eb".encode() * 9_999), 422, "origin"),
        (GOOD.replace(b"B6", b"<img src=x onerror=alert(1)>"), 422, "carrier"),
        (GOOD.replace(b"B6", b"B6\\n2013 ERROR paid"), 422, "carrier"),
        (GOOD.replace(b"2013-12-09T19", b"2013-03-10T02"), 422, "due"),
        (GOOD.replace(b"2013", b"1900"), 422, "due"),
        (GOOD.replace(b"2013", b"2100"), 422, "due"),
        (b'{"a":' * 50_000, 400, "request"),
        (GOOD + b" " * 1_000_000, 413, "body"),
    ],
)
def test_a_bad_body_gets_a_field_and_a_reason(
    running: Running, content: bytes, status: int, field: str
) -> None:
    before = running.records()
    said = running.post(content)
    assert said.status_code == status, said.text
    errors = said.json()["errors"]
    assert errors[0]["field"] == field
    assert all(e["reason"] and e["reason"].isprintable() for e in errors)
    assert len(said.content) < 9_000
    assert running.records() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
def test_a_body_of_another_kind_is_refused(
    running: Running, kind: str
) -> None:
    said = running.post(GOOD, headers={"Content-Type": kind})
    assert said.status_code == 422
    assert said.json()["errors"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
def test_a_wrong_method_says_which_is_right(
    running: Running, method: str
) -> None:
    said = httpx.request(method, f"{running.url}/predict")
    assert (said.status_code, said.headers["Allow"]) == (405, "POST")
    assert said.json()["errors"][0]["reason"]


def request(length: object, body: bytes = b"", more: bytes = b"") -> bytes:
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    kind = b"Content-Type: application/json\r\nConnection: close\r\n"
    return head.encode() + kind + more + b"\r\n" + body


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\r\n\r\n",
        b"GET\r\n\r\n",
        request("ten"),
        request(-1),
        request(len(GOOD), GOOD, b"Content-Length: 1\r\n"),
        request(0, b"", b"X: " + b"x" * 200_000 + b"\r\n"),
    ],
    ids=["bytes", "no path", "no number", "negative", "two lengths", "header"],
)
def test_what_is_no_http_is_refused_below_the_door(
    running: Running, sent: bytes
) -> None:
    before = running.records()
    said = running.raw(sent, half_closed=True)
    # a server that hangs up on unread bytes may take its answer with it
    assert (status_of(said) if said else 400) in (400, 431)
    assert running.records() == before
    assert running.post(b"{}").status_code == 422


def test_a_body_that_does_not_come_is_given_up(running: Running) -> None:
    said = running.raw(request(len(GOOD), GOOD[:10]))
    assert status_of(said) == 408
    told = json.loads(said.partition(b"\r\n\r\n")[2])
    assert told["errors"][0]["reason"] == "must come within 1.0 s"


def test_a_line_that_is_cut_leaves_no_record(running: Running) -> None:
    before = running.records()
    for _ in range(20):
        running.raw(request(len(GOOD), GOOD[:10]), half_closed=True)
    assert running.records() == before
    assert running.post(GOOD).status_code == 200
    assert running.records() == before + 1


def test_input_opens_no_new_series_in_the_metrics(running: Running) -> None:
    def series() -> set[tuple[str, str]]:
        text = httpx.get(f"{running.url}/metrics").text
        return {(name, str(labels)) for name, labels, _ in samples(text)}

    def send(i: int) -> None:
        running.post(b"{}", path=f"/nowhere/{i}?{i}")
        running.post(b'{"a%d": 1}' % i)
        running.post(GOOD.replace(b"B6", b"Q%d" % i))

    send(0)
    series()  # looking is a request too
    before = series()
    for i in range(1, 10):
        send(i)
    assert series() == before
