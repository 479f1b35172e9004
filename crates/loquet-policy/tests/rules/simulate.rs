//! Simulates guessing attacks by a thief of the password against the production engine, over a hundred years.
//!
//! Codes are six uniform digits for each step of 30 s. The good codes at a time are those that `loquet`
//! accepts: the phone's step, one before and one after, and also the right step where the phone's clock was
//! corrected. The engine does the rest: failure limit, waits, reserve, sessions. A million secrets take long:
//! `cargo test -p loquet-policy --release --test rules -- --ignored million_secrets --nocapture`.

use crate::aim::NEWEST;
use crate::attack::{ATTACK, Attack, Guess, HUNDRED_YEARS, SIX_DIGITS};
use crate::defender::Defender;
use crate::fixture::{ACCESS, ANNE, Fixture, UNDO, digest};
use loquet_policy::*;

/// The attacks that the failure limit of one secret bounds.
fn budgeted() -> [Attack; 9] {
    [
        ATTACK,
        Attack {
            name: "password; the owner never logs in",
            owner: None,
            ..ATTACK
        },
        Attack {
            name: "password and the owner's known device",
            thief: CodeSource::KnownDevice,
            ..ATTACK
        },
        Attack {
            name: "password; the phone's clock was corrected by three steps",
            drift: 3,
            ..ATTACK
        },
        Attack {
            name: "password and known device; clock corrected by three steps",
            thief: CodeSource::KnownDevice,
            drift: -3,
            ..ATTACK
        },
        Attack {
            name: "password; two authenticators",
            authenticators: 2,
            ..ATTACK
        },
        Attack {
            name: "password; three authenticators",
            authenticators: 3,
            ..ATTACK
        },
        Attack {
            name: "password and known device; three authenticators",
            thief: CodeSource::KnownDevice,
            authenticators: 3,
            ..ATTACK
        },
        Attack {
            name: "password and known device; three, one clock corrected",
            thief: CodeSource::KnownDevice,
            authenticators: 3,
            drift: 3,
            ..ATTACK
        },
    ]
}

const HEADING: &str = "| the thief has | secrets | most tries | broken | share | bound | days the owner is kept out |";

/// A bound without chance: the number of codes checked in a hundred years, times the number of good ones.
/// Over all attacks it is at most 0.03 %.
#[test]
fn guessing_chance_is_bounded_over_hundred_years() {
    println!("{HEADING}");
    for attack in budgeted() {
        let attack = Attack {
            seconds: HUNDRED_YEARS,
            ..attack
        };
        let (most, broken, _) = attack.run_many(2);
        assert!(
            most * attack.good_at_a_time() <= 300,
            "{}: {most}",
            attack.name
        );
        assert_eq!(broken, 0);
    }
}

/// A thief with only the password never makes the owner wait on a known device.
#[test]
fn password_thief_never_blocks_known_device() {
    let attack = Attack {
        seconds: HUNDRED_YEARS,
        ..ATTACK
    };
    let outcome = attack.run(5);
    assert_eq!(outcome.days, (HUNDRED_YEARS / limits::DAY, 0));
    assert_eq!(outcome.evaluated, 80);
    // An owner who always uses an unknown device is blocked from the 80th failure, and advised to replace the
    // authenticator.
    let elsewhere = Attack {
        owner: Some(CodeSource::Stranger),
        ..attack
    };
    let outcome = elsewhere.run(5);
    assert!(outcome.days.1 > 36_000, "{outcome:?}");
    assert_eq!(outcome.evaluated, 80);
}

/// A thief with only the password reports the phone lost whenever that is possible. The owner, who logs in once a day,
/// reads the notice and undoes it: once in 30 days, and never after the password is changed.
#[test]
fn password_thief_suspends_once_in_thirty_days() {
    let mut fixture = Fixture::mandated();
    let mut days = 0;
    for _ in 0..300 {
        fixture.report_lost(ANNE).ok();
        let anne = fixture.log_in(ANNE);
        if anne.level == Level::RecoveryOnly {
            let link = Evidence::Link(digest(UNDO));
            fixture.undo(ANNE, anne, link).unwrap();
            days += 1;
        } else {
            fixture.enter(ANNE);
        }
        fixture.wait(limits::DAY);
    }
    assert_eq!(days, 10);
}

/// Without the password there is no session, so that no code is checked and nothing is written.
#[test]
fn command_without_session_changes_nothing() {
    let defender = Defender::new(1, SIX_DIGITS, 0, 1);
    let code = Submitted {
        check: CodeCheck::Wrong { behind: None },
        by: NEWEST,
        source: CodeSource::KnownDevice,
    };
    let recovery = RecoverySet::EMPTY;
    for command in [
        Command::VerifyCode {
            code,
            access: ACCESS,
        },
        Command::Resynchronize {
            pair: PairCheck::Wrong,
            by: NEWEST,
            source: CodeSource::KnownDevice,
            access: ACCESS,
        },
        Command::BeginReplacement { code, recovery },
        Command::TurnOff { code },
        Command::UseRecoveryCode {
            code: None,
            access: ACCESS,
        },
        Command::UndoReport {
            evidence: Evidence::RecoveryCode(None),
            code,
            access: ACCESS,
        },
        Command::LogOutEverywhere,
        Command::ReportUnrecognized {
            link: Digest::from_bytes([0; 32]),
        },
    ] {
        let snapshot = Snapshot {
            organization: Some(&defender.organization),
            roster: Some(&defender.roster),
            actor: &defender.account,
            session: None,
            subject: None,
        };
        let fresh = Fresh {
            session: SessionId(1),
        };
        let decision = decide(&snapshot, &command, defender.now, fresh);
        assert!(decision.answer.is_err(), "{command:?}");
        assert!(decision.changes.is_empty(), "{command:?}");
        assert!(decision.notices.is_empty(), "{command:?}");
    }
}

/// With 10,000 codes instead of a million the shares are large enough to count. None exceeds its bound by
/// more than chance, and the other methods gain less than single codes.
#[test]
fn hints_and_pairs_do_not_help_guessing() {
    println!("{HEADING}");
    let codes = Attack {
        codes: 10_000,
        name: "10,000 codes: password",
        ..ATTACK
    };
    let secrets = 3_000;
    let (_, plain, _) = codes.run_many(secrets);
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
        let (_, broken, _) = Attack {
            name,
            guess,
            ..codes
        }
        .run_many(secrets);
        assert!(
            broken <= plain + plain / 2 + 20,
            "{name}: {broken}, {plain}"
        );
    }
    // 80 guesses at three of ten thousand: 2.4 %.
    assert!((40..=110).contains(&plain), "{plain}");
}

/// The table of limits in the documentation is computed from the published limits.
#[test]
fn documented_guessing_table_is_accurate() {
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
    for (limit, attack) in [
        ("Loquet, a thief who has the password", budgeted()[0]),
        ("Loquet, a thief who has a known device too", budgeted()[2]),
        ("Loquet, the same with three authenticators", budgeted()[7]),
    ] {
        let tries = [limits::DAY, 365 * limits::DAY, HUNDRED_YEARS]
            .map(|seconds| Attack { seconds, ..attack }.run(3).evaluated);
        row(limit, tries, f64::from(attack.authenticators) * guess);
    }
    row(
        "Twilio Verify: 5 failures, then a new factor",
        [5; 3],
        guess,
    );
    // The first at once, the next after 1, 2, 4, … seconds: 17 within a day.
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
    // The finders needed 70 minutes for half of the accounts.
    let rate = 0.5f64.ln() / -70.0;
    assert!(documented.contains("a code good for 3 minutes | 100 % | 100 % | 100 % |"));
    assert!((-rate * 1_440.0).exp() < 0.000_1);
}

#[test]
#[ignore = "takes minutes"]
fn million_secrets_stay_within_bound() {
    println!("{HEADING}");
    for attack in budgeted() {
        let secrets = 1_000_000;
        let (most, broken, days) = attack.run_many(secrets);
        assert!(
            most * attack.good_at_a_time() <= 300,
            "{}: {most}",
            attack.name
        );
        // At most 300 of a million are expected; five standard deviations more are chance.
        assert!(broken <= 300 + 5 * 18, "{}: {broken}", attack.name);
        if attack.owner.is_some() && attack.thief == CodeSource::Stranger {
            assert_eq!(days.1, 0, "{}", attack.name);
        }
    }
    let pairs = Attack {
        name: "password; two codes at a time, by the way of the wrong clock",
        guess: Guess::Pairs,
        ..ATTACK
    };
    assert_eq!(pairs.run_many(1_000_000).1, 0);
}
