//! An oracle that follows the RFCs literally, and checks that compare the crate with it. The property tests, the fuzz
//! targets and the replay of the fuzz corpus use the same checks.
#![allow(dead_code, reason = "each fuzz target uses a part")]

use hmac::{Hmac, KeyInit, Mac};
use loquet_otp::{
    Acceptance, Algorithm, CodeError, Digits, Drift, Hotp, HotpVerdict, Key, LookAhead, Match,
    Period, Reach, Search, Secret, Totp, TypedCode, Verdict, Window,
};

/// Returns HOTP(K, C) as text, written as RFC 4226 §5.3 describes it.
pub(crate) fn code(secret: &[u8], algorithm: Algorithm, counter: u64, digits: Digits) -> String {
    fn hmac<M: Mac + KeyInit>(secret: &[u8], counter: u64) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(&counter.to_be_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    let mac = match algorithm {
        Algorithm::Sha1 => hmac::<Hmac<sha1::Sha1>>(secret, counter),
        Algorithm::Sha256 => hmac::<Hmac<sha2::Sha256>>(secret, counter),
        Algorithm::Sha512 => hmac::<Hmac<sha2::Sha512>>(secret, counter),
    };
    let offset = usize::from(mac.last().unwrap() & 0xf);
    let binary = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    let text = format!("{binary:010}");
    text[text.len() - usize::from(digits.count())..].to_owned()
}

/// The inputs of a verifier.
#[derive(Clone, Debug)]
pub(crate) struct Situation {
    pub(crate) secret: Vec<u8>,
    pub(crate) totp: Totp,
    pub(crate) now: u64,
    pub(crate) window: Window,
    pub(crate) drift: Drift,
    pub(crate) only_drifted: bool,
    pub(crate) after: Option<u64>,
    pub(crate) reach: Reach,
    pub(crate) look_ahead: LookAhead,
    /// The step of the typed codes, relative to the present. Out of range, they are codes of step 0.
    pub(crate) typed_at: i64,
}

impl Situation {
    /// Makes a situation from any bytes, so that a fuzzer reaches every one. Extreme values are as likely as usual ones.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut bytes = bytes.iter().copied();
        let mut byte = || bytes.next().unwrap_or(0);
        let algorithm = Algorithm::ALL[usize::from(byte()) % 3];
        let digits = Digits::ALL[usize::from(byte()) % 3];
        let period = Period::new(match byte() {
            0..=99 => 30,
            100..=119 => 1,
            120..=139 => Period::MAX,
            other => u64::from(other),
        });
        let window = Window::new(byte() % (Window::MAX + 1), byte() % (Window::MAX + 1)).unwrap();
        let drift =
            Drift::new(i64::from(byte()) % 121 * if byte() % 2 == 0 { 1 } else { -1 }).unwrap();
        let reach = Reach::new(byte() % Drift::MAX + 1).unwrap();
        let look_ahead = LookAhead::new(byte() % (LookAhead::MAX + 1)).unwrap();
        let typed_at = i64::from(byte()) - 128;
        let after = (byte(), i64::from(byte()) - 128);
        let length = usize::from(byte()) % (Secret::MAX - Secret::MIN + 1) + Secret::MIN;
        let mut number = |extreme: u8| {
            let raw = u64::from_le_bytes(std::array::from_fn(|_| byte()));
            match extreme % 4 {
                0 => raw % 4_000_000_000,
                1 => raw % 10_000,
                2 => u64::MAX - raw % 10_000,
                _ => raw,
            }
        };
        let now = number(after.0 >> 6);
        let t0 = if after.0 & 0x20 == 0 {
            0
        } else {
            number(after.0 >> 2)
        };
        let secret = (0..length).map(|_| number(3) as u8).collect();
        let only_drifted = byte() % 2 == 1;
        let totp = Totp {
            algorithm,
            digits,
            period: period.unwrap(),
            t0,
        };
        let present = totp.step(now);
        let after = (after.0 % 4 > 0).then(|| present.saturating_add_signed(after.1));
        Self {
            secret,
            totp,
            now,
            window,
            drift,
            only_drifted,
            after,
            reach,
            look_ahead,
            typed_at,
        }
    }

    pub(crate) fn key(&self) -> Key {
        Secret::new(&self.secret).unwrap().key(self.totp.algorithm)
    }

    /// Returns the step as the RFC defines it, or 0 before T0.
    pub(crate) fn present(&self) -> i128 {
        let since = i128::from(self.now) - i128::from(self.totp.t0);
        (since / i128::from(self.totp.period.seconds())).max(0)
    }

    fn oracle_code(&self, step: i128) -> Option<String> {
        let step = u64::try_from(step).ok()?;
        Some(code(
            &self.secret,
            self.totp.algorithm,
            step,
            self.totp.digits,
        ))
    }

    fn typed(&self, ahead: i128) -> (String, TypedCode) {
        let text = self.oracle_code(self.present() + i128::from(self.typed_at) + ahead);
        let text = text.unwrap_or_else(|| self.oracle_code(0).unwrap());
        let typed = TypedCode::parse(&text, self.totp.digits).unwrap();
        (text, typed)
    }

    fn is_fresh(&self, step: i128) -> bool {
        self.after.is_none_or(|bound| step > i128::from(bound))
    }

    /// Checks that all functions agree with the oracle.
    pub(crate) fn holds(&self) {
        self.generates_as_the_oracle();
        self.verifies_as_the_oracle();
        self.resynchronizes_as_the_oracle();
        self.diagnoses_as_the_oracle();
        self.looks_ahead_as_the_oracle();
    }

    fn generates_as_the_oracle(&self) {
        let (key, present) = (self.key(), self.present());
        let (code, left) = (
            self.totp.generate(&key, self.now),
            self.totp.countdown(self.now),
        );
        assert_eq!(i128::from(self.totp.step(self.now)), present);
        assert_eq!(code.to_string(), self.oracle_code(present).unwrap());
        let next_at =
            (present + 1) * i128::from(self.totp.period.seconds()) + i128::from(self.totp.t0);
        assert_eq!(i128::from(left.next_at), next_at.min(u64::MAX.into()));
        assert_eq!(left.remaining, left.next_at - self.now);
        if let Ok(next_at) = u64::try_from(next_at) {
            assert_eq!(code, self.totp.generate(&key, next_at - 1));
        }
    }

    fn verifies_as_the_oracle(&self) {
        let (text, typed) = self.typed(0);
        let (present, drift) = (self.present(), i128::from(self.drift.steps()));
        let mut offsets: Vec<i128> = (drift - i128::from(self.window.past())
            ..=drift + i128::from(self.window.future()))
            .collect();
        if !self.only_drifted {
            offsets.push(0);
        }
        let matching = || {
            offsets
                .iter()
                .map(|o| present + o)
                .filter(|s| self.oracle_code(*s).as_ref() == Some(&text))
        };
        let newest_fresh = matching().filter(|step| self.is_fresh(*step)).max();
        let newest = matching().max();
        let expected = match (newest_fresh, newest, self.after) {
            (Some(step), ..) => Verdict::Accepted(Match {
                step: u64::try_from(step).unwrap(),
                offset: i64::try_from(step - present).unwrap(),
            }),
            (None, Some(step), Some(after)) => {
                // A phone shows step n at the time of step n minus its drift.
                let shown = (i128::from(after) + 1).min(u64::MAX.into()) - drift;
                let shown = shown.clamp(0, u64::MAX.into());
                let fresh_at =
                    shown * i128::from(self.totp.period.seconds()) + i128::from(self.totp.t0);
                Verdict::AlreadyUsed {
                    step: u64::try_from(step).unwrap(),
                    fresh_at: u64::try_from(fresh_at).unwrap_or(u64::MAX),
                }
            }
            (None, ..) => Verdict::Wrong,
        };
        let found = self.totp.verify(
            &self.key(),
            typed,
            self.now,
            Acceptance {
                window: self.window,
                drift: self.drift,
                after: self.after,
                only_drifted: self.only_drifted,
            },
        );
        assert_eq!(found, expected);
    }

    fn resynchronizes_as_the_oracle(&self) {
        let codes = [self.typed(0), self.typed(1), self.typed(2)];
        let reach = i128::from(self.reach.steps());
        let places = self.present() - reach..=(self.present() + reach).min(u64::MAX.into());
        let ends_at = |count: i128| {
            places.clone().rev().find(|last| {
                let first = last - count + 1;
                let mut run = (first..=*last).zip(&codes[..count as usize]);
                first >= 0
                    && self.is_fresh(first)
                    && run.all(|(step, (text, _))| self.oracle_code(step).as_ref() == Some(text))
            })
        };
        let [first, second, third] = codes.each_ref().map(|(_, typed)| *typed);
        let (key, after) = (self.key(), self.after);
        let two = self.totp.resynchronize(
            &key,
            &[first, second],
            self.now,
            Search {
                reach: self.reach,
                after,
            },
        );
        let three = self.totp.resynchronize(
            &key,
            &[first, second, third],
            self.now,
            Search {
                reach: self.reach,
                after,
            },
        );
        for (found, expected) in [(two, ends_at(2)), (three, ends_at(3))] {
            assert_eq!(found.map(|found| i128::from(found.step)), expected);
            assert_eq!(
                found.map(|found| i128::from(found.drift.steps())),
                expected.map(|step| step - self.present())
            );
        }
    }

    fn diagnoses_as_the_oracle(&self) {
        let (text, typed) = self.typed(0);
        let lags = 1..=i128::from(self.reach.steps());
        let expected = lags.into_iter().find(|lag| {
            let step = self.present() - lag;
            self.is_fresh(step) && self.oracle_code(step).as_ref() == Some(&text)
        });
        let found = self.totp.steps_behind(
            &self.key(),
            typed,
            self.now,
            Search {
                reach: self.reach,
                after: self.after,
            },
        );
        assert_eq!(found.map(i128::from), expected);
    }

    fn looks_ahead_as_the_oracle(&self) {
        let hotp = Hotp {
            algorithm: self.totp.algorithm,
            digits: self.totp.digits,
        };
        let (expected, key) = (self.totp.step(self.now), self.key());
        let (text, typed) = self.typed(0);
        let ahead =
            |n: i128| Some(i128::from(expected) + n).filter(|counter| *counter < u64::MAX.into());
        let first = (0..=i128::from(self.look_ahead.counters()))
            .filter_map(ahead)
            .find(|counter| self.oracle_code(*counter).as_ref() == Some(&text))
            .map(|counter| u64::try_from(counter).unwrap());
        let verdict = match first {
            Some(counter) => HotpVerdict::Accepted {
                counter,
                next: counter + 1,
            },
            None => HotpVerdict::Wrong,
        };
        assert_eq!(hotp.verify(&key, typed, expected, self.look_ahead), verdict);

        let (other, second) = self.typed(1);
        let last = (1..=i128::from(self.reach.steps()))
            .filter_map(ahead)
            .filter(|end| self.oracle_code(end - 1).as_ref() == Some(&text))
            .filter(|end| self.oracle_code(*end).as_ref() == Some(&other))
            .max();
        let found = hotp.resynchronize(&key, &[typed, second], expected, self.reach);
        assert_eq!(found.map(i128::from), last.map(|last| last + 1));
    }
}

/// Checks that any text is a code in its canonical form, or an error at the right position.
pub(crate) fn check_typed_code(text: &str) {
    for digits in Digits::ALL {
        let zeros: String = text.chars().filter(char::is_ascii_digit).collect();
        match TypedCode::parse(text, digits) {
            Ok(typed) => {
                assert_eq!(zeros.len(), usize::from(digits.count()));
                assert_eq!(TypedCode::parse(&zeros, digits), Ok(typed));
                assert!(!format!("{typed:?}").contains(&zeros));
            }
            Err(CodeError::Empty) => assert!(zeros.is_empty()),
            Err(CodeError::TooLong { len }) => {
                assert!(len == text.len() && len > TypedCode::MAX_LEN)
            }
            Err(CodeError::Count { found, expected }) => {
                assert_eq!(usize::from(found), zeros.len());
                assert_eq!(expected, digits.count());
                assert_ne!(found, expected);
                assert_ne!(found, 0);
            }
            Err(CodeError::ForeignDigit { position }) => {
                let character = text.chars().nth(position - 1).unwrap();
                assert!(character.is_numeric() && !character.is_ascii_digit());
            }
            Err(CodeError::NotADigit { position }) => {
                let character = text.chars().nth(position - 1).unwrap();
                assert!(!character.is_numeric() && !loquet_otp::is_separator(character));
            }
            Err(other) => panic!("{other}"),
        }
    }
}
