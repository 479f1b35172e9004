-- Whatever acts when Loquet's tables are read or written, and the tables themselves. objects.txt is its answer. The audit log may
-- be partitioned (audit_by_month.sql): then its partitions are looked at for triggers alone.
WITH own AS (
  SELECT oid, relname, relkind FROM pg_class WHERE relname LIKE 'loquet\_%' AND pg_table_is_visible(oid) AND NOT relispartition
), acting AS (
  SELECT oid, relname FROM own
  UNION SELECT part.relid, 'a partition of ' || own.relname FROM own, pg_partition_tree(own.oid) AS part
    WHERE own.relkind = 'p' AND part.level > 0
)
SELECT format('table %s', relname) FROM own WHERE relkind = 'r' OR relkind = 'p' AND relname = 'loquet_audit'
UNION ALL SELECT format('unlogged table %s', c.relname) FROM acting JOIN pg_class AS c USING (oid) WHERE c.relpersistence <> 'p'
UNION ALL SELECT format('relation %s of kind %s', relname, relkind) FROM own
  WHERE relkind NOT IN ('r', 'i', 'I', 'S') AND NOT (relkind = 'p' AND relname = 'loquet_audit')
UNION ALL SELECT format('row security on %s', acting.relname) FROM acting JOIN pg_class AS c USING (oid) WHERE c.relrowsecurity
UNION ALL SELECT format('rule %s on %s', rulename, relname) FROM pg_rewrite JOIN acting ON acting.oid = ev_class
  WHERE rulename <> '_RETURN'
UNION ALL SELECT format('table %s that inherits from %s', inhrelid::regclass, relname) FROM pg_inherits JOIN own ON oid = inhparent
  WHERE relkind = 'r'
UNION ALL SELECT format('trigger %s on %s (%s, %s)', tgname, relname, md5(pg_get_triggerdef(t.oid, true)), tgenabled)
  FROM pg_trigger AS t JOIN acting ON acting.oid = tgrelid WHERE NOT tgisinternal AND tgparentid = 0
UNION ALL SELECT format('constraint %s on %s (%s)', conname, relname, md5(pg_get_constraintdef(c.oid, true)))
  FROM pg_constraint AS c JOIN own ON own.oid = conrelid
  WHERE contype IN ('c', 'f', 'x') OR contype IN ('p', 'u') AND relname <> 'loquet_audit'
UNION ALL SELECT format('default of %s.%s (%s)', relname, attname, md5(pg_get_expr(adbin, adrelid)))
  FROM pg_attrdef JOIN own ON own.oid = adrelid JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
UNION ALL SELECT format('index %s', pg_get_indexdef(indexrelid, 0, true)) FROM pg_index JOIN own ON own.oid = indrelid
  WHERE indexprs IS NOT NULL OR indpred IS NOT NULL OR indisunique AND NOT indisprimary AND relname <> 'loquet_audit'
UNION ALL SELECT format('function %s (%s)', proname, md5(concat_ws(' ', prokind, lanname, provolatile, prosecdef, proleakproof,
    pg_get_function_arguments(p.oid), prosrc, replace(proconfig::text, 'search_path=' || quote_ident(nspname), 'search_path=SCHEMA'))))
  FROM pg_proc AS p JOIN pg_language AS l ON l.oid = prolang JOIN pg_namespace AS n ON n.oid = pronamespace
  WHERE proname LIKE 'loquet\_%' AND pg_function_is_visible(p.oid)
ORDER BY 1
