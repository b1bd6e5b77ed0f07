"""Write the next migration: ``python -m outreach.storage.migrations "what changes"``.

It compares `outreach.storage.tables` with a database brought up by the migrations there are. Read
what it wrote before committing it, and raise `SCHEMA_HEAD` in `outreach.storage.database`.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from outreach.storage.database import Database


def write(message: str) -> None:
    """Write one revision file, numbered after the newest."""
    folder = Path(__file__).parent
    number = len(list((folder / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite:///{scratch}/scratch.db")
        if number > 1:
            database.upgrade()
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        database.close()


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]) or "initial")
