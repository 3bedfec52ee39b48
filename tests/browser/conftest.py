"""One Chromium and one server for all browser tests."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    Route,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HEIGHTS = {360: 780, 1440: 900}

OpenContext = Callable[..., BrowserContext]


class Server(SimpleHTTPRequestHandler):
    """Serves the site as a host of static files does, 404 page included."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def send_error(self, code: int, *rest: Any) -> None:
        missing = Path(self.directory) / "404.html"
        if code != 404 or not missing.exists():
            super().send_error(code, *rest)
            return
        body = missing.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def served(folder: Path, how: type[SimpleHTTPRequestHandler]) -> Iterator[str]:
    """Address of a folder on this machine, with a slash at its end."""
    handler = partial(how, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def address(site_dir: Path) -> Iterator[str]:
    """Address of the served site, with a slash at its end."""
    with served(site_dir, Server) as address:
        yield address


# Not for the session: Playwright's loop would run on in this process, and
# tests of the service have loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = start(playwright)
        yield chromium
        chromium.close()


def start(playwright: Playwright) -> Browser:
    """A Chromium of the system, else the one that Playwright brought."""
    given = [os.environ.get("P2P_CHROMIUM"), *map(shutil.which, NAMES)]
    path = next((name for name in given if name), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error as error:
        return pytest.exit(
            f"no Chromium starts ({path or 'none found'}): install one, name "
            "it in P2P_CHROMIUM, or run `playwright install chromium`.\n"
            f"{error.message.splitlines()[0]}",
            returncode=2,
        )


@pytest.fixture
def open_context(browser: Browser, address: str) -> Iterator[OpenContext]:
    """Open a fresh profile that cannot leave the site.

    A request for another host is stopped and noted in the profile's list
    ``off_site``. Call it with width, scheme and other context options.
    """
    with ExitStack() as stack:

        def opened(
            width: int = 1440, scheme: str = "light", **options: Any
        ) -> BrowserContext:
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": HEIGHTS.get(width, 900)},
                color_scheme=scheme,  # type: ignore[arg-type]
                **options,
            )
            stack.callback(context.close)
            context.set_default_timeout(8000)
            context.off_site = []  # type: ignore[attr-defined]

            def guard(route: Route) -> None:
                url = route.request.url
                if url.startswith((address, "data:", "blob:")):
                    route.continue_()
                else:
                    context.off_site.append(url)  # type: ignore[attr-defined]
                    route.abort()

            context.route("**/*", guard)
            return context

        yield opened


@pytest.fixture
def desktop(open_context: OpenContext) -> Page:
    """An empty tab of a fresh profile, 1440 pixels wide."""
    return open_context(1440).new_page()


@pytest.fixture
def phone(open_context: OpenContext) -> Page:
    """An empty tab of a fresh profile, 360 pixels wide."""
    return open_context(360).new_page()
