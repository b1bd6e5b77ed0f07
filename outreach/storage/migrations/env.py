"""Run by Alembic; it works on the connection that `Database.upgrade` hands it."""

from alembic import context
from sqlalchemy import JSON

from outreach.storage.tables import Table


def render_item(kind, item, _autogenerate):
    """Write our types the way `outreach.storage.tables` does."""
    if kind == "type" and isinstance(item, JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=render_item,
    user_module_prefix="storage.",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
