"""The native modules of the wheel: those that read received mail, compiled by mypyc.

https://mypyc.readthedocs.io turns annotated Python into C. The sources stay beside them, and
nothing but the time it takes is different. A checkout that is installed to be worked on, with
``pip install -e``, is left as it is, so that what is edited is what runs. Without a C compiler or
Python's headers the wheel is built all the same, says so, and is plain Python, as it is where
``HATCH_BUILD_NO_HOOKS=1`` asks for that.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_OPTIMISATION = "1"
"""What costs time is Python's objects, not C: more takes the compiler longer and gains nothing."""

_BUILD = """
import sys
from mypyc.build import mypycify
from setuptools import setup
target, level, config, *modules = sys.argv[1:]
setup(
    name="outreach",
    packages=[],
    ext_modules=mypycify(
        [f"--config-file={config}", f"--cache-dir={target}/known", *modules],
        opt_level=level,
        target_dir=f"{target}/sources",
    ),
    script_args=["-q", "build_ext", f"--build-lib={target}", f"--build-temp={target}/objects"],
)
"""


class NativeModules(BuildHookInterface[Any]):
    """Compiles the modules that the option ``modules`` names, in patterns of paths."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the compiled modules into a wheel that is built."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        left = {root / path for path in self.config["except"]}
        found = {path for pattern in self.config["modules"] for path in root.glob(pattern)}
        self._folder = tempfile.TemporaryDirectory()
        target = Path(self._folder.name)
        config = target / "mypy.ini"
        config.write_text("[mypy]\nignore_missing_imports = True\n")
        modules = sorted(str(path.relative_to(root)) for path in found - left)
        done = subprocess.run(
            [sys.executable, "-c", _BUILD, target, _OPTIMISATION, config, *modules],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        made = (
            [] if done.returncode else sorted(target.rglob("*.so")) + sorted(target.rglob("*.pyd"))
        )
        if not made:
            self.app.display_warning(
                f"{done.stdout}{done.stderr}\n"
                "The wheel is plain Python. For a faster one install a C compiler and Python's "
                "headers; on Debian and Ubuntu: apt-get install gcc python3-dev"
            )
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for path in made:
            build_data["force_include"][str(path)] = str(path.relative_to(target))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take away what was compiled, once it is in the wheel."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
