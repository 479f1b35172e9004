//! The organization's rules: dates moved and cancelled, choices, the latch, the break-glass code.

use clap::{ArgGroup, Args, ValueEnum};
use loquet::flow::{self, Choice, RulesChange};
use loquet::{RoleId, UnixTime};
use loquet_policy::SettingKind;
use serde_json::json;

use super::show_break_glass;
use crate::administrator::{By, begin_with_code, recent, with_fresh_code};
use crate::failure::{Failure, Outcome};
use crate::house::code;
use crate::input::Stdin;
use crate::role::{role, role_id};
use crate::when;

#[derive(Args)]
pub(crate) struct Move {
    #[command(flatten)]
    pub(crate) by: By,

    /// Whose mandate
    #[arg(long, default_value = "employee", value_parser = role_id)]
    role: RoleId,

    /// The new date such as 2026-12-01 (UTC), or seconds since the epoch
    #[arg(long, value_name = "DATE", value_parser = when::parse)]
    at: UnixTime,
}

#[derive(Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    pub(crate) by: By,

    /// Whose mandate
    #[arg(long, default_value = "employee", value_parser = role_id)]
    role: RoleId,
}

#[derive(Args)]
#[command(group(ArgGroup::new("choice").required(true).args(["recovery_codes", "reset_code_life", "enrollment_window"])))]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) by: By,

    /// Whether people get recovery codes when they enroll
    #[arg(long, value_name = "ON|OFF")]
    recovery_codes: Option<Switch>,

    /// Life of a reset's reset code, in seconds
    #[arg(long, value_name = "SECONDS")]
    reset_code_life: Option<u64>,

    /// Time in which somebody who must may still enroll with the password alone, in seconds
    #[arg(long, value_name = "SECONDS")]
    enrollment_window: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) by: By,

    /// Which change
    change: Waiting,
}

#[derive(Clone, Copy, ValueEnum)]
enum Waiting {
    RecoveryCodes,
    ResetCodeLife,
    EnrollmentWindow,
    AccessRules,
}

pub(crate) async fn shift(asked: &Move, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let moved = recent(&house, &asked.by, stdin, |stamp| flow::MoveMandate {
        stamp,
        role: asked.role,
        date: asked.at,
    });
    let imposed = moved.await?;
    house.tell(
        &json!({ "role": role(imposed.role), "from": imposed.date.0 }),
        &format!(
            "multi-factor log-in is required of every {} from {}",
            role(imposed.role),
            when::text(imposed.date)
        ),
    )
}

pub(crate) async fn cancel(asked: &Cancel, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let cancelled = recent(&house, &asked.by, stdin, |stamp| flow::CancelMandate {
        stamp,
        role: asked.role,
    });
    cancelled.await?;
    house.tell(
        &json!({ "role": role(asked.role), "cancelled": true }),
        &format!(
            "nothing is announced for every {} any more",
            role(asked.role)
        ),
    )
}

pub(crate) async fn strict_latch(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = by.house.open().await?;
    let set = recent(&house, by, stdin, |stamp| flow::Harden { stamp });
    set.await?;
    house.tell(
        &json!({ "preset": "strict_latch" }),
        "nobody switches multi-factor log-in off any more; there is no way back",
    )
}

pub(crate) async fn set(asked: &Set, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let choice = match (
        asked.recovery_codes,
        asked.reset_code_life,
        asked.enrollment_window,
    ) {
        (Some(switch), _, _) => Choice::RecoveryCodes {
            offered: switch == Switch::On,
        },
        (_, Some(seconds), _) => Choice::ResetCodeLife { seconds },
        (_, _, Some(seconds)) => Choice::EnrollmentWindow { seconds },
        (None, None, None) => return Err(Failure::of("mfa set", "nothing to set")),
    };
    let taken = with_fresh_code(&house, &asked.by, stdin, |stamp, typed| {
        flow::UpdateSettings {
            stamp,
            choice,
            typed,
        }
    });
    match taken.await? {
        RulesChange::InForce => house.tell(&json!({ "in_force": true }), "it holds"),
        RulesChange::Due(due) => house.tell(
            &json!({ "in_force": false, "due": due.0 }),
            &format!(
                "this weakens: it holds from {} unless an administrator stops it",
                when::text(due)
            ),
        ),
    }
}

pub(crate) async fn stop(asked: &Stop, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = asked.by.house.open().await?;
    let kind = match asked.change {
        Waiting::RecoveryCodes => SettingKind::RecoveryCodes,
        Waiting::ResetCodeLife => SettingKind::ResetCodeLife,
        Waiting::EnrollmentWindow => SettingKind::EnrollmentWindow,
        Waiting::AccessRules => SettingKind::AccessRules,
    };
    let stopped = recent(&house, &asked.by, stdin, |stamp| flow::CancelChange {
        stamp,
        kind,
    });
    stopped.await?;
    house.tell(&json!({ "stopped": true }), "the change is stopped")
}

pub(crate) async fn renew_break_glass_code(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let house = by.house.open().await?;
    let stamp = begin_with_code(&house, &by.administrator, stdin).await?;
    let words = "new break-glass code: ";
    let typed_back = show_break_glass(&house, &stamp, words, stdin).await?;
    let typed = code(stdin, &format!("next code of {}", by.administrator))?;
    let renew = flow::RenewBreakGlassCode {
        stamp,
        typed_back,
        typed,
    };
    house.run(renew).await?;
    house.tell(
        &json!({ "renewed": true }),
        "the old break-glass code is worth nothing any more",
    )
}
