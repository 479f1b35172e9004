//! An organization's settings: shown with what weakens, changed, and stopped from changing.

use clap::{ArgGroup, Args, ValueEnum};
use loquet::{OrganizationSetting, RulesChange, SettingKind};
use serde_json::json;

use crate::acting::By;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, Installation};
use crate::output;
use crate::when;

#[derive(Args)]
#[command(group(ArgGroup::new("setting").required(true)
    .args(["recovery_codes", "reset_code_life", "enrollment_window", "remembered_devices"])))]
pub(crate) struct Update {
    #[command(flatten)]
    by: By,

    /// Whether users get recovery codes when they enroll. Turning it on weakens
    #[arg(long, value_name = "ON|OFF")]
    recovery_codes: Option<Switch>,

    /// How long a reset code lives, in seconds: ten minutes to three days. A longer life weakens
    #[arg(long, value_name = "SECONDS")]
    reset_code_life: Option<u64>,

    /// How long a user who must enroll may still do so with the password alone, in seconds: a day to ninety. A longer time
    /// weakens
    #[arg(long, value_name = "SECONDS")]
    enrollment_window: Option<u64>,

    /// Whether users may have devices remembered. Does not weaken: a code is asked for at each log-in all the same
    #[arg(long, value_name = "ON|OFF")]
    remembered_devices: Option<Switch>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    by: By,

    /// The change that waits
    change: Waiting,
}

#[derive(Clone, Copy, ValueEnum)]
enum Waiting {
    RecoveryCodes,
    ResetCodeLife,
    EnrollmentWindow,
    AccessRules,
}

impl Update {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        self.by
            .act(&at, stdin, async |acting, stdin| {
                let admin = acting.admin();
                let change = match self.setting() {
                    Some(setting) => {
                        let update = async |code| admin.update_setting(setting, code).await;
                        acting.with_code(stdin, update).await?
                    }
                    None => {
                        let on = self.remembered_devices == Some(Switch::On);
                        admin.remember_devices(on).await?;
                        RulesChange::InForce
                    }
                };
                tell(&at, change)
            })
            .await
    }

    const fn setting(&self) -> Option<OrganizationSetting> {
        match (
            self.recovery_codes,
            self.reset_code_life,
            self.enrollment_window,
        ) {
            (Some(switch), _, _) => Some(OrganizationSetting::RecoveryCodes {
                offered: matches!(switch, Switch::On),
            }),
            (_, Some(seconds), _) => Some(OrganizationSetting::ResetCodeLife { seconds }),
            (_, _, Some(seconds)) => Some(OrganizationSetting::EnrollmentWindow { seconds }),
            (None, None, None) => None,
        }
    }
}

impl Cancel {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let at = self.by.at.open().await?;
        let kind = match self.change {
            Waiting::RecoveryCodes => SettingKind::RecoveryCodes,
            Waiting::ResetCodeLife => SettingKind::ResetCodeLife,
            Waiting::EnrollmentWindow => SettingKind::EnrollmentWindow,
            Waiting::AccessRules => SettingKind::AccessRules,
        };
        self.by
            .act(&at, stdin, async |acting, _| {
                acting.admin().cancel_change(kind).await?;
                at.tell(&json!({ "cancelled": true }), "the change is cancelled")
            })
            .await
    }
}

/// Tells whether a change holds, or from when on.
pub(crate) fn tell(at: &Installation, change: RulesChange) -> Result<Outcome, Failure> {
    match change {
        RulesChange::InForce => at.tell(
            &json!({ "in_force": true, "weakens": false }),
            "the change is in force",
        ),
        RulesChange::Due(due) => at.tell(
            &json!({ "in_force": false, "weakens": true, "due": due.0 }),
            &format!(
                "this weakens: it is in force from {} unless an administrator cancels it",
                when::text(due)
            ),
        ),
    }
}

pub(super) async fn show(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let organization = &at.organization;
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let rules = if organization.has_access_rules() {
        "set"
    } else {
        "none"
    }
    .to_owned();
    for (name, value, weakens) in [
        (
            "recovery_codes",
            switch(organization.offers_recovery_codes()),
            "turning it on",
        ),
        (
            "reset_code_life",
            organization.reset_code_life().to_string(),
            "a longer life",
        ),
        (
            "enrollment_window",
            organization.enrollment_window().to_string(),
            "a longer time",
        ),
        ("access_rules", rules, "rules that let more clients in"),
    ] {
        let kind = json!(name);
        let mut scheduled = organization.scheduled_changes().iter();
        let due = scheduled
            .find(|change| json!(change.setting.kind()) == kind)
            .map(|change| change.due);
        if at.json {
            let object = json!({ "setting": name, "value": value, "weakens": weakens, "waiting_until": due.map(|due| due.0) });
            output::line(&object.to_string())?;
        } else {
            let waiting = due.map_or_else(String::new, |due| {
                format!("; a change waits until {}", when::text(due))
            });
            let name = name.replace('_', " ");
            output::line(&format!("{name:<18} {value:<8} {weakens} weakens{waiting}"))?;
        }
    }
    Ok(Outcome::Done)
}

pub(super) async fn harden(by: &By, stdin: &mut Stdin) -> Result<Outcome, Failure> {
    let at = by.at.open().await?;
    by.act(&at, stdin, async |acting, _| {
        acting.admin().harden().await?;
        at.tell(
            &json!({ "strict_latch": true }),
            "multi-factor log-in cannot be switched off any more; there is no way back",
        )
    })
    .await
}
