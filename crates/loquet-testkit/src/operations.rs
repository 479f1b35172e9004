//! Operations beyond the usual path: recovery codes, settings, reset codes, and break-glass. Every store runs them.

use loquet::audit::REFUSALS;
use loquet::store::Store;
use loquet::{Assurance, Clock, OrganizationSetting, Refusal, RulesChange, SettingKind};
use loquet_policy::{Event, limits};

use crate::audit::records;
use crate::break_glass::any_administrators_code_stops_break_glass;
use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use crate::letters::{post, to};
use crate::recovery::{
    lapsed_recovery_leaves_other_codes, recovery_code_opens_one_enrollment,
    recovery_codes_are_renewed_with_a_fresh_code, recovery_codes_are_shown_only_while_pending,
    wrong_recovery_codes_cost_no_failure,
};

use crate::passkeys;
use crate::several::{
    added_authenticator_settles_before_it_removes, authenticators_have_names,
    each_of_two_authenticators_logs_in, one_of_two_is_reported_lost,
    unrecognized_authenticator_goes_alone,
};

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    // Each in a box of its own: one future that holds them all would not fit a test's stack.
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(Fixture::over(store()).await)).await;)*
        };
    }
    each! {
        recovery_codes_are_shown_only_while_pending
        recovery_code_opens_one_enrollment
        recovery_codes_are_renewed_with_a_fresh_code
        lapsed_recovery_leaves_other_codes
        wrong_recovery_codes_cost_no_failure
        each_of_two_authenticators_logs_in
        added_authenticator_settles_before_it_removes
        authenticators_have_names
        one_of_two_is_reported_lost
        unrecognized_authenticator_goes_alone
        weakening_change_waits_and_can_be_cancelled
        other_change_holds_at_once
        hardening_is_final
        reset_code_life_depends_on_delivery
        any_administrators_code_stops_break_glass
        reset_is_recorded_in_both_chains
        harmless_refusals_are_recorded_within_bounds
        enrollment_survives_step_up
        turning_on_raises_the_session
        password_change_keeps_only_owners_session
    }
    passkeys::all(store).await;
}

/// Recovery codes, longer reset codes, a wider window.
const WEAKER: [(OrganizationSetting, SettingKind); 3] = [
    (
        OrganizationSetting::RecoveryCodes { offered: true },
        SettingKind::RecoveryCodes,
    ),
    (
        OrganizationSetting::ResetCodeLife {
            seconds: limits::RESET_CODE_MAX,
        },
        SettingKind::ResetCodeLife,
    ),
    (
        OrganizationSetting::EnrollmentWindow {
            seconds: limits::ENROLLMENT_WINDOW_MAX,
        },
        SettingKind::EnrollmentWindow,
    ),
];

/// Each of them.
pub async fn weakening_change_waits_and_can_be_cancelled(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let bruno = fixture.log_in(BRUNO).await.session;
    let (_, bruno) = fixture.enroll(&bruno).await;
    let bruno = fixture.user(&bruno).await;
    post(&fixture).await;
    let admin = fixture.mfa.admin(&anne);
    for (setting, _) in WEAKER {
        let without = admin.update_setting(setting, "").await;
        assert_eq!(refusal(without), Refusal::StepUp, "a fresh code");
        let typed = fixture.code(&phone);
        let taken = admin.update_setting(setting, typed).await.unwrap();
        let due = fixture.clock.now().plus(limits::WEAKENING);
        assert_eq!(taken, RulesChange::Due(due));
    }
    let letters = post(&fixture).await;
    for administrator in [ANNE, BRUNO] {
        let told = to(&letters, administrator);
        let scheduled =
            |letter: &&&loquet::Letter| matches!(letter.event, Event::ChangeScheduled { .. });
        assert_eq!(told.iter().filter(scheduled).count(), 3);
    }
    let far = OrganizationSetting::ResetCodeLife {
        seconds: limits::RESET_CODE_MAX + 1,
    };
    let far = admin.update_setting(far, fixture.code(&phone)).await;
    assert!(matches!(refusal(far), Refusal::OutOfBounds { .. }));

    // The other administrator cancels two of them.
    let admin = fixture.mfa.admin(&bruno);
    for (_, kind) in &WEAKER[1..] {
        admin.cancel_change(*kind).await.unwrap();
        let again = admin.cancel_change(*kind).await;
        assert_eq!(refusal(again), Refusal::NothingScheduled);
    }
    fixture.clock.advance(limits::WEAKENING);
    assert_eq!(fixture.operator.apply_due().await.unwrap(), 1);
    assert_eq!(fixture.operator.apply_due().await.unwrap(), 0);
    let organization = &fixture.operator.organizations().await.unwrap()[0];
    assert!(organization.offers_recovery_codes());
    assert_eq!(organization.reset_code_life(), limits::RESET_CODE);
    assert_eq!(organization.enrollment_window(), limits::ENROLLMENT_WINDOW);
}

/// A shorter reset code is no weaker one.
pub async fn other_change_holds_at_once(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let setting = OrganizationSetting::ResetCodeLife {
        seconds: limits::HOUR,
    };
    let taken = admin.update_setting(setting, "").await.unwrap();
    assert_eq!(taken, RulesChange::InForce);
    let typed = fixture.code(&phone);
    let issued = admin.reset(CHLOE, false, typed).await.unwrap();
    assert_eq!(issued.expires, fixture.clock.now().plus(limits::HOUR));
}

/// "No way back", to the letter.
pub async fn hardening_is_final(fixture: Fixture) {
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let denis = fixture.user(&session).await;
    let mfa = &fixture.mfa;
    let refused = mfa.admin(&denis).harden().await;
    assert_eq!(refusal(refused), Refusal::NotAdmin);
    mfa.admin(&anne).harden().await.unwrap();
    let off = mfa.account(&denis).turn_off(fixture.code(&phone)).await;
    assert_eq!(refusal(off).code(), "LATCHED");
    let again = mfa.admin(&anne).harden().await;
    assert_eq!(refusal(again), Refusal::Unchanged);
}

/// NIST's ten minutes for a spoken code, a day for one that is handed over.
pub async fn reset_code_life_depends_on_delivery(fixture: Fixture) {
    let (phone, _) = fixture.imposed().await;
    for (aloud, life) in [
        (true, limits::RESET_CODE_ALOUD),
        (false, limits::RESET_CODE),
    ] {
        for late in [false, true] {
            let session = fixture.enter(ANNE, &phone).await;
            let anne = fixture.user(&session).await;
            let typed = fixture.code(&phone);
            let admin = fixture.mfa.admin(&anne);
            let issued = admin.reset(CHLOE, aloud, typed).await.unwrap();
            assert_eq!(issued.expires, fixture.clock.now().plus(life));
            fixture.clock.advance(if late { life } else { life - 1 });
            let typed = issued.reset_code.expose().to_string();
            let session = fixture.log_in(CHLOE).await.session;
            let answer = fixture
                .mfa
                .begin_enrollment(&session, typed, Fixture::client())
                .await;
            if late {
                assert_eq!(refusal(answer).code(), "RESET_CODE_EXPIRED");
            } else {
                assert!(answer.is_ok());
            }
        }
    }
}

/// What was done to an account stands in its own chain too.
pub async fn reset_is_recorded_in_both_chains(fixture: Fixture) {
    let (phone, session) = fixture.imposed().await;
    let count = |account: u64| fixture.operator.verify_audit(account.into());
    let before = (count(ANNE).await.unwrap(), count(CHLOE).await.unwrap());
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let admin = fixture.mfa.admin(&anne);
    admin.reset(CHLOE, false, typed).await.unwrap();
    assert_eq!(count(ANNE).await.unwrap(), before.0 + 1);
    assert_eq!(count(CHLOE).await.unwrap(), before.1 + 1);
}

/// One password is not enough to make the log grow.
pub async fn harmless_refusals_are_recorded_within_bounds(fixture: Fixture) {
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&denis);
    let before = records(&fixture.operator, DENIS).await.len();
    for _ in 0..3 * REFUSALS {
        assert_eq!(refusal(admin.harden().await), Refusal::NotAdmin);
    }
    let found = records(&fixture.operator, DENIS).await;
    let last: Vec<bool> = found[before..].iter().map(|(_, it)| it.last).collect();
    let mut expected = vec![false; usize::from(REFUSALS)];
    expected[usize::from(REFUSALS) - 1] = true;
    assert_eq!(last, expected);
    // The next hour's are recorded again, and what is granted always is.
    fixture.clock.advance(limits::HOUR);
    assert_eq!(refusal(admin.harden().await), Refusal::NotAdmin);
    fixture.log_in(DENIS).await;
    let chain = fixture.operator.verify_audit(DENIS.into()).await.unwrap();
    assert_eq!(chain, found.len() as u64 + 2);
}

/// A code on the way to the new one's confirmation changes the session's id, not what it shows.
pub async fn enrollment_survives_step_up(fixture: Fixture) {
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let denis = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&denis).turn_off(typed).await.unwrap();
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    assert_eq!(denis.assurance(), Assurance::Aal1);
    let typed = fixture.code(&phone);
    let account = fixture.mfa.account(&denis);
    let offer = account.replace_authenticator(typed).await.unwrap();
    let typed = fixture.code(&phone);
    let risen = fixture.verify(&session, &typed).await.unwrap().session;
    let shown = fixture
        .mfa
        .pending_enrollment(&risen, &Fixture::client())
        .await
        .unwrap();
    assert_eq!(offer.uri.expose(), shown.unwrap().uri.expose());
    fixture.confirm(&risen, &offer).await;
}

/// The code that turns it on is the code that is due from then on.
pub async fn turning_on_raises_the_session(fixture: Fixture) {
    fixture.enabled().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let denis = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&denis).turn_off(typed).await.unwrap();
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let risen = fixture.mfa.account(&denis).turn_on(typed).await.unwrap();
    let denis = fixture.user(&risen.unwrap().session).await;
    assert_eq!(denis.assurance(), Assurance::Aal2);
    assert!(
        fixture.authorize(&session).await.is_err(),
        "it was replaced"
    );
}

/// All others are over.
pub async fn password_change_keeps_only_owners_session(fixture: Fixture) {
    let own = fixture.log_in(DENIS).await.session;
    let other = fixture.log_in(DENIS).await.session;
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let changed = mfa.password_changed(DENIS, Some(&own), client).await;
    let new = changed.unwrap().unwrap().session;
    assert!(fixture.authorize(&new).await.is_ok());
    for session in [own, other] {
        let over = fixture.authorize(&session).await;
        assert_eq!(refusal(over), Refusal::StaleLogIn);
    }
    let helped = mfa.password_changed(DENIS, None, client).await;
    assert_eq!(helped.unwrap(), None);
    assert!(fixture.authorize(&new).await.is_err());
}
