//! What a known device is worth: its own waits and tries, and rules that ask for one.

use loquet::limits::SETTLING;
use loquet::{Access, DeviceTier, NextStep, Refusal, RulesChange, SettingKind, UNDO};
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, refusal};

use super::{AWAY, NEW, TICKED, fixture, is_over};

// Policy, "Code": known devices have their own waits and the last 20 of the 100.
#[tokio::test]
async fn guesses_do_not_delay_a_known_device() {
    let (fixture, _, phone, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    let thief = NEW.at(AWAY);
    let guess = async |typed: String| {
        let session = thief.enter(&fixture, CHLOE).await.session;
        let attempt = thief.attempt();
        refusal(fixture.mfa.verify_code(&session, typed, attempt).await)
    };
    for _ in 0..80 {
        let wrong = guess(fixture.wrong_code(&phone)).await;
        assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
        fixture.clock.advance(3601);
    }
    assert_eq!(
        guess(fixture.code(&phone)).await,
        Refusal::KnownDeviceOnly,
        "even the right code: the last twenty are the owner's"
    );
    NEW.with(cookie).log_in(&fixture, CHLOE, &phone).await;
}

/// One phished code makes a thief's device known, and its tries are a stranger's until the owner had time to forget it.
#[tokio::test]
async fn t102_young_device_is_a_strangers() {
    let (fixture, _, phone, _) = fixture().await;
    let thiefs = NEW.with(TICKED.cookie(&fixture, CHLOE, &phone).await);
    let guess = async || {
        let session = thiefs.enter(&fixture, CHLOE).await.session;
        let wrong = fixture.wrong_code(&phone);
        let tried = fixture.mfa.verify_code(&session, wrong, thiefs.attempt());
        refusal(tried.await)
    };
    for _ in 0..6 {
        assert!(matches!(guess().await, Refusal::WrongCode { .. }));
    }
    assert!(matches!(guess().await, Refusal::Throttled { .. }));
    fixture.clock.advance(SETTLING);
    for _ in 0..6 {
        assert!(matches!(guess().await, Refusal::WrongCode { .. }));
    }
    // Its own wait by now, and no stranger's.
    assert!(matches!(guess().await, Refusal::Throttled { .. }));
    NEW.log_in(&fixture, CHLOE, &phone).await;
}

#[tokio::test]
async fn wrong_codes_on_known_devices_disable_it() {
    let (fixture, _, phone, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    let known = NEW.with(cookie);
    let mut answers = Vec::new();
    for _ in 0..100 {
        let login = known.enter(&fixture, CHLOE).await;
        if login.next == NextStep::Recover {
            break;
        }
        let typed = fixture.wrong_code(&phone);
        let attempt = known.attempt();
        let answer = fixture.mfa.verify_code(&login.session, typed, attempt);
        answers.push(refusal(answer.await));
        fixture.clock.advance(3601);
    }
    assert_eq!(answers.len(), 100);
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::Recover);
}

#[tokio::test]
async fn rules_may_require_a_known_device() {
    let (fixture, anne_phone, phone, _) = fixture().await;
    let chloe = TICKED.log_in(&fixture, CHLOE, &phone).await;
    let cookie = chloe.device.unwrap();
    let anne = TICKED.log_in(&fixture, ANNE, &anne_phone).await;
    let text = "default deny\nallow any device known\ndeny 198.51.100.0/24\nfor tag 2 allow 203.0.113.0/24";
    let known = TICKED.with(anne.device.unwrap());
    let mfa = &fixture.mfa;
    let anne = mfa.authorize(&anne.session, &known.client()).await.unwrap();
    assert_eq!(anne.device_tier(), DeviceTier::Known);
    let code = fixture.code(&anne_phone);
    mfa.admin(&anne).set_access_rules(text, code).await.unwrap();

    for denied in [NEW, NEW.at(AWAY).with(cookie)] {
        let answer = mfa.log_in(CHLOE, denied.client()).await;
        assert_eq!(refusal(answer), Refusal::AccessDenied);
    }
    // The password, the code and every request after them: all on the known device.
    let elsewhere = NEW.at("192.0.2.1").with(cookie);
    let session = elsewhere.log_in(&fixture, CHLOE, &phone).await.session;
    let here = elsewhere.client();
    assert!(mfa.authorize(&session, &here).await.is_ok());
    let there = NEW.at(AWAY).client();
    let denied = mfa.authorize(&session, &there).await;
    assert_eq!(refusal(denied), Refusal::AccessDenied);
    // Before the user is known, no more is told than that some account may log in from there.
    let unknown = mfa.may_try(&here).await.unwrap();
    assert_eq!(unknown, Access::Allowed);
}

/// Chloé would be shut out where she is, whether or not the administrator would.
#[tokio::test]
async fn t78_devices_stay_on_where_the_rules_ask_for_them() {
    let (fixture, phone, ..) = fixture().await;
    let anne = TICKED.log_in(&fixture, ANNE, &phone).await;
    let known = TICKED.with(anne.device.unwrap());
    let mfa = &fixture.mfa;
    let anne = mfa.authorize(&anne.session, &known.client()).await.unwrap();
    let at_home = "default deny\nallow 203.0.113.0/24";
    let set = async |text: &str| {
        let code = fixture.code(&phone);
        mfa.admin(&anne).set_access_rules(text, code).await.unwrap()
    };
    let off = async || mfa.admin(&anne).remember_devices(false).await;
    set(&format!("{at_home}\nallow any device known")).await;
    assert_eq!(refusal(off().await), Refusal::DevicesInRules);
    // Rules that wait count too.
    set(at_home).await;
    let waits = set(&format!("{at_home}\nallow 192.0.2.7 device known")).await;
    assert!(matches!(waits, RulesChange::Due(_)), "{waits:?}");
    assert_eq!(refusal(off().await), Refusal::DevicesInRules);
    mfa.admin(&anne)
        .cancel_change(SettingKind::AccessRules)
        .await
        .unwrap();
    // And those that can be put back.
    assert_eq!(refusal(off().await), Refusal::DevicesInRules);
    fixture.clock.advance(UNDO);
    let again = TICKED.log_in(&fixture, ANNE, &phone).await.session;
    let anne = mfa.authorize(&again, &known.client()).await.unwrap();
    mfa.admin(&anne).remember_devices(false).await.unwrap();
}

/// Denis, a parent, asks for no code at log-in. A thief of the password must not end what codes began.
#[tokio::test]
async fn t81_password_alone_forgets_no_devices() {
    let (fixture, ..) = fixture().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let user = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&user).turn_off(typed).await.unwrap();
    let begun = TICKED.enter(&fixture, DENIS).await.session;
    let open = TICKED.verify(&fixture, &begun, &phone).await.session;
    let other = NEW.enter(&fixture, DENIS).await.session;

    let thief = NEW.at(AWAY);
    let stolen = thief.enter(&fixture, DENIS).await.session;
    let user = fixture.user(&stolen).await;
    let account = fixture.mfa.account(&user);
    let seen = account.overview().await.unwrap();
    let number = seen.devices()[0].number;
    let refused = [
        account.forget_device(number).await.map(drop),
        account.forget_devices().await,
        fixture
            .mfa
            .log_out_everywhere(&stolen, thief.attempt())
            .await,
    ];
    for refused in refused {
        assert_eq!(refusal(refused), Refusal::StepUp);
    }
    let mut ended = 0;
    for session in seen.sessions().iter().filter(|it| !it.is_current()) {
        match account.end_session(session.id()).await {
            Ok(()) => ended += 1,
            refused => assert_eq!(refusal(refused), Refusal::StepUp),
        }
    }
    // Those that the password alone began.
    assert_eq!(ended, 1);
    assert!(is_over(&fixture, &other).await && !is_over(&fixture, &open).await);
    // Its own ends, and with a code all do.
    account.end_session(seen.sessions()[0].id()).await.unwrap();
    let user = fixture.user(&open).await;
    fixture.mfa.account(&user).forget_devices().await.unwrap();
    assert!(is_over(&fixture, &open).await);
}

/// A report of loss takes the password alone, and does not open them to it.
#[tokio::test]
async fn t81_report_of_loss_opens_no_devices() {
    let (fixture, ..) = fixture().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let user = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&user).turn_off(typed).await.unwrap();
    let begun = TICKED.enter(&fixture, DENIS).await.session;
    TICKED.verify(&fixture, &begun, &phone).await;

    let thief = NEW.at(AWAY);
    fixture
        .mfa
        .report_lost(DENIS, thief.attempt())
        .await
        .unwrap();
    let stolen = thief.enter(&fixture, DENIS).await.session;
    let user = fixture.user(&stolen).await;
    let forgotten = refusal(fixture.mfa.account(&user).forget_devices().await);
    assert!(
        matches!(forgotten, Refusal::Suspended { .. }),
        "{forgotten:?}"
    );
}
