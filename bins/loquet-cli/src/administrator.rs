//! Acting as an administrator: a log-in, and the codes that go with it.

use clap::Args;
use loquet::{Level, Refusal, Refused, Stamp, flow};
use loquet_policy::Authenticator;

use crate::failure::Failure;
use crate::house::{self, ADDRESS, House, code};
use crate::input::Stdin;

/// The administrator who acts, on which database.
#[derive(Args)]
pub(crate) struct By {
    #[command(flatten)]
    pub(crate) house: house::Arguments,

    /// The administrator who does this, by the host's name or by id
    #[arg(long = "as", value_name = "ADMIN")]
    pub(crate) administrator: String,
}

/// Begins a session of the administrator, and gives the code that such a session can have.
pub(crate) async fn begin_with_code(
    house: &House,
    administrator: &str,
    stdin: &mut Stdin,
) -> Result<Result<Stamp, Refused>, Failure> {
    let account = house.account("--as", administrator).await?;
    let stamp = match house.run(flow::LogIn { account }).await? {
        Ok(entered) => entered.stamp,
        Err(refused) => return Ok(Err(refused)),
    };
    let standing = match house.service.check(&stamp, ADDRESS).await? {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let has_code = matches!(standing.account.authenticator, Authenticator::Active { .. });
    if !has_code || stamp.level() == Level::Level2 {
        return Ok(Ok(stamp));
    }
    let typed = code(stdin, &format!("code of {administrator}"))?;
    let given = house.run(flow::GiveCode { stamp, typed }).await?;
    Ok(given.map(|entered| entered.stamp))
}

/// Logs the administrator in, and runs what needs a recent code alone.
pub(crate) async fn recent<C: flow::Ceremony>(
    house: &House,
    by: &By,
    stdin: &mut Stdin,
    ceremony: impl FnOnce(Stamp) -> C,
) -> Result<Result<C::Grant, Refused>, Failure> {
    match begin_with_code(house, &by.administrator, stdin).await? {
        Ok(stamp) => house.run(ceremony(stamp)).await,
        Err(refused) => Ok(Err(refused)),
    }
}

/// Logs the administrator in, and runs what may need a code of its own.
pub(crate) async fn with_fresh_code<C: flow::Ceremony>(
    house: &House,
    by: &By,
    stdin: &mut Stdin,
    ask: impl Fn(Stamp, flow::Typed) -> C,
) -> Result<Result<C::Grant, Refused>, Failure> {
    let stamp = match begin_with_code(house, &by.administrator, stdin).await? {
        Ok(stamp) => stamp,
        Err(refused) => return Ok(Err(refused)),
    };
    // What would be refused in any case must not cost a code: the rules are asked without one first.
    match house.run(ask(stamp, flow::Typed::default())).await? {
        Err(Refused::Rule(Refusal::StepUp | Refusal::NotFresh)) => {
            let typed = code(stdin, &format!("next code of {}", by.administrator))?;
            house.run(ask(stamp, typed)).await
        }
        other => Ok(other),
    }
}
