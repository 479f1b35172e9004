-- A database of version 1, as a program of that version leaves it. Never edited once released.

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
);
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
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX loquet_account_by_external_id ON loquet_account (org, external_id);
CREATE INDEX loquet_account_by_org ON loquet_account (org, id);

CREATE TRIGGER loquet_account_insert BEFORE INSERT ON loquet_account FOR EACH ROW
  WHEN (NEW.version <> 1) EXECUTE FUNCTION loquet_refuse('a new row has version 1');
CREATE TRIGGER loquet_account_id BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION loquet_refuse('an id never changes');
CREATE TRIGGER loquet_account_org BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.org <> OLD.org) EXECUTE FUNCTION loquet_refuse('an account stays in its organization');
CREATE TRIGGER loquet_account_version BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1) EXECUTE FUNCTION loquet_refuse('a version rises by one');
CREATE TRIGGER loquet_account_ever BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (OLD.ever AND NOT NEW.ever) EXECUTE FUNCTION loquet_refuse('"ever" never goes back');
CREATE TRIGGER loquet_account_epoch BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.epoch < OLD.epoch) EXECUTE FUNCTION loquet_refuse('an epoch never goes back');
CREATE TRIGGER loquet_account_used_step BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.epoch = OLD.epoch AND coalesce(NEW.used_step, -1) < OLD.used_step)
  EXECUTE FUNCTION loquet_refuse('a used step stays used');
CREATE TRIGGER loquet_account_audited BEFORE UPDATE ON loquet_account FOR EACH ROW
  WHEN (NEW.audited < OLD.audited) EXECUTE FUNCTION loquet_refuse('audit records are never uncounted');
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

-- One decision, whole or not at all -------------------------------------------------------------------------------------
--
-- False: a row is no longer at its expected version, and nothing is written. A version of 0 is that of an absent row.
--
-- A function, because READ COMMITTED gives each of its statements a view of its own. In one statement, versions would be
-- those of the moment before it waited for a lock, and two changes that each read what the other writes could both go
-- through. Here the check comes after the locks. What many log-ins read and few changes write (organizations, rosters,
-- metadata) is checked without a lock; whoever writes one of them locks all that it has read. So each change happens at
-- one moment: that of its check, or of its commit if it writes what is not locked. docs/isolation.md has the proof.

CREATE FUNCTION loquet_commit(
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
  notice_recipient uuid[], notice_org uuid[], notice_at bigint[], notice_body text[]
) RETURNS boolean LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    RAISE EXCEPTION 'loquet: a transaction is READ COMMITTED or SERIALIZABLE; this one is REPEATABLE READ, which does not see what another one has changed'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  IF current_setting('synchronous_commit') = 'off' THEN
    -- Until the end of this transaction: an acknowledged code must stay used after a loss of power.
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;

  IF cardinality(organization) + cardinality(roster) + cardinality(metadata_kind) > 0 OR 0 = ANY (account_version) THEN
    -- An absent row cannot be locked: its key is.
    PERFORM pg_advisory_xact_lock(key) FROM (
      SELECT hashtextextended('organization ' || id, 0) AS key
        FROM unnest(read_organization, read_organization_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended('roster ' || id, 0)
        FROM unnest(read_roster, read_roster_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended('account ' || id, 0)
        FROM unnest(read_account, read_account_version) AS r (id, v) WHERE v = 0
      UNION SELECT hashtextextended(kind || ' ' || page, 0)
        FROM unnest(read_metadata_kind, read_metadata_page, read_metadata_version) AS r (kind, page, v) WHERE v = 0
      ORDER BY key) AS absent;
    PERFORM FROM loquet_organization WHERE id = ANY (read_organization) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM loquet_roster WHERE org = ANY (read_roster) ORDER BY org FOR NO KEY UPDATE;
    PERFORM FROM loquet_metadata AS m WHERE (m.kind, m.page) IN
      (SELECT * FROM unnest(read_metadata_kind, read_metadata_page)) ORDER BY m.kind, m.page FOR NO KEY UPDATE;
  END IF;
  PERFORM FROM loquet_account WHERE id = ANY (read_account) ORDER BY id FOR NO KEY UPDATE;

  IF EXISTS (SELECT FROM unnest(read_organization, read_organization_version) AS r (id, v)
      LEFT JOIN loquet_organization AS o ON o.id = r.id WHERE coalesce(o.version, 0) <> r.v)
    OR EXISTS (SELECT FROM unnest(read_roster, read_roster_version) AS r (id, v)
      LEFT JOIN loquet_roster AS o ON o.org = r.id WHERE coalesce(o.version, 0) <> r.v)
    OR EXISTS (SELECT FROM unnest(read_account, read_account_version) AS r (id, v)
      LEFT JOIN loquet_account AS a ON a.id = r.id WHERE coalesce(a.version, 0) <> r.v)
    OR EXISTS (SELECT FROM unnest(read_attempt, read_attempt_version) AS r (id, v)
      LEFT JOIN loquet_attempt AS a ON a.id = r.id WHERE (a.id IS NOT NULL)::integer <> r.v)
    OR EXISTS (SELECT FROM unnest(read_metadata_kind, read_metadata_page, read_metadata_version) AS r (kind, page, v)
      LEFT JOIN loquet_metadata AS m ON m.kind = r.kind AND m.page = r.page WHERE coalesce(m.version, 0) <> r.v)
  THEN
    RETURN false;
  END IF;

  IF cardinality(organization) > 0 THEN
    INSERT INTO loquet_organization (id, version, enabled, body)
      SELECT id, 1, enabled, body
      FROM unnest(organization, organization_version, organization_enabled, organization_body) AS w (id, v, enabled, body)
      WHERE v = 0;
    UPDATE loquet_organization AS o SET version = v + 1, enabled = w.enabled, body = w.body
      FROM unnest(organization, organization_version, organization_enabled, organization_body) AS w (id, v, enabled, body)
      WHERE v > 0 AND o.id = w.id;
  END IF;
  IF cardinality(roster) > 0 THEN
    INSERT INTO loquet_roster (org, version, body)
      SELECT org, 1, body FROM unnest(roster, roster_version, roster_body) AS w (org, v, body) WHERE v = 0;
    UPDATE loquet_roster AS r SET version = v + 1, body = w.body
      FROM unnest(roster, roster_version, roster_body) AS w (org, v, body) WHERE v > 0 AND r.org = w.org;
  END IF;
  IF 0 = ANY (account_version) THEN
    INSERT INTO loquet_account (id, version, org, external_id, ever, epoch, used_step, audited, body)
      SELECT id, 1, org, external_id, ever, epoch, used_step, audited, body
      FROM unnest(account, account_version, account_org, account_external_id, account_ever, account_epoch,
        account_used_step, account_audited, account_body)
        AS w (id, v, org, external_id, ever, epoch, used_step, audited, body)
      WHERE v = 0;
  END IF;
  IF 0 < ANY (account_version) THEN
    UPDATE loquet_account AS a SET version = v + 1, org = w.org, external_id = w.external_id, ever = w.ever,
        epoch = w.epoch, used_step = w.used_step, audited = w.audited, body = w.body
      FROM unnest(account, account_version, account_org, account_external_id, account_ever, account_epoch,
        account_used_step, account_audited, account_body)
        AS w (id, v, org, external_id, ever, epoch, used_step, audited, body)
      WHERE v > 0 AND a.id = w.id;
  END IF;
  IF 0 < ANY (attempt_version) THEN
    RAISE EXCEPTION 'loquet: the attempt has its outcome' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF cardinality(attempt) > 0 THEN
    INSERT INTO loquet_attempt (id, account, at, body)
      SELECT * FROM unnest(attempt, attempt_account, attempt_at, attempt_body);
  END IF;
  IF cardinality(metadata_kind) > 0 THEN
    INSERT INTO loquet_metadata (kind, page, version, mark, body)
      SELECT kind, page, 1, mark, body
      FROM unnest(metadata_kind, metadata_page, metadata_version, metadata_mark, metadata_body)
        AS w (kind, page, v, mark, body)
      WHERE v = 0;
    UPDATE loquet_metadata AS m SET version = v + 1, mark = w.mark, body = w.body
      FROM unnest(metadata_kind, metadata_page, metadata_version, metadata_mark, metadata_body)
        AS w (kind, page, v, mark, body)
      WHERE v > 0 AND m.kind = w.kind AND m.page = w.page;
  END IF;
  IF cardinality(audit_account) > 0 THEN
    INSERT INTO loquet_audit (account, seq, org, at, body, mac)
      SELECT * FROM unnest(audit_account, audit_seq, audit_org, audit_at, audit_body, audit_mac);
  END IF;
  IF cardinality(notice_recipient) > 0 THEN
    INSERT INTO loquet_outbox (recipient, org, at, body)
      SELECT * FROM unnest(notice_recipient, notice_org, notice_at, notice_body);
  END IF;
  RETURN true;
END
$$;

-- Deletes an account's oldest audit records, as many as its mark releases and at most so many, and says how many. It runs
-- with the rights of its owner, so that no other role needs to delete audit records.
CREATE FUNCTION loquet_forget_audit(of_account uuid, at_most bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  WITH gone AS (
    DELETE FROM loquet_audit WHERE account = of_account AND seq IN (
      SELECT seq FROM loquet_audit WHERE account = of_account
        AND seq < (SELECT mark FROM loquet_metadata WHERE kind = 1 AND page = of_account)
      ORDER BY seq LIMIT at_most)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION loquet_forget_audit(uuid, bigint) FROM PUBLIC;

-- Rows as this version wrote them.

INSERT INTO loquet_organization VALUES ('00000000-0000-0000-0000-000000000001', 1, true, '{}');
INSERT INTO loquet_roster VALUES ('00000000-0000-0000-0000-000000000001', 1, '{}');
INSERT INTO loquet_account VALUES ('00000000-0000-0000-0000-000000000001', 1, '00000000-0000-0000-0000-000000000001',
  'person 1', true, 5, 1000, 1, '{"n":1}');
INSERT INTO loquet_attempt VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', 1, '{}');
INSERT INTO loquet_metadata VALUES (7, '00000000-0000-0000-0000-000000000001', 1, 3, '{}');
INSERT INTO loquet_audit VALUES ('00000000-0000-0000-0000-000000000001', 1, '00000000-0000-0000-0000-000000000001', 1, '{}',
  '\x0707070707070707070707070707070707070707070707070707070707070707');
INSERT INTO loquet_outbox (recipient, org, at, body) VALUES
  ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', 1, '{}');
