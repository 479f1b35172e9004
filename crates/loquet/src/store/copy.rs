//! Copying all rows from one store into another, as they are.

use super::{Cursor, Fault, Item, MetadataId, Query, RowKey, Store};

/// A new database that takes the rows of another store as they are, with their versions: nothing is decrypted, and the keys
/// stay the same. Until it is [finished](Self::finish) no store opens it.
pub trait Receive {
    /// Writes rows, audit records and notices, and leaves those alone that are there already: an interrupted copy begins
    /// again.
    fn receive(&mut self, items: &[Item]) -> impl Future<Output = Result<(), Fault>>;

    /// Makes it a database that a store opens.
    fn finish(self) -> impl Future<Output = Result<(), Fault>>;
}

/// Copies everything but the attempts, which are forgotten after a day anyway: a form that was sent before the copy and is
/// sent again after it finds no first outcome. Nothing must write to `from` meanwhile. `progress` hears how many rows,
/// records and notices have come so far. Then call [`Receive::finish`], and [`compare`] the two stores.
///
/// # Errors
/// [`Fault`].
pub async fn copy(
    from: &impl Store,
    to: &mut impl Receive,
    mut progress: impl FnMut(u64),
) -> Result<(), Fault> {
    let mut count = 0_u64;
    let taken = async |_: Part<'_>, items: &[Item]| {
        to.receive(items).await?;
        count = count.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
        progress(count);
        Ok(())
    };
    each(from, taken).await
}

/// Compares two stores, row by row and record by record, and returns the number of them.
///
/// # Errors
/// [`Fault::NotCommitted`] where they differ.
pub async fn compare(one: &impl Store, other: &impl Store) -> Result<u64, Fault> {
    let mut count = 0_u64;
    let same = async |part: Part<'_>, items: &[Item]| {
        let found = match part {
            Part::Page(query, at) => other.scan(query, at).await?.items,
            Part::Rosters(keys) => rosters(other, keys).await?,
        };
        if found != items {
            return Err(Fault::NotCommitted(
                "the two databases differ: one of them was changed since the copy. Use the one that the services have used, and copy it into a new database while they are stopped".into(),
            ));
        }
        count = count.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
        Ok(())
    };
    each(one, same).await?;
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
        let found = rosters(store, &keys).await?;
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

async fn rosters(store: &impl Store, keys: &[RowKey]) -> Result<Vec<Item>, Fault> {
    let found = store.load(keys).await?;
    Ok(found.into_iter().map(Item::Row).collect())
}
