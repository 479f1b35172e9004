//! Rules about what rows may hold.

use loquet_policy::{AccountId, OrgId, UnixTime};

use super::broken::Broken;
use super::samples::{
    account, all, audit, done, find, notice, notices, organization, put, records, refused,
};
use crate::store::{
    AccountRow, Commit, Fault, Query, Row, RowKey, Store, Version, Versioned, Writes,
};

const ID_BYTES: usize = 256;
/// Numbers up to here every store must hold.
const SURE: u64 = u64::MAX >> 1;

/// Texts come back byte for byte: empty, long, foreign, and those that would like to be SQL. One with a NUL character, which
/// Loquet never writes, may be refused, and is never cut.
pub(super) async fn hostile_texts_come_back_unchanged<S: Store>(store: &S) -> Result<(), Broken> {
    let texts = [
        String::new(),
        " ".to_owned(),
        "'); DROP TABLE loquet_account; --".to_owned(),
        "\"`[]{}\\%_?:@$#".to_owned(),
        "before\0after".to_owned(),
        "\r\n\t\u{b}\u{1b}[0m".to_owned(),
        "é e\u{301} ß İ ﷺ 漢字 🔐 \u{202e}".to_owned(),
        "\u{10ffff}\u{feff}".to_owned(),
        "0x00".to_owned(),
        "12345678901234567890".to_owned(),
        "a".repeat(ID_BYTES),
        "é".repeat(ID_BYTES / 2),
        "🔐".repeat(ID_BYTES / 4),
        "\u{0}".repeat(ID_BYTES),
        "x".repeat(1 << 20),
        "漢".repeat((1 << 20) / 3),
    ];
    for (number, text) in (1u64..).zip(&texts) {
        text_comes_back(store, number, text).await?;
    }
    Ok(())
}

async fn text_comes_back<S: Store>(store: &S, number: u64, text: &str) -> Result<(), Broken> {
    let org = OrgId::from(u128::MAX);
    let id = AccountId::from(number);
    let mut row = account(id, org);
    text.clone_into(&mut row.body);
    if text.len() <= ID_BYTES {
        text.clone_into(&mut row.external_id);
    }
    let external_id = row.external_id.clone();
    let row = Row::Account(row);
    let org_row = organization(OrgId::from(number), text);
    let writes = put(row.clone(), Version::ABSENT)
        .and_put(org_row.clone(), Version::ABSENT)
        .and_audit(audit(id, 1, text))
        .and_notice(notice(id, text));
    match store.commit(writes).await {
        Err(Fault::NotCommitted(_)) if text.contains('\0') => {
            let found = find(store, RowKey::Account(id)).await?;
            hold!(found.is_none(), "text {number} was refused and written");
            return Ok(());
        }
        ended => hold!(ended? == Commit::Done, "text {number} is called stale"),
    }

    // The length alone, for a message that can be read.
    let length = text.len();
    let expected = Some(Versioned {
        version: Version(1),
        row,
    });
    hold!(
        find(store, RowKey::Account(id)).await? == expected,
        "text {number} of {length} bytes came back changed"
    );
    let found = all(store, &Query::ExternalId(org, external_id)).await?;
    hold!(
        found.len() == 1,
        "external id {number} of {length} bytes finds {} rows",
        found.len()
    );
    let found = find(store, org_row.key()).await?;
    hold!(
        found.is_some_and(|found| found.row == org_row),
        "text {number} of {length} bytes in an organization"
    );
    let found = all(store, &Query::Audit(id)).await?;
    hold!(
        records(&found) == [&audit(id, 1, text)],
        "text {number} of {length} bytes in the audit log"
    );
    let found = all(store, &Query::Outbox).await?;
    hold!(
        notices(&found).iter().any(|(_, body)| *body == text),
        "text {number} of {length} bytes in a notice"
    );
    Ok(())
}

/// Up to 2⁶³ − 1 numbers come back as they were. Beyond, a store may refuse, but never change or cut one.
pub(super) async fn large_numbers_are_exact_or_refused<S: Store>(store: &S) -> Result<(), Broken> {
    let numbers = [
        0,
        1,
        u64::from(u32::MAX),
        SURE - 1,
        SURE,
        SURE + 1,
        u64::MAX,
    ];
    for (id, number) in (0u64..).zip(numbers) {
        number_is_exact_or_refused(store, AccountId::from(id), number).await?;
    }
    many_records_fit_in_one_change(store).await
}

async fn number_is_exact_or_refused<S: Store>(
    store: &S,
    id: AccountId,
    number: u64,
) -> Result<(), Broken> {
    let org = OrgId::from(1u64);
    let row = Row::Account(AccountRow {
        epoch: u32::MAX,
        used_step: Some(number),
        audited: number,
        ..account(id, org)
    });
    let mut record = audit(id, number.max(1), "a");
    record.at = UnixTime(number);
    let mut message = notice(id, "n");
    message.at = UnixTime(number);
    let writes = put(row.clone(), Version::ABSENT)
        .and_audit(record.clone())
        .and_notice(message);
    if number <= SURE {
        done(store, writes).await?;
    } else {
        match store.commit(writes).await {
            Ok(ended) => hold!(
                ended == Commit::Done,
                "{number} in a row makes it {ended:?}"
            ),
            Err(Fault::NotCommitted(_)) => {
                hold!(
                    find(store, RowKey::Account(id)).await?.is_none(),
                    "{number} was refused and written"
                );
                hold!(
                    all(store, &Query::Audit(id)).await?.is_empty(),
                    "{number} was refused and audited"
                );
                return Ok(());
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    let found = find(store, RowKey::Account(id)).await?;
    let expected = Some(Versioned {
        version: Version(1),
        row,
    });
    hold!(
        found == expected,
        "{number} was written, and this is found: {found:?}"
    );
    let found = all(store, &Query::Audit(id)).await?;
    hold!(
        records(&found) == [&record],
        "{number} was written, and this is audited: {found:?}"
    );
    Ok(())
}

async fn many_records_fit_in_one_change<S: Store>(store: &S) -> Result<(), Broken> {
    let id = AccountId::from(1000u64);
    let many = (1..=1000).fold(Writes::default(), |writes, seq| {
        writes.and_audit(audit(id, seq, "a"))
    });
    done(store, many.clone()).await?;
    refused(store, many, "an audit log appended a second time").await?;
    let found = all(store, &Query::Audit(id)).await?;
    hold!(
        records(&found).iter().map(|record| record.seq).eq(1..=1000),
        "1000 records were appended in one change, and {} are found or out of order",
        found.len()
    );
    Ok(())
}
