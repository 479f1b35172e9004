//! The root key, on which audit chains, links and break-glass codes hang, and which proves the key ring.
//!
//! It is random, stands in the books sealed under a key of the ring, and never changes: rotation seals it anew, and a key
//! that nothing is sealed under any more can be retired without breaking a chain.

use std::sync::{Arc, PoisonError};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use loquet_policy::AccountId;

use super::{Service, ServiceError, TRIES};
use crate::audit::Chain;
use crate::disk;
use crate::edge::random;
use crate::flow::Keys;
use crate::records::AuditHead;
use crate::seal::{KeyRing, SealError, mac};
use crate::store::{
    Commit, Cursor, Item, LedgerId, Query, Row, RowKey, Store, Version, Versioned, Writes,
};

/// What the root key is for.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Vault {
    pub(crate) keys: Keys,
    pub(crate) audit: [u8; 32],
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
            },
            audit: audit_key(root),
        }
    }
}

fn audit_key(root: &[u8; 32]) -> [u8; 32] {
    mac(root, "audit", &[])
}

impl Service {
    /// A service over `store`, by the system's clock, after checking that `ring` holds the keys of this very store. Use
    /// it at start: [`new`](Self::new) finds out at the first request.
    ///
    /// # Errors
    /// [`ServiceError::Keys`] for a wrong or missing key, and the others.
    pub async fn open(store: impl Store, ring: KeyRing) -> Result<Self, ServiceError> {
        let service = Self::new(store, ring)?;
        service.unlock().await?;
        Ok(service)
    }

    /// Goes on with another key ring, without a pause: with a key added that other processes seal under, or without one
    /// that was retired. On an error it goes on with the old one.
    ///
    /// # Errors
    /// [`ServiceError::Keys`] when these are not the keys of this store.
    pub async fn change_keys(&self, ring: KeyRing) -> Result<(), ServiceError> {
        self.unlock().await?;
        if let Some((row, version)) = self.ledger(LedgerId::ROOT).await? {
            disk::read_root(&row, version, &ring).map_err(keys)?;
        }
        let mut held = self
            .inner
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(ring);
        Ok(())
    }

    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        let held = self
            .inner
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held)
    }

    /// The keys that hang on the root; opens it once.
    pub(crate) async fn unlock(&self) -> Result<&Vault, ServiceError> {
        if let Some(vault) = self.inner.vault.get() {
            return Ok(vault);
        }
        for _ in 0..TRIES {
            if let Some((row, version)) = self.ledger(LedgerId::ROOT).await? {
                let root = disk::read_root(&row, version, &self.ring()).map_err(keys)?;
                return Ok(self.inner.vault.get_or_init(|| Vault::new(&root)));
            }
            let root = self.first_root().await?;
            // Made, or another was faster: in both cases it is read back above.
            let (Commit::Done | Commit::Stale) = self.put_root(&root, Version::ABSENT).await?;
        }
        Err(ServiceError::Busy)
    }

    /// Writes the root key, sealed anew, over the row at `version`.
    pub(super) async fn put_root(
        &self,
        root: &[u8; 32],
        version: Version,
    ) -> Result<Commit, ServiceError> {
        let row = disk::write_root(root, version.next(), &self.ring(), random()?)?;
        let writes = Writes {
            expect: vec![(RowKey::Ledger(LedgerId::ROOT), version)],
            put: vec![Row::Ledger(row)],
            ..Writes::default()
        };
        Ok(self.inner.store.commit(writes).await?)
    }

    /// A random root for a new store. Before there were roots, everything hung on the oldest key of the ring: where
    /// chains stand already it is that key, provided that the ring opens every secret there is and that a chain was begun
    /// under it.
    async fn first_root(&self) -> Result<Zeroizing<[u8; 32]>, ServiceError> {
        let organisations = self.organisations().await?;
        if organisations.is_empty() {
            return Ok(Zeroizing::new(random()?));
        }
        let ring = self.ring();
        let oldest = ring.oldest()?;
        let mut chained = Vec::new();
        for (organisation, _) in organisations {
            self.pages(Query::Accounts(organisation.id), |item| {
                if let Item::Row(Versioned {
                    version,
                    row: Row::Account(row),
                }) = item
                {
                    let account = disk::read_account(&row, version, &ring).map_err(keys)?;
                    if account.audit.seq > 0 {
                        chained.push(row.id);
                    }
                }
                Ok(())
            })
            .await?;
        }
        if chained.is_empty() || self.began_one(&chained, &oldest).await? {
            Ok(oldest)
        } else {
            Err(ServiceError::Keys(SealError::DoesNotOpen))
        }
    }

    /// Whether the chain of one of these accounts begins under this root.
    async fn began_one(
        &self,
        accounts: &[AccountId],
        root: &[u8; 32],
    ) -> Result<bool, ServiceError> {
        let key = Zeroizing::new(audit_key(root));
        for &account in accounts {
            let query = Query::Audit(account);
            let page = self.store().scan(&query, &Cursor::default()).await?;
            let mut chain = Chain::behind(account, AuditHead::start(account), &key);
            if let Some(Item::Audit(first)) = page.items.first()
                && chain.follow(first).is_ok()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What does not open is the ring's fault here: the root is the first thing that is opened.
fn keys(error: disk::DiskError) -> ServiceError {
    match error {
        disk::DiskError::Seal(error) => ServiceError::Keys(error),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use loquet_policy::{OrgId, UnixTime};

    use super::*;
    use crate::audit::Record;
    use crate::contract::block_on;
    use crate::store::{AccountRow, MemoryStore, OrganisationRow};

    const ACCOUNT: &str = include_str!("../../tests/data/account.v1.json");
    const ORGANISATION: &str = include_str!("../../tests/data/organisation.v1.json");

    /// A store from before there were root keys: a secret in format 1, and a chain under the only key of the ring.
    fn old_store(key: [u8; 32]) -> MemoryStore {
        let (id, org) = (AccountId::from(3_u64), OrgId::from(9_u64));
        let mut head = AuditHead::start(id);
        let record = Record {
            v: Record::FORMAT,
            at: UnixTime(1),
            actor: id,
            subject: None,
            what: "log_in".into(),
            verdict: "GRANTED".into(),
            rule: None,
            address: None,
            policy: 1,
            last: false,
        };
        let chain_key = mac(&key, "audit", &[]);
        let record = record.chain(&mut head, id, org, &chain_key).unwrap();
        let body = ACCOUNT.split_once("\"audit_head\"").unwrap().0;
        let head = loquet_policy::Digest::from_bytes(head.head);
        let body = format!(
            "{body}\"audit_head\":{}}}",
            serde_json::to_string(&head).unwrap()
        );
        let rows = [
            Row::Organisation(OrganisationRow {
                id: org,
                enabled: true,
                body: ORGANISATION.into(),
            }),
            Row::Account(AccountRow {
                id,
                org,
                external_id: "chloé".into(),
                ever: true,
                epoch: 4,
                used_step: Some(59_666_670),
                audited: 1,
                body,
            }),
        ];
        let store = MemoryStore::new();
        let writes = Writes {
            expect: rows
                .iter()
                .map(|row| (row.key(), Version::ABSENT))
                .collect(),
            put: rows.to_vec(),
            audit: vec![record],
            ..Writes::default()
        };
        assert_eq!(block_on(store.commit(writes)).unwrap(), Commit::Done);
        store
    }

    #[test]
    fn an_older_store_gets_the_root_on_which_its_chains_hang() {
        let text = format!(
            "{}{}",
            *KeyRing::line(1, &[7; 32]),
            *KeyRing::line(2, &[8; 32])
        );
        let ring = KeyRing::parse(&text).unwrap();
        let chloe = AccountId::from(3_u64);
        block_on(async {
            let service = Service::open(old_store([7; 32]), ring).await.unwrap();
            assert_eq!(service.verify_audit(chloe).await.unwrap(), 1);
            let before = service.sealed().await.unwrap();
            assert_eq!((before.accounts, before.outdated, before.root), (1, 1, 2));
            assert!(before.needs(1));
            service.reseal(|_| {}).await.unwrap();
            assert!(!service.sealed().await.unwrap().needs(1));
            // Key 1 can go now, and the chain that was begun under it stands.
            service
                .change_keys(KeyRing::single(2, [8; 32]))
                .await
                .unwrap();
            assert_eq!(service.verify_audit(chloe).await.unwrap(), 1);
        });
    }

    #[test]
    fn a_wrong_ring_leaves_an_older_store_as_it_was() {
        block_on(async {
            let store = old_store([7; 32]);
            let service = Service::new(store, KeyRing::single(1, [9; 32])).unwrap();
            let refused = service.unlock().await.map(drop).unwrap_err();
            assert!(
                matches!(refused, ServiceError::Keys(SealError::DoesNotOpen)),
                "{refused}"
            );
            assert!(service.ledger(LedgerId::ROOT).await.unwrap().is_none());
        });
    }

    #[test]
    fn a_ring_whose_oldest_key_began_no_chain_is_refused() {
        let line = |id, byte| KeyRing::line(id, &[byte; 32]);
        let text = format!("{}{}", *line(0, 9), *line(1, 7));
        let ring = KeyRing::parse(&text).unwrap();
        let refused = block_on(Service::open(old_store([7; 32]), ring)).map(drop);
        assert!(
            matches!(refused, Err(ServiceError::Keys(SealError::DoesNotOpen))),
            "{refused:?}"
        );
    }

    /// Nobody has enrolled, so no secret tells a wrong ring from the right one; a chain does.
    #[test]
    fn a_wrong_ring_is_refused_where_nobody_has_enrolled() {
        block_on(async {
            let unsealed = |key| {
                let store = old_store([7; 32]);
                let chloe = RowKey::Account(AccountId::from(3_u64));
                let found = block_on(store.load(&[chloe])).unwrap();
                let [
                    Versioned {
                        version,
                        row: Row::Account(row),
                    },
                ] = &found[..]
                else {
                    panic!("{found:?}");
                };
                let mut body: serde_json::Value = serde_json::from_str(&row.body).unwrap();
                let fields = body.as_object_mut().unwrap();
                fields.remove("active");
                fields.remove("pendings");
                let bare = AccountRow {
                    body: body.to_string(),
                    ..row.clone()
                };
                let writes = Writes {
                    expect: vec![(chloe, *version)],
                    put: vec![Row::Account(bare)],
                    ..Writes::default()
                };
                assert_eq!(block_on(store.commit(writes)).unwrap(), Commit::Done);
                Service::open(store, KeyRing::single(1, [key; 32]))
            };
            let refused = unsealed(9).await.map(drop).unwrap_err();
            assert!(
                matches!(refused, ServiceError::Keys(SealError::DoesNotOpen)),
                "{refused}"
            );
            let service = unsealed(7).await.unwrap();
            assert_eq!(
                service.verify_audit(AccountId::from(3_u64)).await.unwrap(),
                1
            );
        });
    }
}
