//! What holds in an organization.

use loquet::Person;
use loquet_policy::{Authenticator, BreakGlass, Latch, MandateState, Preset};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::house::{Arguments, House};
use crate::output;
use crate::role::role;
use crate::when;

pub(crate) async fn status(arguments: &Arguments) -> Result<Outcome, Failure> {
    let house = arguments.open().await?;
    let people = house.service.everybody(house.org()).await?;
    let counted = Counted::of(&people);
    if house.json {
        output::line(&object(&house, &counted).to_string())?;
    } else {
        for line in lines(&house, &counted) {
            output::line(&line)?;
        }
    }
    Ok(Outcome::Done)
}

/// How many of those who have not left.
struct Counted {
    active: usize,
    required: usize,
    enrolled: usize,
}

impl Counted {
    fn of(people: &[Person]) -> Self {
        let active = || people.iter().filter(|person| person.account.is_active());
        let enrolled =
            |person: &&Person| matches!(person.account.authenticator, Authenticator::Active { .. });
        Self {
            active: active().count(),
            required: active()
                .filter(|person| person.requirement.is_required())
                .count(),
            enrolled: active().filter(enrolled).count(),
        }
    }
}

fn break_glass(house: &House) -> &'static str {
    match house.organization.break_glass.at(house.service.now()) {
        BreakGlass::Unset => "unset",
        BreakGlass::Ready { .. } => "sealed",
        BreakGlass::Void { .. } => "void",
        BreakGlass::Opening { .. } => "opening",
        BreakGlass::Open { .. } => "open",
    }
}

fn object(house: &House, counted: &Counted) -> Value {
    let organization = &house.organization;
    let since = match organization.latch {
        Latch::Never => None,
        Latch::Enabled { since, .. } => Some(since.0),
    };
    let mandates: Vec<_> = organization
        .mandates
        .iter()
        .map(|mandate| {
            let postponements = match mandate.state {
                MandateState::Announced { postponements, .. } => postponements,
                MandateState::InForce { .. } => 0,
            };
            let (role, from) = (role(mandate.role), mandate.start().0);
            json!({ "role": role, "from": from, "postponements": postponements })
        })
        .collect();
    json!({
        "organization": house.name,
        "id": house.org().to_string(),
        "enabled": since.is_some(),
        "since": since,
        "mandates": mandates,
        "break_glass": break_glass(house),
        "preset": organization.preset,
        "options": organization.options,
        "waiting": organization.scheduled,
        "accounts": counted.active,
        "required": counted.required,
        "enrolled": counted.enrolled,
    })
}

fn lines(house: &House, counted: &Counted) -> Vec<String> {
    let organization = &house.organization;
    let mut lines = vec![house.name.escape_debug().to_string()];
    lines.push(match organization.latch {
        Latch::Never => "multi-factor log-in is not enabled".to_owned(),
        Latch::Enabled { since, .. } => {
            format!("multi-factor log-in is enabled since {}", when::text(since))
        }
    });
    for mandate in &organization.mandates {
        let from = match mandate.state {
            MandateState::Announced { .. } => "from",
            MandateState::InForce { .. } => "since",
        };
        let (role, date) = (role(mandate.role), when::text(mandate.start()));
        lines.push(format!("required of every {role} {from} {date}"));
    }
    if organization.preset == Preset::StrictLatch {
        lines.push("nobody can switch it off".to_owned());
    }
    for change in &organization.scheduled {
        let setting = serde_json::to_string(&change.setting).unwrap_or_default();
        lines.push(format!(
            "waiting until {}: {setting}",
            when::text(change.due)
        ));
    }
    let Counted {
        active,
        required,
        enrolled,
    } = counted;
    lines.push(format!(
        "{active} accounts, {required} required, {enrolled} enrolled; break-glass code: {}",
        break_glass(house)
    ));
    lines
}
