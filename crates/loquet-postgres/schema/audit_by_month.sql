-- Optional: the audit log in partitions by month, for databases with hundreds of millions of records. Run it with psql as the
-- tables' owner, and the last statement again each month; put the names of your roles in place of `app` and `app_operator`,
-- as in roles.sql. No record is moved: those that are there become the first partition, which is read once to see that they
-- belong to it, and meanwhile no one logs in.
--
-- Log-ins then add to the newest partition alone, whose indexes stay in memory. A partition that `loquet audit forget` has
-- emptied goes at once, and its space with it:
--   ALTER TABLE loquet_audit DETACH PARTITION mfa_audit_2026_01;
--   DROP TABLE mfa_audit_2026_01;

BEGIN;
ALTER TABLE loquet_audit RENAME TO mfa_audit_first;
DROP TRIGGER loquet_audit_update ON mfa_audit_first;
DROP TRIGGER loquet_audit_delete ON mfa_audit_first;
REVOKE ALL ON mfa_audit_first FROM app, app_operator;

CREATE TABLE loquet_audit (LIKE mfa_audit_first INCLUDING CONSTRAINTS INCLUDING STORAGE) PARTITION BY RANGE (at);
-- PostgreSQL wants the time in each unique index here. That no number is given twice is kept by the account's own count.
CREATE UNIQUE INDEX loquet_audit_by_account ON loquet_audit (account, seq, at);
CREATE TRIGGER loquet_audit_update BEFORE UPDATE OR TRUNCATE ON loquet_audit
  EXECUTE FUNCTION loquet_refuse('an audit record is never changed');
CREATE TRIGGER loquet_audit_delete BEFORE DELETE ON loquet_audit FOR EACH ROW
  EXECUTE FUNCTION loquet_keep_audit();
GRANT SELECT, INSERT ON loquet_audit TO app, app_operator;

DO $$ BEGIN
  EXECUTE format('ALTER TABLE loquet_audit ATTACH PARTITION mfa_audit_first FOR VALUES FROM (MINVALUE) TO (%s)',
    extract(epoch FROM date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month')::bigint);
END $$;
-- For records of months that have no partition yet.
CREATE TABLE mfa_audit_later PARTITION OF loquet_audit DEFAULT;
COMMIT;

-- Partitions of the next three months, where they are missing.
DO $$
DECLARE month timestamp;
BEGIN
  FOR ahead IN 1 .. 3 LOOP
    month := date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month';
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF loquet_audit FOR VALUES FROM (%s) TO (%s)',
      to_char(month, '"mfa_audit_"YYYY_MM'), extract(epoch FROM month)::bigint,
      extract(epoch FROM month + interval '1 month')::bigint);
  END LOOP;
END $$;
