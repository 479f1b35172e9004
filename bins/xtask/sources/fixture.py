"""What all fixtures have in common: a dump of some tables, the key, and the codes of each account at fixed times."""

import json
import sqlite3
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])

# When the software accepted a code, and when the accounts log in to Loquet: both whole steps of 30 and of 60 seconds.
ACCEPTED = 1_704_067_200
LATER = (4_102_444_800, 4_102_448_400)


def dump(name, database, tables):
    """Writes the tables of an SQLite database as SQL."""
    connection = sqlite3.connect(database)
    kinds = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    with open(FOLDER / f"{name}.sql", "w", encoding="utf-8") as file:
        for table in tables:
            (create,) = connection.execute(kinds, (table,)).fetchone()
            print(create + ";", file=file)
            for line in connection.iterdump():
                if line.startswith(f'INSERT INTO "{table}"'):
                    print(line, file=file)


def codes(name, code_of):
    """Writes what each account's phone shows; `code_of` has a function of the time for each account."""
    with open(FOLDER / f"{name}.codes.jsonl", "w") as file:
        for account, code in code_of.items():
            for time in LATER:
                line = {"account": account, "time": time, "code": code(time)}
                print(json.dumps(line), file=file)


def key(name, content):
    (FOLDER / f"{name}.source-key").write_bytes(content)
