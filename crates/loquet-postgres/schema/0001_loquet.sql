-- Loquet's tables, version 1. Run it with `loquet_postgres::migrate`, with psql, or with the migration tool of the service,
-- as a role that may create tables; the service's own role needs none of that (see roles.sql). Never edited once released.
--
-- The tables go into the first schema of the search_path. A schema of their own: put it first for this script, and into the
-- search_path of the roles that use them (ALTER ROLE app SET search_path = mfa, public).
--
-- The triggers stop mistakes: a stray statement cannot un-latch an organization, revive a used step or rewrite the audit
-- log. They do not stop an attacker who owns the tables.

CREATE TABLE loquet_schema (
  one     boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL CHECK (version > 0)
);
INSERT INTO loquet_schema (version) VALUES (1);

CREATE FUNCTION loquet_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'loquet: %', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER loquet_schema_update BEFORE UPDATE ON loquet_schema FOR EACH ROW
  WHEN (NEW.version <= OLD.version) EXECUTE FUNCTION loquet_refuse('the schema only goes forward');
CREATE TRIGGER loquet_schema_delete BEFORE DELETE OR TRUNCATE ON loquet_schema
  EXECUTE FUNCTION loquet_refuse('the schema has a version');

-- Organizations ------------------------------------------------------------------------------------------------------

CREATE TABLE loquet_organization (
  id      uuid    NOT NULL PRIMARY KEY,
  version bigint  NOT NULL,
  enabled boolean NOT NULL,
  body    text    NOT NULL
) WITH (toast_tuple_target = 8160);
ALTER TABLE loquet_organization ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TRIGGER loquet_organization_insert BEFORE INSERT ON loquet_organization FOR EACH ROW
  WHEN (NEW.version <> 1) EXECUTE FUNCTION loquet_refuse('a new row has version 1');
CREATE TRIGGER loquet_organization_id BEFORE UPDATE ON loquet_organization FOR EACH ROW
  WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION loquet_refuse('an id never changes');
CREATE TRIGGER loquet_organization_version BEFORE UPDATE ON loquet_organization FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1) EXECUTE FUNCTION loquet_refuse('a version rises by one');
CREATE TRIGGER loquet_organization_enabled BEFORE UPDATE ON loquet_organization FOR EACH ROW
  WHEN (OLD.enabled AND NOT NEW.enabled) EXECUTE FUNCTION loquet_refuse('an organization is never un-enabled');
CREATE TRIGGER loquet_organization_delete BEFORE DELETE OR TRUNCATE ON loquet_organization
  EXECUTE FUNCTION loquet_refuse('an organization is never deleted');

-- Rosters ------------------------------------------------------------------------------------------------------------

CREATE TABLE loquet_roster (
  org     uuid   NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  body    text   NOT NULL
);
CREATE TRIGGER loquet_roster_insert BEFORE INSERT ON loquet_roster FOR EACH ROW
  WHEN (NEW.version <> 1) EXECUTE FUNCTION loquet_refuse('a new row has version 1');
CREATE TRIGGER loquet_roster_id BEFORE UPDATE ON loquet_roster FOR EACH ROW
  WHEN (NEW.org <> OLD.org) EXECUTE FUNCTION loquet_refuse('an id never changes');
CREATE TRIGGER loquet_roster_version BEFORE UPDATE ON loquet_roster FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1) EXECUTE FUNCTION loquet_refuse('a version rises by one');
CREATE TRIGGER loquet_roster_delete BEFORE DELETE OR TRUNCATE ON loquet_roster
  EXECUTE FUNCTION loquet_refuse('a roster is never deleted');

-- Accounts: the table that every log-in updates. The free space keeps a new version of a row on the page of the old one,
-- and no index changes (a HOT update) -----------------------------------------------------------------------------------

CREATE TABLE loquet_account (
  id          uuid    NOT NULL PRIMARY KEY,
  version     bigint  NOT NULL,
  org         uuid    NOT NULL,
  external_id text    NOT NULL COLLATE "C" CHECK (octet_length(external_id) <= 256),
  ever        boolean NOT NULL,
  epoch       bigint  NOT NULL CHECK (epoch BETWEEN 0 AND 4294967295),
  used_step   bigint  CHECK (used_step >= 0),
  audited     bigint  NOT NULL CHECK (audited >= 0),
  body        text    NOT NULL
) WITH (fillfactor = 70, toast_tuple_target = 8160);
-- To compress a body takes longer than all else that a log-in does here; secrets do not compress anyway.
ALTER TABLE loquet_account ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX loquet_account_by_external_id ON loquet_account (org, external_id);
CREATE INDEX loquet_account_by_org ON loquet_account (org, id);

CREATE TRIGGER loquet_account_insert BEFORE INSERT ON loquet_account FOR EACH ROW
  WHEN (NEW.version <> 1) EXECUTE FUNCTION loquet_refuse('a new row has version 1');
-- One trigger for all rules: each condition would cost every log-in some microseconds.
CREATE FUNCTION loquet_refuse_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'loquet: %', CASE
    WHEN NEW.id <> OLD.id THEN 'an id never changes'
    WHEN NEW.org <> OLD.org THEN 'an account stays in its organization'
    WHEN NEW.version <> OLD.version + 1 THEN 'a version rises by one'
    WHEN OLD.ever AND NOT NEW.ever THEN '"ever" never goes back'
    WHEN NEW.epoch < OLD.epoch THEN 'an epoch never goes back'
    WHEN NEW.audited < OLD.audited THEN 'audit records are never uncounted'
    ELSE 'a used step stays used' END USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER loquet_account_update BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.id <> OLD.id OR NEW.org <> OLD.org OR NEW.version <> OLD.version + 1 OR (OLD.ever AND NOT NEW.ever)
    OR NEW.epoch < OLD.epoch OR NEW.audited < OLD.audited
    OR (NEW.epoch = OLD.epoch AND coalesce(NEW.used_step, -1) < OLD.used_step))
  EXECUTE FUNCTION loquet_refuse_account();
CREATE TRIGGER loquet_account_delete BEFORE DELETE OR TRUNCATE ON loquet_account
  EXECUTE FUNCTION loquet_refuse('an account is never deleted');

-- Attempts: written once, forgotten by age -----------------------------------------------------------------------------

CREATE TABLE loquet_attempt (
  id      uuid   NOT NULL PRIMARY KEY,
  account uuid   NOT NULL,
  at      bigint NOT NULL CHECK (at >= 0),
  body    text   NOT NULL
);
CREATE INDEX loquet_attempt_by_age ON loquet_attempt (at);

CREATE TRIGGER loquet_attempt_update BEFORE UPDATE ON loquet_attempt
  EXECUTE FUNCTION loquet_refuse('an attempt never changes');

-- Metadata: keys, deletion marks, hardware tokens and counters of the service -------------------------------------------

CREATE TABLE loquet_metadata (
  kind    integer NOT NULL CHECK (kind BETWEEN 0 AND 65535),
  page    uuid    NOT NULL,
  version bigint  NOT NULL,
  mark    bigint  NOT NULL CHECK (mark >= 0),
  body    text    NOT NULL,
  PRIMARY KEY (kind, page)
);
CREATE TRIGGER loquet_metadata_insert BEFORE INSERT ON loquet_metadata FOR EACH ROW
  WHEN (NEW.version <> 1) EXECUTE FUNCTION loquet_refuse('a new row has version 1');
CREATE TRIGGER loquet_metadata_id BEFORE UPDATE ON loquet_metadata FOR EACH ROW
  WHEN (NEW.kind <> OLD.kind OR NEW.page <> OLD.page) EXECUTE FUNCTION loquet_refuse('an id never changes');
CREATE TRIGGER loquet_metadata_version BEFORE UPDATE ON loquet_metadata FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1) EXECUTE FUNCTION loquet_refuse('a version rises by one');
CREATE TRIGGER loquet_metadata_mark BEFORE UPDATE ON loquet_metadata FOR EACH ROW
  WHEN (NEW.mark < OLD.mark) EXECUTE FUNCTION loquet_refuse('a mark never goes back');
CREATE TRIGGER loquet_metadata_delete BEFORE DELETE OR TRUNCATE ON loquet_metadata
  EXECUTE FUNCTION loquet_refuse('a page is never deleted');

-- The audit log: appended, never changed. An account's oldest records may be deleted once its mark (metadata of kind 1)
-- releases them ---------------------------------------------------------------------------------------------------------

CREATE TABLE loquet_audit (
  account uuid   NOT NULL,
  seq     bigint NOT NULL CHECK (seq >= 1),
  org     uuid   NOT NULL,
  at      bigint NOT NULL CHECK (at >= 0),
  body    text   NOT NULL,
  mac     bytea  NOT NULL CHECK (octet_length(mac) = 32),
  PRIMARY KEY (account, seq)
);

CREATE FUNCTION loquet_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.seq >= coalesce((SELECT mark FROM loquet_metadata WHERE kind = 1 AND page = OLD.account), 0) THEN
    RAISE EXCEPTION 'loquet: an audit record is never deleted before its time'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END
$$;

CREATE TRIGGER loquet_audit_update BEFORE UPDATE OR TRUNCATE ON loquet_audit
  EXECUTE FUNCTION loquet_refuse('an audit record is never changed');
CREATE TRIGGER loquet_audit_delete BEFORE DELETE ON loquet_audit FOR EACH ROW
  EXECUTE FUNCTION loquet_keep_audit();

-- The outbox. An identity is never given twice: a late acknowledgement would take another notice ------------------------

CREATE TABLE loquet_outbox (
  number    bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  recipient uuid   NOT NULL,
  org       uuid   NOT NULL,
  at        bigint NOT NULL CHECK (at >= 0),
  body      text   NOT NULL
);
CREATE TRIGGER loquet_outbox_update BEFORE UPDATE ON loquet_outbox
  EXECUTE FUNCTION loquet_refuse('a notice is never changed');

-- Whether a change can be checked and is durable in this transaction.
CREATE FUNCTION loquet_check_transaction() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'loquet: a transaction that Loquet takes part in is READ COMMITTED; another level does not see what was changed since it began'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  IF current_setting('synchronous_commit') = 'off' THEN
    -- Until the end of this transaction: an acknowledged code must stay used after a loss of power.
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END
$$;

-- One decision, whole or not at all -------------------------------------------------------------------------------------
--
-- False: a row is no longer at its expected version, and nothing is written. A version of 0 is that of an absent row.
--
-- A procedure, because READ COMMITTED gives each of its statements a view of its own. In one statement, versions would be
-- those of the moment before it waited for a lock, and two changes that each read what the other writes could both go
-- through. Here the check comes after the locks. What many log-ins read and few changes write (organizations, rosters,
-- metadata) is checked without a lock; whoever writes one of them locks all that it has read. So each change happens at
-- one moment: that of its check, or of its commit if it writes what is not locked. docs/isolation.md has the proof.
--
-- Alone, it begins with a COMMIT, which commits nothing: where a transaction was left open on the connection, PostgreSQL refuses
-- it, so that no change is answered for which that transaction could still take back. The change itself is committed when the
-- statement ends, beyond the reach of statement_timeout.

CREATE PROCEDURE loquet_commit(
  alone boolean,
  read_organization uuid[], read_organization_version bigint[],
  read_roster uuid[], read_roster_version bigint[],
  read_account uuid[], read_account_version bigint[],
  read_attempt uuid[], read_attempt_version bigint[],
  read_metadata_kind integer[], read_metadata_page uuid[], read_metadata_version bigint[],
  organization uuid[], organization_version bigint[], organization_enabled boolean[], organization_body text[],
  roster uuid[], roster_version bigint[], roster_body text[],
  account uuid[], account_version bigint[], account_org uuid[], account_external_id text[], account_ever boolean[],
  account_epoch bigint[], account_used_step bigint[], account_audited bigint[], account_body text[],
  attempt uuid[], attempt_version bigint[], attempt_account uuid[], attempt_at bigint[], attempt_body text[],
  metadata_kind integer[], metadata_page uuid[], metadata_version bigint[], metadata_mark bigint[], metadata_body text[],
  audit_account uuid[], audit_seq bigint[], audit_org uuid[], audit_at bigint[], audit_body text[], audit_mac bytea[],
  notice_recipient uuid[], notice_org uuid[], notice_at bigint[], notice_body text[],
  INOUT holds boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  locks_all boolean;
  found bigint;
BEGIN
  IF alone THEN COMMIT; END IF;
  PERFORM loquet_check_transaction();
  holds := false;
  -- Qualified where its arguments are no exact match: another function of that name, in another schema, would be one.
  locks_all := pg_catalog.cardinality(organization) + pg_catalog.cardinality(roster) + pg_catalog.cardinality(metadata_kind) > 0 OR 0 = ANY (account_version);
  IF locks_all THEN
    -- An absent row cannot be locked: its key is.
    PERFORM pg_advisory_xact_lock(key) FROM (
      SELECT hashtextextended('organization ' || id::text, 0::bigint) AS key
        FROM unnest(read_organization, read_organization_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended('roster ' || id::text, 0::bigint)
        FROM unnest(read_roster, read_roster_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended('account ' || id::text, 0::bigint)
        FROM unnest(read_account, read_account_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended(kind::text || ' ' || page::text, 0::bigint)
        FROM unnest(read_metadata_kind, read_metadata_page, read_metadata_version) AS r (kind, page, v) WHERE v = 0
      ORDER BY key) AS absent;
    FOR i IN 1 .. pg_catalog.cardinality(read_organization) LOOP
      PERFORM FROM loquet_organization WHERE id = read_organization[i] FOR NO KEY UPDATE;
    END LOOP;
    FOR i IN 1 .. pg_catalog.cardinality(read_roster) LOOP
      PERFORM FROM loquet_roster WHERE org = read_roster[i] FOR NO KEY UPDATE;
    END LOOP;
  END IF;
  FOR i IN 1 .. pg_catalog.cardinality(read_account) LOOP
    SELECT version INTO found FROM loquet_account WHERE id = read_account[i] FOR NO KEY UPDATE;
    IF coalesce(found, 0) <> read_account_version[i] THEN RETURN; END IF;
  END LOOP;
  FOR i IN 1 .. pg_catalog.cardinality(read_metadata_kind) LOOP
    IF locks_all THEN
      PERFORM FROM loquet_metadata WHERE kind = read_metadata_kind[i] AND page = read_metadata_page[i] FOR NO KEY UPDATE;
    END IF;
    SELECT version INTO found FROM loquet_metadata WHERE kind = read_metadata_kind[i] AND page = read_metadata_page[i];
    IF coalesce(found, 0) <> read_metadata_version[i] THEN RETURN; END IF;
  END LOOP;
  FOR i IN 1 .. pg_catalog.cardinality(read_organization) LOOP
    SELECT version INTO found FROM loquet_organization WHERE id = read_organization[i];
    IF coalesce(found, 0) <> read_organization_version[i] THEN RETURN; END IF;
  END LOOP;
  FOR i IN 1 .. pg_catalog.cardinality(read_roster) LOOP
    SELECT version INTO found FROM loquet_roster WHERE org = read_roster[i];
    IF coalesce(found, 0) <> read_roster_version[i] THEN RETURN; END IF;
  END LOOP;
  FOR i IN 1 .. pg_catalog.cardinality(read_attempt) LOOP
    SELECT 1 INTO found FROM loquet_attempt WHERE id = read_attempt[i];
    IF coalesce(found, 0) <> read_attempt_version[i] THEN RETURN; END IF;
  END LOOP;

  IF locks_all THEN
    FOR i IN 1 .. pg_catalog.cardinality(organization) LOOP
      IF organization_version[i] = 0 THEN
        INSERT INTO loquet_organization (id, version, enabled, body)
          VALUES (organization[i], 1, organization_enabled[i], organization_body[i]);
      ELSE
        UPDATE loquet_organization SET version = version + 1, enabled = organization_enabled[i], body = organization_body[i]
          WHERE id = organization[i];
      END IF;
    END LOOP;
    FOR i IN 1 .. pg_catalog.cardinality(roster) LOOP
      IF roster_version[i] = 0 THEN
        INSERT INTO loquet_roster (org, version, body) VALUES (roster[i], 1, roster_body[i]);
      ELSE
        UPDATE loquet_roster SET version = version + 1, body = roster_body[i] WHERE org = roster[i];
      END IF;
    END LOOP;
    FOR i IN 1 .. pg_catalog.cardinality(metadata_kind) LOOP
      IF metadata_version[i] = 0 THEN
        INSERT INTO loquet_metadata (kind, page, version, mark, body)
          VALUES (metadata_kind[i], metadata_page[i], 1, metadata_mark[i], metadata_body[i]);
      ELSE
        UPDATE loquet_metadata SET version = version + 1, mark = metadata_mark[i], body = metadata_body[i]
          WHERE kind = metadata_kind[i] AND page = metadata_page[i];
      END IF;
    END LOOP;
  END IF;
  FOR i IN 1 .. pg_catalog.cardinality(account) LOOP
    IF account_version[i] = 0 THEN
      INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
        VALUES (account[i], 1, account_org[i], account_external_id[i], account_ever[i], account_epoch[i],
          account_used_step[i], account_audited[i], account_body[i]);
    ELSE
      UPDATE loquet_account SET version = version + 1, org = account_org[i], external_id = account_external_id[i],
          ever = account_ever[i], epoch = account_epoch[i], used_step = account_used_step[i], audited = account_audited[i],
          body = account_body[i]
        WHERE id = account[i];
    END IF;
  END LOOP;
  FOR i IN 1 .. pg_catalog.cardinality(attempt) LOOP
    IF attempt_version[i] > 0 THEN
      RAISE EXCEPTION 'loquet: the attempt has its outcome' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO loquet_attempt (id, account, at, body)
      VALUES (attempt[i], attempt_account[i], attempt_at[i], attempt_body[i]);
  END LOOP;
  IF pg_catalog.cardinality(audit_account) > 0 THEN
    INSERT INTO loquet_audit (account, seq, org, at, body, mac)
      SELECT * FROM unnest(audit_account, audit_seq, audit_org, audit_at, audit_body, audit_mac);
  END IF;
  IF pg_catalog.cardinality(notice_recipient) > 0 THEN
    INSERT INTO loquet_outbox (recipient, org, at, body)
      SELECT * FROM unnest(notice_recipient, notice_org, notice_at, notice_body);
  END IF;
  holds := true;
END
$$;

-- The same for what nearly every log-in reads and writes: one account with its organization and roster, one attempt, one
-- audit record. With single values it takes half the time. The update locks the account and compares its version. NULL stands
-- for what is not read or not written.
CREATE PROCEDURE loquet_commit_one(
  alone boolean,
  read_organization uuid, read_organization_version bigint, read_roster uuid, read_roster_version bigint,
  account uuid, account_version bigint, account_org uuid, account_external_id text, account_ever boolean,
  account_epoch bigint, account_used_step bigint, account_audited bigint, account_body text,
  attempt uuid, attempt_at bigint, attempt_body text,
  audit_seq bigint, audit_org uuid, audit_at bigint, audit_body text, audit_mac bytea,
  INOUT holds boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF alone THEN COMMIT; END IF;
  IF current_setting('transaction_isolation') <> 'read committed' OR current_setting('synchronous_commit') = 'off' THEN
    PERFORM loquet_check_transaction();
  END IF;
  UPDATE loquet_account SET version = version + 1, org = account_org, external_id = account_external_id, ever = account_ever,
      epoch = account_epoch, used_step = account_used_step, audited = account_audited, body = account_body
    WHERE id = loquet_commit_one.account AND version = account_version;
  holds := FOUND;
  IF NOT holds THEN RETURN; END IF;
  IF read_organization IS NOT NULL
      AND read_organization_version IS DISTINCT FROM (SELECT version FROM loquet_organization WHERE id = read_organization)
    OR read_roster IS NOT NULL
      AND read_roster_version IS DISTINCT FROM (SELECT version FROM loquet_roster WHERE org = read_roster) THEN
    RAISE EXCEPTION 'loquet: the organization was changed meanwhile' USING ERRCODE = 'LQ001';
  END IF;
  IF attempt IS NOT NULL THEN
    INSERT INTO loquet_attempt (id, account, at, body) VALUES (attempt, loquet_commit_one.account, attempt_at, attempt_body);
  END IF;
  IF audit_seq IS NOT NULL THEN
    INSERT INTO loquet_audit (account, seq, org, at, body, mac)
      VALUES (loquet_commit_one.account, audit_seq, audit_org, audit_at, audit_body, audit_mac);
  END IF;
END
$$;

-- Deletes an account's oldest audit records, as many as its mark releases and at most so many, and says how many. It runs
-- with the rights of its owner, so that no other role needs to delete audit records.
CREATE FUNCTION loquet_forget_audit(of_account uuid, at_most bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER AS $$
  WITH gone AS (
    DELETE FROM loquet_audit WHERE account = of_account AND seq IN (
      SELECT seq FROM loquet_audit WHERE account = of_account
        AND seq < (SELECT mark FROM loquet_metadata WHERE kind = 1 AND page = of_account)
      ORDER BY seq LIMIT at_most)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION loquet_forget_audit(uuid, bigint) FROM PUBLIC;
-- Where a search_path does not name pg_temp, temporary tables and views of the caller come first.
DO $$ BEGIN
  EXECUTE format('ALTER FUNCTION loquet_forget_audit(uuid, bigint) SET search_path = %I, pg_temp', current_schema());
END $$;
