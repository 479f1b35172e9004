//! Mandates: scheduled, moved, cancelled.

use clap::{ArgGroup, Args};
use loquet::{Imposed, RoleId, Start, UnixTime};
use serde_json::json;

use crate::acting::By;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::Installation;
use crate::role::{role, role_id};
use crate::when;

#[derive(Args)]
#[command(group(ArgGroup::new("start").required(true).args(["at", "now"])))]
pub(crate) struct Schedule {
    #[command(flatten)]
    by: By,

    /// The role: member, staff, or the number of a role of the host's own
    #[arg(long, default_value = "staff", value_parser = role_id)]
    role: RoleId,

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
                tell(
                    &at,
                    acting.admin().schedule_mandate(self.role, start).await?,
                )
            })
            .await
    }
}

impl Move {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        self.by
            .act(&at, stdin, async |acting, _| {
                tell(&at, acting.admin().move_mandate(self.role, self.at).await?)
            })
            .await
    }
}

impl Cancel {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        self.by
            .act(&at, stdin, async |acting, _| {
                acting.admin().cancel_mandate(self.role).await?;
                let role = role(self.role);
                at.tell(
                    &json!({ "role": role, "cancelled": true }),
                    &format!("the mandate for the role {role} is cancelled"),
                )
            })
            .await
    }
}

fn tell(at: &Installation, mandate: Imposed) -> Result<Outcome, Failure> {
    let role = role(mandate.role);
    at.tell(
        &json!({ "role": role, "from": mandate.date.0 }),
        &format!(
            "multi-factor log-in is required of every {role} from {}",
            when::text(mandate.date)
        ),
    )
}
