//! The soak: repeats all random tests for a given time, and prints a table of the results.
//! `cargo xtask soak --minutes 60`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use loquet::contract;
use loquet::wait;

use crate::support::Folder;
use crate::{concurrent_codes, power, processes};

/// The time limit for the answer to a right code among 200 guesses.
const AN_ANSWER: Duration = Duration::from_secs(1);

/// A line of the table.
struct Line {
    what: &'static str,
    done: u64,
    unit: &'static str,
    also: String,
    violations: u64,
    took: Duration,
}

/// The table of results.
#[derive(Default)]
struct Table(Vec<Line>);

impl Table {
    /// Runs a part of the round. A panic is a violation, and the soak continues.
    fn part(
        &mut self,
        what: &'static str,
        unit: &'static str,
        work: impl FnOnce() -> (u64, String),
    ) {
        let begun = Instant::now();
        let found = catch_unwind(AssertUnwindSafe(work));
        let at = self
            .0
            .iter()
            .position(|line| line.what == what)
            .unwrap_or_else(|| {
                self.0.push(Line {
                    what,
                    done: 0,
                    unit,
                    also: String::new(),
                    violations: 0,
                    took: Duration::ZERO,
                });
                self.0.len() - 1
            });
        let line = &mut self.0[at];
        line.took += begun.elapsed();
        match found {
            Ok((done, also)) => {
                line.done += done;
                line.also = also;
            }
            Err(_) => {
                line.violations += 1;
                println!("VIOLATION: {what}");
            }
        }
    }

    fn print(&self) {
        println!(
            "| {:44} | {:>11} | {:17} | violations | seconds | of them |",
            "what", "times", ""
        );
        println!(
            "|-{:-<44}-|-{:->11}:|-{:-<17}-|-----------:|--------:|---------|",
            "", "", ""
        );
        for line in &self.0 {
            println!(
                "| {:44} | {:>11} | {:17} | {:>10} | {:>7.0} | {} |",
                line.what,
                line.done,
                line.unit,
                line.violations,
                line.took.as_secs_f64(),
                line.also
            );
        }
    }
}

/// The totals of all rounds.
#[derive(Default)]
struct Soak {
    table: Table,
    acknowledged: usize,
    log_ins: usize,
    written: usize,
    synced: usize,
    slowest: Duration,
}

impl Soak {
    fn codes(&mut self) {
        self.table
            .part("same code, 4 processes × 8 threads", "submissions", || {
                let submitted = concurrent_codes::contend_for_codes(4, 800);
                let also = "1 accepted of each 32, counters exact".to_owned();
                (submitted, also)
            });
        let slowest = &mut self.slowest;
        self.table
            .part("right code among 200 guesses", "times", || {
                for _ in 0..3 {
                    *slowest = (*slowest).max(concurrent_codes::owner_among_guesses());
                }
                assert!(*slowest < AN_ANSWER, "the owner waited {slowest:?}");
                (3, format!("slowest answer {} ms", slowest.as_millis()))
            });
    }

    fn kills(&mut self) {
        let all = &mut self.acknowledged;
        self.table
            .part("kill -9 while changes are written", "kills", || {
                *all += processes::kill_at_random(10);
                (10, format!("{all} acknowledged changes, all there"))
            });
        let all = &mut self.log_ins;
        self.table.part("kill -9 while people log in", "kills", || {
            *all += concurrent_codes::kill_log_ins(10);
            let also = "accepted codes, none usable again, chains verify";
            (10, format!("{all} {also}"))
        });
    }

    fn losses_of_power(&mut self, round: u64) {
        let (written, synced) = (&mut self.written, &mut self.synced);
        self.table
            .part("loss of power, unsynced writes dropped", "disks", || {
                let Some((changes, syncs)) = power::lose_power(60, round) else {
                    return (0, "skipped: needs glibc and a C compiler".to_owned());
                };
                *written += changes;
                *synced += syncs;
                let also = format!("{written} acknowledged changes on {synced} syncs of the log");
                (120, also)
            });
        for (what, fault) in [
            (
                "a sync fails, then power is lost",
                format!("sync {}", round % 50 + 1),
            ),
            (
                "the disk is full, then power is lost",
                format!("full {}", (round % 90 + 15) << 12),
            ),
            (
                "the file system turns read-only",
                format!("readonly {}", round % 300 + 5),
            ),
        ] {
            self.table.part(what, "disks", || {
                power::survive(&fault, 10, round).map_or((0, "skipped".to_owned()), |_| {
                    (20, "nothing lost".to_owned())
                })
            });
        }
    }

    fn histories(&mut self, round: u64) {
        let what = "random histories against the memory store";
        self.table.part(what, "histories", || {
            let folder = Folder::new();
            for seed in 0..5 {
                let seed = 1_000 + round * 5 + seed;
                wait(contract::histories_agree(&folder.open(), seed)).unwrap();
            }
            (5, "150 steps each".to_owned())
        });
    }
}

#[test]
#[ignore = "takes as long as LOQUET_SOAK_MINUTES says: `cargo xtask soak`"]
fn soak() {
    let minutes: u64 =
        std::env::var("LOQUET_SOAK_MINUTES").map_or(1, |minutes| minutes.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let mut soak = Soak::default();
    let mut round = 0;
    while round == 0 || Instant::now() < end {
        round += 1;
        soak.codes();
        soak.kills();
        soak.losses_of_power(round);
        soak.histories(round);
        println!("--- round {round}");
        soak.table.print();
    }
    println!("\n## Soak of {minutes} minutes, {round} rounds");
    soak.table.print();
    let violations: u64 = soak.table.0.iter().map(|line| line.violations).sum();
    println!("{violations} violations");
    assert_eq!(violations, 0);
}
