//! Commands of administrators about other accounts.

use super::*;

fn reset_aloud(fixture: &mut Fixture, anne: Session) {
    let (reset_code, aloud, code) = (digest(RESET_CODE), true, fixture.good());
    fixture.about(
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

fn reset_without_code(fixture: &mut Fixture, anne: Session) {
    let (reset_code, aloud, code) = (digest(RESET_CODE), false, ABSENT);
    fixture.about(
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

/// Returns Anne's session, who was promoted so many seconds ago, with a recent code.
fn promoted(fixture: &mut Fixture, seconds: u64) -> Session {
    fixture.accounts[ANNE].promoted = Some(fixture.ago(seconds));
    fixture.enter(ANNE)
}

/// Anne deactivates Claire.
fn claire_deactivated(fixture: &mut Fixture) -> Session {
    let anne = fixture.enter(ANNE);
    fixture
        .about(ANNE, anne, CLAIRE, Command::Deactivate)
        .unwrap();
    anne
}

fn remove(fixture: &mut Fixture, who: usize, session: Session, whom: usize, role: RoleId) {
    fixture.about(who, session, whom, Command::RemoveRole { role });
}

/// Claire enrolls and submits one wrong code.
fn claire_enrolls_and_fails(fixture: &mut Fixture) {
    fixture.organization.options.recovery_codes = true;
    let claire = fixture.enroll(CLAIRE);
    fixture.wrong(CLAIRE, claire, CodeSource::Stranger);
}

/// Returns the session of Bruno, an administrator with a lost phone and the toggle off.
fn bruno_without_phone(fixture: &mut Fixture) -> Session {
    fixture.report_lost(BRUNO);
    fixture.accounts[BRUNO].toggle = false;
    fixture.log_in(BRUNO)
}

fn define(fixture: &mut Fixture, rank: u8) {
    let director = RoleDefinition {
        id: RoleId(9),
        rank,
        implies: None,
    };
    fixture.organization = fixture.organization.clone().with_roles([director]);
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_resets();
    all.extend(of_roles());
    all.extend(of_demotions());
    all.extend(of_deactivations());
    all.extend(of_reactivations());
    all
}

fn of_resets() -> Vec<Scene> {
    scenes! {
        "Anne resets Claire" mandated h {
            claire_enrolls_and_fails(&mut h);
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
        }
        "… and reads the reset code aloud" enabled h { let anne = h.enter(ANNE); reset_aloud(&mut h, anne); }
        "… without a code" enabled h { let anne = h.enter(ANNE); reset_without_code(&mut h, anne); }
        "… without a code, six minutes after her last one" enabled h {
            let anne = h.enter(ANNE);
            h.wait(limits::RECENT + 1);
            reset_without_code(&mut h, anne);
        }
        "Anne resets Bruno" enabled h { let anne = h.enter(ANNE); h.reset(ANNE, anne, BRUNO); }
        "Anne makes her second reset of the day" enabled h {
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
            h.wait(60);
            h.reset(ANNE, anne, CLAIRE);
        }
        "Anne makes her sixth reset of the day" enabled h { let anne = h.enter(ANNE); for _ in 0..6 { h.reset(ANNE, anne, CLAIRE); } }
        "Anne makes her sixth reset exactly 24 hours after the first" enabled h {
            let anne = h.enter(ANNE);
            for _ in 0..5 { h.reset(ANNE, anne, CLAIRE); }
            h.wait(limits::DAY);
            h.reset(ANNE, anne, CLAIRE);
        }
        "Anne, promoted a day ago, resets Claire" enabled h { let anne = promoted(&mut h, limits::DAY); h.reset(ANNE, anne, CLAIRE); }
        "… while no other administrator is enrolled" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.disable(BRUNO);
            h.reset(ANNE, anne, CLAIRE);
        }
        "… while the other one is suspended" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.report_lost(BRUNO);
            h.reset(ANNE, anne, CLAIRE);
        }
        "Anne, promoted three days ago, resets Claire" enabled h {
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
        "Anne makes David a parent, which he is already" enabled h { let anne = h.enter(ANNE); h.add_role(ANNE, anne, DAVID, PARENT); }
        "Anne gives David an undefined role" enabled h { let anne = h.enter(ANNE); h.add_role(ANNE, anne, DAVID, RoleId(77)); }
        "Anne gives David a role of higher rank than hers" enabled h {
            define(&mut h, 9);
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, DAVID, RoleId(9));
        }
        "Anne gives David a ninth role" enabled h {
            h.accounts[DAVID].roles = RoleSet::new((40..48).map(RoleId)).unwrap();
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, DAVID, PARENT);
        }
        "Anne makes Claire an administrator" enabled h {
            h.enroll(CLAIRE);
            let anne = h.enter(ANNE);
            h.add_role(ANNE, anne, CLAIRE, ADMINISTRATOR);
        }
        "Anne, promoted a day ago, adds a role" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.add_role(ANNE, anne, DAVID, EMPLOYEE);
        }
        "Anne, promoted a day ago, removes a role" enabled h { let anne = promoted(&mut h, limits::DAY); remove(&mut h, ANNE, anne, BRUNO, EMPLOYEE); }
        "Anne removes Claire's last role" enabled h { let anne = h.enter(ANNE); remove(&mut h, ANNE, anne, CLAIRE, EMPLOYEE); }
        "Anne removes a role that Claire lacks, and Claire's enrollment has expired" enabled h {
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
            h.wait(limits::PENDING);
            let anne = h.enter(ANNE);
            remove(&mut h, ANNE, anne, CLAIRE, PARENT);
        }
        "Anne removes her own role, and her replacement has expired" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wait(limits::PENDING);
            remove(&mut h, ANNE, anne, ANNE, PARENT);
        }
    }
}

fn of_demotions() -> Vec<Scene> {
    scenes! {
        "Anne demotes Bruno while break-glass opens for him" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[BRUNO].promoted = Some(UnixTime(9));
            h.open(BRUNO, BREAK_GLASS);
            remove(&mut h, ANNE, anne, BRUNO, ADMINISTRATOR);
        }
        "Anne demotes Bruno while break-glass opens for herself" enabled h {
            let anne = h.enter(ANNE);
            h.open(ANNE, BREAK_GLASS);
            remove(&mut h, ANNE, anne, BRUNO, ADMINISTRATOR);
        }
        "Anne removes Bruno's employee role" enabled h {
            let anne = h.enter(ANNE);
            remove(&mut h, ANNE, anne, BRUNO, EMPLOYEE);
        }
        "Bruno, not enrolled, removes Anne's employee role" enabled h {
            let bruno = bruno_without_phone(&mut h);
            remove(&mut h, BRUNO, bruno, ANNE, EMPLOYEE);
        }
        "Bruno, not enrolled, removes Anne's administrator role" enabled h {
            let bruno = bruno_without_phone(&mut h);
            remove(&mut h, BRUNO, bruno, ANNE, ADMINISTRATOR);
        }
    }
}

fn of_deactivations() -> Vec<Scene> {
    scenes! {
        "Anne deactivates Claire" mandated h {
            claire_enrolls_and_fails(&mut h);
            claire_deactivated(&mut h);
        }
        "Anne, promoted a day ago, deactivates Claire" enabled h {
            let anne = promoted(&mut h, limits::DAY);
            h.about(ANNE, anne, CLAIRE, Command::Deactivate);
        }
        "Anne deactivates Bruno while break-glass is open for him" enabled h {
            h.accounts[BRUNO].promoted = Some(UnixTime(9));
            h.open_and_collect(BRUNO);
            let anne = h.enter(ANNE);
            h.about(ANNE, anne, BRUNO, Command::Deactivate);
        }
        "the host deactivates Claire" mandated h { h.enroll(CLAIRE); h.host(CLAIRE, Command::HostDeactivate); }
        "the host deactivates Bruno" enabled h { h.host(BRUNO, Command::HostDeactivate); }
        "… and then Anne" enabled h { h.host(BRUNO, Command::HostDeactivate); h.host(ANNE, Command::HostDeactivate); }
        "… and then Anne, who is not enrolled" enabled h {
            h.host(BRUNO, Command::HostDeactivate);
            h.report_lost(ANNE);
            h.host(ANNE, Command::HostDeactivate);
        }
        "… and then Anne, before enabling" new h { h.host(BRUNO, Command::HostDeactivate); h.host(ANNE, Command::HostDeactivate); }
    }
}

fn of_reactivations() -> Vec<Scene> {
    scenes! {
        "Anne reactivates Claire as a parent" enabled h { let anne = claire_deactivated(&mut h); h.reactivate(anne, CLAIRE, &[PARENT]); }
        "Anne reactivates Claire after five resets" enabled h {
            let anne = claire_deactivated(&mut h);
            for _ in 0..5 { h.reset(ANNE, anne, DAVID); }
            h.reactivate(anne, CLAIRE, &[PARENT]);
        }
        "Anne reactivates Claire without roles" enabled h { let anne = claire_deactivated(&mut h); h.reactivate(anne, CLAIRE, &[]); }
        "Anne reactivates Claire with an undefined role" enabled h { let anne = claire_deactivated(&mut h); h.reactivate(anne, CLAIRE, &[RoleId(77)]); }
        "Anne reactivates Claire with a role of higher rank than hers" enabled h { let anne = claire_deactivated(&mut h); define(&mut h, 9); h.reactivate(anne, CLAIRE, &[RoleId(9)]); }
        "Anne reactivates Claire with another role of administrator rank" enabled h {
            let anne = claire_deactivated(&mut h);
            define(&mut h, 2);
            h.reactivate(anne, CLAIRE, &[RoleId(9)]);
        }
        "Anne reactivates Claire as an administrator" enabled h {
            let anne = claire_deactivated(&mut h);
            h.reactivate(anne, CLAIRE, &[EMPLOYEE, ADMINISTRATOR]);
        }
        "Anne, promoted a day ago, reactivates Claire" enabled h {
            let anne = claire_deactivated(&mut h);
            h.accounts[ANNE].promoted = Some(h.ago(limits::DAY));
            h.reactivate(anne, CLAIRE, &[EMPLOYEE]);
        }
        "Anne reactivates an administrator before enabling" new h {
            let anne = h.log_in(ANNE);
            h.about(ANNE, anne, BRUNO, Command::Deactivate);
            let (roles, reset_code, code) = (RoleSet::of(ADMINISTRATOR), digest(RESET_CODE), ABSENT);
            h.about(ANNE, anne, BRUNO, Command::Reactivate { roles, reset_code, code });
        }
    }
}
