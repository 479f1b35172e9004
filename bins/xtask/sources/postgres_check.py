"""Runs each query of the guide on PostgreSQL, as it is written, over the rows that the fixtures have in SQLite.

What comes out must be what SQLite yields, which the tests turn the queries into.
"""

import json
import re
import sqlite3
import sys
import tempfile
from pathlib import Path

import pgserver

FOLDER, GUIDE = Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n-- (\S+)\n(.*?)```", GUIDE, re.DOTALL)
# The list of users is taken from the tables of django-otp.
FIXTURES = {"users": "django-otp"}
TYPES = {"bool": "boolean", "blob": "bytea", "datetime": "timestamptz", "smallint unsigned": "integer", "integer unsigned": "integer"}
TO_SQLITE = [("json_build_object(", "json_object("), ("encode(", "hex("), (", 'hex')", ")"), ("::json", ""), ("::bytea", "")]


def literal(value, kind):
    if value is None:
        return "NULL"
    if kind == "bytea":
        return f"'\\x{value.hex()}'"
    if kind == "boolean":
        return str(bool(value))
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def copied(connection):
    """The tables of an SQLite database and their rows, in PostgreSQL's words."""
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        columns = [(row[1], TYPES.get(row[2].lower(), row[2])) for row in connection.execute(f"PRAGMA table_info({table})")]
        defined = ", ".join(f'"{name}" {kind}' for name, kind in columns)
        yield f"CREATE TABLE {table} ({defined});"
        for row in connection.execute(f"SELECT * FROM {table}"):
            values = ", ".join(literal(value, kind.lower()) for value, (_, kind) in zip(row, columns))
            yield f"INSERT INTO {table} VALUES ({values});"


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def lower(rows):
    """SQLite's hex is in capitals."""
    return [{name: value.lower() if name == "secret" else value for name, value in row.items()} for row in rows]


server = pgserver.get_server(tempfile.mkdtemp())
try:
    for name, query in QUERIES:
        connection = sqlite3.connect(":memory:")
        connection.executescript((FOLDER / f"{FIXTURES.get(name, name)}.sql").read_text(encoding="utf-8"))
        schema = name.replace("-", "_")
        setup = [f"CREATE SCHEMA {schema};", f"SET search_path TO {schema};", *copied(connection)]
        answer = server.psql("\\pset format unaligned\n\\pset tuples_only\n" + "\n".join([*setup, query]))
        for of, to in TO_SQLITE:
            query = query.replace(of, to)
        expected = lines("\n".join(row for (row,) in connection.execute(query)))
        found = lines(answer)
        assert found and lower(found) == lower(expected), f"{name}: {found} is not {expected}"
        print(f"{name}: {len(found)} rows on PostgreSQL, the same as on SQLite")
finally:
    server.cleanup()
