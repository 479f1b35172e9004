//! What guessing is worth: adversaries who have the password, against the production function, for a hundred years.
//!
//! Codes are six uniform digits of each thirty-second step, and what is good at a time is what `loquet` looks at: the
//! phone's step, one before and one after, and the right step too where the phone's clock was corrected. Everything
//! else is the engine's: budget, waits, reserve, sessions. The million secrets are a chore:
//! `cargo test -p loquet-policy --release --test rules -- --ignored besieged --nocapture`.

use crate::defender::Defender;
use crate::house::ACCESS;
use crate::siege::{Guess, HUNDRED_YEARS, SIEGE, SIX_DIGITS, Siege};
use loquet_policy::*;

/// Every way that is bounded by the budget of one secret.
fn budgeted() -> [Siege; 5] {
    [
        SIEGE,
        Siege {
            name: "password; the owner never logs in",
            owner: None,
            ..SIEGE
        },
        Siege {
            name: "password and the owner's known device",
            thief: Vantage::KnownDevice,
            ..SIEGE
        },
        Siege {
            name: "password; the phone's clock was corrected by three steps",
            drift: 3,
            ..SIEGE
        },
        Siege {
            name: "password and known device; clock corrected by three steps",
            thief: Vantage::KnownDevice,
            drift: -3,
            ..SIEGE
        },
    ]
}

const HEADING: &str = "| the thief has | secrets | most tries | broken | share | bound | days the owner is kept out |";

/// The bound needs no dice: each secret has so many codes looked at in a hundred years, and each of them is one of so
/// many that are good. Union over all: at most 0.03 %.
#[test]
fn in_a_hundred_years_no_secret_has_more_than_three_hundred_millionths_looked_at() {
    println!("{HEADING}");
    for siege in budgeted() {
        let siege = Siege {
            seconds: HUNDRED_YEARS,
            ..siege
        };
        let (most, broken, _) = siege.campaign(2);
        assert!(
            most * siege.good_at_a_time() <= 300,
            "{}: {most}",
            siege.name
        );
        assert_eq!(broken, 0);
    }
}

/// Whoever has the password and nothing else makes no owner wait who comes from a known device.
#[test]
fn a_thief_of_the_password_keeps_out_nobody_who_has_a_known_device() {
    let siege = Siege {
        seconds: HUNDRED_YEARS,
        ..SIEGE
    };
    let outcome = siege.lay(5);
    assert_eq!(outcome.days, (HUNDRED_YEARS / limits::DAY, 0));
    assert_eq!(outcome.evaluated, 80);
    // Whoever always comes from elsewhere is kept out with the thief from the eightieth on, and told to replace.
    let elsewhere = Siege {
        owner: Some(Vantage::Stranger),
        ..siege
    };
    let outcome = elsewhere.lay(5);
    assert!(outcome.days.1 > 36_000, "{outcome:?}");
    assert_eq!(outcome.evaluated, 80);
}

/// Whoever has not even the password has no session, and without a session no code is looked at and nothing is
/// written: there is nothing that a stranger could use up.
#[test]
fn a_stranger_without_the_password_changes_nothing() {
    let house = Defender::new(1, SIX_DIGITS, 0);
    let code = Submitted {
        check: CodeCheck::Wrong { behind: None },
        vantage: Vantage::KnownDevice,
    };
    let recovery = RecoverySet::EMPTY;
    for command in [
        Command::VerifyCode {
            code,
            access: ACCESS,
        },
        Command::Resynchronize {
            pair: PairCheck::Wrong,
            vantage: Vantage::KnownDevice,
            access: ACCESS,
        },
        Command::BeginReplacement { code, recovery },
        Command::TurnOff { code },
        Command::UseRecoveryCode {
            code: None,
            vantage: Vantage::KnownDevice,
            access: ACCESS,
        },
        Command::LogOutEverywhere,
        Command::ReportUnrecognized {
            link: Digest::from_bytes([0; 32]),
        },
    ] {
        let snapshot = Snapshot {
            organization: Some(&house.organization),
            roster: Some(&house.roster),
            actor: &house.account,
            session: None,
            subject: None,
        };
        let fresh = Fresh {
            session: SessionId(1),
        };
        let decision = decide(&snapshot, &command, house.now, fresh);
        assert!(decision.answer.is_err(), "{command:?}");
        assert!(decision.changes.is_empty(), "{command:?}");
        assert!(decision.notices.is_empty(), "{command:?}");
    }
}

/// With ten thousand codes rather than a million the shares are large enough to be counted: none is above its bound by
/// more than chance, and the ways round the code are worth less than the code.
#[test]
fn no_way_round_is_worth_more_than_guessing() {
    println!("{HEADING}");
    let codes = Siege {
        codes: 10_000,
        name: "10,000 codes: password",
        ..SIEGE
    };
    let secrets = 3_000;
    let (_, plain, _) = codes.campaign(secrets);
    for (name, guess) in [
        (
            "10,000 codes: two at a time, by the way of the wrong clock",
            Guess::Pairs,
        ),
        (
            "10,000 codes: with the hint that the phone is late",
            Guess::Hints,
        ),
    ] {
        let (_, broken, _) = Siege {
            name,
            guess,
            ..codes
        }
        .campaign(secrets);
        assert!(
            broken <= plain + plain / 2 + 20,
            "{name}: {broken}, {plain}"
        );
    }
    // 80 guesses at three of ten thousand: 2.4 %.
    assert!((40..=110).contains(&plain), "{plain}");
}

/// The table in the crate's documentation: other people's limits come to what it says.
#[test]
fn the_published_limits_are_worth_what_the_documentation_says() {
    let documented = include_str!("../../src/limits.rs");
    let said = |percent: f64| match percent {
        99.95.. => "100 %".to_owned(),
        10.0.. => format!("{percent:.0} %"),
        0.995.. => format!("{percent:.1} %"),
        0.1.. => format!("{percent:.2} %"),
        0.0095.. => format!("{percent:.3} %"),
        _ => format!("{percent:.4} %"),
    };
    let row = |limit: &str, tries: [u64; 3], good: f64| {
        let [day, year, century] =
            tries.map(|tries| said(-100.0 * (tries as f64 * (-good).ln_1p()).exp_m1()));
        let row = format!("| {limit} | {day} | {year} | {century} |");
        assert!(documented.contains(&row), "{row}");
    };
    let daily = |tries: u64| [tries, tries * 365, tries * 36_525];
    let guess = 3.0 / SIX_DIGITS as f64;
    for (limit, siege) in [
        ("Loquet, a thief who has the password", budgeted()[0]),
        ("Loquet, a thief who has a known device too", budgeted()[2]),
    ] {
        let tries = [limits::DAY, 365 * limits::DAY, HUNDRED_YEARS]
            .map(|seconds| Siege { seconds, ..siege }.lay(3).evaluated);
        row(limit, tries, guess);
    }
    row(
        "Twilio Verify: 5 failures, then a new factor",
        [5; 3],
        guess,
    );
    // The first at once, the next after 1, 2, 4, … seconds: 17 before the day is over.
    let doubling = 1 + u64::from((limits::DAY + 1).ilog2());
    row(
        "django-otp: waits double from 1 s, a success ends them",
        daily(doubling),
        guess,
    );
    row(
        "NIST SP 800-63B-4: at most 100 *in a row*",
        daily(99),
        guess,
    );
    row(
        "GitLab: 10 failures, then 10 minutes",
        daily(10 * 144),
        guess,
    );
    row(
        "google-authenticator-libpam: 3 in 30 s",
        daily(3 * 2_880),
        guess,
    );
    // Their finders needed 70 minutes for half: a day has twenty times that.
    let rate = 0.5f64.ln() / -70.0;
    assert!(documented.contains("a code good for 3 minutes | 100 % | 100 % | 100 % |"));
    assert!((-rate * 1_440.0).exp() < 0.000_1);
}

#[test]
#[ignore = "a chore"]
fn a_million_secrets_are_besieged() {
    println!("{HEADING}");
    for siege in budgeted() {
        let secrets = 1_000_000;
        let (most, broken, days) = siege.campaign(secrets);
        assert!(
            most * siege.good_at_a_time() <= 300,
            "{}: {most}",
            siege.name
        );
        // 300 of a million are expected at most; five deviations more are chance.
        assert!(broken <= 300 + 5 * 18, "{}: {broken}", siege.name);
        if siege.owner.is_some() && siege.thief == Vantage::Stranger {
            assert_eq!(days.1, 0, "{}", siege.name);
        }
    }
    let pairs = Siege {
        name: "password; two codes at a time, by the way of the wrong clock",
        guess: Guess::Pairs,
        ..SIEGE
    };
    assert_eq!(pairs.campaign(1_000_000).1, 0);
}
