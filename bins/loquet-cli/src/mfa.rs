//! `loquet mfa`: what administrators decide, by the same ceremonies as in the browser.

use clap::{ArgGroup, Args, Subcommand};
use loquet::flow;
use loquet::{RoleId, UnixTime};
use loquet_policy::{Authenticator, BreakGlass, Latch, MandateState, Preset, Start};
use serde_json::json;

use crate::account::role;
use crate::failure::{Failure, Outcome};
use crate::house::{self, House, code, wait};
use crate::input::Stdin;
use crate::output;
use crate::when;

mod rules;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What holds in the organisation
    Status(Status),
    /// Switches multi-factor log-in on, once and for ever. Shows the break-glass code and reads its last group back
    Enable(Enable),
    /// Imposes it on everybody with a role. Reads the administrator's code from standard input
    Announce(Announce),
    /// Resets somebody else's authenticator and prints the ticket for the new one. Reads the administrator's code
    /// from standard input, and the next code from a second line where the first was used up to log in
    Reset(Reset),
    /// Moves an announced date, twice at most to a later one. Reads the administrator's code from standard input
    Move(rules::Move),
    /// Cancels what is announced, before its date. Reads the administrator's code from standard input
    Cancel(rules::Cancel),
    /// Another choice of the organisation's. What weakens waits three days, and needs a second, fresh code
    Set(rules::Set),
    /// Stops a change that waits. Reads the administrator's code from standard input
    Stop(rules::Stop),
    /// Nobody switches multi-factor log-in off any more, for ever. Reads the administrator's code from standard input
    StrictLatch(rules::By),
    /// A new break-glass code in place of the old. Reads a code, the last group of the new one, and the next code
    RenewSeal(rules::By),
    /// Writes down what time has brought and puts reminders into the outbox; for hosts whose service does not
    Tick(Status),
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    house: house::Arguments,
}

#[derive(Args)]
pub(crate) struct Enable {
    #[command(flatten)]
    house: house::Arguments,

    /// The administrator who does this, by the host's name or by id
    #[arg(long = "as", value_name = "ADMIN")]
    administrator: String,
}

#[derive(Args)]
#[command(group(ArgGroup::new("start").required(true).args(["at", "now"])))]
pub(crate) struct Announce {
    #[command(flatten)]
    house: house::Arguments,

    /// The administrator who does this, by the host's name or by id
    #[arg(long = "as", value_name = "ADMIN")]
    administrator: String,

    /// Whom it covers: employee, parent, or the number of a role of the host's own
    #[arg(long, default_value = "employee", value_parser = role_id)]
    role: RoleId,

    /// From when on: a date such as 2026-12-01 (UTC), or seconds since the epoch
    #[arg(long, value_name = "DATE", value_parser = when::parse)]
    at: Option<UnixTime>,

    /// At once: whoever is not enrolled enrolls at the next log-in
    #[arg(long)]
    now: bool,
}

#[derive(Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    house: house::Arguments,

    /// The administrator who does this, by the host's name or by id
    #[arg(long = "as", value_name = "ADMIN")]
    administrator: String,

    /// Who lost the authenticator
    account: String,

    /// The ticket is read aloud, and so lives ten minutes instead of a day
    #[arg(long)]
    aloud: bool,
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Status(arguments) => status(&arguments.house.open().await?).await,
                Self::Enable(arguments) => {
                    enable(
                        &arguments.house.open().await?,
                        &arguments.administrator,
                        stdin,
                    )
                    .await
                }
                Self::Announce(arguments) => {
                    announce(&arguments.house.open().await?, arguments, stdin).await
                }
                Self::Reset(arguments) => {
                    reset(&arguments.house.open().await?, arguments, stdin).await
                }
                Self::Move(asked) => {
                    rules::shift(&asked.by.house.open().await?, asked, stdin).await
                }
                Self::Cancel(asked) => {
                    rules::cancel(&asked.by.house.open().await?, asked, stdin).await
                }
                Self::Set(asked) => rules::set(&asked.by.house.open().await?, asked, stdin).await,
                Self::Stop(asked) => rules::stop(&asked.by.house.open().await?, asked, stdin).await,
                Self::StrictLatch(by) => {
                    rules::strict_latch(&by.house.open().await?, by, stdin).await
                }
                Self::RenewSeal(by) => rules::renew_seal(&by.house.open().await?, by, stdin).await,
                Self::Tick(arguments) => tick(&arguments.house.open().await?).await,
            }
        })
    }
}

async fn status(house: &House) -> Result<Outcome, Failure> {
    let organisation = &house.organisation;
    let people = house.service.everybody(house.org()).await?;
    let active: Vec<_> = people
        .iter()
        .filter(|person| person.account.is_active())
        .collect();
    let enrolled = active
        .iter()
        .filter(|person| matches!(person.account.authenticator, Authenticator::Active { .. }))
        .count();
    let required = active
        .iter()
        .filter(|person| person.requirement.is_required())
        .count();
    let since = match organisation.latch {
        Latch::Never => None,
        Latch::Enabled { since, .. } => Some(since),
    };
    let glass = match organisation.break_glass.at(house.service.now()) {
        BreakGlass::Unset => "unset",
        BreakGlass::Sealed { .. } => "sealed",
        BreakGlass::Void { .. } => "void",
        BreakGlass::Opening { .. } => "opening",
        BreakGlass::Open { .. } => "open",
    };
    if house.json {
        let mandates: Vec<_> = organisation
            .mandates
            .iter()
            .map(|mandate| {
                let (from, postponed) = match mandate.state {
                    MandateState::Announced {
                        date,
                        postponements,
                        ..
                    } => (date, postponements),
                    MandateState::InForce { since } => (since, 0),
                };
                json!({ "role": role(mandate.role), "from": from.0, "postponements": postponed })
            })
            .collect();
        output::line(
            &json!({
                "organisation": house.name,
                "id": house.org().to_string(),
                "enabled": since.is_some(),
                "since": since.map(|since| since.0),
                "mandates": mandates,
                "break_glass": glass,
                "preset": organisation.preset,
                "options": organisation.options,
                "waiting": organisation.scheduled,
                "accounts": active.len(),
                "required": required,
                "enrolled": enrolled,
            })
            .to_string(),
        )?;
        return Ok(Outcome::Done);
    }
    output::line(&house.name.escape_debug().to_string())?;
    output::line(&match since {
        None => "multi-factor log-in is not enabled".to_owned(),
        Some(since) => format!("multi-factor log-in is enabled since {}", when::text(since)),
    })?;
    for mandate in &organisation.mandates {
        output::line(&match mandate.state {
            MandateState::Announced { date, .. } => {
                format!(
                    "required of every {} from {}",
                    role(mandate.role),
                    when::text(date)
                )
            }
            MandateState::InForce { since } => {
                format!(
                    "required of every {} since {}",
                    role(mandate.role),
                    when::text(since)
                )
            }
        })?;
    }
    if organisation.preset == Preset::StrictLatch {
        output::line("nobody can switch it off")?;
    }
    for change in &organisation.scheduled {
        output::line(&format!(
            "waiting until {}: {}",
            when::text(change.due),
            serde_json::to_string(&change.setting).unwrap_or_default()
        ))?;
    }
    output::line(&format!(
        "{} accounts, {required} required, {enrolled} enrolled; break-glass code: {glass}",
        active.len()
    ))?;
    Ok(Outcome::Done)
}

async fn enable(house: &House, administrator: &str, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let acting = match house.begin_with_code(administrator, stdin).await? {
        Ok(acting) => acting,
        Err(refused) => return house.refuse(&refused),
    };
    let seal = match house.service.propose_seal(&acting.stamp).await? {
        Ok(seal) => seal,
        Err(refusal) => return house.refuse(&refusal.into()),
    };
    // Whoever enables writes this code down first. It is shown once, and stored as a hash.
    if house.json {
        output::line(&json!({ "break_glass": seal.expose().as_str() }).to_string())?;
    } else {
        output::line(
            "Break-glass code, for the day when no administrator can log in. Write it down, seal it, store it away:",
        )?;
        output::line(&format!("  {}", seal.expose().as_str()))?;
    }
    let typed_back = code(stdin, "its last group")?;
    let enabled = flow::EnableMfa {
        stamp: acting.stamp,
        typed_back,
    };
    match house.run(enabled).await? {
        Ok(enabled) => {
            if house.json {
                output::line(
                    &json!({ "enabled": true, "propose": role(enabled.propose), "from": enabled.from.0 }).to_string(),
                )?;
            } else {
                output::line("multi-factor log-in is enabled; there is no way back")?;
                output::line(&format!(
                    "next: {administrator} enrolls, then imposes it on every {}",
                    role(enabled.propose)
                ))?;
            }
            Ok(Outcome::Done)
        }
        Err(refused) => house.refuse(&refused),
    }
}

async fn announce(
    house: &House,
    arguments: &Announce,
    stdin: &mut Stdin,
) -> Result<Outcome, Failure> {
    let acting = match house
        .begin_with_code(&arguments.administrator, stdin)
        .await?
    {
        Ok(acting) => acting,
        Err(refused) => return house.refuse(&refused),
    };
    let start = arguments.at.map_or(
        Start::Now {
            confirmed: arguments.now,
        },
        Start::At,
    );
    let announced = flow::Announce {
        stamp: acting.stamp,
        role: arguments.role,
        start,
    };
    match house.run(announced).await? {
        Ok(imposed) => {
            if house.json {
                output::line(
                    &json!({ "role": role(imposed.role), "from": imposed.date.0 }).to_string(),
                )?;
            } else {
                let (role, date) = (role(imposed.role), when::text(imposed.date));
                output::line(&format!(
                    "multi-factor log-in is required of every {role} from {date}"
                ))?;
            }
            Ok(Outcome::Done)
        }
        Err(refused) => house.refuse(&refused),
    }
}

async fn reset(house: &House, arguments: &Reset, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let subject = house.account("ACCOUNT", &arguments.account).await?;
    let administrator = &arguments.administrator;
    let answer = with_fresh_code(house, administrator, stdin, |stamp, typed| flow::Reset {
        stamp,
        subject,
        aloud: arguments.aloud,
        typed,
    })
    .await?;
    match answer {
        Ok(handed) => {
            if house.json {
                output::line(
                    &json!({ "ticket": handed.ticket.expose().as_str(), "expires": handed.expires.0 }).to_string(),
                )?;
            } else {
                output::line(&format!("ticket: {}", handed.ticket.expose().as_str()))?;
                output::line(&format!(
                    "{} enrolls with it until {}",
                    arguments.account.escape_debug(),
                    when::text(handed.expires)
                ))?;
            }
            Ok(Outcome::Done)
        }
        Err(refused) => house.refuse(&refused),
    }
}

/// Logs the administrator in, and runs what may need a code of its own.
async fn with_fresh_code<C: flow::Ceremony>(
    house: &House,
    administrator: &str,
    stdin: &mut Stdin,
    ask: impl Fn(loquet::Stamp, flow::Typed) -> C,
) -> Result<Result<C::Grant, flow::Refused>, Failure> {
    let acting = match house.begin_with_code(administrator, stdin).await? {
        Ok(acting) => acting,
        Err(refused) => return Ok(Err(refused)),
    };
    // What would be refused in any case must not cost a code: the rules are asked without one first.
    match house.run(ask(acting.stamp, flow::Typed::default())).await? {
        Err(flow::Refused::Rule(loquet::Refusal::StepUp | loquet::Refusal::NotFresh)) => {
            let typed = code(stdin, &format!("next code of {administrator}"))?;
            house.run(ask(acting.stamp, typed)).await
        }
        other => Ok(other),
    }
}

async fn tick(house: &House) -> Result<Outcome, Failure> {
    let settled = house.service.tick().await?;
    output::line(&if house.json {
        json!({ "settled": settled }).to_string()
    } else {
        format!("something was due in {settled} organisations")
    })?;
    Ok(Outcome::Done)
}

fn role_id(text: &str) -> Result<RoleId, String> {
    match text {
        "parent" => Ok(RoleId::PARENT),
        "employee" => Ok(RoleId::EMPLOYEE),
        "administrator" => Ok(RoleId::ADMINISTRATOR),
        number => number
            .parse()
            .map(RoleId)
            .map_err(|_| "employee, parent, administrator, or a role's number".to_owned()),
    }
}
