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
) -> Result<Stamp, Failure> {
    let account = house.account("--as", administrator).await?;
    let stamp = house.run(flow::LogIn { account }).await?.stamp;
    let standing = house.service.check(&stamp, ADDRESS).await?;
    let standing = standing.map_err(|refusal| house.refused(&refusal.into()))?;
    let has_code = matches!(standing.account.authenticator, Authenticator::Active { .. });
    if !has_code || stamp.level() == Level::Level2 {
        return Ok(stamp);
    }
    let typed = code(stdin, &format!("code of {administrator}"))?;
    let entered = house.run(flow::VerifyCode { stamp, typed }).await?;
    Ok(entered.stamp)
}

/// Logs the administrator in, and runs what needs a recent code alone.
pub(crate) async fn recent<C: flow::Ceremony>(
    house: &House,
    by: &By,
    stdin: &mut Stdin,
    ceremony: impl FnOnce(Stamp) -> C,
) -> Result<C::Grant, Failure> {
    let stamp = begin_with_code(house, &by.administrator, stdin).await?;
    house.run(ceremony(stamp)).await
}

/// Logs the administrator in, and runs what may need a code of its own.
pub(crate) async fn with_fresh_code<C: flow::Ceremony>(
    house: &House,
    by: &By,
    stdin: &mut Stdin,
    ask: impl Fn(Stamp, flow::Typed) -> C,
) -> Result<C::Grant, Failure> {
    let stamp = begin_with_code(house, &by.administrator, stdin).await?;
    // What would be refused in any case must not cost a code: the rules are asked without one first.
    match house.ask(ask(stamp, flow::Typed::default())).await? {
        Err(Refused::Rule(Refusal::StepUp | Refusal::NotFresh)) => {
            let typed = code(stdin, &format!("next code of {}", by.administrator))?;
            house.run(ask(stamp, typed)).await
        }
        other => other.map_err(|refused| house.refused(&refused)),
    }
}
