//! Row I/O: rows loaded and decrypted, changes encrypted and written.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use loquet_ipfilter::{Filter, Rules};
use loquet_policy::{AccountId, Notice, OrgId, Refusal, Session, UnixTime, may_see_administration};

use super::source::{Actor, Source};
use super::vault::Vault;
use crate::decide::change::Change;
use crate::decide::{self, AccessCheck, Facts};
use crate::disk::{self, DiskError, FirstOutcome, KeyOwner, RowKeys};
use crate::edge::random;
use crate::error::Error;
use crate::mfa::{HOMES, Mfa};
use crate::records::{AccountRecord, OrganizationRecord};
use crate::session::Authorized;
use crate::store::erased::Erased;
use crate::store::{MetadataId, NoticeRow, Row, RowKey, Version, Versioned, Writes};

/// Row I/O.
impl Mfa {
    /// An account of another organization is as good as not there.
    fn keep_to_organization(&self, facts: &mut Facts) {
        let is_other =
            |account: &AccountRecord| self.org.is_some_and(|org| org != account.facts.org);
        if facts.actor.as_ref().is_some_and(is_other) {
            facts.actor = None;
        }
    }

    pub(crate) fn store(&self) -> &(dyn Erased + 'static) {
        &*self.inner.store
    }

    /// Loads the rows of one account and its organization. The account's secrets stay encrypted.
    pub(crate) async fn facts(&self, account: AccountId) -> Result<Facts, Error> {
        self.facts_of(Actor::Encrypted(account)).await
    }

    /// Loads the same, and decrypts the secret that this session enrolls, if it enrolls one.
    pub(crate) async fn enrollment_facts(&self, session: &Session) -> Result<Facts, Error> {
        let actor = Actor::Enrolling(session.account, session.id);
        self.facts_of(actor).await
    }

    async fn facts_of(&self, actor: Actor) -> Result<Facts, Error> {
        let first: Vec<_> = actor.id().map(RowKey::Account).into_iter().collect();
        let needs = |facts: &Facts| match facts.read.as_slice() {
            [] => first.clone(),
            _ => decide::home(facts),
        };
        let facts = self.gather(self, actor, needs).await?;
        match facts.actor {
            Some(_) => Ok(facts),
            None => Err(Refusal::UnknownAccount.into()),
        }
    }

    /// Loads until nothing more is needed. The rows of the actor's organization come along with its own, if a row read
    /// before said which that is; should it be another by now, they are put away again.
    pub(crate) async fn gather(
        &self,
        mut source: impl Source,
        actor: Actor,
        needs: impl Fn(&Facts) -> Vec<RowKey>,
    ) -> Result<Facts, Error> {
        let mut facts = Facts {
            geo: self.geo(),
            ..Facts::default()
        };
        let guess = actor.id().and_then(|id| self.homes().get(&id).copied());
        let ahead: Vec<_> = guess.into_iter().flat_map(decide::home_of).collect();
        let first = [needs(&facts).as_slice(), &ahead].concat();
        self.load(&mut source, &first, actor, &mut facts).await?;
        let home = facts.actor.as_ref().map(|actor| actor.facts.org);
        if home != guess {
            facts.read.retain(|(key, _)| !ahead.contains(key));
            (facts.organization, facts.roster, facts.access) = (None, None, AccessCheck::default());
            if let Some(account) = actor.id() {
                self.remember_home(account, home);
            }
        }
        loop {
            let keys = needs(&facts);
            if keys.is_empty() {
                self.keep_to_organization(&mut facts);
                // What cannot be read forgets nothing.
                if let Some(organization) = &facts.organization {
                    for account in facts.actor.iter_mut().chain(&mut facts.subject) {
                        account.devices.keep_since(organization.devices);
                    }
                }
                return Ok(facts);
            }
            self.load(&mut source, &keys, actor, &mut facts).await?;
        }
    }

    /// Whether an account is known to be of another organization than this handle serves, or not to be at all.
    pub(crate) async fn is_foreign(&self, account: AccountId) -> Result<bool, Error> {
        let Some(org) = self.org else {
            return Ok(false);
        };
        let known = self.homes().get(&account).copied();
        if known.is_some() {
            return Ok(known != Some(org));
        }
        let home = self.person(account).await?.map(|person| person.facts.org);
        self.remember_home(account, home);
        Ok(home != Some(org))
    }

    fn homes(&self) -> MutexGuard<'_, BTreeMap<AccountId, OrgId>> {
        let homes = self.inner.homes.lock();
        homes.unwrap_or_else(PoisonError::into_inner)
    }

    fn remember_home(&self, account: AccountId, home: Option<OrgId>) {
        let mut homes = self.homes();
        if homes.len() >= HOMES {
            homes.clear();
        }
        match home {
            Some(org) => homes.insert(account, org),
            None => homes.remove(&account),
        };
    }

    /// Loads the rows of an administrator, whose session is admitted from where it is now. What administrators change,
    /// the rules decide.
    pub(crate) async fn administrator(&self, user: &Authorized) -> Result<Facts, Error> {
        let session = &user.session;
        let facts = self.facts(session.account).await?;
        let admitted = self.admit(&facts, session, &user.client)?;
        may_see_administration(&admitted.snapshot(session)?, admitted.now)?;
        Ok(facts)
    }

    /// Loads rows into `facts`, opened. An account other than `actor` is the subject.
    pub(crate) async fn load(
        &self,
        mut source: impl Source,
        keys: &[RowKey],
        actor: Actor,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        // A wrong keyring must not decide anything, nor encrypt anything.
        let row_keys = self.row_keys(self.unlock().await?);
        let found = source.rows(keys).await?;
        for key in keys {
            let version = found
                .iter()
                .find(|found| found.row.key() == *key)
                .map_or(Version::ABSENT, |found| found.version);
            facts.read.push((*key, version));
        }
        for Versioned { row, version } in found {
            match row {
                Row::Organization(row) => {
                    let record = disk::read_organization(&row, version, &row_keys)?;
                    facts.access = self.access(&record, self.now());
                    facts.organization = Some(record);
                }
                Row::Roster(row) => {
                    facts.roster = Some(disk::read_roster(&row, version, &row_keys)?);
                }
                Row::Account(row) => {
                    let decrypts = actor.decrypts();
                    let record = disk::read_account_with(&row, version, &row_keys, decrypts)?;
                    if actor.id() == Some(row.id) {
                        facts.actor = Some(record);
                    } else {
                        facts.subject = Some(record);
                    }
                }
                Row::Attempt(row) => {
                    // An id that another account has used tells nothing of what became of it there.
                    facts.repeated = Some(if actor.id() == Some(row.account) {
                        disk::read_attempt(&row, &row_keys)?
                    } else {
                        FirstOutcome::Granted
                    });
                }
                Row::Metadata(row) if row.id.kind == MetadataId::IMPORTED_KEY => {
                    let key = &self.unlock().await?.keys.imported;
                    facts.key_owner = Some(disk::read_imported_key(&row, key)?);
                }
                Row::Metadata(row) if row.id.kind == MetadataId::TOKEN => {
                    facts.token = Some(disk::read_token(&row, version, &row_keys)?);
                }
                // Other metadata is read where it is needed, and decides nothing.
                Row::Metadata(_) => {}
            }
        }
        Ok(())
    }

    /// The organization's access rules, compiled once. They were within the limits when they were set: twice as much leaves
    /// room for larger databases.
    fn access(&self, organization: &OrganizationRecord, now: UnixTime) -> AccessCheck {
        let Some(digest) = organization.rules_digest(now) else {
            return AccessCheck::Open;
        };
        let Some(text) = organization.rules_in_force(now) else {
            return AccessCheck::Unreadable;
        };
        let filters = &self.inner.filters;
        let filter = filters.of(organization.facts.id, digest, || {
            let rules = Rules::parse_text(text).ok()?;
            Filter::compile_within(&rules, Some(&self.geo()), &filters.limits.doubled()).ok()
        });
        filter.map_or(AccessCheck::Unreadable, AccessCheck::Guarded)
    }

    /// Encrypts a change into rows.
    pub(crate) fn writes(&self, change: &Change, vault: &Vault) -> Result<Writes, Error> {
        let keys = self.row_keys(vault);
        let next = |key| next_version(&change.read, key);
        let encrypt = |record: &AccountRecord| -> Result<Row, Error> {
            let version = next(RowKey::Account(record.facts.id));
            let row = disk::write_account::<Error>(record, version, &keys, || Ok(random()?))?;
            Ok(Row::Account(row))
        };
        let mut actor = change.actor.clone();
        let (id, org) = (actor.facts.id, actor.facts.org);
        let chain = |account: &mut AccountRecord| {
            let id = account.facts.id;
            change
                .record
                .chain(&mut account.audit, id, org, &vault.audit)
                .map_err(|error| DiskError::Damaged {
                    what: "audit record",
                    why: error.to_string(),
                })
        };
        let mut audit = vec![chain(&mut actor)?];
        let mut put = vec![
            Row::Attempt(disk::write_attempt(
                (change.attempt, id),
                change.record.at,
                change.mark,
                change.outcome.clone(),
                &keys,
            )?),
            encrypt(&actor)?,
        ];
        if let Some(organization) = &change.organization {
            let version = next(RowKey::Organization(org));
            let row = disk::write_organization(organization, version, &keys)?;
            put.push(Row::Organization(row));
        }
        if let Some(roster) = &change.roster {
            let version = next(RowKey::Roster(org));
            put.push(Row::Roster(disk::write_roster(roster, version, &keys)?));
        }
        if let Some(key) = change.imported_key {
            let owner = KeyOwner::Account(id);
            let row = disk::write_imported_key(key, owner, &vault.keys.imported)?;
            put.push(Row::Metadata(row));
        }
        if let Some((id, token)) = &change.token {
            let version = next(RowKey::Metadata(*id));
            let row = disk::write_token((*id, token), version, &keys, random()?)?;
            put.push(Row::Metadata(row));
        }
        // What was done to another account is recorded in that account's chain too.
        if let Some(mut subject) = change.subject.clone() {
            audit.push(chain(&mut subject)?);
            put.push(encrypt(&subject)?);
        }
        Ok(Writes {
            expect: change.read.clone(),
            put,
            audit,
            outbox: outbox(change, org, &keys)?,
        })
    }
}

/// The notices of a change.
fn outbox(change: &Change, org: OrgId, keys: &RowKeys) -> Result<Vec<NoticeRow>, DiskError> {
    let row = |(to, notice): &(AccountId, Notice)| {
        let row = NoticeRow {
            to: *to,
            org,
            at: change.record.at,
            body: String::new(),
        };
        disk::write_notice(row, &change.body(notice), keys)
    };
    change.notices.iter().map(row).collect()
}

/// The version that a row gets which is written over what was read.
pub(crate) fn next_version(read: &[(RowKey, Version)], key: RowKey) -> Version {
    let found = read.iter().find(|(read, _)| *read == key);
    found
        .map_or(Version::ABSENT, |(_, version)| *version)
        .next()
}

#[cfg(test)]
mod tests;
