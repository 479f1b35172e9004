//! The engine: one total, pure function over everything that was read.

mod code;
mod enrollment;
mod glass;
mod organization;
mod owner;
mod people;
mod recovery;
mod reset_code;
mod session;
mod turn;

use crate::{Changes, Command, Decision, Fresh, Refusal, Snapshot, UnixTime};
use alloc::vec::Vec;
use turn::{Answer, Turn, is_foreign};

pub use session::is_due;

/// Decides what happens when `command` is given at `now`.
///
/// Total and pure: every state and every command has an answer, nothing panics, and the same
/// arguments give the same decision. Deadlines are data: whatever time has brought since the last
/// decision (a mandate's date, a lapsed enrollment) is written by the first that sees it.
///
/// # Example
/// ```
/// use loquet_policy::*;
/// let organization = Organization::new(OrgId::from(1u64));
/// let marie = Account::new(AccountId::from(2u64), organization.id, RoleSet::of(RoleId::PARENT), UnixTime(0));
/// let snapshot = Snapshot {
///     organization: Some(&organization),
///     roster: None,
///     actor: &marie,
///     session: None,
///     subject: None,
/// };
/// let command = Command::LogIn { access: Access::Allowed };
/// let decision = decide(&snapshot, &command, UnixTime(10), Fresh { session: SessionId(7) });
/// let Ok(Grant::Session { session, .. }) = decision.answer else { panic!("{decision:?}") };
/// assert_eq!(session.level, Level::Level1);
/// ```
///
/// # Security
/// The evidence in the command is believed. A refusal may carry changes that must be stored:
/// a wrong code that is not counted is a free guess.
pub fn decide(snapshot: &Snapshot<'_>, command: &Command, now: UnixTime, fresh: Fresh) -> Decision {
    if is_foreign(snapshot) {
        return Decision {
            answer: Err(Refusal::UnknownAccount),
            changes: Changes::default(),
            notices: Vec::new(),
        };
    }
    let mut turn = Turn::begin(snapshot, now, fresh);
    let answer = turn.settle().and_then(|()| answer(&mut turn, command));
    turn.end(answer)
}

// One line a command.
#[rustfmt::skip]
fn answer(turn: &mut Turn<'_>, command: &Command) -> Answer {
    match *command {
        Command::Enable { break_glass, typed_back } => turn.enable(break_glass, typed_back),
        Command::Harden => turn.harden(),
        Command::ScheduleMandate { role, start } => turn.announce(role, start),
        Command::MoveMandate { role, date } => turn.move_mandate(role, date),
        Command::CancelMandate { role } => turn.cancel_mandate(role),
        Command::RenewBreakGlassCode { break_glass, typed_back, code } => turn.renew_break_glass_code(break_glass, typed_back, code),
        Command::ChangeSetting { setting, code } => turn.change(setting, code),
        Command::CancelChange { kind } => turn.cancel_change(kind),
        Command::ApplyDue => Ok(crate::Grant::Done),

        Command::LogIn { access } => turn.log_in(access),
        Command::VerifyCode { code, access } => turn.verify_code(code, access),
        Command::Resynchronize { pair, vantage, access } => turn.resynchronize(pair, vantage, access),
        Command::LogOut => turn.log_out(),
        Command::LogOutEverywhere => turn.log_out_everywhere(),
        Command::PasswordChanged { by_owner } => turn.password_changed(by_owner),

        Command::BeginEnrollment { reset_code, recovery, access } => turn.begin_enrollment(reset_code, recovery, access),
        Command::BeginReplacement { code, recovery } => turn.begin_replacement(code, recovery),
        Command::ConfirmEnrollment { check, link, break_glass, access } => turn.confirm(check, link, break_glass, access),
        Command::CancelEnrollment => turn.abandon(),
        Command::TurnOn { code } => turn.switch_on(code),
        Command::TurnOff { code } => turn.switch_off(code),
        Command::UseRecoveryCode { code, vantage, access } => turn.use_recovery_code(code, vantage, access),
        Command::ReportLost => turn.report_lost(),
        Command::ChangeAddress { code } => turn.change_address(code),
        Command::ReportUnrecognized { link } => turn.repudiate(link),

        Command::Reset { reset_code, aloud, code } => turn.reset(reset_code, aloud, code),
        Command::AddRole { role, code } => turn.add_role(role, code),
        Command::RemoveRole { role } => turn.remove_role(role),
        Command::Deactivate => turn.leave(),
        Command::Reactivate { roles, reset_code, code } => turn.rehire(roles, reset_code, code),

        Command::HostDeactivate => turn.host_deactivate(),
        Command::OpenBreakGlass { break_glass } => turn.break_glass(break_glass),
        Command::CollectResetCode { break_glass, reset_code } => turn.collect_reset_code(break_glass, reset_code),
    }
}
