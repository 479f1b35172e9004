//! What administrators do about others.

use super::*;

pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("Anne resets Claire", |house| {
            *house = House::mandated();
            house.organisation.options.recovery_codes = true;
            let claire = house.enroll(CLAIRE);
            let _refused = house.wrong(CLAIRE, claire, Vantage::Stranger);
            let anne = house.enter(ANNE);
            about(ANNE, anne, CLAIRE, reset(house, false))
        }),
        ("… and reads the ticket aloud", |house| {
            let anne = anne(house);
            about(ANNE, anne, CLAIRE, reset(house, true))
        }),
        ("Anne resets Bruno", |house| {
            let anne = anne(house);
            about(ANNE, anne, BRUNO, reset(house, false))
        }),
        ("… whose enrollment timed out meanwhile", |house| {
            *house = House::enabled();
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.wait(limits::PENDING);
            let anne = house.enter(ANNE);
            about(ANNE, anne, CLAIRE, Command::RemoveRole { role: PARENT })
        }),
        ("Anne's second reset of the day", |house| {
            let anne = anne(house);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            house.wait(60);
            about(ANNE, anne, CLAIRE, reset(house, false))
        }),
        ("… of the next day, to the second", |house| {
            let anne = anne(house);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            house.wait(limits::DAY);
            about(ANNE, anne, CLAIRE, reset(house, false))
        }),
        ("Anne makes David an employee", |house| {
            let anne = anne(house);
            let code = ABSENT;
            let role = EMPLOYEE;
            about(ANNE, anne, DAVID, Command::AddRole { role, code })
        }),
        ("… six minutes after her code", |house| {
            let anne = anne(house);
            house.wait(limits::RECENT + 1);
            let code = ABSENT;
            let role = EMPLOYEE;
            about(ANNE, anne, DAVID, Command::AddRole { role, code })
        }),
        ("Anne makes Claire an administrator", |house| {
            *house = House::enabled();
            house.enroll(CLAIRE);
            let anne = house.enter(ANNE);
            let code = house.good();
            let role = ADMINISTRATOR;
            about(ANNE, anne, CLAIRE, Command::AddRole { role, code })
        }),
        ("Anne, promoted yesterday, adds a role", |house| {
            let anne = anne(house);
            house.accounts[ANNE].promoted = Some(UnixTime(house.now.0 - limits::DAY));
            let code = house.good();
            let role = EMPLOYEE;
            about(ANNE, anne, DAVID, Command::AddRole { role, code })
        }),
        ("… takes one away", |house| {
            let anne = anne(house);
            house.accounts[ANNE].promoted = Some(UnixTime(house.now.0 - limits::DAY));
            let role = EMPLOYEE;
            about(ANNE, anne, BRUNO, Command::RemoveRole { role })
        }),
        ("… lets somebody go", |house| {
            let anne = anne(house);
            house.accounts[ANNE].promoted = Some(UnixTime(house.now.0 - limits::DAY));
            about(ANNE, anne, CLAIRE, Command::Leave)
        }),
        ("… resets somebody when the three days are over", |house| {
            let anne = anne(house);
            house.accounts[ANNE].promoted = Some(UnixTime(house.now.0 - limits::PROBATION));
            about(ANNE, anne, CLAIRE, reset(house, false))
        }),
        (
            "Anne demotes Bruno, for whom the seal is being opened",
            |house| {
                let anne = anne(house);
                house.accounts[BRUNO].promoted = Some(UnixTime(9));
                house.ask(BRUNO, None, open()).unwrap();
                let role = ADMINISTRATOR;
                about(ANNE, anne, BRUNO, Command::RemoveRole { role })
            },
        ),
        ("… for Anne", |house| {
            let anne = anne(house);
            house.ask(ANNE, None, open()).unwrap();
            let role = ADMINISTRATOR;
            about(ANNE, anne, BRUNO, Command::RemoveRole { role })
        }),
        ("Anne takes the employee's role from Bruno", |house| {
            let anne = anne(house);
            let role = EMPLOYEE;
            about(ANNE, anne, BRUNO, Command::RemoveRole { role })
        }),
        (
            "Bruno, who is not enrolled, takes the employee's role from Anne",
            |house| {
                *house = House::enabled();
                house.ask(BRUNO, None, Command::ReportLost).unwrap();
                house.accounts[BRUNO].toggle = false;
                let bruno = house.log_in(BRUNO);
                let role = EMPLOYEE;
                about(BRUNO, bruno, ANNE, Command::RemoveRole { role })
            },
        ),
        ("… and the administrator's", |house| {
            *house = House::enabled();
            house.ask(BRUNO, None, Command::ReportLost).unwrap();
            house.accounts[BRUNO].toggle = false;
            let bruno = house.log_in(BRUNO);
            let role = ADMINISTRATOR;
            about(BRUNO, bruno, ANNE, Command::RemoveRole { role })
        }),
        (
            "the host deletes the only administrator, who is not enrolled",
            |house| {
                *house = House::enabled();
                house.ask(BRUNO, None, Command::HostLeave).unwrap();
                house.ask(ANNE, None, Command::ReportLost).unwrap();
                host(ANNE, Command::HostLeave)
            },
        ),
        ("Anne lets Claire go", |house| {
            *house = House::mandated();
            house.organisation.options.recovery_codes = true;
            let claire = house.enroll(CLAIRE);
            let _refused = house.wrong(CLAIRE, claire, Vantage::Stranger);
            let anne = house.enter(ANNE);
            about(ANNE, anne, CLAIRE, Command::Leave)
        }),
        ("Anne lets Bruno go, for whom the ticket is out", |house| {
            *house = House::enabled();
            house.accounts[BRUNO].promoted = Some(UnixTime(9));
            house.ask(BRUNO, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            house.ask(BRUNO, None, collect(SEAL)).unwrap();
            let anne = house.enter(ANNE);
            about(ANNE, anne, BRUNO, Command::Leave)
        }),
        ("the host deletes Claire", |house| {
            *house = House::mandated();
            house.enroll(CLAIRE);
            host(CLAIRE, Command::HostLeave)
        }),
        ("the host deletes Bruno", |house| {
            *house = House::enabled();
            host(BRUNO, Command::HostLeave)
        }),
        (
            "the host deletes the only administrator, before enabling",
            |house| {
                house
                    .roster
                    .administrators
                    .retain(|entry| entry.account == AccountId::from(1u64));
                host(ANNE, Command::HostLeave)
            },
        ),
        ("Anne re-hires Claire as a parent", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            rehire(house, anne, &[PARENT])
        }),
        ("… the sixth of the day", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            for _ in 0..5 {
                house.reset(ANNE, anne, DAVID).unwrap();
            }
            rehire(house, anne, &[PARENT])
        }),
        ("… as nobody", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            rehire(house, anne, &[])
        }),
        ("… as something that nobody defined", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            rehire(house, anne, &[RoleId(77)])
        }),
        ("… as her own director", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            let director = RoleDefinition {
                id: RoleId(9),
                rank: 9,
                implies: None,
            };
            house.organisation = house.organisation.clone().with_roles([director]);
            rehire(house, anne, &[RoleId(9)])
        }),
        ("… as one of an administrator's rank", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            let deputy = RoleDefinition {
                id: RoleId(9),
                rank: 2,
                implies: None,
            };
            house.organisation = house.organisation.clone().with_roles([deputy]);
            rehire(house, anne, &[RoleId(9)])
        }),
        ("Anne, promoted yesterday, re-hires", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            house.accounts[ANNE].promoted = Some(UnixTime(house.now.0 - limits::DAY));
            rehire(house, anne, &[EMPLOYEE])
        }),
        ("Anne re-hires an administrator before enabling", |house| {
            let anne = house.log_in(ANNE);
            house.about(ANNE, anne, BRUNO, Command::Leave).unwrap();
            let command = Command::Rehire {
                roles: RoleSet::of(ADMINISTRATOR),
                ticket: digest(TICKET),
                code: ABSENT,
            };
            about(ANNE, anne, BRUNO, command)
        }),
    ]
}

fn rehire(house: &mut House, anne: Session, roles: &[RoleId]) -> Asked {
    let command = Command::Rehire {
        roles: RoleSet::new(roles.iter().copied()).unwrap(),
        ticket: digest(TICKET),
        code: house.good(),
    };
    about(ANNE, anne, CLAIRE, command)
}
