"""What the caller may do, by the tables of FraiseQL's role-based access control and through its permission cache.

FraiseQL's own `PermissionResolver` cannot read the timestamps that FraiseQL's own connection pool returns, so the
question is asked here; roles, their inheritance and the cache are FraiseQL's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from fraiseql.db import DatabaseQuery
from fraiseql.enterprise.rbac.models import Permission

from fraiseql_observe.demo.blog.caches import BlogPermissionCache

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo

GRANTED = """
    select distinct p.id::text, p.resource, p.action, p.description, to_jsonb(p.created_at) #>> '{}' as created_at
    from tb_user_role assigned
    cross join lateral get_inherited_roles(assigned.role_id) as inherited
    join role_permissions held on held.role_id = inherited.role_id and held.granted
    join permissions p on p.id = held.permission_id
    where assigned.user_id = %(user)s and assigned.tenant_id = %(tenant)s
"""


async def granted(info: GraphQLResolveInfo) -> list[Permission]:
    """Return the caller's permissions in their tenant."""
    user, tenant = UUID(info.context["user"].user_id), UUID(info.context["tenant_id"])
    cache = _cache(info)
    permissions: list[Permission] | None = await cache.get(user, tenant)
    if permissions is None:
        question = DatabaseQuery(GRANTED, {"user": str(user), "tenant": str(tenant)}, fetch_result=True)
        permissions = [Permission(**row) for row in await info.context["db"].run(question)]
        await cache.set(user, tenant, permissions)
    return permissions


async def demand(info: GraphQLResolveInfo, resource: str, action: str) -> None:
    """Raise `PermissionError` unless the caller may do this in their tenant."""
    if not any((held.resource, held.action) == (resource, action) for held in await granted(info)):
        raise PermissionError(f"Permission {resource}:{action} is required.")


async def forget(info: GraphQLResolveInfo, user_id: UUID) -> None:
    """Drop what is cached about a user whose roles have changed."""
    await _cache(info).invalidate_user(user_id, UUID(info.context["tenant_id"]))


def _cache(info: GraphQLResolveInfo) -> BlogPermissionCache:
    return BlogPermissionCache(info.context["db"].get_pool())
