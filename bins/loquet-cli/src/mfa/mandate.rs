//! Mandates: scheduled, moved, cancelled.

use clap::{ArgGroup, Args, ValueEnum};
use loquet::{Imposed, MandateKind, RoleId, Start, UnixTime};
use serde_json::json;

use crate::acting::By;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::Installation;
use crate::role::{role, role_id};
use crate::when;

/// What a mandate demands, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
enum Demands {
    /// Any second factor
    SecondFactor,
    /// A passkey: no code logs in any more
    Passkey,
}

impl From<Demands> for MandateKind {
    fn from(demands: Demands) -> Self {
        match demands {
            Demands::SecondFactor => Self::SecondFactor,
            Demands::Passkey => Self::Passkey,
        }
    }
}

/// What a mandate demands, as it is typed and read.
pub(super) const fn demands(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::SecondFactor => "second-factor",
        MandateKind::Passkey => "passkey",
    }
}

/// What a mandate demands, in a sentence.
pub(super) const fn what(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::SecondFactor => "multi-factor log-in",
        MandateKind::Passkey => "a passkey",
    }
}

#[derive(Args)]
#[command(group(ArgGroup::new("start").required(true).args(["at", "now"])))]
pub(crate) struct Schedule {
    #[command(flatten)]
    by: By,

    /// The role: member, staff, or the number of a role of the host's own
    #[arg(long, default_value = "staff", value_parser = role_id)]
    role: RoleId,

    /// What is required
    #[arg(long, value_enum, default_value_t = Demands::SecondFactor)]
    demands: Demands,

    /// The date from which it is required, such as 2026-12-01 (UTC), or seconds since the epoch
    #[arg(long, value_name = "DATE", value_parser = when::parse)]
    at: Option<UnixTime>,

    /// Require it at once: users who are not enrolled enroll at their next log-in
    #[arg(long)]
    now: bool,
}

#[derive(Args)]
pub(crate) struct Move {
    #[command(flatten)]
    by: By,

    /// The role of the mandate
    #[arg(long, default_value = "staff", value_parser = role_id)]
    role: RoleId,

    /// What the mandate demands
    #[arg(long, value_enum, default_value_t = Demands::SecondFactor)]
    demands: Demands,

    /// The new date such as 2026-12-01 (UTC), or seconds since the epoch
    #[arg(long, value_name = "DATE", value_parser = when::parse)]
    at: UnixTime,
}

#[derive(Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    by: By,

    /// The role of the mandate
    #[arg(long, default_value = "staff", value_parser = role_id)]
    role: RoleId,

    /// What the mandate demands
    #[arg(long, value_enum, default_value_t = Demands::SecondFactor)]
    demands: Demands,
}

impl Schedule {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let now = Start::Now {
            confirmed: self.now,
        };
        let start = self.at.map_or(now, Start::At);
        self.by
            .act(&at, stdin, async |acting, _| {
                let admin = acting.admin();
                let imposed = admin.schedule_mandate(self.role, self.demands.into(), start);
                tell(&at, imposed.await?)
            })
            .await
    }
}

impl Move {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        self.by
            .act(&at, stdin, async |acting, _| {
                let admin = acting.admin();
                let moved = admin.move_mandate(self.role, self.demands.into(), self.at);
                tell(&at, moved.await?)
            })
            .await
    }
}

impl Cancel {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        self.by
            .act(&at, stdin, async |acting, _| {
                let kind = self.demands.into();
                acting.admin().cancel_mandate(self.role, kind).await?;
                let role = role(self.role);
                at.tell(
                    &json!({ "role": role, "demands": demands(kind), "cancelled": true }),
                    &format!(
                        "the mandate for the role {role} is cancelled: {}",
                        what(kind)
                    ),
                )
            })
            .await
    }
}

fn tell(at: &Installation, mandate: Imposed) -> Result<Outcome, Failure> {
    let role = role(mandate.role);
    at.tell(
        &json!({ "role": role, "demands": demands(mandate.kind), "from": mandate.date.0 }),
        &format!(
            "{} is required of every {role} from {}",
            what(mandate.kind),
            when::text(mandate.date)
        ),
    )
}
