//! `loquet account`: who is there, and how they stand.

use clap::{Args, Subcommand};
use loquet::Person;
use loquet_policy::{Authenticator, MandateState, RoleSet, Status};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::house::{self, House, wait};
use crate::output;
use crate::role::role;
use crate::when;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Everybody of the organization
    List(List),
    /// One account
    Show(Show),
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    house: house::Arguments,
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    house: house::Arguments,

    /// The account, by the host's name for it or by id
    account: String,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::List(arguments) => list(&arguments.house.open().await?).await,
                Self::Show(arguments) => {
                    show(&arguments.house.open().await?, &arguments.account).await
                }
            }
        })
    }
}

async fn list(house: &House) -> Result<Outcome, Failure> {
    let people = house.service.everybody(house.org()).await?;
    let width = people
        .iter()
        .map(|person| shown(&person.external_id).chars().count())
        .max()
        .unwrap_or(0);
    for person in &people {
        if house.json {
            output::line(&object(person).to_string())?;
        } else {
            output::line(&format!(
                "{:<width$}  {:<24} {:<28} {}",
                shown(&person.external_id),
                roles(&person.account.roles),
                bound(person),
                why(person),
            ))?;
        }
    }
    Ok(Outcome::Done)
}

async fn show(house: &House, name: &str) -> Result<Outcome, Failure> {
    let id = house.account("ACCOUNT", name).await?;
    let people = house.service.everybody(house.org()).await?;
    let person = people
        .iter()
        .find(|person| person.account.id == id)
        .ok_or_else(|| Failure::of("ACCOUNT", "no such account in this organization"))?;
    if house.json {
        output::line(&object(person).to_string())?;
        return Ok(Outcome::Done);
    }
    for (what, value) in [
        ("account", shown(&person.external_id)),
        ("id", id.to_string()),
        ("shown in apps as", shown(&person.label)),
        ("roles", roles(&person.account.roles)),
        ("made", when::text(person.account.created)),
        ("status", status(&person.account.status)),
        ("authenticator", bound(person)),
        ("multi-factor log-in", why(person)),
    ] {
        output::line(&format!("{what:<20} {value}"))?;
    }
    Ok(Outcome::Done)
}

fn object(person: &Person) -> Value {
    let account = &person.account;
    let requirement = &person.requirement;
    json!({
        "account": person.external_id,
        "id": account.id.to_string(),
        "label": person.label,
        "roles": account.roles.iter().map(role).collect::<Vec<_>>(),
        "status": if account.is_active() { "active" } else { "left" },
        "created": account.created.0,
        "authenticator": state(&account.authenticator),
        "enrolled": matches!(account.authenticator, Authenticator::Active { .. }),
        "required": requirement.is_required(),
        "mandate": requirement.mandate.map(|mandate| role(mandate.role)),
        "toggle": requirement.toggle,
    })
}

/// The host chose these names: nothing in them may move a terminal's cursor.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

fn roles(roles: &RoleSet) -> String {
    let names: Vec<String> = roles.iter().map(role).collect();
    names.join(", ")
}

fn status(status: &Status) -> String {
    match status {
        Status::Active => "active".to_owned(),
        Status::Deactivated { since } => format!("left {}", when::text(*since)),
    }
}

fn state(authenticator: &Authenticator) -> &'static str {
    match authenticator {
        Authenticator::None => "none",
        Authenticator::Active { .. } => "active",
        Authenticator::Disabled { .. } => "disabled",
        Authenticator::ResetDue { .. } => "reset-due",
    }
}

fn bound(person: &Person) -> String {
    match person.account.authenticator {
        Authenticator::None => "not enrolled".to_owned(),
        Authenticator::Active { since, .. } => format!("since {}", when::text(since)),
        Authenticator::Disabled { since, .. } => format!("disabled {}", when::text(since)),
        Authenticator::ResetDue { .. } => "reset: enrolls with a reset code".to_owned(),
    }
}

fn why(person: &Person) -> String {
    let requirement = &person.requirement;
    if let Some(mandate) = requirement.mandate {
        return format!("required of every {}", role(mandate.role));
    }
    if requirement.unreadable || requirement.unknown_role.is_some() {
        return "required: its rules or roles are unknown".to_owned();
    }
    if requirement.toggle {
        return "required by its owner".to_owned();
    }
    match requirement.announced.map(|mandate| mandate.state) {
        Some(MandateState::Announced { date, .. }) => format!("required from {}", when::text(date)),
        _ => "not required".to_owned(),
    }
}
