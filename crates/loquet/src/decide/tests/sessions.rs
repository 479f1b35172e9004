//! Sessions that are over, and those that owe a code again.

use super::*;

#[test]
fn session_of_forgotten_device_is_over() {
    let facts = facts(None);
    let on = |number| {
        let id = session_on(number, [1; 8]);
        Session {
            id,
            ..session(Level::Level2)
        }
    };
    for (number, over) in [(0, false), (1, false), (2, true)] {
        let change = decided(
            &LogOutEverywhere {
                session: on(number),
            },
            &facts,
        );
        assert_eq!(change.change().is_none(), over, "device {number}");
    }
}

#[test]
fn session_that_is_not_live_is_refused() {
    let mut facts = facts(None);
    let out = LogOutEverywhere {
        session: session(Level::Level2),
    };
    assert!(decided(&out, &facts).change().is_some());
    facts.actor.as_mut().unwrap().sessions.remove(SESSION);
    assert!(decided(&out, &facts).change().is_none());
}

#[test]
fn old_session_may_only_give_a_code() {
    let later = NOW.plus(12 * loquet_policy::limits::HOUR);
    let totp = Totp::default();
    let key = Secret::from(SECRET).key(totp.algorithm);
    let typed = totp.generate(&key, later.0).to_string();
    let session = session(Level::Level2);
    let harden = decided_by(&Harden { session }, Attempt::default(), later, &facts(None));
    assert!(harden.change().is_none());
    let give = VerifyCode {
        session,
        typed: typed.into(),
    };
    let given = decided_by(&give, Attempt::default(), later, &facts(None));
    let outcome = &given.change().unwrap().outcome;
    assert!(matches!(outcome, FirstOutcome::Granted));
}

#[test]
fn no_device_is_remembered_without_a_number() {
    let mut facts = facts(None);
    let actor = facts.actor.as_mut().unwrap();
    actor.devices.remember(DeviceLogIn {
        account: actor.facts.id,
        number: u16::MAX,
        fresh: DeviceId::from_entropy([7; 16]),
        address: None,
        place: None,
        country: None,
        now: NOW,
    });
    let remember = Attempt::default().remember_device(true);
    let give = VerifyCode {
        session: session(Level::HalfLogin),
        typed: code().into(),
    };
    let decided = decided_by(&give, remember, NOW, &facts);
    let devices = &decided.change().unwrap().actor.devices;
    let numbers: Vec<u16> = devices.list(NOW).iter().map(|it| it.number).collect();
    assert_eq!(numbers, [1, u16::MAX]);
}
