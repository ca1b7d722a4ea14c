"""The launcher behind `make run`: PostgreSQL, Valkey and both services as children of one process."""
