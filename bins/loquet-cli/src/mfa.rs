//! `loquet mfa`: what administrators decide, by the same ceremonies as in the browser.

use clap::{ArgGroup, Args, Subcommand};
use loquet::flow::{self, Typed};
use loquet::{RoleId, Stamp, UnixTime};
use loquet_policy::Start;
use serde_json::json;

use crate::administrator::{By, begin_with_code, recent, with_fresh_code};
use crate::failure::{Failure, Outcome};
use crate::house::{Arguments, House, code, wait};
use crate::input::Stdin;
use crate::role::{role, role_id};
use crate::when;

mod rules;
mod status;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What holds in the organization
    Status(Arguments),
    /// Switches multi-factor log-in on, once and for ever. Shows the break-glass code and reads its last group back
    Enable(By),
    /// Imposes it on everybody with a role. Reads the administrator's code from standard input
    ScheduleMandate(ScheduleMandate),
    /// Resets somebody else's authenticator and prints the reset code for the new one. Reads the administrator's code
    /// from standard input, and the next code from a second line where the first was used up to log in
    Reset(Reset),
    /// Moves an announced date, twice at most to a later one. Reads the administrator's code from standard input
    Move(rules::Move),
    /// Cancels what is announced, before its date. Reads the administrator's code from standard input
    Cancel(rules::Cancel),
    /// Another choice of the organization's. What weakens waits three days, and needs a second, fresh code
    Set(rules::Set),
    /// Stops a change that waits. Reads the administrator's code from standard input
    Stop(rules::Stop),
    /// Nobody switches multi-factor log-in off any more, for ever. Reads the administrator's code from standard input
    StrictLatch(By),
    /// A new break-glass code in place of the old. Reads a code, the last group of the new one, and the next code
    RenewBreakGlassCode(By),
    /// Writes down what time has brought and puts reminders into the outbox; for hosts whose service does not
    Tick(Arguments),
}

#[derive(Args)]
#[command(group(ArgGroup::new("start").required(true).args(["at", "now"])))]
pub(crate) struct ScheduleMandate {
    #[command(flatten)]
    by: By,

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
    by: By,

    /// Who lost the authenticator
    account: String,

    /// The reset code is read aloud, and so lives ten minutes instead of a day
    #[arg(long)]
    aloud: bool,
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Status(arguments) => status::status(arguments).await,
                Self::Enable(by) => enable(by, stdin).await,
                Self::ScheduleMandate(asked) => announce(asked, stdin).await,
                Self::Reset(asked) => reset(asked, stdin).await,
                Self::Move(asked) => rules::shift(asked, stdin).await,
                Self::Cancel(asked) => rules::cancel(asked, stdin).await,
                Self::Set(asked) => rules::set(asked, stdin).await,
                Self::Stop(asked) => rules::stop(asked, stdin).await,
                Self::StrictLatch(by) => rules::strict_latch(by, stdin).await,
                Self::RenewBreakGlassCode(by) => rules::renew_break_glass_code(by, stdin).await,
                Self::Tick(arguments) => tick(arguments).await,
            }
        })
    }
}

async fn enable(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = by.house.open().await?;
    let stamp = begin_with_code(&house, &by.administrator, stdin).await?;
    let words = "Break-glass code, for the day when no administrator can log in. Write it down, seal it, store it away:\n  ";
    let typed_back = show_break_glass(&house, &stamp, words, stdin).await?;
    let enabled = house.run(flow::EnableMfa { stamp, typed_back }).await?;
    let (role, from) = (role(enabled.propose), enabled.from.0);
    house.tell(
        &json!({ "enabled": true, "propose": role, "from": from }),
        &format!(
            "multi-factor log-in is enabled; there is no way back\nnext: {} enrolls, then imposes it on every {role}",
            by.administrator
        ),
    )
}

/// Shows the break-glass code behind `words`, once: it is stored as a hash. What it asks for proves that it was written
/// down.
async fn show_break_glass(
    house: &House,
    stamp: &Stamp,
    words: &str,
    stdin: &mut Stdin,
) -> Result<Typed, Failure> {
    let proposed = house.service.propose_break_glass(stamp).await?;
    let seal = proposed
        .map_err(|refusal| house.refused(&refusal.into()))?
        .expose();
    let seal = seal.as_str();
    house.tell(&json!({ "break_glass": seal }), &format!("{words}{seal}"))?;
    code(stdin, "its last group")
}

async fn announce(asked: &ScheduleMandate, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let now = Start::Now {
        confirmed: asked.now,
    };
    let announced = recent(&house, &asked.by, stdin, |stamp| flow::ScheduleMandate {
        stamp,
        role: asked.role,
        start: asked.at.map_or(now, Start::At),
    });
    let imposed = announced.await?;
    let (role, date) = (role(imposed.role), when::text(imposed.date));
    house.tell(
        &json!({ "role": role, "from": imposed.date.0 }),
        &format!("multi-factor log-in is required of every {role} from {date}"),
    )
}

async fn reset(asked: &Reset, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let subject = house.account("ACCOUNT", &asked.account).await?;
    let reset = with_fresh_code(&house, &asked.by, stdin, |stamp, typed| flow::Reset {
        stamp,
        subject,
        aloud: asked.aloud,
        typed,
    });
    let handed = reset.await?;
    let reset_code = handed.reset_code.expose();
    let account = asked.account.escape_debug();
    house.tell(
        &json!({ "reset_code": reset_code.as_str(), "expires": handed.expires.0 }),
        &format!(
            "reset code: {}\n{account} enrolls with it until {}",
            reset_code.as_str(),
            when::text(handed.expires)
        ),
    )
}

async fn tick(arguments: &Arguments) -> Result<Outcome, Failure> {
    let house = arguments.open().await?;
    let settled = house.service.tick().await?;
    house.tell(
        &json!({ "settled": settled }),
        &format!("something was due in {settled} organizations"),
    )
}
