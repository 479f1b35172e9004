//! Who may do what: actor × command × state, printed to `grid.txt`.
//!
//! After a change that is meant, write it anew and read the difference:
//! `cargo test -p loquet-policy --test grid -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and one of these writes its file"
)]

mod details;
mod reasons;
mod scenes;

use loquet_policy::*;
use std::collections::BTreeSet;
use std::fmt::Write;

use details::details;
use scenes::*;
/// Every command, once with evidence that is as good as it gets.
fn commands() -> Vec<Command> {
    let access = Access::Allowed;
    let recovery = RecoverySet::EMPTY;
    let role = RoleId::EMPLOYEE;
    vec![
        Command::Enable {
            seal: digest(1),
            typed_back: true,
        },
        Command::Disable,
        Command::SetPreset {
            preset: Preset::StrictLatch,
        },
        Command::Announce {
            role,
            start: Start::At(NOW.plus(limits::NOTICE)),
        },
        Command::MoveMandate {
            role,
            date: NOW.plus(30 * limits::DAY),
        },
        Command::CancelMandate { role },
        Command::LiftMandate { role },
        Command::RenewSeal {
            seal: digest(1),
            typed_back: true,
            code: GOOD,
        },
        Command::Change {
            setting: Setting::RecoveryCodes { offered: true },
            code: GOOD,
        },
        Command::CancelChange {
            kind: SettingKind::TicketLife,
        },
        Command::Settle,
        Command::LogIn { access },
        Command::GiveCode { code: GOOD, access },
        Command::Resynchronise {
            pair: PairCheck::Good {
                step: STEP + 3,
                drift: 2,
            },
            vantage: Vantage::Stranger,
            access,
        },
        Command::LogOut,
        Command::LogOutEverywhere,
        Command::PassPhraseChanged { by_owner: true },
        Command::BeginEnrollment {
            ticket: Some(digest(2)),
            recovery,
            access,
        },
        Command::BeginReplacement {
            code: GOOD,
            recovery,
        },
        Command::ConfirmEnrollment {
            check: GOOD.check,
            link: digest(3),
            seal: None,
            access,
        },
        Command::AbandonEnrollment,
        Command::RemoveAuthenticator,
        Command::SwitchOn { code: GOOD },
        Command::SwitchOff { code: GOOD },
        Command::UseRecoveryCode {
            code: Some(digest(4)),
            vantage: Vantage::Stranger,
            access,
        },
        Command::ReportLost,
        Command::Repudiate { link: digest(3) },
        Command::ChangeAddress { code: GOOD },
        Command::Reset {
            ticket: digest(2),
            aloud: false,
            code: GOOD,
        },
        Command::AddRole {
            role: RoleId::ADMINISTRATOR,
            code: GOOD,
        },
        Command::RemoveRole {
            role: RoleId::ADMINISTRATOR,
        },
        Command::Leave,
        Command::Rehire {
            roles: RoleSet::of(RoleId::EMPLOYEE),
            ticket: digest(2),
            code: GOOD,
        },
        Command::HostLeave,
        Command::BreakGlass { seal: digest(1) },
        Command::CollectTicket {
            seal: digest(1),
            ticket: digest(2),
        },
    ]
}

/// The name and number of a command. A new one that is not in the grid does not compile here, or
/// is missed by the guard below.
fn name(command: &Command) -> (usize, &'static str) {
    match command {
        Command::Enable { .. } => (0, "Enable"),
        Command::Disable => (1, "Disable"),
        Command::SetPreset { .. } => (2, "SetPreset(StrictLatch)"),
        Command::Announce { .. } => (3, "Announce"),
        Command::MoveMandate { .. } => (4, "MoveMandate"),
        Command::CancelMandate { .. } => (5, "CancelMandate"),
        Command::LiftMandate { .. } => (6, "LiftMandate"),
        Command::RenewSeal { .. } => (7, "RenewSeal"),
        Command::Change { .. } => (8, "Change(RecoveryCodes on)"),
        Command::CancelChange { .. } => (9, "CancelChange"),
        Command::Settle => (10, "Settle"),
        Command::LogIn { .. } => (11, "LogIn"),
        Command::GiveCode { .. } => (12, "GiveCode"),
        Command::Resynchronise { .. } => (13, "Resynchronise"),
        Command::LogOut => (14, "LogOut"),
        Command::LogOutEverywhere => (15, "LogOutEverywhere"),
        Command::PassPhraseChanged { .. } => (16, "PassPhraseChanged"),
        Command::BeginEnrollment { .. } => (17, "BeginEnrollment"),
        Command::BeginReplacement { .. } => (18, "BeginReplacement"),
        Command::ConfirmEnrollment { .. } => (19, "ConfirmEnrollment"),
        Command::AbandonEnrollment => (20, "AbandonEnrollment"),
        Command::RemoveAuthenticator => (21, "RemoveAuthenticator"),
        Command::SwitchOn { .. } => (22, "SwitchOn"),
        Command::SwitchOff { .. } => (23, "SwitchOff"),
        Command::UseRecoveryCode { .. } => (24, "UseRecoveryCode"),
        Command::ReportLost => (25, "ReportLost"),
        Command::Repudiate { .. } => (26, "Repudiate"),
        Command::Reset { .. } => (27, "Reset"),
        Command::AddRole { .. } => (28, "AddRole(administrator)"),
        Command::RemoveRole { .. } => (29, "RemoveRole(administrator)"),
        Command::Leave => (30, "Leave"),
        Command::Rehire { .. } => (31, "Rehire"),
        Command::HostLeave => (32, "HostLeave"),
        Command::BreakGlass { .. } => (33, "BreakGlass"),
        Command::CollectTicket { .. } => (34, "CollectTicket"),
        Command::ChangeAddress { .. } => (35, "ChangeAddress"),
    }
}

const COMMANDS: usize = 36;

/// The lines of a command: who in which state, and a scene for each organisation.
fn lines(command: &Command) -> Vec<(String, Vec<Scene>)> {
    let organisations = organisations();
    let mut lines = Vec::new();
    for (role, actor) in [
        ("parent", account(2, &[RoleId::PARENT])),
        ("employee", account(2, &[RoleId::EMPLOYEE])),
        ("administrator", administrator(2)),
    ] {
        for (state, prepare) in actors() {
            let scene = |(_, organisation): &(&str, Option<Organisation>)| {
                let mut scene = base(organisation.clone(), actor.clone());
                prepare(&mut scene);
                if command.reads_subject() {
                    scene.subject = Some(enrolled(account(3, &[RoleId::EMPLOYEE])));
                }
                scene
            };
            lines.push((
                format!("{role}: {state}"),
                organisations.iter().map(scene).collect(),
            ));
        }
    }
    if command.reads_subject() {
        for (whom, subject) in subjects() {
            let scene = |(_, organisation): &(&str, Option<Organisation>)| {
                let mut scene = recent_administrator(organisation.clone());
                scene.subject = subject.clone();
                scene
            };
            lines.push((
                format!("about {whom}"),
                organisations.iter().map(scene).collect(),
            ));
        }
    }
    lines
}

/// The single cells below the grid.
fn singles() -> Vec<(&'static str, Command, Scene)> {
    let organisation = organisations().swap_remove(1).1;
    let single = |(label, command, prepare): (_, _, fn(&mut Scene))| {
        let mut scene = recent_administrator(organisation.clone());
        prepare(&mut scene);
        (label, command, scene)
    };
    details().into_iter().map(single).collect()
}

fn grid() -> String {
    let mut text = String::new();
    let organisations = organisations();
    let line = |text: &mut String, label: &str, cells: &[String]| {
        write!(text, "{label:50}").unwrap();
        for cell in cells {
            write!(text, "{cell:20}").unwrap();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    let heads: Vec<String> = organisations
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
    text += "== An administrator with a recent code, enabled ==\n";
    for (label, command, scene) in singles() {
        let label = format!("{}: {label}", name(&command).1);
        writeln!(text, "{label:90}{}", scene.ask(&command)).unwrap();
    }
    text
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/grid/grid.txt");

#[test]
fn the_grid_is_the_committed_one() {
    let (kept, found) = (include_str!("grid.txt"), grid());
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
#[ignore = "writes the file that the other test compares with"]
fn write_the_grid() {
    std::fs::write(FILE, grid()).unwrap();
}

#[test]
fn no_command_is_missing_from_the_grid() {
    let numbers: BTreeSet<usize> = commands().iter().map(|command| name(command).0).collect();
    assert_eq!(numbers, (0..COMMANDS).collect());
}

/// Every reason for a refusal, so that none is promised that never comes.
fn refusals() -> Vec<Refusal> {
    let (date, role, wait) = (NOW, RoleId(0), 0);
    let (cause, since) = (Cause::default(), None);
    use Refusal::*;
    vec![
        UnknownAccount,
        LogInRefused,
        LogInRequired,
        StaleLogIn,
        LogInExpired,
        EnrolOnly(cause),
        CodeRequired(cause),
        RecoverFirst { since },
        PolicyUnavailable,
        AccessDenied,
        AccessUnknown,
        Latched(cause),
        AlreadyEnabled(cause),
        NotEnabled,
        Unchanged,
        UnknownRole { role },
        AlreadyAnnounced(cause),
        NothingAnnounced { role: Some(role) },
        TooSoon { earliest: date },
        NotConfirmed,
        TooManyPostponements(cause),
        WouldStrandAdmin,
        SealNotConfirmed,
        OutOfBounds { least: 0, most: 0 },
        NothingScheduled,
        Malformed,
        WrongCode { behind: None },
        AlreadyUsed { wait },
        Throttled { wait },
        KnownDeviceOnly,
        Disabled { since },
        NoAuthenticator,
        AlreadyBound,
        EnrolFirst,
        TicketRequired(cause),
        WrongTicket,
        TicketExpired(cause),
        NotYours,
        NothingPending,
        TooManyPendings,
        SealFirst,
        AskAnotherAdmin,
        NotOffered,
        WrongRecoveryCode,
        WrongLink,
        Mandated(cause),
        StepUp,
        NotOwner,
        NotAdmin,
        NotFresh,
        SelfReset,
        SelfPromotion,
        SelfDemotion,
        SelfOffboard,
        Rank,
        TooNew { until: date },
        TooManyResets { wait },
        LastEnrolledAdmin,
        UseLeave,
        NoSuchRole,
        TooManyRoles,
        HasLeft { since },
        NotLeft,
        NotSealed { until: since },
        AlreadyOpen { ready: date },
        WrongSeal,
        TooEarly { ready: date },
    ]
}

/// What only the shell around the engine answers.
const SHELL: [Refusal; 2] = [Refusal::AlreadyCompleted, Refusal::Busy];

#[test]
fn every_refusal_occurs_in_the_grid() {
    let text = grid();
    let words: BTreeSet<&str> = text.split_whitespace().collect();
    let missing: Vec<&str> = refusals()
        .iter()
        .map(Refusal::code)
        .filter(|code| !words.contains(code))
        .collect();
    assert_eq!(missing, [""; 0]);
    let upper = |word: &&str| word.contains('_') || word.chars().all(|c| c.is_ascii_uppercase());
    let known: BTreeSet<&str> = refusals().iter().map(Refusal::code).collect();
    let unknown: Vec<&&str> = words
        .iter()
        .filter(|word| word.len() > 3 && upper(word) && !known.contains(*word))
        .collect();
    assert!(
        unknown.iter().all(|word| word.starts_with('=')),
        "{unknown:?}"
    );
}

#[test]
fn codes_of_refusals_are_distinct_and_spelled_alike() {
    let all: Vec<Refusal> = refusals().into_iter().chain(SHELL).collect();
    let codes: BTreeSet<&str> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), all.len());
    for code in codes {
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
            "{code}"
        );
    }
}
