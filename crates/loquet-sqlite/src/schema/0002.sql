-- Version 2: the house's own books, and audit records that may be forgotten where the books say so.

-- The books: its keys, what may be forgotten, what was counted ---------------------------------------------------------

CREATE TABLE loquet_ledger (
  kind    INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 65535),
  page    BLOB    NOT NULL CHECK (length(page) = 16),
  version INTEGER NOT NULL,
  mark    INTEGER NOT NULL CHECK (mark >= 0),
  body    TEXT    NOT NULL,
  PRIMARY KEY (kind, page)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER loquet_ledger_insert BEFORE INSERT ON loquet_ledger BEGIN
  SELECT RAISE(ABORT, 'loquet: the page exists')
    WHERE EXISTS (SELECT 1 FROM loquet_ledger WHERE kind = NEW.kind AND page = NEW.page);
  SELECT RAISE(ABORT, 'loquet: a new row has version 1') WHERE NEW.version <> 1;
END;
CREATE TRIGGER loquet_ledger_update BEFORE UPDATE ON loquet_ledger BEGIN
  SELECT RAISE(ABORT, 'loquet: an id never changes') WHERE NEW.kind IS NOT OLD.kind OR NEW.page IS NOT OLD.page;
  SELECT RAISE(ABORT, 'loquet: a version rises by one') WHERE NEW.version <> OLD.version + 1;
  SELECT RAISE(ABORT, 'loquet: a mark never goes back') WHERE NEW.mark < OLD.mark;
END;
CREATE TRIGGER loquet_ledger_delete BEFORE DELETE ON loquet_ledger BEGIN
  SELECT RAISE(ABORT, 'loquet: a page is never deleted');
END;

-- The audit log: the oldest records of an account may go once its page in the books (kind 1) lets them go --------------

DROP TRIGGER loquet_audit_delete;
CREATE TRIGGER loquet_audit_delete BEFORE DELETE ON loquet_audit
WHEN OLD.seq >= coalesce((SELECT mark FROM loquet_ledger WHERE kind = 1 AND page = OLD.account), 0) BEGIN
  SELECT RAISE(ABORT, 'loquet: an audit record is never deleted before its time');
END;
