//! Pending enrollments: one session, ten minutes, ten wrong codes, one consumed step.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use loquet_enrollment::{
    Confirmation, Confirmed, Erased, Label, Obstacle, PENDING_LIFETIME, PENDING_WRONG_CODES,
    Pending, PendingError,
};
use loquet_otp::{Digits, Drift, Secret, Totp, TypedCode, Verdict, Window};

const SESSION: [u8; 16] = [7; 16];
const NOW: u64 = 1_700_000_000;

fn pending() -> Pending<[u8; 16], u64> {
    Pending::new(SESSION, Secret::from([0x5a; 20]), Totp::default(), NOW).unwrap()
}

/// What the person's app shows.
fn code(at: u64) -> TypedCode {
    let totp = Totp::default();
    TypedCode::from(totp.generate(&Secret::from([0x5a; 20]).key(totp.algorithm), at))
}

fn wrong() -> TypedCode {
    // The code of a time that no window reaches; the test below would notice a collision.
    code(NOW - 90_000)
}

fn confirmed(confirmation: Confirmation<[u8; 16], u64>) -> Confirmed<u64> {
    match confirmation {
        Confirmation::Confirmed(confirmed) => confirmed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn p8_the_first_right_code_confirms_and_its_step_is_consumed() {
    let confirmed = confirmed(pending().confirm(&SESSION, code(NOW + 45), NOW + 45));
    assert_eq!(confirmed.secret, Secret::from([0x5a; 20]));
    assert_eq!(confirmed.matched.step, (NOW + 45) / 30);
    assert_eq!(confirmed.replaces, None);
    // The same code does not log in afterwards, when the step is kept as the last accepted one.
    let key = confirmed.secret.key(confirmed.totp.algorithm);
    let after = Some(confirmed.matched.step);
    let again = confirmed.totp.verify(
        &key,
        code(NOW + 45),
        NOW + 46,
        Window::default(),
        Drift::NONE,
        after,
    );
    assert!(matches!(again, Verdict::AlreadyUsed { .. }));
}

#[test]
fn one_step_each_way_confirms_and_two_do_not() {
    for (offset, confirms) in [
        (-60, false),
        (-30, true),
        (0, true),
        (30, true),
        (60, false),
    ] {
        let typed = code(NOW.saturating_add_signed(offset));
        let confirmation = pending().confirm(&SESSION, typed, NOW);
        assert_eq!(
            matches!(confirmation, Confirmation::Confirmed(_)),
            confirms,
            "{offset}"
        );
    }
}

#[test]
fn it_expires_after_ten_minutes_exactly_and_the_secret_is_gone() {
    assert_eq!((pending().created(), pending().expires()), (NOW, NOW + 600));
    assert!(!pending().is_expired(NOW + 599));
    confirmed(pending().confirm(&SESSION, code(NOW + 599), NOW + 599));
    let late = pending().confirm(&SESSION, code(NOW + 600), NOW + 600);
    assert_eq!(late, Confirmation::Erased(Erased::Expired));
}

#[test]
fn a_clock_set_far_back_expires_it_and_a_small_step_back_does_not() {
    assert!(!pending().is_expired(NOW - 5));
    assert!(pending().is_expired(NOW - PENDING_LIFETIME));
    assert!(pending().is_expired(0));
}

#[test]
fn hostile_times_overflow_nowhere() {
    for created in [0, 1, u64::MAX - 1, u64::MAX] {
        let pending: Pending<u64> =
            Pending::new(1, Secret::from([1; 20]), Totp::default(), created).unwrap();
        assert!(pending.expires() >= created);
        for now in [0, 1, created, u64::MAX] {
            let _answer = pending.clone().confirm(&1, wrong(), now);
            assert_eq!(pending.is_expired(now), now.abs_diff(created) >= 600);
        }
    }
}

#[test]
fn the_tenth_wrong_code_erases_the_secret() {
    let mut pending = pending();
    for left in (1..PENDING_WRONG_CODES).rev() {
        pending = match pending.confirm(&SESSION, wrong(), NOW) {
            Confirmation::StillPending(pending, obstacle) => {
                assert_eq!(obstacle, Obstacle::WrongCode { left });
                pending
            }
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(pending.wrong_codes(), 9);
    // Until then the right code still counts.
    confirmed(pending.clone().confirm(&SESSION, code(NOW), NOW));
    assert_eq!(
        pending.confirm(&SESSION, wrong(), NOW),
        Confirmation::Erased(Erased::TooManyWrongCodes)
    );
}

#[test]
fn a_restored_count_goes_on_where_it_was() {
    for (count, erased) in [(8, false), (9, true), (10, true), (u8::MAX, true)] {
        let answer = pending()
            .with_wrong_codes(count)
            .confirm(&SESSION, wrong(), NOW);
        assert_eq!(
            answer == Confirmation::Erased(Erased::TooManyWrongCodes),
            erased,
            "{count}"
        );
    }
}

#[test]
fn another_session_neither_confirms_nor_erases_nor_counts() {
    for typed in [code(NOW), wrong()] {
        let answer = pending().with_wrong_codes(9).confirm(&[8; 16], typed, NOW);
        let Confirmation::StillPending(pending, Obstacle::OtherSession) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(pending.wrong_codes(), 9);
        confirmed(pending.confirm(&SESSION, code(NOW), NOW));
    }
}

#[test]
fn a_code_with_another_number_of_digits_is_wrong() {
    let eight = Totp {
        digits: Digits::Eight,
        ..Totp::default()
    };
    let typed =
        TypedCode::from(eight.generate(&Secret::from([0x5a; 20]).key(eight.algorithm), NOW));
    assert!(matches!(
        pending().confirm(&SESSION, typed, NOW),
        Confirmation::StillPending(_, Obstacle::WrongCode { .. })
    ));
}

#[test]
fn a_replacement_names_the_old_authenticator_only_when_confirmed() {
    let pending = pending().replacing(41);
    assert_eq!(pending.replaces(), Some(&41));
    let Confirmation::StillPending(pending, _) = pending.confirm(&SESSION, wrong(), NOW) else {
        panic!("one wrong code must not end it");
    };
    assert_eq!(
        confirmed(pending.confirm(&SESSION, code(NOW), NOW)).replaces,
        Some(41)
    );
}

#[test]
fn t12_a_weak_secret_is_never_pending() {
    let weak = Secret::weak(&[1; 15]).unwrap();
    let error = Pending::<u8>::new(1, weak, Totp::default(), NOW).unwrap_err();
    assert_eq!(error, PendingError::WeakSecret { bytes: 15 });
    let t0 = Totp {
        t0: 5,
        ..Totp::default()
    };
    assert!(matches!(
        Pending::<u8>::new(1, Secret::from([1; 20]), t0, NOW),
        Err(PendingError::T0(_))
    ));
}

#[test]
fn nothing_printable_shows_the_secret() {
    // The canary: 20 bytes whose base32 form is one word, looked for in every form that a formatter could choose.
    let secret = Secret::from(*b"CANARYCANARYCANARYCA");
    let pending = Pending::<[u8; 16]>::new(SESSION, secret.clone(), Totp::default(), NOW).unwrap();
    let label = Label::new("Loquet", "marie").unwrap();
    let offer = pending.offer(&label, &[]).unwrap();
    assert_eq!(offer.expires, NOW + 600);
    assert!(offer.uri.expose().contains(&*offer.key_ungrouped));
    let typed =
        TypedCode::from(Totp::default().generate(&secret.key(Totp::default().algorithm), NOW));
    let printed = [
        format!("{pending:?} {pending:#?}"),
        format!("{offer:?} {offer:#?}"),
        format!(
            "{:?} {:?} {:?}",
            offer.uri,
            offer.qr,
            loquet_enrollment::ManualKey::new(&secret)
        ),
        format!("{:?}", pending.clone().confirm(&SESSION, wrong(), NOW)),
        format!("{:?}", pending.confirm(&SESSION, typed, NOW)),
    ]
    .concat();
    // What is left is worth reading.
    for told in [
        "Pending { created: 1700000000, wrong: 0, replaces: false, .. }",
        r#"Offer { issuer: "Loquet", account: "marie", expires: 1700000600, .. }"#,
        "ManualKey(20 bytes)",
    ] {
        assert!(printed.contains(told), "{told} not in {printed}");
    }
    let canaries = [
        "CANARY",
        &*offer.key_ungrouped,
        &*offer.key_grouped,
        "67, 65, 78",
        "43414e",
        "[7, 7",
    ];
    for canary in canaries {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
    assert!(!printed.contains(&*offer.svg));
}
