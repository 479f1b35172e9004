//! The text of a scenario, as `loquet policy test` reads it: it is run or refused, and one that runs runs alike again.
#![no_main]

use loquet_policy::scenario::Scenario;

/// More steps take long, and find no more.
const STEPS: u32 = 500;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(scenario) = Scenario::parse(text) else {
        return;
    };
    let steps = scenario.steps.iter().map(|step| step.value.times);
    let steps: u32 = steps.map(|times| u32::from(times.unwrap_or(1))).sum();
    if steps > STEPS {
        return;
    }
    let run = scenario.run();
    assert_eq!(run, scenario.run());
    if let Ok(run) = run {
        let lines = text.lines().count();
        assert!(run.played.iter().all(|played| played.line <= lines));
        assert!(run.failed.is_none_or(|failed| failed.line <= lines));
    }
});
