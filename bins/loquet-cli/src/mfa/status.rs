//! What holds in an organization.

use loquet::{BreakGlass, MandateKind, MandateState, UserEntry};
use serde_json::{Value, json};

use super::mandate::demands;
use crate::failure::{Failure, Outcome};
use crate::installation::{Arguments, Installation};
use crate::output;
use crate::role::role;
use crate::when;

pub(crate) async fn status(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let counted = Counted::of(&at.users().await?);
    if at.json {
        output::line(&object(&at, &counted).to_string())?;
    } else {
        for line in lines(&at, &counted) {
            output::line(&line)?;
        }
    }
    Ok(Outcome::Done)
}

/// How many of the active accounts.
struct Counted {
    active: usize,
    required: usize,
    enrolled: usize,
}

impl Counted {
    fn of(users: &[UserEntry]) -> Self {
        let active = || users.iter().filter(|user| user.is_active());
        let required = active().filter(|user| user.requirement().is_required());
        Self {
            active: active().count(),
            required: required.count(),
            enrolled: active().filter(|user| user.is_enrolled()).count(),
        }
    }
}

fn break_glass(at: &Installation) -> &'static str {
    match at.organization.break_glass().at(at.mfa().now()) {
        BreakGlass::Unset => "unset",
        BreakGlass::Ready { .. } => "ready",
        BreakGlass::Void { .. } => "void",
        BreakGlass::Opening { .. } => "opening",
        BreakGlass::Open { .. } => "open",
    }
}

fn object(at: &Installation, counted: &Counted) -> Value {
    let organization = &at.organization;
    let since = organization.enabled().map(|(since, _)| since.0);
    let mandates: Vec<_> = organization
        .mandates()
        .iter()
        .map(|mandate| {
            let postponements = match mandate.state {
                MandateState::Announced { postponements, .. } => postponements,
                MandateState::InForce { .. } => 0,
            };
            let (role, from) = (role(mandate.role), mandate.start().0);
            let demands = demands(mandate.kind);
            json!({ "role": role, "demands": demands, "from": from, "postponements": postponements })
        })
        .collect();
    json!({
        "organization": organization.name(),
        "id": at.org().to_string(),
        "enabled": since.is_some(),
        "since": since,
        "mandates": mandates,
        "break_glass": break_glass(at),
        "strict_latch": organization.strict_latch().is_some(),
        "recovery_codes": organization.offers_recovery_codes(),
        "reset_code_life": organization.reset_code_life(),
        "enrollment_window": organization.enrollment_window(),
        "access_rules": organization.has_access_rules(),
        "waiting": organization.scheduled_changes(),
        "accounts": counted.active,
        "required": counted.required,
        "enrolled": counted.enrolled,
    })
}

fn lines(at: &Installation, counted: &Counted) -> Vec<String> {
    let organization = &at.organization;
    let mut lines = vec![organization.name().escape_debug().to_string()];
    lines.push(match organization.enabled() {
        None => "multi-factor log-in is not enabled".to_owned(),
        Some((since, _)) => {
            format!("multi-factor log-in is enabled since {}", when::text(since))
        }
    });
    for mandate in organization.mandates() {
        let from = match mandate.state {
            MandateState::Announced { .. } => "from",
            MandateState::InForce { .. } => "since",
        };
        let (role, date) = (role(mandate.role), when::text(mandate.start()));
        let a_passkey = match mandate.kind {
            MandateKind::SecondFactor => "",
            MandateKind::Passkey => "a passkey is ",
        };
        lines.push(format!("{a_passkey}required of every {role} {from} {date}"));
    }
    if organization.strict_latch().is_some() {
        lines.push("it cannot be switched off any more".to_owned());
    }
    for change in organization.scheduled_changes() {
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
        break_glass(at)
    ));
    lines
}
