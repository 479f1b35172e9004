//! Requests that come again and again, with the password or without it, write next to nothing and hold up no other user.

use loquet::store::MemoryStore;
use loquet::{AccountId, MfaSession, NotMeLink, Refusal, UnixTime};
use loquet_policy::limits;
use loquet_testkit::audit::records;
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::letters::{Mailbox, post, to};

const TIMES: usize = 100;

async fn fixture() -> Fixture {
    Fixture::over(MemoryStore::new()).await
}

async fn recorded(fixture: &Fixture, account: u64) -> usize {
    records(&fixture.operator, account).await.len()
}

/// The genuine link of a letter, with another digit.
fn invented(link: &NotMeLink, account: AccountId) -> NotMeLink {
    let text = link.expose();
    let (_, secret) = text.split_once('-').unwrap();
    let other = if secret.ends_with('A') { 'B' } else { 'A' };
    let secret = format!("{}{other}", &secret[..secret.len() - 1]);
    format!("{account}-{secret}").parse().unwrap()
}

#[tokio::test]
async fn t34_invented_links_reach_no_account() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let letters = post(&fixture).await;
    let genuine = to(&letters, ANNE).iter().find_map(|letter| letter.link);
    let genuine = genuine.unwrap();
    let before = recorded(&fixture, ANNE).await;
    for n in 0..TIMES {
        let account = if n % 2 == 0 { ANNE } else { 99_999 };
        let link = invented(&genuine, account.into());
        let refused = fixture
            .mfa
            .report_unrecognized(&link, Fixture::client())
            .await;
        assert_eq!(refusal(refused), Refusal::WrongLink);
    }
    assert_eq!(recorded(&fixture, ANNE).await, before);
    let counted = fixture.operator.rejections_of_invented_links().await;
    assert_eq!(counted.unwrap(), TIMES as u64);
    let unknown = fixture.operator.rejections_of_unknown_accounts().await;
    assert_eq!(unknown.unwrap(), 0, "none was looked up");
    // A real letter that is no longer good is looked up, and writes nothing either.
    fixture.clock.advance(limits::BINDING_LINK);
    for _ in 0..TIMES {
        let late = fixture
            .mfa
            .report_unrecognized(&genuine, Fixture::client())
            .await;
        assert_eq!(refusal(late), Refusal::WrongLink);
    }
    assert_eq!(recorded(&fixture, ANNE).await, before);
    fixture.enter(ANNE, &phone).await;
}

/// Shown again at once, and after a code that is none.
#[tokio::test]
async fn t38_shown_enrollment_writes_one_record() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let session = fixture.log_in(CHLOE).await.session;
    fixture.begin(&session).await;
    let before = recorded(&fixture, CHLOE).await;
    for _ in 0..TIMES {
        fixture.begin(&session).await;
        let confirm = fixture
            .mfa
            .confirm_enrollment(&session, "12", Fixture::client());
        assert_eq!(refusal(confirm.await), Refusal::Malformed);
        fixture.begin(&session).await;
    }
    assert_eq!(recorded(&fixture, CHLOE).await, before);
    let out = || fixture.mfa.log_out(&session);
    out().await.unwrap();
    let before = recorded(&fixture, CHLOE).await;
    for _ in 0..TIMES {
        out().await.ok();
    }
    assert_eq!(recorded(&fixture, CHLOE).await, before);
}

#[tokio::test]
async fn t38_enrollments_begun_and_cancelled_are_bounded() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let session = fixture.log_in(CHLOE).await.session;
    let before = recorded(&fixture, CHLOE).await;
    let begin = || {
        fixture
            .mfa
            .begin_enrollment(&session, "", Fixture::client())
    };
    let cancel = || fixture.mfa.cancel_enrollment(&session, Fixture::client());
    let mut begun = 0;
    for _ in 0..TIMES {
        match begin().await {
            Ok(_) => {
                begun += 1;
                cancel().await.unwrap();
            }
            Err(refused) => {
                let refused = refusal::<()>(Err(refused));
                assert!(matches!(refused, Refusal::TooManyEnrollments { .. }));
            }
        }
    }
    assert_eq!(begun, usize::from(limits::ENROLLMENTS_A_DAY));
    // Two records for each enrollment, and ten refusals.
    assert_eq!(recorded(&fixture, CHLOE).await, before + 2 * begun + 10);
    fixture.clock.advance(limits::DAY);
    let session = fixture.log_in(CHLOE).await.session;
    fixture.enroll(&session).await;
}

/// More sessions of a thief of the password than waits are kept of.
async fn nine_log_ins(fixture: &Fixture) -> Vec<MfaSession> {
    let mut sessions = Vec::new();
    for _ in 0..9 {
        sessions.push(fixture.log_in(CHLOE).await.session);
    }
    sessions
}

/// A record for each wait, and ten of an hour for refusals that change nothing.
const WAITS: usize = limits::SESSION_WAITS_A_DAY as usize + 10;

#[tokio::test]
async fn t72_wrong_links_of_many_sessions_write_a_bounded_number() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let (phone, _) = fixture.enroll(&chloe).await;
    let reported = fixture.mfa.report_lost(CHLOE, Fixture::client());
    reported.await.unwrap();
    let letters = post(&fixture).await;
    let mut letters = to(&letters, CHLOE).into_iter();
    let reported = letters.find(|letter| letter.event == loquet::Event::ReportedLost);
    let genuine = reported.and_then(|letter| letter.link).unwrap();
    let wrong = invented(&genuine, CHLOE.into());
    let sessions = nine_log_ins(&fixture).await;
    let before = recorded(&fixture, CHLOE).await;
    let code = fixture.code(&phone);
    for _ in 0..TIMES {
        for session in &sessions {
            let client = Fixture::client();
            let undone = fixture
                .mfa
                .undo_report(session, &wrong, code.as_str(), client);
            assert!(undone.await.is_err());
        }
        fixture.clock.advance(1);
    }
    let now = recorded(&fixture, CHLOE).await;
    assert!(now <= before + WAITS, "{}", now - before);
    let (code, client) = (fixture.code(&phone), Fixture::client());
    let session = fixture.log_in(CHLOE).await.session;
    let undone = fixture.mfa.undo_report(&session, &genuine, code, client);
    undone.await.unwrap();
}

#[tokio::test]
async fn t72_wrong_reset_codes_of_many_sessions_write_a_bounded_number() {
    let fixture = fixture().await;
    let (phone, session) = fixture.imposed().await;
    let user = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let issued = fixture.mfa.admin(&user).reset(CHLOE, false, typed).await;
    let sessions = nine_log_ins(&fixture).await;
    let before = recorded(&fixture, CHLOE).await;
    let begin = async |session, reset_code: &str| {
        let begun = fixture
            .mfa
            .begin_enrollment(session, reset_code, Fixture::client());
        begun.await.map(drop)
    };
    for _ in 0..TIMES {
        for session in &sessions {
            assert!(begin(session, "wrong").await.is_err());
        }
        fixture.clock.advance(1);
    }
    let now = recorded(&fixture, CHLOE).await;
    assert!(now <= before + WAITS, "{}", now - before);
    let session = fixture.log_in(CHLOE).await.session;
    begin(&session, &issued.unwrap().reset_code.expose())
        .await
        .unwrap();
}

/// The first of a run is recorded, and the next record says how many there were.
#[tokio::test]
async fn t40_runs_of_refusals_are_recorded_twice() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let session = fixture.verify(&half, &typed).await.unwrap().session;
    for _ in 0..TIMES {
        let used = refusal(fixture.verify(&session, &typed).await);
        assert!(matches!(used, Refusal::AlreadyUsed { .. }), "{used:?}");
    }
    let wrong = fixture.wrong_code(&phone);
    for _ in 0..limits::FIRST_WAIT {
        fixture.verify(&session, &wrong).await.unwrap_err();
    }
    for _ in 0..TIMES {
        let throttled = refusal(fixture.verify(&session, &wrong).await);
        assert!(
            matches!(throttled, Refusal::Throttled { .. }),
            "{throttled:?}"
        );
    }
    fixture.clock.advance(limits::HOUR);
    let mailbox = Mailbox::default();
    fixture.operator.run_maintenance(&mailbox).await.unwrap();
    let told: Vec<_> = records(&fixture.operator, ANNE)
        .await
        .into_iter()
        .map(|(_, record)| (record.verdict, record.unrecorded))
        .collect();
    let expected = [
        ("ALREADY_USED", 0),
        ("WRONG_CODE", 99),
        ("WRONG_CODE", 0),
        ("WRONG_CODE", 0),
        ("WRONG_CODE", 0),
        ("WRONG_CODE", 0),
        ("WRONG_CODE", 0),
        ("THROTTLED", 0),
        ("GRANTED", 99),
    ];
    let expected = expected.map(|(verdict, count)| (verdict.to_owned(), count));
    assert_eq!(told[told.len() - expected.len()..], expected);
    // At the sixth in a row the owner hears of it, once.
    let letters = mailbox.into_letters();
    let told = letters
        .iter()
        .filter(|letter| letter.event == loquet::Event::WrongCodes);
    assert_eq!(told.count(), 1);
}

/// Requests that change nothing, each refused: what one does not write, another in turn with it does not either.
#[tokio::test]
async fn t57_refusals_in_turn_write_within_bounds() {
    const KINDS: usize = 6;
    for (first, second) in
        (0..KINDS).flat_map(|first| (0..first).map(move |second| (first, second)))
    {
        let fixture = fixture().await;
        fixture.imposed().await;
        let session = fixture.log_in(CHLOE).await.session;
        let (phone, session) = fixture.enroll(&session).await;
        fixture.clock.advance(90);
        let code = |ahead: i64| {
            let now = fixture.mfa.now().0.checked_add_signed(ahead * 30);
            phone.code(UnixTime(now.unwrap()))
        };
        let session = fixture.verify(&session, &code(1)).await.unwrap().session;
        let half = fixture.log_in(CHLOE).await.session;
        let wrong = fixture.wrong_code(&phone);
        for _ in 0..limits::FIRST_WAIT {
            fixture.verify(&half, &wrong).await.unwrap_err();
        }
        let chloe = fixture.user(&session).await;
        post(&fixture).await;
        let before = recorded(&fixture, CHLOE).await;
        for round in 0..TIMES {
            let refused = match [first, second][round % 2] {
                0 => fixture.verify(&session, &code(1)).await.map(drop),
                1 => fixture.verify(&session, &code(0)).await.map(drop),
                2 => fixture.verify(&half, &code(2)).await.map(drop),
                3 => fixture.verify(&session, "12").await.map(drop),
                4 => fixture.mfa.account(&chloe).turn_off(code(-1)).await,
                _ => fixture
                    .mfa
                    .admin(&chloe)
                    .reset(DENIS, false, code(2))
                    .await
                    .map(drop),
            };
            refused.unwrap_err();
        }
        // Ten refusals an hour, and each used step that the owner is told of.
        let written = recorded(&fixture, CHLOE).await - before;
        let letters = post(&fixture).await.len();
        assert!(
            written <= 12 && letters <= 2,
            "{first} and {second}: {written}, {letters}"
        );
    }
}

/// A session that was logged out tries each minute, between rounds of maintenance that sum its refusals up.
#[tokio::test]
async fn t57_refusals_are_summed_up_once_an_hour() {
    let fixture = fixture().await;
    let (_, session) = fixture.enabled().await;
    fixture.mfa.log_out(&session).await.unwrap();
    let before = recorded(&fixture, ANNE).await;
    for _ in 0..120 {
        fixture.verify(&session, "123456").await.unwrap_err();
        let mailbox = Mailbox::default();
        fixture.operator.run_maintenance(&mailbox).await.unwrap();
        fixture.clock.advance(60);
    }
    let written = recorded(&fixture, ANNE).await - before;
    assert!((1..=4).contains(&written), "{written}");
}
