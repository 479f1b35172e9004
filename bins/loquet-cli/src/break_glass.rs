//! `loquet break-glass`: the way back when no administrator can log in.
//!
//! The code from the envelope lets one named administrator enroll anew, after a day in which all administrators have been
//! told and any of them stops it by logging in with a code.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::acting::code;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, wait};
use crate::when;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Open break-glass: a day's wait begins
    ///
    /// Reads the code from the envelope from standard input.
    #[command(after_help = "Example:\n  loquet break-glass open helene --db app.db")]
    Open(For),
    /// Collect the reset code after the wait
    ///
    /// The reset code lives ten minutes and ignores the access rules. Reads the code from the envelope from standard input
    /// again.
    #[command(after_help = "Example:\n  loquet break-glass collect helene --db app.db")]
    Collect(For),
}

#[derive(Args)]
pub(crate) struct For {
    #[command(flatten)]
    at: Arguments,

    /// The administrator to let in, by id or by the host's name
    account: String,
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Open(asked) => open(asked, stdin).await,
                Self::Collect(asked) => collect(asked, stdin).await,
            }
        })
    }
}

async fn open(asked: &For, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.account("ACCOUNT", &asked.account).await?;
    let typed = code(stdin, "break-glass code")?;
    let ready = at.operator.open_break_glass(account, typed).await?;
    at.tell(
        &json!({ "ready": ready.0 }),
        &format!(
            "the reset code can be collected from {}\nall administrators are told now; any of them who logs in with a code stops it",
            when::text(ready)
        ),
    )
}

async fn collect(asked: &For, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.account("ACCOUNT", &asked.account).await?;
    let typed = code(stdin, "break-glass code")?;
    let issued = at.operator.collect_reset_code(account, typed).await?;
    let reset_code = issued.reset_code.expose();
    let name = asked.account.escape_debug();
    at.tell(
        &json!({ "reset_code": reset_code.as_str(), "expires": issued.expires.0 }),
        &format!(
            "reset code: {}\n{name} enrolls with it until {}, and writes down a new break-glass code",
            reset_code.as_str(),
            when::text(issued.expires)
        ),
    )
}
