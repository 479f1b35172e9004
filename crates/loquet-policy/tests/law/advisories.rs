//! What went wrong elsewhere, as far as rules can go wrong. T-numbers are those of the ledger.

use crate::house::*;
use loquet_policy::*;

#[test]
fn t1_t2_a_used_step_and_all_before_it_are_refused() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    let code = house.good();
    let give = |code| Command::GiveCode {
        code,
        access: Access::Allowed,
    };
    let full = session_of(house.ask(ANNE, Some(half), give(code)).unwrap());
    let CodeCheck::Good { step, .. } = code.check else {
        unreachable!()
    };
    let before = house.accounts[ANNE].attempts;
    for step in [0, step - 1, step] {
        let check = CodeCheck::Good { step, offset: 0 };
        let again = Submitted {
            check,
            vantage: Vantage::KnownDevice,
        };
        assert!(matches!(
            house.ask(ANNE, Some(full), give(again)),
            Err(Refusal::AlreadyUsed { .. })
        ));
    }
    assert_eq!(house.accounts[ANNE].attempts, before);
}

#[test]
fn t3_a_code_used_at_log_in_is_refused_by_every_other_command() {
    let mut house = House::enabled();
    let half = house.log_in(ANNE);
    let code = house.good();
    let anne = session_of(
        house
            .ask(
                ANNE,
                Some(half),
                Command::GiveCode {
                    code,
                    access: Access::Allowed,
                },
            )
            .unwrap(),
    );
    for command in [
        Command::SwitchOff { code },
        Command::BeginReplacement {
            code,
            recovery: RecoverySet::EMPTY,
        },
        Command::RenewSeal {
            seal: digest(9),
            typed_back: true,
            code,
        },
        Command::Change {
            setting: Setting::RecoveryCodes { offered: true },
            code,
        },
    ] {
        assert!(matches!(
            house.ask(ANNE, Some(anne), command),
            Err(Refusal::AlreadyUsed { .. })
        ));
    }
    let reset = Command::Reset {
        ticket: digest(TICKET),
        aloud: false,
        code,
    };
    assert!(matches!(
        house.about(ANNE, anne, CLAIRE, reset),
        Err(Refusal::AlreadyUsed { .. })
    ));
}

#[test]
fn t6_t7_a_recovery_code_is_used_once_and_the_rest_count_falls() {
    let mut house = House::enabled();
    house.organisation.options.recovery_codes = true;
    house.enroll(DAVID);
    let recover = Command::UseRecoveryCode {
        code: Some(digest(10)),
        vantage: Vantage::Stranger,
        access: Access::Allowed,
    };
    let half = house.log_in(DAVID);
    assert!(matches!(
        house.ask(DAVID, Some(half), recover),
        Ok(Grant::Recovering { left: 9, .. })
    ));
    house.wait(limits::PENDING);
    let half = house.log_in(DAVID);
    assert_eq!(
        house.ask(DAVID, Some(half), recover),
        Err(Refusal::WrongRecoveryCode)
    );
    assert_eq!(house.accounts[DAVID].attempts.total, 1);
}

#[test]
fn t8_resynchronisation_refuses_what_was_used_and_what_is_far() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    let Authenticator::Active { step: last, .. } = house.accounts[ANNE].authenticator else {
        panic!()
    };
    let resync = |pair| Command::Resynchronise {
        pair,
        vantage: Vantage::Stranger,
        access: Access::Allowed,
    };
    let used = resync(PairCheck::Good {
        step: last,
        drift: 0,
    });
    assert!(matches!(
        house.ask(ANNE, Some(half), used),
        Err(Refusal::AlreadyUsed { .. })
    ));
    for drift in [5, -5, i8::MIN] {
        let far = resync(PairCheck::Good {
            step: last + 9,
            drift,
        });
        assert_eq!(
            house.ask(ANNE, Some(half), far),
            Err(Refusal::WrongCode { behind: None })
        );
    }
    assert_eq!(house.accounts[ANNE].attempts.total, 3);
    let near = resync(PairCheck::Good {
        step: last + 9,
        drift: -4,
    });
    house.ask(ANNE, Some(half), near).unwrap();
    let Authenticator::Active { step, drift, .. } = house.accounts[ANNE].authenticator else {
        panic!()
    };
    assert_eq!((step, drift), (last + 9, -4));
}

#[test]
fn t13_t14_the_hundredth_failure_disables_whatever_the_sessions() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    let mut evaluated = 0;
    for _ in 0..400 {
        let Ok(half) = house.try_log_in(DAVID) else {
            break;
        };
        if half.level != Level::HalfLogin {
            break;
        }
        if house.wrong(DAVID, half, Vantage::KnownDevice)
            == Err(Refusal::WrongCode { behind: None })
        {
            evaluated += 1;
        }
        house.wait(limits::WAIT_MAX);
    }
    assert_eq!(evaluated, 100);
    assert!(matches!(
        house.accounts[DAVID].authenticator,
        Authenticator::Disabled {
            why: DisabledBy::Failures,
            ..
        }
    ));
    assert!(house.told(Event::DisabledByFailures) && house.told(Event::ReplaceAdvised));
}

#[test]
fn t15_the_count_is_the_number_of_failures() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for failures in 1..=9 {
        while let Err(Refusal::Throttled { wait }) = house.wrong(ANNE, half, Vantage::Stranger) {
            house.wait(wait);
        }
        let attempts = house.accounts[ANNE].attempts;
        assert_eq!((attempts.row, attempts.total), (failures, failures));
    }
}

/// Whoever drops a refusal's changes has not made its decision: the count stands in them.
#[test]
fn t16_a_refused_code_carries_the_change_that_counts_it() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    let check = CodeCheck::Wrong { behind: None };
    let vantage = Vantage::Stranger;
    let give = Command::GiveCode {
        code: Submitted { check, vantage },
        access: Access::Allowed,
    };
    let snapshot = Snapshot {
        organisation: Some(&house.organisation),
        roster: Some(&house.roster),
        actor: &house.accounts[ANNE],
        session: Some(&half),
        subject: None,
    };
    let session = SessionId(9);
    let decision = decide(&snapshot, &give, house.now, Fresh { session });
    assert!(decision.answer.is_err());
    assert_eq!(decision.changes.actor.unwrap().attempts.total, 1);
}

#[test]
fn t17_t18_the_failures_of_all_sessions_are_one_count_and_the_owner_hears_of_it() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    for failures in 1..=50u8 {
        assert!(!house.told(Event::ReplaceAdvised));
        let session = house.log_in(DAVID);
        let _refused = house.wrong(DAVID, session, Vantage::KnownDevice);
        assert_eq!(house.accounts[DAVID].attempts.total, failures);
        house.wait(limits::WAIT_MAX);
    }
    assert!(house.told(Event::ReplaceAdvised));
}

/// What a session is worth comes from what is bound now, never from what the session remembers.
#[test]
fn t21_no_session_is_worth_more_than_what_is_bound() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    let disabled = Authenticator::Disabled {
        since: house.now,
        why: DisabledBy::Loss,
    };
    let due = Authenticator::ResetDue { ticket: None };
    for bound in [Authenticator::None, disabled, due] {
        house.accounts[ANNE].authenticator = bound;
        assert_ne!(house.standing(ANNE, anne), Ok(Level::Level2), "{bound:?}");
    }
}

/// There is one decision about entering: a log-in and a session of old get the same.
#[test]
fn t22_a_log_in_and_an_old_session_get_the_same_decision() {
    let mut seen = 0;
    for mandated in [false, true] {
        for toggle in [false, true] {
            for bound in 0..4 {
                for who in [ANNE, CLAIRE, DAVID] {
                    let mut house = if mandated {
                        House::mandated()
                    } else {
                        House::enabled()
                    };
                    let since = house.now;
                    let account = &mut house.accounts[who];
                    account.toggle = toggle;
                    account.authenticator = match bound {
                        0 => Authenticator::None,
                        1 => Authenticator::Active {
                            since,
                            step: 1,
                            drift: 0,
                            told: None,
                        },
                        2 => Authenticator::Disabled {
                            since,
                            why: DisabledBy::Failures,
                        },
                        _ => Authenticator::ResetDue { ticket: None },
                    };
                    let old = Session {
                        account: account.id,
                        id: SessionId(5),
                        epoch: account.epoch,
                        level: Level::Level1,
                        at: since,
                    };
                    let entered = house.try_log_in(who).map(|session| session.level);
                    assert_eq!(house.standing(who, old), entered);
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 48);
}

#[test]
fn t19_t24_a_session_with_an_open_duty_has_no_rights() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrolOnly);
    assert_eq!(
        house.ask(CLAIRE, Some(claire), Command::LogOutEverywhere),
        Err(Refusal::EnrolOnly(house.mandate()))
    );
}

#[test]
fn t20_rules_that_cannot_be_read_are_the_strictest() {
    let house = House::mandated();
    for (who, expected) in [
        (ANNE, Ok(Level::HalfLogin)),
        (DAVID, Err(Refusal::PolicyUnavailable)),
    ] {
        let snapshot = Snapshot {
            organisation: None,
            roster: None,
            actor: &house.accounts[who],
            session: None,
            subject: None,
        };
        let command = Command::LogIn {
            access: Access::Allowed,
        };
        let decision = decide(
            &snapshot,
            &command,
            house.now,
            Fresh {
                session: SessionId(1),
            },
        );
        assert_eq!(
            decision.answer.map(|grant| session_of(grant).level),
            expected
        );
    }
    let roles = RoleSet::of(RoleId(77));
    let stranger = Account {
        roles,
        ..house.accounts[DAVID].clone()
    };
    assert!(required(Some(&house.organisation), &stranger, house.now).is_required());
}

#[test]
fn t28_a_pending_enrollment_satisfies_nothing() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::EnrolOnly));
    assert_eq!(house.log_in(CLAIRE).level, Level::EnrolOnly);
    let other = house.log_in(CLAIRE);
    assert_eq!(house.confirm(CLAIRE, other), Err(Refusal::NotYours));
}

#[test]
fn t29_a_reset_never_lowers_the_requirement() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, DAVID).unwrap();
    assert!(house.accounts[DAVID].toggle);
    assert_eq!(house.log_in(DAVID).level, Level::EnrolOnly);
}
