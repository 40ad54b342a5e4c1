create table tb_user (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    email text not null unique
);
create table tb_post (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null references tb_user (id),
    title text not null
);

create view v_user as
select id, jsonb_build_object('id', id, 'name', name, 'email', email) as data from tb_user;

create view v_post as
select p.id, p.author_id,
       jsonb_build_object('id', p.id, 'title', p.title, 'author',
           jsonb_build_object('id', u.id, 'name', u.name, 'email', u.email)) as data
from tb_post p join tb_user u on u.id = p.author_id;

create view v_slow_post as
select p.id, p.data from v_post p, (select pg_sleep(0.15)) as nap;

create type mutation_response as (
    status text, message text, entity_id text, entity_type text,
    entity jsonb, updated_fields text[], cascade jsonb, metadata jsonb
);

-- Creates a post; the author is touched by cascade. An empty title is a failure the function reports itself.
create function create_post(input jsonb) returns mutation_response language plpgsql as $$
declare made tb_post;
begin
    if input ->> 'title' = 'refuse' then
        return ('failed:title_refused', 'This title is not allowed', null, 'Post', null, null, null, null)::mutation_response;
    end if;
    if input ->> 'title' = 'same' then
        return ('noop:unchanged', 'Nothing to do', null, 'Post', null, null, null, null)::mutation_response;
    end if;
    insert into tb_post (author_id, title)
    values ((input ->> 'author_id')::uuid, input ->> 'title') returning * into made;
    return ('created', 'made', made.id::text, 'Post',
        (select data from v_post where id = made.id), array['title'],
        jsonb_build_object('updated', jsonb_build_array(jsonb_build_object('__typename', 'User', 'id', made.author_id)),
                           'deleted', '[]'::jsonb),
        null)::mutation_response;
end $$;

create function delete_post(input jsonb) returns mutation_response language plpgsql as $$
declare gone tb_post;
begin
    delete from tb_post where id = (input ->> 'id')::uuid returning * into gone;
    return ('deleted', 'gone', gone.id::text, 'Post', jsonb_build_object('id', gone.id, 'title', gone.title),
        null, null, null)::mutation_response;
end $$;

insert into tb_user (id, name, email) values
    ('00000000-0000-0000-0000-000000000001', 'Ada', 'ada@example.com'),
    ('00000000-0000-0000-0000-000000000002', 'Bob', 'bob@example.com');
insert into tb_post (author_id, title) values
    ('00000000-0000-0000-0000-000000000001', 'First'),
    ('00000000-0000-0000-0000-000000000001', 'Second');
