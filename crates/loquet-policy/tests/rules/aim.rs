//! Codes of whichever authenticator the actor has.

use loquet_policy::*;

/// Stands for the actor's newest authenticator.
pub const NEWEST: AuthenticatorId = AuthenticatorId(0);

/// Returns the command about, or with a code of, the actor's newest authenticator, where it says [`NEWEST`].
pub fn aimed(command: &Command, actor: &Account) -> Command {
    let mut command = *command;
    let by = match &mut command {
        Command::RenewBreakGlassCode { code, .. }
        | Command::ChangeSetting { code, .. }
        | Command::VerifyCode { code, .. }
        | Command::BeginReplacement { code, .. }
        | Command::TurnOn { code }
        | Command::TurnOff { code }
        | Command::RenewRecoveryCodes { code, .. }
        | Command::BeginAddition { code }
        | Command::RemoveAuthenticator { code, .. }
        | Command::UndoReport { code, .. }
        | Command::ChangeAddress { code, .. }
        | Command::Reset { code, .. }
        | Command::UndoReportOf { code }
        | Command::AddRole { code, .. }
        | Command::Reactivate { code, .. } => &mut code.by,
        Command::Resynchronize { by, .. } => by,
        Command::ReportLost { authenticator, .. } => authenticator,
        _ => return command,
    };
    if let Some(newest) = actor.second_factor.iter().last()
        && *by == NEWEST
    {
        *by = newest.id;
    }
    command
}
