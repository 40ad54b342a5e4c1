"""The blog's database: FraiseQL's own role tables, the schema, and the seed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg.rows import class_row

# FraiseQL ships the tables of its role-based access control, and its hash-chained audit log, as migrations.
FRAISEQL_ROLES = ("fraiseql.enterprise", "migrations/002_rbac_tables.sql")
FRAISEQL_AUDIT = ("fraiseql.enterprise", "migrations/002_unified_audit.sql")

PEOPLE = """
    select distinct on (t.slug, u.name)
           u.id::text as user_id, u.name, u.email, t.id::text as tenant_id, t.slug as tenant, substr(r.name, 6) as role
    from tb_user u
    join tb_tenant t on t.id = u.tenant_id
    join tb_user_role ur on ur.user_id = u.id
    join roles r on r.id = ur.role_id
    order by t.slug, u.name, array_position(array['blog_admin', 'blog_author', 'blog_reader'], r.name::text)
"""


@dataclass(frozen=True)
class Person:
    """Somebody who uses the blog.

    Attributes:
        role: reader, author or admin.
    """

    user_id: str
    name: str
    email: str
    tenant_id: str
    tenant: str
    role: str


def prepare(database_url: str) -> None:
    """Create schema and seed data; harmless when they exist."""
    package = __package__ or __name__
    scripts = [FRAISEQL_ROLES, FRAISEQL_AUDIT, (package, "schema.sql"), (package, "seed.sql")]
    with psycopg.connect(database_url) as connection:
        for owner, path in scripts:
            connection.execute(resources.files(owner).joinpath(path).read_bytes())


def people(database_url: str) -> list[Person]:
    """Return everybody with the strongest role each has, in a stable order."""
    with psycopg.connect(database_url) as connection, connection.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(PEOPLE).fetchall()


def signing_keys(database_url: str) -> list[str]:
    """Return what the blog's hash-chained audit log is signed with."""
    with psycopg.connect(database_url) as connection:
        return [str(key) for (key,) in connection.execute("select key_value from audit_signing_keys order by id")]
