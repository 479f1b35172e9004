//! What a change would do is what it does.

use crate::house::*;
use loquet_policy::*;

/// Every account of a house, as the next log-in finds it.
fn entrances(house: &House) -> Vec<Entrance> {
    let answer = |account| {
        let snapshot = Snapshot {
            organisation: Some(&house.organisation),
            roster: None,
            actor: account,
            session: None,
            subject: None,
        };
        let command = Command::LogIn {
            access: Access::Allowed,
        };
        match decide(
            &snapshot,
            &command,
            house.now,
            Fresh {
                session: SessionId(0),
            },
        )
        .answer
        {
            Ok(Grant::Session {
                session,
                requirement,
            }) => Ok((session.level, requirement)),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal),
        }
    };
    house.accounts.iter().map(answer).collect()
}

/// Employees and parents have been told, Bruno by Anne, for two dates.
fn announced_twice() -> House {
    let mut house = House::enabled();
    let bruno = house.enter(BRUNO);
    for (role, days) in [(RoleId::EMPLOYEE, 20), (RoleId::PARENT, 8)] {
        let start = Start::At(house.now.plus(days * limits::DAY));
        let command = Command::Announce { role, start };
        house.ask(BRUNO, Some(bruno), command).unwrap();
    }
    house
}

/// The same house, and David holds a role that nobody defined: it is mandated from enabling on.
fn strange(mut house: House) -> House {
    house.accounts[DAVID].roles = RoleSet::new([RoleId::PARENT, RoleId(77)]).unwrap();
    house
}

#[test]
fn what_if_lists_exactly_the_log_ins_that_change() {
    let role = RoleId::EMPLOYEE;
    let houses: [fn() -> House; 5] = [
        House::new,
        House::enabled,
        House::mandated,
        || {
            let mut house = House::enabled();
            house.enroll(CLAIRE);
            let david = house.enroll(DAVID);
            let code = house.good();
            house
                .ask(DAVID, Some(david), Command::SwitchOff { code })
                .unwrap();
            house.ask(CLAIRE, None, Command::ReportLost).unwrap();
            house
        },
        announced_twice,
    ];
    let mut changed = 0;
    for house in houses {
        for days in [0, 7, 30] {
            let date = house().now.plus(days * limits::DAY);
            let start = if days == 0 {
                Start::Now { confirmed: true }
            } else {
                Start::At(date)
            };
            let seconds = 20 * limits::DAY;
            let setting = Setting::EnrollmentWindow {
                seconds: limits::DAY,
            };
            let longer = Setting::EnrollmentWindow { seconds };
            for (command, change) in [
                (
                    Command::Announce { role, start },
                    PolicyChange::Mandate { role, date },
                ),
                (
                    Command::MoveMandate { role, date },
                    PolicyChange::Mandate { role, date },
                ),
                (
                    Command::CancelMandate { role },
                    PolicyChange::NoMandate { role },
                ),
                (
                    Command::SetPreset {
                        preset: Preset::StrictLatch,
                    },
                    PolicyChange::Preset(Preset::StrictLatch),
                ),
                (
                    Command::Change {
                        setting,
                        code: ABSENT,
                    },
                    PolicyChange::Setting(setting),
                ),
                (
                    Command::Change {
                        setting: longer,
                        code: ABSENT,
                    },
                    PolicyChange::Setting(longer),
                ),
                (
                    Command::Enable {
                        seal: digest(SEAL),
                        typed_back: true,
                    },
                    PolicyChange::Enable,
                ),
            ] {
                let mut house = strange(house());
                let anne = house.log_in(ANNE);
                let anne = if anne.level == Level::HalfLogin {
                    house.give_code(ANNE, anne).unwrap()
                } else {
                    anne
                };
                for wait in [0, 1, 7, 15, 40] {
                    let at = house.now.plus(wait * limits::DAY);
                    let by = house.accounts[ANNE].id;
                    let said: Vec<Difference> = what_if(
                        &house.organisation,
                        change,
                        by,
                        house.now,
                        &house.accounts,
                        at,
                    )
                    .collect();
                    let (mut undone, mut done) = (house.clone(), house.clone());
                    if done.ask(ANNE, Some(anne), command).is_err() {
                        continue;
                    }
                    (done.now, undone.now) = (at, at);
                    let (was, is) = (entrances(&undone), entrances(&done));
                    let found: Vec<Difference> = was
                        .into_iter()
                        .zip(is)
                        .zip(&house.accounts)
                        .filter(|((was, is), _)| was != is)
                        .map(|((before, after), it)| Difference {
                            account: it.id,
                            before,
                            after,
                        })
                        .collect();
                    assert_eq!(said, found, "{change:?} after {wait} days");
                    changed += found.len();
                }
            }
        }
    }
    assert!(changed > 50, "{changed}");
}

/// What holds already changes nothing: enabling again, the same date.
#[test]
fn what_holds_already_changes_no_log_in() {
    let mut house = House::mandated();
    house.wait(5 * limits::DAY);
    let by = house.accounts[BRUNO].id;
    let count = |house: &House, change, days: u64| {
        let at = house.now.plus(days * limits::DAY);
        what_if(
            &house.organisation,
            change,
            by,
            house.now,
            &house.accounts,
            at,
        )
        .count()
    };
    assert_eq!(count(&house, PolicyChange::Enable, 10), 0);
    let house = announced_twice();
    let (role, date) = (RoleId::EMPLOYEE, house.now.plus(20 * limits::DAY));
    for days in [0, 21] {
        assert_eq!(count(&house, PolicyChange::Mandate { role, date }, days), 0);
    }
}
