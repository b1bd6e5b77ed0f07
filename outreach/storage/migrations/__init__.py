"""Schema migrations, oldest first; `outreach.storage.database` runs them."""
