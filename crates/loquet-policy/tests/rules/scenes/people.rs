//! What administrators do about others.

use super::*;

fn reset_aloud(house: &mut House, anne: Session) {
    let (reset_code, aloud, code) = (digest(RESET_CODE), true, house.good());
    house.about(
        ANNE,
        anne,
        CLAIRE,
        Command::Reset {
            reset_code,
            aloud,
            code,
        },
    );
}

fn reset_without_code(house: &mut House, anne: Session) {
    let (reset_code, aloud, code) = (digest(RESET_CODE), false, ABSENT);
    house.about(
        ANNE,
        anne,
        CLAIRE,
        Command::Reset {
            reset_code,
            aloud,
            code,
        },
    );
}

/// Anne, who became administrator so many seconds ago, with a recent code.
fn promoted(house: &mut House, seconds: u64) -> Session {
    house.accounts[ANNE].promoted = Some(house.ago(seconds));
    house.enter(ANNE)
}

/// Anne has let Claire go.
fn gone(house: &mut House) -> Session {
    let anne = house.enter(ANNE);
    house
        .about(ANNE, anne, CLAIRE, Command::Deactivate)
        .unwrap();
    anne
}

fn remove(house: &mut House, who: usize, session: Session, whom: usize, role: RoleId) {
    house.about(who, session, whom, Command::RemoveRole { role });
}

/// Claire is enrolled, and has been wrong once.
fn claire_errs(house: &mut House) {
    house.organization.options.recovery_codes = true;
    let claire = house.enroll(CLAIRE);
    house.wrong(CLAIRE, claire, Vantage::Stranger);
}

/// Bruno, an administrator whose phone is lost and who is asked for no code.
fn unarmed(house: &mut House) -> Session {
    house.host(BRUNO, Command::ReportLost);
    house.accounts[BRUNO].toggle = false;
    house.log_in(BRUNO)
}

fn define(house: &mut House, rank: u8) {
    let director = RoleDefinition {
        id: RoleId(9),
        rank,
        implies: None,
    };
    house.organization = house.organization.clone().with_roles([director]);
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_resets();
    all.extend(of_roles());
    all.extend(of_demotions());
    all.extend(of_leavers());
    all.extend(of_returns());
    all
}

fn of_resets() -> Vec<Scene> {
    scenes! {
        "Anne resets Claire" mandated h {
            claire_errs(&mut h);
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
        }
        "… and reads the reset code aloud" enabled h { let anne = h.enter(ANNE); reset_aloud(&mut h, anne); }
        "… without a code" enabled h { let anne = h.enter(ANNE); reset_without_code(&mut h, anne); }
        "… six minutes after her code" enabled h {
            let anne = h.enter(ANNE);
            h.wait(limits::RECENT + 1);
            reset_without_code(&mut h, anne);
        }
        "Anne resets Bruno" enabled h { let anne = h.enter(ANNE); h.reset(ANNE, anne, BRUNO); }
        "Anne's second reset of the day" enabled h {
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
            h.wait(60);
            h.reset(ANNE, anne, CLAIRE);
        }
        "… the sixth" enabled h { let anne = h.enter(ANNE); for _ in 0..6 { h.reset(ANNE, anne, CLAIRE); } }
        "… of the next day, to the second" enabled h {
            let anne = h.enter(ANNE);
            for _ in 0..5 { h.reset(ANNE, anne, CLAIRE); }
            h.wait(limits::DAY);
            h.reset(ANNE, anne, CLAIRE);
        }
        "Anne, promoted yesterday, resets" enabled h { let anne = promoted(&mut h, limits::DAY); h.reset(ANNE, anne, CLAIRE); }
        "… when nobody else is enrolled" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.host(BRUNO, Command::ReportLost);
            h.reset(ANNE, anne, CLAIRE);
        }
        "… when the three days are over" enabled h {
            let anne = promoted(&mut h, limits::PROBATION);
            h.reset(ANNE, anne, CLAIRE);
        }
    }
}

fn of_roles() -> Vec<Scene> {
    scenes! {
        "Anne makes David an employee" enabled h {
            let anne = h.enter(ANNE);
            let (role, code) = (EMPLOYEE, ABSENT);
            h.about(ANNE, anne, DAVID, Command::AddRole { role, code });
        }
        "… six minutes after her code" enabled h {
            let anne = h.enter(ANNE);
            h.wait(limits::RECENT + 1);
            h.add_role(ANNE, anne, DAVID, EMPLOYEE);
        }
        "… a parent, which he is" enabled h { let anne = h.enter(ANNE); h.add_role(ANNE, anne, DAVID, PARENT); }
        "… what nobody defined" enabled h { let anne = h.enter(ANNE); h.add_role(ANNE, anne, DAVID, RoleId(77)); }
        "… her own director" enabled h {
            define(&mut h, 9);
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, DAVID, RoleId(9));
        }
        "… a ninth thing" enabled h {
            h.accounts[DAVID].roles = RoleSet::new((40..48).map(RoleId)).unwrap();
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, DAVID, PARENT);
        }
        "Anne makes Claire an administrator" enabled h {
            h.enroll(CLAIRE);
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, CLAIRE, ADMINISTRATOR);
        }
        "Anne, promoted yesterday, adds a role" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.add_role(ANNE, anne, DAVID, EMPLOYEE);
        }
        "… takes one away" enabled h { let anne = promoted(&mut h, limits::DAY); remove(&mut h, ANNE, anne, BRUNO, EMPLOYEE); }
        "Claire takes the last role away" enabled h { let anne = h.enter(ANNE); remove(&mut h, ANNE, anne, CLAIRE, EMPLOYEE); }
        "… whose enrollment timed out meanwhile" enabled h {
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
            h.wait(limits::PENDING);
            let anne = h.enter(ANNE);
            remove(&mut h, ANNE, anne, CLAIRE, PARENT);
        }
        "… whose own replacement timed out, from herself" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wait(limits::PENDING);
            remove(&mut h, ANNE, anne, ANNE, PARENT);
        }
    }
}

fn of_demotions() -> Vec<Scene> {
    scenes! {
        "Anne demotes Bruno, for whom the break-glass code is being opened" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[BRUNO].promoted = Some(UnixTime(9));
            h.open(BRUNO, BREAK_GLASS);
            remove(&mut h, ANNE, anne, BRUNO, ADMINISTRATOR);
        }
        "… for Anne" enabled h {
            let anne = h.enter(ANNE);
            h.open(ANNE, BREAK_GLASS);
            remove(&mut h, ANNE, anne, BRUNO, ADMINISTRATOR);
        }
        "Anne takes the employee's role from Bruno" enabled h {
            let anne = h.enter(ANNE);
            remove(&mut h, ANNE, anne, BRUNO, EMPLOYEE);
        }
        "Bruno, who is not enrolled, takes the employee's role from Anne" enabled h {
            let bruno = unarmed(&mut h);
            remove(&mut h, BRUNO, bruno, ANNE, EMPLOYEE);
        }
        "… and the administrator's" enabled h {
            let bruno = unarmed(&mut h);
            remove(&mut h, BRUNO, bruno, ANNE, ADMINISTRATOR);
        }
    }
}

fn of_leavers() -> Vec<Scene> {
    scenes! {
        "Anne lets Claire go" mandated h {
            claire_errs(&mut h);
            gone(&mut h);
        }
        "Anne, promoted yesterday, lets Claire go" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.about(ANNE, anne, CLAIRE, Command::Deactivate);
        }
        "Anne lets Bruno go, for whom the reset code is out" enabled h {
            h.accounts[BRUNO].promoted = Some(UnixTime(9));
            h.broken_glass(BRUNO);
            let anne = h.enter(ANNE);
            h.about(ANNE, anne, BRUNO, Command::Deactivate);
        }
        "the host deletes Claire" mandated h { h.enroll(CLAIRE); h.host(CLAIRE, Command::HostDeactivate); }
        "the host deletes Bruno" enabled h { h.host(BRUNO, Command::HostDeactivate); }
        "… and then Anne" enabled h { h.host(BRUNO, Command::HostDeactivate); h.host(ANNE, Command::HostDeactivate); }
        "… who is not enrolled" enabled h {
            h.host(BRUNO, Command::HostDeactivate);
            h.host(ANNE, Command::ReportLost);
            h.host(ANNE, Command::HostDeactivate);
        }
        "… before enabling" new h { h.host(BRUNO, Command::HostDeactivate); h.host(ANNE, Command::HostDeactivate); }
    }
}

fn of_returns() -> Vec<Scene> {
    scenes! {
        "Anne re-hires Claire as a parent" enabled h { let anne = gone(&mut h); h.rehire(anne, CLAIRE, &[PARENT]); }
        "… the sixth of the day" enabled h {
            let anne = gone(&mut h);
            for _ in 0..5 { h.reset(ANNE, anne, DAVID); }
            h.rehire(anne, CLAIRE, &[PARENT]);
        }
        "… as nobody" enabled h { let anne = gone(&mut h); h.rehire(anne, CLAIRE, &[]); }
        "… as something that nobody defined" enabled h { let anne = gone(&mut h); h.rehire(anne, CLAIRE, &[RoleId(77)]); }
        "… as her own director" enabled h { let anne = gone(&mut h); define(&mut h, 9); h.rehire(anne, CLAIRE, &[RoleId(9)]); }
        "… as one of an administrator's rank" enabled h {
            let anne = gone(&mut h);
            define(&mut h, 2);
            h.rehire(anne, CLAIRE, &[RoleId(9)]);
        }
        "… as an administrator among others" enabled h {
            let anne = gone(&mut h);
            h.rehire(anne, CLAIRE, &[EMPLOYEE, ADMINISTRATOR]);
        }
        "Anne, promoted yesterday, re-hires" enabled h {
            let anne = gone(&mut h);
            h.accounts[ANNE].promoted = Some(h.ago(limits::DAY));
            h.rehire(anne, CLAIRE, &[EMPLOYEE]);
        }
        "Anne re-hires an administrator before enabling" new h {
            let anne = h.log_in(ANNE);
            h.about(ANNE, anne, BRUNO, Command::Deactivate);
            let (roles, reset_code, code) = (RoleSet::of(ADMINISTRATOR), digest(RESET_CODE), ABSENT);
            h.about(ANNE, anne, BRUNO, Command::Reactivate { roles, reset_code, code });
        }
    }
}
