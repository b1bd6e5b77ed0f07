"""One browser for all tests of a run that need one."""

import os
from collections.abc import Iterator

import pytest

from tests.frontend.browser import Browser, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium; where none is installed the tests are skipped, and fail under CI=true."""
    program = find_chromium()
    if program is None:
        message = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    running = Browser(program)
    yield running
    running.close()
