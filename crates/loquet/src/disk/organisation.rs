//! The rows of an organisation: its rules, and who administers it.

use loquet_policy::{Organisation, Roster};
use serde::{Deserialize, Serialize};

use super::{DiskError, Format, read, write};
use crate::records::{OrganisationRecord, PastRules, Reminded, Rules};
use crate::store::{OrganisationRow, RosterRow};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganisationBody {
    v: Format,
    name: String,
    facts: Organisation,
    rules: Vec<Rules>,
    past: Vec<PastRules>,
    devices: bool,
    reminded: Vec<Reminded>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterBody {
    v: Format,
    facts: Roster,
}

pub(crate) fn read_organisation(row: &OrganisationRow) -> Result<OrganisationRecord, DiskError> {
    let body: OrganisationBody = read("organisation", &row.body)?;
    Ok(OrganisationRecord {
        facts: body.facts,
        name: body.name,
        rules: body.rules,
        past: body.past,
        devices: body.devices,
        reminded: body.reminded,
    })
}

pub(crate) fn write_organisation(
    record: &OrganisationRecord,
) -> Result<OrganisationRow, DiskError> {
    let body = OrganisationBody {
        v: Format,
        name: record.name.clone(),
        facts: record.facts.clone(),
        rules: record.rules.clone(),
        past: record.past.clone(),
        devices: record.devices,
        reminded: record.reminded.clone(),
    };
    Ok(OrganisationRow {
        id: record.facts.id,
        enabled: record.facts.is_enabled(),
        body: write("organisation", &body)?,
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
