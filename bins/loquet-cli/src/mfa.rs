//! `loquet mfa`: what administrators decide for their organization, by the same rules as in the browser.

use clap::{Args, Subcommand};
use loquet::Typed;
use serde_json::json;

use crate::acting::{Acting, By, code};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, Installation, wait};
use crate::role::role;
use crate::when;

mod mandate;
mod settings;
mod status;

pub(crate) use settings::tell as tell_change;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what holds in an organization
    #[command(after_help = "Example:\n  loquet mfa status --db app.db")]
    Status(Arguments),
    /// Enable multi-factor log-in, for ever
    ///
    /// Shows the break-glass code and reads its last group from standard input.
    #[command(after_help = "Example:\n  loquet mfa enable --db app.db --as helene")]
    Enable(By),
    /// Require MFA for a role, from a date on
    ///
    /// Reads the administrator's code from standard input. A mandate that demands a passkey takes a passkey of the
    /// administrator's own, which needs a browser: it is refused here with PASSKEY_REQUIRED, and announced on the service's
    /// pages. Until its date it can be moved and cancelled here with a code. Once it is in force, the administrators whom it
    /// covers act on the pages alone.
    #[command(after_help = "\
Examples:
  loquet mfa schedule-mandate --db app.db --as helene --at 2026-12-01
  loquet mfa schedule-mandate --db app.db --as helene --role 10 --now")]
    ScheduleMandate(mandate::Schedule),
    /// Move the date of a mandate, at most twice to a later one
    ///
    /// Reads the administrator's code from standard input.
    #[command(
        after_help = "Example:\n  loquet mfa move-mandate --db app.db --as helene --at 2027-01-15"
    )]
    MoveMandate(mandate::Move),
    /// Cancel a mandate before its date
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet mfa cancel-mandate --db app.db --as helene")]
    CancelMandate(mandate::Cancel),
    /// Reset another user's authenticator and print the reset code
    ///
    /// Reads the administrator's code from standard input, and the next code from a second line where the first was used up
    /// to log in.
    #[command(after_help = "Example:\n  loquet mfa reset sofia --db app.db --as helene --aloud")]
    Reset(Reset),
    /// Show the settings, and which change of each weakens
    #[command(after_help = "Example:\n  loquet mfa settings --db app.db")]
    Settings(Arguments),
    /// Change a setting; a change that weakens waits three days
    ///
    /// Reads the administrator's code from standard input, and the next code from a second line for a change that weakens.
    #[command(after_help = "\
Examples:
  loquet mfa update-setting --db app.db --as helene --recovery-codes on
  loquet mfa update-setting --db app.db --as helene --reset-code-life 3600")]
    UpdateSetting(settings::Update),
    /// Cancel a change that waits because it weakens
    ///
    /// Reads the administrator's code from standard input.
    #[command(
        after_help = "Example:\n  loquet mfa cancel-change recovery-codes --db app.db --as helene"
    )]
    CancelChange(settings::Cancel),
    /// Forbid switching multi-factor log-in off, for ever
    ///
    /// Afterwards no user turns off their own second factor, and no mandate is cancelled. Reads the administrator's code from
    /// standard input.
    #[command(after_help = "Example:\n  loquet mfa harden --db app.db --as helene")]
    Harden(By),
    /// Replace the break-glass code
    ///
    /// Reads a code, the last group of the new break-glass code, and the next code from standard input.
    #[command(after_help = "Example:\n  loquet mfa renew-break-glass-code --db app.db --as helene")]
    RenewBreakGlassCode(By),
    /// Apply changes that are due and queue reminders
    ///
    /// For hosts whose service does not run Loquet's maintenance.
    #[command(after_help = "Example:\n  loquet mfa apply-due --db app.db")]
    ApplyDue(Arguments),
}

#[derive(Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    by: By,

    /// The user who lost the authenticator
    account: String,

    /// Make a code to be read aloud, which lives ten minutes instead of a day
    #[arg(long)]
    aloud: bool,
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Status(arguments) => status::status(arguments).await,
                Self::Enable(by) => enable(by, stdin).await,
                Self::ScheduleMandate(asked) => asked.run(stdin).await,
                Self::MoveMandate(asked) => asked.run(stdin).await,
                Self::CancelMandate(asked) => asked.run(stdin).await,
                Self::Reset(asked) => reset(asked, stdin).await,
                Self::Settings(arguments) => settings::show(arguments).await,
                Self::UpdateSetting(asked) => asked.run(stdin).await,
                Self::CancelChange(asked) => asked.run(stdin).await,
                Self::Harden(by) => settings::harden(by, stdin).await,
                Self::RenewBreakGlassCode(by) => renew_break_glass_code(by, stdin).await,
                Self::ApplyDue(arguments) => apply_due(arguments).await,
            }
        })
    }
}

async fn enable(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = by.at.open().await?;
    by.act(&at, stdin, async |acting, stdin| {
        let last_group = show_break_glass_code(&at, acting, stdin).await?;
        let enabled = acting.admin().enable(last_group).await?;
        let role = role(enabled.propose);
        at.tell(
            &json!({ "enabled": true, "propose": role, "from": enabled.from.0 }),
            &format!(
                "multi-factor log-in is enabled; there is no way back\nnext: an administrator who has an authenticator requires it of every {role}"
            ),
        )
    })
    .await
}

async fn renew_break_glass_code(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = by.at.open().await?;
    by.act(&at, stdin, async |acting, stdin| {
        let last_group = show_break_glass_code(&at, acting, stdin).await?;
        let code = acting.next_code(stdin)?;
        acting
            .admin()
            .renew_break_glass_code(last_group, code)
            .await?;
        at.tell(
            &json!({ "renewed": true }),
            "the old break-glass code is void",
        )
    })
    .await
}

/// Shows the break-glass code, once: it is stored as a hash. Reads its last group, which shows that it was written down.
async fn show_break_glass_code(
    at: &Installation,
    acting: &Acting<'_>,
    stdin: &mut Stdin,
) -> Result<Typed, Failure> {
    let proposed = acting.admin().propose_break_glass().await?.expose();
    let shown = proposed.as_str();
    at.tell(
        &json!({ "break_glass": shown }),
        &format!(
            "break-glass code, for the day when no administrator can log in; write it down and store it in a sealed \
             envelope:\n  {shown}"
        ),
    )?;
    code(stdin, "its last group")
}

async fn reset(asked: &Reset, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.by.at.open().await?;
    let subject = at.account("ACCOUNT", &asked.account).await?;
    asked
        .by
        .act(&at, stdin, async |acting, stdin| {
            let reset = async |code| acting.admin().reset(subject, asked.aloud, code).await;
            let issued = acting.with_code(stdin, reset).await?;
            tell_reset_code(&at, &asked.account, &issued)
        })
        .await
}

/// Prints a reset code, the only time that it is shown.
pub(crate) fn tell_reset_code(
    at: &Installation,
    account: &str,
    issued: &loquet::IssuedResetCode,
) -> Result<Outcome, Failure> {
    let reset_code = issued.reset_code.expose();
    at.tell(
        &json!({ "reset_code": reset_code.as_str(), "expires": issued.expires.0 }),
        &format!(
            "reset code: {}\n{} enrolls with it until {}",
            reset_code.as_str(),
            account.escape_debug(),
            when::text(issued.expires)
        ),
    )
}

async fn apply_due(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let organizations = at.operator.apply_due().await?;
    at.tell(
        &json!({ "applied": organizations }),
        &format!("something was due in {organizations} organizations"),
    )
}
