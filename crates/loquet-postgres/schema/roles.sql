-- The least rights of three roles, for tables that another role owns (the one that ran 0001_loquet.sql). Put the names of
-- your roles in place of `app` (the service) and `app_operator` (`loquet` and whatever deletes old audit records).

-- Temporary tables would stand in place of those of the same name, for all who share a pooler's connection. This needs the
-- database's owner and holds for each role. Where the service uses temporary tables, leave it out, and let no pooler share
-- connections of the service's role with others.
DO $$ BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- PostgreSQL 14 lets each role create objects in the schema `public`, such as functions in place of its own.
DO $$ BEGIN
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
END $$;

-- The service reads and writes rows, and only adds to the audit log. It creates, alters and drops nothing.

GRANT SELECT ON loquet_schema TO app, app_operator;
GRANT SELECT, INSERT, UPDATE ON loquet_organization, loquet_roster, loquet_account, loquet_metadata TO app, app_operator;
GRANT SELECT, INSERT ON loquet_audit TO app, app_operator;
-- A row that is deleted is locked before.
GRANT SELECT, INSERT, UPDATE, DELETE ON loquet_attempt TO app, app_operator;
GRANT SELECT, INSERT, DELETE ON loquet_outbox TO app, app_operator;

-- Audit records behind an account's mark are deleted by a function with the rights of the tables' owner.
GRANT EXECUTE ON FUNCTION loquet_forget_audit(uuid, bigint) TO app_operator;
