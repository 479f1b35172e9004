//! Following one account's chain from its row, and comparing an organization's rows with what chains and accounts say.

use std::collections::BTreeSet;

use loquet_policy::{AccountId, Administrator, OrgId};

use crate::audit::{AuditHead, Broken, Chain, HomeState, Record, RowState, Verified};
use crate::decide::home_of;
use crate::disk::{self, DiskError, Forgotten, RowKeys};
use crate::error::Error;
use crate::mfa::{Mfa, TRIES};
use crate::operator::Operator;
use crate::records::PersonRecord;
use crate::store::{AccountRow, Item, MetadataId, Query, Row, RowKey, Version, Versioned};

/// An account as its chain is looked at.
pub(super) struct Of {
    id: AccountId,
    pub(super) org: OrgId,
    pub(super) head: AuditHead,
    pub(super) is_administrator: bool,
}

impl Of {
    fn new(row: &AccountRow, version: Version, keys: &RowKeys) -> Result<Self, DiskError> {
        let (person, head) = disk::read_audited(row, version, keys)?;
        Ok(Self {
            id: person.facts.id,
            org: person.facts.org,
            head,
            is_administrator: is_administrator(&person),
        })
    }
}

/// What an organization's accounts and their records say of its rows.
#[derive(Default)]
pub(super) struct Known {
    /// The newest versions of the organization's row and of its roster.
    organization: u64,
    roster: u64,
    /// The same rows, as a checkpoint has them.
    kept: Option<HomeState>,
    pub(super) administrators: Vec<AccountId>,
}

impl Known {
    pub(super) fn of(kept: HomeState) -> Self {
        Self {
            kept: Some(kept),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, record: &Record) {
        self.organization = self.organization.max(record.policy);
        self.roster = self.roster.max(record.roster);
    }
}

/// Whether the roster lists it.
fn is_administrator(person: &PersonRecord) -> bool {
    person.facts.is_active() && person.facts.is_administrator()
}

impl Mfa {
    pub(super) async fn chain_of(&self, account: AccountId) -> Result<Option<Of>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let found = self.store().load(&[RowKey::Account(account)]).await?;
        let found = found.into_iter().map(Item::Row).find_map(Item::account);
        let of = found.map(|(row, version)| Of::new(&row, version, &keys));
        Ok(of.transpose()?)
    }

    /// Follows a chain to its end, past `anchor`, and tells `each` record with where it stands.
    pub(super) async fn verify(
        &self,
        of: &Of,
        anchor: Option<AuditHead>,
        mut each: impl FnMut(Record, AuditHead) -> Result<(), Error>,
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
        let mut newest = of.head.seq;
        self.pages(Query::Audit(of.id), |item| {
            let Item::Audit(row) = item else {
                return Ok(());
            };
            newest = newest.max(row.seq);
            // Let go and not deleted yet; or appended since the head was read.
            if row.seq <= from.seq || row.seq > of.head.seq {
                return Ok(());
            }
            chain.verify(&row)?;
            met |= anchor == Some(chain.head());
            let record = disk::read_record(&row.body)?;
            // Nothing authenticates the columns beside the record: they must say what it says.
            if record.at != row.at || row.org != of.org {
                return Err(Broken::Altered { seq: row.seq }.into());
            }
            each(record, chain.head())
        })
        .await?;
        let found = chain.head().seq;
        chain.end(of.head)?;
        self.verify_newest(of, newest).await?;
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

    /// Records behind the head that was read are of decisions made since, and then the row knows them by now: or an earlier
    /// row was put back.
    async fn verify_newest(&self, of: &Of, newest: u64) -> Result<(), Error> {
        if newest == of.head.seq {
            return Ok(());
        }
        let row = self.chain_of(of.id).await?.map_or(0, |of| of.head.seq);
        if row < newest {
            return Err(Broken::PutBack { row, log: newest }.into());
        }
        Ok(())
    }
}

impl Operator {
    /// Reads every account, also one whose organization has no row: its id and its name as the row says them, authentic or
    /// not, and where its chain stands.
    pub(super) async fn chains(
        &self,
    ) -> Result<Vec<(AccountId, String, Result<Of, DiskError>)>, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut chains = Vec::new();
        self.pages(Query::AllAccounts, |item| {
            if let Some((row, version)) = item.account() {
                let of = Of::new(&row, version, &keys);
                chains.push((row.id, row.external_id, of));
            }
            Ok(())
        })
        .await?;
        Ok(chains)
    }

    /// How the rows of an organization stand.
    pub(super) async fn home_state(&self, org: OrgId) -> Result<HomeState, Error> {
        let keys = self.row_keys(self.unlock().await?);
        let home = Home::read(&self.store().load(&home_of(org)).await?, &keys);
        Ok(HomeState {
            organization: home.organization?,
            roster: home.roster?.0,
        })
    }

    /// Checks the rows of an organization itself.
    pub(super) async fn verify_home(
        &self,
        org: OrgId,
        known: Known,
        each: &mut impl FnMut(Verified),
    ) -> Result<(), Error> {
        let keys = self.row_keys(self.unlock().await?);
        let mut accounts: BTreeSet<AccountId> = known.administrators.iter().copied().collect();
        for _ in 0..TRIES {
            let asked = home_of(org).into_iter();
            let asked: Vec<RowKey> = asked
                .chain(accounts.iter().copied().map(RowKey::Account))
                .collect();
            // All from one view: what changes meanwhile changes on both sides.
            let home = Home::read(&self.store().load(&asked).await?, &keys);
            if let Ok((_, listed)) = &home.roster {
                let before = accounts.len();
                accounts.extend(listed.iter().map(|entry| entry.account));
                if accounts.len() > before {
                    continue;
                }
            }
            for (row, broken) in home.broken(org, &known) {
                each(Verified {
                    row,
                    external_id: String::new(),
                    chain: Err(broken),
                });
            }
            return Ok(());
        }
        Err(Error::Busy)
    }

    /// Rows of hardware tokens, and of keys that the host gave, that are not authentic.
    pub(super) async fn broken_keys(&self) -> Result<Vec<(RowKey, Broken)>, Error> {
        let vault = self.unlock().await?;
        let keys = self.row_keys(vault);
        let mut broken = Vec::new();
        for kind in [MetadataId::TOKEN, MetadataId::IMPORTED_KEY] {
            self.pages(Query::Metadata(kind), |item| {
                let Some((row, version)) = item.metadata() else {
                    return Ok(());
                };
                let read = match kind {
                    MetadataId::TOKEN => disk::read_token(&row, version, &keys).map(drop),
                    _ => disk::read_imported_key(&row, &vault.keys.imported).map(drop),
                };
                let id = RowKey::Metadata(row.id);
                broken.extend(read.err().map(|why| (id, Broken::from(why))));
                Ok(())
            })
            .await?;
        }
        Ok(broken)
    }
}

/// An administrator: the account, and whether it is enrolled and suspended.
type Listed = (AccountId, bool, bool, bool);

/// An organization's own rows, and its administrators.
struct Home {
    organization: Result<RowState, Broken>,
    /// The roster's row, and the administrators that it lists.
    roster: Result<(RowState, Vec<Administrator>), Broken>,
    /// The accounts that a roster lists; none where one of them cannot be read.
    administrators: Option<Vec<Listed>>,
}

impl Home {
    fn read(rows: &[Versioned], keys: &RowKeys) -> Self {
        let mut home = Self {
            organization: Err(Broken::Missing),
            roster: Err(Broken::Missing),
            administrators: Some(Vec::new()),
        };
        for Versioned { row, version } in rows {
            match row {
                Row::Organization(row) => {
                    let read = disk::read_organization(row, *version, keys);
                    let state = read.map(|_| RowState::new(*version, &row.body));
                    home.organization = state.map_err(Broken::from);
                }
                Row::Roster(row) => {
                    let read = disk::read_roster(row, *version, keys);
                    let state = RowState::new(*version, &row.body);
                    let listed = read.map(|roster| (state, roster.administrators));
                    home.roster = listed.map_err(Broken::from);
                }
                Row::Account(row) => home.add(disk::read_person(row, *version, keys)),
                Row::Attempt(_) | Row::Metadata(_) => {}
            }
        }
        home
    }

    fn add(&mut self, account: Result<PersonRecord, DiskError>) {
        match (account, &mut self.administrators) {
            (Ok(person), Some(all)) if is_administrator(&person) => {
                let facts = &person.facts;
                all.push((
                    facts.id,
                    facts.is_enrolled(),
                    facts.is_enrolled_but_suspended(),
                    facts.has_active_passkey(),
                ));
            }
            (Ok(_), _) => {}
            // It is told of itself.
            (Err(_), _) => self.administrators = None,
        }
    }

    fn broken(self, org: OrgId, known: &Known) -> Vec<(RowKey, Broken)> {
        let kept = known.kept;
        let organization = match self.organization {
            Ok(row) => row.broken(known.organization, kept.map(|kept| kept.organization)),
            Err(broken) => Some(broken),
        };
        let roster = match self.roster {
            Ok((row, listed)) => row
                .broken(known.roster, kept.map(|kept| kept.roster))
                .or_else(|| lists_others(&listed, self.administrators?)),
            Err(broken) => Some(broken),
        };
        let [organization_key, roster_key] = home_of(org);
        let organization = organization.map(|broken| (organization_key, broken));
        let roster = roster.map(|broken| (roster_key, broken));
        organization.into_iter().chain(roster).collect()
    }
}

/// Whether a roster lists other administrators than there are.
fn lists_others(listed: &[Administrator], mut administrators: Vec<Listed>) -> Option<Broken> {
    administrators.sort_unstable();
    let listed = listed.iter();
    let listed = listed.map(|entry| {
        (
            entry.account,
            entry.enrolled,
            entry.suspended,
            entry.passkey,
        )
    });
    (!listed.eq(administrators)).then_some(Broken::OtherAdministrators)
}
