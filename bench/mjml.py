"""How our MJML looks beside the reference implementation: pixels, text, links and images.

``python -m bench.mjml FOLDER`` renders every ``.mjml`` file below FOLDER by our pass, by the bare
engine of ``mjml-python``, and by npm's ``mjml`` 5 (found as the tests find it: in the folder that
``MJML_NODE`` names, or in ``node_modules`` after ``make mjml``). Chromium draws all three
at 700 and at 375 pixels, without a network: every image is a picture of its own, whose size and
colours follow from its address, so that both a wrong address and a wrong width are seen.

Two pages are pixel-identical when not one pixel of their whole height differs. Without FOLDER, the
pages that the tests compare are drawn. Templates that the reference itself refuses do not count.
"""

import argparse
import hashlib
import json
import struct
import sys
import tempfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import mjml

from bench._installed import as_installed
from outreach.errors import OutreachError
from outreach.rendering.mjml import render_mjml
from tests.frontend.browser import Browser, find_chromium
from tests.rendering.reference import facts, node_folder, render_reference, tokens
from tests.rendering.test_mjml_reference import CASES

WIDTHS = (700, 375)
FACTS = ("text", "links", "images")


@dataclass(frozen=True, slots=True)
class Row:
    """One template: the share of pixels that differ by width, and what else is the same."""

    name: str
    apart: dict[int, float]
    engine_apart: dict[int, float]
    same: dict[str, bool]
    same_tokens: bool
    error: str = ""


def picture(address: str) -> tuple[str, bytes] | None:
    """Return a PNG made from an address: its size, its colours and a pattern to see scaling by."""
    seed = hashlib.sha256(address.encode()).digest()
    width, height = 40 + 2 * seed[0], 30 + seed[1]
    one, other = seed[2:5], seed[5:8]
    lines = (
        b"\0" + b"".join(one if (x // 9 + y // 7) % 2 else other for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 1)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return "image/png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def ours(path: Path, root: Path) -> str:
    """Render a file by our pass; includes may reach all of `root`."""

    def load(name: str) -> str:
        return (root / name).read_text(encoding="utf-8")

    name = path.relative_to(root).as_posix()
    return render_mjml(path.read_text(encoding="utf-8"), name=name, loader=load).html


def engine(path: Path) -> str | None:
    """Render a file by the bare engine; None where it refuses."""
    try:
        html: str = mjml.mjml2html(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return html


def drawn(browser: Browser, html: str, width: int) -> bytes:
    """Return a page as the browser shows it, once it shows the same twice in a row."""
    browser.show(html, width=width, dark=False)
    browser.loaded()
    seen = browser.picture(1)
    while (again := browser.picture(1)) != seen:
        seen = again
    return seen


def apart(browser: Browser, html: str, expected: str) -> dict[int, float]:
    """Return the share of pixels in which two pages differ, by width.

    What differs is drawn once more: a browser smooths a round corner in more than one way.
    """
    shares = {}
    for width in WIDTHS:
        for _ in range(2):
            one, other = drawn(browser, html, width), drawn(browser, expected, width)
            shares[width] = browser.apart(one, other)
            if not shares[width]:
                break
    return shares


def compare(browser: Browser, path: Path, root: Path, expected: str) -> Row:
    """Compare one template with what the reference makes of it."""
    name = path.relative_to(root).with_suffix("").as_posix()
    all_differs = dict.fromkeys(WIDTHS, 1.0)
    raw = engine(path)
    engine_apart = all_differs if raw is None else apart(browser, raw, expected)
    try:
        html = ours(path, root)
    except (OutreachError, OSError, UnicodeError) as error:
        return Row(name, all_differs, engine_apart, dict.fromkeys(FACTS, False), False, str(error))
    said, meant = facts(html), facts(expected)
    return Row(
        name,
        apart(browser, html, expected),
        engine_apart,
        {fact: said[fact] == meant[fact] for fact in FACTS},
        tokens(html) == tokens(expected),
    )


def measure(root: Path) -> list[Row]:
    """Compare every template below a folder, the refused ones left out."""
    program = find_chromium()
    if program is None or node_folder() is None:
        sys.exit("this needs Chromium and npm's mjml: run `make chromium mjml` first")
    paths = sorted(root.rglob("*.mjml"))
    references = render_reference(paths)
    browser = Browser(program, picture)
    try:
        return [
            compare(browser, path, root, html)
            for path in paths
            if (html := references[path]) is not None
        ]
    finally:
        browser.close()


def totals(rows: list[Row]) -> dict[str, int]:
    """Return how many templates agree in what."""
    return {
        "templates": len(rows),
        **{f"pixel_identical_{w}": sum(row.apart[w] == 0 for row in rows) for w in WIDTHS},
        **{f"engine_identical_{w}": sum(row.engine_apart[w] == 0 for row in rows) for w in WIDTHS},
        **{f"same_{fact}": sum(row.same[fact] for row in rows) for fact in FACTS},
        "same_tokens": sum(row.same_tokens for row in rows),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="where the templates are")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.folder:
        rows = measure(options.folder.resolve())
    else:
        with tempfile.TemporaryDirectory() as scratch:
            for name, text in CASES.items():
                (Path(scratch) / f"{name}.mjml").write_text(text, encoding="utf-8")
            rows = measure(Path(scratch))
    if options.json:
        found = {"schema": 1, **totals(rows), "rows": [asdict(row) for row in rows]}
        print(json.dumps(found))
        return
    print(f"{'':34}{'700 px':>10}{'375 px':>10}{'text':>6}{'links':>6}{'images':>7}{'tokens':>7}")
    for row in rows:
        shares = "".join(f"{row.apart[width]:>10.3%}" for width in WIDTHS)
        agreed = "".join(f"{'yes' if row.same[fact] else 'NO':>6}" for fact in FACTS)
        print(f"{row.name[:33]:34}{shares}{agreed}{'yes' if row.same_tokens else 'no':>8}")
        if row.error:
            print("   " + row.error.partition("\n")[0])
    print()
    for name, count in totals(rows).items():
        print(f"{name.replace('_', ' '):34}{count:>10}")


if __name__ == "__main__":
    as_installed()
    main()
