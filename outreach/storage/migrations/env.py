"""Run by Alembic; it works on the connection that `Database.upgrade` hands it."""

from alembic import context

from outreach.storage.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
