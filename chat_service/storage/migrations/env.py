"""Alembic's environment: online only, on the connection that `migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

from chat_service.storage.database import Base

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
