"""What several test files share: the built site, and how to draw examples."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no limit on time: a busy machine is
# not a broken snippet.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent


def build(root: Path, site: Path) -> None:
    """Build the site of a tree as ``dev.py build`` does."""
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    for command in (
        [*mkdocs, "--site-dir", str(site)],
        [sys.executable, "scripts/finish_site.py", str(site)],
    ):
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            pytest.fail(f"the site does not build:\n{last}", pytrace=False)


@pytest.fixture(scope="session")
def site_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the built site; ``P2P_SITE`` names one made before."""
    if "P2P_SITE" in os.environ:
        return Path(os.environ["P2P_SITE"]).resolve()
    site = tmp_path_factory.mktemp("built") / "site"
    build(ROOT, site)
    return site
