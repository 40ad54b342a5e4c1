-- What people's searches look at, and the order in which the history is forgotten.

alter table incident add column words text not null default '';
update incident set words = lower(title || labels);
create index incident_resolved on incident (resolved_at) where resolved_at is not null;
create index alert_ended on alert (last_seen) where status = 'resolved';
