//! What an administrator or the host does to one account.

use clap::Args;
use loquet::{Address, RoleId};
use serde_json::json;

use crate::acting::{By, Own};
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::mfa::tell_reset_code;
use crate::role::{role, role_id};

/// An account and the administrator who acts on it.
#[derive(Args)]
pub(crate) struct Subject {
    #[command(flatten)]
    by: By,

    /// The account, by id or by the host's name for it
    account: String,
}

#[derive(Args)]
pub(crate) struct Rename {
    #[command(flatten)]
    own: Own,

    /// The new name by which the host knows the account
    name: String,

    /// What authenticator apps show; the new name when left out
    #[arg(long)]
    label: Option<String>,
}

#[derive(Args)]
pub(crate) struct Role {
    #[command(flatten)]
    subject: Subject,

    /// The role: member, staff, administrator, or the number of a role of the host's own
    #[arg(value_parser = role_id)]
    role: RoleId,
}

#[derive(Args)]
pub(crate) struct Reactivate {
    #[command(flatten)]
    subject: Subject,

    /// A role that it gets; may be repeated
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role_id)]
    roles: Vec<RoleId>,
}

impl Role {
    pub(super) async fn add(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let Subject { by, account } = &self.subject;
        let at = by.at.open().await?;
        let subject = at.account("ACCOUNT", account).await?;
        by.act(&at, stdin, async |acting, stdin| {
            let add = async |code| acting.admin().add_role(subject, self.role, code).await;
            acting.with_code(stdin, add).await?;
            let (account, role) = (account.escape_debug(), role(self.role));
            at.tell(
                &json!({ "account": subject.to_string(), "added": role }),
                &format!("{account} has the role {role} now"),
            )
        })
        .await
    }

    pub(super) async fn remove(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let Subject { by, account } = &self.subject;
        let at = by.at.open().await?;
        let subject = at.account("ACCOUNT", account).await?;
        by.act(&at, stdin, async |acting, _| {
            acting.admin().remove_role(subject, self.role).await?;
            let (account, role) = (account.escape_debug(), role(self.role));
            at.tell(
                &json!({ "account": subject.to_string(), "removed": role }),
                &format!("{account} does not have the role {role} any more"),
            )
        })
        .await
    }
}

impl Subject {
    pub(super) async fn undo_report(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let subject = at.account("ACCOUNT", &self.account).await?;
        self.by
            .act(&at, stdin, async |acting, stdin| {
                let undo = async |code| acting.admin().undo_report(subject, code).await;
                acting.with_code(stdin, undo).await?;
                at.tell(
                    &json!({ "account": subject.to_string(), "suspended": false }),
                    &format!(
                        "the authenticator of {} counts again",
                        self.account.escape_debug()
                    ),
                )
            })
            .await
    }

    pub(super) async fn deactivate(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let subject = at.account("ACCOUNT", &self.account).await?;
        self.by
            .act(&at, stdin, async |acting, _| {
                acting.admin().deactivate(subject).await?;
                at.tell(
                    &json!({ "account": subject.to_string(), "deactivated": true }),
                    &format!("{} is deactivated", self.account.escape_debug()),
                )
            })
            .await
    }
}

impl Reactivate {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let Subject { by, account } = &self.subject;
        let at = by.at.open().await?;
        let subject = at.account("ACCOUNT", account).await?;
        by.act(&at, stdin, async |acting, stdin| {
            let reactivate =
                async |code| acting.admin().reactivate(subject, &self.roles, code).await;
            let issued = acting.with_code(stdin, reactivate).await?;
            tell_reset_code(&at, account, &issued)
        })
        .await
    }
}

#[derive(Args)]
pub(crate) struct SetAddress {
    #[command(flatten)]
    own: Own,

    /// The address, such as marie@example.org
    address: Address,
}

impl SetAddress {
    /// In the host's name: no session is needed.
    pub(super) async fn run(&self) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        let account = at.account("ACCOUNT", &self.own.account).await?;
        let address = self.address.clone();
        let provision = at.mfa().provision();
        let changed = provision.set_address(account, address).await?;
        let confirmed = provision.address(account).await?.as_ref() == Some(&self.address);
        let (account, address) = (self.own.account.escape_debug(), self.address.as_str());
        let says = match (confirmed, changed) {
            (true, true) => format!("the notices of {account} go to {address}"),
            (true, false) => format!("the notices of {account} went already to {address}"),
            (false, true) => format!(
                "a code goes to {address}, where the notices of {account} go once it is typed back"
            ),
            (false, false) => format!("{address} waits already for its code to be typed back"),
        };
        at.tell(
            &json!({ "address": address, "changed": changed, "confirmed": confirmed }),
            &says,
        )
    }
}

impl Rename {
    /// In the host's name: no administrator's session is needed.
    pub(super) async fn run(&self) -> Result<Outcome, Failure> {
        let at = self.own.at.open().await?;
        let account = at.account("ACCOUNT", &self.own.account).await?;
        let label = self.label.as_ref().unwrap_or(&self.name);
        let provision = at.mfa().provision();
        provision.rename(account, &self.name, label).await?;
        at.tell(
            &json!({ "account": account.to_string(), "external_id": self.name, "label": label }),
            &format!(
                "{} is {} now",
                self.own.account.escape_debug(),
                self.name.escape_debug()
            ),
        )
    }
}

pub(super) async fn reset_code(asked: &Own) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.account("ACCOUNT", &asked.account).await?;
    let issued = at.operator.issue_reset_code(account).await?;
    tell_reset_code(&at, &asked.account, &issued)
}

/// Appoints an administrator in the host's name.
pub(super) async fn appoint(asked: &Own) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.account("ACCOUNT", &asked.account).await?;
    match at.operator.appoint_administrator(account).await? {
        Some(issued) => tell_reset_code(&at, &asked.account, &issued),
        None => at.tell(
            &json!({ "account": account.to_string(), "administrator": true }),
            &format!(
                "{} is an administrator, with the same authenticator as before",
                asked.account.escape_debug()
            ),
        ),
    }
}

/// Erases an account in the host's name: no administrator's session is needed.
pub(super) async fn erase(asked: &Own) -> Result<Outcome, Failure> {
    let at = asked.at.open().await?;
    let account = at.account("ACCOUNT", &asked.account).await?;
    at.mfa().provision().erase(account).await?;
    at.tell(
        &json!({ "account": account.to_string(), "erased": true }),
        &format!(
            "{} is erased; its id {account} stays in the audit log",
            asked.account.escape_debug()
        ),
    )
}
