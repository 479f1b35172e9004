//! The authenticators of a user: the list, and how one is added, named and removed.

use loquet_otp::Totp;
use loquet_policy::{
    Account, Authenticator, AuthenticatorId, AuthenticatorOrigin, Command, Level, Refusal, Session,
    UnixTime, limits, require_code_within, require_settled, rights,
};

use crate::account::AccountHandle;
use crate::account::addresses::is_invisible;
use crate::decide::{Typed, done};
use crate::enrollment::operations::{Offer, offered};
use crate::error::{Config, Error};
use crate::records::AuthenticatorDetails;
use crate::session::operations::{LoggedIn, entered};

/// The longest name of an authenticator, in characters.
pub const MAX_AUTHENTICATOR_NAME: usize = 40;

/// One of a user's authenticators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorEntry {
    facts: Authenticator,
    details: AuthenticatorDetails,
    settles: Option<UnixTime>,
}

impl AuthenticatorEntry {
    pub(crate) fn list<'a>(
        account: &Account,
        details: impl Iterator<Item = &'a AuthenticatorDetails>,
        now: UnixTime,
    ) -> Vec<Self> {
        let all = account.second_factor.iter().zip(details);
        let entry = |(facts, details): (&Authenticator, &AuthenticatorDetails)| Self {
            facts: *facts,
            details: details.clone(),
            settles: facts.settles(now),
        };
        all.map(entry).collect()
    }

    /// Returns its number, by which it is removed, renamed and reported lost. None is given twice in an account.
    #[must_use]
    pub const fn id(&self) -> AuthenticatorId {
        self.facts.id
    }

    /// Returns the owner's name for it; empty where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.details.name
    }

    /// Returns the serial number, where it is a hardware token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.details.serial.as_deref()
    }

    /// Returns whether it is a passkey.
    #[must_use]
    pub const fn is_passkey(&self) -> bool {
        self.facts.is_passkey()
    }

    /// Returns whether it is a passkey of which copies are kept elsewhere, as a phone's in its owner's account with the maker.
    #[must_use]
    pub const fn is_backed_up(&self) -> bool {
        matches!(
            self.facts.origin,
            AuthenticatorOrigin::Passkey {
                backed_up: true,
                ..
            }
        )
    }

    /// Returns when it was bound.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.facts.since
    }

    /// Returns when the newest accepted code was shown, to a step of its clock; `None` where none was accepted yet.
    #[must_use]
    pub fn last_used(&self) -> Option<UnixTime> {
        // A passkey's are seconds.
        let seconds = match self.is_passkey() {
            true => 1,
            false => self.details.totp.period.seconds(),
        };
        let shown = self.facts.step.saturating_mul(seconds);
        self.facts.is_proved().then_some(UnixTime(shown))
    }

    /// Returns since when it is suspended, because it was reported lost or there may be a copy of it.
    #[must_use]
    pub fn suspended(&self) -> Option<UnixTime> {
        self.facts.suspended.map(|it| it.since)
    }

    /// Returns whether it is suspended because there may be a copy of it.
    #[must_use]
    pub fn may_be_copied(&self) -> bool {
        self.facts.suspended.is_some_and(|it| it.link.is_none())
    }

    /// Returns until when it proves log-ins alone, because it was added or put in place of another less than
    /// [`SETTLING`](limits::SETTLING) seconds ago.
    #[must_use]
    pub const fn settles(&self) -> Option<UnixTime> {
        self.settles
    }

    /// Returns the parameters of its codes: digits, period and algorithm; `None` of a passkey, which shows none.
    #[must_use]
    pub fn code_parameters(&self) -> Option<Totp> {
        (!self.is_passkey()).then_some(self.details.totp)
    }

    /// Returns whether it came with an imported key of less than 128 bits.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.facts.origin.is_weak()
    }
}

/// Begins to add an authenticator.
#[derive(Debug, Clone, Hash)]
pub(crate) struct BeginAddition {
    session: Session,
    /// A fresh code of one that is bound, as typed.
    typed: Typed,
}

in_session!(BeginAddition; "begin_addition", Offer, offered, |this, case| {
    if case.actor.facts.awaits_token {
        return Err(Refusal::TwoCodesRequired);
    }
    Command::BeginAddition {
        code: case.submitted(&this.typed),
        passkeys: case.passkeys.is_some(),
    }
});

/// Removes an authenticator.
#[derive(Debug, Clone, Hash)]
pub(crate) struct RemoveAuthenticator {
    session: Session,
    authenticator: AuthenticatorId,
    /// A fresh code of another one, as typed.
    typed: Typed,
}

in_session!(RemoveAuthenticator; "remove_authenticator", LoggedIn, entered, |this, case| {
    Command::RemoveAuthenticator {
        authenticator: this.authenticator,
        code: case.submitted(&this.typed),
    }
}, |_this, _case, effects| {
    // Its codes may have remembered them. The session that removed it goes on, also on one of them.
    effects.actor.devices.let_go();
});

/// Names an authenticator.
#[derive(Debug, Clone, Hash)]
pub(crate) struct RenameAuthenticator {
    session: Session,
    authenticator: AuthenticatorId,
    name: String,
}

in_session!(
    RenameAuthenticator;
    "rename_authenticator",
    (),
    done,
    |this, case| {
        let level = rights(&case.snapshot(), case.now)?;
        // Names tell which one was lost: a thief of the password must not swap them.
        require_code_within(&this.session, level, limits::RECENT, case.now)
            .map_err(|refusal| if level == Level::Level1 { Refusal::StepUp } else { refusal })?;
        let named = case.actor.facts.second_factor.get(this.authenticator);
        // What is new may name itself, and no other.
        if named.is_some_and(|it| it.settles(case.now).is_none()) {
            require_settled(&case.actor.facts, &this.session, case.now)?;
        }
        let mut all = case.actor.secrets.details();
        let known = all.find(|it| it.id == this.authenticator);
        if known.ok_or(Refusal::NoSuchAuthenticator)?.name == this.name {
            return Err(Refusal::Unchanged);
        }
        // Each is a record in the audit log.
        case.actor.facts.may_name(case.now)?;
        Command::ApplyDue
    },
    |this, case, effects| {
        effects.actor.facts.count_name(case.now);
        effects.actor.secrets.name(this.authenticator, &this.name)
    }
);

/// The user's authenticators.
impl AccountHandle<'_> {
    /// Begins to add an authenticator: an app, up to [`CODE_AUTHENTICATORS`](limits::CODE_AUTHENTICATORS), or a passkey, up to
    /// [`PASSKEYS`](limits::PASSKEYS). Needs a fresh code of one that is bound, or a passkey's answer, which is needed where
    /// the account has a passkey; [`Mfa::confirm_enrollment`](crate::Mfa::confirm_enrollment) takes the first code of the new one. For
    /// [`SETTLING`](limits::SETTLING) seconds the new one proves log-ins alone.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// let offer = mfa.account(&user).add_authenticator("123 456").await?;
    /// println!("{}", *offer.svg("QR code").map_err(loquet::Config::from)?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `TOO_MANY_AUTHENTICATORS`, `PASSKEY_REQUIRED`, `NOT_SETTLED`, `NO_AUTHENTICATOR`, `WRONG_CODE` and others.
    pub async fn add_authenticator(self, code: impl Into<Typed>) -> Result<Offer, Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(BeginAddition { session, typed }).await
    }

    /// Removes an authenticator, with a fresh code of another one. Every session ends but this one, which goes on as the one
    /// that is returned.
    ///
    /// # Errors
    /// [`Error::Refused`] with `OTHER_CODE_REQUIRED` where the code is of that very one, `ASK_ANOTHER_ADMIN` for the last one,
    /// `NOT_SETTLED`, `NO_SUCH_AUTHENTICATOR`, `WRONG_CODE` and others.
    pub async fn remove_authenticator(
        self,
        authenticator: AuthenticatorId,
        code: impl Into<Typed>,
    ) -> Result<LoggedIn, Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(RemoveAuthenticator {
            session,
            authenticator,
            typed,
        })
        .await
    }

    /// Gives an authenticator a name, of at most [`MAX_AUTHENTICATOR_NAME`] characters; an empty one takes it away. Blanks at
    /// both ends are left out.
    ///
    /// # Errors
    /// [`Config::AuthenticatorName`] for one that is longer, or has a control character or another invisible one. [`Error::Refused`] with `STEP_UP` or
    /// `NOT_FRESH` where this session gave no code in the last five minutes, `NOT_SETTLED` where that was one of an
    /// authenticator which may name only itself so far, `NO_SUCH_AUTHENTICATOR`, `UNCHANGED`, and
    /// `TOO_MANY_CHANGES` after thirty names in a day.
    pub async fn rename_authenticator(
        self,
        authenticator: AuthenticatorId,
        name: &str,
    ) -> Result<(), Error> {
        let name = name.trim();
        let is_unseen = |c: char| c.is_control() || is_invisible(c);
        if name.chars().count() > MAX_AUTHENTICATOR_NAME || name.chars().any(is_unseen) {
            return Err(Config::AuthenticatorName.into());
        }
        let (session, name) = (self.session(), name.to_owned());
        self.run(RenameAuthenticator {
            session,
            authenticator,
            name,
        })
        .await
    }
}
