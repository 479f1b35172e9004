//! The root key, on which audit chains, links and break-glass codes hang, and which proves the keyring.
//!
//! It is random, stands in the metadata, encrypted under a key of the ring, and never changes: rotation encrypts it anew, and a key
//! that nothing is encrypted under any more can be retired without breaking a chain.

use std::sync::{Arc, OnceLock, PoisonError};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::decide::Keys;
use crate::disk::{self, DiskError, RowKeys};
use crate::edge::random;
use crate::error::{Config, Error};
use crate::hash::{MacKey, mac};
use crate::keyring::Keyring;
use crate::mfa::{Mfa, TRIES};
use crate::session::mfa_session::SessionSigner;
use crate::store::{Commit, MetadataId, MetadataRow, Row, RowKey, Version, Writes};

/// What the root key is for.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Vault {
    pub(crate) keys: Keys,
    pub(crate) audit: [u8; 32],
    /// Authenticates rows, together with a key of the ring.
    rows: [u8; 32],
    /// Authenticates sessions, together with a key of the ring.
    sessions: [u8; 32],
}

/// The keyring in use, with what is derived from it and the root key once.
pub(crate) struct Ring {
    keyring: Arc<Keyring>,
    rows: OnceLock<Arc<RowKeys>>,
    sessions: OnceLock<Arc<[MacKey]>>,
}

impl Ring {
    pub(crate) fn new(keyring: Keyring) -> Self {
        Self {
            keyring: Arc::new(keyring),
            rows: OnceLock::new(),
            sessions: OnceLock::new(),
        }
    }
}

impl Vault {
    fn new(root: &[u8; 32]) -> Self {
        let key = |purpose| mac(root, purpose, &[]);
        Self {
            keys: Keys {
                break_glass: key("break-glass"),
                link: key("link"),
                recovery: key("recovery"),
                place: key("place"),
                imported: key("imported-key"),
                attempt: key("attempt"),
                passkey: key("passkey"),
            },
            audit: key("audit"),
            rows: key("rows"),
            sessions: key("session"),
        }
    }
}

impl Mfa {
    pub(crate) fn ring(&self) -> Arc<Keyring> {
        let held = self.inner.ring.read();
        Arc::clone(&held.unwrap_or_else(PoisonError::into_inner).keyring)
    }

    /// What reads and writes rows.
    pub(crate) fn row_keys(&self, vault: &Vault) -> Arc<RowKeys> {
        let held = self.inner.ring.read();
        let held = held.unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(RowKeys::new(Arc::clone(&held.keyring), &vault.rows));
        Arc::clone(held.rows.get_or_init(new))
    }

    /// What signs and verifies the sessions of this handle's kind of clients.
    pub(crate) fn signer(&self, vault: &Vault) -> SessionSigner<'_> {
        let held = self.inner.ring.read();
        let held = held.unwrap_or_else(PoisonError::into_inner);
        let keys = || held.keyring.session_keys(&vault.sessions);
        let new = || keys().map(|key| MacKey::new(&key)).collect();
        SessionSigner {
            keys: Arc::clone(held.sessions.get_or_init(new)),
            kind: &self.clients.kind,
        }
    }

    /// The keys that hang on the root; opens it once.
    pub(crate) async fn unlock(&self) -> Result<&Vault, Error> {
        if let Some(vault) = self.inner.vault.get() {
            return Ok(vault);
        }
        for _ in 0..TRIES {
            if let Some((row, version)) = self.metadata(MetadataId::ROOT).await? {
                let root = disk::read_root(&row, version, &self.ring()).map_err(wrong_keys)?;
                return Ok(self.inner.vault.get_or_init(|| Vault::new(&root)));
            }
            // The root is made before anything else: where there are organizations it was lost, or made a moment ago.
            if self.organization_ids().await?.is_empty() {
                let root = Zeroizing::new(random()?);
                // Made, or another was faster: in both cases it is read back above.
                let (Commit::Done | Commit::Stale) = self.put_root(&root, Version::ABSENT).await?;
            }
        }
        Err(Config::Missing("root key").into())
    }

    /// Writes the root key, encrypted anew, over the row at `version`.
    pub(crate) async fn put_root(
        &self,
        root: &[u8; 32],
        version: Version,
    ) -> Result<Commit, Error> {
        let row = disk::write_root(root, version.next(), &self.ring(), random()?)?;
        let writes = Writes {
            expect: vec![(RowKey::Metadata(MetadataId::ROOT), version)],
            put: vec![Row::Metadata(row)],
            ..Writes::default()
        };
        Ok(self.inner.store.commit(writes).await?)
    }

    /// Returns a metadata row with its version.
    pub(crate) async fn metadata(
        &self,
        id: MetadataId,
    ) -> Result<Option<(MetadataRow, Version)>, Error> {
        let found = self.inner.store.load(&[RowKey::Metadata(id)]).await?;
        Ok(found.into_iter().find_map(|found| match found.row {
            Row::Metadata(row) if row.id == id => Some((row, found.version)),
            _ => None,
        }))
    }

    /// Writes a metadata row in place of the present one, from whose mark `page` makes it; 0 where there is none.
    pub(crate) async fn put_metadata(
        &self,
        id: MetadataId,
        page: impl Fn(u64) -> Result<MetadataRow, DiskError>,
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let (mark, version) = self
                .metadata(id)
                .await?
                .map_or((0, Version::ABSENT), |(row, version)| (row.mark, version));
            let writes = Writes {
                expect: vec![(RowKey::Metadata(id), version)],
                put: vec![Row::Metadata(page(mark)?)],
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}

/// What does not open is the ring's fault here: the root is the first thing that is opened.
pub(crate) fn wrong_keys(error: DiskError) -> Error {
    match error {
        DiskError::Decrypt(error) => Config::Keys(error).into(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use loquet_policy::{OrgId, Organization};

    use super::*;
    use crate::blocking::wait;
    use crate::records::OrganizationRecord;
    use crate::store::{MemoryStore, Store};

    /// Another root would break every chain, and take any keyring for the right one.
    #[test]
    fn lost_root_key_is_not_replaced() {
        let store = Arc::new(MemoryStore::new());
        let record = OrganizationRecord::new(Organization::new(OrgId::from(1_u64)), "Daycare");
        let keys = RowKeys::new(Arc::new(Keyring::single(1, [7; 32])), &[0; 32]);
        let row = disk::write_organization(&record, Version(1), &keys).unwrap();
        let row = Row::Organization(row);
        let writes = Writes {
            expect: vec![(row.key(), Version::ABSENT)],
            put: vec![row],
            ..Writes::default()
        };
        wait(async {
            assert_eq!(store.commit(writes).await.unwrap(), Commit::Done);
            let mfa = Mfa::builder(Arc::clone(&store))
                .keyring(Keyring::single(1, [7; 32]))
                .open()
                .await;
            assert!(
                matches!(mfa, Err(Error::Config(Config::Missing("root key")))),
                "{mfa:?}"
            );
            let root = [RowKey::Metadata(MetadataId::ROOT)];
            assert_eq!(Store::load(&store, &root).await.unwrap(), []);
        });
    }
}
