//! Operations as values: log-in, enrollment, reset and all the rest.
//!
//! Here, and only here, the one-time-password engine, the rules about people and the rules about addresses meet. An
//! [`Operation`] says which rows it `needs`; [`Mfa`](crate::Mfa) loads them; `decide` turns them and the attempt into an
//! opaque [`Decided`](crate::decide::commit::Decided). Nothing here reads a clock, a generator or a file, and the same input always
//! decides the same way.

use loquet_otp::TypedCode;
use loquet_policy::{Grant, Refusal};

/// Implements [`Operation`] for an operation of a session: its name in the audit log, what it grants, the function that
/// returns it, what it asks of the rules, and its effects beside them.
macro_rules! in_session {
    ($name:ident $(about $subject:ident)? $(, const $flag:ident)*; $($rest:tt)*) => {
        operation! {
            $name,
            {
                $(const $flag: bool = true;)*

                fn actor(&self) -> loquet_policy::AccountId {
                    self.session.account
                }

                fn session(&self) -> Option<&loquet_policy::Session> {
                    Some(&self.session)
                }

                $(fn subject(&self) -> Option<loquet_policy::AccountId> {
                    Some(self.$subject)
                })?
            },
            $($rest)*
        }
    };
}

/// Implements [`Operation`] for an operation of the host, which has no session.
macro_rules! of_host {
    ($name:ident $(, const $flag:ident)*; $($rest:tt)*) => {
        operation! {
            $name,
            {
                const REPEATABLE: bool = false;
                $(const $flag: bool = true;)*

                fn actor(&self) -> loquet_policy::AccountId {
                    self.account
                }
            },
            $($rest)*
        }
    };
}

macro_rules! operation {
    (
        $name:ident,
        { $($who:tt)* },
        $audit:literal,
        $grant:ty,
        $answer:path,
        |$this:ident, $case:ident| $command:expr
        $(, |$that:ident, $known:ident, $effects:ident| $add:expr)?
    ) => {
        impl crate::decide::Operation for $name {
            type Grant = $grant;
            const NAME: &'static str = $audit;

            $($who)*

            fn command(
                &self,
                $case: &crate::decide::Case<'_>,
            ) -> Result<loquet_policy::Command, loquet_policy::Refusal> {
                let $this = self;
                Ok($command)
            }

            $(fn effects(&self, $known: &crate::decide::Case<'_>, $effects: &mut crate::decide::Effects<'_>) {
                let $that = self;
                $add
            })?

            fn grant(
                &self,
                granted: &loquet_policy::Grant,
                case: &crate::decide::Case<'_>,
                after: &crate::decide::After<'_>,
            ) -> Result<$grant, loquet_policy::Refusal> {
                $answer(granted, case, after)
            }
        }
    };
}

pub(crate) mod change;
pub(crate) mod commit;
mod decision;
mod evidence;
mod operation;
mod reason;
mod recipients;
mod typed;

pub(crate) use decision::{decide, home, home_of, needs};
pub(crate) use evidence::{AccessCheck, proposed_break_glass, tags};
pub(crate) use operation::{After, Case, Effects, Facts, Input, Keys, Operation};
pub use typed::Typed;

/// Longer texts are no code, and refused unread.
pub const MAX_TYPED: usize = TypedCode::MAX_LEN;

/// Nothing to hand over: it is done.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the functions that hand over what is granted"
)]
pub(crate) fn done(_: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<(), Refusal> {
    Ok(())
}

#[cfg(test)]
mod tests;
