//! Mandates that demand a passkey: who may announce one, what a code still gives, and the ways back.

use crate::fixture::*;
use loquet_policy::*;

const PHONE: AuthenticatorId = AuthenticatorId(1);
pub const PASSKEY: AuthenticatorId = AuthenticatorId(2);

const fn at_once(kind: MandateKind) -> Command {
    let (role, start) = (EMPLOYEE, Start::Now { confirmed: true });
    Command::ScheduleMandate { role, kind, start }
}

/// Adds a passkey, and waits until it has settled.
pub fn add_passkey(fixture: &mut Fixture, who: usize) {
    let session = fixture.enter(who);
    let code = fixture.good();
    fixture.register(who, session, code, digest(50)).unwrap();
    fixture.wait(limits::SETTLING);
}

/// Returns a session that a passkey proved.
pub fn enter_by(fixture: &mut Fixture, who: usize, by: AuthenticatorId, count: u32) -> Session {
    let half = fixture.log_in(who);
    let code = fixture.signed(by, count);
    fixture.give(who, half, code).map(session_of).unwrap()
}

pub fn of_phone(fixture: &mut Fixture) -> Submitted {
    Submitted {
        by: PHONE,
        ..fixture.good()
    }
}

/// Anne has a passkey and demands one of every employee, administrators included. The others have an app.
fn demanded() -> Fixture {
    let mut fixture = Fixture::enabled();
    fixture.enroll(CLAIRE);
    add_passkey(&mut fixture, ANNE);
    let anne = enter_by(&mut fixture, ANNE, PASSKEY, 6);
    fixture
        .ask(ANNE, anne, at_once(MandateKind::Passkey))
        .unwrap();
    fixture
}

/// Anne, who has used a passkey, announces that employees need one in eight days. Returns her session and her command.
fn announced(mut fixture: Fixture) -> (Fixture, Session, Command) {
    add_passkey(&mut fixture, ANNE);
    let anne = enter_by(&mut fixture, ANNE, PASSKEY, 6);
    let (role, kind) = (EMPLOYEE, MandateKind::Passkey);
    let start = Start::At(fixture.in_days(8));
    let announce = Command::ScheduleMandate { role, kind, start };
    fixture.ask(ANNE, anne, announce).unwrap();
    (fixture, anne, announce)
}

/// Claire has added a passkey to her app.
pub fn with_passkey() -> Fixture {
    let mut fixture = demanded();
    let claire = fixture.enter(CLAIRE);
    let code = fixture.good();
    fixture.register(CLAIRE, claire, code, digest(51)).unwrap();
    fixture.wait(limits::SETTLING);
    fixture
}

fn reset(fixture: &mut Fixture, whom: usize) {
    let anne = enter_by(fixture, ANNE, PASSKEY, 20 + fixture.step as u32);
    let code = fixture.signed(PASSKEY, 21 + fixture.step as u32);
    let (reset_code, aloud) = (digest(RESET_CODE), false);
    let command = Command::Reset {
        reset_code,
        aloud,
        code,
    };
    fixture.about(ANNE, anne, whom, command).unwrap();
}

#[test]
fn passkeys_are_demanded_by_whoever_used_one() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let refused = fixture.ask(ANNE, anne, at_once(MandateKind::Passkey));
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    add_passkey(&mut fixture, ANNE);

    // To have one is not enough.
    let half = fixture.log_in(ANNE);
    let code = of_phone(&mut fixture);
    let by_code = fixture.give(ANNE, half, code).map(session_of).unwrap();
    let refused = fixture.ask(ANNE, by_code, at_once(MandateKind::Passkey));
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    // Nor is a code after it.
    let by_passkey = enter_by(&mut fixture, ANNE, PASSKEY, 6);
    let code = of_phone(&mut fixture);
    let both = fixture
        .give(ANNE, by_passkey, code)
        .map(session_of)
        .unwrap();
    let refused = fixture.ask(ANNE, both, at_once(MandateKind::Passkey));
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    assert!(
        fixture
            .ask(ANNE, by_passkey, at_once(MandateKind::Passkey))
            .is_ok()
    );
    let event = Event::MandateInForce {
        role: EMPLOYEE,
        kind: MandateKind::Passkey,
    };
    assert!(fixture.notified(event));
}

/// Each kind is announced, moved and cancelled by itself, and latches by itself.
#[test]
fn kinds_of_mandate_are_apart() {
    let (mut fixture, anne, announce) = announced(Fixture::mandated());
    let (role, kind) = (EMPLOYEE, MandateKind::Passkey);
    let Err(Refusal::AlreadyAnnounced(cause)) = fixture.ask(ANNE, anne, announce) else {
        panic!("announced twice");
    };
    assert_eq!(cause.date, Some(fixture.in_days(8)));
    let date = fixture.in_days(9);
    let moved = fixture.ask(ANNE, anne, Command::MoveMandate { role, kind, date });
    assert_eq!(moved, Ok(Grant::Mandate { role, kind, date }));
    let other = MandateKind::SecondFactor;
    let latched = fixture.ask(ANNE, anne, Command::CancelMandate { role, kind: other });
    assert!(matches!(latched, Err(Refusal::Latched(_))), "{latched:?}");
    fixture
        .ask(ANNE, anne, Command::CancelMandate { role, kind })
        .unwrap();
    assert!(fixture.organization.mandate(role, kind).is_none());
    assert!(fixture.organization.mandate(role, other).is_some());

    // On its date it is in force, for good.
    fixture.ask(ANNE, anne, announce).unwrap();
    fixture.wait(8 * limits::DAY);
    let anne = enter_by(&mut fixture, ANNE, PASSKEY, 7);
    let latched = fixture.ask(ANNE, anne, Command::CancelMandate { role, kind });
    assert!(matches!(latched, Err(Refusal::Latched(_))), "{latched:?}");
}

/// A code of an account without a passkey opens the addition of one, and nothing else.
#[test]
fn code_only_adds_the_passkey_that_is_demanded() {
    let mut fixture = demanded();
    let half = fixture.log_in(CLAIRE);
    let code = fixture.good();
    let grant = fixture.give(CLAIRE, half, code).unwrap();
    let Grant::Session { level, .. } = grant else {
        panic!("{grant:?}");
    };
    assert_eq!(level, Level::EnrollOnly);
    let claire = session_of(grant);
    let code = fixture.good();
    let refused = fixture.ask(CLAIRE, claire, Command::TurnOff { code });
    assert!(
        matches!(refused, Err(Refusal::EnrollOnly(_))),
        "{refused:?}"
    );

    // Another app is no passkey, nor is one in the place of the first.
    let replaced = fixture.replace(CLAIRE, claire);
    assert!(matches!(replaced, Ok(Grant::Pending { .. })));
    let refused = fixture.confirm(CLAIRE, claire);
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    let code = fixture.good();
    let inside = fixture.register(CLAIRE, claire, code, digest(51)).unwrap();
    assert_eq!(fixture.current_level(CLAIRE, inside), Ok(Level::Level2));
}

/// Once there is a passkey, no code counts: it neither logs in nor adds, and costs nothing.
#[test]
fn t104_no_code_counts_beside_a_passkey_that_is_demanded() {
    let mut fixture = with_passkey();
    let before = fixture.accounts[CLAIRE].attempts;
    let half = fixture.log_in(CLAIRE);
    for code in [of_phone(&mut fixture), WRONG] {
        let refused = fixture.give(CLAIRE, half, code);
        assert_eq!(refused, Err(Refusal::PasskeyRequired));
    }
    assert_eq!(fixture.accounts[CLAIRE].attempts, before);
    let claire = enter_by(&mut fixture, CLAIRE, PASSKEY, 6);
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::Level2));
    let (code, passkeys) = (of_phone(&mut fixture), true);
    let refused = fixture.ask(CLAIRE, claire, Command::BeginAddition { code, passkeys });
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    // Also one that is suspended, which the password alone can do.
    fixture
        .host(
            CLAIRE,
            Command::ReportLost {
                authenticator: PASSKEY,
                link: digest(UNDO),
            },
        )
        .unwrap();
    let half = fixture.log_in(CLAIRE);
    let code = of_phone(&mut fixture);
    let refused = fixture.give(CLAIRE, half, code);
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
}

/// Sessions of codes that were open when the mandate came into force are open no more.
#[test]
fn mandate_of_passkeys_closes_sessions_of_codes() {
    let mut fixture = Fixture::enabled();
    add_passkey(&mut fixture, ANNE);
    add_passkey(&mut fixture, BRUNO);
    let half = fixture.log_in(BRUNO);
    let code = of_phone(&mut fixture);
    let by_code = fixture.give(BRUNO, half, code).map(session_of).unwrap();
    let by_passkey = enter_by(&mut fixture, BRUNO, PASSKEY, 6);
    let anne = enter_by(&mut fixture, ANNE, PASSKEY, 6);
    fixture
        .ask(ANNE, anne, at_once(MandateKind::Passkey))
        .unwrap();
    assert_eq!(fixture.current_level(BRUNO, by_code), Ok(Level::HalfLogin));
    assert_eq!(fixture.current_level(BRUNO, by_passkey), Ok(Level::Level2));
}

/// The owner does not do away with the last passkey, by removal or replacement.
#[test]
fn last_passkey_that_is_demanded_stays() {
    let mut fixture = with_passkey();
    let claire = enter_by(&mut fixture, CLAIRE, PASSKEY, 6);
    let code = of_phone(&mut fixture);
    let authenticator = PASSKEY;
    let remove = |code| Command::RemoveAuthenticator {
        authenticator,
        code,
    };
    let refused = fixture.ask(CLAIRE, claire, remove(code));
    assert!(matches!(refused, Err(Refusal::Mandated(_))), "{refused:?}");
    let (code, recovery) = (fixture.signed(PASSKEY, 7), recovery_codes());
    fixture
        .ask(CLAIRE, claire, Command::BeginReplacement { code, recovery })
        .unwrap();
    let refused = fixture.confirm(CLAIRE, claire);
    assert_eq!(refused, Err(Refusal::PasskeyRequired));

    // With another one, it may go.
    let code = fixture.signed(PASSKEY, 8);
    let claire = fixture.register(CLAIRE, claire, code, digest(52)).unwrap();
    fixture.wait(limits::SETTLING);
    let code = fixture.signed(AuthenticatorId(3), 6);
    assert!(fixture.ask(CLAIRE, claire, remove(code)).is_ok());
}

/// After a reset an app is enough for three days. Then only another reset helps, or a passkey that was added in time.
#[test]
fn app_is_enough_for_three_days_after_a_reset() {
    let mut fixture = with_passkey();
    reset(&mut fixture, CLAIRE);
    let half = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, half, Some(RESET_CODE)).unwrap();
    let claire = fixture.confirm(CLAIRE, half).unwrap();
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::Level2));
    let mut in_time = fixture.clone();
    fixture.wait(limits::CODES_AFTER_RESET - 1);
    let claire = fixture.enter(CLAIRE);
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::Level2));
    fixture.wait(1);
    let over: Result<(), _> = Err(Refusal::RecoverFirst { since: fixture.now });
    assert_eq!(
        fixture.current_level(CLAIRE, claire),
        Ok(Level::RecoveryOnly)
    );
    let half = fixture.log_in(CLAIRE);
    let code = fixture.good();
    assert_eq!(fixture.give(CLAIRE, half, code).map(drop), over);
    let (code, passkeys) = (fixture.good(), true);
    let refused = fixture.ask(CLAIRE, claire, Command::BeginAddition { code, passkeys });
    assert_eq!(refused.map(drop), over);
    reset(&mut fixture, CLAIRE);
    let half = fixture.log_in(CLAIRE);
    assert!(fixture.begin(CLAIRE, half, Some(RESET_CODE)).is_ok());

    let claire = in_time.enter(CLAIRE);
    let code = in_time.good();
    in_time.register(CLAIRE, claire, code, digest(53)).unwrap();
    assert_eq!(in_time.accounts[CLAIRE].codes_until, None);
    let half = in_time.log_in(CLAIRE);
    let code = in_time.good();
    let refused = in_time.give(CLAIRE, half, code);
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
}

/// With recovery codes that are young themselves, the app settles first, and has its three days then.
#[test]
fn app_that_must_settle_has_three_days_after_that() {
    let mut fixture = with_passkey();
    fixture.organization.options.recovery_codes = true;
    let claire = enter_by(&mut fixture, CLAIRE, PASSKEY, 6);
    let (code, recovery) = (fixture.signed(PASSKEY, 7), recovery_codes());
    let renew = Command::RenewRecoveryCodes { code, recovery };
    fixture.ask(CLAIRE, claire, renew).unwrap();
    let half = fixture.log_in(CLAIRE);
    let recovering = fixture
        .recover(CLAIRE, half, CODES)
        .map(session_of)
        .unwrap();
    fixture.begin(CLAIRE, recovering, None).unwrap();
    fixture.confirm(CLAIRE, recovering).unwrap();
    fixture.wait(limits::SETTLING);
    let claire = fixture.enter(CLAIRE);
    let code = fixture.good();
    let added = fixture.register(CLAIRE, claire, code, digest(53));
    assert!(added.is_ok(), "{added:?}");
}

/// An assigned token is confirmed with the password, as it would be, and its codes add the passkey that is demanded.
#[test]
fn assigned_token_adds_the_passkey_that_is_demanded() {
    let fixture = demanded();
    for has_app in [false, true] {
        let mut fixture = fixture.clone();
        if !has_app {
            fixture.accounts[CLAIRE].second_factor = SecondFactor::None;
            fixture.accounts[CLAIRE].ever = false;
        }
        let key = ImportedKey::Unused;
        fixture.host(CLAIRE, Command::AssignToken { key }).unwrap();
        let half = fixture.log_in(CLAIRE);
        let session = match has_app {
            false => half,
            true => fixture.verify_code(CLAIRE, half).unwrap(),
        };
        let begun = match has_app {
            false => fixture.begin(CLAIRE, session, None),
            true => fixture.replace(CLAIRE, session),
        };
        begun.unwrap();
        fixture.step += 10;
        let pair = PairCheck::Good {
            step: fixture.step,
            drift: 0,
        };
        let confirm = Command::ConfirmToken {
            pair,
            link: digest(55),
            break_glass: None,
            access: ACCESS,
        };
        let session = fixture.ask(CLAIRE, session, confirm).map(session_of);
        let session = session.unwrap();
        let level = fixture.current_level(CLAIRE, session);
        assert_eq!(level, Ok(Level::EnrollOnly));
        // What takes the place of another has to settle.
        fixture.wait(limits::SETTLING);
        let code = fixture.good();
        let half = fixture.log_in(CLAIRE);
        let session = fixture.give(CLAIRE, half, code).map(session_of).unwrap();
        let code = fixture.good();
        let added = fixture.register(CLAIRE, session, code, digest(56));
        assert!(added.is_ok(), "{added:?}");
    }
}

/// S6 counts those who have what is demanded.
#[test]
fn last_administrator_with_a_passkey_stays() {
    let mut fixture = demanded();
    let refused = fixture.host(ANNE, Command::HostDeactivate);
    assert_eq!(refused, Err(Refusal::LastEnrolledAdmin));
    add_passkey(&mut fixture, BRUNO);
    let bruno = enter_by(&mut fixture, BRUNO, PASSKEY, 6);
    let role = ADMINISTRATOR;
    let demoted = fixture.about(BRUNO, bruno, ANNE, Command::RemoveRole { role });
    assert!(demoted.is_ok(), "{demoted:?}");
}

/// The administrators are alarmed where none of them has what comes to be demanded.
#[test]
fn mandate_of_passkeys_alarms_where_no_administrator_has_one() {
    let (mut fixture, anne, _) = announced(Fixture::enabled());
    let mut without = fixture.clone();
    let (code, authenticator) = (without.signed(PASSKEY, 7), PHONE);
    let remove = Command::RemoveAuthenticator {
        authenticator,
        code,
    };
    without.ask(ANNE, anne, remove).unwrap();
    let lost = Command::ReportLost {
        authenticator: PASSKEY,
        link: digest(UNDO),
    };
    without.host(ANNE, lost).unwrap();
    for (fixture, alarmed) in [(&mut fixture, false), (&mut without, true)] {
        fixture.notices.clear();
        fixture.wait(8 * limits::DAY);
        fixture.host(DAVID, Command::ApplyDue).unwrap();
        let alarm = Event::NoAdministratorEnrolled { role: EMPLOYEE };
        assert_eq!(fixture.notified(alarm), alarmed);
    }
}
