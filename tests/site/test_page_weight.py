"""No page is too heavy: the limits stand in scripts/bench/page_weight.py."""

from pathlib import Path

import pytest

from scripts.bench.page_weight import main


def test_every_page_keeps_its_limit(
    site_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(site_dir) == 0, capsys.readouterr().out
