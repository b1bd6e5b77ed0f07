"""The C compiler, and Python's headers, with which the wheel is built."""

import shutil
import sys
import sysconfig
from pathlib import Path


def can_compile() -> bool:
    """Whether both are here."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return shutil.which(compiler) is not None and headers.exists()


if __name__ == "__main__":
    sys.exit(0 if can_compile() else 1)
