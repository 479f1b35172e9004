//! Confirming a hardware token that the host has assigned.

use loquet_policy::{Command, FactorState, Grant, Refusal, Session, UnixTime};

use crate::decide::{After, Case, Typed};
use crate::enrollment::operations::{begin_enrollment, typed_back};
use crate::error::Error;
use crate::mfa::Mfa;
use crate::records::AccountRecord;
use crate::session::MfaSession;
use crate::session::attempt::Attempt;
use crate::session::operations::{LoggedIn, entered};
use crate::session::reports::next_link;

/// What a page shows to a user who confirms a hardware token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenOffer {
    /// The token's serial number, to find it by.
    pub serial: String,
    /// How many digits its codes have.
    pub digits: u8,
    /// How long it shows each code, in seconds.
    pub period: u64,
    /// The time at which the enrollment expires, in seconds since the epoch.
    pub expires: u64,
}

impl TokenOffer {
    /// The token that is assigned to an account.
    pub(crate) fn of(account: &AccountRecord, expires: UnixTime) -> Option<Self> {
        let token = account.secrets.token.as_ref()?;
        Some(Self {
            serial: token.serial.clone(),
            digits: token.totp.digits.count(),
            period: token.totp.period.seconds(),
            expires: expires.0,
        })
    }
}

/// Begins to confirm the token that is assigned to the account.
#[derive(Debug, Clone, Hash)]
pub(crate) struct BeginToken {
    session: Session,
    typed: Typed,
}

in_session!(
    BeginToken;
    "begin_token",
    TokenOffer,
    offered,
    |this, case| {
        if !case.actor.facts.awaits_token {
            return Err(Refusal::NoTokenAssigned);
        }
        match case.actor.facts.second_factor.state() {
            FactorState::Active => Command::BeginReplacement {
                code: case.submitted(&this.typed),
                recovery: case.new_recovery(),
            },
            _ => begin_enrollment(&this.typed, case),
        }
    }
);

fn offered(granted: &Grant, _: &Case<'_>, after: &After<'_>) -> Result<TokenOffer, Refusal> {
    let &Grant::Pending { expires, .. } = granted else {
        return Err(Refusal::PolicyUnavailable);
    };
    TokenOffer::of(after.actor, expires).ok_or(Refusal::NoTokenAssigned)
}

/// The first two codes of the token.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ConfirmToken {
    session: Session,
    /// As typed, the older first.
    typed: [Typed; 2],
    /// After break-glass: the last group of the new break-glass code, as typed back; empty otherwise.
    break_glass_typed_back: Typed,
}

in_session!(
    ConfirmToken, const GIVES_CODE;
    "confirm_token",
    LoggedIn,
    entered,
    |this, case| {
        Command::ConfirmToken {
            pair: case.token_pair(&this.typed),
            link: next_link(case).digest(),
            break_glass: typed_back(&this.break_glass_typed_back, case),
            access: case.access(),
        }
    }
);

/// Hardware tokens.
impl Mfa {
    /// Begins to confirm the hardware token that the host has assigned to the user. `code` is a fresh code of the present
    /// authenticator where one is bound, the reset code where one is due, and empty otherwise. A session that has begun
    /// already gets the same again.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let token = mfa.begin_token(&session, "", client).await?;
    /// println!("Type two codes that the token {} shows, one after the other.", token.serial);
    /// let login = mfa.confirm_token(&session, ["123 456".into(), "654 321".into()], client).await?; // keep `login.session`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `NO_TOKEN_ASSIGNED`, and as for [`begin_enrollment`](Self::begin_enrollment) and
    /// [`replace_authenticator`](crate::AccountHandle::replace_authenticator).
    pub async fn begin_token(
        &self,
        session: &MfaSession,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<TokenOffer, Error> {
        let (session, typed) = (self.verified(session).await?, code.into());
        self.run(BeginToken { session, typed }, attempt.into())
            .await
    }

    /// Confirms the hardware token with two of its codes, one after the other, and finishes the log-in. The token's clock
    /// may be off by twenty codes either way (RFC 6238 §6), which is kept: from then on its codes are looked for where they
    /// are.
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_CODE`, `ENROLLMENT_ENDED`, `NOTHING_PENDING` and others; with `BREAK_GLASS_CODE_FIRST` use
    /// [`confirm_token_after_break_glass`](Self::confirm_token_after_break_glass).
    pub async fn confirm_token(
        &self,
        session: &MfaSession,
        codes: [Typed; 2],
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let none = Typed::default();
        self.confirm_token_after_break_glass(session, codes, none, attempt)
            .await
    }

    /// Confirms the hardware token of an administrator whom break-glass let in; see
    /// [`confirm_enrollment_after_break_glass`](Self::confirm_enrollment_after_break_glass).
    ///
    /// # Errors
    /// As for [`confirm_token`](Self::confirm_token).
    pub async fn confirm_token_after_break_glass(
        &self,
        session: &MfaSession,
        codes: [Typed; 2],
        last_group: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let confirm = ConfirmToken {
            session: self.verified(session).await?,
            typed: codes,
            break_glass_typed_back: last_group.into(),
        };
        self.run(confirm, attempt.into()).await
    }
}
