//! Comparisons in one process: the candidates take turns, so that a busy machine slows them all alike, and what is
//! printed first is a ratio.
//!
//! ```no_run
//! use loquet_benches::{case, compare};
//!
//! let table = compare("sum of 1000 numbers", "loop", vec![
//!     case("loop", || { let mut sum = 0; for n in 0..1000u64 { sum += std::hint::black_box(n); } sum }),
//!     case("formula", || std::hint::black_box(1000u64) * 999 / 2),
//! ]);
//! table.target("formula", 0.1);
//! ```
//!
//! `cargo bench --features otp --bench otp -- look-ahead` runs only the comparisons with this word in their title.
//! What is printed is Markdown: `cargo xtask bench otp --write` puts it into `docs/measured.md` of the crate.

#[cfg(any(feature = "store", feature = "postgres"))]
pub mod passkeys;
#[cfg(any(feature = "store", feature = "postgres"))]
pub mod users;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one turn of one candidate lasts, roughly.
const TURN: Duration = Duration::from_micros(200);

/// How many turns each candidate gets.
const ROUNDS: usize = 301;

/// No comparison takes longer than this: candidates that need milliseconds get fewer turns.
const LIMIT: Duration = Duration::from_secs(5);

/// One way to do the work.
pub struct Case<'a> {
    name: &'a str,
    repeat: Box<dyn FnMut(u64) + 'a>,
}

/// Names a way to do the work. Its result goes through `black_box`; so should its input.
pub fn case<'a, T>(name: &'a str, mut work: impl FnMut() -> T + 'a) -> Case<'a> {
    let repeat = Box::new(move |times| {
        for _ in 0..times {
            black_box(work());
        }
    });
    Case { name, repeat }
}

/// What one candidate took.
pub struct Row {
    /// The candidate.
    pub name: String,
    /// The median time of one run, in nanoseconds.
    pub nanoseconds: f64,
    /// The median over all rounds of its time divided by the baseline's time in the same round.
    pub ratio: f64,
    /// Heap allocations of one run.
    pub allocations: u64,
}

/// What a comparison found: empty if the command line asked for others.
pub struct Table {
    rows: Vec<Row>,
}

/// Lets the candidates take turns and prints what each took beside `baseline`, which is one of their names.
pub fn compare(title: &str, baseline: &str, mut cases: Vec<Case<'_>>) -> Table {
    let asked = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if asked.is_some_and(|word| !title.contains(&word)) {
        return Table { rows: Vec::new() };
    }
    let base = cases
        .iter()
        .position(|case| case.name == baseline)
        .expect("the baseline is one of the candidates");

    let repeats: Vec<u64> = cases.iter_mut().map(calibrate).collect();
    let allocations: Vec<u64> = cases
        .iter_mut()
        .map(|case| allocation_counter::measure(|| (case.repeat)(1)).count_total)
        .collect();

    let times = take_turns(&mut cases, &repeats);
    let rows: Vec<Row> = (0..cases.len())
        .map(|index| Row {
            name: cases[index].name.to_owned(),
            nanoseconds: median(times[index].iter().copied()),
            ratio: median(
                times[index]
                    .iter()
                    .zip(&times[base])
                    .map(|(own, base)| own / base),
            ),
            allocations: allocations[index],
        })
        .collect();
    print(title, &rows);
    Table { rows }
}

/// The time of one run of each candidate, in each round.
fn take_turns(cases: &mut [Case<'_>], repeats: &[u64]) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    let begun = Instant::now();
    for round in 0..ROUNDS {
        for turn in 0..cases.len() {
            // A candidate after a heavy one finds cold caches: each round begins with another.
            let index = (round + turn) % cases.len();
            // The first turn fills the caches with what is the candidate's own, the second is timed.
            time(&mut cases[index], repeats[index]);
            times[index].push(time(&mut cases[index], repeats[index]));
        }
        if begun.elapsed() > LIMIT {
            break;
        }
    }
    times
}

fn print(title: &str, rows: &[Row]) {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    println!(
        "\n## {title}\n\n| {:width$} | ratio |         ns | allocations |",
        "candidate"
    );
    println!("|-{:-<width$}-|------:|-----------:|------------:|", "");
    for Row {
        name,
        nanoseconds,
        ratio,
        allocations,
    } in rows
    {
        println!("| {name:width$} | {ratio:5.2} | {nanoseconds:10.1} | {allocations:11} |");
    }
    println!();
}

impl Table {
    /// Says whether a candidate stays at or below a ratio.
    pub fn target(&self, name: &str, at_most: f64) {
        if let Some(row) = self.rows.iter().find(|row| row.name == name) {
            let verdict = if row.ratio <= at_most {
                "met"
            } else {
                "MISSED"
            };
            println!(
                "- target {name} ≤ {at_most:.2}: {verdict} with {:.2}",
                row.ratio
            );
        }
    }

    /// The rows, in the order of the candidates.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// How many runs fill a turn. Also warms the candidate up.
fn calibrate(case: &mut Case<'_>) -> u64 {
    let mut repeats = 1;
    loop {
        let spent = time(case, repeats) * repeats as f64;
        if spent >= TURN.as_nanos() as f64 || repeats >= 1 << 24 {
            return repeats;
        }
        repeats *= 2;
    }
}

/// Nanoseconds of one run, over `repeats` of them.
fn time(case: &mut Case<'_>, repeats: u64) -> f64 {
    let begun = Instant::now();
    (case.repeat)(repeats);
    begun.elapsed().as_nanos() as f64 / repeats as f64
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
