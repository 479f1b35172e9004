//! Extreme times: no panic and no overflow.

use loquet_otp::{
    Algorithm, Drift, Hotp, Key, Match, Period, Reach, Search, Secret, Totp, TypedCode, Verdict,
    Window,
};

use crate::accepting;

fn key() -> Key {
    Secret::from([0xa5; 20]).key(Algorithm::Sha1)
}

fn totp(period: u64, t0: u64) -> Totp {
    Totp {
        period: Period::new(period).unwrap(),
        t0,
        ..Totp::default()
    }
}

const WIDEST: Window = match Window::new(Window::MAX, Window::MAX) {
    Ok(window) => window,
    Err(_) => Window::STRICT,
};

#[test]
fn current_code_is_accepted_at_extreme_times() {
    let times = [
        0,
        1,
        29,
        30,
        31,
        u64::from(u32::MAX),
        1 << 62,
        i64::MAX as u64,
        u64::MAX - 1,
        u64::MAX,
    ];
    for now in times {
        for t0 in times {
            for period in [1, 30, Period::MAX] {
                for drift in [-120, -1, 0, 1, 120] {
                    let totp = totp(period, t0);
                    let drift = Drift::new(drift).unwrap();
                    let typed: TypedCode = totp.generate(&key(), now).into();
                    let verdict = totp.verify(&key(), typed, now, accepting(WIDEST, drift, None));
                    let step = totp.step(now);
                    assert_eq!(verdict, Verdict::Accepted(Match { step, offset: 0 }));
                    let used =
                        totp.verify(&key(), typed, now, accepting(WIDEST, drift, Some(u64::MAX)));
                    assert!(matches!(used, Verdict::AlreadyUsed { .. }));
                    let left = totp.countdown(now);
                    assert_eq!(left.next_at, now.saturating_add(left.remaining));
                    assert_eq!(
                        totp.resynchronize(
                            &key(),
                            &[typed, typed],
                            now,
                            Search {
                                reach: Reach::MAX,
                                after: None
                            }
                        ),
                        None
                    );
                    assert_eq!(
                        totp.steps_behind(
                            &key(),
                            typed,
                            now,
                            Search {
                                reach: Reach::MAX,
                                after: Some(now)
                            }
                        ),
                        None
                    );
                }
            }
        }
    }
}

#[test]
fn window_is_clamped_at_step_zero() {
    let (totp, key) = (totp(30, 0), key());
    let one: TypedCode = totp.generate(&key, 30).into();
    assert_eq!(
        totp.verify(&key, one, 0, accepting(WIDEST, Drift::NONE, None)),
        Verdict::Accepted(Match { step: 1, offset: 1 })
    );
    // There is no step before the first one; with an overflow it would be the last one.
    let last: TypedCode = Hotp::default().generate(&key, u64::MAX).into();
    assert_eq!(
        totp.verify(&key, last, 0, accepting(WIDEST, Drift::NONE, None)),
        Verdict::Wrong
    );
    assert_eq!(
        totp.steps_behind(
            &key,
            last,
            0,
            Search {
                reach: Reach::MAX,
                after: None
            }
        ),
        None
    );
}

#[test]
fn last_step_has_no_next_code() {
    let (totp, key) = (totp(1, 0), key());
    let countdown = totp.countdown(u64::MAX);
    assert_eq!((countdown.remaining, countdown.next_at), (0, u64::MAX));
    let last: TypedCode = totp.generate(&key, u64::MAX).into();
    let verdict = totp.verify(
        &key,
        last,
        u64::MAX,
        accepting(Window::STRICT, Drift::NONE, Some(u64::MAX)),
    );
    assert_eq!(
        verdict,
        Verdict::AlreadyUsed {
            step: u64::MAX,
            fresh_at: u64::MAX
        }
    );
}

#[test]
fn starts_at_saturates() {
    assert_eq!(totp(30, 0).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(1, 1).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(1, 0).starts_at(u64::MAX), u64::MAX);
    assert_eq!(totp(2, 10).starts_at(5), 20);
}
