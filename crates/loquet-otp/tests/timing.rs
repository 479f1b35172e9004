//! Measures whether the time depends on secrets, with the method of dudect (Reparaz, Balasch and Verbauwhede, "Dude, is my
//! code constant time?", 2017): two classes of input in random order, and Welch's t-test on their times.
//!
//! The tests are slow and need a quiet machine, so they are ignored by default:
//! `cargo test --release -p loquet-otp --test timing -- --ignored --nocapture`.
//!
//! |t| below 4.5 is no evidence of a difference; above 10 there is a difference.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may panic, print and read the clock"
)]

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use loquet_otp::{Acceptance, Algorithm, Hotp, Key, LookAhead, Secret, Totp, TypedCode, Verdict};
use sha1::Sha1;

/// How often inputs are drawn, so that the address of an input does not determine its class.
const POOLS: usize = 150;

/// The number of inputs drawn at a time. They fit in the L1 cache.
const INPUTS: usize = 64;

/// The number of measurements for each pool, enough to show a leak of one nanosecond in three hundred.
const SAMPLES: usize = 4_000;

/// The |t| above which there is a difference.
const LIMIT: f64 = 10.0;

const NOW: u64 = 1_700_000_000;
const STEP: u64 = NOW / 30;

/// SplitMix64: the processor must not be able to predict the order of the classes.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn secret(&mut self) -> Secret {
        Secret::from(std::array::from_fn::<u8, 20, _>(|_| {
            self.next().to_le_bytes()[0]
        }))
    }
}

/// Returns the t-value of "class 0 and class 1 take the same time". Inputs are made outside of the measurement.
fn t_value<I, O>(
    name: &str,
    mut input: impl FnMut(bool, &mut Numbers) -> I,
    work: impl Fn(&I) -> O,
) -> f64 {
    let mut numbers = Numbers(6238);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..POOLS {
        // Random classes: alternating classes would always use the same cache lines.
        let mut draw = |_| {
            let class = numbers.next() >> 63 == 1;
            (class, input(class, &mut numbers))
        };
        let pool: Vec<(bool, I)> = (0..INPUTS).map(&mut draw).collect();
        for _ in 0..SAMPLES {
            let (class, input) = &pool[numbers.next() as usize % INPUTS];
            let begun = Instant::now();
            black_box(work(black_box(input)));
            times[usize::from(*class)].push(begun.elapsed().as_nanos() as f64);
        }
    }
    // Interrupts make a long tail that hides everything else, so the slowest tenth is dropped.
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let cut = all[all.len() / 10 * 9];
    let [zero, one] = times.map(|times| Moments::of(times.into_iter().filter(|time| *time <= cut)));
    let t = (zero.mean - one.mean) / (zero.variance / zero.count + one.variance / one.count).sqrt();
    println!(
        "t = {t:8.2}   {:7.2} ns and {:7.2} ns   {name}",
        zero.mean, one.mean
    );
    t
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for value in values {
            count += 1.0;
            let from_mean = value - mean;
            mean += from_mean / count;
            squares += from_mean * (value - mean);
        }
        Self {
            count,
            mean,
            variance: squares / (count - 1.0),
        }
    }
}

fn key(numbers: &mut Numbers) -> Key {
    numbers.secret().key(Algorithm::Sha1)
}

/// Returns the code of a step.
fn typed(key: &Key, step: u64) -> TypedCode {
    Hotp::default().generate(key, step).into()
}

/// Returns the offset of dynamic truncation (RFC 4226 §5.3) in the HMAC of `STEP`.
fn offset(secret: &Secret) -> u8 {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret.expose()).unwrap();
    mac.update(&STEP.to_be_bytes());
    mac.finalize().into_bytes()[19] & 0xf
}

/// Returns a code of no step in the window.
fn wrong(key: &Key) -> TypedCode {
    typed(key, STEP + 1000)
}

fn verify((key, typed): &(Key, TypedCode)) -> Verdict {
    Totp::default().verify(key, *typed, NOW, Acceptance::default())
}

/// Measures code generation.
fn generation() -> [f64; 3] {
    let totp = Totp::default();
    [
        t_value(
            "generate: one key, or any key",
            |any, numbers| {
                if any {
                    key(numbers)
                } else {
                    key(&mut Numbers(0))
                }
            },
            |key| totp.generate(key, NOW),
        ),
        t_value(
            "key state: one secret, or any secret",
            |any, numbers| {
                if any {
                    numbers.secret()
                } else {
                    Numbers(0).secret()
                }
            },
            |secret| secret.key(Algorithm::Sha1),
        ),
        t_value(
            "truncation: from offset 0, or from offset 15",
            |high, numbers| {
                let wanted = if high { 15 } else { 0 };
                loop {
                    let secret = numbers.secret();
                    if offset(&secret) == wanted {
                        return secret.key(Algorithm::Sha1);
                    }
                }
            },
            |key| totp.generate(key, NOW),
        ),
    ]
}

/// Measures the search for the step or counter of a code.
fn search() -> [f64; 3] {
    let totp = Totp::default();
    [
        t_value(
            "verify: right at the first step, or at the last",
            |last, numbers| {
                let key = key(numbers);
                let typed = typed(&key, if last { STEP + 1 } else { STEP - 1 });
                (key, typed)
            },
            verify,
        ),
        t_value(
            "verify: wrong in the last digit alone, or anywhere",
            |anywhere, numbers| {
                let key = key(numbers);
                let code = totp.generate(&key, NOW).to_string();
                let near = format!("{}{}", &code[..5], (code.as_bytes()[5] - b'0' + 1) % 10);
                let near = TypedCode::parse(&near, totp.digits).unwrap();
                let typed = if anywhere { wrong(&key) } else { near };
                (key, typed)
            },
            verify,
        ),
        t_value(
            "look-ahead: right at the first counter, or at the last",
            |last, numbers| {
                let key = key(numbers);
                let typed = typed(&key, if last { STEP + 10 } else { STEP });
                (key, typed)
            },
            |(key, typed)| Hotp::default().verify(key, *typed, STEP, LookAhead::default()),
        ),
    ]
}

#[test]
#[ignore = "takes a minute and needs a quiet machine"]
fn time_does_not_depend_on_secrets() {
    for t in generation().into_iter().chain(search()) {
        assert!(t.abs() < LIMIT, "t = {t}");
    }
    // Only printed: the caller acts on the verdict, so the last branch may depend on it.
    t_value(
        "verify: right, or wrong",
        |right, numbers| {
            let key = key(numbers);
            let typed = if right {
                typed(&key, STEP)
            } else {
                wrong(&key)
            };
            (key, typed)
        },
        verify,
    );
}

#[test]
#[ignore = "takes a minute and needs a quiet machine"]
fn method_detects_verifier_that_stops_early() {
    let t = t_value(
        "totp-rs: right at the first step, or at the last",
        |last, numbers| {
            let secret = numbers.secret();
            let step = if last { STEP + 1 } else { STEP - 1 };
            let code = Hotp::default()
                .generate(&secret.key(Algorithm::Sha1), step)
                .to_string();
            (
                totp_rs::Builder::new()
                    .with_secret(secret.expose())
                    .build()
                    .unwrap(),
                code,
            )
        },
        |(totp, code)| totp.check(code, NOW),
    );
    assert!(
        t.abs() > LIMIT,
        "t = {t}: this machine is too noisy to tell"
    );
}
