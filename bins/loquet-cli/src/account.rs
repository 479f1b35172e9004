//! `loquet account`: the accounts of an organization, and what is done to one of them.

use clap::Subcommand;
use loquet::{
    AddressState, AuthenticatorState, DeliveryFailureKind, MandateState, NoticeAddress, RoleSet,
    UserEntry,
};
use serde_json::{Value, json};

use crate::acting::Own;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, wait};
use crate::output;
use crate::role::role;
use crate::when;

mod manage;
mod own;
mod sync;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the accounts of an organization
    #[command(after_help = "Example:\n  loquet account list --db app.db")]
    List(Arguments),
    /// Show one account
    #[command(after_help = "Example:\n  loquet account show sofia --db app.db")]
    Show(Own),
    /// Create the accounts that are missing, from a CSV or JSON Lines file
    ///
    /// Changes no role and deactivates no account; the report names the accounts that the file does not list. Exit code 1
    /// when an account was not created. Columns or keys: external_id, and optionally id (a number or 32 hexadecimal digits;
    /// random when left out), label, roles (in CSV separated by blanks), address, awaiting_import (true or false: whether
    /// `loquet import` will bind the authenticator, so that the password alone enrolls none).
    #[command(after_help = "\
Examples:
  loquet account sync users.csv --db app.db
  loquet account sync - --format jsonl --db app.db --json < users.jsonl

A CSV file:
  external_id,id,label,roles,address
  marie@example.org,42,Marie,member,marie@example.org")]
    Sync(sync::Sync),
    /// Rename an account whose user the host calls something else now
    ///
    /// Authenticator apps show the label from the next enrollment on.
    #[command(after_help = "\
Examples:
  loquet account rename marie@example.org marie.roy@example.org --db app.db
  loquet account rename marie marie --label Marie --db app.db")]
    Rename(manage::Rename),
    /// Set where the notices of an account go
    ///
    /// An account's first address counts at once. Any other counts when its owner has typed back the code that is sent
    /// there; the old one is told, and receives every notice until then and for 14 more days.
    #[command(
        after_help = "Example:\n  loquet account set-address marie marie@example.org --db app.db"
    )]
    SetAddress(manage::SetAddress),
    /// Confirm a new address with the code that was sent there
    ///
    /// Reads the owner's code from standard input where one is owed, and then the code that was sent.
    #[command(after_help = "Example:\n  loquet account confirm-address marie --db app.db")]
    ConfirmAddress(Own),
    /// Give an account a role
    ///
    /// Reads the administrator's code from standard input, and the next code for making an administrator.
    #[command(
        after_help = "Example:\n  loquet account add-role sofia staff --db app.db --as helene"
    )]
    AddRole(manage::Role),
    /// Take a role from an account
    ///
    /// Reads the administrator's code from standard input.
    #[command(
        after_help = "Example:\n  loquet account remove-role sofia staff --db app.db --as helene"
    )]
    RemoveRole(manage::Role),
    /// Deactivate an account: its sessions end and its secret is erased
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet account deactivate sofia --db app.db --as helene")]
    Deactivate(manage::Subject),
    /// Reactivate an account and print the reset code
    ///
    /// Reads the administrator's code from standard input, and the next code from a second line.
    #[command(
        after_help = "Example:\n  loquet account reactivate sofia --role staff --db app.db --as helene"
    )]
    Reactivate(manage::Reactivate),
    /// Correct what was stored while this machine's clock was ahead
    ///
    /// Once the clock is right. Waits, quotas, used steps and sessions that lie ahead end, so that the owners can log in
    /// again. Where codes were accepted meanwhile, they are told to replace the authenticator.
    #[command(after_help = "Example:\n  loquet account clock-corrected --db app.db")]
    ClockCorrected(Arguments),
    /// Issue a reset code after a restore that lost the authenticators
    ///
    /// For seven days after `loquet restore --was-enabled`, for any number of accounts.
    #[command(after_help = "Example:\n  loquet account reset-code sofia --db app.db")]
    ResetCode(Own),
    /// Make an account an administrator without asking one
    ///
    /// For an organization whose administrators cannot act, with the envelope lost, or are not to be trusted. All administrators
    /// are told. A deactivated account is active again, and one without an authenticator gets a reset code. Where an administrator
    /// took the organization over, change that person's password in the service first, which ends their sessions.
    #[command(after_help = "Example:\n  loquet account appoint sofia --db app.db")]
    Appoint(Own),
    /// Erase an account for good: its names, addresses, devices and secret
    ///
    /// For the right to be forgotten. Its id stays in the user list and in the audit log. There is no way back.
    #[command(after_help = "Example:\n  loquet account erase sofia --db app.db")]
    Erase(Own),
    /// Turn the second factor on for an account
    ///
    /// Reads the owner's code from standard input.
    #[command(after_help = "Example:\n  loquet account turn-on marie --db app.db")]
    TurnOn(Own),
    /// Turn the second factor off where no rule requires it
    ///
    /// Reads the owner's code from standard input, and the next code from a second line.
    #[command(after_help = "Example:\n  loquet account turn-off marie --db app.db")]
    TurnOff(Own),
    /// Replace an authenticator with a new one
    ///
    /// Reads the owner's code (and the next code where the first was used up to log in) from standard input, prints the key
    /// URI of the new authenticator, and reads its first code.
    #[command(after_help = "Example:\n  loquet account replace-authenticator marie --db app.db")]
    ReplaceAuthenticator(Own),
    /// Make new recovery codes and print them; the earlier ones are void
    ///
    /// Reads the owner's code (and the next code where the first was used up to log in) from standard input.
    #[command(after_help = "Example:\n  loquet account renew-recovery-codes marie --db app.db")]
    RenewRecoveryCodes(Own),
    /// Report an authenticator lost, which suspends it
    #[command(after_help = "Example:\n  loquet account report-lost marie --db app.db")]
    ReportLost(Own),
    /// Undo a report of loss: the authenticator counts again
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet account undo-report sofia --db app.db --as helene")]
    UndoReport(manage::Subject),
    /// Resynchronize a phone whose clock is off
    ///
    /// Reads two consecutive codes of the owner from standard input, the older first.
    #[command(after_help = "Example:\n  loquet account resynchronize marie --db app.db")]
    Resynchronize(Own),
    /// List the live sessions of an account, or end one
    ///
    /// Reads the owner's code from standard input where one is owed.
    #[command(after_help = "\
Examples:
  loquet account sessions marie --db app.db
  loquet account sessions marie --end 7300218446744073709 --db app.db")]
    Sessions(own::Sessions),
    /// Forget the remembered devices of an account and end its sessions
    ///
    /// Reads the owner's code from standard input where one is owed.
    #[command(after_help = "\
Examples:
  loquet account forget-devices marie --db app.db
  loquet account forget-devices marie --device 3 --db app.db")]
    ForgetDevices(own::ForgetDevices),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::List(arguments) => list(arguments).await,
                Self::Show(asked) => show(asked).await,
                Self::Sync(arguments) => arguments.run(stdin).await,
                Self::Rename(asked) => asked.run().await,
                Self::SetAddress(asked) => asked.run().await,
                Self::ConfirmAddress(asked) => own::confirm_address(asked, stdin).await,
                Self::AddRole(asked) => asked.add(stdin).await,
                Self::RemoveRole(asked) => asked.remove(stdin).await,
                Self::Deactivate(asked) => asked.deactivate(stdin).await,
                Self::Reactivate(asked) => asked.run(stdin).await,
                Self::ClockCorrected(arguments) => clock_corrected(arguments).await,
                Self::ResetCode(asked) => manage::reset_code(asked).await,
                Self::Appoint(asked) => manage::appoint(asked).await,
                Self::Erase(asked) => manage::erase(asked).await,
                Self::TurnOn(asked) => own::turn_on(asked, stdin).await,
                Self::TurnOff(asked) => own::turn_off(asked, stdin).await,
                Self::ReplaceAuthenticator(asked) => own::replace(asked, stdin).await,
                Self::RenewRecoveryCodes(asked) => own::renew_recovery_codes(asked, stdin).await,
                Self::ReportLost(asked) => own::report_lost(asked).await,
                Self::UndoReport(asked) => asked.undo_report(stdin).await,
                Self::Resynchronize(asked) => own::resynchronize(asked, stdin).await,
                Self::Sessions(asked) => asked.run(stdin).await,
                Self::ForgetDevices(asked) => asked.run(stdin).await,
            }
        })
    }
}

async fn clock_corrected(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let accounts = at.operator.clock_corrected().await?;
    at.tell(
        &json!({ "accounts": accounts }),
        &format!("{accounts} accounts can log in again"),
    )
}

async fn list(arguments: &Arguments) -> Result<Outcome, Failure> {
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

async fn show(asked: &Own) -> Result<Outcome, Failure> {
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
    if let Some(serial) = user.assigned_token() {
        let serial = shown(serial);
        output::line(&format!("{:<20} token {serial}, not confirmed", "assigned"))?;
    }
    if user.recovery_codes_left() > 0 {
        let left = user.recovery_codes_left();
        output::line(&format!("{:<20} {left} left", "recovery codes"))?;
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
        "token": user.token(),
        "assigned_token": user.assigned_token(),
        "recovery_codes_left": user.recovery_codes_left(),
        "replacement_advised": user.replacement_is_advised(),
        "required": requirement.is_required(),
        "mandate": requirement.mandate.map(|mandate| role(mandate.role)),
        "toggle": requirement.toggle,
        "addresses": user.addresses().iter().map(address_object).collect::<Vec<_>>(),
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
