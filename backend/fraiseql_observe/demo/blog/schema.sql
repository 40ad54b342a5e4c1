-- The blog: several tenants on one database. Tables are tb_, what GraphQL reads is v_, what it calls lives in schema app.
-- Running it again changes nothing.

create extension if not exists pg_stat_statements;
create schema if not exists app;

create table if not exists tb_tenant (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique,
    name text not null
);

create table if not exists tb_user (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references tb_tenant,
    name text not null check (length(name) between 1 and 100),
    email text not null,
    joined_at timestamptz not null default now(),
    unique (tenant_id, email)
);

create table if not exists tb_post (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references tb_tenant,
    author_id uuid not null references tb_user,
    title text not null check (length(title) between 3 and 200),
    body text not null,
    status text not null default 'draft' check (status in ('draft', 'published')),
    views int not null default 0,
    created_at timestamptz not null default now(),
    published_at timestamptz
);
create index if not exists tb_post_tenant on tb_post (tenant_id, created_at desc);
create index if not exists tb_post_author on tb_post (author_id);

create table if not exists tb_comment (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references tb_tenant,
    post_id uuid not null references tb_post on delete cascade,
    author_id uuid not null references tb_user,
    body text not null check (length(body) between 1 and 2000),
    created_at timestamptz not null default now()
);
create index if not exists tb_comment_post on tb_comment (post_id, created_at);

create table if not exists tb_tag (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references tb_tenant,
    name text not null,
    constraint tag_name_is_unique unique (tenant_id, name)
);

create table if not exists tb_post_tag (
    post_id uuid not null references tb_post on delete cascade,
    tag_id uuid not null references tb_tag on delete cascade,
    primary key (post_id, tag_id)
);

-- Who has which of FraiseQL's roles in which tenant.
create table if not exists tb_user_role (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references tb_tenant,
    user_id uuid not null references tb_user,
    role_id uuid not null references roles,
    granted_by uuid references tb_user,
    unique (user_id, role_id, tenant_id)
);

-- What GraphQL reads.

create or replace view v_user as
select u.id, u.tenant_id, u.joined_at,
       jsonb_build_object('__typename', 'User', 'id', u.id, 'name', u.name, 'email', u.email, 'joined_at', u.joined_at) as data
from tb_user u;

create or replace view v_tag as
select t.id, t.tenant_id, t.name,
       jsonb_build_object('__typename', 'Tag', 'id', t.id, 'name', t.name) as data
from tb_tag t;

create or replace view v_comment as
select c.id, c.tenant_id, c.post_id, c.author_id, c.created_at,
       jsonb_build_object('__typename', 'Comment', 'id', c.id, 'post_id', c.post_id, 'author_id', c.author_id, 'body', c.body,
                          'created_at', c.created_at, 'author', u.data) as data
from tb_comment c
join v_user u on u.id = c.author_id;

create or replace view v_post as
select p.id, p.tenant_id, p.author_id, p.status, p.created_at, p.views,
       jsonb_build_object('__typename', 'Post', 'id', p.id, 'author_id', p.author_id, 'title', p.title, 'body', p.body,
                          'status', p.status, 'views', p.views, 'created_at', p.created_at,
                          'author', u.data, 'tags', coalesce(tags.list, '[]'), 'comments', coalesce(comments.list, '[]')) as data
from tb_post p
join v_user u on u.id = p.author_id
left join lateral (
    select jsonb_agg(t.data order by t.name) as list
    from tb_post_tag pt join v_tag t on t.id = pt.tag_id
    where pt.post_id = p.id
) tags on true
left join lateral (
    select jsonb_agg(c.data order by c.created_at) as list
    from v_comment c
    where c.post_id = p.id
) comments on true;

-- A report that nobody has optimised: it holds its connection for 150 to 300 ms.
create or replace view v_reading_report as
select p.id, p.tenant_id,
       jsonb_build_object('__typename', 'ReadingReport', 'id', p.id, 'title', p.title, 'views', p.views) as data
from (select pg_sleep(0.15 + random() * 0.15)) as slow
cross join tb_post p;

-- What GraphQL calls. Every function answers with this row, which FraiseQL turns into the mutation's result.

do $$
begin
    if to_regtype('mutation_response') is null then
        create type mutation_response as (
            status text, message text, entity_id text, entity_type text, entity jsonb,
            updated_fields text[], cascade jsonb, metadata jsonb
        );
    end if;
end $$;

create or replace function app.answer(
    status text, message text, entity_type text, entity jsonb, updated_fields text[] default null, cascade jsonb default null
) returns mutation_response language sql immutable as $$
    select row(status, message, entity ->> 'id', entity_type, entity, updated_fields, cascade, null)::mutation_response
$$;

create or replace function app.post_as_json(post_id uuid) returns jsonb language sql stable as $$
    select data from v_post where id = post_id
$$;

-- What somebody may want proof of also goes into FraiseQL's own log, whose rows carry one another's hashes.
insert into audit_signing_keys (key_value)
select encode(gen_random_bytes(32), 'hex') where not exists (select from audit_signing_keys);

create or replace function app.prove(
    tenant uuid, by_user uuid, entity_type text, entity_id uuid, operation text, before jsonb, after jsonb
) returns void language sql as $$
    select log_and_return_mutation(
        tenant, by_user, entity_type, entity_id, operation, lower(operation), null, null, before, after, null)
$$;

create or replace function app.create_post(tenant uuid, author uuid, input jsonb) returns mutation_response language plpgsql as $$
declare
    new_id uuid;
begin
    insert into tb_post (tenant_id, author_id, title, body)
    values (tenant, author, input ->> 'title', input ->> 'body')
    returning id into new_id;
    return app.answer('created', 'Post created.', 'Post', app.post_as_json(new_id));
end $$;

create or replace function app.update_post(tenant uuid, input jsonb) returns mutation_response language plpgsql as $$
declare
    post tb_post;
begin
    select * into post from tb_post where id = (input ->> 'id')::uuid and tenant_id = tenant for update;
    if post.id is null then
        return app.answer('failed:not_found', 'There is no such post.', 'Post', null);
    elsif post.title = input ->> 'title' then
        return app.answer('noop:unchanged', 'The post has this title already.', 'Post', app.post_as_json(post.id));
    end if;
    update tb_post set title = input ->> 'title' where id = post.id;
    return app.answer('updated', 'Post updated.', 'Post', app.post_as_json(post.id), array['title']);
end $$;

create or replace function app.publish_post(input jsonb) returns mutation_response language plpgsql as $$
declare
    post_id uuid := (input ->> 'id')::uuid;
begin
    update tb_post set status = 'published', published_at = now()
    where id = post_id and tenant_id = (input ->> 'tenant_id')::uuid and status = 'draft';
    if not found then
        return app.answer('noop:published', 'The post is published already.', 'Post', app.post_as_json(post_id));
    end if;
    perform app.prove((input ->> 'tenant_id')::uuid, null, 'Post', post_id, 'UPDATE', null, app.post_as_json(post_id));
    return app.answer('updated', 'Post published.', 'Post', app.post_as_json(post_id), array['status', 'published_at']);
end $$;

create or replace function app.delete_post(input jsonb) returns mutation_response language plpgsql as $$
declare
    gone uuid := (input ->> 'id')::uuid;
    post jsonb;
    comments jsonb;
begin
    select data into post from v_post where id = gone and tenant_id = (input ->> 'tenant_id')::uuid;
    if post is null then
        return app.answer('failed:not_found', 'There is no such post.', 'Post', null);
    end if;
    select coalesce(jsonb_agg(jsonb_build_object('__typename', 'Comment', 'id', c.id)), '[]')
    into comments from tb_comment c where c.post_id = gone;
    delete from tb_post where id = gone;
    perform app.prove((input ->> 'tenant_id')::uuid, null, 'Post', gone, 'DELETE', post, null);
    return app.answer('deleted', 'Post deleted.', 'Post', post, null,
                     jsonb_build_object('updated', '[]'::jsonb, 'deleted', comments));
end $$;

create or replace function app.add_comment(input jsonb) returns mutation_response language plpgsql as $$
declare
    new_id uuid;
begin
    insert into tb_comment (tenant_id, post_id, author_id, body)
    select p.tenant_id, p.id, (input ->> 'author_id')::uuid, input ->> 'body'
    from tb_post p where p.id = (input ->> 'post_id')::uuid and p.tenant_id = (input ->> 'tenant_id')::uuid
    returning id into new_id;
    if new_id is null then
        return app.answer('failed:not_found', 'There is no such post.', 'Comment', null);
    end if;
    return app.answer('created', 'Comment added.', 'Comment', (select data from v_comment where id = new_id), null,
                     jsonb_build_object('deleted', '[]'::jsonb, 'updated', jsonb_build_array(
                         jsonb_build_object('__typename', 'Post', 'id', input ->> 'post_id'))));
end $$;

-- A second tag of the same name breaks a constraint: the transaction is rolled back.
create or replace function app.create_tag(input jsonb) returns mutation_response language plpgsql as $$
declare
    new_id uuid;
begin
    insert into tb_tag (tenant_id, name) values ((input ->> 'tenant_id')::uuid, input ->> 'name') returning id into new_id;
    return app.answer('created', 'Tag created.', 'Tag', (select data from v_tag where id = new_id));
end $$;

create or replace function app.grant_role(input jsonb) returns mutation_response language plpgsql as $$
declare
    assignment tb_user_role;
begin
    insert into tb_user_role (user_id, role_id, tenant_id, granted_by)
    select (input ->> 'user_id')::uuid, r.id, (input ->> 'tenant_id')::uuid, (input ->> 'granted_by')::uuid
    from roles r where r.name = 'blog_' || (input ->> 'role')
    on conflict (user_id, role_id, tenant_id) do nothing
    returning * into assignment;
    if assignment.id is null then
        return app.answer('noop:granted', 'The user has this role already.', 'UserRole', null);
    end if;
    perform app.prove(assignment.tenant_id, assignment.granted_by, 'UserRole', assignment.id, 'INSERT', null, to_jsonb(assignment));
    return app.answer('created', 'Role granted.', 'UserRole', to_jsonb(assignment));
end $$;

create or replace function app.revoke_role(input jsonb) returns mutation_response language plpgsql as $$
declare
    assignment tb_user_role;
begin
    delete from tb_user_role ur using roles r
    where r.id = ur.role_id and r.name = 'blog_' || (input ->> 'role')
      and ur.user_id = (input ->> 'user_id')::uuid and ur.tenant_id = (input ->> 'tenant_id')::uuid
    returning ur.* into assignment;
    if assignment.id is null then
        return app.answer('noop:not_granted', 'The user does not have this role.', 'UserRole', null);
    end if;
    perform app.prove(assignment.tenant_id, (input ->> 'granted_by')::uuid, 'UserRole', assignment.id, 'DELETE', to_jsonb(assignment), null);
    return app.answer('deleted', 'Role revoked.', 'UserRole', to_jsonb(assignment));
end $$;
