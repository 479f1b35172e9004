//! The grid: the answer to every command for every actor and state, printed to `grid.txt`.
//!
//! To update the file after an intended change, and then read the difference:
//! `cargo test -p loquet-policy --test rules -- --ignored write_the_grid`.

pub(crate) mod actors;
mod reasons;
pub(crate) mod states;

use loquet_policy::*;
use std::collections::BTreeSet;
use std::fmt::Write;

use crate::aim::NEWEST;
use crate::fixture::digest;
use actors::actors;
use states::*;

/// Returns every command once, with valid evidence.
fn commands() -> Vec<Command> {
    let mut all = of_organization();
    all.extend(of_sessions());
    all.extend(of_enrollment());
    all.extend(of_people());
    all
}

fn of_organization() -> Vec<Command> {
    let (role, code) = (RoleId::STAFF, GOOD);
    let (break_glass, typed_back) = (digest(1), true);
    let start = Start::At(NOW.plus(limits::NOTICE));
    let date = NOW.plus(30 * limits::DAY);
    let setting = Setting::RecoveryCodes { offered: true };
    let kind = SettingKind::ResetCodeLife;
    vec![
        Command::Enable {
            break_glass,
            typed_back,
        },
        Command::Harden,
        Command::ScheduleMandate {
            kind: MandateKind::SecondFactor,
            role,
            start,
        },
        Command::ScheduleMandate {
            kind: MandateKind::Passkey,
            role,
            start,
        },
        Command::MoveMandate {
            kind: MandateKind::SecondFactor,
            role,
            date,
        },
        Command::CancelMandate {
            kind: MandateKind::SecondFactor,
            role,
        },
        Command::RenewBreakGlassCode {
            break_glass,
            typed_back,
            code,
        },
        Command::ChangeSetting { setting, code },
        Command::UndoAccessRules { rules: digest(6) },
        Command::CancelChange { kind },
        Command::ApplyDue,
    ]
}

fn of_sessions() -> Vec<Command> {
    let (code, access) = (GOOD, Access::Allowed);
    let (step, drift) = (STEP + 3, 2);
    vec![
        Command::LogIn { access },
        Command::VerifyCode { code, access },
        Command::Resynchronize {
            pair: PairCheck::Good { step, drift },
            by: NEWEST,
            source: CodeSource::Stranger,
            access,
        },
        Command::LogOut,
        Command::LogOutEverywhere,
        Command::PasswordChanged { by_owner: true },
    ]
}

fn of_enrollment() -> Vec<Command> {
    let (code, access, recovery) = (GOOD, Access::Allowed, RecoverySet::EMPTY);
    let (link, drift) = (digest(3), 20);
    vec![
        Command::BeginEnrollment {
            reset_code: Some(digest(2)),
            recovery,
            access,
        },
        Command::BeginReplacement { code, recovery },
        Command::ConfirmEnrollment {
            check: GOOD.check,
            link,
            break_glass: None,
            access,
        },
        Command::ConfirmToken {
            pair: PairCheck::Good { step: STEP, drift },
            link,
            break_glass: None,
            access,
        },
        Command::CancelEnrollment,
        Command::BeginAddition {
            code,
            passkeys: false,
        },
        Command::RemoveAuthenticator {
            authenticator: AuthenticatorId(2),
            code,
        },
        Command::TurnOn { code },
        Command::TurnOff { code },
        Command::UseRecoveryCode {
            code: Some(digest(4)),
            access,
        },
        Command::RenewRecoveryCodes { code, recovery },
        Command::ReportLost {
            authenticator: NEWEST,
            link,
        },
        Command::UndoReport {
            evidence: Evidence::Link(link),
            code,
            access,
        },
        Command::ReportUnrecognized { link },
        Command::ChangeAddress {
            code,
            sent: digest(5),
        },
        Command::ConfirmAddress {
            code: Some(digest(5)),
        },
    ]
}

fn of_people() -> Vec<Command> {
    let (role, code) = (RoleId::ADMINISTRATOR, GOOD);
    let (break_glass, reset_code) = (digest(1), digest(2));
    vec![
        Command::Reset {
            reset_code,
            aloud: false,
            code,
        },
        Command::UndoReportOf { code },
        Command::AddRole { role, code },
        Command::RemoveRole { role },
        Command::Deactivate,
        Command::Reactivate {
            roles: RoleSet::of(RoleId::STAFF),
            reset_code,
            code,
        },
        Command::HostDeactivate,
        Command::ClockCorrected {
            present: [1; limits::AUTHENTICATORS],
        },
        Command::ImportAuthenticator {
            key: ImportedKey::Unused,
            weak: false,
            step: STEP,
            toggle: true,
            tell: true,
        },
        Command::AssignToken {
            key: ImportedKey::Unused,
        },
        Command::WithdrawToken,
        Command::IssueResetCode { reset_code },
        Command::AppointAdministrator { reset_code },
        Command::OpenBreakGlass { break_glass },
        Command::CollectResetCode {
            break_glass,
            reset_code,
        },
    ]
}

/// Returns the number and the name of a command. A new command is a compile error here, and its absence from
/// the grid fails `grid_contains_every_command`.
fn name(command: &Command) -> (usize, &'static str) {
    match command {
        Command::Enable { .. } => (0, "Enable"),
        Command::Harden => (1, "Harden"),
        Command::ScheduleMandate {
            kind: MandateKind::SecondFactor,
            ..
        } => (2, "ScheduleMandate"),
        Command::ScheduleMandate {
            kind: MandateKind::Passkey,
            ..
        } => (47, "ScheduleMandate(of passkeys)"),
        Command::MoveMandate { .. } => (3, "MoveMandate"),
        Command::CancelMandate { .. } => (4, "CancelMandate"),
        Command::RenewBreakGlassCode { .. } => (5, "RenewBreakGlassCode"),
        Command::ChangeSetting { .. } => (6, "ChangeSetting(recovery codes on)"),
        Command::CancelChange { .. } => (7, "CancelChange"),
        Command::ApplyDue => (8, "ApplyDue"),
        Command::LogIn { .. } => (9, "LogIn"),
        Command::VerifyCode { .. } => (10, "VerifyCode"),
        Command::Resynchronize { .. } => (11, "Resynchronize"),
        Command::LogOut => (12, "LogOut"),
        Command::LogOutEverywhere => (13, "LogOutEverywhere"),
        Command::PasswordChanged { .. } => (14, "PasswordChanged"),
        Command::BeginEnrollment { .. } => (15, "BeginEnrollment"),
        Command::BeginReplacement { .. } => (16, "BeginReplacement"),
        Command::ConfirmEnrollment { .. } => (17, "ConfirmEnrollment"),
        Command::CancelEnrollment => (18, "CancelEnrollment"),
        Command::TurnOn { .. } => (19, "TurnOn"),
        Command::TurnOff { .. } => (20, "TurnOff"),
        Command::UseRecoveryCode { .. } => (21, "UseRecoveryCode"),
        Command::ReportLost { .. } => (22, "ReportLost"),
        Command::ReportUnrecognized { .. } => (23, "ReportUnrecognized"),
        Command::Reset { .. } => (24, "Reset"),
        Command::AddRole { .. } => (25, "AddRole(administrator)"),
        Command::RemoveRole { .. } => (26, "RemoveRole(administrator)"),
        Command::Deactivate => (27, "Deactivate"),
        Command::Reactivate { .. } => (28, "Reactivate"),
        Command::HostDeactivate => (29, "HostDeactivate"),
        Command::OpenBreakGlass { .. } => (30, "OpenBreakGlass"),
        Command::CollectResetCode { .. } => (31, "CollectResetCode"),
        Command::ChangeAddress { .. } => (32, "ChangeAddress"),
        Command::UndoReport { .. } => (33, "UndoReport"),
        Command::UndoReportOf { .. } => (34, "UndoReportOf"),
        Command::ConfirmAddress { .. } => (35, "ConfirmAddress"),
        Command::IssueResetCode { .. } => (36, "IssueResetCode"),
        Command::ClockCorrected { .. } => (37, "ClockCorrected"),
        Command::ImportAuthenticator { .. } => (38, "ImportAuthenticator"),
        Command::ConfirmToken { .. } => (39, "ConfirmToken"),
        Command::AssignToken { .. } => (40, "AssignToken"),
        Command::WithdrawToken => (41, "WithdrawToken"),
        Command::UndoAccessRules { .. } => (42, "UndoAccessRules"),
        Command::AppointAdministrator { .. } => (43, "AppointAdministrator"),
        Command::RenewRecoveryCodes { .. } => (44, "RenewRecoveryCodes"),
        Command::BeginAddition { .. } => (45, "BeginAddition"),
        Command::RemoveAuthenticator { .. } => (46, "RemoveAuthenticator(the second)"),
    }
}

const COMMANDS: usize = 48;

/// Returns the lines of a command: the actor's state, with a scene for each organization.
fn lines(command: &Command) -> Vec<(String, Vec<Scene>)> {
    let organizations = organizations();
    let mut lines = Vec::new();
    for (role, actor) in [
        ("parent", account(2, &[RoleId::MEMBER])),
        ("employee", account(2, &[RoleId::STAFF])),
        ("administrator", administrator(2)),
    ] {
        for (state, prepare, granted) in actors() {
            let scene = |(_, organization): &(&str, Option<Organization>)| {
                let mut scene = base(organization.clone(), actor.clone());
                scene.session =
                    granted.and_then(|(level, seconds)| session(&actor, level, ago(seconds)));
                prepare(&mut scene);
                // What was bound first proved the session.
                let first = scene.actor.second_factor.iter().next();
                let passkey = first.is_some_and(Authenticator::is_passkey);
                if let Some(session) = &mut scene.session {
                    session.passkey = passkey && session.level == Level::Level2;
                }
                if command.reads_subject() {
                    scene.subject = Some(enrolled(account(3, &[RoleId::STAFF])));
                }
                scene
            };
            lines.push((
                format!("{role}: {state}"),
                organizations.iter().map(scene).collect(),
            ));
        }
    }
    if command.reads_subject() {
        for (whom, subject) in subjects() {
            let scene = |(_, organization): &(&str, Option<Organization>)| {
                let mut scene = recent_administrator(organization.clone());
                scene.subject = subject.clone();
                scene
            };
            lines.push((
                format!("about {whom}"),
                organizations.iter().map(scene).collect(),
            ));
        }
    }
    lines
}

fn grid() -> String {
    let mut text = String::new();
    let organizations = organizations();
    let line = |text: &mut String, label: &str, cells: &[String]| {
        write!(text, "{label:50}").unwrap();
        for cell in cells {
            write!(text, "{cell:19} ").unwrap();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    let heads: Vec<String> = organizations
        .iter()
        .map(|(name, _)| (*name).to_string())
        .collect();
    for command in commands() {
        writeln!(text, "== {} ==", name(&command).1).unwrap();
        line(&mut text, "", &heads);
        for (label, scenes) in lines(&command) {
            let cells: Vec<String> = scenes.iter().map(|scene| scene.ask(&command)).collect();
            line(&mut text, &label, &cells);
        }
        text.push('\n');
    }
    text
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/grid/grid.txt");

#[test]
fn grid_matches_committed_file() {
    let (kept, found) = (std::fs::read_to_string(FILE).unwrap(), grid());
    if let Some((line, (kept, found))) = kept
        .lines()
        .zip(found.lines())
        .enumerate()
        .find(|(_, (kept, found))| kept != found)
    {
        panic!("line {} was\n  {kept}\nand is\n  {found}", line + 1);
    }
    assert_eq!(kept.len(), found.len());
}

#[test]
#[ignore = "writes the committed file"]
fn write_the_grid() {
    std::fs::write(FILE, grid()).unwrap();
}

#[test]
fn grid_contains_every_command() {
    let numbers: BTreeSet<usize> = commands().iter().map(|command| name(command).0).collect();
    assert_eq!(numbers, (0..COMMANDS).collect());
}

/// No command in any cell disables, lifts a mandate or erases an authenticator.
#[test]
fn no_command_reverses_enabled_state() {
    for command in commands() {
        for scene in lines(&command).into_iter().flat_map(|(_, scenes)| scenes) {
            let Changes {
                organization,
                actor,
                ..
            } = scene.decide(&command).changes;
            if let (Some(was), Some(is)) = (&scene.organization, organization) {
                assert!(!was.is_enabled() || is.is_enabled(), "{command:?}");
                let in_force = |it: &&Mandate| matches!(it.state, MandateState::InForce { .. });
                let mut kept = was.mandates.iter().filter(in_force);
                assert!(kept.all(|it| is.mandates.contains(it)), "{command:?}");
            }
            // A deactivated account has no authenticator.
            if let Some(is) = actor.filter(Account::is_active) {
                let unbound = is.second_factor == SecondFactor::None;
                assert!(
                    !unbound || scene.actor.second_factor == is.second_factor,
                    "{command:?}"
                );
            }
        }
    }
}
