//! `loquet token`: the pool of hardware tokens, which `loquet import` fills.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use loquet::TokenState;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::installation::{Arguments, wait};
use crate::output;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the hardware tokens of an organization
    #[command(after_help = "Example:\n  loquet token list --db app.db")]
    List(Arguments),
    /// Assign a hardware token to an account
    ///
    /// Its owner confirms it at the next log-in with two codes, one after the other; until then the password enrolls nothing
    /// else. After a reset a token cannot be assigned again.
    #[command(after_help = "Example:\n  loquet token assign 1000133508267 sofia --db app.db")]
    Assign(Assign),
    /// Take a hardware token back that its owner has not confirmed
    #[command(after_help = "Example:\n  loquet token withdraw 1000133508267 --db app.db")]
    Withdraw(Withdraw),
}

#[derive(Args)]
pub(crate) struct Assign {
    #[command(flatten)]
    at: Arguments,

    /// The serial number on the token
    serial: String,

    /// The account, by the host's name for it or by its id
    account: String,
}

#[derive(Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    at: Arguments,

    /// The serial number on the token
    serial: String,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::List(at) => list(at).await,
                Self::Assign(asked) => assign(asked).await,
                Self::Withdraw(asked) => withdraw(asked).await,
            }
        })
    }
}

const fn named(state: TokenState) -> &'static str {
    match state {
        TokenState::Free => "free",
        TokenState::Assigned => "assigned",
        TokenState::InUse => "in use",
        _ => "retired",
    }
}

async fn list(at: &Arguments) -> Result<Outcome, Failure> {
    let at = at.open().await?;
    let users = at.users().await?;
    let users = users.iter();
    let names: BTreeMap<_, _> = users
        .map(|it| (it.account_id(), it.external_id()))
        .collect();
    let mut tokens = at.mfa().provision().tokens().await?;
    tokens.sort_by(|one, other| one.serial.cmp(&other.serial));
    for token in tokens {
        let account = token.account.and_then(|id| names.get(&id).copied());
        let (serial, state) = (&token.serial, named(token.state));
        if at.json {
            let object = json!({ "serial": serial, "state": state, "account": account });
            output::line(&object.to_string())?;
            continue;
        }
        let account = account.map_or(String::new(), |it| format!("  {}", it.escape_debug()));
        output::line(&format!("{}  {state}{account}", serial.escape_debug()))?;
    }
    Ok(Outcome::Done)
}

async fn assign(asked: &Assign) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.user("ACCOUNT", &asked.account).await?;
    let serial = asked.serial.as_str();
    let assigned = at.mfa().provision();
    let assigned = assigned.assign_token(serial, account.account_id()).await?;
    let name = account.external_id();
    let shown = name.escape_debug();
    let text = match assigned {
        true => format!(
            "{shown} confirms the token with two of its codes: at the next log-in, or on \"My account\" where no code is required"
        ),
        false => format!("{shown} has this token already"),
    };
    at.tell(
        &json!({ "serial": serial, "account": name, "assigned": assigned }),
        &text,
    )
}

async fn withdraw(asked: &Withdraw) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let serial = asked.serial.as_str();
    at.mfa().provision().withdraw_token(serial).await?;
    at.tell(&json!({ "serial": serial }), "the token is free")
}
