//! The suite that every store must pass.
//!
//! A store that lies compiles: it acknowledges what it did not write, lets two of a hundred win, or counts "é" as "e".
//! [`run`] finds out, and [`Broken`] names the rule.
//!
//! ```
//! use loquet::{contract, store::MemoryStore};
//!
//! contract::run(MemoryStore::new)?;
//! # Ok::<(), contract::Broken>(())
//! ```
//!
//! # What it cannot find out
//! Whether an acknowledged change survives a loss of power, and whether other processes are kept out. [`contend`] is
//! half of the latter: start it in several processes on one store, and [`verify_claims`] checks what they say.

use crate::blocking;
use crate::store::Store;

#[macro_use]
mod broken;
mod contest;
mod guards;
mod histories;
mod logs;
mod pages;
mod races;
mod reads;
mod rows;
mod samples;
mod values;

pub use broken::{Broken, Driver, Work};
pub use contest::{Claim, contend, verify_claims};
pub use guards::guards_hold;
pub use histories::histories_agree;

use contest::one_thread_of_many_wins;
use logs::{
    an_attempt_has_one_outcome, attempts_are_forgotten_by_age,
    audit_is_forgotten_only_as_the_books_say, audit_is_only_appended, notices_stay_until_delivered,
};
use pages::pages_join_without_a_gap;
use races::{
    a_dropped_commit_is_whole_or_absent, a_hopeless_change_fails_alone, a_load_sees_one_moment,
    one_of_many_wins,
};
use reads::each_change_sees_all_before_it;
use rows::{
    a_row_not_expected_is_not_written, absent_rows_are_left_out,
    every_write_raises_the_version_by_one, external_ids_are_unique, one_stale_row_stops_the_whole,
};
use values::{hostile_texts_come_back_unchanged, large_numbers_are_exact_or_refused};

/// Runs the whole suite; `make` gives an empty store for each rule.
///
/// For a store that needs a runtime, see [`run_on`].
///
/// # Errors
/// The first rule that is broken, and what was found.
pub fn run<S: Store>(make: impl Fn() -> S) -> Result<(), Broken> {
    run_on(make, &|work| blocking::wait(work))
}

/// Runs the whole suite where the store's futures need more than a thread, for example
/// `run_on(make, &|work| handle.block_on(work))` for a `handle` of Tokio's.
///
/// # Errors
/// The first rule that is broken, and what was found.
pub fn run_on<S: Store>(make: impl Fn() -> S, driver: &Driver<'_>) -> Result<(), Broken> {
    const HISTORIES: u64 = 24;

    macro_rules! rules {
        ($($rule:ident),+ $(,)?) => {
            $({
                let store = make();
                driver(Box::pin($rule(&store))).map_err(|broken| broken.of(stringify!($rule)))?;
            })+
        };
    }
    rules!(
        absent_rows_are_left_out,
        every_write_raises_the_version_by_one,
        one_stale_row_stops_the_whole,
        a_row_not_expected_is_not_written,
        external_ids_are_unique,
        audit_is_only_appended,
        audit_is_forgotten_only_as_the_books_say,
        notices_stay_until_delivered,
        an_attempt_has_one_outcome,
        attempts_are_forgotten_by_age,
        pages_join_without_a_gap,
        hostile_texts_come_back_unchanged,
        large_numbers_are_exact_or_refused,
        one_of_many_wins,
        a_hopeless_change_fails_alone,
        a_dropped_commit_is_whole_or_absent,
    );
    for seed in 0..HISTORIES {
        let store = make();
        driver(Box::pin(histories_agree(&store, seed)))
            .map_err(|broken| broken.of("histories_agree"))?;
    }
    one_thread_of_many_wins(&make(), driver)
        .map_err(|broken| broken.of("one_thread_of_many_wins"))?;
    a_load_sees_one_moment(&make(), driver)
        .map_err(|broken| broken.of("a_load_sees_one_moment"))?;
    each_change_sees_all_before_it(&make, driver)
        .map_err(|broken| broken.of("each_change_sees_all_before_it"))
}

#[cfg(test)]
mod liars;
