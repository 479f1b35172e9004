//! After a restore: the store is at an earlier time, and what was used or revoked since must not count again.

use std::collections::BTreeSet;

use loquet_policy::{Account, AccountId, OrgId, Roster, SecondFactor, UnixTime};

use crate::admin::users::IssuedResetCode;
use crate::audit::{AuditHead, Checkpoint, Record, Verified};
use crate::disk::{self, DiskError};
use crate::edge::random;
use crate::enrollment::codes::BreakGlassCode;
use crate::error::{Config, Error};
use crate::operator::Operator;
use crate::operator::restored::{RestoreOptions, Restored};
use crate::provision::operations::IssueResetCode;
use crate::records::{AccountRecord, RESTORED, Secrets, present_steps};
use crate::session::attempt::Attempt;
use crate::store::{Commit, Cursor, Item, MetadataId, Query, Row, RowKey, Version, Writes};

/// What a restore is called in the audit log.
pub(super) const RESTORE: &str = "restore";

/// One organization while it is put right.
struct Home {
    id: OrgId,
    /// Whether what was bound is unknown.
    unknown: bool,
    /// The versions that its row and its roster are written at, once its accounts are right.
    policy: Version,
    roster: Version,
    administrators: Vec<Account>,
    ids: BTreeSet<AccountId>,
    names: BTreeSet<String>,
}

impl Operator {
    /// Writes down that a backup is taken now, so that a restore knows its age. Call it just before you take the
    /// backup.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// operator.mark_backup().await?;
    /// // Now copy the database.
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn mark_backup(&self) -> Result<UnixTime, Error> {
        self.unlock().await?;
        let now = self.now();
        let id = MetadataId::BACKUP;
        self.put_metadata(id, |mark| disk::write_count(id, mark.max(now.0)))
            .await?;
        Ok(now)
    }

    /// Makes a store that was put back to an earlier time safe to use. Call it before the service runs again: it ends
    /// every session, voids reset codes, recovery codes and begun enrollments, forgets remembered devices, counts the
    /// codes of this moment as used, and records the restore in every account's audit chain. What only rises does not fall
    /// where the replaced store is given ([`RestoreOptions::replaced`]); without it, and without
    /// [`RestoreOptions::was_enabled`], a backup from before enabling un-latches its organization.
    ///
    /// Changes of settings that waited to take effect are dropped: they may have been cancelled since. Other changes that
    /// were made after the backup are lost where the replaced store is not given. To find them, read the notices that went
    /// out since.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, replaced: loquet::Operator, kept: &str) -> Result<(), loquet::Error> {
    /// let kept: loquet::Checkpoint = kept.parse().map_err(loquet::Config::from)?; // from outside the database
    /// let how = loquet::RestoreOptions::default().checkpoint(&kept).replaced(&replaced);
    /// let done = operator.restored(how).await?;
    /// println!("{} of {} accounts lost audit records", done.lost.len(), done.accounts);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Config::NotLater`] where the replaced store does not go on from this backup, [`Config::ReplacedAltered`] where its rows
    /// are not what its audit log says, and [`Error`]; if it stopped half-way,
    /// call it again.
    pub async fn restored(&self, how: RestoreOptions<'_>) -> Result<Restored, Error> {
        let mut done = Restored {
            taken: self
                .metadata(MetadataId::BACKUP)
                .await?
                .map(|(row, _)| UnixTime(row.mark)),
            now: self.now(),
            ..Restored::default()
        };
        self.verify_audits(how.kept, |account| {
            if account.chain.is_err() {
                done.lost.push(account);
            }
        })
        .await?;
        let mut organizations: BTreeSet<OrgId> =
            self.organization_ids().await?.into_iter().collect();
        if let Some(replaced) = how.replaced {
            self.require_descent(replaced).await?;
            require_unaltered(replaced, how.kept).await?;
            self.carry_keys(replaced).await?;
            organizations.extend(replaced.organization_ids().await?);
        }
        if let Some(missing) = how
            .was_enabled
            .iter()
            .find(|id| !organizations.contains(id))
        {
            return Err(Config::NoOrganization(*missing).into());
        }
        for id in organizations {
            let mut home = Home {
                id,
                unknown: how.was_enabled.contains(&id),
                policy: next(self.organization_row(id).await?),
                roster: next(self.roster_row(id).await?),
                administrators: Vec::new(),
                ids: BTreeSet::new(),
                names: BTreeSet::new(),
            };
            self.restored_accounts(&mut home, how.replaced, &mut done)
                .await?;
            if let Some(replaced) = how.replaced {
                self.carried_accounts(&mut home, replaced, &mut done)
                    .await?;
            }
            self.restored_organization(&home, how.replaced, &mut done)
                .await?;
        }
        if let Some(replaced) = how.replaced {
            self.carry_letters(replaced).await?;
        }
        Ok(done)
    }

    /// Issues a reset code for an account whose authenticator is not known any more, within
    /// [`RESTORE_RESETS`](loquet_policy::limits::RESTORE_RESETS) seconds of a restore with
    /// [`RestoreOptions::was_enabled`]. Any number a day, and for administrators too: hand each over in person.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOT_ADMIN` at any other time, with `UNCHANGED` where the account needs none.
    pub async fn issue_reset_code(
        &self,
        account: impl Into<AccountId>,
    ) -> Result<IssuedResetCode, Error> {
        let account = account.into();
        self.run(IssueResetCode { account }, Attempt::default())
            .await
    }

    /// Writes the organization as it must be, and who administers it, once its accounts are right.
    async fn restored_organization(
        &self,
        home: &Home,
        replaced: Option<&Self>,
        done: &mut Restored,
    ) -> Result<(), Error> {
        let own = self.organization_row(home.id).await?;
        let last = match replaced {
            Some(replaced) => replaced.organization_row(home.id).await?,
            None => None,
        };
        let last = last.map(|(record, _)| record);
        let (mut record, version) = match (own, &last) {
            (Some(own), _) => own,
            (None, Some(last)) => (last.clone(), Version::ABSENT),
            (None, None) => return Ok(()),
        };
        let known = last.as_ref().map(|last| &last.facts);
        let facts = record.facts.restored(known, done.now);
        if let Some(last) = last {
            record.rules.extend(last.rules);
            record.devices = record
                .devices
                .zip(last.devices)
                .map(|(own, last)| own.max(last));
        }
        record.sync(facts, None, done.now);
        // The backup's rules were not in force the day before: none can be undone to.
        record.forget_past();
        if home.unknown {
            let code = BreakGlassCode::from_entropy(random()?);
            let by = home.administrators.first().map(|account| account.id);
            let by = by.unwrap_or(AccountId::from(0_u64));
            let facts = record.facts.restored_enabled(by, code.digest(), done.now);
            record.facts = facts;
            done.break_glass.push((home.id, code));
        }
        let mut roster = Roster::new(home.id);
        let mut roster_version = Version::ABSENT;
        if let Some((own, version)) = self.roster_row(home.id).await? {
            (roster.marks, roster_version) = (own.marks, version);
        }
        if let Some(replaced) = replaced
            && let Some((last, _)) = replaced.roster_row(home.id).await?
        {
            roster.marks = roster.marks.max(last.marks);
        }
        for account in &home.administrators {
            roster.admit(account);
        }
        let keys = self.row_keys(self.unlock().await?);
        let put = vec![
            Row::Organization(disk::write_organization(&record, version.next(), &keys)?),
            Row::Roster(disk::write_roster(&roster, roster_version.next(), &keys)?),
        ];
        let expect = vec![
            (RowKey::Organization(home.id), version),
            (RowKey::Roster(home.id), roster_version),
        ];
        self.put_restored(Writes {
            expect,
            put,
            ..Writes::default()
        })
        .await
    }

    /// Puts every account of the backup right.
    async fn restored_accounts(
        &self,
        home: &mut Home,
        replaced: Option<&Self>,
        done: &mut Restored,
    ) -> Result<(), Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut at = Cursor::default();
        loop {
            let page = self.store().scan(&Query::Accounts(home.id), &at).await?;
            for (row, version) in page.items.into_iter().filter_map(Item::account) {
                let record = disk::read_account(&row, version, &keys)?;
                let last = match replaced {
                    Some(replaced) => replaced.account_record(row.id).await?,
                    None => None,
                };
                if matches!(
                    record.facts.second_factor,
                    SecondFactor::ResetDue {
                        reset_code: Some(_)
                    }
                ) {
                    done.reset_codes.push(record.external_id.clone());
                }
                if !record.facts.recovery.is_empty() {
                    done.recovery.push(record.external_id.clone());
                }
                self.put_account(home, (record, version), last, done)
                    .await?;
            }
            match page.next {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }

    /// Carries over the accounts that only the replaced store has: made anew by the host, they would enroll by password
    /// alone.
    async fn carried_accounts(
        &self,
        home: &mut Home,
        replaced: &Self,
        done: &mut Restored,
    ) -> Result<(), Error> {
        let mut missing = Vec::new();
        replaced
            .each_person(home.id, |person| {
                if !home.ids.contains(&person.facts.id) {
                    missing.push(person.facts.id);
                }
            })
            .await?;
        for id in missing {
            let Some(mut record) = replaced.account_record(id).await? else {
                continue;
            };
            let name = record.external_id.clone();
            if home.names.contains(&name) {
                record.take_reserved_name(RESTORED);
                done.renamed.push((name, record.external_id.clone()));
            }
            done.carried.push(record.external_id.clone());
            // Its records stay behind with the replaced store.
            record.audit = AuditHead::start(id);
            self.put_account(home, (record, Version::ABSENT), None, done)
                .await?;
        }
        Ok(())
    }

    /// Writes an account as it must be. `last` is the same account in the replaced store.
    async fn put_account(
        &self,
        home: &mut Home,
        (mut record, version): (AccountRecord, Version),
        last: Option<AccountRecord>,
        done: &mut Restored,
    ) -> Result<(), Error> {
        if let Some(last) = &last {
            record.secrets.clone_from(&last.secrets);
            // With the change of address that the rules take over: what its owner took back stays so.
            record.addresses.clone_from(&last.addresses);
            if last.facts.erased {
                // Its names are gone for good.
                record.external_id.clone_from(&last.external_id);
                record.label.clone_from(&last.label);
                record.facts.status = last.facts.status;
            }
        }
        let last = last.map(|last| last.facts);
        let present = present_steps(record.secrets.details(), done.now);
        record.facts = if home.unknown {
            record.secrets = Secrets {
                token: record.secrets.token.take(),
                ..Secrets::default()
            };
            record.facts.restored_unknown()
        } else {
            record.facts.restored(last.as_ref(), &present)
        };
        record.secrets.pendings.clear();
        record.devices.let_go();
        record.sessions.clear();
        let (id, org) = (record.facts.id, home.id);
        let vault = self.unlock().await?;
        let told = Record {
            policy: home.policy.0,
            roster: home.roster.0,
            ..Record::new(done.now, id, RESTORE, "GRANTED")
        };
        let told = told
            .chain(&mut record.audit, id, org, &vault.audit)
            .map_err(|error| DiskError::Damaged {
                what: "audit record",
                why: error.to_string(),
            })?;
        let keys = self.row_keys(vault);
        let row = disk::write_account::<Error>(&record, version.next(), &keys, || Ok(random()?))?;
        home.ids.insert(id);
        home.names.insert(record.external_id);
        if record.facts.is_active() && record.facts.is_administrator() {
            home.administrators.push(record.facts);
        }
        done.accounts = done.accounts.saturating_add(1);
        self.put_restored(Writes {
            expect: vec![(RowKey::Account(id), version)],
            put: vec![Row::Account(row)],
            audit: vec![told],
            ..Writes::default()
        })
        .await
    }

    /// The store is not in use yet: a stale row shows that it is.
    pub(super) async fn put_restored(&self, writes: Writes) -> Result<(), Error> {
        match self.store().commit(writes).await? {
            Commit::Done => Ok(()),
            Commit::Stale => Err(Error::Busy),
        }
    }
}

/// Refuses a store of which a row is not what its audit log says: a row that was put back there does nothing until a restore
/// believes it.
async fn require_unaltered(replaced: &Operator, kept: Option<&Checkpoint>) -> Result<(), Error> {
    let mut altered = BTreeSet::new();
    let each = |row: Verified| {
        if row.chain.is_err() {
            let name = row.external_id;
            altered.insert(match name.is_empty() {
                true => format!("{:?}", row.row),
                false => name,
            });
        }
    };
    replaced.verify_audits(kept, each).await?;
    match altered.is_empty() {
        true => Ok(()),
        false => Err(Config::ReplacedAltered(altered.into_iter().collect()).into()),
    }
}

/// The version that is written over what was found.
fn next<R>(found: Option<(R, Version)>) -> Version {
    found.map_or(Version::ABSENT, |(_, version)| version).next()
}
