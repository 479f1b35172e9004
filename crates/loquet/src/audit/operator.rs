//! The audit log of a service: followed, exported, signed, and forgotten as far as it was signed.

use std::collections::{BTreeMap, BTreeSet};

use loquet_policy::{AccountId, OrgId, UnixTime};

use crate::audit::verify::Known;
use crate::audit::{Broken, Checkpoint, Record, Stand};
use crate::disk;
use crate::error::{Config, Error, Unavailable};
use crate::mfa::Mfa;
use crate::operator::Operator;
use crate::store::{MetadataId, RowKey};

/// Audit records that are forgotten in one change.
const SOME: u32 = 1000;

/// What became of one account: of its row, and of the audit chain that the row heads.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The row: an account's; an organization's, its roster's or a hardware token's where that is not authentic.
    pub row: RowKey,
    /// The host's name for the account; empty when the account is gone, and for other rows.
    pub external_id: String,
    /// How many records there are, those that were forgotten included; or what is wrong with the row or the chain.
    pub chain: Result<u64, Broken>,
}

impl Mfa {
    /// Tells each record as it verifies: a record that was altered is told to no reader.
    pub(crate) async fn audit_of(
        &self,
        account: AccountId,
        mut each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let of = self.chain_of(account).await?;
        let of = of.ok_or(Config::Missing("account"))?;
        self.verify(&of, None, |record, head| each(head.seq, record))
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
        let of = self
            .chain_of(account)
            .await?
            .ok_or(Config::Missing("account"))?;
        self.verify(&of, None, |_, _| Ok(())).await?;
        Ok(of.head.seq)
    }

    /// Checks every row of an organization, a roster, an account or a hardware token: that it is authentic, that none was taken away, and
    /// that no earlier one was put back, which the audit log and the other rows tell. Checks every account's chain, and that
    /// each still holds the records that the checkpoint `against` vouches for. Calls `each` with the result for every
    /// account, and for every other row with which something is wrong.
    ///
    /// Who can write the database can put back an earlier state whole: every row and the end of every chain. Only a
    /// checkpoint that is kept outside finds that.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, kept: &str) -> Result<(), loquet::Error> {
    /// let kept: loquet::Checkpoint = kept.parse().map_err(loquet::Config::from)?; // from outside the database
    /// operator.verify_audits(Some(&kept), |account| {
    ///     if let Err(broken) = account.chain {
    ///         println!("{} ({}): {broken}", account.row, account.external_id);
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
        let mut missing: BTreeSet<AccountId> =
            against.into_iter().flat_map(Checkpoint::accounts).collect();
        let kept = against.map(Checkpoint::homes).into_iter().flatten();
        let mut homes: BTreeMap<OrgId, Known> =
            kept.map(|(org, home)| (*org, Known::of(*home))).collect();
        for org in self.organization_ids().await? {
            homes.entry(org).or_default();
        }
        for (id, external_id, of) in self.chains().await? {
            missing.remove(&id);
            let anchor = against.and_then(|checkpoint| checkpoint.head(id));
            let chain = match of {
                Ok(of) => {
                    // Its organization may have no row any more.
                    let known = homes.entry(of.org).or_default();
                    let verified = self
                        .verify(&of, anchor, |record, _| {
                            known.add(&record);
                            Ok(())
                        })
                        .await;
                    known
                        .administrators
                        .extend(of.is_administrator.then_some(id));
                    broken(verified)?.map(|()| of.head.seq)
                }
                Err(altered) => Err(altered.into()),
            };
            each(Verified {
                row: RowKey::Account(id),
                external_id,
                chain,
            });
        }
        for (org, known) in homes {
            self.verify_home(org, known, &mut each).await?;
        }
        for (row, broken) in self.broken_keys().await? {
            each(Verified {
                row,
                external_id: String::new(),
                chain: Err(broken),
            });
        }
        for account in missing {
            let expected = against
                .and_then(|checkpoint| checkpoint.head(account))
                .map_or(0, |head| head.seq);
            each(Verified {
                row: RowKey::Account(account),
                external_id: String::new(),
                chain: Err(Broken::CutOff { expected, found: 0 }),
            });
        }
        Ok(())
    }

    /// Signs where every chain stands, and the rows of every organization. Before that, check the chains against the previous checkpoint: later checks do
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
        let mut stand = Stand::default();
        for (id, _, of) in self.chains().await? {
            stand.heads.insert(id, of?.head);
        }
        for org in self.organization_ids().await? {
            stand.homes.insert(org, self.home_state(org).await?);
        }
        Ok(Checkpoint::sign(self.now(), stand, &vault.audit))
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
    /// [`Unavailable::Audit`](crate::Unavailable::Audit), which names the record that is missing or not what was written:
    /// neither it nor what follows is told. [`Config::Missing`](crate::Config::Missing) when there is no such account.
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
        for (id, _, of) in self.chains().await? {
            let Some(anchor) = signed.head(id) else {
                continue;
            };
            let mut last = None;
            let mut young = false;
            self.verify(&of?, Some(anchor), |record, head| {
                young |= record.at >= before || head.seq > anchor.seq;
                if !young {
                    last = Some(head);
                }
                Ok(())
            })
            .await?;
            if let Some(last) = last {
                // Written down first that the records up to it may go.
                self.put_metadata(MetadataId::forgotten(id), |_| {
                    disk::write_forgotten(id, last, &vault.audit)
                })
                .await?;
            }
            // Also what an earlier call let go and was cut off before it deleted.
            loop {
                let some = self.store().forget_audit(id, SOME).await?;
                forgotten = forgotten.saturating_add(some.into());
                if some < SOME {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}

/// What is wrong with a row or a chain, apart from what is wrong with the store.
fn broken<T>(verified: Result<T, Error>) -> Result<Result<T, Broken>, Error> {
    match verified {
        Ok(found) => Ok(Ok(found)),
        Err(Error::Unavailable(Unavailable::Audit(broken))) => Ok(Err(broken)),
        Err(Error::Unavailable(Unavailable::Damaged(damaged))) => Ok(Err(damaged.into())),
        Err(other) => Err(other),
    }
}
