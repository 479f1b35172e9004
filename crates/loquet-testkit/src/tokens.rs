//! Hardware tokens of the host's pool. Every store runs these scenarios.

use loquet::audit::Broken;
use loquet::store::{Cursor, Item, MetadataId, MetadataRow, Query, Row, Store, Version, Versioned};
use loquet::{
    Algorithm, Config, Digits, Error, HardwareToken, ImportedAuthenticator, Keyring, LoggedIn,
    MfaSession, NextStep, Period, Refusal, Secret, TokenState, Totp,
};

use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
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
        assigned_token_keeps_apps_out
        token_replaces_an_app
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

/// Its clock is twenty minutes slow, and runs four more minutes away, which two codes correct.
async fn token_is_found_twenty_steps_off_and_followed(fixture: Fixture) {
    fixture.enabled().await;
    for (account, off) in [(CHLOE, -1), (DENIS, 1)] {
        let mut token = Token::new(if off < 0 { "1001" } else { "1002" });
        token.totp.algorithm = Algorithm::Sha256;
        token.totp.digits = Digits::Eight;
        token.assign(&fixture, account).await.unwrap();
        let session = fixture.log_in(account).await.session;
        assert_eq!(begin(&fixture, &session, "").await.unwrap(), token.serial);
        assert_eq!(
            fixture
                .progress(&session)
                .await
                .token_offer()
                .unwrap()
                .digits,
            8
        );
        token.off = off * 21 * 60;
        let too_far = refusal(token.try_confirm(&fixture, &session).await);
        assert!(matches!(too_far, Refusal::WrongCode { .. }), "{too_far:?}");
        token.off = off * 20 * 60;
        let pair = token.pair(&fixture);
        let reversed = [pair[1].clone(), pair[0].clone()];
        let reversed = fixture
            .mfa
            .confirm_token(&session, reversed, Fixture::client())
            .await;
        assert!(matches!(refusal(reversed), Refusal::WrongCode { .. }));
        let session = token.try_confirm(&fixture, &session).await.unwrap().session;
        let user = fixture.user(&session).await;
        let overview = fixture.mfa.account(&user).overview().await.unwrap();
        assert_eq!(
            (overview.token(), overview.assigned_token()),
            (Some(token.serial), None)
        );
        assert_eq!(overview.code_parameters(), token.totp);

        let again = refusal(fixture.verify(&session, &token.code(&fixture, 0)).await);
        assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
        fixture.clock.advance(60);
        let code = token.code(&fixture, 0);
        let half = fixture.log_in(account).await.session;
        fixture.verify(&half, &code).await.unwrap();
        token.off += off * 240;
        fixture.clock.advance(600);
        let half = fixture.log_in(account).await.session;
        let lost = refusal(fixture.verify(&half, &token.code(&fixture, 0)).await);
        assert!(matches!(lost, Refusal::WrongCode { .. }), "{lost:?}");
        let pair = token.pair(&fixture);
        fixture
            .mfa
            .resynchronize(&half, pair, Fixture::client())
            .await
            .unwrap();
        fixture.clock.advance(60);
        let half = fixture.log_in(account).await.session;
        fixture
            .verify(&half, &token.code(&fixture, 0))
            .await
            .unwrap();
    }
}

/// The password enrolls nothing in the token's place, nor finishes what it began before.
async fn assigned_token_keeps_apps_out(fixture: Fixture) {
    fixture.imposed().await;
    let thief = fixture.log_in(CHLOE).await.session;
    let offer = fixture.begin(&thief).await;
    let token = Token::new("1001");
    token.assign(&fixture, CHLOE).await.unwrap();
    let phone = loquet::testing::Phone::scan(&offer).unwrap();
    let code = fixture.code(&phone);
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&thief, code, Fixture::client())
        .await;
    assert_eq!(refusal(confirmed), Refusal::NothingPending);
    let begun = fixture
        .mfa
        .begin_enrollment(&thief, "", Fixture::client())
        .await;
    assert_eq!(refusal(begun.map(drop)), Refusal::TwoCodesRequired);
    assert_eq!(begin(&fixture, &thief, "").await.unwrap(), token.serial);
    let progress = fixture.progress(&thief).await;
    assert!(progress.offer().is_none());
    assert_eq!(progress.overview().assigned_token(), Some(token.serial));
    let one = token.code(&fixture, 0);
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&thief, one, Fixture::client())
        .await;
    assert_eq!(refusal(confirmed), Refusal::TwoCodesRequired);
    for _ in 0..9 {
        let wrong = ["000 000".into(), "000 001".into()];
        let wrong = fixture
            .mfa
            .confirm_token(&thief, wrong, Fixture::client())
            .await;
        assert!(matches!(refusal(wrong), Refusal::WrongCode { .. }));
    }
    let wrong = ["000 000".into(), "000 001".into()];
    let last = fixture
        .mfa
        .confirm_token(&thief, wrong, Fixture::client())
        .await;
    assert_eq!(refusal(last), Refusal::EnrollmentEnded);
    token.confirm(&fixture, CHLOE).await;
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::SecondFactor);
}

/// The app stays valid until the token is confirmed, which takes a fresh code of the app to begin.
async fn token_replaces_an_app(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let token = Token::new("1001");
    let none = refusal(begin(&fixture, &session, "").await);
    assert_eq!(none, Refusal::NoTokenAssigned);
    token.assign(&fixture, ANNE).await.unwrap();
    let user = fixture.user(&session).await;
    let code = fixture.code(&phone);
    let app = fixture
        .mfa
        .account(&user)
        .replace_authenticator(code.as_str())
        .await;
    assert_eq!(refusal(app.map(drop)), Refusal::TwoCodesRequired);
    begin(&fixture, &session, &code).await.unwrap();
    fixture.enter(ANNE, &phone).await;
    let session = token.try_confirm(&fixture, &session).await.unwrap().session;
    let old = fixture.code(&phone);
    let old = refusal(fixture.verify(&session, &old).await);
    assert!(matches!(old, Refusal::WrongCode { .. }), "{old:?}");
    assert_eq!(
        state(&fixture, &token).await,
        (Some(ANNE.into()), TokenState::InUse)
    );
}

async fn token_is_one_accounts_for_good(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let (token, other) = (Token::new("1001"), Token::new("1002"));
    let provision = fixture.mfa.provision();
    assert!(provision.add_token(token.hardware()).await.unwrap());
    assert!(!provision.add_token(token.hardware()).await.unwrap());
    assert_eq!(state(&fixture, &token).await, (None, TokenState::Free));
    // The same number on another token, and the same key under another number.
    let twin = HardwareToken::new(token.serial, other.secret.clone());
    let twin = provision.add_token(twin).await;
    assert!(
        matches!(twin, Err(Error::Config(Config::OtherToken))),
        "{twin:?}"
    );
    let copy = HardwareToken::new("1003", token.secret.clone());
    assert_eq!(
        refusal(provision.add_token(copy).await),
        Refusal::KeyOfAnother
    );
    let imported = ImportedAuthenticator::new(token.secret.clone());
    let imported = provision.import_authenticator(DENIS, imported).await;
    assert_eq!(refusal(imported), Refusal::KeyOfAnother);

    assert!(provision.assign_token(token.serial, DENIS).await.unwrap());
    assert!(!provision.assign_token(token.serial, DENIS).await.unwrap());
    let taken = provision.assign_token(token.serial, CHLOE).await;
    assert_eq!(refusal(taken), Refusal::KeyOfAnother);
    assert_eq!(
        refusal(other.assign(&fixture, DENIS).await),
        Refusal::TokenAssigned
    );
    assert_eq!(
        state(&fixture, &token).await,
        (Some(DENIS.into()), TokenState::Assigned)
    );
    provision.withdraw_token(token.serial).await.unwrap();
    assert_eq!(
        refusal(provision.withdraw_token(token.serial).await),
        Refusal::NoTokenAssigned
    );
    assert_eq!(state(&fixture, &token).await, (None, TokenState::Free));
    provision.assign_token(token.serial, CHLOE).await.unwrap();
    token.confirm(&fixture, CHLOE).await;
    assert_eq!(
        refusal(provision.withdraw_token(token.serial).await),
        Refusal::NoTokenAssigned
    );

    let session = fixture.enter(ANNE, &phone).await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let issued = fixture
        .mfa
        .admin(&anne)
        .reset(CHLOE, false, typed)
        .await
        .unwrap();
    assert_eq!(
        state(&fixture, &token).await,
        (Some(CHLOE.into()), TokenState::Retired)
    );
    for (account, why) in [(CHLOE, Refusal::RetiredKey), (DENIS, Refusal::KeyOfAnother)] {
        let assigned = provision.assign_token(token.serial, account).await;
        assert_eq!(refusal(assigned), why);
    }
    // The next one takes the reset code too.
    provision.assign_token(other.serial, CHLOE).await.unwrap();
    let session = fixture.log_in(CHLOE).await.session;
    let without = refusal(begin(&fixture, &session, "").await);
    assert!(
        matches!(without, Refusal::ResetCodeRequired(_)),
        "{without:?}"
    );
    let reset_code = issued.reset_code.expose();
    begin(&fixture, &session, reset_code.as_str())
        .await
        .unwrap();
    other.try_confirm(&fixture, &session).await.unwrap();
    provision.deactivate(CHLOE).await.unwrap();
    assert_eq!(
        state(&fixture, &other).await,
        (Some(CHLOE.into()), TokenState::Retired)
    );
}

/// Free, assigned and confirmed tokens are encrypted anew, and nothing of them needs the old key.
async fn tokens_rotate_with_the_keys(fixture: Fixture) {
    fixture.enabled().await;
    let tokens = ["1001", "1002", "1003"].map(Token::new);
    let provision = fixture.mfa.provision();
    for token in &tokens {
        provision.add_token(token.hardware()).await.unwrap();
    }
    provision
        .assign_token(tokens[1].serial, CHLOE)
        .await
        .unwrap();
    provision
        .assign_token(tokens[2].serial, DENIS)
        .await
        .unwrap();
    tokens[2].confirm(&fixture, DENIS).await;
    let [old, new] =
        [(1, [7; 32]), (2, [8; 32])].map(|(id, key)| Keyring::line(id, &key).to_string());
    let operator = &fixture.operator;
    let both = Keyring::parse(&format!("{old}{new}")).unwrap();
    operator.change_keys(both).await.unwrap();
    operator.rotate_keys(|_| {}).await.unwrap();
    crate::letters::post(&fixture).await;
    assert!(!operator.key_use().await.unwrap().needs(1));
    operator
        .change_keys(Keyring::parse(&new).unwrap())
        .await
        .unwrap();
    provision
        .assign_token(tokens[0].serial, BRUNO)
        .await
        .unwrap();
    for (token, account) in [(&tokens[0], BRUNO), (&tokens[1], CHLOE)] {
        token.confirm(&fixture, account).await;
    }
    fixture.clock.advance(60);
    let session = fixture.log_in(DENIS).await.session;
    let code = tokens[2].code(&fixture, 0);
    fixture.verify(&session, &code).await.unwrap();
}

async fn hostile_tokens_are_refused(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let secret = || Secret::from([7; 20]);
    let long = "7".repeat(65);
    for serial in ["", "10\n01", "\u{7f}", &long] {
        let added = provision
            .add_token(HardwareToken::new(serial, secret()))
            .await;
        assert!(
            matches!(added, Err(Error::Config(Config::TokenSerial))),
            "{added:?}"
        );
    }
    let weak = HardwareToken::new("1", Secret::weak(&[7; 15]).unwrap());
    let weak = provision.add_token(weak).await;
    assert!(
        matches!(weak, Err(Error::Config(Config::WeakToken))),
        "{weak:?}"
    );
    for (seconds, t0) in [(14, 0), (301, 0), (30, 1)] {
        let period = Period::new(seconds).unwrap();
        let totp = Totp {
            period,
            t0,
            ..Totp::default()
        };
        let added = provision
            .add_token(HardwareToken::new("1", secret()).totp(totp))
            .await;
        assert!(matches!(added, Err(Error::Config(_))), "{added:?}");
    }
    assert_eq!(provision.tokens().await.unwrap(), []);
    let unknown = provision.assign_token("1", DENIS).await;
    assert!(
        matches!(unknown, Err(Error::Config(Config::NoToken(_)))),
        "{unknown:?}"
    );
    let unknown = provision.withdraw_token("1").await;
    assert!(
        matches!(unknown, Err(Error::Config(Config::NoToken(_)))),
        "{unknown:?}"
    );
    provision
        .add_token(HardwareToken::new("1", secret()))
        .await
        .unwrap();
    assert_eq!(
        refusal(provision.assign_token("1", 4_711_u64).await),
        Refusal::UnknownAccount
    );
}

/// A writer of the database without the keys gives nobody a token that is another's.
async fn forged_token_is_refused_and_listed<S: Store>(store: Tampered<S>) {
    const KINDS: u16 = 8;
    let fixture = Fixture::over(store.clone()).await;
    let (mine, theirs) = (Token::new("1001"), Token::new("1002"));
    mine.assign(&fixture, DENIS).await.unwrap();
    let provision = fixture.mfa.provision();
    provision.add_token(theirs.hardware()).await.unwrap();
    let found = store
        .scan(&Query::Metadata(KINDS), &Cursor::default())
        .await
        .unwrap();
    let rows: Vec<(MetadataRow, Version)> = found
        .items
        .into_iter()
        .filter_map(|item| match item {
            Item::Row(Versioned {
                row: Row::Metadata(row),
                version,
            }) => Some((row, version)),
            _ => None,
        })
        .collect();
    let [(first, at), (second, _)] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    let moved = MetadataRow {
        body: second.body.clone(),
        ..first.clone()
    };
    let freed = MetadataRow {
        body: first
            .body
            .replacen("\"serial\":\"1001\"", "\"serial\":\"1003\"", 1)
            .replacen("\"serial\":\"1002\"", "\"serial\":\"1004\"", 1),
        ..first.clone()
    };
    let elsewhere = MetadataRow {
        id: MetadataId {
            page: [9; 16],
            ..first.id
        },
        ..first.clone()
    };
    for (forged, at) in [
        (moved, *at),
        (freed, *at),
        (first.clone(), at.next()),
        (elsewhere, *at),
    ] {
        let key = Row::Metadata(forged.clone()).key();
        store.put(Row::Metadata(forged), at);
        let mut listed = Vec::new();
        let verified = fixture.operator.verify_audits(None, |found| {
            listed.extend(found.chain.err().map(|why| (found.row, why)));
        });
        verified.await.unwrap();
        // What is made up beside the others is found by no query.
        if key == Row::Metadata(first.clone()).key() {
            assert!(
                matches!(listed.as_slice(), [(row, Broken::Row(_))] if *row == key),
                "{listed:?}"
            );
            assert!(provision.tokens().await.is_err());
        }
        store.undo();
    }
    assert_eq!(provision.tokens().await.unwrap().len(), 2);
}
