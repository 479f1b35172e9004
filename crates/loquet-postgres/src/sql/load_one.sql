SELECT 0 AS kind, NULL::uuid AS id, (extract(epoch FROM clock_timestamp()) * 1000000::numeric)::bigint AS version,
  NULL::uuid AS org, NULL::text AS external_id, pg_is_in_recovery() AS flag, NULL::bigint AS epoch, NULL::bigint AS used_step,
  NULL::bigint AS number, current_setting('transaction_isolation') AS body
UNION ALL SELECT 1, id, version, NULL, NULL, enabled, NULL, NULL, NULL, body FROM loquet_organization WHERE id = $1
UNION ALL SELECT 2, org, version, NULL, NULL, NULL, NULL, NULL, NULL, body FROM loquet_roster WHERE org = $2
UNION ALL SELECT 3, id, version, org, external_id, ever, epoch, used_step, audited, body
  FROM loquet_account WHERE id = $3
UNION ALL SELECT 4, id, 1, account, NULL, NULL, NULL, NULL, at, body FROM loquet_attempt WHERE id = $4
