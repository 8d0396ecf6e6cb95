/** "CdpO": what SQLite and `file` tell an outbox by. */
export const applicationId = 0x4364704f

/** Of the tables below. */
export const version = 1

/**
 * Ids are given in the order of commits and never twice: `state` has the next one, and how much waits, so that nothing is
 * counted. When a message was first tried stands in a table of its own: to note it in `message` would write its page again.
 */
export const schema = `
create table message (
  id integer primary key,
  lane integer not null,
  type text not null,
  message_id text not null,
  json text not null,
  bytes integer not null,
  accepted_at integer not null
) strict;

create table tried (
  id integer primary key,
  tried_at integer not null
) strict;

create table dead (
  id integer primary key,
  lane integer not null,
  type text not null,
  message_id text not null,
  json text not null,
  bytes integer not null,
  accepted_at integer not null,
  tried_at integer,
  died_at integer not null,
  tag text not null,
  status integer,
  reason text not null,
  attempts integer not null
) strict;
create index dead_died_at on dead (died_at);

create table state (
  next_id integer not null,
  messages integer not null,
  bytes integer not null
) strict;
insert into state values (1, 0, 0);

create table lease (
  relay text,
  term integer not null,
  heard_at integer not null,
  abandoned_at integer,
  host text not null,
  namespace text not null,
  pid integer not null,
  started text not null
) strict;
insert into lease values (null, 0, 0, null, '', '', 0, '');

pragma application_id = ${applicationId};
pragma user_version = ${version};
`
