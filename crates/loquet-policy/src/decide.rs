//! The rule engine: one total and pure function over the snapshot.

mod bind;
mod break_glass;
mod builder;
mod code;
mod enrollment;
mod host;
mod import;
mod organization;
mod owner;
mod people;
mod recovery;
mod report;
mod reset_code;
mod session;
mod token;

use crate::{Changes, Command, Decision, Fresh, Refusal, Snapshot, UnixTime};
use alloc::vec::Vec;
use builder::{Answer, DecisionBuilder, rows_disagree};

pub use session::is_due;

/// Decides on `command` at `now`.
///
/// The function is total and pure: every command has an answer in every state, nothing panics, and the same
/// arguments give the same decision. Changes that are due (a mandate's date, an expired enrollment) are
/// written by the first decision that sees them.
///
/// # Example
/// ```
/// use loquet_policy::*;
/// let organization = Organization::new(OrgId::from(1u64));
/// let parent = RoleSet::of(RoleId::MEMBER);
/// let marie = Account::new(AccountId::from(2u64), organization.id, parent, UnixTime(0));
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
/// The evidence in the command is trusted. A refusal may carry changes that must be stored: a wrong code that
/// is not counted is a free guess.
pub fn decide(snapshot: &Snapshot<'_>, command: &Command, now: UnixTime, fresh: Fresh) -> Decision {
    if rows_disagree(snapshot) {
        return Decision {
            answer: Err(Refusal::UnknownAccount),
            changes: Changes::default(),
            notices: Vec::new(),
        };
    }
    let mut builder = DecisionBuilder::begin(snapshot, now, fresh);
    let answer = builder
        .apply_due()
        .and_then(|()| answer(&mut builder, command));
    builder.end(answer)
}

// One line for each command.
#[rustfmt::skip]
fn answer(builder: &mut DecisionBuilder<'_>, command: &Command) -> Answer {
    match *command {
        Command::Enable { break_glass, typed_back } => builder.enable(break_glass, typed_back),
        Command::Harden => builder.harden(),
        Command::ScheduleMandate { role, kind, start } => builder.schedule_mandate((role, kind), start),
        Command::MoveMandate { role, kind, date } => builder.move_mandate((role, kind), date),
        Command::CancelMandate { role, kind } => builder.cancel_mandate((role, kind)),
        Command::RenewBreakGlassCode { break_glass, typed_back, code } => builder.renew_break_glass_code(break_glass, typed_back, code),
        Command::ChangeSetting { setting, code } => builder.change_setting(setting, code),
        Command::UndoAccessRules { rules } => builder.undo_access_rules(rules),
        Command::CancelChange { kind } => builder.cancel_change(kind),
        Command::ApplyDue => Ok(crate::Grant::Done),

        Command::LogIn { access } => builder.log_in(access),
        Command::VerifyCode { code, access } => builder.verify_code(code, access),
        Command::Resynchronize { pair, by, source, access } => builder.resynchronize(pair, (by, source), access),
        Command::LogOut => builder.log_out(),
        Command::LogOutEverywhere => builder.log_out_everywhere(),
        Command::PasswordChanged { by_owner } => builder.password_changed(by_owner),

        Command::BeginEnrollment { reset_code, recovery, access } => builder.begin_enrollment(reset_code, recovery, access),
        Command::BeginReplacement { code, recovery } => builder.begin_replacement(code, recovery),
        Command::BeginAddition { code, passkeys } => builder.begin_addition(code, passkeys),
        Command::RemoveAuthenticator { authenticator, code } => builder.remove_authenticator(authenticator, code),
        Command::ConfirmEnrollment { check, link, break_glass, access } => builder.confirm_enrollment(check, link, break_glass, access),
        Command::ConfirmToken { pair, link, break_glass, access } => builder.confirm_token(pair, link, break_glass, access),
        Command::CancelEnrollment => builder.cancel_enrollment(),
        Command::TurnOn { code } => builder.turn_on(code),
        Command::TurnOff { code } => builder.turn_off(code),
        Command::UseRecoveryCode { code, access } => builder.use_recovery_code(code, access),
        Command::RenewRecoveryCodes { code, recovery } => builder.renew_recovery_codes(code, recovery),
        Command::ReportLost { authenticator, link } => builder.report_lost(authenticator, link),
        Command::UndoReport { evidence, code, access } => builder.undo_report(evidence, code, access),
        Command::ChangeAddress { code, sent } => builder.change_address(code, sent),
        Command::ConfirmAddress { code } => builder.confirm_address(code),
        Command::ReportUnrecognized { link } => builder.report_unrecognized(link),

        Command::Reset { reset_code, aloud, code } => builder.reset(reset_code, aloud, code),
        Command::UndoReportOf { code } => builder.undo_report_of(code),
        Command::AddRole { role, code } => builder.add_role(role, code),
        Command::RemoveRole { role } => builder.remove_role(role),
        Command::Deactivate => builder.deactivate(),
        Command::Reactivate { roles, reset_code, code } => builder.reactivate(roles, reset_code, code),

        Command::HostDeactivate => builder.host_deactivate(),
        Command::ImportAuthenticator { key, weak, step, toggle, tell } => builder.import_authenticator(key, weak, step, (toggle, tell)),
        Command::AssignToken { key } => builder.assign_token(key),
        Command::WithdrawToken => builder.withdraw_token(),
        Command::ClockCorrected { present } => builder.clock_corrected(present),
        Command::IssueResetCode { reset_code } => builder.issue_reset_code(reset_code),
        Command::AppointAdministrator { reset_code } => builder.appoint_administrator(reset_code),
        Command::OpenBreakGlass { break_glass } => builder.open_break_glass(break_glass),
        Command::CollectResetCode { break_glass, reset_code } => builder.collect_reset_code(break_glass, reset_code),
    }
}
