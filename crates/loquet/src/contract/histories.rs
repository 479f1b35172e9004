//! Random histories, compared with the memory store.

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::broken::Broken;
use super::samples::{account, all, attempt, attempt_id, metadata, notices, records, roster};
use crate::store::{
    AccountRow, AuditRow, Commit, Fault, Item, MemoryStore, MetadataId, NoticeRow, OrganizationRow,
    Query, Row, RowKey, Store, Version, Versioned, Writes,
};

const ORGS: u64 = 3;
const ACCOUNTS: u64 = 6;
const ATTEMPTS: u64 = 12;
const NAMES: u64 = 8;
const STEPS: u64 = 150;

/// Does a hundred and fifty random things to this store and to a [`MemoryStore`]; the seed says which. Both must answer
/// and end the same.
///
/// # Errors
/// The seed, the step, and how the two differ.
pub async fn histories_agree<S: Store>(store: &S, seed: u64) -> Result<(), Broken> {
    let memory = MemoryStore::new();
    let mut draw = Draw(seed);
    for step in 0..STEPS {
        one_step(store, &memory, &mut draw)
            .await
            .map_err(|broken| Broken::new(format!("seed {seed}, step {step}: {}", broken.found)))?;
    }
    for key in keys() {
        let (found, expected) = (store.load(&[key]).await?, memory.load(&[key]).await?);
        hold!(
            found == expected,
            "seed {seed}, at the end: {found:?} is loaded and not {expected:?}"
        );
    }
    for query in queries() {
        same_items(store, &memory, &query).await?;
    }
    Ok(())
}

async fn one_step<S: Store>(
    store: &S,
    memory: &MemoryStore,
    draw: &mut Draw,
) -> Result<(), Broken> {
    match draw.below(20) {
        0..13 => {
            let writes = random_writes(memory, draw).await?;
            let expected = outcome(memory.commit(writes.clone()).await)?;
            let found = outcome(store.commit(writes.clone()).await)?;
            hold!(
                found == expected,
                "{found:?} and not {expected:?} is the end of {writes:?}"
            );
        }
        13..15 => {
            let chosen: Vec<_> = keys().filter(|_| draw.chance(30)).collect();
            let sorted = |mut rows: Vec<Versioned>| {
                rows.sort_by_key(|found| found.row.key());
                rows
            };
            let (found, expected) = (store.load(&chosen).await?, memory.load(&chosen).await?);
            hold!(
                sorted(found) == sorted(expected),
                "{chosen:?} load differently"
            );
        }
        15..18 => {
            let query = queries().nth(usize::try_from(draw.below(QUERIES)).unwrap_or(0));
            same_items(store, memory, &query.unwrap_or(Query::Outbox)).await?;
        }
        18 => some_are_delivered(store, memory, draw).await?,
        19 if draw.chance(50) => {
            let account = AccountId::from(draw.below(ACCOUNTS));
            let found = store.forget_audit(account, u32::MAX).await?;
            let expected = memory.forget_audit(account, u32::MAX).await?;
            hold!(
                found == expected,
                "{found} and not {expected} audit records of {account} are forgotten"
            );
        }
        _ => {
            let before = UnixTime(draw.below(STEPS));
            let found = store.forget_attempts(before, u32::MAX).await?;
            let expected = memory.forget_attempts(before, u32::MAX).await?;
            hold!(
                found == expected,
                "{found} and not {expected} attempts before {before:?} are forgotten"
            );
        }
    }
    Ok(())
}

async fn some_are_delivered<S: Store>(
    store: &S,
    memory: &MemoryStore,
    draw: &mut Draw,
) -> Result<(), Broken> {
    let (found, expected) = (
        all(store, &Query::Outbox).await?,
        all(memory, &Query::Outbox).await?,
    );
    let chosen = notices(&found)
        .into_iter()
        .zip(notices(&expected))
        .filter(|_| draw.chance(40));
    for ((found, _), (expected, _)) in chosen {
        store.delivered(found).await?;
        memory.delivered(expected).await?;
    }
    Ok(())
}

/// A change that may be right, stale, or refused for one reason; never stale *and* refused, whose order is the store's.
async fn random_writes(memory: &MemoryStore, draw: &mut Draw) -> Result<Writes, Broken> {
    let mut writes = Writes::default();
    let stale = draw.chance(15);
    let wrong = !stale && draw.chance(10);
    let mut renamed = stale;
    for key in keys().filter(|_| draw.chance(12)).collect::<Vec<_>>() {
        let found = memory.load(&[key]).await?.into_iter().next();
        let at = found
            .as_ref()
            .map_or(Version::ABSENT, |found| found.version);
        let put = draw.chance(70);
        writes.expect.push((key, at));
        if !put {
            continue;
        }
        let row = random_row(key, found.map(|found| found.row), draw, &mut renamed);
        writes.put.push(row);
    }
    random_records(memory, draw, &mut writes, stale).await?;
    for _ in 0..draw.below(3) {
        writes.outbox.push(NoticeRow {
            to: AccountId::from(draw.below(ACCOUNTS)),
            org: OrgId::from(draw.below(ORGS)),
            at: UnixTime(draw.below(STEPS)),
            body: draw.text(),
        });
    }
    if stale && let Some((_, version)) = writes.expect.first_mut() {
        *version = if draw.chance(50) {
            version.next()
        } else {
            Version(draw.below(4))
        };
    }
    if wrong {
        writes.put.extend(unexpected(&writes, draw));
    }
    Ok(writes)
}

/// What a row becomes, or a new one.
fn random_row(key: RowKey, found: Option<Row>, draw: &mut Draw, renamed: &mut bool) -> Row {
    match (key, found) {
        (RowKey::Organization(id), found) => {
            let was = matches!(
                found,
                Some(Row::Organization(OrganizationRow { enabled: true, .. }))
            );
            Row::Organization(OrganizationRow {
                id,
                enabled: was || draw.chance(20),
                body: draw.text(),
            })
        }
        (RowKey::Roster(org), _) => roster(org, &draw.text()),
        (RowKey::Metadata(id), found) => {
            let was = match found {
                Some(Row::Metadata(row)) => row.mark,
                _ => 0,
            };
            metadata(id, was.saturating_add(draw.below(3)), &draw.text())
        }
        (RowKey::Attempt(id), _) => {
            attempt(id, AccountId::from(draw.below(ACCOUNTS)), draw.below(STEPS))
        }
        (RowKey::Account(_), Some(Row::Account(row))) => Row::Account(moved(row, draw, renamed)),
        (RowKey::Account(id), _) => {
            let org = OrgId::from(draw.below(ORGS));
            Row::Account(moved(account(id, org), draw, renamed))
        }
    }
}

/// Records for the audit log; now and then one whose place is taken.
async fn random_records(
    memory: &MemoryStore,
    draw: &mut Draw,
    writes: &mut Writes,
    stale: bool,
) -> Result<(), Broken> {
    for _ in 0..draw.below(3) {
        let account = AccountId::from(draw.below(ACCOUNTS));
        let last = records(&all(memory, &Query::Audit(account)).await?)
            .last()
            .map_or(0, |record| record.seq);
        let pending = writes
            .audit
            .iter()
            .filter(|record| record.account == account)
            .count() as u64;
        let again = !stale && draw.chance(5);
        let seq = if again {
            last.max(1)
        } else {
            last.saturating_add(pending).saturating_add(1)
        };
        let record = AuditRow {
            account,
            seq,
            org: OrgId::from(draw.below(ORGS)),
            at: UnixTime(draw.next() >> 1),
            body: draw.text(),
            mac: [draw.next().to_le_bytes()[0]; 32],
        };
        writes.audit.push(record);
    }
    Ok(())
}

/// A row that the change does not expect.
fn unexpected(writes: &Writes, draw: &mut Draw) -> Option<Row> {
    let missing = keys().find(|key| !writes.expect.iter().any(|(named, _)| named == key))?;
    match missing {
        RowKey::Organization(id) => Some(Row::Organization(OrganizationRow {
            id,
            enabled: true,
            body: draw.text(),
        })),
        RowKey::Roster(org) => Some(roster(org, "unexpected")),
        RowKey::Account(_) | RowKey::Attempt(_) | RowKey::Metadata(_) => None,
    }
}

/// An account's next row. Only one in a change gets another external id: whether two may swap theirs is the store's.
fn moved(row: AccountRow, draw: &mut Draw, renamed: &mut bool) -> AccountRow {
    let external_id = if !*renamed && draw.chance(30) {
        *renamed = true;
        format!("name {}", draw.below(NAMES))
    } else {
        row.external_id
    };
    let epoch = row.epoch.saturating_add(u32::from(draw.chance(20)));
    AccountRow {
        external_id,
        ever: row.ever || draw.chance(20),
        epoch,
        used_step: Some(row.used_step.unwrap_or(0).saturating_add(draw.below(1000))),
        audited: row.audited.saturating_add(draw.below(3)),
        body: draw.text(),
        ..row
    }
}

/// How a commit ended, without the words that differ from store to store.
fn outcome(ended: Result<Commit, Fault>) -> Result<Option<Commit>, Broken> {
    match ended {
        Ok(commit) => Ok(Some(commit)),
        Err(Fault::NotCommitted(_)) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

async fn same_items<S: Store>(
    store: &S,
    memory: &MemoryStore,
    query: &Query,
) -> Result<(), Broken> {
    // Notices have numbers of the store's own choice; only their order counts.
    let plain = |items: Vec<Item>| {
        let plain = items.into_iter().map(|item| match item {
            Item::Notice(_, notice) => Item::Notice(0, notice),
            item => item,
        });
        plain.collect::<Vec<_>>()
    };
    let (found, expected) = (
        plain(all(store, query).await?),
        plain(all(memory, query).await?),
    );
    hold!(
        found == expected,
        "{query:?} finds {found:?} and not {expected:?}"
    );
    Ok(())
}

fn keys() -> impl Iterator<Item = RowKey> {
    let orgs = || (0..ORGS).map(OrgId::from);
    orgs()
        .map(RowKey::Organization)
        .chain(orgs().map(RowKey::Roster))
        .chain((0..ACCOUNTS).map(|id| RowKey::Account(AccountId::from(id))))
        .chain((0..ATTEMPTS).map(|id| RowKey::Attempt(attempt_id(u128::from(id)))))
        .chain((0..ACCOUNTS).map(|id| RowKey::Metadata(MetadataId::forgotten(AccountId::from(id)))))
}

const QUERIES: u64 = 4 + ORGS * (1 + NAMES) + ACCOUNTS;

fn queries() -> impl Iterator<Item = Query> {
    let orgs = || (0..ORGS).map(OrgId::from);
    let names = |org| (0..NAMES).map(move |name| Query::ExternalId(org, format!("name {name}")));
    let forgotten = Query::Metadata(MetadataId::FORGOTTEN);
    [
        Query::Organizations,
        Query::AllAccounts,
        Query::Outbox,
        forgotten,
    ]
    .into_iter()
    .chain(orgs().map(Query::Accounts))
    .chain(orgs().flat_map(names))
    .chain((0..ACCOUNTS).map(|id| Query::Audit(AccountId::from(id))))
}

/// SplitMix64: a few lines, and every seed gives a history of its own.
struct Draw(u64);

impl Draw {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to just below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn text(&mut self) -> String {
        format!("{{\"n\":{}}}", self.below(1_000_000))
    }
}
