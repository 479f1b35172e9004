//! A store that breaks one rule.
#![allow(
    clippy::disallowed_methods,
    reason = "a race needs a pause to be lost in"
)]

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use loquet_policy::{AccountId, UnixTime};

use crate::store::{
    Commit, Cursor, Fault, Item, MemoryStore, MetadataId, MetadataRow, PAGE, Page, Query, Row,
    RowKey, Store, Version, Versioned, Writes,
};

/// What a store does wrong.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lie {
    None,
    WritesWhatIsStale,
    AuditsWhatIsStale,
    WritesWhatIsNotExpected,
    KeepsVersions,
    FoldsCase,
    SwallowsSecondAuditRecords,
    DeliversByReading,
    CountsNoticesAnew,
    ForgetsWithoutLimit,
    ForgetsWithoutAge,
    ForgetsAuditUnasked,
    KeepsAuditForEver,
    ReplacesOutcomes,
    EndsAfterOnePage,
    RepeatsTheLastRow,
    AnnouncesAnEmptyPage,
    CutsTextsAtNul,
    CutsLongTexts,
    WrapsNumbers,
    ChecksBeforeItWrites,
    ChecksReadsBeforeItWrites,
    WritesInTwoHalves,
    LoadsRowByRow,
    PassesFailuresOn,
    LosesEveryHundredth,
    SaysBusy,
}

pub(super) struct Liar {
    truth: MemoryStore,
    lie: Lie,
    failed: AtomicBool,
    commits: AtomicU32,
}

pub(super) fn liar(lie: Lie) -> Liar {
    Liar {
        truth: MemoryStore::new(),
        lie,
        failed: AtomicBool::new(false),
        commits: 0.into(),
    }
}

/// Lets the other futures of this task go first.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Liar {
    /// The same writes, as if every row had been read just now.
    async fn up_to_date(&self, mut writes: Writes) -> Writes {
        for (key, version) in &mut writes.expect {
            *version = self.version(*key).await;
        }
        writes
    }

    async fn version(&self, key: RowKey) -> Version {
        self.truth
            .load(&[key])
            .await
            .unwrap()
            .first()
            .map_or(Version::ABSENT, |found| found.version)
    }

    async fn is_stale(&self, writes: &Writes) -> bool {
        for (key, version) in &writes.expect {
            if self.version(*key).await != *version {
                return true;
            }
        }
        false
    }

    /// What is written in place of what should be.
    async fn twisted(&self, mut writes: Writes) -> Result<Writes, Fault> {
        match self.lie {
            Lie::WritesWhatIsStale => writes = self.up_to_date(writes).await,
            Lie::WritesWhatIsNotExpected => {
                for row in &writes.put {
                    let key = row.key();
                    if !writes.expect.iter().any(|(expected, _)| *expected == key) {
                        writes.expect.push((key, self.version(key).await));
                    }
                }
            }
            Lie::FoldsCase => {
                for row in &mut writes.put {
                    if let Row::Account(row) = row {
                        row.external_id = row.external_id.to_lowercase();
                    }
                }
            }
            Lie::SwallowsSecondAuditRecords => {
                let mut kept = Vec::new();
                for record in writes.audit {
                    let chain = Query::Audit(record.account);
                    let page = self.truth.scan(&chain, &Cursor::default()).await?;
                    let taken =
                        |item: &Item| matches!(item, Item::Audit(old) if old.seq == record.seq);
                    if !page.items.iter().any(taken) {
                        kept.push(record);
                    }
                }
                writes.audit = kept;
            }
            Lie::ReplacesOutcomes => writes.put.retain(|row| match row {
                Row::Attempt(row) => writes
                    .expect
                    .contains(&(RowKey::Attempt(row.id), Version::ABSENT)),
                _ => true,
            }),
            Lie::CutsTextsAtNul => {
                writes = Self::texts(writes, |text| {
                    text.truncate(text.find('\0').unwrap_or(text.len()))
                });
            }
            Lie::CutsLongTexts => {
                writes = Self::texts(writes, |text| {
                    text.truncate(text.floor_char_boundary(65_535))
                });
            }
            Lie::WrapsNumbers => {
                for record in &mut writes.audit {
                    record.at = UnixTime(record.at.0 & (u64::MAX >> 1));
                }
            }
            _ => {}
        }
        Ok(writes)
    }

    fn texts(mut writes: Writes, change: impl Fn(&mut String)) -> Writes {
        for row in &mut writes.put {
            match row {
                Row::Organization(row) => change(&mut row.body),
                Row::Roster(row) => change(&mut row.body),
                Row::Account(row) => change(&mut row.body),
                Row::Attempt(row) => change(&mut row.body),
                Row::Metadata(row) => change(&mut row.body),
            }
        }
        writes
    }
}

impl Store for Liar {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let mut found = Vec::new();
        match self.lie {
            Lie::LoadsRowByRow => {
                for key in keys {
                    found.extend(self.truth.load(&[*key]).await?);
                    thread::sleep(Duration::from_micros(100));
                }
            }
            _ => found = self.truth.load(keys).await?,
        }
        if self.lie == Lie::KeepsVersions {
            found
                .iter_mut()
                .for_each(|found| found.version = Version(1));
        }
        Ok(found)
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        let mut writes = self.twisted(writes).await?;
        match self.lie {
            Lie::AuditsWhatIsStale if self.is_stale(&writes).await => {
                let audit = Writes {
                    audit: writes.audit,
                    ..Writes::default()
                };
                self.truth.commit(audit).await.ok();
                return Ok(Commit::Stale);
            }
            Lie::ChecksBeforeItWrites => {
                if self.is_stale(&writes).await {
                    return Ok(Commit::Stale);
                }
                pause().await;
                writes = self.up_to_date(writes).await;
            }
            Lie::ChecksReadsBeforeItWrites => {
                if self.is_stale(&writes).await {
                    return Ok(Commit::Stale);
                }
                thread::sleep(Duration::from_micros(100));
                let put: Vec<RowKey> = writes.put.iter().map(Row::key).collect();
                writes.expect.retain(|(key, _)| put.contains(key));
            }
            Lie::WritesInTwoHalves if !self.is_stale(&writes).await => {
                let rest = Writes {
                    audit: std::mem::take(&mut writes.audit),
                    ..Writes::default()
                };
                let first = self.truth.commit(writes).await?;
                pause().await;
                self.truth.commit(rest).await.map(drop)?;
                return Ok(first);
            }
            Lie::PassesFailuresOn => {
                // Only on those who are committing at the same time: alone, every rule would notice.
                let before = self.commits.fetch_add(1, Ordering::Relaxed);
                pause().await;
                let after = self.commits.load(Ordering::Relaxed);
                if self.failed.swap(false, Ordering::Relaxed) {
                    return Err(Fault::NotCommitted("the one before me failed".into()));
                }
                let ended = self.truth.commit(writes).await;
                let company = after > before.saturating_add(1);
                self.failed
                    .store(company && ended.is_err(), Ordering::Relaxed);
                return ended;
            }
            Lie::LosesEveryHundredth
                if self.commits.fetch_add(1, Ordering::Relaxed) % 100 == 99 =>
            {
                return Ok(Commit::Done);
            }
            Lie::SaysBusy => return Err(Fault::Busy),
            Lie::LoadsRowByRow => thread::sleep(Duration::from_micros(100)),
            _ => {}
        }
        self.truth.commit(writes).await
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        let mut query = query.clone();
        if self.lie == Lie::FoldsCase
            && let Query::ExternalId(_, name) = &mut query
        {
            *name = name.to_lowercase();
        }
        let mut page = self.truth.scan(&query, at).await?;
        match self.lie {
            Lie::DeliversByReading => {
                for item in &page.items {
                    if let Item::Notice(number, _) = item {
                        self.truth.delivered(*number).await?;
                    }
                }
            }
            Lie::CountsNoticesAnew => {
                for (new, item) in (1..).zip(&mut page.items) {
                    if let Item::Notice(number, _) = item {
                        *number = new;
                    }
                }
            }
            Lie::EndsAfterOnePage => page.next = None,
            Lie::RepeatsTheLastRow => {
                // One less than the last place, as a number.
                for byte in page
                    .next
                    .iter_mut()
                    .flat_map(|next| &mut next.0)
                    .flatten()
                    .rev()
                {
                    let (less, borrows) = byte.overflowing_sub(1);
                    *byte = less;
                    if !borrows {
                        break;
                    }
                }
            }
            Lie::AnnouncesAnEmptyPage if page.items.len() == PAGE && page.next.is_none() => {
                page.next = Some(Cursor(Some(vec![0xff; 16])));
            }
            _ => {}
        }
        Ok(page)
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        if self.lie == Lie::CountsNoticesAnew {
            let page = self.truth.scan(&Query::Outbox, &Cursor::default()).await?;
            let nth = notice
                .checked_sub(1)
                .and_then(|nth| usize::try_from(nth).ok());
            if let Some(Item::Notice(number, _)) = nth.and_then(|nth| page.items.get(nth)) {
                self.truth.delivered(*number).await?;
            }
            return Ok(());
        }
        self.truth.delivered(notice).await
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        match self.lie {
            Lie::ForgetsWithoutLimit => self.truth.forget_attempts(before, u32::MAX).await,
            Lie::ForgetsWithoutAge => self.truth.forget_attempts(UnixTime(u64::MAX), limit).await,
            _ => self.truth.forget_attempts(before, limit).await,
        }
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        match self.lie {
            Lie::KeepsAuditForEver => return Ok(0),
            Lie::ForgetsAuditUnasked => {
                let id = MetadataId::forgotten(account);
                let key = RowKey::Metadata(id);
                let page = Writes {
                    expect: vec![(key, self.version(key).await)],
                    put: vec![Row::Metadata(MetadataRow {
                        id,
                        mark: u64::MAX,
                        body: "{}".to_owned(),
                    })],
                    ..Writes::default()
                };
                let _done = self.truth.commit(page).await?;
            }
            _ => {}
        }
        self.truth.forget_audit(account, limit).await
    }
}
