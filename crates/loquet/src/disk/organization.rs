//! The rows of an organization: its rules, and who administers it.

use loquet_policy::{Organization, Roster, UnixTime};
use serde::{Deserialize, Serialize};

use super::{DiskError, Format, RowKeys, read, write};
use crate::records::{OrganizationRecord, PastRules, Reminded, Rules};
use crate::store::{OrganizationRow, RosterRow, Version};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationBody {
    v: Format,
    name: String,
    facts: Organization,
    rules: Vec<Rules>,
    past: Vec<PastRules>,
    devices: Option<UnixTime>,
    reminded: Vec<Reminded>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterBody {
    v: Format,
    facts: Roster,
}

pub(crate) fn read_organization(
    row: &OrganizationRow,
    version: Version,
    keys: &RowKeys,
) -> Result<OrganizationRecord, DiskError> {
    let body: OrganizationBody = read("organization", keys.open(row, version)?)?;
    Ok(OrganizationRecord {
        facts: body.facts,
        name: body.name,
        rules: body.rules,
        past: body.past,
        devices: body.devices,
        reminded: body.reminded,
    })
}

pub(crate) fn write_organization(
    record: &OrganizationRecord,
    version: Version,
    keys: &RowKeys,
) -> Result<OrganizationRow, DiskError> {
    let body = OrganizationBody {
        v: Format,
        name: record.name.clone(),
        facts: record.facts.clone(),
        rules: record.rules.clone(),
        past: record.past.clone(),
        devices: record.devices,
        reminded: record.reminded.clone(),
    };
    let row = OrganizationRow {
        id: record.facts.id,
        enabled: record.facts.is_enabled(),
        body: write("organization", &body)?,
    };
    keys.sign(row, version)
}

pub(crate) fn read_roster(
    row: &RosterRow,
    version: Version,
    keys: &RowKeys,
) -> Result<Roster, DiskError> {
    read::<RosterBody>("roster", keys.open(row, version)?).map(|body| body.facts)
}

pub(crate) fn write_roster(
    facts: &Roster,
    version: Version,
    keys: &RowKeys,
) -> Result<RosterRow, DiskError> {
    let body = RosterBody {
        v: Format,
        facts: facts.clone(),
    };
    let row = RosterRow {
        org: facts.org,
        body: write("roster", &body)?,
    };
    keys.sign(row, version)
}
