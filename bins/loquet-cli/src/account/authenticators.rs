//! The authenticators of an account: how one is added, replaced, named, removed and reported lost.

use clap::Args;
use loquet::{Attempt, AuthenticatorEntry, AuthenticatorId, Offer};
use serde_json::{Value, json};

use super::show::shown;
use crate::acting::{Acting, Own, client, code};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::Installation;
use crate::when;

/// One authenticator of an account.
#[derive(Args)]
pub(crate) struct One {
    #[command(flatten)]
    own: Own,

    /// The authenticator, by the number that `loquet account show` prints
    number: u16,
}

#[derive(Args)]
pub(crate) struct Named {
    #[command(flatten)]
    one: One,

    /// What its owner calls it; empty takes the name away
    name: String,
}

#[derive(Args)]
pub(crate) struct Lost {
    #[command(flatten)]
    own: Own,

    /// Which of several, by the number that `loquet account show` prints
    #[arg(long, value_name = "NUMBER")]
    authenticator: Option<u16>,
}

pub(super) async fn add(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let add = async |code| acting.account().add_authenticator(code).await;
            let offer = acting.with_code(stdin, add).await?;
            confirm(&at, acting, &offer, stdin).await?;
            at.tell(
                &json!({ "added": true }),
                "the new authenticator logs in, and the others go on to",
            )
        })
        .await
}

pub(super) async fn replace(asked: &Own, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    asked
        .act(&at, stdin, async |acting, stdin| {
            let replace = async |code| acting.account().replace_authenticator(code).await;
            let offer = acting.with_code(stdin, replace).await?;
            confirm(&at, acting, &offer, stdin).await?;
            at.tell(
                &json!({ "replaced": true }),
                "the new authenticator counts; the old one does not any more",
            )
        })
        .await
}

/// Shows the key of the new authenticator, and takes its first code.
async fn confirm(
    at: &Installation,
    acting: &Acting<'_>,
    offer: &Offer,
    stdin: &mut Stdin,
) -> Result<(), Failure> {
    let uri = offer.uri.expose();
    at.tell(
        &json!({ "uri": uri, "key": offer.key_ungrouped.as_str() }),
        &format!(
            "{uri}\nadd it to the new authenticator (`loquet qr --uri -` draws it), or type the key {}",
            offer.key_grouped.as_str()
        ),
    )?;
    let first = code(stdin, "first code of the new authenticator")?;
    let mfa = acting.mfa();
    let login = mfa
        .confirm_enrollment(acting.session(), first, client())
        .await?;
    Ok(mfa.log_out(&login.session).await?)
}

impl One {
    const fn id(&self) -> AuthenticatorId {
        AuthenticatorId(self.number)
    }

    pub(super) async fn remove(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        self.own
            .act(&at, stdin, async |acting, stdin| {
                let remove =
                    async |code| acting.account().remove_authenticator(self.id(), code).await;
                let login = acting.with_code(stdin, remove).await?;
                acting.mfa().log_out(&login.session).await?;
                let number = self.number;
                at.tell(
                    &json!({ "removed": number }),
                    &format!("authenticator {number} is removed, and every session is over"),
                )
            })
            .await
    }
}

impl Named {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.one.own.at.open().await?;
        self.one
            .own
            .act(&at, stdin, async |acting, stdin| {
                acting.step_up(stdin).await?;
                let account = acting.account();
                account
                    .rename_authenticator(self.one.id(), &self.name)
                    .await?;
                let (number, name) = (self.one.number, self.name.trim());
                at.tell(
                    &json!({ "authenticator": number, "name": name }),
                    &format!("authenticator {number} is called {}", name.escape_debug()),
                )
            })
            .await
    }
}

impl Lost {
    /// The operator has spoken to the owner; a suspended authenticator opens nothing.
    pub(super) async fn run(&self) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        let account = at.account("ACCOUNT", &self.own.account).await?;
        let (mfa, attempt) = (at.mfa(), Attempt::new(client()));
        match self.authenticator {
            Some(number) => {
                mfa.report_one_lost(account, AuthenticatorId(number), attempt)
                    .await?;
            }
            None => mfa.report_lost(account, attempt).await?,
        }
        let way = match at.user("ACCOUNT", &self.own.account).await?.is_enrolled() {
            true => "the others log in, and the link in the letter undoes this",
            false => {
                "an administrator resets it with `loquet mfa reset`, or undoes this with `loquet account undo-report`"
            }
        };
        at.tell(
            &json!({ "suspended": true }),
            &format!(
                "the authenticator of {} is suspended; {way}",
                self.own.account.escape_debug()
            ),
        )
    }
}

/// What an authenticator is.
fn kind(entry: &AuthenticatorEntry) -> &'static str {
    match (entry.is_passkey(), entry.token()) {
        (true, _) => "passkey",
        (false, Some(_)) => "token",
        (false, None) => "app",
    }
}

/// One authenticator, in a line.
pub(super) fn line(entry: &AuthenticatorEntry) -> String {
    let mut text = format!("{}", entry.id().0);
    if !entry.name().is_empty() {
        text.push_str(&format!(" ({})", shown(entry.name())));
    }
    text.push_str(&format!(" {}", kind(entry)));
    if let Some(serial) = entry.token() {
        text.push_str(&format!(" {}", shown(serial)));
    }
    if entry.is_backed_up() {
        text.push_str(", backed up,");
    }
    match entry.suspended() {
        Some(since) => text.push_str(&format!(" suspended {}", when::text(since))),
        None => text.push_str(&format!(" since {}", when::text(entry.since()))),
    }
    match entry.last_used() {
        Some(used) => text.push_str(&format!("; last used {}", when::text(used))),
        None => text.push_str("; not used yet"),
    }
    if let Some(until) = entry.settles() {
        text.push_str(&format!("; only logs in until {}", when::text(until)));
    }
    text
}

pub(super) fn object(entry: &AuthenticatorEntry) -> Value {
    json!({
        "id": entry.id().0,
        "name": entry.name(),
        "kind": kind(entry),
        "token": entry.token(),
        "backed_up": entry.is_passkey().then(|| entry.is_backed_up()),
        "since": entry.since().0,
        "last_used": entry.last_used().map(|used| used.0),
        "suspended": entry.suspended().map(|since| since.0),
        "settles": entry.settles().map(|until| until.0),
    })
}
