"""Our site and the same pages on the stock theme: built, served, opened.

Shared by the scripts that measure the site. Stock means the same
`mkdocs.yml`, pages, plugins and Markdown extensions, without `overrides/`,
our style sheet, `finish_site.py` and our palette. Its web font stays off:
it would come from another host.
"""

from __future__ import annotations

import gzip
import mimetypes
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml  # type: ignore[import-untyped, unused-ignore]
from mkdocs.utils.yaml import yaml_load
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts.dev import find_chromium  # noqa: E402

KINDS = {
    "home": "",
    "guide": "guides/drift/",
    "how-to": "how-to/data-contract/",
    "snippet": "snippets/drift/psi/",
    "chapter": "snippets/flights/leak/",
    "catalogue": "snippets/",
    "review": "readiness/",
    "evidence": "evidence/",
    "glossary": "glossary/",
    "case study": "case-studies/sepsis-alert/",
    "essay": "essays/three-gaps/",
    "404": "404.html",
}

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


def config(folder: Path, stock: bool, api: bool, root: Path) -> Path:
    """The site's configuration, with or without our steps and the API."""
    with (root / "mkdocs.yml").open("rb") as file:
        given: dict[str, Any] = yaml_load(file)
    given |= {"strict": False, "docs_dir": str(root / "docs")}
    given.pop("watch")
    theme = given["theme"]
    theme["custom_dir"] = str(root / "overrides")
    plugins = {
        name: options
        for entry in given["plugins"]
        for name, options in (
            entry.items() if isinstance(entry, dict) else [(entry, {})]
        )
    }
    reader = plugins["mkdocstrings"]
    reader["custom_templates"] = str(root / reader["custom_templates"])
    reader["handlers"]["python"]["paths"] = [str(root)]
    if stock:
        del theme["palette"], theme["favicon"]
        # Pages ask for templates of ours by name: here they find the theme's.
        theme["custom_dir"] = str(folder)
        for ours in {x.name for x in (root / "overrides").glob("*.html")}:
            if ours not in ("main.html", "404.html"):
                text = '{% extends "main.html" %}'
                (folder / ours).write_text(text, "utf-8")
        del given["extra_css"], reader["custom_templates"]
    if not api:
        del plugins["mkdocstrings"]
    given["plugins"] = [{name: plugins[name]} for name in plugins]
    path = folder / "mkdocs.yml"
    path.write_text(yaml.dump(given, sort_keys=False), "utf-8")
    return path


def build(
    site: Path, stock: bool, api: bool = True, root: Path = ROOT
) -> float:
    """Build into an empty folder; gives the seconds of CPU that it took.

    CPU, since another program on the machine would distort the clock.
    """
    finish = "import sys, pathlib; from scripts.finish_site import finish; "
    finish += "finish(*map(pathlib.Path, sys.argv[1:]))"
    with TemporaryDirectory() as folder:
        path = config(Path(folder), stock, api, root)
        mkdocs = ["-m", "mkdocs", "build", "-q", "-c"]
        commands = [[*mkdocs, "-f", str(path), "-d", str(site)]]
        if not stock:
            commands.append(["-c", finish, str(site), str(root)])
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for command in commands:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=root,
                env={
                    **os.environ,
                    "NO_MKDOCS_2_WARNING": "1",
                    "PYTHONPATH": str(ROOT),
                },
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = (
        getattr(after, key) - getattr(before, key)
        for key in ("ru_utime", "ru_stime")
    )
    return float(user + system)


@contextmanager
def sites(ours: Path | None, stock: Path | None) -> Iterator[dict[str, Path]]:
    """Folders of both sites; builds the one that is not given."""
    with TemporaryDirectory() as folder:
        given = {"ours": ours, "stock": stock}
        found = {}
        for name, path in given.items():
            found[name] = path or Path(folder) / name
            if path is None:
                build(found[name], stock=name == "stock")
        yield found


@cache
def answer(path: Path) -> tuple[bytes, str, bool]:
    """Body, media type, and whether the body is compressed."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body = path.read_bytes()
    if kind.startswith("text/") or kind.endswith(("script", "json", "xml")):
        return gzip.compress(body, 6, mtime=0), f"{kind}; charset=utf-8", True
    return body, kind, False


class Host(BaseHTTPRequestHandler):
    """What a host of static files does: gzip, ten minutes of cache, 404."""

    protocol_version = "HTTP/1.1"

    def __init__(self, site: Path, *rest: Any) -> None:
        self.site = site
        super().__init__(*rest)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        asked = unquote(urlsplit(self.path).path)
        path = self.site / asked.lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        status = HTTPStatus.OK
        if not path.is_file():
            path, status = self.site / "404.html", HTTPStatus.NOT_FOUND
        if not path.is_file():
            self.send_error(status)
            return
        body, kind, compressed = answer(path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if compressed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Address of the site on this machine, with a slash at its end."""
    handler: Callable[..., Host] = partial(Host, site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A headless Chromium with an empty profile, gone at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(Path(sys.executable)),
            args=[*FLAGS, *flags],
        )
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
