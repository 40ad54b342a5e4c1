"""Where the instrument reaches into FraiseQL, psycopg and the application: one module a family of hooks.

Each hook names what it wraps and the parameters it relies on. When a name is missing or takes other parameters, the
hook stays off: one warning, `fraiseql_instrument_hook_active{hook}` 0, and the application runs as it did.
"""
