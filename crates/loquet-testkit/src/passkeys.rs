//! Passkeys of an account, over any store, with a relying party that pretends.

use std::sync::Arc;

use loquet::store::Store;
use loquet::testing::Phone;
use loquet::{
    Attempt, Authorized, Config, Error, Keyring, LoggedIn, Mfa, MfaSession, PasskeyAnswer, Refusal,
    RestoreOptions,
};
use loquet_policy::{Event, MandateKind, NextStep, Purpose, RoleId, Start, limits};

use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};
use crate::letters::{post, to};
use crate::pretend::Pretend;

impl Fixture {
    /// The answer of passkey `number` to what this session's page asks now.
    async fn answer(&self, session: &MfaSession, number: u32, count: u32) -> PasskeyAnswer {
        self.clock.advance(1);
        let progress = self.progress(session).await;
        let asked = progress.passkey_request().unwrap();
        PasskeyAnswer::new(format!("sign {asked} {number} {count}"))
    }

    async fn new_passkey(&self, session: &MfaSession, number: u32) -> PasskeyAnswer {
        let progress = self.progress(session).await;
        let asked = progress.passkey_creation().unwrap();
        PasskeyAnswer::new(format!("create {asked} {number} 5"))
    }

    async fn sign(&self, session: &MfaSession, answer: PasskeyAnswer) -> Result<LoggedIn, Error> {
        self.mfa.verify_code(session, answer, Self::client()).await
    }

    async fn register(
        &self,
        session: &MfaSession,
        answer: PasskeyAnswer,
    ) -> Result<LoggedIn, Error> {
        let (mfa, client) = (&self.mfa, Self::client());
        mfa.confirm_enrollment(session, answer, client).await
    }

    /// Enrolls an account and registers this passkey beside the phone.
    async fn with_passkey(&self, account: u64, number: u32) -> (Phone, MfaSession) {
        let session = self.log_in(account).await.session;
        let offer = self.begin(&session).await;
        let (phone, session) = self.confirm(&session, &offer).await;
        let session = self.add_passkey(&session, &phone, number).await;
        (phone, session)
    }

    async fn add_passkey(&self, session: &MfaSession, phone: &Phone, number: u32) -> MfaSession {
        let owner = self.user(session).await;
        let typed = self.code(phone);
        let begun = self.mfa.account(&owner).add_authenticator(typed).await;
        begun.unwrap();
        let answer = self.new_passkey(session, number).await;
        self.register(session, answer).await.unwrap().session
    }

    /// Anne, whose passkey is number 7, demands one of all employees.
    async fn demand_passkeys(&self) {
        let half = self.log_in(ANNE).await.session;
        let answer = self.answer(&half, 7, 6).await;
        let session = self.sign(&half, answer).await.unwrap().session;
        let anne = self.user(&session).await;
        let (kind, start) = (MandateKind::Passkey, Start::Now { confirmed: true });
        let admin = self.mfa.admin(&anne);
        let demanded = admin.schedule_mandate(RoleId::STAFF, kind, start).await;
        demanded.unwrap();
        let admin = self.mfa.admin(&anne);
        admin.remember_devices(true).await.unwrap();
    }

    async fn owner(&self, session: &MfaSession) -> (Authorized, Vec<bool>) {
        let owner = self.user(session).await;
        let overview = self.mfa.account(&owner).overview().await.unwrap();
        let kinds = overview.authenticators().iter();
        let kinds = kinds.map(loquet::AuthenticatorEntry::is_passkey).collect();
        (owner, kinds)
    }
}

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(Fixture::with_passkeys(store()).await)).await;)*
        };
    }
    each! {
        passkey_is_taken_wherever_a_code_is
        t98_answer_belongs_to_its_session
        passkey_belongs_to_one_account
        copied_passkey_is_suspended
        passkey_that_is_demanded_is_added
        session_that_owes_its_passkey_shows_no_secret
    }
    Box::pin(relying_party_stays_the_same(&Arc::new(store()))).await;
}

/// Registered beside a phone, told, and as good as a code wherever one is asked for.
async fn passkey_is_taken_wherever_a_code_is(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, session) = fixture.with_passkey(DENIS, 7).await;
    let letters = post(&fixture).await;
    let told = Event::Bound {
        purpose: Purpose::Add,
        passkey: true,
    };
    let mut denis = to(&letters, DENIS).into_iter();
    assert!(denis.any(|letter| letter.event == told));
    assert_eq!(fixture.owner(&session).await.1, [false, true]);

    let half = fixture.log_in(DENIS).await.session;
    let answer = fixture.answer(&half, 7, 6).await;
    fixture.sign(&half, answer).await.unwrap();
    fixture.clock.advance(limits::SETTLING);
    let half = fixture.log_in(DENIS).await.session;
    let answer = fixture.answer(&half, 7, 7).await;
    let session = fixture.sign(&half, answer).await.unwrap().session;
    // A code adds nothing beside it, and it removes the phone.
    let (denis, _) = fixture.owner(&session).await;
    let account = fixture.mfa.account(&denis);
    let typed = fixture.code(&phone);
    let refused = account.add_authenticator(typed).await;
    assert_eq!(refusal(refused), Refusal::PasskeyRequired);
    let answer = fixture.answer(&session, 7, 8).await;
    let (denis, _) = fixture.owner(&session).await;
    let account = fixture.mfa.account(&denis);
    let removed = account.remove_authenticator(loquet::AuthenticatorId(1), answer);
    let session = removed.await.unwrap().session;
    assert_eq!(fixture.owner(&session).await.1, [true]);

    // Alone, it is the second factor; a code is no answer.
    let half = fixture.log_in(DENIS).await.session;
    let typed = fixture.code(&phone);
    let refused = refusal(fixture.verify(&half, &typed).await);
    assert_eq!(refused, Refusal::PasskeyRequired);
    let answer = fixture.answer(&half, 7, 9).await;
    fixture.sign(&half, answer).await.unwrap();
}

/// An administrator who has a passkey demands one of all employees. One with an app comes in to add it, and from then on with
/// it alone.
async fn passkey_that_is_demanded_is_added(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let (app, _) = fixture.enroll(&chloe).await;
    fixture.add_passkey(&session, &phone, 7).await;
    fixture.clock.advance(limits::SETTLING);
    fixture.demand_passkeys().await;

    let half = fixture.log_in(CHLOE).await.session;
    let typed = fixture.code(&app);
    // Where she asks for it, the device is remembered all the same.
    let ticked = Attempt::new(Fixture::client()).remember_device(true);
    let login = fixture.mfa.verify_code(&half, typed, ticked).await.unwrap();
    assert!(login.next == NextStep::Enroll && login.device.is_some());
    let session = login.session;
    let owed = fixture.authorize(&session).await.unwrap_err();
    assert_eq!(owed.next_step(), Some(NextStep::Enroll));
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let missing = mfa.begin_enrollment(&session, "", client).await;
    assert_eq!(refusal(missing), Refusal::NotFresh);
    let typed = fixture.code(&app);
    let begun = mfa
        .begin_enrollment(&session, typed, Fixture::client())
        .await;
    begun.unwrap();
    let progress = fixture.progress(&session).await;
    assert!(progress.overview().accepts_codes() && !progress.may_bind_app());
    let answer = fixture.new_passkey(&session, 8).await;
    let login = fixture.register(&session, answer).await.unwrap();
    assert_eq!(login.next, NextStep::Done);
    fixture.authorize(&login.session).await.unwrap();

    let half = fixture.log_in(CHLOE).await.session;
    assert!(!fixture.progress(&half).await.overview().accepts_codes());
    let typed = fixture.code(&app);
    let refused = refusal(fixture.verify(&half, &typed).await);
    assert_eq!(refused, Refusal::PasskeyRequired);
    let answer = fixture.answer(&half, 8, 6).await;
    let login = fixture.sign(&half, answer).await.unwrap();
    fixture.authorize(&login.session).await.unwrap();
}

/// A replacement that a session of a code began is not shown to it any more once it owes a passkey.
async fn session_that_owes_its_passkey_shows_no_secret(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    fixture.add_passkey(&session, &phone, 7).await;
    let (app, _) = fixture.with_passkey(CHLOE, 8).await;
    fixture.clock.advance(limits::SETTLING);
    let by_code = fixture.enter(CHLOE, &app).await;
    let answer = fixture.answer(&by_code, 8, 6).await;
    let chloe = fixture.user(&by_code).await;
    let begun = fixture.mfa.account(&chloe).replace_authenticator(answer);
    begun.await.unwrap();
    assert!(fixture.progress(&by_code).await.offer().is_some());
    fixture.demand_passkeys().await;
    assert!(fixture.progress(&by_code).await.offer().is_none());
    let answer = fixture.answer(&by_code, 8, 7).await;
    let session = fixture.sign(&by_code, answer).await.unwrap().session;
    assert!(fixture.progress(&session).await.offer().is_some());
}

/// An answer is good in the session that asked, for what it asked, once, for five minutes.
async fn t98_answer_belongs_to_its_session(fixture: Fixture) {
    fixture.enabled().await;
    let (_, session) = fixture.with_passkey(DENIS, 7).await;
    let [here, there] = [
        fixture.log_in(DENIS).await.session,
        fixture.log_in(DENIS).await.session,
    ];
    let answer = fixture.answer(&here, 7, 6).await;
    for other in [&there, &session] {
        let refused = refusal(fixture.sign(other, answer.clone()).await);
        assert_eq!(refused, Refusal::ChallengeOver);
    }
    let entered = fixture.sign(&here, answer.clone()).await.unwrap().session;
    for used in [&here, &entered] {
        let refused = refusal(fixture.sign(used, answer.clone()).await);
        let is_over = matches!(refused, Refusal::ChallengeOver | Refusal::StaleLogIn);
        assert!(is_over, "{refused:?}");
    }
    let late = fixture.answer(&there, 7, 7).await;
    fixture.clock.advance(limits::CHALLENGE);
    let refused = refusal(fixture.sign(&there, late).await);
    assert_eq!(refused, Refusal::ChallengeOver);

    // No failure of a code was counted for any of it, nor for what does not verify.
    let wrong = fixture.answer(&there, 8, 1).await;
    let refused = refusal(fixture.sign(&there, wrong).await);
    assert_eq!(refused, Refusal::WrongPasskey);
    assert_eq!(fixture.failures(DENIS).await, 0);
    for text in ["", "{}", "sign 00 7 9", &"x".repeat(100_000)] {
        fixture.clock.advance(60);
        let refused = fixture.sign(&there, PasskeyAnswer::new(text)).await;
        assert!(refused.is_err(), "{text:.20}");
    }
}

/// No two accounts have the same passkey, and none has it twice, removed or not.
async fn passkey_belongs_to_one_account(fixture: Fixture) {
    fixture.enabled().await;
    let (_, session) = fixture.with_passkey(DENIS, 7).await;
    for (account, expected) in [(CHLOE, Refusal::KeyOfAnother), (DENIS, Refusal::RetiredKey)] {
        let session = match account {
            DENIS => {
                let answer = fixture.answer(&session, 7, 6).await;
                let (denis, _) = fixture.owner(&session).await;
                // The phone, which has settled, is what adds here.
                let refused = fixture.mfa.account(&denis).add_authenticator(answer).await;
                assert!(matches!(refusal(refused), Refusal::NotSettled { .. }));
                fixture.clock.advance(limits::SETTLING);
                let half = fixture.log_in(DENIS).await.session;
                let answer = fixture.answer(&half, 7, 7).await;
                let session = fixture.sign(&half, answer).await.unwrap().session;
                let answer = fixture.answer(&session, 7, 8).await;
                let (denis, _) = fixture.owner(&session).await;
                let account = fixture.mfa.account(&denis);
                account.add_authenticator(answer).await.unwrap();
                session
            }
            other => {
                let session = fixture.log_in(other).await.session;
                fixture.begin(&session).await;
                session
            }
        };
        let same = fixture.new_passkey(&session, 7).await;
        assert_eq!(refusal(fixture.register(&session, same).await), expected);
        let other = fixture.new_passkey(&session, 8).await;
        if account == CHLOE {
            fixture.register(&session, other).await.unwrap();
        }
    }
}

/// One that counts no further was copied: it is accepted no more, and the owner is told.
async fn copied_passkey_is_suspended(fixture: Fixture) {
    fixture.enabled().await;
    let (phone, _) = fixture.with_passkey(DENIS, 7).await;
    let half = fixture.log_in(DENIS).await.session;
    let copy = fixture.answer(&half, 7, 5).await;
    assert_eq!(
        refusal(fixture.sign(&half, copy).await),
        Refusal::PasskeyCloned
    );
    let letters = post(&fixture).await;
    let mut denis = to(&letters, DENIS).into_iter();
    assert!(denis.any(|letter| letter.event == Event::PasskeyCloned));
    let session = fixture.enter(DENIS, &phone).await;
    let denis = fixture.user(&session).await;
    let overview = fixture.mfa.account(&denis).overview().await.unwrap();
    let copied = overview
        .authenticators()
        .iter()
        .map(|it| it.may_be_copied());
    assert_eq!(copied.collect::<Vec<_>>(), [false, true]);
}

/// A backup from before any passkey takes over for which relying party they are. `mark` takes it, and `begin` opens it.
pub async fn backup_from_before_passkeys<S: Store>(
    store: S,
    mark: impl FnOnce(),
    begin: impl Fn() -> S,
) {
    let store = Arc::new(store);
    Fixture::over(Arc::clone(&store)).await;
    mark();
    let fixture = Fixture::with_passkeys(store).await;
    fixture.enabled().await;
    fixture.with_passkey(DENIS, 7).await;
    let restored = Fixture::at(begin(), fixture.clock.clone()).await;
    let how = RestoreOptions::default().replaced(&fixture.operator);
    restored.operator.restored(how).await.unwrap();
    let builder = Mfa::builder(begin()).keyring(Keyring::single(1, [7; 32]));
    let refused = builder.passkeys(Pretend("example.net")).open().await;
    assert!(
        matches!(refused, Err(Error::Config(Config::RelyingParty { .. }))),
        "{refused:?}"
    );
}

/// Passkeys that were registered for one relying party open no service of another.
async fn relying_party_stays_the_same(store: &Arc<impl Store>) {
    let open = async |id| {
        let builder = Mfa::builder(Arc::clone(store)).keyring(Keyring::single(1, [7; 32]));
        builder.passkeys(Pretend(id)).open().await
    };
    // Until there is a passkey, it may change.
    open("example.com").await.unwrap();
    let fixture = Fixture::with_passkeys(Arc::clone(store)).await;
    fixture.enabled().await;
    fixture.with_passkey(DENIS, 7).await;
    open("example.org").await.unwrap();
    let refused = open("example.net").await;
    let Err(Error::Config(Config::RelyingParty { stored, given })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!([&*stored, &*given], ["example.org", "example.net"]);
}
