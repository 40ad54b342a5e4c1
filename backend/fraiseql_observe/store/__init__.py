"""Where alerts, incidents and deliveries live: one contract, SQLite embedded or PostgreSQL for many replicas."""
