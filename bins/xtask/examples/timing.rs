//! Does the time of `loquet-otp` depend on what it must not depend on?
//!
//! The method is that of dudect (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant
//! time?", 2017): two classes of input that differ in a secret only, measured in random order,
//! compared by Welch's t-test. `|t|` above 4.5 says that the classes differ; above 10 there is no doubt.
//! A machine with other work on it makes the test blunter, never sharper.
//!
//! `cargo xtask timing` builds this optimised and runs it.
#![allow(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a measurement that may fail loudly"
)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use loquet_otp::{Algorithm, Drift, Key, Secret, Totp, TypedCode, Window};

/// Inputs of each class; both classes walk through as much memory, or the cache would tell them apart.
const POOL: usize = 256;
/// Calls timed at once, so that the clock's own resolution does not drown the answer.
const BATCH: usize = 16;
/// Above this the classes differ beyond doubt.
const CERTAIN: f64 = 10.0;
/// Above this they probably differ.
const LIKELY: f64 = 4.5;

const NOW: u64 = 1_700_000_000;

fn main() -> ExitCode {
    let thousands: usize = std::env::args()
        .nth(1)
        .map_or(1_000, |n| n.parse().unwrap());
    let measurements = thousands * 1_000;
    let mut random = SplitMix::from_clock();
    let totp = Totp::default();
    let one = key(&mut random, Algorithm::Sha1);
    let mut leaks = 0;
    let mut judge = |name: &str, t: f64| {
        let verdict = match t.abs() {
            t if t > CERTAIN => {
                leaks += 1;
                "DIFFERS"
            }
            t if t > LIKELY => "suspect: measure longer, on an idle machine",
            _ => "no difference found",
        };
        println!("{name:<58} t = {t:>7.2}  {verdict}");
    };

    for algorithm in Algorithm::ALL {
        let totp = Totp { algorithm, ..totp };
        let same = key(&mut random, algorithm);
        let t = measure(
            &mut random,
            measurements,
            |_| (same.clone(), NOW),
            |random| (key(random, algorithm), NOW),
            |(key, now)| totp.generate(key, *now),
        );
        judge(
            &format!("generate, {algorithm}: one secret, random secrets"),
            t,
        );
    }

    let t = measure(
        &mut random,
        measurements,
        |_| [0; 20],
        SplitMix::bytes,
        |bytes: &[u8; 20]| Secret::from(*bytes).key(Algorithm::Sha1),
    );
    judge("key state: a secret of zeros, random secrets", t);

    // A wrong code with the first five digits right must not take longer than any other.
    let right = totp.generate(&one, NOW).to_string();
    let near = wrong_codes(&totp, &one, |n| format!("{}{}", &right[..5], n % 10));
    let far = wrong_codes(&totp, &one, |n| format!("{:06}", (n * 7_919) % 1_000_000));
    let verify =
        |typed: &TypedCode| totp.verify(&one, *typed, NOW, Window::default(), Drift::NONE, None);
    let t = measure(
        &mut random,
        measurements,
        |random| near[random.below(near.len())],
        |random| far[random.below(far.len())],
        verify,
    );
    judge("verify: five digits right, no digit in particular", t);

    // Which of the steps matched tells how far the phone's clock is off, and must not be heard.
    let oldest = TypedCode::from(totp.generate(&one, NOW - 30));
    let newest = TypedCode::from(totp.generate(&one, NOW + 30));
    let t = measure(&mut random, measurements, |_| oldest, |_| newest, verify);
    judge("verify: match in the oldest step, in the newest", t);

    // The measurement must be able to see a leak, or its silence says nothing.
    let t = measure(
        &mut random,
        measurements / 10,
        |_| 1_u64,
        |_| 2_u64,
        |steps| {
            for step in 0..*steps {
                black_box(totp.generate(&one, NOW + step * 30));
            }
        },
    );
    println!("{:<58} t = {t:>7.2}  (control: twice the work)", "control");
    if t.abs() <= CERTAIN {
        println!("the control was not told apart: this machine is too busy to measure on");
        return ExitCode::FAILURE;
    }
    if leaks == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Welch's t between the times of `work` on the two classes.
fn measure<I, O>(
    random: &mut SplitMix,
    measurements: usize,
    mut first: impl FnMut(&mut SplitMix) -> I,
    mut second: impl FnMut(&mut SplitMix) -> I,
    work: impl Fn(&I) -> O,
) -> f64 {
    let pools: [Vec<I>; 2] = [
        (0..POOL).map(|_| first(random)).collect(),
        (0..POOL).map(|_| second(random)).collect(),
    ];
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..measurements / BATCH {
        let class = random.below(2);
        let start = random.below(POOL);
        let clock = Instant::now();
        for offset in 0..BATCH {
            black_box(work(black_box(&pools[class][(start + offset) % POOL])));
        }
        times[class].push(clock.elapsed().as_nanos() as f64);
    }
    // Interrupts make a long tail that has nothing to do with the input: both classes are cut at one point.
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let cut = all[all.len() * 9 / 10];
    let [a, b] = times.map(|times| moments(times.into_iter().filter(|time| *time <= cut)));
    (a.mean - b.mean) / (a.variance / a.count + b.variance / b.count).sqrt()
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

/// Welford's one-pass mean and variance.
fn moments(times: impl Iterator<Item = f64>) -> Moments {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for time in times {
        count += 1.0;
        let delta = time - mean;
        mean += delta / count;
        squares += delta * (time - mean);
    }
    Moments {
        count,
        mean,
        variance: squares / (count - 1.0),
    }
}

fn key(random: &mut SplitMix, algorithm: Algorithm) -> Key {
    Secret::from(random.bytes()).key(algorithm)
}

/// Codes that no step of the window has.
fn wrong_codes(totp: &Totp, key: &Key, text: impl Fn(usize) -> String) -> Vec<TypedCode> {
    let right: Vec<TypedCode> = [NOW - 30, NOW, NOW + 30]
        .into_iter()
        .map(|now| totp.generate(key, now).into())
        .collect();
    (0..POOL)
        .map(|n| TypedCode::parse(&text(n), totp.digits).unwrap())
        .filter(|typed| !right.contains(typed))
        .collect()
}

/// SplitMix64 (Steele, Lea and Flood, 2014): good enough to shuffle, no secret comes of it.
struct SplitMix(u64);

impl SplitMix {
    fn from_clock() -> Self {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        Self(since.as_nanos() as u64)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self) -> [u8; 20] {
        std::array::from_fn(|_| self.next() as u8)
    }
}
