-- Three tenants with their people, posts, comments and tags. The same on every run, and running it again changes nothing.

create or replace function pg_temp.stable_id(kind text, number int) returns uuid language sql immutable as $$
    select md5(kind || ':' || number)::uuid
$$;

insert into tb_tenant (id, slug, name)
select pg_temp.stable_id('tenant', n), slug, name
from (values (1, 'acorn', 'Acorn Press'), (2, 'birch', 'Birch Weekly'), (3, 'cedar', 'Cedar Notes')) as t (n, slug, name)
on conflict do nothing;

insert into tb_user (id, tenant_id, name, email)
select pg_temp.stable_id('user', n), tenant.id, person.name, lower(person.name) || '@' || tenant.slug || '.example'
from (values
    (0, 'Ada'), (1, 'Bruno'), (2, 'Chloe'), (3, 'Dario'), (4, 'Elif'), (5, 'Femi'), (6, 'Greta'), (7, 'Hugo'),
    (8, 'Ines'), (9, 'Jonas'), (10, 'Kavya'), (11, 'Leila'), (12, 'Marek'), (13, 'Nadia'), (14, 'Omar'), (15, 'Priya'),
    (16, 'Quinn'), (17, 'Rosa'), (18, 'Sven'), (19, 'Tara'), (20, 'Umar'), (21, 'Vera'), (22, 'Wanda'), (23, 'Yusuf')
) as person (n, name)
join tb_tenant tenant on tenant.id = pg_temp.stable_id('tenant', 1 + n % 3)
on conflict do nothing;

insert into tb_tag (id, tenant_id, name)
select pg_temp.stable_id('tag-' || tenant.slug, row_number::int), tenant.id, t.name
from tb_tenant tenant
cross join unnest(array['gardens', 'travel', 'kitchen', 'books', 'weather']) with ordinality as t (name, row_number)
on conflict do nothing;

insert into tb_post (id, tenant_id, author_id, title, body, status, views, created_at, published_at)
select pg_temp.stable_id('post', n), author.tenant_id, author.id,
       (array['A walk in', 'Notes on', 'The trouble with', 'In praise of'])[1 + n % 4] || ' '
           || (array['the north', 'slow bread', 'old maps', 'wet summers', 'public libraries'])[1 + n % 5],
       repeat('It had rained, and the paths were soft. ', 1 + n % 6),
       case when n % 5 = 0 then 'draft' else 'published' end,
       case when n % 5 = 0 then 0 else (n * 37) % 500 end,
       now() - make_interval(hours => n), case when n % 5 = 0 then null else now() - make_interval(hours => n - 1) end
from generate_series(1, 180) as n
join tb_user author on author.id = pg_temp.stable_id('user', n % 24)
on conflict do nothing;

insert into tb_post_tag (post_id, tag_id)
select post.id, tag.id
from tb_post post
join tb_tag tag on tag.tenant_id = post.tenant_id and tag.name = (array['gardens', 'travel', 'kitchen', 'books'])[1 + post.views % 4]
on conflict do nothing;

insert into tb_comment (id, tenant_id, post_id, author_id, body)
select pg_temp.stable_id('comment', n), post.tenant_id, post.id, reader.id, 'I read this ' || n || ' times.'
from generate_series(1, 360) as n
join tb_post post on post.id = pg_temp.stable_id('post', 1 + n % 180)
join lateral (
    select id from tb_user where tenant_id = post.tenant_id order by md5(id::text || n) limit 1
) reader on true
on conflict do nothing;

-- Roles in FraiseQL's own tables: a reader reads, an author writes too, an administrator may also delete and assign roles.

insert into roles (id, name, description, parent_role_id)
select pg_temp.stable_id('role', n), 'blog_' || name, description, case when n > 1 then pg_temp.stable_id('role', n - 1) end
from (values (1, 'reader', 'Reads'), (2, 'author', 'Writes'), (3, 'admin', 'Runs a tenant')) as t (n, name, description)
on conflict do nothing;

insert into permissions (resource, action, description)
values ('post', 'read', 'Read posts'), ('post', 'write', 'Write posts'), ('post', 'delete', 'Delete posts')
on conflict do nothing;

insert into role_permissions (role_id, permission_id)
select r.id, p.id
from (values ('reader', 'post', 'read'), ('author', 'post', 'write'), ('admin', 'post', 'delete'), ('admin', 'role', 'assign'))
    as t (role, resource, action)
join roles r on r.name = 'blog_' || t.role
join permissions p on p.resource = t.resource and p.action = t.action
on conflict do nothing;

-- In each tenant the first person is the administrator, the next three write, the others read.
insert into tb_user_role (user_id, role_id, tenant_id)
select person.id, r.id, person.tenant_id
from (select id, tenant_id, row_number() over (partition by tenant_id order by name) as place from tb_user) as person
join roles r on r.name = case when place = 1 then 'blog_admin' when place <= 4 then 'blog_author' else 'blog_reader' end
on conflict do nothing;
