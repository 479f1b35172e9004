//! The statements by hand over tokio-postgres.

use sqlx::types::Uuid;
use tokio_postgres::{Client, NoTls, Statement};

use crate::raw::{ATTEMPT, NOW, ORGANIZATION, READ, RECORD, Read, WRITE, read_of};

/// A connection with both statements prepared.
pub(crate) struct Connection {
    client: Client,
    read: Statement,
    write: Statement,
}

pub(crate) async fn connect(url: &str) -> Connection {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    Connection {
        read: client.prepare(READ).await.unwrap(),
        write: client.prepare(WRITE).await.unwrap(),
        client,
    }
}

impl Connection {
    pub(crate) async fn read(&self, account: Uuid, attempt: Uuid) -> Read {
        let rows = self
            .client
            .query(
                &self.read,
                &[
                    &Some(ORGANIZATION),
                    &Some(ORGANIZATION),
                    &Some(account),
                    &Some(attempt),
                ],
            )
            .await
            .unwrap();
        read_of!(rows)
    }

    pub(crate) async fn write(&self, account: Uuid, attempt: Uuid, read: Read) -> bool {
        let row = self
            .client
            .query_one(
                &self.write,
                &[
                    &true,
                    &ORGANIZATION,
                    &read.organization_version,
                    &ORGANIZATION,
                    &read.roster_version,
                    &account,
                    &read.version,
                    &ORGANIZATION,
                    &read.external_id,
                    &read.ever,
                    &read.epoch,
                    &(read.used_step + 1),
                    &(read.audited + 1),
                    &read.body,
                    &attempt,
                    &NOW,
                    &"x".repeat(ATTEMPT),
                    &(read.audited + 1),
                    &ORGANIZATION,
                    &NOW,
                    &"x".repeat(RECORD),
                    &[7_u8; 32].as_slice(),
                ],
            )
            .await
            .unwrap();
        row.get(0)
    }
}
