"""How long the command line takes to start, against importing the library it is built on.

``python -m bench.startup`` compares whole processes, each pair run in turn, and takes medians:
``outreach --help`` against ``import click``, and a cron line that finds nothing to do against
``import sqlalchemy``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._installed import as_installed

RUNS = 15


def seconds(command: list[str], environ: dict[str, str]) -> float:
    """Run `command` once and return its wall time."""
    begun = time.perf_counter()
    subprocess.run(
        command, check=True, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - begun


def compare(ours: list[str], theirs: list[str], runs: int, environ: dict[str, str]) -> dict:
    """Return medians in milliseconds and the median of the pairs' ratios, after one warm-up."""
    seconds(ours, environ), seconds(theirs, environ)
    pairs = [(seconds(ours, environ), seconds(theirs, environ)) for _ in range(runs)]
    return {
        "ours_ms": round(statistics.median(a for a, _ in pairs) * 1000, 1),
        "baseline_ms": round(statistics.median(b for _, b in pairs) * 1000, 1),
        "ratio": round(statistics.median(a / b for a, b in pairs), 2),
    }


def measure(runs: int) -> dict:
    """Return both comparisons."""
    outreach = [str(Path(sys.executable).with_name("outreach"))]
    with tempfile.TemporaryDirectory() as scratch:
        studio = str(Path(scratch) / "studio")
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OUTREACH_")}
        prepare = [*outreach, "-q", "init", studio, "--sample"]
        subprocess.run(prepare, check=True, env=environ, stdout=subprocess.DEVNULL)
        send = [*outreach, "-C", studio, "send", "--segment", "clients", "--yes"]
        subprocess.run(
            send, check=True, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return {
            "help_vs_import_click": compare(
                [*outreach, "--help"], [sys.executable, "-c", "import click"], runs, environ
            ),
            "idle_cron_vs_import_sqlalchemy": compare(
                send, [sys.executable, "-c", "import sqlalchemy"], runs, environ
            ),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.runs)
    if options.json:
        print(json.dumps({"schema": 1, **found}))
        return
    print(f"{'':34}{'ours':>10}{'baseline':>10}{'ratio':>8}{'bar':>8}")
    for name, bar in (("help_vs_import_click", 2.5), ("idle_cron_vs_import_sqlalchemy", 3.0)):
        row = found[name]
        print(
            f"{name.replace('_', ' '):34}{row['ours_ms']:>7} ms{row['baseline_ms']:>7} ms"
            f"{row['ratio']:>8}{bar:>8}"
        )


if __name__ == "__main__":
    as_installed()
    main()
