//! What authenticates a row: a MAC under a key of the ring over the whole of it, its clear columns and its version included.
//!
//! A body as a store keeps it is `{"key":KEY,"mac":"MAC","row":JSON}`. [`RowKeys::open`] alone gives the JSON, and only of a
//! row that verifies: a writer of the database without a key can change nothing, move nothing to another row, and put
//! nothing of an earlier version into the present one. An earlier row put back whole, with its version, does verify: the
//! audit chain finds it, and where that was put back too, only a checkpoint that is kept outside does.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine as _;
use subtle::ConstantTimeEq as _;

use super::{BASE64, DiskError};
use crate::hash::{MacKey, Parts};
use crate::keyring::{Keyring, KeyringError};
use crate::store::{
    AccountRow, AttemptRow, MetadataRow, NoticeRow, OrganizationRow, RosterRow, RowKey, Version,
};

const MAC: usize = 32;

/// The keyring, with what authenticates rows under each of its keys.
#[derive(Debug)]
pub(crate) struct RowKeys {
    ring: Arc<Keyring>,
    macs: BTreeMap<u32, MacKey>,
}

impl Deref for RowKeys {
    type Target = Keyring;

    fn deref(&self) -> &Keyring {
        &self.ring
    }
}

/// The JSON of a row that verified.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verified<'r>(&'r str);

impl<'r> Verified<'r> {
    pub(crate) const fn json(self) -> &'r str {
        self.0
    }
}

/// A row whose body is authenticated together with its columns.
pub(crate) trait Authenticated {
    const KIND: &'static str;

    /// What an operator calls it.
    fn name(&self) -> String;

    /// Everything beside the body, in an order that never changes.
    fn columns(&self, mac: &mut Parts);

    fn body(&self) -> &str;

    fn body_mut(&mut self) -> &mut String;
}

impl RowKeys {
    pub(crate) fn new(ring: Arc<Keyring>, root: &[u8; 32]) -> Self {
        let macs = ring.row_keys(root);
        Self {
            macs: macs.map(|(id, key)| (id, MacKey::new(&key))).collect(),
            ring,
        }
    }

    /// The only way to what a row says.
    pub(crate) fn open<'r, R: Authenticated>(
        &self,
        row: &'r R,
        version: Version,
    ) -> Result<Verified<'r>, DiskError> {
        let altered = || DiskError::Altered { row: row.name() };
        let signed = Signed::parse(row.body()).ok_or_else(altered)?;
        let key = self
            .macs
            .get(&signed.key)
            .ok_or_else(|| DiskError::KeyMissing {
                row: row.name(),
                key: signed.key,
            })?;
        let right = mac(key, row, version, (signed.key, signed.json));
        bool::from(right.ct_eq(&signed.mac))
            .then_some(Verified(signed.json))
            .ok_or_else(altered)
    }

    /// Authenticates a row whose body is its JSON, to be written at `version`.
    pub(crate) fn sign<R: Authenticated>(
        &self,
        mut row: R,
        version: Version,
    ) -> Result<R, DiskError> {
        let id = self.current();
        let key = self.macs.get(&id).ok_or(KeyringError::MissingKey(id))?;
        let mac = BASE64.encode(mac(key, &row, version, (id, row.body())));
        let signed = format!("{{\"key\":{id},\"mac\":\"{mac}\",\"row\":{}}}", row.body());
        *row.body_mut() = signed;
        Ok(row)
    }
}

/// The key under which a row says that it is authenticated. It verifies nothing.
pub(crate) fn claimed_key(row: &impl Authenticated) -> Result<u32, DiskError> {
    let altered = || DiskError::Altered { row: row.name() };
    Ok(Signed::parse(row.body()).ok_or_else(altered)?.key)
}

fn mac<R: Authenticated>(
    key: &MacKey,
    row: &R,
    version: Version,
    (id, json): (u32, &str),
) -> [u8; MAC] {
    let mut mac = key.begin(R::KIND);
    mac.part(&id.to_be_bytes());
    mac.part(&version.0.to_be_bytes());
    row.columns(&mut mac);
    mac.part(json.as_bytes());
    mac.finish()
}

/// A body, taken apart.
struct Signed<'r> {
    key: u32,
    mac: [u8; MAC],
    json: &'r str,
}

impl<'r> Signed<'r> {
    /// Exactly what [`RowKeys::sign`] writes, so that there is one text for one row.
    fn parse(body: &'r str) -> Option<Self> {
        // Single characters are found faster than words, and each request pays for this.
        let (id, rest) = body.strip_prefix("{\"key\":")?.split_once(',')?;
        let (encoded, rest) = rest.strip_prefix("\"mac\":\"")?.split_once('"')?;
        let rest = rest.strip_prefix(",\"row\":")?;
        let key: u32 = id.parse().ok()?;
        // Room for one byte more, so that a longer MAC is no MAC.
        let mut decoded = [0; MAC + 1];
        let length = BASE64.decode_slice(encoded, &mut decoded).ok()?;
        let mac = decoded.get(..length)?.try_into().ok()?;
        (key.to_string() == id).then_some(())?;
        Some(Self {
            key,
            mac,
            json: rest.strip_suffix('}')?,
        })
    }
}

/// What a kind of row is called, and its columns, in an order that never changes.
macro_rules! authenticated {
    ($row:ty, $kind:literal, |$this:ident| $name:expr, [$($column:expr),+ $(,)?]) => {
        impl Authenticated for $row {
            const KIND: &'static str = $kind;

            fn name(&self) -> String {
                let $this = self;
                $name.to_string()
            }

            fn columns(&self, mac: &mut Parts) {
                let $this = self;
                $(mac.part($column);)+
            }

            fn body(&self) -> &str {
                &self.body
            }

            fn body_mut(&mut self) -> &mut String {
                &mut self.body
            }
        }
    };
}

authenticated!(
    OrganizationRow,
    "organization",
    |row| RowKey::Organization(row.id),
    [&row.id.to_bytes(), &[u8::from(row.enabled)]]
);

authenticated!(
    RosterRow,
    "roster",
    |row| RowKey::Roster(row.org),
    [&row.org.to_bytes()]
);

authenticated!(
    AccountRow,
    "account",
    |row| RowKey::Account(row.id),
    [
        &row.id.to_bytes(),
        &row.org.to_bytes(),
        row.external_id.as_bytes(),
        &[u8::from(row.ever)],
        &row.epoch.to_be_bytes(),
        // No step has no bytes, a step has eight.
        row.used_step
            .map(u64::to_be_bytes)
            .as_ref()
            .map_or(&[], |step| step.as_slice()),
        &row.audited.to_be_bytes(),
    ]
);

authenticated!(
    AttemptRow,
    "attempt",
    |row| RowKey::Attempt(row.id),
    [&row.id.0, &row.account.to_bytes(), &row.at.0.to_be_bytes()]
);

authenticated!(
    MetadataRow,
    "metadata",
    |row| RowKey::Metadata(row.id),
    [
        &row.id.kind.to_be_bytes(),
        &row.id.page,
        &row.mark.to_be_bytes()
    ]
);

authenticated!(
    NoticeRow,
    "notice",
    |row| format_args!("notice to account {}", row.to),
    [
        &row.to.to_bytes(),
        &row.org.to_bytes(),
        &row.at.0.to_be_bytes()
    ]
);

#[cfg(test)]
mod tests;
