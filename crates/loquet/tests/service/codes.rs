//! Codes as people type them: late, long, twice, on a phone whose clock is off; and printed codes.

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{
    Assurance, Clock, MAX_TYPED, MfaSession, NewAccount, Refusal, RoleId, Typed, UnixTime,
};
use loquet_policy::limits;
use loquet_testkit::fixture::{ANNE, CHLOE, Fixture, refusal};

/// Half a log-in of Anne's, at the start of a step, long after the last code.
async fn half_log_in() -> (Fixture, Phone, MfaSession) {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, _) = fixture.enabled().await;
    let now = fixture.clock.now().0;
    fixture.clock.advance(600 - now % 30);
    let session = fixture.log_in(ANNE).await.session;
    (fixture, phone, session)
}

/// What a phone shows whose clock is late by so many seconds.
fn late(fixture: &Fixture, phone: &Phone, seconds: u64) -> String {
    phone.code(UnixTime(fixture.clock.now().0 - seconds))
}

async fn resynchronize(
    fixture: &Fixture,
    session: &MfaSession,
    codes: [String; 2],
) -> Result<loquet::LoggedIn, loquet::Error> {
    let codes = codes.map(Typed::from);
    let client = Fixture::client();
    fixture.mfa.resynchronize(session, codes, client).await
}

#[tokio::test]
async fn late_phone_is_told_its_minutes() {
    let (fixture, phone, session) = half_log_in().await;
    for (seconds, minutes) in [(60, 1), (90, 2), (120, 2), (300, 5)] {
        let typed = late(&fixture, &phone, seconds);
        let refusal = refusal(fixture.verify(&session, &typed).await);
        let behind = Some(minutes);
        assert_eq!(refusal, Refusal::WrongCode { behind }, "{seconds} s");
    }
}

#[tokio::test]
async fn resynchronized_phone_is_accepted() {
    let (fixture, phone, session) = half_log_in().await;
    let codes = [90, 60].map(|seconds| late(&fixture, &phone, seconds));
    let login = resynchronize(&fixture, &session, codes).await.unwrap();
    let anne = fixture.user(&login.session).await;
    assert_eq!(anne.assurance(), Assurance::Aal2);
    fixture.clock.advance(300);
    let session = fixture.log_in(ANNE).await.session;
    let typed = late(&fixture, &phone, 60);
    let login = fixture.verify(&session, &typed).await;
    assert!(login.is_ok(), "two steps late, as it was: {login:?}");
}

#[tokio::test]
async fn used_codes_say_when_next_are_fresh() {
    let (fixture, phone, session) = half_log_in().await;
    let typed = late(&fixture, &phone, 0);
    fixture.verify(&session, &typed).await.unwrap();
    fixture.clock.advance(10);
    let session = fixture.log_in(ANNE).await.session;
    let codes = [30, 0].map(|seconds| late(&fixture, &phone, seconds));
    assert_eq!(
        refusal(resynchronize(&fixture, &session, codes).await),
        Refusal::AlreadyUsed { wait: 50 },
        "the used one has twenty seconds left, the next one thirty"
    );
}

/// A thief with the password who guesses makes strangers wait, and not the owner's live session.
#[tokio::test]
async fn live_session_does_not_wait_for_guesses() {
    let (fixture, phone, session) = half_log_in().await;
    let typed = late(&fixture, &phone, 0);
    let live = fixture.verify(&session, &typed).await.unwrap().session;
    let session = fixture.log_in(ANNE).await.session;
    let typed = fixture.wrong_code(&phone);
    for _ in 0..limits::FIRST_WAIT {
        let refusal = refusal(fixture.verify(&session, &typed).await);
        assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
    }
    // A step later the stranger, who has the right code now, waits still.
    let seconds = limits::WAIT - 1;
    fixture.clock.advance(seconds);
    let typed = phone.code(fixture.clock.now().plus(30));
    for (session, waits) in [(session, true), (live, false)] {
        let answer = fixture.verify(&session, &typed).await;
        assert_eq!(answer.is_err(), waits, "{answer:?}");
    }
}

#[tokio::test]
async fn overlong_text_is_refused_unread() {
    let (fixture, phone, session) = half_log_in().await;
    let padded = |code: String, length: usize| format!("{code:>length$}");
    let typed = padded(late(&fixture, &phone, 0), MAX_TYPED + 1);
    let refused = fixture.verify(&session, &typed).await;
    assert_eq!(refusal(refused), Refusal::Malformed);
    let two = |length| [30, 0].map(|seconds| padded(late(&fixture, &phone, seconds), length));
    let refused = resynchronize(&fixture, &session, two(MAX_TYPED + 1)).await;
    assert_eq!(refusal(refused), Refusal::Malformed);
    assert_eq!(fixture.failures(ANNE).await, 0);
    let taken = resynchronize(&fixture, &session, two(MAX_TYPED)).await;
    assert!(taken.is_ok());
    fixture.clock.advance(60);
    let session = fixture.log_in(ANNE).await.session;
    let typed = padded(late(&fixture, &phone, 0), MAX_TYPED);
    assert!(fixture.verify(&session, &typed).await.is_ok());
}

#[tokio::test]
async fn account_of_another_organization_cannot_be_changed() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let provision = fixture.mfa.provision();
    let other = provision.ensure_organization(10_u64.into(), "Office").await;
    let other = fixture.mfa.organization(other.unwrap());
    let eve = NewAccount::new(50_u64, "eve").role(RoleId::STAFF);
    let eve = other.provision().ensure_account(eve).await.unwrap();
    let admin = fixture.mfa.admin(&anne);
    let added = admin.add_role(eve, RoleId::MEMBER, "").await;
    assert_eq!(refusal(added), Refusal::UnknownAccount);
    assert_eq!(refusal(admin.user(eve).await), Refusal::UnknownAccount);
    let users = fixture.operator.users(10_u64.into()).await.unwrap();
    assert!(!users[0].roles().contains(RoleId::MEMBER));
}

/// Two browsers have begun to enroll the same account: each is shown the codes that go with its own secret.
#[tokio::test]
async fn each_enrollment_shows_its_own_recovery_codes() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, session) = fixture.enabled().await;
    fixture.offering(&phone, &session).await;
    let mut shown = Vec::new();
    let mut windows = Vec::new();
    for _ in 0..2 {
        let session = fixture.log_in(CHLOE).await.session;
        let offer = fixture.begin(&session).await;
        windows.push((session, offer));
    }
    for (session, _) in &windows {
        let codes = fixture.shown(session).await;
        assert_eq!(codes.len(), limits::RECOVERY_CODES);
        shown.push(codes);
    }
    assert_ne!(shown[0], shown[1]);
    let (session, offer) = &windows[1];
    fixture.confirm(session, offer).await;
    let session = fixture.log_in(CHLOE).await.session;
    for (code, works) in [(&shown[0][0], false), (&shown[1][0], true)] {
        let answer = fixture.recover(&session, code).await;
        assert_eq!(answer.is_ok(), works, "{answer:?}");
        fixture.clock.advance(limits::SESSION_WAIT);
    }
}

#[tokio::test]
async fn clock_step_back_accepts_no_code_twice() {
    let (fixture, phone, session) = half_log_in().await;
    let typed = fixture.code(&phone);
    let live = fixture.verify(&session, &typed).await.unwrap().session;
    let now = fixture.clock.now().0;
    fixture.clock.set(now - 3_600);
    // The code of the wrong hour is older than the last used one.
    let earlier = phone.code(fixture.clock.now());
    let session = fixture.log_in(ANNE).await.session;
    let refusal = refusal(fixture.verify(&session, &earlier).await);
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
    assert!(fixture.verify(&session, &typed).await.is_err());

    fixture.clock.set(now + 60);
    let user = fixture.authorize(&live).await;
    assert!(user.is_ok(), "the session goes on");
    fixture.enter(ANNE, &phone).await;
}

#[tokio::test]
async fn clock_step_forward_uses_up_nothing() {
    let (fixture, phone, session) = half_log_in().await;
    let typed = fixture.code(&phone);
    let now = fixture.clock.now().0;
    fixture.clock.set(now + limits::DAY);
    // The phone keeps the right time: its code is a day old here, and costs one try of the budget, not the step.
    let late = fixture.log_in(ANNE).await.session;
    let refused = refusal(fixture.verify(&late, &typed).await);
    assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
    // Attempts are forgotten after a day; none that matters any more.
    fixture.operator.forget_old_attempts().await.unwrap();

    fixture.clock.set(now);
    assert!(fixture.verify(&session, &typed).await.is_ok());
    let again = fixture.log_in(ANNE).await.session;
    let refused = refusal(fixture.verify(&again, &typed).await);
    assert!(
        matches!(refused, Refusal::AlreadyUsed { .. }),
        "{refused:?}"
    );
}

/// The service's clock was three days ahead at one log-in, and is right again.
#[tokio::test]
async fn clock_that_was_ahead_leaves_a_way_back() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, _) = fixture.enabled().await;
    let right = fixture.clock.now();
    fixture.clock.advance(3 * limits::DAY);
    let session = fixture.enter(ANNE, &phone).await;
    fixture.clock.set(right.0 + 60);
    let half = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let used = refusal(fixture.verify(&half, &typed).await);
    assert!(matches!(used, Refusal::AlreadyUsed { .. }), "{used:?}");
    assert_eq!(fixture.operator.clock_corrected().await.unwrap(), 1);
    assert_eq!(fixture.operator.clock_corrected().await.unwrap(), 0);
    assert!(fixture.authorize(&session).await.is_err());
    fixture.clock.advance(60);
    fixture.enter(ANNE, &phone).await;
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let advised: Vec<_> = users
        .iter()
        .filter(|user| user.replacement_is_advised())
        .map(|user| user.external_id())
        .collect();
    assert_eq!(advised, ["anne"]);
}
