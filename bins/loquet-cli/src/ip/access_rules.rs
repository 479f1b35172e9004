//! `loquet access-rules`: the access rules of an organization, changed by its administrators or taken back by the operator.
//!
//! `suspend` and `roll-back` ask for no code: the rules may keep out all who could give one. The user of this machine, who
//! can read database and key file, could do worse; all administrators are told at once, and it is on record.

use clap::{Args, Subcommand};
use loquet::{AccountId, Error, Operator, Refusal, UserEntry, WhatIf};
use serde_json::json;
use zeroize::Zeroizing;

use super::databases::Databases;
use super::rules;
use crate::acting::By;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{self, Installation, wait};
use crate::mfa::tell_change;
use crate::output;
use crate::when;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the access rules in force
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet access-rules show --db app.db --as helene")]
    Show(By),
    /// Set the access rules; an empty file removes them
    ///
    /// Rules that let more clients in than before wait three days. Rules must let in the client that sets them, which is this
    /// machine (127.0.0.1). Reads the administrator's code from standard input, and the next code for rules that wait.
    #[command(after_help = "\
Examples:
  loquet access-rules set new.rules --db app.db --as helene
  loquet access-rules set new.rules --database GeoLite2-Country.mmdb --db app.db --as helene")]
    Set(File),
    /// Put the access rules from before the last change in force again
    ///
    /// At once, within a day of the change. Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet access-rules undo --db app.db --as helene")]
    Undo(By),
    /// Show which users other rules would keep out
    ///
    /// Asks the log-ins of the last thirty days. Exit code 0 whatever is found. Reads the administrator's code from standard
    /// input.
    #[command(
        after_help = "Example:\n  loquet access-rules what-if new.rules --db app.db --as helene"
    )]
    WhatIf(File),
    /// Suspend the access rules until an administrator sets some
    ///
    /// For the day when the rules lock out those who could change them. Needs no code; all administrators are told.
    #[command(after_help = "Example:\n  loquet access-rules suspend --db app.db")]
    Suspend(Host),
    /// Roll back to the access rules from before the last change
    ///
    /// Once more puts the others back. Needs no code; all administrators are told.
    #[command(after_help = "Example:\n  loquet access-rules roll-back --db app.db")]
    RollBack(Host),
}

#[derive(Args)]
pub(crate) struct File {
    #[command(flatten)]
    by: By,

    /// A file of rules, one a line. Standard input is for the codes
    file: String,

    #[command(flatten)]
    databases: Databases,
}

#[derive(Args)]
pub(crate) struct Host {
    #[command(flatten)]
    at: installation::Arguments,

    /// The administrator in whose name it is recorded; the first one when left out
    #[arg(long = "as", value_name = "ADMIN")]
    administrator: Option<String>,
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Show(by) => show(by, stdin).await,
                Self::Set(asked) => asked.set(stdin).await,
                Self::Undo(by) => undo(by, stdin).await,
                Self::WhatIf(asked) => asked.what_if(stdin).await,
                Self::Suspend(host) => host.suspend().await,
                Self::RollBack(host) => host.roll_back().await,
            }
        })
    }
}

async fn show(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = by.at.open().await?;
    by.act(&at, stdin, async |acting, _| {
        let admin = acting.admin();
        let text = admin.access_rules().await?;
        let until = admin.access_rules_undoable_until().await?;
        if at.json {
            let until = until.map(|until| until.0);
            return at.tell(&json!({ "rules": text, "undoable_until": until }), "");
        }
        if text.is_empty() {
            output::note("no access rules: clients are let in from everywhere");
        }
        if let Some(until) = until {
            let until = when::text(until);
            output::note(&format!(
                "`loquet access-rules undo` takes the last change back until {until}"
            ));
        }
        output::raw(text.as_bytes())?;
        Ok(Outcome::Done)
    })
    .await
}

async fn undo(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = by.at.open().await?;
    by.act(&at, stdin, async |acting, _| {
        tell_change(&at, acting.admin().undo_access_rules().await?)
    })
    .await
}

impl File {
    /// Reads the rules, before a code is asked for.
    fn read(&self, at: &Installation, stdin: &mut Stdin) -> Result<Zeroizing<String>, Failure> {
        if self.file == "-" {
            return Err(Failure::of(
                "FILE",
                "expected a file of rules, found `-`; standard input is for the codes",
            ));
        }
        let limit = at.mfa().rules_limit();
        let text = stdin.file("FILE", &self.file, limit)?;
        if !text.trim().is_empty() {
            rules("FILE", &self.file, &text)?;
        }
        if let Some(geo) = self.databases.read()? {
            at.operator.set_geo(geo);
        }
        Ok(text)
    }

    async fn set(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let text = self.read(&at, stdin)?;
        self.by
            .act(&at, stdin, async |acting, stdin| {
                let set = async |code| acting.admin().set_access_rules(&text, code).await;
                tell_change(&at, acting.with_code(stdin, set).await?)
            })
            .await
    }

    async fn what_if(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let text = self.read(&at, stdin)?;
        self.by
            .act(&at, stdin, async |acting, _| {
                tell_what_if(&at, &acting.admin().what_if_access_rules(&text).await?)
            })
            .await
    }
}

fn tell_what_if(at: &Installation, what_if: &WhatIf) -> Result<Outcome, Failure> {
    for user in &what_if.affected {
        let lost: Vec<String> = user.lost.iter().map(ToString::to_string).collect();
        let from = if user.everywhere {
            "everywhere"
        } else {
            "there"
        };
        at.tell(
            &json!({ "account": user.external_id, "lost": lost, "everywhere": user.everywhere }),
            &format!(
                "{} could not log in from {} any more: kept out {from}",
                user.external_id.escape_debug(),
                lost.join(", ")
            ),
        )?;
    }
    let (locked_out, seen, users) = (what_if.locked_out(), what_if.seen, what_if.people);
    at.tell(
        &json!({ "locked_out": locked_out, "seen": seen, "accounts": users }),
        &format!(
            "{locked_out} of {users} accounts would be locked out; {seen} logged in during the last thirty days, of the others nothing is known"
        ),
    )
}

impl Host {
    async fn suspend(&self) -> Result<Outcome, Failure> {
        let suspend =
            async |operator: &Operator, account| operator.suspend_access_rules(account).await;
        self.act(
            suspend,
            "suspended",
            "the access rules are suspended: users can log in from everywhere",
        )
        .await
    }

    async fn roll_back(&self) -> Result<Outcome, Failure> {
        let roll_back =
            async |operator: &Operator, account| operator.roll_back_access_rules(account).await;
        self.act(
            roll_back,
            "rolled_back",
            "the access rules from before the last change are in force again",
        )
        .await
    }

    async fn act(
        &self,
        operation: impl AsyncFnOnce(&Operator, AccountId) -> Result<(), Error>,
        word: &str,
        sentence: &str,
    ) -> Result<Outcome, Failure> {
        let at = self.at.open().await?;
        let account = self.administrator(&at).await?;
        match operation(&at.operator, account).await {
            Err(Error::Refused(Refusal::Unchanged)) if !at.json => {
                output::note("there is nothing to take back");
                Err(Refusal::Unchanged.into())
            }
            ended => {
                ended?;
                at.tell(
                    &json!({ word: true }),
                    &format!("{sentence}\nall administrators are told"),
                )
            }
        }
    }

    async fn administrator(&self, at: &Installation) -> Result<AccountId, Failure> {
        if let Some(name) = &self.administrator {
            return at.account("--as", name).await;
        }
        let users = at.users().await?;
        users
            .iter()
            .find(|user| user.is_active() && user.is_administrator())
            .map(UserEntry::account_id)
            .ok_or_else(|| Failure::of("--as", "this organization has no administrator"))
    }
}
