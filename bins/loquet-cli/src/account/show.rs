//! What is told of accounts.

use loquet::{
    AddressState, AuthenticatorState, DeliveryFailureKind, Mandate, MandateKind, MandateState,
    NoticeAddress, RoleSet, UserEntry,
};
use serde_json::{Value, json};

use super::authenticators;
use crate::acting::Own;
use crate::failure::{Failure, Outcome};
use crate::installation::Arguments;
use crate::output;
use crate::role::role;
use crate::when;

pub(super) async fn list(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let users = at.users().await?;
    let width = users
        .iter()
        .map(|user| shown(user.external_id()).chars().count())
        .max()
        .unwrap_or(0);
    for user in &users {
        if at.json {
            output::line(&object(user).to_string())?;
        } else {
            output::line(&format!(
                "{:<width$}  {:<24} {:<28} {}",
                shown(user.external_id()),
                roles(&user.roles()),
                bound(user),
                [why(user)]
                    .into_iter()
                    .chain(user.addresses().iter().filter_map(failure))
                    .collect::<Vec<_>>()
                    .join("; "),
            ))?;
        }
    }
    Ok(Outcome::Done)
}

pub(super) async fn one(asked: &Own) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let user = at.user("ACCOUNT", &asked.account).await?;
    if at.json {
        output::line(&object(&user).to_string())?;
        return Ok(Outcome::Done);
    }
    for (what, value) in [
        ("account", shown(user.external_id())),
        ("id", user.account_id().to_string()),
        ("shown in apps as", shown(user.label())),
        ("roles", roles(&user.roles())),
        ("created", when::text(user.created())),
        ("status", status(&user)),
        ("authenticator", bound(&user)),
        ("multi-factor log-in", why(&user)),
    ] {
        output::line(&format!("{what:<20} {value}"))?;
    }
    for entry in user.authenticators() {
        output::line(&format!("{:<20} {}", "", authenticators::line(entry)))?;
    }
    if let Some(serial) = user.assigned_token() {
        let serial = shown(serial);
        output::line(&format!("{:<20} token {serial}, not confirmed", "assigned"))?;
    }
    if user.recovery_codes_left() > 0 {
        let left = user.recovery_codes_left();
        output::line(&format!("{:<20} {left} left", "recovery codes"))?;
    }
    if let Some(until) = user.codes_until() {
        let until = when::text(until);
        output::line(&format!(
            "{:<20} enough until {until}, then a passkey",
            "codes"
        ))?;
    }
    if user.replacement_is_advised() {
        output::line(&format!("{:<20} replace the authenticator", "advice"))?;
    }
    for address in user.addresses() {
        output::line(&format!("{:<20} {}", "notices to", notices_to(address)))?;
    }
    Ok(Outcome::Done)
}

/// An address, what it is, and whether the last notice did not arrive there.
fn notices_to(address: &NoticeAddress) -> String {
    let to = shown(address.address.as_str());
    let state = match address.state {
        AddressState::Present => String::new(),
        AddressState::Former { until } => format!(" until {}", when::text(until)),
        AddressState::Pending { expires: Some(_) } => " once its code is typed back".to_owned(),
        _ => " once another code is asked for and typed back".to_owned(),
    };
    match failure(address) {
        Some(failure) => format!("{to}{state}; {failure}"),
        None => format!("{to}{state}"),
    }
}

fn failure(address: &NoticeAddress) -> Option<String> {
    let failure = address.failure?;
    let why = match failure.kind {
        DeliveryFailureKind::TimedOut => "cannot be reached",
        _ => "refuses notices",
    };
    let (to, at) = (shown(address.address.as_str()), when::text(failure.at));
    Some(format!("{to} {why} since {at}"))
}

fn address_object(address: &NoticeAddress) -> Value {
    let (state, until) = match address.state {
        AddressState::Present => ("present", None),
        AddressState::Former { until } => ("former", Some(until.0)),
        AddressState::Pending { expires } => ("pending", expires.map(|expires| expires.0)),
        _ => ("unknown", None),
    };
    let failure = address.failure.map(|failure| match failure.kind {
        DeliveryFailureKind::TimedOut => "timed-out",
        _ => "refused",
    });
    json!({
        "address": address.address.as_str(),
        "state": state,
        "until": until,
        "failure": failure,
        "failed": address.failure.map(|failure| failure.at.0),
    })
}

fn object(user: &UserEntry) -> Value {
    let requirement = user.requirement();
    json!({
        "account": user.external_id(),
        "id": user.account_id().to_string(),
        "label": user.label(),
        "roles": user.roles().iter().map(role).collect::<Vec<_>>(),
        "status": if user.is_active() { "active" } else { "deactivated" },
        "created": user.created().0,
        "authenticator": state(user.authenticator()),
        "enrolled": user.is_enrolled(),
        "awaits_import": user.awaits_import(),
        "authenticators": user.authenticators().iter().map(authenticators::object).collect::<Vec<_>>(),
        "token": user.token(),
        "assigned_token": user.assigned_token(),
        "recovery_codes_left": user.recovery_codes_left(),
        "replacement_advised": user.replacement_is_advised(),
        "required": requirement.is_required(),
        "mandate": requirement.mandate.map(|mandate| role(mandate.role)),
        "passkey_mandate": requirement.passkey.map(|mandate| role(mandate.role)),
        "codes_until": user.codes_until().map(|until| until.0),
        "toggle": requirement.toggle,
        "addresses": user.addresses().iter().map(address_object).collect::<Vec<_>>(),
    })
}

/// The host chose these names: nothing in them may move a terminal's cursor.
pub(super) fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

fn roles(roles: &RoleSet) -> String {
    let names: Vec<String> = roles.iter().map(role).collect();
    names.join(", ")
}

fn status(user: &UserEntry) -> String {
    match user.deactivated() {
        None => "active".to_owned(),
        Some(since) => format!("deactivated {}", when::text(since)),
    }
}

fn state(authenticator: AuthenticatorState) -> &'static str {
    match authenticator {
        AuthenticatorState::None => "none",
        AuthenticatorState::Active { .. } => "active",
        AuthenticatorState::Suspended { .. } => "suspended",
        AuthenticatorState::Disabled { .. } => "disabled",
        AuthenticatorState::Recovering => "recovering",
        AuthenticatorState::BreakGlass => "break-glass",
        // What else there will be owes a reset code until it is named here.
        _ => "reset-due",
    }
}

fn bound(user: &UserEntry) -> String {
    match user.authenticator() {
        AuthenticatorState::None if user.awaits_import() => "awaits its import".to_owned(),
        AuthenticatorState::None => "not enrolled".to_owned(),
        AuthenticatorState::Active { since } => format!("since {}", when::text(since)),
        AuthenticatorState::Suspended { since } => format!("suspended {}", when::text(since)),
        AuthenticatorState::Disabled { since } => format!("disabled {}", when::text(since)),
        AuthenticatorState::Recovering => "recovery: enrolls without a reset code".to_owned(),
        AuthenticatorState::BreakGlass => "break-glass: enrolls with its reset code".to_owned(),
        _ => "reset: enrolls with a reset code".to_owned(),
    }
}

fn why(user: &UserEntry) -> String {
    let requirement = user.requirement();
    if let Some(mandate) = requirement.passkey {
        let (role, since) = (role(mandate.role), when::text(mandate.start()));
        return format!("a passkey is required of every {role} since {since}");
    }
    if let Some(mandate) = requirement.mandate {
        return format!("required of every {}", role(mandate.role));
    }
    if requirement.unreadable || requirement.unknown_role.is_some() {
        return "required: its rules or roles are unknown".to_owned();
    }
    if requirement.toggle {
        return "required by its owner".to_owned();
    }
    match requirement.announced {
        Some(Mandate {
            state: MandateState::Announced { date, .. },
            kind,
            ..
        }) => {
            let a_passkey = match kind {
                MandateKind::SecondFactor => "",
                MandateKind::Passkey => "a passkey is ",
            };
            format!("{a_passkey}required from {}", when::text(date))
        }
        _ => "not required".to_owned(),
    }
}
