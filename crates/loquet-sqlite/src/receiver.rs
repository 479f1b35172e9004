//! A new file that takes the rows of another store.

use std::path::Path;
use std::time::Duration;

use loquet::store::{Fault, Item, Receive, Row, Versioned};
use rusqlite::{Connection, params};

use crate::connection;
use crate::fault::SharedError;
use crate::open::schema::{self, Found, LATEST};
use crate::open::{self, OpenError};
use crate::rows::write::{ChangeError, signed};

const BUSY: Duration = Duration::from_secs(5);

/// A new database for [`loquet::store::copy`]. It has no version until it is finished, and no store opens it.
#[derive(Debug)]
pub struct Receiver(Connection);

impl Receiver {
    /// Creates the file, or goes on with one that a copy was interrupted in.
    ///
    /// # Errors
    /// [`OpenError`]: [`NotEmpty`](OpenError::NotEmpty) where the file is a finished database.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let open_error = |error| OpenError::from_sqlite(path, BUSY, error);
        let is_new = open::create(path)?;
        let connection = connection::connect(path, BUSY).map_err(open_error)?;
        let found = schema::find(&connection).map_err(open_error)?;
        match found {
            Found::Nothing if is_new => {
                let tables = schema::create_without_guards(&connection);
                tables.map_err(open_error)?;
            }
            // Of a copy that was interrupted.
            Found::Unversioned => {}
            Found::Nothing | Found::Version(_) => {
                let path = path.to_owned();
                return Err(OpenError::NotEmpty { path });
            }
        }
        Ok(Self(connection))
    }

    fn write(&mut self, items: &[Item]) -> Result<(), ChangeError> {
        let transaction = self.0.transaction()?;
        for item in items {
            match item {
                Item::Row(found) => row(&transaction, found)?,
                Item::Audit(record) => transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO loquet_audit (account, seq, org, at, body, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        record.account.to_bytes(),
                        signed(record.seq)?,
                        record.org.to_bytes(),
                        signed(record.at.0)?,
                        record.body,
                        record.mac,
                    ])
                    .map(drop)?,
                Item::Notice(number, notice) => transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO loquet_outbox (number, recipient, org, at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![
                        signed(*number)?,
                        notice.to.to_bytes(),
                        notice.org.to_bytes(),
                        signed(notice.at.0)?,
                        notice.body,
                    ])
                    .map(drop)?,
                // Of a later version of the contract: that it is missing, `compare` finds.
                _ => {}
            }
        }
        Ok(transaction.commit()?)
    }
}

fn row(connection: &Connection, found: &Versioned) -> Result<(), ChangeError> {
    let version = signed(found.version.0)?;
    let written = match &found.row {
        Row::Organization(row) => connection
            .prepare_cached("INSERT OR IGNORE INTO loquet_organization (id, version, enabled, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![row.id.to_bytes(), version, row.enabled, row.body]),
        Row::Roster(row) => connection
            .prepare_cached("INSERT OR IGNORE INTO loquet_roster (org, version, body) VALUES (?1, ?2, ?3)")?
            .execute(params![row.org.to_bytes(), version, row.body]),
        Row::Account(row) => connection
            .prepare_cached(
                "INSERT OR IGNORE INTO loquet_account
                   (id, version, org, external_id, ever, epoch, used_step, audited, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                row.id.to_bytes(),
                version,
                row.org.to_bytes(),
                row.external_id,
                row.ever,
                row.epoch,
                row.used_step.map(signed).transpose()?,
                signed(row.audited)?,
                row.body,
            ]),
        Row::Attempt(row) => connection
            .prepare_cached("INSERT OR IGNORE INTO loquet_attempt (id, account, at, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![row.id.0, row.account.to_bytes(), signed(row.at.0)?, row.body]),
        Row::Metadata(row) => connection
            .prepare_cached("INSERT OR IGNORE INTO loquet_metadata (kind, page, version, mark, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![row.id.kind, row.id.page, version, signed(row.mark)?, row.body]),
    };
    Ok(written.map(drop)?)
}

impl Receive for Receiver {
    async fn receive(&mut self, items: &[Item]) -> Result<(), Fault> {
        self.write(items)
            .map_err(|error| Fault::NotCommitted(Box::new(error)))
    }

    async fn finish(mut self) -> Result<(), Fault> {
        schema::guard(&mut self.0, LATEST).map_err(|error| SharedError::from(error).not_committed())
    }
}
