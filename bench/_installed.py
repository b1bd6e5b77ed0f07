"""The program as people have it: built, with its native modules, and installed."""

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_BUILD = _ROOT / "build"
#: What the wheel is built from.
SOURCES = ("outreach", "templates", "segments", "sequences")
FILES = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE")


def as_installed() -> None:
    """Run this program once more, with Outreach as its wheel installs it, unless it runs so.

    The wheel is built anew whenever something that it is built from has changed, which takes a
    minute, and lies in ``build/``. For programs that are run with ``python -m``.
    """
    first = os.environ.get("PYTHONPATH", "").partition(os.pathsep)[0]
    if Path(first).parent == _BUILD and os.environ.get("PYTHONSAFEPATH"):
        return
    module = sys.modules["__main__"].__spec__
    assert module is not None, "run it with python -m"
    path = os.pathsep.join((str(installed()), str(_ROOT)))
    # Safe: else the folder that it is run in, which has the sources, would come first.
    os.environ |= {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    os.execv(sys.executable, [sys.executable, "-m", module.name, *sys.argv[1:]])


def installed() -> Path:
    """Return the folder in which the wheel of these sources is installed."""
    builder = f"{sys.version} {sys.executable} {shutil.which('cc')}".encode()
    digest = hashlib.sha256(builder)
    for path in sorted(_sources()):
        digest.update(f"\n{path.relative_to(_ROOT)}\n".encode() + path.read_bytes())
    home = _BUILD / f"installed-{digest.hexdigest()[:16]}"
    if not home.exists():
        print("building the program as it is installed ...", file=sys.stderr, flush=True)
        _BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_BUILD) as made:
            _build(Path(made))
            (wheel,) = Path(made).glob("*.whl")
            zipfile.ZipFile(wheel).extractall(Path(made, "all"))
            for old in _BUILD.glob("installed-*"):
                shutil.rmtree(old)
            Path(made, "all").rename(home)
            # As pip does. Where Python is told to write no bytecode, each process would do it anew.
            compileall.compile_dir(str(home), quiet=2)
    return home


def _sources() -> list[Path]:
    found = [_ROOT / name for name in FILES]
    for name in SOURCES:
        found += [path for path in (_ROOT / name).rglob("*") if path.is_file()]
    return [path for path in found if "__pycache__" not in path.parts]


def _build(target: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, _ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the wheel could not be built:\n{done.stdout}{done.stderr}")


def is_native() -> bool:
    """Whether what reads received mail is native, as it is where there was a C compiler."""
    from outreach.inbound import classify

    return not str(classify.__file__).endswith(".py")
