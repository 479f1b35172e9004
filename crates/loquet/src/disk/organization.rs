//! The rows of an organization: its rules, and who administers it.

use loquet_policy::{Organization, Roster, UnixTime};
use serde::{Deserialize, Serialize};

use super::{DiskError, Format, read, write};
use crate::records::{OrganizationRecord, PastRules, Reminded, Rules};
use crate::store::{OrganizationRow, RosterRow};

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

pub(crate) fn read_organization(row: &OrganizationRow) -> Result<OrganizationRecord, DiskError> {
    let body: OrganizationBody = read("organization", &row.body)?;
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
    Ok(OrganizationRow {
        id: record.facts.id,
        enabled: record.facts.is_enabled(),
        body: write("organization", &body)?,
    })
}

pub(crate) fn read_roster(row: &RosterRow) -> Result<Roster, DiskError> {
    read::<RosterBody>("roster", &row.body).map(|body| body.facts)
}

pub(crate) fn write_roster(facts: &Roster) -> Result<RosterRow, DiskError> {
    let body = RosterBody {
        v: Format,
        facts: facts.clone(),
    };
    Ok(RosterRow {
        org: facts.org,
        body: write("roster", &body)?,
    })
}
