//! The ceremonies beyond the article's path: recovery codes, the organisation's choices, tickets, and break-glass. Every
//! store runs them.

use loquet::audit::{REFUSALS, Record};
use loquet::flow::{
    BeginEnrollment, BeginReplacement, CancelChange, Choice, Choose, GiveCode, Harden,
    PassPhraseChanged, Recovering, Reset, RulesChange, SwitchOff, SwitchOn, UseRecoveryCode,
};
use loquet::paper::RecoveryCode;
use loquet::store::{Cursor, Item, Query, Store};
use loquet::testing::Phone;
use loquet::{Clock, Level, Refusal, Stamp};
use loquet_policy::{Event, SettingKind, limits};

use crate::break_glass::{
    break_glass_ignores_the_access_rules_and_renews_the_seal,
    break_glass_is_stopped_by_any_administrators_code,
};
use crate::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};
use crate::letters::{post, to};

/// All of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    // Each in a box of its own: one future that holds them all would not fit a test's stack.
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(House::over(store()).await)).await;)*
        };
    }
    each! {
        recovery_codes_are_offered_after_a_wait_and_shown_while_pending
        a_recovery_code_opens_one_enrollment_for_ten_minutes
        a_recovery_that_lapses_leaves_the_other_codes
        wrong_recovery_codes_share_the_budget
        what_weakens_waits_and_any_administrator_stops_it
        the_strict_latch_is_one_way
        a_ticket_read_aloud_lives_ten_minutes_and_a_handed_one_a_day
        break_glass_is_stopped_by_any_administrators_code
        break_glass_ignores_the_access_rules_and_renews_the_seal
        a_reset_stands_in_both_chains
        a_session_that_rises_keeps_the_enrollment_that_it_shows
        switching_on_lets_the_session_go_on
        a_change_of_pass_phrase_lets_the_owners_session_go_on
    }
}

fn begin(stamp: Stamp) -> BeginEnrollment {
    BeginEnrollment {
        stamp,
        ticket: "".into(),
    }
}

fn recover(stamp: Stamp, code: &RecoveryCode) -> UseRecoveryCode {
    UseRecoveryCode {
        stamp,
        typed: code.expose().to_lowercase().into(),
    }
}

impl House {
    /// Recovery codes are offered from now on.
    pub(crate) async fn offering(&self, phone: &Phone, stamp: Stamp) -> Stamp {
        let typed = self.code(phone).into();
        let choice = Choice::RecoveryCodes { offered: true };
        let due = self
            .run(Choose {
                stamp,
                choice,
                typed,
            })
            .await
            .unwrap();
        assert!(matches!(due, RulesChange::Due(_)), "{due:?}");
        self.clock.advance(limits::WEAKENING);
        self.service.tick().await.unwrap();
        let stamp = self.log_in(ANNE).await.stamp;
        let typed = self.code(phone).into();
        self.run(GiveCode { stamp, typed }).await.unwrap().stamp
    }

    /// Denis enrolls where codes are offered, and writes them down.
    async fn denis_with_codes(&self) -> (Phone, Stamp, Vec<RecoveryCode>) {
        let (phone, stamp) = self.enabled().await;
        self.offering(&phone, stamp).await;
        let stamp = self.log_in(DENIS).await.stamp;
        let offer = self.run(begin(stamp)).await.unwrap();
        let codes = self.service.recovery_codes(&stamp).await.unwrap();
        let (phone, stamp) = self.confirm(stamp, &offer).await;
        (phone, stamp, codes)
    }

    async fn left(&self, account: u64) -> usize {
        let people = self.service.everybody(self.org).await.unwrap();
        let person = people
            .iter()
            .find(|person| person.account.id == account.into());
        person.unwrap().account.recovery.len()
    }
}

/// Nothing is offered before the wait is over, and nothing counts before the enrollment does.
pub async fn recovery_codes_are_offered_after_a_wait_and_shown_while_pending(house: House) {
    let (phone, stamp) = house.enabled().await;
    let early = house.log_in(DENIS).await.stamp;
    house.run(begin(early)).await.unwrap();
    assert!(
        house
            .service
            .recovery_codes(&early)
            .await
            .unwrap()
            .is_empty()
    );
    house.offering(&phone, stamp).await;

    let stamp = house.log_in(DENIS).await.stamp;
    let offer = house.run(begin(stamp)).await.unwrap();
    let shown = house.service.recovery_codes(&stamp).await.unwrap();
    assert_eq!(shown.len(), limits::RECOVERY_CODES);
    assert_eq!(shown, house.service.recovery_codes(&stamp).await.unwrap());
    let other = house.log_in(DENIS).await.stamp;
    assert!(
        house
            .service
            .recovery_codes(&other)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(house.left(DENIS).await, 0);
    let (_, stamp) = house.confirm(stamp, &offer).await;
    assert_eq!(house.left(DENIS).await, limits::RECOVERY_CODES);
    assert!(
        house
            .service
            .recovery_codes(&stamp)
            .await
            .unwrap()
            .is_empty()
    );
}

/// The paper, once.
pub async fn a_recovery_code_opens_one_enrollment_for_ten_minutes(house: House) {
    let (old, stamp, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let elsewhere = house.log_in(DENIS).await.stamp;
    post(&house).await;
    let Recovering { entered, left, .. } = house.run(recover(half, &codes[3])).await.unwrap();
    assert_eq!((entered.stamp.level(), left), (Level::EnrolOnly, 9));
    let letters = post(&house).await;
    assert_eq!(
        to(&letters, DENIS)[0].event,
        Event::RecoveryCodeUsed { left: 9 }
    );

    assert_eq!(
        house
            .service
            .check(&stamp, None)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::StaleLogIn
    );
    assert!(house.run(recover(elsewhere, &codes[4])).await.is_err());
    let typed = house.code(&old).into();
    let stamp = house.log_in(DENIS).await.stamp;
    assert!(house.run(GiveCode { stamp, typed }).await.is_err());
    assert_eq!(
        rule(house.run(begin(stamp)).await).code(),
        "TICKET_REQUIRED"
    );

    let offer = house.run(begin(entered.stamp)).await.unwrap();
    let new = house.service.recovery_codes(&entered.stamp).await.unwrap();
    let (phone, _) = house.confirm(entered.stamp, &offer).await;
    let half = house.log_in(DENIS).await.stamp;
    for burnt in [&codes[3], &codes[4]] {
        assert_eq!(
            rule(house.run(recover(half, burnt)).await),
            Refusal::WrongRecoveryCode,
            "the set was replaced"
        );
    }
    let typed = house.code(&phone).into();
    assert!(house.run(GiveCode { stamp: half, typed }).await.is_ok());
    let half = house.log_in(DENIS).await.stamp;
    assert!(house.run(recover(half, &new[0])).await.is_ok());
}

/// Whoever does not finish has the rest of the paper.
pub async fn a_recovery_that_lapses_leaves_the_other_codes(house: House) {
    let (_, _, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let first = house
        .run(recover(half, &codes[0]))
        .await
        .unwrap()
        .entered
        .stamp;
    house.clock.advance(limits::PENDING);
    assert!(house.run(begin(first)).await.is_err());
    let half = house.log_in(DENIS).await.stamp;
    assert_eq!(half.level(), Level::RecoveryOnly);
    assert_eq!(
        rule(house.run(recover(half, &codes[0])).await),
        Refusal::WrongRecoveryCode
    );
    let recovering = house.run(recover(half, &codes[1])).await.unwrap();
    assert_eq!(recovering.left, 8);
    let offer = house.run(begin(recovering.entered.stamp)).await.unwrap();
    house.confirm(recovering.entered.stamp, &offer).await;
}

/// No second budget for guessing.
pub async fn wrong_recovery_codes_share_the_budget(house: House) {
    let (_, _, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let before = house.attempts(DENIS).await.total;
    let mut typed = codes[0].expose().to_string();
    let other = if typed.starts_with('A') { "B" } else { "A" };
    typed.replace_range(..1, other);
    let wrong = UseRecoveryCode {
        stamp: half,
        typed: typed.into(),
    };
    let refusal = rule(house.run(wrong).await);
    assert_eq!(refusal, Refusal::WrongRecoveryCode);
    assert_eq!(house.attempts(DENIS).await.total, before + 1);
    let malformed = UseRecoveryCode {
        stamp: half,
        typed: "123456".into(),
    };
    assert_eq!(rule(house.run(malformed).await), Refusal::Malformed);
    assert_eq!(house.attempts(DENIS).await.total, before + 1);
    let anne = house.log_in(ANNE).await.stamp;
    let none = house.run(recover(anne, &codes[0])).await;
    assert_eq!(rule(none), Refusal::WrongRecoveryCode, "another's paper");
}

/// Longer tickets, a wider window, recovery codes.
pub async fn what_weakens_waits_and_any_administrator_stops_it(house: House) {
    let (phone, stamp) = house.enabled().await;
    let bruno = house.log_in(BRUNO).await.stamp;
    let (_, bruno) = house.enroll(bruno).await;
    post(&house).await;
    let choose = |choice, typed: &str| Choose {
        stamp,
        choice,
        typed: typed.into(),
    };
    let weaker = [
        (
            Choice::RecoveryCodes { offered: true },
            SettingKind::RecoveryCodes,
        ),
        (
            Choice::TicketLife {
                seconds: limits::TICKET_MAX,
            },
            SettingKind::TicketLife,
        ),
        (
            Choice::EnrollmentWindow {
                seconds: limits::ENROLLMENT_WINDOW_MAX,
            },
            SettingKind::EnrollmentWindow,
        ),
    ];
    for (choice, _) in weaker {
        let refusal = rule(house.run(choose(choice, "")).await);
        assert_eq!(refusal, Refusal::StepUp, "a fresh code");
        let typed = house.code(&phone);
        let taken = house.run(choose(choice, &typed)).await.unwrap();
        let due = house.clock.now().plus(limits::WEAKENING);
        assert_eq!(taken, RulesChange::Due(due));
    }
    let letters = post(&house).await;
    for administrator in [ANNE, BRUNO] {
        let told = to(&letters, administrator);
        let scheduled =
            |letter: &&&loquet::Letter| matches!(letter.event, Event::ChangeScheduled { .. });
        assert_eq!(told.iter().filter(scheduled).count(), 3);
    }
    let far = Choice::TicketLife {
        seconds: limits::TICKET_MAX + 1,
    };
    let typed = house.code(&phone);
    assert!(matches!(
        rule(house.run(choose(far, &typed)).await),
        Refusal::OutOfBounds { .. }
    ));

    // The other administrator stops two of them.
    for (_, kind) in &weaker[1..] {
        house
            .run(CancelChange {
                stamp: bruno,
                kind: *kind,
            })
            .await
            .unwrap();
        let again = house
            .run(CancelChange {
                stamp: bruno,
                kind: *kind,
            })
            .await;
        assert_eq!(rule(again), Refusal::NothingScheduled);
    }
    house.clock.advance(limits::WEAKENING);
    assert_eq!(house.service.tick().await.unwrap(), 1);
    assert_eq!(house.service.tick().await.unwrap(), 0);
    let options = house.service.organisations().await.unwrap()[0].0.options;
    assert!(options.recovery_codes);
    assert_eq!(options.ticket_life, limits::TICKET);
    assert_eq!(options.enrollment_window, limits::ENROLLMENT_WINDOW);

    // What does not weaken holds at once, with a recent code.
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone).into();
    let stamp = house.run(GiveCode { stamp, typed }).await.unwrap().stamp;
    let choice = Choice::TicketLife {
        seconds: limits::HOUR,
    };
    let typed = "".into();
    let taken = house
        .run(Choose {
            stamp,
            choice,
            typed,
        })
        .await
        .unwrap();
    assert_eq!(taken, RulesChange::InForce);
    let ticket = Reset {
        stamp,
        subject: CHLOE.into(),
        aloud: false,
        typed: house.code(&phone).into(),
    };
    let expires = house.run(ticket).await.unwrap().expires;
    assert_eq!(expires, house.clock.now().plus(limits::HOUR));
}

/// "No way back", to the letter.
pub async fn the_strict_latch_is_one_way(house: House) {
    let (_, anne) = house.enabled().await;
    let denis = house.log_in(DENIS).await.stamp;
    let (phone, denis) = house.enroll(denis).await;
    let harden = |stamp| Harden { stamp };
    assert_eq!(rule(house.run(harden(denis)).await), Refusal::NotAdmin);
    house.run(harden(anne)).await.unwrap();
    let typed = house.code(&phone).into();
    let off = SwitchOff {
        stamp: denis,
        typed,
    };
    assert_eq!(rule(house.run(off).await).code(), "LATCHED");
    assert_eq!(rule(house.run(harden(anne)).await), Refusal::Unchanged);
}

/// NIST's ten minutes for a spoken code.
pub async fn a_ticket_read_aloud_lives_ten_minutes_and_a_handed_one_a_day(house: House) {
    let (phone, _) = house.imposed().await;
    for (aloud, life) in [(true, limits::TICKET_ALOUD), (false, limits::TICKET)] {
        for late in [false, true] {
            let stamp = house.log_in(ANNE).await.stamp;
            let typed = house.code(&phone).into();
            let stamp = house.run(GiveCode { stamp, typed }).await.unwrap().stamp;
            let typed = house.code(&phone).into();
            let subject = CHLOE.into();
            let reset = Reset {
                stamp,
                subject,
                aloud,
                typed,
            };
            let handed = house.run(reset).await.unwrap();
            assert_eq!(handed.expires, house.clock.now().plus(life));
            house.clock.advance(if late { life } else { life - 1 });
            let ticket = handed.ticket.expose().to_string().into();
            let stamp = house.log_in(CHLOE).await.stamp;
            let answer = house.run(BeginEnrollment { stamp, ticket }).await;
            if late {
                assert_eq!(rule(answer).code(), "TICKET_EXPIRED");
            } else {
                assert!(answer.is_ok());
            }
        }
    }
}

async fn records(house: &House, store: &impl Store, account: u64) -> Vec<Record> {
    let page = store
        .scan(&Query::Audit(account.into()), &Cursor::default())
        .await
        .unwrap();
    assert_eq!(
        house.service.verify_audit(account.into()).await.unwrap(),
        page.items.len() as u64
    );
    let record = |item: Item| match item {
        Item::Audit(row) => serde_json::from_str(&row.body).unwrap(),
        _ => panic!("an audit query finds audit records"),
    };
    page.items.into_iter().map(record).collect()
}

/// What was done to somebody stands in that account's chain too.
pub async fn a_reset_stands_in_both_chains(house: House) {
    let (phone, stamp) = house.imposed().await;
    let count = |account: u64| house.service.verify_audit(account.into());
    let before = (count(ANNE).await.unwrap(), count(CHLOE).await.unwrap());
    let typed = house.code(&phone).into();
    let reset = Reset {
        stamp,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    house.run(reset).await.unwrap();
    assert_eq!(count(ANNE).await.unwrap(), before.0 + 1);
    assert_eq!(count(CHLOE).await.unwrap(), before.1 + 1);
}

/// Whoever has one pass phrase cannot make the log grow.
pub async fn refusals_that_change_nothing_are_recorded_within_bounds<S: Store>(
    store: std::sync::Arc<S>,
    house: House,
) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let ask = || Harden { stamp };
    let before = records(&house, &*store, DENIS).await.len();
    for _ in 0..3 * REFUSALS {
        assert_eq!(rule(house.run(ask()).await), Refusal::NotAdmin);
    }
    let found = records(&house, &*store, DENIS).await;
    assert_eq!(found.len() - before, usize::from(REFUSALS));
    let last: Vec<bool> = found
        .iter()
        .skip(before)
        .map(|record| record.last)
        .collect();
    assert_eq!(
        last.iter().position(|last| *last),
        Some(usize::from(REFUSALS) - 1)
    );
    // The next hour's are recorded again, and what is granted always is.
    house.clock.advance(limits::HOUR);
    assert_eq!(rule(house.run(ask()).await), Refusal::NotAdmin);
    house.log_in(DENIS).await;
    assert_eq!(records(&house, &*store, DENIS).await.len(), found.len() + 2);
}

/// A code on the way to the new one's confirmation changes the session's id, not what it shows.
pub async fn a_session_that_rises_keeps_the_enrollment_that_it_shows(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let (phone, stamp) = house.enroll(stamp).await;
    let typed = house.code(&phone).into();
    house.run(SwitchOff { stamp, typed }).await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    assert_eq!(stamp.level(), Level::Level1);
    let typed = house.code(&phone).into();
    let offer = house.run(BeginReplacement { stamp, typed }).await.unwrap();
    let typed = house.code(&phone).into();
    let risen = house.run(GiveCode { stamp, typed }).await.unwrap().stamp;
    let shown = house.service.pending(&risen).await.unwrap().unwrap();
    assert_eq!(offer.uri.expose(), shown.uri.expose());
    house.confirm(risen, &offer).await;
}

/// The code that switches it on is the code that is due from then on.
pub async fn switching_on_lets_the_session_go_on(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let (phone, stamp) = house.enroll(stamp).await;
    let typed = house.code(&phone).into();
    house.run(SwitchOff { stamp, typed }).await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    let typed = house.code(&phone).into();
    let risen = house.run(SwitchOn { stamp, typed }).await.unwrap().unwrap();
    let standing = house.service.check(&risen.stamp, None).await.unwrap();
    assert_eq!(standing.unwrap().level, Level::Level2);
}

/// All others are over.
pub async fn a_change_of_pass_phrase_lets_the_owners_session_go_on(house: House) {
    let own = house.log_in(DENIS).await.stamp;
    let other = house.log_in(DENIS).await.stamp;
    let changed = PassPhraseChanged {
        account: DENIS.into(),
        by_owner: Some(own),
    };
    let on = house.run(changed).await.unwrap().unwrap().stamp;
    assert!(house.service.check(&on, None).await.unwrap().is_ok());
    for stamp in [own, other] {
        let over = house.service.check(&stamp, None).await.unwrap();
        assert_eq!(over.unwrap_err(), Refusal::StaleLogIn);
    }
    let helped = PassPhraseChanged {
        account: DENIS.into(),
        by_owner: None,
    };
    assert_eq!(house.run(helped).await.unwrap(), None);
    assert!(house.service.check(&on, None).await.unwrap().is_err());
}
