"""The program as people have it: compiled when it was installed."""

import compileall
from pathlib import Path

_PROGRAM = Path(__file__).parent.parent / "outreach"


def compile_program() -> None:
    """Compile what pip compiles when it installs the program, and a checkout may not have yet.

    Where Python is told to write no bytecode, each process would compile it all once more.
    """
    compileall.compile_dir(str(_PROGRAM), quiet=2)
