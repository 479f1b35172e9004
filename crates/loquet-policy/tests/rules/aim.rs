//! Codes of whichever authenticator the actor has.

use loquet_policy::*;

/// Stands for the actor's newest authenticator.
pub const NEWEST: AuthenticatorId = AuthenticatorId(0);

/// Returns the command about, or with a code of, the actor's newest authenticator, where it says [`NEWEST`].
pub fn aimed(command: &Command, actor: &Account) -> Command {
    let mut command = *command;
    let newest = actor.second_factor.iter().last().map(|it| it.id);
    if let (Some(by), Some(newest)) = (by(&mut command), newest)
        && *by == NEWEST
    {
        *by = newest;
    }
    command
}

fn by(command: &mut Command) -> Option<&mut AuthenticatorId> {
    match command {
        Command::Resynchronize { by, .. } => Some(by),
        Command::ReportLost { authenticator, .. } => Some(authenticator),
        command => submitted(command).map(|code| &mut code.by),
    }
}

/// The code of a command.
pub fn submitted(command: &mut Command) -> Option<&mut Submitted> {
    match command {
        Command::RenewBreakGlassCode { code, .. }
        | Command::ChangeSetting { code, .. }
        | Command::VerifyCode { code, .. }
        | Command::BeginReplacement { code, .. }
        | Command::TurnOn { code }
        | Command::TurnOff { code }
        | Command::RenewRecoveryCodes { code, .. }
        | Command::BeginAddition { code, .. }
        | Command::RemoveAuthenticator { code, .. }
        | Command::UndoReport { code, .. }
        | Command::ChangeAddress { code, .. }
        | Command::Reset { code, .. }
        | Command::UndoReportOf { code }
        | Command::AddRole { code, .. }
        | Command::Reactivate { code, .. } => Some(code),
        _ => None,
    }
}
