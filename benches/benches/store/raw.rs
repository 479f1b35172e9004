//! The same statements by hand: the ceiling, and what services do without one writer.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use loquet_benches::users::START;

use crate::TURN;

/// The same rows by hand.
pub(crate) struct Raw {
    connection: Connection,
    users: Vec<RawUser>,
    org: Vec<u8>,
    attempt_body: String,
    audit_body: String,
    attempts: u64,
    next: usize,
}

struct RawUser {
    id: Vec<u8>,
    version: i64,
    external_id: String,
    used_step: i64,
    audited: i64,
    body: String,
}

impl Raw {
    /// Opens it for the users that `mine` selects.
    pub(crate) fn open(path: &Path, attempts: u64, mine: impl Fn(usize) -> bool) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        connection.set_prepared_statement_cache_capacity(32);
        connection
            .execute_batch("PRAGMA synchronous = FULL")
            .unwrap();
        let users = connection
            .prepare("SELECT id, version, external_id, used_step, audited, body FROM loquet_account WHERE used_step > 0")
            .unwrap()
            .query_map([], |row| {
                Ok(RawUser {
                    id: row.get(0)?,
                    version: row.get(1)?,
                    external_id: row.get(2)?,
                    used_step: row.get(3)?,
                    audited: row.get(4)?,
                    body: row.get(5)?,
                })
            })
            .unwrap()
            .map(Result::unwrap)
            .enumerate()
            .filter(|(number, _)| mine(*number))
            .map(|(_, user)| user)
            .collect();
        let text = |sql| connection.query_row(sql, [], |row| row.get(0)).unwrap();
        let attempt_body = text("SELECT body FROM loquet_attempt ORDER BY n DESC LIMIT 1");
        let audit_body = text("SELECT body FROM loquet_audit ORDER BY n DESC LIMIT 1");
        let org = connection
            .query_row("SELECT id FROM loquet_organization", [], |row| row.get(0))
            .unwrap();
        Self {
            connection,
            users,
            org,
            attempt_body,
            audit_body,
            attempts,
            next: 0,
        }
    }

    fn execute(&self, sql: &str) {
        self.connection
            .prepare_cached(sql)
            .unwrap()
            .execute([])
            .unwrap();
    }

    /// Reads what an operation reads.
    fn read(&self, user: usize) {
        let one = |sql: &str, id: &[u8]| {
            let mut statement = self.connection.prepare_cached(sql).unwrap();
            let mut rows = statement.query([id]).unwrap();
            rows.next()
                .unwrap()
                .map(|row| row.get::<_, String>("body").unwrap())
        };
        let id = &self.users[user].id;
        assert!(
            one(
                "SELECT account, at, body FROM loquet_attempt WHERE id = ?1",
                &[0; 16]
            )
            .is_none()
        );
        one(
            "SELECT id, version, org, external_id, ever, epoch, used_step, audited, body FROM loquet_account WHERE id = ?1",
            id,
        )
        .unwrap();
        one(
            "SELECT id, version, enabled, body FROM loquet_organization WHERE id = ?1",
            &self.org,
        )
        .unwrap();
        one(
            "SELECT version, body FROM loquet_roster WHERE org = ?1",
            &self.org,
        )
        .unwrap();
    }

    /// Checks what an operation checks before it writes.
    fn check(&self, user: usize, attempt: &[u8]) {
        let number = |sql: &str, id: &[u8]| {
            let mut statement = self.connection.prepare_cached(sql).unwrap();
            let mut rows = statement.query([id]).unwrap();
            rows.next()
                .unwrap()
                .map(|row| row.get::<_, i64>(0).unwrap())
        };
        let RawUser { id, version, .. } = &self.users[user];
        let found = number("SELECT 1 FROM loquet_attempt WHERE id = ?1", attempt);
        assert_eq!(found, None);
        let found = number("SELECT version FROM loquet_account WHERE id = ?1", id);
        assert_eq!(found, Some(*version));
        let of_organization = "SELECT version FROM loquet_organization WHERE id = ?1";
        number(of_organization, &self.org).unwrap();
        let of_roster = "SELECT version FROM loquet_roster WHERE org = ?1";
        number(of_roster, &self.org).unwrap();
    }

    /// Checks and writes what an operation does.
    fn write(&mut self, user: usize) {
        self.attempts += 1;
        let attempt = u128::from(self.attempts)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            .to_be_bytes();
        self.check(user, &attempt);
        let own = &mut self.users[user];
        own.audited += 1;
        own.used_step += 1;
        let RawUser {
            id,
            version,
            external_id,
            used_step,
            audited,
            body,
        } = &self.users[user];
        let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            assert_eq!(
                self.connection
                    .prepare_cached(sql)
                    .unwrap()
                    .execute(values)
                    .unwrap(),
                1
            );
        };
        execute(
            "INSERT INTO loquet_attempt (id, account, at, body) VALUES (?1, ?2, ?3, ?4)",
            params![attempt, id, START as i64, self.attempt_body],
        );
        execute(
            "UPDATE loquet_account SET version = ?3, org = ?4, external_id = ?5, ever = ?6, epoch = epoch, used_step = ?7, \
             audited = ?8, body = ?9 WHERE id = ?1 AND version = ?2",
            params![
                id,
                version,
                *version + 1,
                self.org,
                external_id,
                true,
                used_step,
                audited,
                body
            ],
        );
        execute(
            "INSERT INTO loquet_audit (account, seq, org, at, body, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id,
                audited,
                self.org,
                START as i64,
                self.audit_body,
                [7_u8; 32]
            ],
        );
        self.users[user].version += 1;
    }

    /// Runs so many operations in one transaction, each of another user.
    pub(crate) fn batch(&mut self, size: usize) {
        let chosen: Vec<usize> = (0..size)
            .map(|number| (self.next + number) % self.users.len())
            .collect();
        self.next = (self.next + size) % self.users.len();
        self.execute("BEGIN");
        chosen.iter().for_each(|user| self.read(*user));
        self.execute("COMMIT");
        self.execute("BEGIN IMMEDIATE");
        chosen.iter().for_each(|user| self.write(*user));
        self.execute("COMMIT");
    }

    /// Log-ins a second, for a turn.
    pub(crate) fn turn(&mut self, size: usize) -> f64 {
        let begun = Instant::now();
        let mut done = 0.0;
        while begun.elapsed() < TURN {
            // The password, then the code.
            self.batch(size);
            self.batch(size);
            done += size as f64;
        }
        done / begun.elapsed().as_secs_f64()
    }
}

/// As many services do it: a pool of connections, a transaction for each change.
pub(crate) fn naive_pool(path: &Path, round: usize) -> f64 {
    const CONNECTIONS: usize = 8;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..CONNECTIONS)
            .map(|own| {
                scope.spawn(move || {
                    let attempts = (1 << 40) + ((round * CONNECTIONS + own) as u64 * (1 << 30));
                    Raw::open(path, attempts, |number| number % CONNECTIONS == own).turn(1)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}
