//! The exact counts and moments between which the explorer does not look.

use crate::house::*;
use loquet_policy::*;

#[test]
fn waits_begin_at_the_sixth_failure_and_double_to_an_hour() {
    let mut house = House::mandated();
    let waits = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
    for failure in 1..=15usize {
        let half = house.log_in(ANNE);
        assert_eq!(
            house.wrong(ANNE, half, Vantage::Stranger),
            Err(Refusal::WrongCode { behind: None })
        );
        let wait = throttle(&house.accounts[ANNE], house.now, Vantage::Stranger);
        assert_eq!(
            wait,
            failure.checked_sub(6).map(|at| waits[at]),
            "after {failure}"
        );
        assert_eq!(
            throttle(&house.accounts[ANNE], house.now, Vantage::KnownDevice),
            None
        );
        house.wait(wait.unwrap_or(0));
    }
}

#[test]
fn during_a_wait_nothing_is_looked_at_or_counted() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for _ in 0..6 {
        let _refused = house.wrong(ANNE, half, Vantage::KnownDevice);
    }
    let before = house.accounts[ANNE].clone();
    house.wait(29);
    assert_eq!(
        house.give_code(ANNE, half),
        Err(Refusal::Throttled { wait: 1 })
    );
    assert_eq!(
        house.wrong(ANNE, half, Vantage::KnownDevice),
        Err(Refusal::Throttled { wait: 1 })
    );
    assert_eq!(house.accounts[ANNE], before);
    house.wait(1);
    house.give_code(ANNE, half).unwrap();
}

#[test]
fn a_stranger_uses_up_eighty_and_never_makes_a_known_device_wait() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    let mut wrong = 0;
    loop {
        let half = house.log_in(DAVID);
        match house.wrong(DAVID, half, Vantage::Stranger) {
            Err(Refusal::WrongCode { .. }) if wrong < 100 => wrong += 1,
            Err(Refusal::KnownDeviceOnly) => break,
            other => panic!("{other:?}"),
        }
        assert!(
            house.accounts[DAVID]
                .attempts
                .wait(house.now, Vantage::KnownDevice)
                .is_none()
        );
        house.wait(limits::WAIT_MAX);
    }
    assert_eq!(wrong, 80);
    let half = house.log_in(DAVID);
    house.give_code(DAVID, half).unwrap();
    assert_eq!(
        (
            house.accounts[DAVID].attempts.row,
            house.accounts[DAVID].attempts.total
        ),
        (0, 80)
    );
}

#[test]
fn an_unproved_live_session_is_a_stranger() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    let _refused = house.wrong(ANNE, half, Vantage::LiveSession);
    assert_eq!(house.accounts[ANNE].attempts.stranger.row, 1);
    assert_eq!(house.accounts[ANNE].attempts.known.row, 0);
}

#[test]
fn a_reused_code_is_told_once_a_step() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    house.notices.clear();
    for (step, told) in [(1, 1), (1, 1), (2, 2), (2, 2)] {
        let code = Submitted {
            check: CodeCheck::Used { step, wait: 9 },
            vantage: Vantage::KnownDevice,
        };
        let give = Command::GiveCode {
            code,
            access: Access::Allowed,
        };
        assert_eq!(
            house.ask(ANNE, Some(anne), give),
            Err(Refusal::AlreadyUsed { wait: 9 })
        );
        assert_eq!(house.notices.len(), told);
    }
}

#[test]
fn the_tenth_wrong_code_erases_an_enrollment_and_three_is_the_most() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    let check = CodeCheck::Wrong { behind: Some(7) };
    let access = Access::Allowed;
    let confirm = Command::ConfirmEnrollment {
        check,
        link: digest(LINK),
        seal: None,
        access,
    };
    for _ in 0..10 {
        assert_eq!(
            house.ask(CLAIRE, Some(claire), confirm),
            Err(Refusal::WrongCode { behind: Some(7) })
        );
    }
    assert_eq!(
        house.ask(CLAIRE, Some(claire), confirm),
        Err(Refusal::NothingPending)
    );
    for expected in [Ok(()), Ok(()), Ok(()), Err(Refusal::TooManyPendings)] {
        let session = house.log_in(CLAIRE);
        assert_eq!(house.begin(CLAIRE, session, None).map(drop), expected);
    }
    house.wait(limits::PENDING);
    let session = house.log_in(CLAIRE);
    house.begin(CLAIRE, session, None).unwrap();
}

#[test]
fn the_tenth_wrong_ticket_voids_it() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    let claire = house.log_in(CLAIRE);
    for _ in 0..10 {
        assert_eq!(
            house.begin(CLAIRE, claire, Some(99)),
            Err(Refusal::WrongTicket)
        );
    }
    assert_eq!(
        house.begin(CLAIRE, claire, Some(TICKET)),
        Err(Refusal::WrongTicket)
    );
    assert!(house.told(Event::TicketVoid));
}

#[test]
fn a_ticket_begun_in_time_may_finish_late() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    let given = house.now;
    house.wait(limits::TICKET - 1);
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
    house.wait(limits::PENDING - 1);
    let late = house.log_in(CLAIRE);
    assert_eq!(
        house.begin(CLAIRE, late, Some(TICKET)),
        Err(Refusal::TicketExpired(Cause::of(
            house.accounts[ANNE].id,
            given.plus(limits::TICKET)
        )))
    );
    house.confirm(CLAIRE, claire).unwrap();
}

#[test]
fn the_window_is_fourteen_days_from_the_mandate() {
    let mut house = House::mandated();
    house.wait(limits::ENROLLMENT_WINDOW - 1);
    assert_eq!(house.log_in(CLAIRE).level, Level::EnrolOnly);
    house.wait(1);
    let late = Refusal::TicketRequired(house.mandate());
    assert_eq!(house.try_log_in(CLAIRE), Err(late));
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
}

#[test]
fn a_date_is_put_off_twice_and_brought_forward_to_seven_days() {
    let mut house = House::enabled();
    let mut anne = house.enter(ANNE);
    let role = RoleId::EMPLOYEE;
    let day = |house: &House, days: u64| house.now.plus(days * limits::DAY);
    let start = Start::At(day(&house, 10));
    house
        .ask(ANNE, Some(anne), Command::Announce { role, start })
        .unwrap();
    let stands = Cause {
        role: Some(role),
        ..Cause::of(house.accounts[ANNE].id, day(&house, 25))
    };
    for (days, expected) in [
        (20, Ok(())),
        (15, Ok(())),
        (25, Ok(())),
        (30, Err(Refusal::TooManyPostponements(stands))),
        (
            6,
            Err(Refusal::TooSoon {
                earliest: day(&house, 7),
            }),
        ),
        (7, Ok(())),
    ] {
        let date = day(&house, days);
        let answer = house.ask(ANNE, Some(anne), Command::MoveMandate { role, date });
        assert_eq!(answer.map(drop), expected, "{days}");
    }
    house.wait(7 * limits::DAY);
    anne = house.enter(ANNE);
    let date = day(&house, 9);
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::MoveMandate { role, date }),
        Err(Refusal::Latched(house.mandate()))
    );
}

#[test]
fn what_weakens_waits_three_days_and_any_administrator_stops_it() {
    let mut house = House::enabled();
    let setting = Setting::RecoveryCodes { offered: true };
    let kind = setting.kind();
    let anne = house.enter(ANNE);
    let code = house.good();
    let due = house.now.plus(limits::WEAKENING);
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::Change { setting, code }),
        Ok(Grant::Scheduled { due })
    );
    assert!(house.told(Event::ChangeScheduled { setting, due }));
    let bruno = house.enter(BRUNO);
    house
        .ask(BRUNO, Some(bruno), Command::CancelChange { kind })
        .unwrap();
    house.wait(limits::WEAKENING);
    house.ask(DAVID, None, Command::Settle).unwrap();
    assert!(!house.organisation.options.recovery_codes);

    let anne = house.enter(ANNE);
    let code = house.good();
    house
        .ask(ANNE, Some(anne), Command::Change { setting, code })
        .unwrap();
    house.wait(limits::WEAKENING - 1);
    house.ask(DAVID, None, Command::Settle).unwrap();
    assert!(!house.organisation.options.recovery_codes);
    house.wait(1);
    house.ask(DAVID, None, Command::Settle).unwrap();
    assert!(house.organisation.options.recovery_codes);
}

#[test]
fn five_resets_in_a_day() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    for _ in 0..5 {
        house.reset(ANNE, anne, DAVID).unwrap();
    }
    assert_eq!(
        house.reset(ANNE, anne, DAVID),
        Err(Refusal::TooManyResets { wait: limits::DAY })
    );
    house.wait(limits::DAY);
    house.reset(ANNE, anne, DAVID).unwrap();
}

#[test]
fn break_glass_waits_a_day_is_cancelled_by_a_log_in_and_renews_its_seal() {
    let mut house = House::mandated();
    let open = Command::BreakGlass { seal: digest(SEAL) };
    let collect = Command::CollectTicket {
        seal: digest(SEAL),
        ticket: digest(TICKET),
    };
    house.ask(ANNE, None, open).unwrap();
    house.enter(BRUNO);
    assert_eq!(
        house.ask(ANNE, None, collect),
        Err(Refusal::NotSealed { until: None })
    );
    assert!(house.told(Event::BreakGlassCancelled {
        by: house.accounts[BRUNO].id
    }));

    house.ask(ANNE, None, open).unwrap();
    house.wait(limits::BREAK_GLASS - 1);
    assert!(matches!(
        house.ask(ANNE, None, collect),
        Err(Refusal::TooEarly { .. })
    ));
    house.wait(1);
    house.ask(ANNE, None, collect).unwrap();
    let anne = session_of(
        house
            .ask(
                ANNE,
                None,
                Command::LogIn {
                    access: Access::Denied,
                },
            )
            .unwrap(),
    );
    house.begin(ANNE, anne, Some(TICKET)).unwrap();
    let check = house.good().check;
    let access = Access::Allowed;
    let confirm = |seal| Command::ConfirmEnrollment {
        check,
        link: digest(LINK),
        seal,
        access,
    };
    assert_eq!(
        house.ask(ANNE, Some(anne), confirm(None)),
        Err(Refusal::SealFirst)
    );
    house
        .ask(ANNE, Some(anne), confirm(Some(digest(42))))
        .unwrap();
    assert!(
        matches!(house.organisation.break_glass, BreakGlass::Sealed { seal, .. } if seal == digest(42))
    );
    assert_eq!(house.ask(ANNE, None, open), Err(Refusal::WrongSeal));
}

#[test]
fn ten_wrong_seals_void_it_for_three_days_or_until_it_is_renewed() {
    let mut house = House::enabled();
    let right = Command::BreakGlass { seal: digest(SEAL) };
    for _ in 0..10 {
        let wrong = Command::BreakGlass { seal: digest(99) };
        assert_eq!(house.ask(ANNE, None, wrong), Err(Refusal::WrongSeal));
    }
    assert!(house.told(Event::SealVoid));
    let until = Some(house.now.plus(limits::SEAL_VOID));
    assert_eq!(
        house.ask(ANNE, None, right),
        Err(Refusal::NotSealed { until })
    );
    house.wait(limits::SEAL_VOID);
    house.ask(ANNE, None, right).unwrap();
}

#[test]
fn a_change_of_pass_phrase_ends_the_wait_and_never_the_counts() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for _ in 0..6 {
        let _refused = house.wrong(ANNE, half, Vantage::Stranger);
    }
    house
        .ask(ANNE, None, Command::PassPhraseChanged { by_owner: true })
        .unwrap();
    let attempts = house.accounts[ANNE].attempts;
    assert_eq!(
        (attempts.row, attempts.total, attempts.stranger.row),
        (6, 6, 6)
    );
    assert_eq!(attempts.wait(house.now, Vantage::Stranger), None);
    assert_eq!(house.standing(ANNE, half), Err(Refusal::StaleLogIn));
}

#[test]
fn the_repudiation_link_opens_nothing_but_a_reset() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let repudiate = |link| Command::Repudiate { link: digest(link) };
    assert_eq!(
        house.ask(CLAIRE, None, repudiate(99)),
        Err(Refusal::WrongLink)
    );
    house.ask(CLAIRE, None, repudiate(LINK)).unwrap();
    assert_eq!(
        house.accounts[CLAIRE].authenticator,
        Authenticator::ResetDue { ticket: None }
    );
    assert_eq!(
        house.ask(CLAIRE, None, repudiate(LINK)),
        Err(Refusal::WrongLink)
    );
    let claire = house.log_in(CLAIRE);
    assert_eq!(
        house.begin(CLAIRE, claire, None),
        Err(Refusal::TicketRequired(Cause::default()))
    );
}

#[test]
fn a_replacement_leaves_the_old_authenticator_until_it_is_confirmed() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    let code = house.good();
    house
        .ask(
            ANNE,
            Some(anne),
            Command::BeginReplacement {
                code,
                recovery: RecoverySet::EMPTY,
            },
        )
        .unwrap();
    let elsewhere = house.enter(ANNE);
    assert_eq!(house.confirm(ANNE, elsewhere), Err(Refusal::NotYours));
    let old = house.accounts[ANNE].authenticator;
    house.confirm(ANNE, anne).unwrap();
    assert_ne!(house.accounts[ANNE].authenticator, old);
    assert_eq!(house.standing(ANNE, elsewhere), Err(Refusal::StaleLogIn));
}

/// In figures, so that whoever changes a limit changes a test too.
#[test]
fn the_limits_are_the_published_ones() {
    use limits::*;
    let (minute, hour, day) = (60, 3_600, 86_400);
    assert_eq!([HALF_LOGIN, PENDING, TICKET_ALOUD], [10 * minute; 3]);
    assert_eq!((RECENT, BREAK_GLASS_TICKET), (5 * minute, 10 * minute));
    assert_eq!(
        [ENROLLMENT_WINDOW, ENROLLMENT_WINDOW_MAX],
        [14 * day, 90 * day]
    );
    assert_eq!([TICKET, TICKET_MAX], [24 * hour, 72 * hour]);
    assert_eq!(
        [NOTICE, NOTICE_MAX, REPUDIATION],
        [7, 730, 7].map(|n| n * day)
    );
    assert_eq!([WEAKENING, PROBATION, SEAL_VOID], [72 * hour; 3]);
    assert_eq!([BREAK_GLASS, BREAK_GLASS_COLLECT], [24 * hour; 2]);
    assert_eq!([MINUTE, HOUR, DAY], [minute, hour, day]);
    assert_eq!([WAIT, WAIT_MAX], [30, hour]);
    assert_eq!([TICKET_TRIES, SEAL_TRIES, PENDING_TRIES], [10; 3]);
    assert_eq!((POSTPONEMENTS, RESETS_A_DAY, FIRST_WAIT), (2, 5, 6));
    assert_eq!((FAILURES, FAILURES_CORRECTED), (100, 75));
    assert_eq!((RESERVE, ADVISE_REPLACEMENT, DRIFT_MAX), (20, 50, 4));
    assert_eq!((PENDINGS, RECOVERY_CODES, ROLES), (3, 10, 8));
}

/// Four codes are good at a time where a clock was corrected by two steps or more, three elsewhere:
/// the chance of guessing is the same.
#[test]
fn a_corrected_clock_leaves_three_quarters_of_the_budget() {
    for (drift, of_strangers, of_all) in [
        (0, 80, 100),
        (1, 80, 100),
        (-1, 80, 100),
        (2, 55, 75),
        (-4, 55, 75),
    ] {
        for (vantage, expected) in [
            (Vantage::Stranger, of_strangers),
            (Vantage::KnownDevice, of_all),
        ] {
            let mut house = House::enabled();
            house.enroll(DAVID);
            let half = house.log_in(DAVID);
            let Authenticator::Active { step, .. } = house.accounts[DAVID].authenticator else {
                panic!()
            };
            let pair = PairCheck::Good {
                step: step + 9,
                drift,
            };
            let access = Access::Allowed;
            let resync = Command::Resynchronise {
                pair,
                vantage,
                access,
            };
            house.ask(DAVID, Some(half), resync).unwrap();
            let mut looked_at = 0;
            for _ in 0..300 {
                let half = house.log_in(DAVID);
                match house.wrong(DAVID, half, vantage) {
                    Err(Refusal::WrongCode { .. }) => looked_at += 1,
                    Err(Refusal::KnownDeviceOnly | Refusal::Disabled { .. }) => break,
                    other => panic!("{other:?}"),
                }
                house.wait(limits::WAIT_MAX);
            }
            assert_eq!(looked_at, expected, "{drift} {vantage:?}");
            let disabled = matches!(
                house.accounts[DAVID].authenticator,
                Authenticator::Disabled { .. }
            );
            assert_eq!(disabled, vantage == Vantage::KnownDevice);
        }
    }
}
