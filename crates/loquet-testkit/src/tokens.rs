//! Hardware tokens of the host's pool. Every store runs these scenarios.

mod confirmation;
mod pool;

use confirmation::*;
use loquet::store::Store;
use loquet::{Error, HardwareToken, LoggedIn, MfaSession, Period, Secret, TokenState, Totp};
use pool::*;

use crate::fixture::Fixture;
use crate::tampered::Tampered;

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(Fixture::over(store()).await)).await;)*
        };
    }
    each! {
        token_is_found_twenty_steps_off_and_followed
        t80_code_of_fast_token_is_no_good_later
        assigned_token_keeps_apps_out
        token_replaces_an_app
        token_is_in_the_pool_once
        unconfirmed_token_is_taken_back
        token_takes_the_place_of_an_awaited_import
        token_is_one_accounts_for_good
        tokens_rotate_with_the_keys
        hostile_tokens_are_refused
    }
    forged_token_is_refused_and_listed(Tampered::new(store())).await;
}

/// A token whose clock is off by so many seconds.
#[derive(Debug, Clone)]
pub struct Token {
    serial: &'static str,
    secret: Secret,
    totp: Totp,
    off: i64,
}

impl Token {
    /// One that shows a code for a minute.
    #[must_use]
    pub fn new(serial: &'static str) -> Self {
        let period = Period::new(60).unwrap();
        Self {
            serial,
            secret: Secret::new(serial.repeat(8).as_bytes()).unwrap(),
            totp: Totp {
                period,
                ..Totp::default()
            },
            off: 0,
        }
    }

    /// What the host adds to its pool.
    pub fn hardware(&self) -> HardwareToken {
        HardwareToken::new(self.serial, self.secret.clone()).totp(self.totp)
    }

    /// The code that it shows so many periods from now.
    fn code(&self, fixture: &Fixture, ahead: i64) -> String {
        let period = i64::try_from(self.totp.period.seconds()).unwrap();
        let now = fixture
            .mfa
            .now()
            .0
            .saturating_add_signed(self.off + ahead * period);
        let key = self.secret.key(self.totp.algorithm);
        self.totp.generate(&key, now).to_string()
    }

    /// The code that it showed before, and the one that it shows.
    fn pair(&self, fixture: &Fixture) -> [loquet::Typed; 2] {
        [-1, 0].map(|ahead| self.code(fixture, ahead).into())
    }

    /// Adds it and assigns it.
    ///
    /// # Errors
    /// Those of the two.
    pub async fn assign(&self, fixture: &Fixture, account: u64) -> Result<bool, Error> {
        let provision = fixture.mfa.provision();
        provision.add_token(self.hardware()).await?;
        provision.assign_token(self.serial, account).await
    }

    /// Logs in, and confirms it with two codes.
    pub async fn confirm(&self, fixture: &Fixture, account: u64) -> MfaSession {
        let session = fixture.log_in(account).await.session;
        begin(fixture, &session, "").await.unwrap();
        let confirmed = self.try_confirm(fixture, &session).await;
        confirmed.unwrap().session
    }

    async fn try_confirm(
        &self,
        fixture: &Fixture,
        session: &MfaSession,
    ) -> Result<LoggedIn, Error> {
        let pair = self.pair(fixture);
        fixture
            .mfa
            .confirm_token(session, pair, Fixture::client())
            .await
    }
}

async fn begin(fixture: &Fixture, session: &MfaSession, code: &str) -> Result<String, Error> {
    let begun = fixture
        .mfa
        .begin_token(session, code, Fixture::client())
        .await?;
    Ok(begun.serial)
}

/// What became of the token.
pub async fn state(fixture: &Fixture, token: &Token) -> (Option<loquet::AccountId>, TokenState) {
    let tokens = fixture.mfa.provision().tokens().await.unwrap();
    let entry = tokens
        .into_iter()
        .find(|entry| entry.serial == token.serial);
    let entry = entry.unwrap();
    (entry.account, entry.state)
}
