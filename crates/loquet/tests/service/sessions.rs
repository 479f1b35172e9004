//! Sessions: how they end, and that none can be made up.

use loquet::store::MemoryStore;
use loquet::{
    Assurance, Attempt, Clock, Keyring, Mfa, MfaSession, NextStep, Refusal, SessionError,
    SessionLimits, UnixTime,
};
use loquet_policy::limits::{DAY, HOUR};
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

async fn fixture() -> Fixture {
    Fixture::over(MemoryStore::new()).await
}

fn copied(session: &MfaSession) -> MfaSession {
    MfaSession::from_bytes(&session.to_bytes()).unwrap()
}

#[tokio::test]
async fn log_out_is_final_for_copies() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let other = fixture.enter(ANNE, &phone).await;
    let copy = copied(&session);
    let anne = fixture.user(&copy).await;
    fixture.mfa.log_out(&session).await.unwrap();
    for over in [session, copy] {
        assert_eq!(refusal(fixture.authorize(&over).await), Refusal::StaleLogIn);
        let typed = fixture.code(&phone);
        let given = fixture.verify(&over, &typed).await;
        assert_eq!(refusal(given), Refusal::StaleLogIn);
        let progress = fixture.mfa.login_progress(&over, &Fixture::client()).await;
        assert_eq!(refusal(progress), Refusal::StaleLogIn);
    }
    // What a page that was open before still holds opens nothing either.
    let overview = fixture.mfa.account(&anne).overview().await;
    assert_eq!(refusal(overview), Refusal::StaleLogIn);
    let users = fixture.mfa.admin(&anne).users().await;
    assert_eq!(refusal(users), Refusal::StaleLogIn);
    assert!(fixture.authorize(&other).await.is_ok());
    assert!(fixture.mfa.log_out(&copy).await.is_ok(), "nothing to do");
}

#[tokio::test]
async fn half_log_in_ends_with_log_out() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    fixture.mfa.log_out(&half).await.unwrap();
    let given = fixture.verify(&half, &fixture.code(&phone)).await;
    assert_eq!(refusal(given), Refusal::StaleLogIn);
}

#[tokio::test]
async fn each_step_replaces_the_session() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let full = fixture.verify(&half, &typed).await.unwrap().session;
    let again = fixture.verify(&half, &fixture.code(&phone)).await;
    assert_eq!(refusal(again), Refusal::StaleLogIn);
    assert!(fixture.authorize(&full).await.is_ok());
}

#[tokio::test]
async fn code_is_owed_again_after_a_day() {
    for (account, life) in [(ANNE, 12 * HOUR), (CHLOE, DAY)] {
        let fixture = fixture().await;
        let (mut phone, mut session) = fixture.imposed().await;
        if account == CHLOE {
            let half = fixture.log_in(CHLOE).await.session;
            (phone, session) = fixture.enroll(&half).await;
        }
        let user = fixture.user(&session).await;
        fixture.clock.advance(life - 1);
        assert!(fixture.authorize(&session).await.is_ok());
        fixture.clock.advance(1);
        let owed = fixture.authorize(&session).await.unwrap_err();
        assert_eq!(owed.next_step(), Some(NextStep::SecondFactor));
        let progress = fixture.progress(&session).await;
        assert_eq!(progress.next(), NextStep::SecondFactor);
        // What was authorized before decides nothing now.
        let account = fixture.mfa.account(&user);
        let forgotten = account.forget_devices().await;
        assert_eq!(refusal(forgotten).code(), "CODE_REQUIRED");
        let overview = account.overview().await;
        assert_eq!(refusal(overview).code(), "CODE_REQUIRED");
        let out = fixture.mfa.log_out_everywhere(&session, Fixture::client());
        assert_eq!(refusal(out.await).code(), "CODE_REQUIRED");

        let wrong = fixture.wrong_code(&phone);
        let wrong = refusal(fixture.verify(&session, &wrong).await);
        assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
        let typed = fixture.code(&phone);
        let login = fixture.verify(&session, &typed).await.unwrap();
        assert_eq!(login.next, NextStep::Done);
        let renewed = fixture.user(&login.session).await;
        assert_eq!(renewed.account_id(), user.account_id());
        assert_eq!(renewed.external_id(), user.external_id());
        assert_eq!(renewed.roles(), user.roles());
        assert_eq!(renewed.assurance(), Assurance::Aal2);
        assert_eq!(renewed.since(), fixture.clock.now());
        let old = fixture.authorize(&session).await.unwrap_err();
        assert_eq!(old.next_step(), Some(NextStep::SecondFactor));
    }
}

#[tokio::test]
async fn password_session_ends_after_thirty_days() {
    let fixture = fixture().await;
    let session = fixture.log_in(DENIS).await.session;
    assert_eq!(fixture.user(&session).await.assurance(), Assurance::Aal1);
    fixture.clock.advance(30 * DAY - 1);
    assert!(fixture.authorize(&session).await.is_ok());
    fixture.clock.advance(1);
    let over = fixture.authorize(&session).await.unwrap_err();
    assert_eq!(over.next_step(), Some(NextStep::LogIn));
    assert_eq!(over.refusal(), Some(&Refusal::StaleLogIn));
    let progress = fixture
        .mfa
        .login_progress(&session, &Fixture::client())
        .await;
    assert_eq!(refusal(progress), Refusal::StaleLogIn);
}

#[tokio::test]
async fn unused_session_owes_the_password_after_thirty_days() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    fixture.clock.advance(30 * DAY);
    assert_eq!(
        refusal(fixture.authorize(&session).await),
        Refusal::StaleLogIn
    );
    let given = fixture.verify(&session, &fixture.code(&phone)).await;
    assert_eq!(refusal(given), Refusal::StaleLogIn);
    fixture.enter(ANNE, &phone).await;
}

#[tokio::test]
async fn session_limits_are_the_hosts() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let fixture = Fixture::over(store.clone()).await;
    let (_, session) = fixture.enabled().await;
    let strict = SessionLimits {
        aal2: 60,
        ..SessionLimits::default()
    };
    let mfa = Mfa::builder(store)
        .keyring(Keyring::single(1, [7; 32]))
        .clock(fixture.clock.clone())
        .session_limits(strict)
        .open()
        .await
        .unwrap();
    let client = Fixture::client();
    assert!(mfa.authorize(&session, &client).await.is_ok());
    fixture.clock.advance(60);
    let owed = mfa.authorize(&session, &client).await.unwrap_err();
    assert_eq!(owed.next_step(), Some(NextStep::SecondFactor));
    assert!(fixture.authorize(&session).await.is_ok());
}

#[tokio::test]
async fn idle_session_owes_its_code() {
    let fixture = fixture().await;
    let (_, session) = fixture.enabled().await;
    let idle = |seconds| Fixture::client().last_seen(UnixTime(fixture.clock.now().0 - seconds));
    fixture.clock.advance(3 * HOUR);
    // A host that does not say when the session was last used limits its age alone.
    assert!(fixture.authorize(&session).await.is_ok());
    assert!(
        fixture
            .mfa
            .authorize(&session, &idle(HOUR - 1))
            .await
            .is_ok()
    );
    let owed = fixture.mfa.authorize(&session, &idle(HOUR)).await;
    assert_eq!(owed.unwrap_err().next_step(), Some(NextStep::SecondFactor));
    let shown = fixture.mfa.login_progress(&session, &idle(HOUR)).await;
    assert_eq!(shown.unwrap().next(), NextStep::SecondFactor);
}

#[tokio::test]
async fn session_of_another_kind_of_client_is_over() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let month = SessionLimits {
        administrator: 30 * DAY,
        aal2: 30 * DAY,
        ..SessionLimits::default()
    };
    let app = fixture.mfa.for_clients("app", month);
    let client = Fixture::client();
    let stale = Refusal::StaleLogIn;
    assert_eq!(refusal(app.authorize(&session, &client).await), stale);
    let begun = app
        .log_in(ANNE, Attempt::new(client))
        .await
        .unwrap()
        .session;
    fixture.clock.advance(30);
    let typed = fixture.code(&phone);
    assert_eq!(refusal(fixture.verify(&begun, &typed).await), stale);
    let session = app.verify_code(&begun, &*typed, Attempt::new(client)).await;
    let session = session.unwrap().session;
    fixture.clock.advance(7 * DAY);
    assert!(app.authorize(&session, &client).await.is_ok());
    assert_eq!(refusal(fixture.authorize(&session).await), stale);
}

#[tokio::test]
async fn forged_session_is_refused_everywhere() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let typed = fixture.code(&phone);
    for at in 0..MfaSession::LEN {
        let mut bytes = session.to_bytes();
        bytes[at] ^= 1;
        let Ok(forged) = MfaSession::from_bytes(&bytes) else {
            continue;
        };
        let stale = Refusal::StaleLogIn;
        assert_eq!(refusal(mfa.authorize(&forged, &client).await), stale);
        assert_eq!(refusal(mfa.login_progress(&forged, &client).await), stale);
        assert_eq!(refusal(fixture.verify(&forged, &typed).await), stale);
        assert_eq!(
            refusal(mfa.pending_enrollment(&forged, &Fixture::client()).await),
            stale
        );
        assert!(mfa.log_out(&forged).await.is_ok(), "it is over already");
    }
    // Neither the session nor the code was used up by any of it.
    assert!(fixture.verify(&session, &typed).await.is_ok());
}

#[tokio::test]
async fn truncated_session_is_no_session() {
    let fixture = fixture().await;
    let bytes = fixture.log_in(DENIS).await.session.to_bytes();
    for length in 0..bytes.len() {
        let cut = MfaSession::from_bytes(&bytes[..length]);
        assert_eq!(cut, Err(SessionError::Length(length)));
    }
    let long = [&bytes[..], &[0]].concat();
    assert_eq!(MfaSession::from_bytes(&long), Err(SessionError::Length(57)));
}

/// Another store has another root key, though it may have the same keyring.
#[tokio::test]
async fn session_of_another_store_is_refused() {
    let (ours, theirs) = (fixture().await, fixture().await);
    let session = theirs.log_in(DENIS).await.session;
    ours.log_in(DENIS).await;
    assert_eq!(refusal(ours.authorize(&session).await), Refusal::StaleLogIn);
}

/// The password alone cannot push out the owner's session.
#[tokio::test]
async fn unfinished_log_ins_end_no_session() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    for _ in 0..100 {
        fixture.log_in(ANNE).await;
    }
    assert!(fixture.authorize(&session).await.is_ok());
    fixture.enter(ANNE, &phone).await;
}

#[tokio::test]
async fn thirty_third_session_ends_the_oldest() {
    let fixture = fixture().await;
    let mut sessions = Vec::new();
    for _ in 0..33 {
        sessions.push(fixture.log_in(DENIS).await.session);
    }
    let over = fixture.authorize(&sessions[0]).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);
    for session in &sessions[1..] {
        assert!(fixture.authorize(session).await.is_ok());
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let fixture = fixture().await;
    let (phone, first) = fixture.enabled().await;
    fixture.clock.advance(60);
    let second = fixture.enter(ANNE, &phone).await;
    fixture.log_in(ANNE).await;
    let anne = fixture.user(&second).await;
    let account = fixture.mfa.account(&anne);
    let overview = account.overview().await.unwrap();
    let [newest, oldest] = overview.sessions() else {
        panic!("two complete ones: {overview:?}");
    };
    assert_eq!(newest.since(), fixture.clock.now());
    assert!(newest.is_current() && !oldest.is_current());
    assert!(oldest.since() < newest.since());
    assert_eq!(newest.device(), None);
    account.end_session(oldest.id()).await.unwrap();
    assert_eq!(
        refusal(fixture.authorize(&first).await),
        Refusal::StaleLogIn
    );
    assert!(fixture.authorize(&second).await.is_ok());
    let again = account.end_session(oldest.id()).await;
    assert_eq!(refusal(again), Refusal::Unchanged);
}

#[tokio::test]
async fn reauthenticated_session_replaces_the_old_one() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    fixture.clock.advance(30 * DAY);
    assert_eq!(
        refusal(fixture.authorize(&session).await),
        Refusal::StaleLogIn
    );
    let login = mfa.reauthenticated(&session, client).await.unwrap();
    assert_eq!(login.next, NextStep::SecondFactor);
    let typed = fixture.code(&phone);
    let session = fixture.verify(&login.session, &typed).await.unwrap();
    let anne = fixture.user(&session.session).await;
    let overview = mfa.account(&anne).overview().await.unwrap();
    assert_eq!(overview.sessions().len(), 1);
    // A session of an account without an authenticator goes on as a new one.
    let denis = fixture.log_in(DENIS).await.session;
    let login = mfa.reauthenticated(&denis, client).await.unwrap();
    assert_eq!(login.next, NextStep::Done);
    assert!(fixture.authorize(&denis).await.is_err());
    assert!(fixture.authorize(&login.session).await.is_ok());
}
