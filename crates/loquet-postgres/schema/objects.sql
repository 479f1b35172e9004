-- Whatever acts when Loquet's tables are read or written, and the tables themselves. objects.txt is its answer.
SELECT format('table %s', relname) FROM pg_class
  WHERE relkind IN ('r', 'p') AND relname LIKE 'loquet\_%' AND pg_table_is_visible(oid) AND NOT relispartition
UNION ALL SELECT format('view %s', relname) FROM pg_class
  WHERE relkind NOT IN ('r', 'p', 'i', 'I', 'S') AND relname LIKE 'loquet\_%' AND pg_table_is_visible(oid)
UNION ALL SELECT format('row security on %s', relname) FROM pg_class
  WHERE relrowsecurity AND relname LIKE 'loquet\_%' AND pg_table_is_visible(oid)
UNION ALL SELECT format('rule %s on %s', rulename, relname) FROM pg_rewrite JOIN pg_class AS c ON c.oid = ev_class
  WHERE relkind IN ('r', 'p') AND relname LIKE 'loquet\_%' AND pg_table_is_visible(c.oid)
UNION ALL SELECT format('trigger %s on %s (%s, %s, %s)', tgname, relname, proname, tgtype, tgenabled)
  FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid JOIN pg_proc AS p ON p.oid = tgfoid
  WHERE NOT tgisinternal AND tgparentid = 0 AND relname LIKE 'loquet\_%' AND pg_table_is_visible(c.oid)
UNION ALL SELECT format('function %s (%s, %s)', proname, md5(prosrc), prosecdef) FROM pg_proc
  WHERE proname LIKE 'loquet\_%' AND pg_function_is_visible(oid)
ORDER BY 1
