"""Where alerts, incidents and deliveries live: one contract, SQLite embedded or PostgreSQL for many replicas.

`open_store` gives the engine. The repository modules (`inbox`, `incidents`, `alerts`, ...) are functions over a
`Transaction`: `await engine.read(lambda tx: incidents.get(tx, id))`.
"""

from fraiseql_observe.store.opening import open_store

__all__ = ["open_store"]
