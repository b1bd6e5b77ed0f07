"""Run by Alembic; it works on the connection that `Database.upgrade` hands it."""

from alembic import context

from outreach.storage.tables import spelled_out

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=spelled_out(),
    render_as_batch=True,
    user_module_prefix="storage.",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
