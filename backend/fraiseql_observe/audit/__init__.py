"""The audit log in PostgreSQL: its schema, and the questions that dashboards ask of it."""
