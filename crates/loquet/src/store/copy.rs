//! Copying all rows from one store into another, as they are.

use super::{Cursor, Fault, Item, MetadataId, Page, Query, RowKey, Store, Versioned};

/// A new database that takes the rows of another store as they are, with their versions: nothing is decrypted, and the keys
/// stay the same. Until it is [finished](Self::finish) no store opens it.
pub trait Receive {
    /// Writes rows, audit records and notices, and leaves those alone that are there already: an interrupted copy goes on.
    fn receive(&mut self, items: &[Item]) -> impl Future<Output = Result<(), Fault>>;

    /// Reads rows, as [`Store::load`] does.
    fn load(&mut self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Versioned>, Fault>>;

    /// Reads one page, as [`Store::scan`] does.
    fn scan(&mut self, query: &Query, at: &Cursor) -> impl Future<Output = Result<Page, Fault>>;

    /// Makes it a database that a store opens.
    fn finish(self) -> impl Future<Output = Result<(), Fault>>;
}

/// Copies everything but the attempts, compares both databases row by row, and finishes the new one; returns the number of
/// rows, audit records and notices. `progress` hears how many are copied so far.
///
/// Attempts are forgotten after a day anyway: a form that was sent before the copy and is sent again after it finds no first
/// outcome. Nothing must write to `from` meanwhile.
///
/// # Errors
/// [`Fault`]. The new database is not finished then: call this again with the same one. [`Fault::NotCommitted`] where the two
/// differ, because something wrote to `from`, now or since a copy that was interrupted: begin with another new one.
pub async fn copy(
    from: &impl Store,
    mut to: impl Receive,
    mut progress: impl FnMut(u64),
) -> Result<u64, Fault> {
    let mut count = 0_u64;
    let taken = async |_: Part<'_>, items: &[Item]| {
        to.receive(items).await?;
        count = count.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
        progress(count);
        Ok(())
    };
    each(from, taken).await?;
    let same = async |part: Part<'_>, items: &[Item]| {
        let found = match part {
            Part::Page(query, at) => to.scan(query, at).await?.items,
            Part::Rosters(keys) => rows(to.load(keys).await?),
        };
        if found != items {
            return Err(Fault::NotCommitted(
                "the copy differs, because something has written to the database that is copied: stop it, and copy into a new database".into(),
            ));
        }
        Ok(())
    };
    each(from, same).await?;
    to.finish().await?;
    Ok(count)
}

/// How the same items are found in another store.
enum Part<'a> {
    Page(&'a Query, &'a Cursor),
    Rosters(&'a [RowKey]),
}

/// Reads everything, page by page.
async fn each(
    store: &impl Store,
    mut seen: impl AsyncFnMut(Part<'_>, &[Item]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let metadata = MetadataId::KINDS.into_iter().map(Query::Metadata);
    let tables = [Query::Organizations, Query::AllAccounts, Query::Outbox];
    for query in tables.into_iter().chain(metadata) {
        let mut at = Cursor::default();
        loop {
            let page = store.scan(&query, &at).await?;
            seen(Part::Page(&query, &at), &page.items).await?;
            beside(store, &page.items, &mut seen).await?;
            match page.next {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    Ok(())
}

/// Reads what belongs to the rows of a page: the rosters of organizations, the audit logs of accounts.
async fn beside(
    store: &impl Store,
    items: &[Item],
    seen: &mut impl AsyncFnMut(Part<'_>, &[Item]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let organizations = items.iter().cloned().filter_map(Item::organization);
    let keys: Vec<_> = organizations
        .map(|(row, _)| RowKey::Roster(row.id))
        .collect();
    if !keys.is_empty() {
        let found = rows(store.load(&keys).await?);
        seen(Part::Rosters(&keys), &found).await?;
    }
    for (account, _) in items.iter().cloned().filter_map(Item::account) {
        let query = Query::Audit(account.id);
        let mut at = Cursor::default();
        loop {
            let page = store.scan(&query, &at).await?;
            seen(Part::Page(&query, &at), &page.items).await?;
            match page.next {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    Ok(())
}

fn rows(found: Vec<Versioned>) -> Vec<Item> {
    found.into_iter().map(Item::Row).collect()
}
