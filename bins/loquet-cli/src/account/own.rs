//! What owners do with their own account.

use clap::Args;
use loquet::{Forget, RecoveryCode, SessionId};
use serde_json::json;

use crate::acting::{Own, client, code};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::when;

#[derive(Args)]
pub(crate) struct ForgetDevices {
    #[command(flatten)]
    own: Own,

    /// The number of one device, to forget it alone
    #[arg(long, value_name = "NUMBER")]
    device: Option<u16>,
}

pub(super) async fn turn_on(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let turn_on = async |code| acting.account().turn_on(code).await;
            if let Some(login) = acting.with_code(stdin, turn_on).await? {
                acting.mfa().log_out(&login.session).await?;
            }
            at.tell(
                &json!({ "required": true }),
                &format!(
                    "{} needs a code at each log-in now",
                    acting.name().escape_debug()
                ),
            )
        })
        .await
}

pub(super) async fn turn_off(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let turn_off = async |code| acting.account().turn_off(code).await;
            acting.with_code(stdin, turn_off).await?;
            at.tell(
                &json!({ "required": false }),
                &format!(
                    "{} logs in without a code now",
                    acting.name().escape_debug()
                ),
            )
        })
        .await
}

pub(super) async fn confirm_address(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let sent = code(stdin, "code that was sent to the new address")?;
            acting.account().confirm_address(sent).await?;
            let overview = acting.account().overview().await?;
            let address = overview.address().map_or("", loquet::Address::as_str);
            at.tell(
                &json!({ "address": address, "confirmed": true }),
                &format!(
                    "the notices of {} go to {address}",
                    acting.name().escape_debug()
                ),
            )
        })
        .await
}

pub(super) async fn renew_recovery_codes(
    asked: &Own,
    stdin: &mut Stdin,
) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let renew = async |code| acting.account().renew_recovery_codes(code).await;
            let codes = acting.with_code(stdin, renew).await?;
            let codes: Vec<_> = codes.iter().map(RecoveryCode::expose).collect();
            let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            at.tell(
                &json!({ "recovery_codes": codes }),
                &format!(
                    "{}\neach works once; the earlier ones do not any more",
                    codes.join("\n")
                ),
            )
        })
        .await
}

/// Not by way of [`Own::act`]: the two codes are what finishes the log-in.
pub(super) async fn resynchronize(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let mfa = at.mfa();
    let account = at.account("ACCOUNT", &asked.account).await?;
    let begun = mfa.log_in(account, client()).await?;
    let older = code(stdin, &format!("code of {}", asked.account))?;
    let newer = code(stdin, &format!("next code of {}", asked.account))?;
    let login = mfa
        .resynchronize(&begun.session, [older, newer], client())
        .await?;
    mfa.log_out(&login.session).await?;
    at.tell(
        &json!({ "resynchronized": true }),
        "the drift of the phone's clock is remembered",
    )
}

#[derive(Args)]
pub(crate) struct Sessions {
    #[command(flatten)]
    own: Own,

    /// The id of one session, to end it
    #[arg(long, value_name = "ID")]
    end: Option<u64>,
}

impl Sessions {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        self.own
            .act(&at, stdin, async |acting, stdin| {
                if let Some(id) = self.end {
                    acting.step_up(stdin).await?;
                    acting.account().end_session(SessionId(id)).await?;
                    return at.tell(&json!({ "ended": id }), &format!("session {id} is over"));
                }
                // The command line's own is over as soon as this is told.
                let overview = acting.account().overview().await?;
                let others = overview.sessions().iter().filter(|it| !it.is_current());
                for session in others {
                    let (id, since) = (session.id().0, session.since());
                    at.tell(
                        &json!({ "id": id, "since": since.0, "device": session.device() }),
                        &format!("{id:<20} since {}", when::text(since)),
                    )?;
                }
                Ok(Outcome::Done)
            })
            .await
    }
}

impl ForgetDevices {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        self.own
            .act(&at, stdin, async |acting, stdin| {
                acting.step_up(stdin).await?;
                let account = acting.account();
                let Some(number) = self.device else {
                    account.forget_devices().await?;
                    return at.tell(
                        &json!({ "forgotten": "all" }),
                        "all devices are forgotten, and every session is over",
                    );
                };
                // The command line has no cookie, so its own session is on no device.
                let (Forget::StillHere | Forget::Over) = account.forget_device(number).await?;
                at.tell(
                    &json!({ "forgotten": number }),
                    &format!("device {number} is forgotten, and its sessions are over"),
                )
            })
            .await
    }
}
