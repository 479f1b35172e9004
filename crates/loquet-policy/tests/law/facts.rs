//! Questions that change nothing: who must, and why; the roll-call; lists and sets; what an answer explains.

use crate::house::*;
use loquet_policy::*;
use std::collections::BTreeSet;

fn mandate(role: RoleId, by: u64, state: MandateState) -> Mandate {
    let by = AccountId::from(by);
    Mandate { role, by, state }
}

/// Two mandates cover one account: the earliest is the reason that is given, whichever role it is of.
#[test]
fn of_several_mandates_the_earliest_is_the_reason() {
    let mut house = House::enabled();
    let both = RoleSet::new([RoleId::PARENT, RoleId::EMPLOYEE]).unwrap();
    house.accounts[CLAIRE].roles = both;
    let at = |moment| UnixTime(house.now.0 + moment);
    let in_force = |since| MandateState::InForce { since };
    let announced = |date| MandateState::Announced {
        since: house.now,
        date,
        postponements: 0,
    };
    for (parents, employees, earlier) in [(1, 2, 1), (2, 1, 2), (3, 3, 1)] {
        let mut organisation = house.organisation.clone();
        organisation.mandates = vec![
            mandate(RoleId::PARENT, 1, in_force(at(parents))),
            mandate(RoleId::EMPLOYEE, 2, in_force(at(employees))),
        ];
        let found = required(Some(&organisation), &house.accounts[CLAIRE], at(9));
        assert_eq!(found.mandate.unwrap().by, AccountId::from(earlier as u64));
        assert_eq!(found.announced, None);

        organisation.mandates = vec![
            mandate(RoleId::PARENT, 1, announced(at(parents))),
            mandate(RoleId::EMPLOYEE, 2, announced(at(employees))),
        ];
        let found = required(Some(&organisation), &house.accounts[CLAIRE], at(0));
        assert_eq!(found.announced.unwrap().by, AccountId::from(earlier as u64));
        assert!(!found.is_required());
    }
}

#[test]
fn before_enabling_nothing_is_required_of_anybody() {
    let mut house = House::new();
    let since = UnixTime(0);
    house.organisation.mandates = vec![mandate(
        RoleId::EMPLOYEE,
        1,
        MandateState::InForce { since },
    )];
    house.accounts[DAVID].roles = RoleSet::of(RoleId(77));
    for account in &house.accounts {
        let found = required(Some(&house.organisation), account, house.now);
        assert_eq!(found, Requirement::default());
    }
}

/// An administrator is covered as an employee, and whoever an embedder says is one too; a circle of roles ends.
#[test]
fn a_role_is_covered_by_the_mandate_of_the_role_that_it_implies() {
    let house = House::mandated();
    let define = |id, implies| RoleDefinition {
        id: RoleId(id),
        rank: 1,
        implies: Some(RoleId(implies)),
    };
    let roles = [
        define(10, 11),
        define(11, 1),
        define(20, 21),
        define(21, 20),
    ];
    let organisation = house.organisation.clone().with_roles(roles);
    for (role, covered) in [(10, true), (11, true), (20, false), (21, false)] {
        let mut account = house.accounts[DAVID].clone();
        account.roles = RoleSet::of(RoleId(role));
        let found = required(Some(&organisation), &account, house.now);
        assert_eq!(found.is_required(), covered, "{role}");
    }
}

#[test]
fn a_role_that_is_defined_again_means_something_else() {
    let parent = RoleDefinition {
        id: RoleId::PARENT,
        rank: 7,
        implies: Some(RoleId::EMPLOYEE),
    };
    let organisation = House::new().organisation.with_roles([parent]);
    assert_eq!(organisation.role(RoleId::PARENT), Some(&parent));
    assert_eq!(organisation.roles.len(), 3);
}

#[test]
fn the_roll_call_says_how_everybody_stands() {
    let mut house = House::mandated();
    house.enroll(DAVID);
    let line =
        |house: &House, who: usize| roll_call(&house.organisation, &house.accounts[who], house.now);
    let by = house.now.plus(limits::ENROLLMENT_WINDOW);
    for (who, enrolled, next, enroll_by) in [
        (ANNE, true, Level::HalfLogin, None),
        (CLAIRE, false, Level::EnrolOnly, Some(by)),
        (DAVID, true, Level::HalfLogin, None),
    ] {
        let line = line(&house, who).unwrap();
        assert_eq!(line.account, house.accounts[who].id);
        assert_eq!(
            (line.enrolled, line.next, line.enroll_by),
            (enrolled, Ok(next), enroll_by)
        );
        let requirement = required(Some(&house.organisation), &house.accounts[who], house.now);
        assert_eq!(line.requirement, requirement);
    }
    // After a reset a ticket is what opens the enrollment, and no window.
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    assert_eq!(line(&house, CLAIRE).unwrap().enroll_by, None);
    // Of whom nothing is required, nothing is due.
    let free = House::enabled();
    let free = line(&free, CLAIRE).unwrap();
    assert_eq!((free.next, free.enroll_by), (Ok(Level::Level1), None));
    // Who left, and who belongs elsewhere, is not called.
    house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
    assert_eq!(line(&house, CLAIRE), None);
    house.accounts[DAVID].org = OrgId::from(2u64);
    assert_eq!(line(&house, DAVID), None);
}

#[test]
fn the_next_log_in_of_who_left_or_belongs_elsewhere_is_refused() {
    let mut house = House::enabled();
    let entrance =
        |house: &House| entrance(&house.organisation, &house.accounts[CLAIRE], house.now);
    house.accounts[CLAIRE].status = Status::Left { since: house.now };
    assert_eq!(entrance(&house), Err(Refusal::LogInRefused));
    house.accounts[CLAIRE].org = OrgId::from(2u64);
    assert_eq!(entrance(&house), Err(Refusal::UnknownAccount));
}

#[test]
fn a_stamp_is_worth_nothing_for_another_account() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    assert_eq!(house.standing(BRUNO, anne), Err(Refusal::UnknownAccount));
}

#[test]
fn the_list_holds_each_active_administrator_once_in_order() {
    let house = House::enabled();
    let mut list = Roster::new(house.organisation.id);
    for who in [BRUNO, ANNE, CLAIRE, DAVID] {
        list.admit(&house.accounts[who]);
    }
    let listed: Vec<_> = list
        .administrators
        .iter()
        .map(|entry| entry.account)
        .collect();
    assert_eq!(listed, [house.accounts[ANNE].id, house.accounts[BRUNO].id]);
    assert_eq!((list.enrolled(), list.marks), (2, 2));
    let mark = |list: &Roster| list.administrator(house.accounts[ANNE].id).unwrap().mark;
    let before = mark(&list);
    list.admit(&house.accounts[ANNE]);
    assert_eq!(list.administrators.len(), 2);
    assert_ne!(mark(&list), before);
    assert_eq!(list.enrolled_besides(house.accounts[ANNE].id), 1);

    let mut stranger = house.accounts[ANNE].clone();
    stranger.id = AccountId::from(9u64);
    stranger.org = OrgId::from(2u64);
    list.admit(&stranger);
    stranger.org = house.organisation.id;
    stranger.status = Status::Left { since: house.now };
    list.admit(&stranger);
    assert_eq!(list.administrators.len(), 2);
    stranger.status = Status::Active;
    stranger.authenticator = Authenticator::None;
    list.admit(&stranger);
    assert_eq!((list.administrators.len(), list.enrolled()), (3, 2));
}

#[test]
fn changes_are_empty_when_no_row_is_written() {
    let house = House::enabled();
    assert!(Changes::default().is_empty());
    for changes in [
        Changes {
            organisation: Some(house.organisation.clone()),
            ..Changes::default()
        },
        Changes {
            roster: Some(house.roster.clone()),
            ..Changes::default()
        },
        Changes {
            actor: Some(house.accounts[ANNE].clone()),
            ..Changes::default()
        },
        Changes {
            subject: Some(house.accounts[ANNE].clone()),
            ..Changes::default()
        },
    ] {
        assert!(!changes.is_empty());
    }
    assert!(RecoverySet::EMPTY.is_empty());
    assert!(!RecoverySet::new([digest(1)]).unwrap().is_empty());
    assert_eq!(RecoverySet::new([digest(1), digest(2)]).unwrap().len(), 2);
    let two = RoleSet::new([RoleId(1), RoleId(2)]).unwrap();
    assert_eq!(
        (two.len(), two.is_empty(), RoleSet::EMPTY.is_empty()),
        (2, false, true)
    );
}

/// A log-in reads the account and the organisation: never the list, which every administrator's log-in would contend
/// for.
#[test]
fn log_ins_do_not_read_the_list() {
    let access = Access::Allowed;
    for (command, reads) in [
        (Command::LogIn { access }, false),
        (Command::LogOut, false),
        (Command::LogOutEverywhere, false),
        (Command::Settle, true),
        (Command::Leave, true),
        (Command::ReportLost, true),
    ] {
        assert_eq!(command.reads_roster(), reads, "{command:?}");
    }
}

/// Where the list or the organisation cannot be read, nothing is decided that would move an administrator.
#[test]
fn without_the_list_no_administrator_is_moved() {
    let mut house = House::enabled();
    house.organisation.options.recovery_codes = true;
    let anne = house.enter(ANNE);
    let code = house.good();
    let access = Access::Allowed;
    let vantage = Vantage::KnownDevice;
    for command in [
        Command::GiveCode { code, access },
        Command::SwitchOff { code },
        Command::UseRecoveryCode {
            code: Some(digest(10)),
            vantage,
            access,
        },
        Command::ReportLost,
        Command::Repudiate { link: digest(LINK) },
        Command::HostLeave,
        Command::BreakGlass { seal: digest(SEAL) },
        Command::ConfirmEnrollment {
            check: code.check,
            link: digest(LINK),
            seal: None,
            access,
        },
    ] {
        let switches = matches!(command, Command::SwitchOff { .. } | Command::HostLeave);
        for (organisation, roster) in [
            (Some(&house.organisation), None),
            (None, Some(&house.roster)),
        ] {
            if organisation.is_none() && switches {
                continue;
            }
            let snapshot = Snapshot {
                organisation,
                roster,
                actor: &house.accounts[ANNE],
                session: Some(&anne),
                subject: None,
            };
            let session = SessionId(9);
            let decision = decide(&snapshot, &command, house.now, Fresh { session });
            assert_eq!(
                decision.answer,
                Err(Refusal::PolicyUnavailable),
                "{command:?}"
            );
            assert!(decision.changes.is_empty(), "{command:?}");
        }
    }
}

/// Rows of two organisations, and a stamp of somebody else, do not belong together.
#[test]
fn a_stranger_to_the_organisation_hears_of_no_account() {
    let house = House::enabled();
    let elsewhere = OrgId::from(2u64);
    let mut organisation = house.organisation.clone();
    organisation.id = elsewhere;
    let roster = Roster::new(elsewhere);
    let mut subject = house.accounts[CLAIRE].clone();
    subject.org = elsewhere;
    let session = Session {
        account: house.accounts[BRUNO].id,
        id: SessionId(1),
        epoch: 1,
        level: Level::Level2,
        at: house.now,
    };
    let own = Snapshot {
        organisation: Some(&house.organisation),
        roster: Some(&house.roster),
        actor: &house.accounts[ANNE],
        session: None,
        subject: None,
    };
    for snapshot in [
        Snapshot {
            organisation: Some(&organisation),
            ..own
        },
        Snapshot {
            roster: Some(&roster),
            ..own
        },
        Snapshot {
            session: Some(&session),
            ..own
        },
        Snapshot {
            subject: Some(&subject),
            ..own
        },
    ] {
        for command in [Command::Settle, Command::Leave, Command::LogOut] {
            let session = SessionId(9);
            let decision = decide(&snapshot, &command, house.now, Fresh { session });
            assert_eq!(decision.answer, Err(Refusal::UnknownAccount));
            assert!(decision.changes.is_empty());
        }
    }
}

/// What a refusal knows, its reason says: the role, the moment, who imposed it.
#[test]
fn a_refusal_explains_the_role_the_date_and_who_imposed_it() {
    let (role, date, by) = (RoleId(5), UnixTime(77), AccountId::from(6u64));
    let some = (Some(role), Some(date), Some(by));
    let at = (None, Some(date), None);
    let cause = Cause {
        role: Some(role),
        ..Cause::of(by, date)
    };
    for (refusal, expected) in [
        (Refusal::Mandated(cause), some),
        (Refusal::UnknownRole { role }, (Some(role), None, None)),
        (Refusal::AlreadyAnnounced(cause), some),
        (Refusal::TooSoon { earliest: date }, at),
        (Refusal::TooNew { until: date }, at),
        (Refusal::AlreadyOpen { ready: date }, at),
        (Refusal::TooEarly { ready: date }, at),
        (Refusal::SelfReset, (None, None, None)),
    ] {
        let reason = refusal.reason();
        assert_eq!(reason.code, refusal.code());
        assert_eq!(reason.rule, refusal.rule());
        assert_eq!((reason.role, reason.date, reason.by), expected, "{refusal}");
    }
}

/// Every grant explains itself with the moment that it speaks of.
#[test]
fn a_grant_explains_its_level_or_its_date() {
    let mut house = House::enabled();
    let date = UnixTime(77);
    let role = RoleId(5);
    let session = house.enter(ANNE);
    let requirement = Requirement::default();
    let purpose = Purpose::First;
    let (expires, left, resumed) = (date, 3, false);
    let mut codes = BTreeSet::new();
    for (grant, expected) in [
        (
            Grant::Session {
                session,
                requirement,
            },
            None,
        ),
        (Grant::Bound { session, purpose }, None),
        (
            Grant::Recovering {
                session,
                expires,
                left,
            },
            Some(date),
        ),
        (
            Grant::Pending {
                purpose,
                expires,
                resumed,
            },
            Some(date),
        ),
        (Grant::TicketIssued { expires }, Some(date)),
        (
            Grant::Enabled {
                propose: role,
                from: date,
            },
            Some(date),
        ),
        (Grant::Mandate { role, date }, Some(date)),
        (Grant::Scheduled { due: date }, Some(date)),
        (Grant::Opening { ready: date }, Some(date)),
        (Grant::LoggedOut, None),
        (Grant::Done, None),
    ] {
        let decision = Decision {
            answer: Ok(grant),
            changes: Changes::default(),
            notices: Vec::new(),
        };
        let reasons: Vec<Reason> = explain(&decision).collect();
        assert_eq!(reasons.len(), 1);
        assert_eq!(reasons[0].date, expected, "{grant:?}");
        codes.insert(reasons[0].code);
    }
    assert_eq!(codes, BTreeSet::from(["GRANTED", "LEVEL_2"]));
}

/// A row that stays as it is is not written: writing it makes others decide again.
#[test]
fn what_stays_is_not_written() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    let anne = house.enter(ANNE);
    let decided = |house: &House, who: usize, session: &Session, whom, command: &Command| {
        let snapshot = Snapshot {
            organisation: Some(&house.organisation),
            roster: Some(&house.roster),
            actor: &house.accounts[who],
            session: Some(session),
            subject: whom,
        };
        let session = SessionId(99);
        decide(&snapshot, command, house.now, Fresh { session })
    };
    // Nothing was begun, so that a log-out ends nothing.
    let out = decided(&house, CLAIRE, &claire, None, &Command::LogOut);
    assert!(out.changes.is_empty());
    // The list is about administrators alone.
    house.begin(CLAIRE, claire, None).unwrap();
    let confirm = Command::ConfirmEnrollment {
        check: house.good().check,
        link: digest(LINK),
        seal: None,
        access: Access::Allowed,
    };
    let bound = decided(&house, CLAIRE, &claire, None, &confirm);
    assert!(bound.answer.is_ok() && bound.changes.roster.is_none());
    let whom = house.accounts[DAVID].clone();
    let left = decided(&house, ANNE, &anne, Some(&whom), &Command::Leave);
    assert!(left.answer.is_ok() && left.changes.roster.is_none());
    let (code, ticket) = (house.good(), digest(TICKET));
    let rehire = Command::Rehire {
        roles: RoleSet::of(RoleId::PARENT),
        ticket,
        code,
    };
    let whom = left.changes.subject.unwrap();
    let back = decided(&house, ANNE, &anne, Some(&whom), &rehire);
    assert!(back.answer.is_ok() && back.changes.roster.is_none());
    // Of an actor who is the subject too there is one row, and it is the actor's.
    house.ask(CLAIRE, Some(claire), confirm).unwrap();
    let claire = house.enter(CLAIRE);
    let begin = Command::BeginReplacement {
        code: house.good(),
        recovery: RecoverySet::EMPTY,
    };
    house.ask(CLAIRE, Some(claire), begin).unwrap();
    house.wait(limits::PENDING);
    let whom = house.accounts[CLAIRE].clone();
    let own = decided(&house, CLAIRE, &claire, Some(&whom), &Command::Leave);
    assert!(own.changes.actor.is_some() && own.changes.subject.is_none());
}

#[test]
fn an_enrollment_times_out_to_the_second() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    let over = house.now.plus(limits::PENDING);
    let pendings = |now| house.accounts[CLAIRE].pendings_at(now).count();
    assert_eq!((pendings(UnixTime(over.0 - 1)), pendings(over)), (1, 0));
}

#[test]
fn something_is_due_from_its_date_on() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    assert!(!is_due(&house.organisation, UnixTime(u64::MAX)));
    let date = house.now.plus(limits::NOTICE);
    let (role, start) = (RoleId::EMPLOYEE, Start::At(date));
    let command = Command::Announce { role, start };
    house.ask(ANNE, Some(anne), command).unwrap();
    let before = UnixTime(date.0 - 1);
    let due = |house: &House| [before, date].map(|now| is_due(&house.organisation, now));
    assert_eq!(due(&house), [false, true]);
    house
        .ask(ANNE, Some(anne), Command::CancelMandate { role })
        .unwrap();
    let (setting, code) = (Setting::RecoveryCodes { offered: true }, house.good());
    house
        .ask(ANNE, Some(anne), Command::Change { setting, code })
        .unwrap();
    let due = house.now.plus(limits::WEAKENING);
    let before = UnixTime(due.0 - 1);
    let found = [before, due].map(|now| is_due(&house.organisation, now));
    assert_eq!(found, [false, true]);
}
