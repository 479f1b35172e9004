//! Passkeys: what proves, what counts, and what wrong codes leave of them.

use crate::fixture::*;
use loquet_policy::*;

const PHONE: AuthenticatorId = AuthenticatorId(1);
const PASSKEY: AuthenticatorId = AuthenticatorId(2);

/// An employee with a phone and a passkey that have settled.
fn with_both() -> (Fixture, Session) {
    let mut fixture = Fixture::mandated();
    let claire = fixture.enroll(CLAIRE);
    let code = fixture.good();
    fixture.register(CLAIRE, claire, code, digest(50)).unwrap();
    fixture.wait(limits::SETTLING);
    let half = fixture.log_in(CLAIRE);
    let code = fixture.signed(PASSKEY, 6);
    let session = fixture.give(CLAIRE, half, code).map(session_of).unwrap();
    (fixture, session)
}

fn of_phone(fixture: &mut Fixture) -> Submitted {
    Submitted {
        by: PHONE,
        ..fixture.good()
    }
}

fn failures(fixture: &Fixture) -> u8 {
    fixture.accounts[CLAIRE].attempts.total
}

/// Wrong codes are counted for the phone alone, and take the phone alone away.
#[test]
fn t97_wrong_codes_leave_the_passkey() {
    let (mut fixture, _) = with_both();
    let half = fixture.log_in(CLAIRE);
    for count in 1..=limits::FAILURES {
        assert_eq!(failures(&fixture), count - 1);
        fixture.wait(limits::WAIT_MAX);
        let half = fixture.log_in(CLAIRE);
        let wrong = fixture.wrong(CLAIRE, half, CodeSource::KnownDevice);
        assert_eq!(wrong, Err(Refusal::WrongCode { behind: None }));
    }
    assert_eq!(
        fixture.current_level(CLAIRE, half),
        Err(Refusal::StaleLogIn)
    );
    let claire = &fixture.accounts[CLAIRE].second_factor;
    assert!(claire.get(PHONE).is_none() && claire.get(PASSKEY).is_some());
    assert!(fixture.notified(Event::DisabledByFailures));

    // No code is looked at any more, and no letter is sent for it.
    fixture.notices.clear();
    let half = fixture.log_in(CLAIRE);
    let code = of_phone(&mut fixture);
    assert_eq!(
        fixture.give(CLAIRE, half, code),
        Err(Refusal::PasskeyRequired)
    );
    let wrong = fixture.wrong(CLAIRE, half, CodeSource::KnownDevice);
    assert_eq!(wrong, Err(Refusal::PasskeyRequired));
    assert!(fixture.notices.is_empty());

    // The passkey binds another phone, which has its own hundred failures.
    let code = fixture.signed(PASSKEY, 7);
    let session = fixture.give(CLAIRE, half, code).map(session_of).unwrap();
    let (code, passkeys) = (fixture.signed(PASSKEY, 8), true);
    fixture
        .ask(CLAIRE, session, Command::BeginAddition { code, passkeys })
        .unwrap();
    assert_eq!(failures(&fixture), limits::FAILURES);
    let check = fixture.good().check;
    fixture
        .bind_with(CLAIRE, session, check, digest(51))
        .unwrap();
    assert_eq!(failures(&fixture), 0);
}

/// A passkey that is added leaves the failures of the phone as they are.
#[test]
fn t97_new_passkey_clears_no_failures() {
    let mut fixture = Fixture::mandated();
    fixture.enroll(CLAIRE);
    let half = fixture.log_in(CLAIRE);
    fixture.wrong(CLAIRE, half, CodeSource::KnownDevice);
    let session = fixture.verify_code(CLAIRE, half).unwrap();
    let code = fixture.good();
    fixture.register(CLAIRE, session, code, digest(50)).unwrap();
    assert_eq!(failures(&fixture), 1);
}

/// An answer counts once, for five minutes, and an earlier challenge is over once a later one was answered.
#[test]
fn t98_challenge_is_answered_once() {
    let (mut fixture, session) = with_both();
    let earlier = fixture.signed(PASSKEY, 7);
    let later = fixture.signed(PASSKEY, 8);
    assert!(fixture.give(CLAIRE, session, later).is_ok());
    for used in [later, earlier] {
        assert_eq!(
            fixture.give(CLAIRE, session, used),
            Err(Refusal::ChallengeOver)
        );
    }
    // Asked by another tab before the last acceptance, and sent after it: its count is lower, and no sign of a copy.
    let other_tab = fixture.signed(PASSKEY, 10);
    let outran = fixture.signed(PASSKEY, 9);
    fixture.wait(1);
    assert!(fixture.give(CLAIRE, session, other_tab).is_ok());
    assert_eq!(
        fixture.give(CLAIRE, session, outran),
        Err(Refusal::ChallengeOver)
    );
    let late = fixture.signed(PASSKEY, 11);
    fixture.wait(limits::CHALLENGE - 1);
    assert!(fixture.clone().give(CLAIRE, session, late).is_ok());
    fixture.wait(1);
    assert_eq!(
        fixture.give(CLAIRE, session, late),
        Err(Refusal::ChallengeOver)
    );
    // Nor one that is issued tomorrow.
    let tomorrow = CodeCheck::Signed {
        issued: fixture.in_days(1),
        counter: 9,
        backed_up: false,
    };
    let ahead = Submitted {
        by: PASSKEY,
        ..known(tomorrow)
    };
    assert_eq!(
        fixture.give(CLAIRE, session, ahead),
        Err(Refusal::ChallengeOver)
    );
}

/// A passkey that counts must count on. One that never does is as good (WebAuthn Level 3 §6.1.1).
#[test]
fn t99_copy_is_suspended_and_told() {
    for (counter, is_copy) in [(7, false), (6, true), (5, true), (0, true)] {
        let (mut fixture, session) = with_both();
        let code = fixture.signed(PASSKEY, counter);
        let answer = fixture.give(CLAIRE, session, code);
        let claire = &fixture.accounts[CLAIRE];
        let passkey = claire.second_factor.get(PASSKEY).unwrap();
        assert_eq!(passkey.is_active(), !is_copy, "{counter}");
        assert_eq!(fixture.notified(Event::PasskeyCloned), is_copy, "{counter}");
        if is_copy {
            assert_eq!(answer, Err(Refusal::PasskeyCloned), "{counter}");
            // The phone is still there, and the passkey proves nothing.
            let half = fixture.log_in(CLAIRE);
            let code = fixture.signed(PASSKEY, 9);
            assert_eq!(fixture.give(CLAIRE, half, code), Err(Refusal::WrongPasskey));
            fixture.wait(1);
            let code = of_phone(&mut fixture);
            assert!(fixture.give(CLAIRE, half, code).is_ok());
        }
    }
    let mut fixture = Fixture::mandated();
    let half = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, half, None).unwrap();
    let check = fixture.signed(PHONE, 0).check;
    let session = fixture.bind_with(CLAIRE, half, check, digest(50));
    for _ in 0..3 {
        let code = fixture.signed(PHONE, 0);
        assert!(fixture.give(CLAIRE, session.unwrap(), code).is_ok());
    }
}

/// An answer that does not verify costs its own session a wait, and no failure.
#[test]
fn t98_wrong_answer_costs_a_wait() {
    let (mut fixture, session) = with_both();
    let other = fixture.log_in(CLAIRE);
    let not_signed = known(CodeCheck::NotSigned);
    let of_phone = Submitted {
        by: PHONE,
        ..fixture.signed(PASSKEY, 7)
    };
    for wrong in [not_signed, of_phone] {
        let mut fixture = fixture.clone();
        for wait in [1, 2] {
            let refused = fixture.give(CLAIRE, session, wrong);
            assert_eq!(refused, Err(Refusal::WrongPasskey));
            let again = fixture.give(CLAIRE, session, wrong);
            assert_eq!(again, Err(Refusal::Throttled { wait }));
            fixture.wait(wait);
        }
        assert_eq!(failures(&fixture), 0);
        let code = fixture.signed(PASSKEY, 7);
        assert!(fixture.give(CLAIRE, session, code).is_ok());
        let code = fixture.signed(PASSKEY, 8);
        assert!(fixture.give(CLAIRE, other, code).is_ok());
    }
}

/// What has not settled proves log-ins alone: it neither keeps the account when the codes' failures are used up, nor shuts the
/// phone out of anything.
#[test]
fn t97_young_passkey_stands_in_for_nothing() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.enroll(CLAIRE);
    let code = fixture.good();
    let session = fixture.register(CLAIRE, claire, code, digest(50)).unwrap();
    let (code, passkeys) = (of_phone(&mut fixture), true);
    let begun = fixture.ask(CLAIRE, session, Command::BeginAddition { code, passkeys });
    assert!(begun.is_ok(), "{begun:?}");
    fixture.accounts[CLAIRE].attempts.total = limits::FAILURES - 1;
    let half = fixture.log_in(CLAIRE);
    fixture
        .wrong(CLAIRE, half, CodeSource::KnownDevice)
        .unwrap_err();
    let state = fixture.accounts[CLAIRE].second_factor.state();
    assert!(matches!(state, FactorState::Disabled { .. }), "{state:?}");
}

/// Beside a passkey that has settled, a code adds, replaces and removes nothing, and renews no recovery codes.
#[test]
fn s13_code_changes_nothing_beside_a_passkey() {
    let (mut fixture, session) = with_both();
    let recovery = RecoverySet::EMPTY;
    for command in [
        Command::BeginAddition {
            code: ABSENT,
            passkeys: true,
        },
        Command::BeginReplacement {
            code: ABSENT,
            recovery,
        },
        Command::RemoveAuthenticator {
            authenticator: PASSKEY,
            code: ABSENT,
        },
        Command::ChangeAddress {
            code: ABSENT,
            sent: digest(60),
        },
    ] {
        let by_code = of_phone(&mut fixture);
        let refused = fixture.ask(CLAIRE, session, with(command, by_code));
        assert_eq!(refused, Err(Refusal::PasskeyRequired), "{command:?}");
    }
    // Three days after it is reported lost, the code removes it: a thief reports as well.
    let (authenticator, link) = (PASSKEY, digest(UNDO));
    let lost = Command::ReportLost {
        authenticator,
        link,
    };
    fixture.host(CLAIRE, lost).unwrap();
    let half = fixture.log_in(CLAIRE);
    let code = of_phone(&mut fixture);
    let session = fixture.give(CLAIRE, half, code).map(session_of).unwrap();
    let remove = |fixture: &mut Fixture, session| {
        let code = of_phone(fixture);
        let remove = Command::RemoveAuthenticator {
            authenticator,
            code,
        };
        fixture.ask(CLAIRE, session, remove)
    };
    let early = remove(&mut fixture, session);
    assert_eq!(early, Err(Refusal::PasskeyRequired));
    // Nor do wrong codes take it away until then.
    let mut attacked = fixture.clone();
    attacked.accounts[CLAIRE].attempts.total = limits::FAILURES - 1;
    let half = attacked.log_in(CLAIRE);
    let wrong = attacked.wrong(CLAIRE, half, CodeSource::KnownDevice);
    wrong.unwrap_err();
    let suspended = attacked.accounts[CLAIRE]
        .second_factor
        .get(PASSKEY)
        .unwrap();
    assert!(!suspended.is_active());

    fixture.wait(limits::SETTLING);
    let half = fixture.log_in(CLAIRE);
    let code = of_phone(&mut fixture);
    let session = fixture.give(CLAIRE, half, code).map(session_of).unwrap();
    remove(&mut fixture, session).unwrap();
}

fn with(mut command: Command, code: Submitted) -> Command {
    if let Some(slot) = crate::aim::submitted(&mut command) {
        *slot = code;
    }
    command
}

/// An answer to the page of an earlier enrollment confirms no later one, and none five minutes after.
#[test]
fn t100_answer_to_an_earlier_enrollment_confirms_none() {
    let (mut fixture, session) = with_both();
    let begin = |fixture: &mut Fixture, counter| {
        let (code, recovery) = (fixture.signed(PASSKEY, counter), RecoverySet::EMPTY);
        let replace = Command::BeginReplacement { code, recovery };
        fixture.ask(CLAIRE, session, replace).unwrap();
    };
    let earlier = fixture.signed(PASSKEY, 1).check;
    fixture.wait(1);
    begin(&mut fixture, 7);
    let over = Err(Refusal::ChallengeOver);
    let bound = fixture.bind_with(CLAIRE, session, earlier, digest(60));
    assert_eq!(bound.map(|_| Grant::Done), over);
    let late = fixture.signed(PASSKEY, 1).check;
    fixture.wait(limits::CHALLENGE);
    let bound = fixture.bind_with(CLAIRE, session, late, digest(60));
    assert_eq!(bound.map(|_| Grant::Done), over);
    let answer = fixture.signed(PASSKEY, 1).check;
    fixture
        .bind_with(CLAIRE, session, answer, digest(60))
        .unwrap();
}

/// An account has three apps or tokens, and five passkeys.
#[test]
fn account_has_eight_authenticators() {
    let mut fixture = Fixture::mandated();
    let mut session = fixture.enroll(CLAIRE);
    let begin = |fixture: &mut Fixture, session, passkeys| {
        let passkey = fixture.accounts[CLAIRE]
            .second_factor
            .iter()
            .find(|it| it.is_passkey())
            .map(|it| (it.id, it.step));
        let code = match passkey {
            Some((id, counter)) => fixture.signed(id, counter as u32 + 1000),
            None => of_phone(fixture),
        };
        fixture.wait(limits::SETTLING);
        let code = match (code.check, passkey) {
            (CodeCheck::Signed { counter, .. }, Some((id, _))) => fixture.signed(id, counter),
            _ => code,
        };
        fixture.ask(CLAIRE, session, Command::BeginAddition { code, passkeys })
    };
    for phones in 2..=limits::CODE_AUTHENTICATORS {
        begin(&mut fixture, session, false).unwrap();
        let check = fixture.good().check;
        session = fixture
            .bind_with(CLAIRE, session, check, digest(50 + phones as u8))
            .unwrap();
    }
    let full = Err(Refusal::TooManyAuthenticators);
    assert_eq!(begin(&mut fixture, session, false), full);
    for passkeys in 1..=limits::PASSKEYS {
        begin(&mut fixture, session, true).unwrap();
        // A fourth phone has no place.
        let code = fixture.good().check;
        assert_eq!(
            fixture
                .clone()
                .bind_with(CLAIRE, session, code, digest(60))
                .map(|_| Grant::Done),
            full
        );
        let check = fixture.signed(PASSKEY, 5).check;
        session = fixture
            .bind_with(CLAIRE, session, check, digest(70 + passkeys as u8))
            .unwrap();
    }
    assert_eq!(begin(&mut fixture, session, true), full);
    let claire = &fixture.accounts[CLAIRE];
    assert_eq!(claire.second_factor.iter().count(), limits::AUTHENTICATORS);
    let links = claire.binding_links.len();
    assert!(links <= limits::BINDING_LINKS);
}
