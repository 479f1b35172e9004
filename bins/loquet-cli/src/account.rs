//! `loquet account`: the accounts of an organization, and what is done to one of them.

use clap::Subcommand;
use serde_json::json;

use crate::acting::Own;
use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation::{Arguments, wait};

mod authenticators;
mod manage;
mod own;
mod show;
mod sync;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the accounts of an organization
    #[command(after_help = "Example:\n  loquet account list --db app.db")]
    List(Arguments),
    /// Show one account
    ///
    /// For each authenticator: its number, its name, its kind (app, token or passkey), since when it is bound, and when it was
    /// last used. A passkey that is backed up has copies elsewhere, such as on its owner's other devices.
    #[command(after_help = "Example:\n  loquet account show sofia --db app.db")]
    Show(Own),
    /// Create the accounts that are missing, from a CSV or JSON Lines file
    ///
    /// Changes no role and deactivates no account; the report names the accounts that the file does not list. Exit code 1
    /// when an account was not created. Columns or keys: external_id, and optionally id (a number or 32 hexadecimal digits;
    /// random when left out), label, roles (in CSV separated by blanks), address, awaiting_import (true or false: whether
    /// `loquet import` will bind the authenticator, so that the password alone enrolls none).
    #[command(after_help = "\
Examples:
  loquet account sync users.csv --db app.db
  loquet account sync - --format jsonl --db app.db --json < users.jsonl

A CSV file:
  external_id,id,label,roles,address
  marie@example.org,42,Marie,member,marie@example.org")]
    Sync(sync::Sync),
    /// Rename an account whose user the host calls something else now
    ///
    /// Authenticator apps show the label from the next enrollment on.
    #[command(after_help = "\
Examples:
  loquet account rename marie@example.org marie.roy@example.org --db app.db
  loquet account rename marie marie --label Marie --db app.db")]
    Rename(manage::Rename),
    /// Set where the notices of an account go
    ///
    /// An account's first address counts at once. Any other counts when its owner has typed back the code that is sent
    /// there; the old one is told, and receives every notice until then and for 14 more days.
    #[command(
        after_help = "Example:\n  loquet account set-address marie marie@example.org --db app.db"
    )]
    SetAddress(manage::SetAddress),
    /// Confirm a new address with the code that was sent there
    ///
    /// Reads the owner's code from standard input where one is owed, and then the code that was sent.
    #[command(after_help = "Example:\n  loquet account confirm-address marie --db app.db")]
    ConfirmAddress(Own),
    /// Give an account a role
    ///
    /// Reads the administrator's code from standard input, and the next code for making an administrator.
    #[command(
        after_help = "Example:\n  loquet account add-role sofia staff --db app.db --as helene"
    )]
    AddRole(manage::Role),
    /// Take a role from an account
    ///
    /// Reads the administrator's code from standard input.
    #[command(
        after_help = "Example:\n  loquet account remove-role sofia staff --db app.db --as helene"
    )]
    RemoveRole(manage::Role),
    /// Deactivate an account: its sessions end and its secret is erased
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet account deactivate sofia --db app.db --as helene")]
    Deactivate(manage::Subject),
    /// Reactivate an account and print the reset code
    ///
    /// Reads the administrator's code from standard input, and the next code from a second line.
    #[command(
        after_help = "Example:\n  loquet account reactivate sofia --role staff --db app.db --as helene"
    )]
    Reactivate(manage::Reactivate),
    /// Correct what was stored while this machine's clock was ahead
    ///
    /// Once the clock is right. Waits, quotas, used steps and sessions that lie ahead end, so that the owners can log in
    /// again. Where codes were accepted meanwhile, they are told to replace the authenticator.
    #[command(after_help = "Example:\n  loquet account clock-corrected --db app.db")]
    ClockCorrected(Arguments),
    /// Issue a reset code after a restore that lost the authenticators
    ///
    /// For seven days after `loquet restore --was-enabled`, for any number of accounts.
    #[command(after_help = "Example:\n  loquet account reset-code sofia --db app.db")]
    ResetCode(Own),
    /// Make an account an administrator without asking one
    ///
    /// For an organization whose administrators cannot act, with the envelope lost, or are not to be trusted. All administrators
    /// are told. A deactivated account is active again, and one without an authenticator gets a reset code. Where an administrator
    /// took the organization over, change that person's password in the service first, which ends their sessions.
    #[command(after_help = "Example:\n  loquet account appoint sofia --db app.db")]
    Appoint(Own),
    /// Erase an account for good: its names, addresses, devices and secret
    ///
    /// For the right to be forgotten. Its id stays in the user list and in the audit log. There is no way back.
    #[command(after_help = "Example:\n  loquet account erase sofia --db app.db")]
    Erase(Own),
    /// Turn the second factor on for an account
    ///
    /// Reads the owner's code from standard input.
    #[command(after_help = "Example:\n  loquet account turn-on marie --db app.db")]
    TurnOn(Own),
    /// Turn the second factor off where no rule requires it
    ///
    /// Reads the owner's code from standard input, and the next code from a second line.
    #[command(after_help = "Example:\n  loquet account turn-off marie --db app.db")]
    TurnOff(Own),
    /// Replace an authenticator with a new one
    ///
    /// Reads the owner's code (and the next code where the first was used up to log in) from standard input, prints the key
    /// URI of the new authenticator, and reads its first code.
    #[command(after_help = "Example:\n  loquet account replace-authenticator marie --db app.db")]
    ReplaceAuthenticator(Own),
    /// Add an authenticator to those that are bound
    ///
    /// Reads the owner's code (and the next code where the first was used up to log in) from standard input, prints the key
    /// URI of the new authenticator, and reads its first code. For 72 hours the new one only logs in.
    /// It adds apps, and no passkeys: these need a browser. An account that has a passkey adds an authenticator with that
    /// passkey alone, on the service's pages.
    #[command(after_help = "Example:\n  loquet account add-authenticator marie --db app.db")]
    AddAuthenticator(Own),
    /// Name one of several authenticators
    ///
    /// Reads the owner's code from standard input.
    #[command(
        after_help = "Example:\n  loquet account name-authenticator marie 2 Tablet --db app.db"
    )]
    NameAuthenticator(authenticators::Named),
    /// Remove one of several authenticators
    ///
    /// Reads a code of another one (and its next code where the first was used up to log in) from standard input.
    #[command(after_help = "Example:\n  loquet account remove-authenticator marie 1 --db app.db")]
    RemoveAuthenticator(authenticators::One),
    /// Make new recovery codes and print them; the earlier ones are void
    ///
    /// Reads the owner's code (and the next code where the first was used up to log in) from standard input.
    #[command(after_help = "Example:\n  loquet account renew-recovery-codes marie --db app.db")]
    RenewRecoveryCodes(Own),
    /// Report an authenticator lost, which suspends it
    #[command(after_help = "\
Examples:
  loquet account report-lost marie --db app.db
  loquet account report-lost marie --authenticator 2 --db app.db")]
    ReportLost(authenticators::Lost),
    /// Undo a report of loss: the authenticator counts again
    ///
    /// Reads the administrator's code from standard input.
    #[command(after_help = "Example:\n  loquet account undo-report sofia --db app.db --as helene")]
    UndoReport(manage::Subject),
    /// Resynchronize a phone whose clock is off
    ///
    /// Reads two consecutive codes of the owner from standard input, the older first.
    #[command(after_help = "Example:\n  loquet account resynchronize marie --db app.db")]
    Resynchronize(Own),
    /// List the live sessions of an account, or end one
    ///
    /// Reads the owner's code from standard input where one is owed.
    #[command(after_help = "\
Examples:
  loquet account sessions marie --db app.db
  loquet account sessions marie --end 7300218446744073709 --db app.db")]
    Sessions(own::Sessions),
    /// Forget the remembered devices of an account and end its sessions
    ///
    /// Reads the owner's code from standard input where one is owed.
    #[command(after_help = "\
Examples:
  loquet account forget-devices marie --db app.db
  loquet account forget-devices marie --device 3 --db app.db")]
    ForgetDevices(own::ForgetDevices),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::List(arguments) => show::list(arguments).await,
                Self::Show(asked) => show::one(asked).await,
                Self::Sync(arguments) => arguments.run(stdin).await,
                Self::Rename(asked) => asked.run().await,
                Self::SetAddress(asked) => asked.run().await,
                Self::ConfirmAddress(asked) => own::confirm_address(asked, stdin).await,
                Self::AddRole(asked) => asked.add(stdin).await,
                Self::RemoveRole(asked) => asked.remove(stdin).await,
                Self::Deactivate(asked) => asked.deactivate(stdin).await,
                Self::Reactivate(asked) => asked.run(stdin).await,
                Self::ClockCorrected(arguments) => clock_corrected(arguments).await,
                Self::ResetCode(asked) => manage::reset_code(asked).await,
                Self::Appoint(asked) => manage::appoint(asked).await,
                Self::Erase(asked) => manage::erase(asked).await,
                Self::TurnOn(asked) => own::turn_on(asked, stdin).await,
                Self::TurnOff(asked) => own::turn_off(asked, stdin).await,
                Self::ReplaceAuthenticator(asked) => authenticators::replace(asked, stdin).await,
                Self::AddAuthenticator(asked) => authenticators::add(asked, stdin).await,
                Self::NameAuthenticator(asked) => asked.run(stdin).await,
                Self::RemoveAuthenticator(asked) => asked.remove(stdin).await,
                Self::RenewRecoveryCodes(asked) => own::renew_recovery_codes(asked, stdin).await,
                Self::ReportLost(asked) => asked.run().await,
                Self::UndoReport(asked) => asked.undo_report(stdin).await,
                Self::Resynchronize(asked) => own::resynchronize(asked, stdin).await,
                Self::Sessions(asked) => asked.run(stdin).await,
                Self::ForgetDevices(asked) => asked.run(stdin).await,
            }
        })
    }
}

async fn clock_corrected(arguments: &Arguments) -> Result<Outcome, Failure> {
    let at = arguments.open().await?;
    let accounts = at.operator.clock_corrected().await?;
    at.tell(
        &json!({ "accounts": accounts }),
        &format!("{accounts} accounts can log in again"),
    )
}
