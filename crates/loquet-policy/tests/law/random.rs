//! What a change would do is what it does, in organisations that nobody thought of.

use std::cell::RefCell;
use std::collections::BTreeMap;

use loquet_policy::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Noon of some day, long after the epoch.
const NOW: UnixTime = UnixTime(2_000_030_400);
const ORG: u64 = 1;
const ANNE: u64 = 1;

/// Moments at, just before and just after what the rules count in.
fn moment() -> impl Strategy<Value = UnixTime> {
    let days = prop_oneof![
        4 => -100_i64..100,
        4 => prop::sample::select(vec![-90, -14, -7, -3, -1, 0, 1, 3, 7, 14, 90]),
    ];
    (days, -1_i64..=1).prop_map(|(days, off)| {
        let day = limits::DAY as i64;
        UnixTime((NOW.0 as i64 + days * day + off) as u64)
    })
}

fn later() -> impl Strategy<Value = UnixTime> {
    moment().prop_map(|at| NOW.max(at))
}

/// The article's three, three of an embedder's, and one that nobody defined.
fn role() -> impl Strategy<Value = RoleId> {
    (0_u16..7).prop_map(RoleId)
}

/// The embedder's roles: any rank, implying any role or none, in circles too.
fn roles() -> impl Strategy<Value = Vec<RoleDefinition>> {
    vec((0_u8..4, prop::option::of(role())), 0..=3).prop_map(|defined| {
        let define = |(id, (rank, implies))| RoleDefinition {
            id: RoleId(id),
            rank,
            implies,
        };
        (3..).zip(defined).map(define).collect()
    })
}

fn mandate() -> impl Strategy<Value = Mandate> {
    let state = prop_oneof![
        1 => moment().prop_map(|since| MandateState::InForce {
            since: since.min(NOW)
        }),
        3 => (moment(), 0_u8..=2).prop_map(|(date, postponements)| MandateState::Announced {
            since: UnixTime(date.0 - 9 * limits::DAY).min(NOW),
            date,
            postponements,
        }),
    ];
    (role(), 1_u64..5, state).prop_map(|(role, by, state)| Mandate {
        role,
        by: by.into(),
        state,
    })
}

fn setting() -> impl Strategy<Value = Setting> {
    let digest = prop::option::of((0_u8..3).prop_map(|byte| Digest::from_bytes([byte; 32])));
    prop_oneof![
        1 => any::<bool>().prop_map(|offered| Setting::RecoveryCodes { offered }),
        1 => (600..=limits::TICKET_MAX).prop_map(|seconds| Setting::TicketLife { seconds }),
        4 => prop::sample::select(vec![1_u64, 7, 14, 20, 90])
            .prop_map(|days| Setting::EnrollmentWindow { seconds: days * limits::DAY }),
        1 => (digest, any::<bool>()).prop_map(|(rules, opens)| Setting::AccessRules { rules, opens }),
    ]
}

fn organisation() -> impl Strategy<Value = Organisation> {
    let latch = prop::option::weighted(0.85, (moment(), 1_u64..5));
    let scheduled = vec((setting(), later()), 0..=2);
    (
        (any::<bool>(), latch, roles()),
        vec(mandate(), 0..4),
        vec(setting(), 0..3),
        scheduled,
    )
        .prop_map(|((strict, latch, roles), mandates, settings, scheduled)| {
            let mut organisation = Organisation::new(ORG.into()).with_roles(roles);
            if strict {
                organisation.preset = Preset::StrictLatch;
            }
            if let Some((since, by)) = latch {
                organisation.latch = Latch::Enabled {
                    since: since.min(NOW),
                    by: by.into(),
                };
                let mandates: BTreeMap<RoleId, Mandate> =
                    mandates.into_iter().map(|it| (it.role, it)).collect();
                organisation.mandates = mandates.into_values().collect();
                organisation.break_glass = BreakGlass::Sealed {
                    seal: Digest::from_bytes([1; 32]),
                    since: NOW,
                    wrong: 0,
                };
            }
            for setting in settings {
                match setting {
                    Setting::RecoveryCodes { offered } => {
                        organisation.options.recovery_codes = offered;
                    }
                    Setting::TicketLife { seconds } => organisation.options.ticket_life = seconds,
                    Setting::EnrollmentWindow { seconds } => {
                        organisation.options.enrollment_window = seconds;
                    }
                    Setting::AccessRules { rules, .. } => organisation.options.access_rules = rules,
                }
            }
            let scheduled: BTreeMap<SettingKind, Scheduled> = scheduled
                .into_iter()
                .map(|(setting, due)| {
                    let by = ANNE.into();
                    (setting.kind(), Scheduled { setting, by, due })
                })
                .collect();
            organisation.scheduled = scheduled.into_values().collect();
            organisation
        })
}

fn authenticator() -> impl Strategy<Value = Authenticator> {
    let digest = Digest::from_bytes([2; 32]);
    let origin = prop_oneof![
        (1_u64..5).prop_map(move |by| Origin::Administrator {
            digest,
            by: by.into(),
            mark: 1
        }),
        Just(Origin::BreakGlass { digest }),
        Just(Origin::Recovery {
            session: SessionId(7)
        }),
    ];
    let why = prop::sample::select(vec![
        DisabledBy::Failures,
        DisabledBy::Loss,
        DisabledBy::Recovery,
    ]);
    prop_oneof![
        3 => Just(Authenticator::None),
        3 => moment().prop_map(|since| Authenticator::Active { since, step: 9, drift: 0, told: None }),
        1 => (moment(), why).prop_map(|(since, why)| Authenticator::Disabled { since, why }),
        1 => Just(Authenticator::ResetDue { ticket: None }),
        2 => (origin, moment()).prop_map(|(origin, expires)| Authenticator::ResetDue {
            ticket: Some(Ticket {
                origin,
                issued: UnixTime(expires.0 - limits::TICKET),
                expires,
                wrong: 0,
            }),
        }),
    ]
}

fn account() -> impl Strategy<Value = Account> {
    let pending = (moment(), 0_u64..3).prop_map(|(begun, session)| Pending {
        purpose: Purpose::Reset,
        session: SessionId(session),
        since: begun,
        wrong: 0,
        recovery: RecoverySet::EMPTY,
    });
    (
        vec(role(), 1..4),
        (moment(), any::<bool>(), prop::bool::weighted(0.1)),
        authenticator(),
        vec(pending, 0..=2),
    )
        .prop_map(|(roles, (created, toggle, left), bound, pendings)| {
            let roles = RoleSet::new(roles).unwrap();
            let mut account = Account::new(0_u64.into(), ORG.into(), roles, created.min(NOW));
            account.toggle = toggle;
            account.authenticator = bound;
            account.ever = !matches!(bound, Authenticator::None);
            if left {
                account.status = Status::Left { since: created };
            }
            for (slot, pending) in account.pendings.iter_mut().zip(pendings) {
                *slot = Some(pending);
            }
            account
        })
}

fn change() -> impl Strategy<Value = PolicyChange> {
    let start = prop_oneof![1 => Just(NOW), 3 => later()];
    prop_oneof![
        2 => Just(PolicyChange::Enable),
        1 => prop::sample::select(vec![Preset::Standard, Preset::StrictLatch])
            .prop_map(PolicyChange::Preset),
        4 => (role(), start).prop_map(|(role, date)| PolicyChange::Mandate { role, date }),
        2 => role().prop_map(|role| PolicyChange::NoMandate { role }),
        3 => setting().prop_map(PolicyChange::Setting),
    ]
}

/// The command with which an administrator makes the change, and its name for the count below.
fn command(change: PolicyChange, organisation: &Organisation) -> (&'static str, Command) {
    let code = Submitted {
        check: CodeCheck::Good {
            step: 10,
            offset: 0,
        },
        vantage: Vantage::LiveSession,
    };
    match change {
        PolicyChange::Enable => (
            "enable",
            Command::Enable {
                seal: Digest::from_bytes([1; 32]),
                typed_back: true,
            },
        ),
        PolicyChange::Preset(preset) => ("preset", Command::SetPreset { preset }),
        PolicyChange::Mandate { role, date } if organisation.mandate(role).is_some() => {
            ("move", Command::MoveMandate { role, date })
        }
        PolicyChange::Mandate { role, date: NOW } => {
            let start = Start::Now { confirmed: true };
            ("impose", Command::Announce { role, start })
        }
        PolicyChange::Mandate { role, date } => {
            let start = Start::At(date);
            ("announce", Command::Announce { role, start })
        }
        PolicyChange::NoMandate { role } => ("cancel", Command::CancelMandate { role }),
        PolicyChange::Setting(setting) => ("setting", Command::Change { setting, code }),
    }
}

/// Anne, who may make any change: an administrator whose code is fresh, where there are codes.
fn anne(organisation: &Organisation) -> (Account, Session) {
    let roles = RoleSet::of(RoleId::ADMINISTRATOR);
    let mut anne = Account::new(ANNE.into(), ORG.into(), roles, UnixTime(0));
    let mut level = Level::Level1;
    if organisation.is_enabled() {
        anne.authenticator = Authenticator::Active {
            since: UnixTime(0),
            step: 9,
            drift: 0,
            told: None,
        };
        level = Level::Level2;
    }
    let session = Session {
        account: anne.id,
        id: SessionId(1),
        epoch: 0,
        level,
        at: NOW,
    };
    (anne, session)
}

fn decided(
    organisation: &Organisation,
    anne: &Account,
    session: &Session,
    command: &Command,
    now: UnixTime,
) -> Result<Organisation, Refusal> {
    let mut roster = Roster::new(ORG.into());
    roster.admit(anne);
    let snapshot = Snapshot {
        organisation: Some(organisation),
        roster: Some(&roster),
        actor: anne,
        session: Some(session),
        subject: None,
    };
    let fresh = Fresh {
        session: SessionId(2),
    };
    let decision = decide(&snapshot, command, now, fresh);
    let changed = decision.changes.organisation;
    decision
        .answer
        .map(|_| changed.unwrap_or_else(|| organisation.clone()))
}

/// The roll-call: what the next log-in of everybody who is there would give.
fn entrances(organisation: &Organisation, people: &[Account], at: UnixTime) -> Vec<Entrance> {
    let line = |account| match roll_call(organisation, account, at) {
        Some(line) => line.next.map(|level| (level, line.requirement)),
        None => Err(Refusal::LogInRefused),
    };
    people.iter().map(line).collect()
}

#[test]
fn in_any_house_a_change_does_what_was_said_before() {
    let counts: RefCell<BTreeMap<&str, [usize; 2]>> = RefCell::default();
    let house = (organisation(), vec(account(), 1..12), change(), later());
    let config = Config {
        cases: 8_000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&house, |(organisation, mut people, change, at)| {
            for (number, account) in (2_u64..).zip(&mut people) {
                account.id = number.into();
            }
            let (anne, session) = anne(&organisation);
            people.push(anne.clone());
            let (name, command) = command(change, &organisation);
            let Ok(done) = decided(&organisation, &anne, &session, &command, NOW) else {
                return Ok(());
            };
            // What weakens is forecast as if its wait were over.
            let at = match (&command, done.scheduled.as_slice()) {
                (Command::Change { .. }, [.., _]) => at.max(NOW.plus(limits::WEAKENING)),
                _ => at,
            };
            let settled =
                |it: &Organisation| decided(it, &anne, &session, &Command::Settle, at).unwrap();
            let was = entrances(&settled(&organisation), &people, at);
            let is = entrances(&settled(&done), &people, at);
            let found: Vec<Difference> = was
                .into_iter()
                .zip(is)
                .zip(&people)
                .filter(|((was, is), _)| was != is)
                .map(|((before, after), account)| Difference {
                    account: account.id,
                    before,
                    after,
                })
                .collect();
            let said: Vec<Difference> =
                what_if(&organisation, change, anne.id, NOW, &people, at).collect();
            prop_assert_eq!(said, &found[..]);
            let mut counts = counts.borrow_mut();
            let [granted, changed] = counts.entry(name).or_default();
            *granted += 1;
            *changed += found.len();
            Ok(())
        })
        .unwrap_or_else(|broken| panic!("{broken}"));
    // Every kind of change was made, and those that are about log-ins changed some.
    let counts = counts.into_inner();
    for name in [
        "enable", "preset", "move", "impose", "announce", "cancel", "setting",
    ] {
        let [granted, changed] = counts.get(name).copied().unwrap_or_default();
        assert!(granted >= 10, "{name}: {counts:?}");
        assert_eq!(changed == 0, name == "preset", "{name}: {counts:?}");
    }
}
