"""Documentation is run or generated, never trusted.

A fenced block marked ``console`` is a story: each line that begins with ``$ `` is run by a real
shell in one scratch folder for the page and has to succeed, and the lines that follow have to come,
in that order, among the lines it prints. A line ``...`` stands for any lines, and ``…`` inside a
line for any text. A comment ``<!-- file: NAME -->`` before a fenced block writes the block to NAME.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs import reference

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    if "```console" in path.read_text(encoding="utf-8")
)
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n+)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def matches(expected: str, line: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.rstrip().split("…"))
    return re.fullmatch(pattern, line.rstrip()) is not None


def check_story(body: str, folder: Path, environ: dict[str, str]) -> Path:
    """Run the commands of one block; return the folder in which the next block goes on."""
    steps = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    assert steps, "a console block without a command"
    for step in steps:
        command, *expected = step.replace("\\\n", " ").rstrip("\n").split("\n")
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"$ {command}\n{printed}"
        moved = re.search(r"(?:^|&& )cd (\S+)$", command)
        if moved:
            folder = folder / moved[1]
        lines = iter(printed.splitlines())
        for line in expected:
            if line.strip() in ("...", ""):
                continue
            assert any(matches(line, candidate) for candidate in lines), (
                f"$ {command}\nprinted:\n{printed}\nbut not (in this place): {line}"
            )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_story_in_the_documentation_is_true(page: Path, tmp_path: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    script = commands / "outreach"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outreach "$@"\n')
    script.chmod(0o755)
    environ = {
        **os.environ,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "OUTREACH_PERSON": "anna",
    }
    folder = tmp_path / "story"
    folder.mkdir()
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["file"]:
            target = folder / block["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block["body"], encoding="utf-8")
        if block["kind"] == "console":
            folder = check_story(block["body"], folder, environ)
    shutil.rmtree(tmp_path / "story")


def test_the_reference_is_what_the_program_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run `make docs`"


def test_the_tables_on_checking_are_those_of_the_program() -> None:
    text = reference.CHECKING.read_text(encoding="utf-8")
    assert reference.checking(text) == text, "run `make docs`"
    assert "| L101 | `image-alt` | error |" in text


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.M | re.S)
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", prose):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z]+)`?", (ROOT / "README.md").read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
