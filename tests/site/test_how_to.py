"""The Python sessions on pages run, and print what the page says."""

import os
import re
import subprocess
import sys

import pytest

from scripts.tree import ROOT, STANDALONE, modules, pages

SESSION = re.compile(r"(?ms)^( *)```pycon\n(.*?)^\1``` *$")
HOW_TO = [
    page
    for page in pages(ROOT)
    if page.id.startswith("how-to/") or SESSION.search(page.body)
]


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.id)
def test_a_session_beside_copies_of_the_snippets_prints_this(page, tmp_path):
    for module in modules(ROOT):
        if module.area in STANDALONE:
            copy = tmp_path / f"{module.name}.py"
            copy.write_text(module.copied, "utf-8")
    sessions = [found[2] for found in SESSION.finditer(page.body)]
    assert sessions, "a how-to has a session that a reader can repeat"
    text = tmp_path / "sessions.txt"
    text.write_text("\n\n".join(sessions), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "doctest", text.name],
        cwd=tmp_path,
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
