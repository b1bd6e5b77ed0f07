"""A workspace in a folder, the `outreach` process run in it, and what a server took from it."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from outreach.config.settings import FILE_NAME
from outreach.storage.database import Database
from outreach.testing import ScriptedServer

ROOT = Path(__file__).parents[2]

SETTINGS = """
sender = "anna"
postal_address = "Anna Berg, Seestr. 1, 12345 Ort"

[senders.anna]
name = "Anna Berg"
address = "anna@studio.example"
"""

# Plain text, so that a mail costs little and many can be sent in a test.
TEMPLATE = """---
subject: News for {{ contact.first_name }}
segment: clients
period: month
---
Dear {{ contact.first_name }},

here is the news.

{{ links.unsubscribe }}
{{ postal_address }}
"""


class Workspace:
    """A workspace in a folder of its own, and the command run in it as a process."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database = Database(database_url)
        self.environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OUTREACH_DATABASE_URL": database_url,
            "OUTREACH_PERSON": "anna",
        }
        (folder / FILE_NAME).write_text(SETTINGS)
        (folder / "tiers.toml").write_bytes(
            (ROOT / "outreach" / "starter" / "tiers.toml").read_bytes()
        )
        (folder / "segments").mkdir()
        (folder / "segments" / "clients.toml").write_text(
            'description = "Clients"\nwhere = \'tier == "client"\'\n'
        )
        (folder / "templates").mkdir()
        (folder / "templates" / "news.txt").write_text(TEMPLATE)

    def through(self, server: ScriptedServer) -> None:
        self.environ["OUTREACH_TRANSPORT"] = f"smtp://127.0.0.1:{server.port}?tls=off"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "outreach", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run the command to its end, check its exit code, and return all that it printed."""
        process = self.start(*arguments)
        printed, told = process.communicate(timeout=120)
        assert process.returncode == code, f"exit {process.returncode}\n{printed}\n{told}"
        assert "Traceback" not in told
        return printed + told

    def send(self, *arguments: str, code: int = 0) -> str:
        return self.run("send", "--template", "news", "--yes", *arguments, code=code)

    def states(self) -> Counter[str]:
        with self.database.read() as session:
            return Counter(session.scalars(text("SELECT state FROM deliveries")))

    def key(self) -> str:
        with self.database.read() as session:
            found = session.scalar(text("SELECT key FROM campaigns"))
        assert isinstance(found, str)
        return found


def recipients(server: ScriptedServer) -> Counter[str]:
    return Counter(address for message in server.accepted for address in message.recipients)


def wait_for(
    condition: Callable[[], bool],
    seconds: float = 30,
    seen: Callable[[], str] = lambda: "waited in vain",
) -> None:
    """Wait until it holds; `seen` says what there is instead, where it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, seen()
        time.sleep(0.01)
