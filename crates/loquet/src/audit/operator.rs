//! The audit log of a service: followed, exported, signed, and forgotten as far as it was signed.

use std::collections::BTreeMap;

use loquet_policy::{AccountId, OrgId, UnixTime};

use crate::audit::{AuditHead, Broken, Chain, Checkpoint, Record};
use crate::disk::{self, Forgotten};
use crate::error::{Config, Error, Unavailable};
use crate::mfa::Mfa;
use crate::operator::Operator;
use crate::store::{AccountRow, AuditRow, Item, MetadataId, Query, RowKey, Version};

/// Audit records that are forgotten in one change.
const SOME: u32 = 1000;

/// What became of one account's chain.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The account.
    pub account: AccountId,
    /// The host's name for it; empty when the account is gone.
    pub external_id: String,
    /// How many records there are, those that were forgotten included; or where the chain breaks.
    pub chain: Result<u64, Broken>,
}

/// An account as its chain is looked at.
struct Of {
    id: AccountId,
    external_id: String,
    head: AuditHead,
}

impl Mfa {
    pub(crate) async fn audit_of(
        &self,
        account: AccountId,
        mut each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.pages(Query::Audit(account), |item| match item {
            Item::Audit(row) => each(row.seq, disk::read_record(&row.body)?),
            _ => Ok(()),
        })
        .await
    }
}

impl Operator {
    /// Checks one account's audit chain, from its beginning or from what was forgotten of it, and says how many records it
    /// has had.
    ///
    /// # Errors
    /// [`Unavailable::Audit`](crate::Unavailable::Audit) where it breaks. It does not notice that the last records
    /// were removed if the account's row was changed to match: call [`verify_audits`](Self::verify_audits) with a
    /// checkpoint that is kept outside the database.
    pub async fn verify_audit(&self, account: AccountId) -> Result<u64, Error> {
        // The head first: what is appended after it was read is left out.
        let found = self.store().load(&[RowKey::Account(account)]).await?;
        let found = found.into_iter().map(Item::Row).find_map(Item::account);
        let of = of(found.ok_or(Config::Missing("account"))?)?;
        self.verify(&of, None, |_| Ok(())).await?;
        Ok(of.head.seq)
    }

    /// Checks every account's chain, and that each still holds the records that the checkpoint `against` vouches for.
    /// Calls `each` with the result for every account.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, kept: &str) -> Result<(), loquet::Error> {
    /// let kept: loquet::Checkpoint = kept.parse().map_err(loquet::Config::from)?; // from outside the database
    /// operator.verify_audits(Some(&kept), |account| {
    ///     if let Err(broken) = account.chain {
    ///         println!("{}: {broken}", account.external_id);
    ///     }
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Config::Checkpoint`](crate::Config::Checkpoint) when this store did not sign the checkpoint. A broken chain is
    /// no error of this method: `each` gets it.
    pub async fn verify_audits(
        &self,
        against: Option<&Checkpoint>,
        mut each: impl FnMut(Verified),
    ) -> Result<(), Error> {
        let vault = self.unlock().await?;
        if let Some(checkpoint) = against {
            checkpoint.check(&vault.audit)?;
        }
        let mut missing: std::collections::BTreeSet<AccountId> =
            against.into_iter().flat_map(Checkpoint::accounts).collect();
        for org in self.organization_ids().await? {
            for of in self.chains(org).await? {
                missing.remove(&of.id);
                let anchor = against.and_then(|checkpoint| checkpoint.head(of.id));
                let chain = match self.verify(&of, anchor, |_| Ok(())).await {
                    Ok(_) => Ok(of.head.seq),
                    Err(Error::Unavailable(Unavailable::Audit(broken))) => Err(broken),
                    Err(other) => return Err(other),
                };
                each(Verified {
                    account: of.id,
                    external_id: of.external_id,
                    chain,
                });
            }
        }
        for account in missing {
            let expected = against
                .and_then(|checkpoint| checkpoint.head(account))
                .map_or(0, |head| head.seq);
            each(Verified {
                account,
                external_id: String::new(),
                chain: Err(Broken::CutOff { expected, found: 0 }),
            });
        }
        Ok(())
    }

    /// Signs where every chain stands. Before that, check the chains against the previous checkpoint: later checks do
    /// not notice a record that is missing already.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// let checkpoint = operator.checkpoint().await?;
    /// println!("{checkpoint}"); // keep it where no writer of the database can write
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let vault = self.unlock().await?;
        let mut heads = BTreeMap::new();
        for org in self.organization_ids().await? {
            for of in self.chains(org).await? {
                heads.insert(of.id, of.head);
            }
        }
        Ok(Checkpoint::sign(self.now(), heads, &vault.audit))
    }

    /// Tells `each` audit record of an account, oldest first, with its number.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// operator.audit(42_u64.into(), |number, record| {
    ///     println!("{number}: {} {}", record.what, record.verdict);
    ///     Ok(())
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn audit(
        &self,
        account: AccountId,
        each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.audit_of(account, each).await
    }

    /// Forgets audit records from before `before`, as far as the checkpoint `signed` vouches for them, and says how
    /// many. Each chain is checked first. What is left can still be checked: it begins where the forgotten part ends.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// let signed = operator.checkpoint().await?;
    /// let a_year_ago = loquet::UnixTime(operator.now().0 - 365 * 24 * 3600);
    /// println!("{} records forgotten", operator.forget_audit(&signed, a_year_ago).await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Unavailable::Audit`](crate::Unavailable::Audit) when a chain is broken. Nothing of that chain is forgotten.
    pub async fn forget_audit(&self, signed: &Checkpoint, before: UnixTime) -> Result<u64, Error> {
        let vault = self.unlock().await?;
        signed.check(&vault.audit)?;
        let mut forgotten: u64 = 0;
        for org in self.organization_ids().await? {
            for of in self.chains(org).await? {
                let Some(anchor) = signed.head(of.id) else {
                    continue;
                };
                let mut last = None;
                let mut young = false;
                self.verify(&of, Some(anchor), |row| {
                    young |= row.at >= before || row.seq > anchor.seq;
                    if !young {
                        last = Some(AuditHead {
                            seq: row.seq,
                            head: row.mac,
                        });
                    }
                    Ok(())
                })
                .await?;
                if let Some(last) = last {
                    // Written down first that the records up to it may go.
                    self.put_metadata(MetadataId::forgotten(of.id), |_| {
                        disk::write_forgotten(of.id, last, &vault.audit)
                    })
                    .await?;
                }
                // Also what an earlier call let go and was cut off before it deleted.
                loop {
                    let some = self.store().forget_audit(of.id, SOME).await?;
                    forgotten = forgotten.saturating_add(some.into());
                    if some < SOME {
                        break;
                    }
                }
            }
        }
        Ok(forgotten)
    }

    /// Where every chain of an organization stands.
    async fn chains(&self, org: OrgId) -> Result<Vec<Of>, Error> {
        let mut chains = Vec::new();
        self.pages(Query::Accounts(org), |item| {
            chains.extend(item.account().map(of).transpose()?);
            Ok(())
        })
        .await?;
        Ok(chains)
    }

    /// Follows a chain to its end, past `anchor`, and tells `each` record.
    async fn verify(
        &self,
        of: &Of,
        anchor: Option<AuditHead>,
        mut each: impl FnMut(&AuditRow) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let vault = self.unlock().await?;
        let from = match self.metadata(MetadataId::forgotten(of.id)).await? {
            None => AuditHead::start(of.id),
            Some((row, _)) => match disk::read_forgotten(of.id, &row, &vault.audit)? {
                Forgotten::Until(head) => head,
                Forgotten::Unsigned => return Err(Broken::Unsigned.into()),
            },
        };
        // What the anchor names was forgotten with its blessing, or is met on the way.
        let mut met = anchor.is_none_or(|anchor| anchor.seq < from.seq || anchor == from);
        let mut chain = Chain::behind(of.id, from, &vault.audit);
        self.pages(Query::Audit(of.id), |item| {
            let Item::Audit(row) = item else {
                return Ok(());
            };
            // Let go and not deleted yet; or appended since the head was read.
            if row.seq <= from.seq || row.seq > of.head.seq {
                return Ok(());
            }
            chain.verify(&row)?;
            met |= anchor == Some(chain.head());
            each(&row)
        })
        .await?;
        let found = chain.head().seq;
        chain.end(of.head)?;
        match anchor {
            Some(anchor) if !met => Err(if anchor.seq > found {
                Broken::CutOff {
                    expected: anchor.seq,
                    found,
                }
            } else {
                Broken::Replaced { seq: anchor.seq }
            }
            .into()),
            _ => Ok(()),
        }
    }
}

fn of((row, _): (AccountRow, Version)) -> Result<Of, Error> {
    Ok(Of {
        id: row.id,
        head: disk::audit_head(&row)?,
        external_id: row.external_id,
    })
}
