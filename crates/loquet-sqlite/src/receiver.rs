//! A new file that takes the rows of another store.

use std::path::Path;
use std::time::Duration;

use loquet::store::{Cursor, Fault, Item, Page, Query, Receive, RowKey, Versioned};
use rusqlite::{Connection, ErrorCode};

use crate::connection;
use crate::fault::SharedError;
use crate::open::schema::{self, Found, LATEST};
use crate::open::{self, OpenError};
use crate::rows::read;
use crate::rows::write::{ChangeError, append, insert, send};

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
            let written = match item {
                Item::Row(found) => insert(&transaction, &found.row, found.version),
                Item::Audit(record) => append(&transaction, record),
                Item::Notice(number, notice) => send(&transaction, Some(*number), notice),
                // Of a later version of the contract: that it is missing, the comparison finds.
                _ => Ok(()),
            };
            match written {
                // It is there already; should something else be there in its place, the comparison finds it.
                Err(ChangeError::Sql(error)) if is_taken(&error) => {}
                written => written?,
            }
        }
        Ok(transaction.commit()?)
    }
}

fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

fn fault(error: rusqlite::Error) -> Fault {
    SharedError::from(error).not_committed()
}

impl Receive for Receiver {
    async fn receive(&mut self, items: &[Item]) -> Result<(), Fault> {
        self.write(items)
            .map_err(|error| Fault::NotCommitted(Box::new(error)))
    }

    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        read::load(&self.0, keys).map_err(fault)
    }

    async fn scan(&mut self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        read::scan(&self.0, query, at).map_err(fault)
    }

    async fn finish(mut self) -> Result<(), Fault> {
        schema::guard(&mut self.0, LATEST).map_err(fault)
    }
}
