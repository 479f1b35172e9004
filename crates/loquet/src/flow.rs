//! Ceremonies: log-in, enrollment, reset and all the rest as values.
//!
//! Here, and only here, the one-time-password engine, the rules about people and the rules about places meet. A ceremony
//! says which rows it `needs`; whoever runs it loads them; `decide` turns them and the request into an opaque
//! [`Decided`](crate::accept::Decided). Nothing here reads a clock, a generator or a file, and the same input decides the
//! same way for ever.

use loquet_otp::TypedCode;
use loquet_policy::Grant;

/// A ceremony of a session: its name in the audit log, what it grants, who hands that over, what it asks of the rules, and
/// what it changes beside them.
macro_rules! in_session {
    ($name:ident $(about $subject:ident)?, $($rest:tt)*) => {
        step! {
            $name,
            {
                fn actor(&self) -> loquet_policy::AccountId {
                    self.stamp.account()
                }

                fn stamp(&self) -> Option<&crate::Stamp> {
                    Some(&self.stamp)
                }

                $(fn subject(&self) -> Option<loquet_policy::AccountId> {
                    Some(self.$subject)
                })?
            },
            $($rest)*
        }
    };
}

/// A ceremony of the host: as `in_session`, without a session.
macro_rules! of_host {
    ($name:ident, $($rest:tt)*) => {
        step! {
            $name,
            {
                fn actor(&self) -> loquet_policy::AccountId {
                    self.account
                }
            },
            $($rest)*
        }
    };
}

macro_rules! step {
    (
        $name:ident,
        { $($who:tt)* },
        $what:literal,
        $grant:ty,
        $hand:path,
        |$this:ident, $case:ident| $command:expr
        $(, |$that:ident, $known:ident, $beside:ident| $add:expr)?
    ) => {
        impl crate::flow::sealed::Step for $name {
            type Grant = $grant;
            const WHAT: &'static str = $what;

            $($who)*

            fn command(
                &self,
                $case: &crate::flow::Case<'_>,
            ) -> Result<loquet_policy::Command, crate::flow::Refused> {
                let $this = self;
                Ok($command)
            }

            $(fn beside(&self, $known: &crate::flow::Case<'_>, $beside: &mut crate::flow::Beside<'_>) {
                let $that = self;
                $add
            })?

            fn grant(
                &self,
                granted: &loquet_policy::Grant,
                case: &crate::flow::Case<'_>,
                after: &crate::flow::After<'_>,
            ) -> Result<$grant, crate::flow::Refused> {
                $hand(granted, case, after)
            }
        }
    };
}

mod access;
mod book;
pub(crate) mod change;
mod decide;
mod devices;
mod door;
mod enrollment;
mod evidence;
mod hearers;
mod host;
mod log_in;
mod options;
mod organization;
mod people;
mod reason;
mod recovery;
pub(crate) mod refused;
mod remind;
mod request;
mod step;
mod typed;

pub use access::{RollBackRules, SuspendRules, UNDO, UndoRules};
pub(crate) use book::not_me_link;
pub use book::{ChangeAddress, ReportUnrecognized, SetAddress};
pub(crate) use decide::{decide, home, home_of, needs};
pub use devices::{Forget, ForgetDevice, ForgetDevices, ForgetOldDevices, SetDevicesRemembered};
pub(crate) use door::Door;
pub(crate) use enrollment::offer;
pub use enrollment::{
    BeginEnrollment, BeginReplacement, CancelEnrollment, ConfirmEnrollment, NoOffer, Offer,
    ReportLost, TurnOff, TurnOn,
};
pub(crate) use evidence::{proposed_break_glass, tags};
pub use host::{CollectResetCode, HostDeactivate, OpenBreakGlass};
pub use log_in::{
    Entered, LogIn, LogOut, LogOutEverywhere, PasswordChanged, Resynchronize, VerifyCode,
};
pub use options::{Choice, Harden, UpdateSettings};
pub use organization::{
    ApplyDue, BadRules, CancelChange, CancelMandate, EnableMfa, Enabled, Imposed, MoveMandate,
    RULES_LIMIT, RenewBreakGlassCode, RulesChange, ScheduleMandate, SetAccessRules,
};
pub use people::{AddRole, Deactivate, IssuedResetCode, Reactivate, RemoveRole, Reset};
pub(crate) use recovery::shown_codes;
pub use recovery::{Recovering, UseRecoveryCode};
pub use refused::Refused;
pub(crate) use remind::is_due;
pub use request::Request;
pub use step::Ceremony;
pub(crate) use step::{After, Beside, Case, Facts, Input, Keys, sealed};
pub use typed::Typed;

/// Longer texts are no code, and refused unread.
pub const MAX_TYPED: usize = TypedCode::MAX_LEN;

/// Nothing to hand over: it is done.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the functions that hand over what is granted"
)]
fn done(_: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<(), Refused> {
    Ok(())
}

#[cfg(test)]
mod tests;
