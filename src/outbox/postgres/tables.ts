import { lanes } from "../../pipeline/lane.ts"

/** Of the tables. Another one needs a step of its own, from the one before. */
export const version = 1

/** What the database calls the tables of a schema, whose name is a valid one. */
export const tablesOf = (schema: string) => {
  const table = (name: string): string => `"${schema}".${name}`
  return {
    message: table("message"),
    messageIds: table("message_ids"),
    tried: table("tried"),
    dead: table("dead"),
    lease: table("lease"),
    relay: table("relay"),
    usage: table("usage"),
    migration: table("migration")
  }
}

export type Tables = ReturnType<typeof tablesOf>

/**
 * Makes the tables of a schema, whose name is a valid one, where they are not there: one statement, so that no process which
 * stops in the middle holds the lock, and so that all of it is made or nothing.
 */
export const ddlOf = (schema: string): string => {
  const { message, messageIds, tried, dead, lease, relay, usage, migration } = tablesOf(schema)
  return `do $outbox$
declare
  other text;
begin
  perform pg_advisory_xact_lock(hashtextextended('cdp-analytics-effect/outbox/${schema}', 0));
  if to_regclass('${migration}') is not null then
    return;
  end if;

  if to_regnamespace('"${schema}"') is null then
    create schema "${schema}";
    revoke all on schema "${schema}" from public;
  end if;

  -- What waits. The bytes of "json" are those that are sent. A lane is a 64th of the people.
  create table ${message} (
    lane smallint not null,
    id bigint generated always as identity (sequence name ${messageIds}),
    type text not null,
    message_id text not null,
    json text not null,
    bytes integer not null,
    accepted_at timestamptz not null default clock_timestamp(),
    primary key (lane, id)
  );

  -- When a message that waits was first tried. In "message" it would be written again for it.
  create table ${tried} (
    lane smallint not null,
    id bigint not null,
    tried_at timestamptz not null default clock_timestamp(),
    primary key (lane, id)
  );

  -- What will not be sent again, unless it is replayed.
  create table ${dead} (
    id bigint primary key,
    lane smallint not null,
    type text not null,
    message_id text not null,
    json text not null,
    bytes integer not null,
    accepted_at timestamptz not null,
    tried_at timestamptz,
    died_at timestamptz not null default clock_timestamp(),
    tag text not null,
    status integer,
    reason text not null,
    attempts integer not null
  );

  -- Who delivers the messages of a lane, and until when. "abandoned_at" is when the one before was last heard of, where it did
  -- not give the lane back.
  create table ${lease} (
    lane smallint primary key,
    relay text,
    term bigint not null default 0,
    expires_at timestamptz,
    abandoned_at timestamptz
  ) with (fillfactor = 50);
  insert into ${lease} (lane) select generate_series(0, ${lanes - 1});

  -- Who delivers at all.
  create table ${relay} (
    relay text primary key,
    heard_at timestamptz not null
  ) with (fillfactor = 50);

  -- What waits, counted: by each process what it added and took away, and in one row what the processes did that are gone.
  create table ${usage} (
    process text primary key,
    messages bigint not null,
    bytes bigint not null,
    heard_at timestamptz not null default clock_timestamp()
  ) with (fillfactor = 50);
  insert into ${usage} (process, messages, bytes) values ('', 0, 0);

  create table ${migration} (
    version integer primary key,
    made_at timestamptz not null default clock_timestamp()
  );
  insert into ${migration} (version) values (${version});

  -- Default privileges may have given something to others.
  for other in
    select distinct case a.grantee when 0 then 'public' else a.grantee::regrole::text end
    from pg_class c cross join lateral aclexplode(c.relacl) a
    where c.relnamespace = '"${schema}"'::regnamespace and a.grantee <> c.relowner
      and c.relname in ('message', 'tried', 'dead', 'lease', 'relay', 'usage', 'migration', 'message_ids')
  loop
    execute 'revoke all on ${[message, tried, dead, lease, relay, usage, migration].join(", ")} from ' || other;
    execute 'revoke all on sequence ${messageIds} from ' || other;
  end loop;
end
$outbox$`
}
