"""The wheel, installed where nothing else of ours is, does the main job in an empty folder."""

import json
import mailbox
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from bench._installed import FILES, SOURCES
from tests.compiler import can_compile

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what a checkout holds."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, source],
        check=True,
        capture_output=True,
    )
    (built,) = target.glob("outreach_engine-*.whl")
    return built


@pytest.fixture(scope="module")
def outreach(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command from a new environment: our wheel, and the libraries it depends on."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
    )
    # The libraries come from where these tests run. A path in a .pth file lends what lies there,
    # but not the checkout that is installed there by a .pth file of its own.
    (site,) = home.glob("lib/python3*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin" / "outreach"


def run(outreach: Path, folder: Path, *arguments: str) -> str:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OUTREACH_", "PYTHON"))}
    done = subprocess.run(
        [outreach, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_carries_the_starter_set_and_the_migrations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "outreach/starter/templates/",
        "outreach/starter/segments/clients.toml",
        "outreach/starter/sequences/welcome.toml",
        "outreach/starter/tiers.toml",
        "outreach/storage/migrations/versions/0001",
        "outreach/rendering/data/caniemail.json",
        "outreach/rendering/data/caniemail.LICENSE",
        "outreach/py.typed",
    ):
        assert any(name.startswith(wanted) for name in names), wanted
    assert not any(name.startswith("tests/") for name in names)


@pytest.mark.skipif(
    not can_compile() and os.environ.get("CI") != "true",
    reason="no C compiler, or no headers of Python (Debian: apt-get install gcc python3-dev)",
)
def test_native_modules_read_as_their_sources_do(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    read = []
    for places in ([ROOT], [tmp_path, ROOT]):
        environ = os.environ | {
            "PYTHONSAFEPATH": "1",
            "PYTHONPATH": os.pathsep.join(map(str, places)),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.readings"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=environ,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        by, *readings = done.stdout.splitlines()
        read.append((Path(json.loads(by)["by"]), readings))
    (source, expected), (native, found) = read
    assert source == ROOT / "outreach" / "inbound" / "classify.py"
    assert native.parent == tmp_path / "outreach" / "inbound"
    assert native.suffix in (".so", ".pyd")
    assert len(expected) > 10_000
    assert found == expected


def test_the_main_job_from_the_wheel_in_an_empty_folder(outreach: Path, tmp_path: Path) -> None:
    run(outreach, tmp_path, "init", "studio", "--sample")
    studio = tmp_path / "studio"
    run(outreach, studio, "check", "--fail-on", "note")
    run(outreach, studio, "send", "--segment", "clients", "--yes")
    delivered = mailbox.Maildir(studio / "outbox", create=False)
    assert len(delivered) > 20
    assert all(message["List-Unsubscribe"] for message in delivered)
    run(outreach, studio, "send", "--segment", "clients", "--yes")
    assert len(mailbox.Maildir(studio / "outbox", create=False)) == len(delivered)
