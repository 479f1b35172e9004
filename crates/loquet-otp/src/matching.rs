//! Selection of the newest matching step without secret-dependent branches.

use core::ops::RangeInclusive;

use subtle::{Choice, ConditionallySelectable};

use crate::{Digits, Key, TypedCode};

/// The newest matching step so far.
pub(crate) struct Newest {
    found: Choice,
    step: u64,
}

impl Newest {
    pub(crate) fn new() -> Self {
        Self {
            found: Choice::from(0),
            step: 0,
        }
    }

    pub(crate) fn update(&mut self, equal: Choice, step: u64) {
        self.step.conditional_assign(&step, equal);
        self.found |= equal;
    }

    pub(crate) fn step(self) -> Option<u64> {
        bool::from(self.found).then_some(self.step)
    }
}

/// Returns the newest counter at which all the codes, one after the other, end.
pub(crate) fn newest_sequence<const N: usize>(
    key: &Key,
    digits: Digits,
    codes: &[TypedCode; N],
    counters: RangeInclusive<u64>,
) -> Option<u64> {
    // One code would be an ordinary log-in with a window of hundreds of steps.
    const { assert!(N == 2 || N == 3, "two or three consecutive codes") };
    let mut newest = Newest::new();
    // Element i says that the codes up to i matched, ending at the previous counter.
    let mut runs = [Choice::from(0); N];
    key.visit(counters, digits, |counter, code| {
        let mut before = Choice::from(1);
        for (run, typed) in runs.iter_mut().zip(codes) {
            let so_far = before & code.matches(*typed);
            before = core::mem::replace(run, so_far);
        }
        if let Some(complete) = runs.last() {
            newest.update(*complete, counter);
        }
    });
    newest.step()
}
