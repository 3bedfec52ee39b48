"""What does a verdict cost in the browser?

usage: review_page.py SITE_DIR [ROUNDS]

Serves the built site to Chromium, loads a full sheet into the review on
`readiness/` and measures, in ms: one verdict of the module (63 answers, all
with their evidence), the same with its Markdown and JSON, and one letter
typed into the page until everything that shows the verdict has changed, for
the shortest and the longest review. A line has median, lowest and highest.
The aim is a verdict in under 10 ms; 1 if a median of the first or the typed
lines misses it on this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from snippets.readiness.review import load_questions

LIMIT = 10.0
TODAY = str(date.today())
MODULE = """
async ([text, today, rounds]) => {
  const rules = await import("/assets/js/review-verdict.js");
  const bank = await (await fetch("/assets/js/review-bank.json")).json();
  const rest = await fetch("/assets/js/review-bank-rest.json");
  rules.addTexts(bank, await rest.json());
  const sheet = rules.parse(text);
  const took = { verdict: [], texts: [] };
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const verdict = rules.assess(sheet, bank, today);
    took.verdict.push(performance.now() - start);
    rules.asMarkdown(verdict);
    rules.asJson(verdict);
    took.texts.push(performance.now() - start);
  }
  return took;
}
"""
TYPED = """
rounds => {
  const field = document.querySelector("#own-01 input[type=text]");
  const took = [];
  for (let i = 0; i < rounds; i++) {
    field.value = "page-" + i;
    const start = performance.now();
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    took.push(performance.now() - start);
  }
  return took;
}
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def sheet(review: str) -> str:
    """Every question at level 1 with all its evidence: all are blockers."""
    answer = {"level": 1, "link": "docs/x.md", "date": TODAY}
    answer |= {"owner": "Ada Lovelace", "result": "runs/7.txt"}
    answer |= {"verified_by": "Grace Hopper"}
    bank = load_questions()
    return json.dumps(
        {
            "system": "s",
            "version": "1",
            "population": "p",
            "date": TODAY,
            "review": review,
            "answers": {q.id: answer for q in bank.questions},
        }
    )


def measure(page: Page, rounds: int) -> dict[str, list[float]]:
    """Times by what was timed."""
    given = [sheet("full"), TODAY, rounds]
    module = page.evaluate(MODULE, given)
    took = {
        "verdict, 63 answers": module["verdict"],
        "with Markdown and JSON": module["texts"],
    }
    for name in ("five-minute", "full"):
        kept = json.dumps(sheet(name))
        page.evaluate(f"localStorage.setItem('p2p-review', {kept})")
        page.reload()
        page.locator("#own-01 input[type=text]").first.wait_for()
        times = page.evaluate(TYPED, rounds)
        took[f"a letter typed, {name}"] = times
    return took


def main(site: Path, rounds: int) -> int:
    """Print the table; 1 if a verdict takes longer than `LIMIT`."""
    handler = partial(Quiet, directory=str(site))
    path = os.environ.get("P2P_CHROMIUM") or shutil.which("chromium")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/readiness/")
        took = measure(page, rounds)
        version = browser.version
        browser.close()
        server.shutdown()
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(
        f"ms, {rounds} rounds, Chromium {version}; {load:.1f} processes a core"
    )
    print(f"{'':30}  median  lowest highest")
    for name, times in took.items():
        shown = (median(times), min(times), max(times))
        print(f"{name:30}", *(f"{x:7.2f}" for x in shown))
    judged = [name for name in took if "Markdown" not in name]
    return 1 if max(median(took[name]) for name in judged) > LIMIT else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    times = int(sys.argv[2]) if sys.argv[2:] else 101
    sys.exit(main(Path(sys.argv[1]).resolve(), times))
