-- Loquet's tables, version 1. They live in a file of their own or in the host's database.
--
-- The triggers stop mistakes: a stray statement, with any conflict clause, cannot disable an organization, revive a used
-- step or rewrite the audit log. They do not stop an attacker, who can drop them first.
-- `INSERT OR REPLACE` and `UPDATE OR REPLACE` delete conflicting rows without firing the DELETE triggers, so every table
-- checks for such rows in its own triggers.

CREATE TABLE loquet_schema (
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL
) STRICT;

CREATE TRIGGER loquet_schema_insert BEFORE INSERT ON loquet_schema
WHEN EXISTS (SELECT 1 FROM loquet_schema) BEGIN
  SELECT RAISE(ABORT, 'loquet: the schema has one version');
END;
CREATE TRIGGER loquet_schema_update BEFORE UPDATE ON loquet_schema
WHEN NEW.one IS NOT OLD.one OR NEW.version <= OLD.version BEGIN
  SELECT RAISE(ABORT, 'loquet: the schema only goes forward');
END;
CREATE TRIGGER loquet_schema_delete BEFORE DELETE ON loquet_schema BEGIN
  SELECT RAISE(ABORT, 'loquet: the schema has a version');
END;

-- Organizations ------------------------------------------------------------------------------------------------------

CREATE TABLE loquet_organization (
  id      BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  version INTEGER NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  body    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER loquet_organization_insert BEFORE INSERT ON loquet_organization BEGIN
  SELECT RAISE(ABORT, 'loquet: the organization exists')
    WHERE EXISTS (SELECT 1 FROM loquet_organization WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'loquet: a new row has version 1') WHERE NEW.version <> 1;
END;
CREATE TRIGGER loquet_organization_update BEFORE UPDATE ON loquet_organization BEGIN
  SELECT RAISE(ABORT, 'loquet: an id never changes') WHERE NEW.id IS NOT OLD.id;
  SELECT RAISE(ABORT, 'loquet: a version rises by one') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'loquet: an organization is never un-enabled') WHERE NEW.enabled < OLD.enabled;
END;
CREATE TRIGGER loquet_organization_delete BEFORE DELETE ON loquet_organization BEGIN
  SELECT RAISE(ABORT, 'loquet: an organization is never deleted');
END;

-- Rosters ------------------------------------------------------------------------------------------------------------

CREATE TABLE loquet_roster (
  org     BLOB    NOT NULL PRIMARY KEY CHECK (length(org) = 16),
  version INTEGER NOT NULL,
  body    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER loquet_roster_insert BEFORE INSERT ON loquet_roster BEGIN
  SELECT RAISE(ABORT, 'loquet: the roster exists')
    WHERE EXISTS (SELECT 1 FROM loquet_roster WHERE org = NEW.org);
  SELECT RAISE(ABORT, 'loquet: a new row has version 1') WHERE NEW.version <> 1;
END;
CREATE TRIGGER loquet_roster_update BEFORE UPDATE ON loquet_roster BEGIN
  SELECT RAISE(ABORT, 'loquet: an id never changes') WHERE NEW.org IS NOT OLD.org;
  SELECT RAISE(ABORT, 'loquet: a version rises by one') WHERE NEW.version <> OLD.version + 1;
END;
CREATE TRIGGER loquet_roster_delete BEFORE DELETE ON loquet_roster BEGIN
  SELECT RAISE(ABORT, 'loquet: a roster is never deleted');
END;

-- Accounts: the table that every log-in writes. `n` keeps the rows dense, so that an update changes one page ----------

CREATE TABLE loquet_account (
  n           INTEGER NOT NULL PRIMARY KEY CHECK (n > 0),
  id          BLOB    NOT NULL CHECK (length(id) = 16),
  version     INTEGER NOT NULL,
  org         BLOB    NOT NULL CHECK (length(org) = 16),
  external_id TEXT    NOT NULL CHECK (length(CAST(external_id AS BLOB)) <= 256),
  ever        INTEGER NOT NULL CHECK (ever IN (0, 1)),
  epoch       INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 4294967295),
  used_step   INTEGER CHECK (used_step >= 0),
  audited     INTEGER NOT NULL CHECK (audited >= 0),
  body        TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX loquet_account_by_id ON loquet_account (id);
CREATE UNIQUE INDEX loquet_account_by_external_id ON loquet_account (org, external_id);
CREATE INDEX loquet_account_by_org ON loquet_account (org, id);

CREATE TRIGGER loquet_account_insert BEFORE INSERT ON loquet_account BEGIN
  SELECT RAISE(ABORT, 'loquet: the account exists')
    WHERE EXISTS (SELECT 1 FROM loquet_account WHERE id = NEW.id)
       OR EXISTS (SELECT 1 FROM loquet_account WHERE n = NEW.n);
  SELECT RAISE(ABORT, 'loquet: the external id is taken')
    WHERE EXISTS (SELECT 1 FROM loquet_account WHERE org = NEW.org AND external_id = NEW.external_id);
  SELECT RAISE(ABORT, 'loquet: a new row has version 1') WHERE NEW.version <> 1;
END;
CREATE TRIGGER loquet_account_update BEFORE UPDATE ON loquet_account BEGIN
  SELECT RAISE(ABORT, 'loquet: an id never changes') WHERE NEW.id IS NOT OLD.id OR NEW.n IS NOT OLD.n;
  SELECT RAISE(ABORT, 'loquet: an account stays in its organization') WHERE NEW.org IS NOT OLD.org;
  SELECT RAISE(ABORT, 'loquet: a version rises by one') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'loquet: "ever" never goes back') WHERE NEW.ever < OLD.ever;
  SELECT RAISE(ABORT, 'loquet: an epoch never goes back') WHERE NEW.epoch < OLD.epoch;
  SELECT RAISE(ABORT, 'loquet: a used step stays used')
    WHERE NEW.epoch = OLD.epoch AND coalesce(NEW.used_step, -1) < OLD.used_step;
  SELECT RAISE(ABORT, 'loquet: audit records are never uncounted') WHERE NEW.audited < OLD.audited;
  SELECT RAISE(ABORT, 'loquet: the external id is taken')
    WHERE NEW.external_id IS NOT OLD.external_id
      AND EXISTS (SELECT 1 FROM loquet_account WHERE org = NEW.org AND external_id = NEW.external_id);
END;
CREATE TRIGGER loquet_account_delete BEFORE DELETE ON loquet_account BEGIN
  SELECT RAISE(ABORT, 'loquet: an account is never deleted');
END;

-- Attempts: written once, deleted by age -------------------------------------------------------------------------------

CREATE TABLE loquet_attempt (
  n       INTEGER NOT NULL PRIMARY KEY CHECK (n > 0),
  id      BLOB    NOT NULL CHECK (length(id) = 16),
  account BLOB    NOT NULL CHECK (length(account) = 16),
  at      INTEGER NOT NULL CHECK (at >= 0),
  body    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX loquet_attempt_by_id ON loquet_attempt (id);
CREATE INDEX loquet_attempt_by_age ON loquet_attempt (at);

CREATE TRIGGER loquet_attempt_insert BEFORE INSERT ON loquet_attempt
WHEN EXISTS (SELECT 1 FROM loquet_attempt WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM loquet_attempt WHERE n = NEW.n) BEGIN
  SELECT RAISE(ABORT, 'loquet: the attempt has its outcome');
END;
CREATE TRIGGER loquet_attempt_update BEFORE UPDATE ON loquet_attempt BEGIN
  SELECT RAISE(ABORT, 'loquet: an attempt never changes');
END;

-- Metadata: keys, deletion marks and counters of the service ---------------------------------------------------------

CREATE TABLE loquet_metadata (
  kind    INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 65535),
  page    BLOB    NOT NULL CHECK (length(page) = 16),
  version INTEGER NOT NULL,
  mark    INTEGER NOT NULL CHECK (mark >= 0),
  body    TEXT    NOT NULL,
  PRIMARY KEY (kind, page)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER loquet_ledger_insert BEFORE INSERT ON loquet_metadata BEGIN
  SELECT RAISE(ABORT, 'loquet: the page exists')
    WHERE EXISTS (SELECT 1 FROM loquet_metadata WHERE kind = NEW.kind AND page = NEW.page);
  SELECT RAISE(ABORT, 'loquet: a new row has version 1') WHERE NEW.version <> 1;
END;
CREATE TRIGGER loquet_ledger_update BEFORE UPDATE ON loquet_metadata BEGIN
  SELECT RAISE(ABORT, 'loquet: an id never changes') WHERE NEW.kind IS NOT OLD.kind OR NEW.page IS NOT OLD.page;
  SELECT RAISE(ABORT, 'loquet: a version rises by one') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'loquet: a mark never goes back') WHERE NEW.mark < OLD.mark;
END;
CREATE TRIGGER loquet_ledger_delete BEFORE DELETE ON loquet_metadata BEGIN
  SELECT RAISE(ABORT, 'loquet: a page is never deleted');
END;

-- The audit log: append-only. An account's oldest records may be deleted once the metadata (kind 1) release them --------

CREATE TABLE loquet_audit (
  n       INTEGER NOT NULL PRIMARY KEY CHECK (n > 0),
  account BLOB    NOT NULL CHECK (length(account) = 16),
  seq     INTEGER NOT NULL CHECK (seq >= 1),
  org     BLOB    NOT NULL CHECK (length(org) = 16),
  at      INTEGER NOT NULL CHECK (at >= 0),
  body    TEXT    NOT NULL,
  mac     BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;
CREATE UNIQUE INDEX loquet_audit_by_account ON loquet_audit (account, seq);

CREATE TRIGGER loquet_audit_insert BEFORE INSERT ON loquet_audit
WHEN EXISTS (SELECT 1 FROM loquet_audit WHERE account = NEW.account AND seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM loquet_audit WHERE n = NEW.n) BEGIN
  SELECT RAISE(ABORT, 'loquet: an audit record is never overwritten');
END;
CREATE TRIGGER loquet_audit_update BEFORE UPDATE ON loquet_audit BEGIN
  SELECT RAISE(ABORT, 'loquet: an audit record is never changed');
END;
CREATE TRIGGER loquet_audit_delete BEFORE DELETE ON loquet_audit
WHEN OLD.seq >= coalesce((SELECT mark FROM loquet_metadata WHERE kind = 1 AND page = OLD.account), 0) BEGIN
  SELECT RAISE(ABORT, 'loquet: an audit record is never deleted before its time');
END;

-- The outbox. AUTOINCREMENT: with a reused number, a late acknowledgement would remove another notice ------------------

CREATE TABLE loquet_outbox (
  number    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (number > 0),
  recipient BLOB    NOT NULL CHECK (length(recipient) = 16),
  org       BLOB    NOT NULL CHECK (length(org) = 16),
  at        INTEGER NOT NULL CHECK (at >= 0),
  body      TEXT    NOT NULL
) STRICT;

CREATE TRIGGER loquet_outbox_insert BEFORE INSERT ON loquet_outbox
WHEN EXISTS (SELECT 1 FROM loquet_outbox WHERE number = NEW.number) BEGIN
  SELECT RAISE(ABORT, 'loquet: a notice is never overwritten');
END;
CREATE TRIGGER loquet_outbox_update BEFORE UPDATE ON loquet_outbox BEGIN
  SELECT RAISE(ABORT, 'loquet: a notice is never changed');
END;
