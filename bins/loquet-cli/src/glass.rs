//! `loquet break-glass`: the way back when no administrator can log in.
//!
//! The code from the envelope lets one named administrator enroll anew, after a day in which everybody who administers
//! has been told and any of them stops it by logging in with a code.

use clap::{Args, Subcommand};
use loquet::flow;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::house::{self, code, wait};
use crate::input::Stdin;
use crate::when;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Begins the wait of a day. Reads the code from the envelope from standard input
    Open(For),
    /// After the wait: prints the reset code, which lives ten minutes and ignores the access rules. Reads the code again
    Collect(For),
}

#[derive(Args)]
pub(crate) struct For {
    #[command(flatten)]
    house: house::Arguments,

    /// The administrator whom it lets in, by the host's name or by id
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
    let house = asked.house.open().await?;
    let account = house.account("ACCOUNT", &asked.account).await?;
    let typed = code(stdin, "break-glass code")?;
    let ready = house.run(flow::OpenBreakGlass { account, typed }).await?;
    house.tell(
        &json!({ "ready": ready.0 }),
        &format!(
            "the reset code can be collected from {}\nevery administrator is told now; any of them who logs in with a code stops it",
            when::text(ready)
        ),
    )
}

async fn collect(asked: &For, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.house.open().await?;
    let account = house.account("ACCOUNT", &asked.account).await?;
    let typed = code(stdin, "break-glass code")?;
    let handed = house.run(flow::CollectResetCode { account, typed }).await?;
    let reset_code = handed.reset_code.expose();
    let name = asked.account.escape_debug();
    house.tell(
        &json!({ "reset_code": reset_code.as_str(), "expires": handed.expires.0 }),
        &format!(
            "reset code: {}\n{name} enrolls with it until {}, and writes down a new break-glass code",
            reset_code.as_str(),
            when::text(handed.expires)
        ),
    )
}
