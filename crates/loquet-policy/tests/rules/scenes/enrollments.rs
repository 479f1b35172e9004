//! Enrollment, replacement, reset codes and the owner's switch.

use super::*;

fn begin_from(house: &mut House, who: usize, session: Session, access: Access) {
    let (reset_code, recovery) = (None, recovery_codes());
    house.ask(
        who,
        session,
        Command::BeginEnrollment {
            reset_code,
            recovery,
            access,
        },
    );
}

/// Claire, who must enroll, has begun to in the first of two sessions.
fn begun(house: &mut House) -> [Session; 2] {
    let sessions = [house.log_in(CLAIRE), house.log_in(CLAIRE)];
    house.begin(CLAIRE, sessions[0], None).unwrap();
    sessions
}

/// Claire was reset by Anne, and has logged in.
fn reset(house: &mut House) -> Session {
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    house.log_in(CLAIRE)
}

/// Bruno resets Anne, which voids the reset codes that she gave out.
fn reset_anne(house: &mut House) {
    let bruno = house.enter(BRUNO);
    house.reset(BRUNO, bruno, ANNE).unwrap();
}

fn switch_on(house: &mut House, who: usize, session: Session) {
    let code = house.good();
    house.ask(who, session, Command::TurnOn { code });
}

fn change_address(house: &mut House, who: usize, session: Session) {
    let code = house.good();
    house.ask(who, session, Command::ChangeAddress { code });
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_enrollments();
    all.extend(of_replacements());
    all.extend(of_reset_codes());
    all.extend(of_switches());
    all.extend(of_addresses());
    all
}

fn of_enrollments() -> Vec<Scene> {
    scenes! {
        "Claire begins her enrollment" mandated h { begun(&mut h); }
        "… where recovery codes are offered" mandated h { h.organization.options.recovery_codes = true; begun(&mut h); }
        "… again, in the same session" mandated h { let [claire, _] = begun(&mut h); h.begin(CLAIRE, claire, None); }
        "… from where nobody may" mandated h {
            let claire = h.log_in(CLAIRE);
            begin_from(&mut h, CLAIRE, claire, Access::Denied);
        }
        "… the fourth" mandated h {
            for _ in 0..4 { let claire = h.log_in(CLAIRE); h.begin(CLAIRE, claire, None); }
        }
        "… when it is disabled" enabled h {
            h.host(ANNE, Command::ReportLost);
            h.accounts[ANNE].toggle = false;
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, None);
        }
        "Claire confirms it" mandated h {
            h.organization.options.recovery_codes = true;
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.confirm(CLAIRE, claire);
        }
        "… after recovery codes were given up" mandated h {
            h.organization.options.recovery_codes = true;
            let [claire, _] = begun(&mut h);
            h.organization.options.recovery_codes = false;
            h.confirm(CLAIRE, claire);
        }
        "… from where nobody may" mandated h {
            let [claire, _] = begun(&mut h);
            let (check, link, access) = (h.good().check, digest(LINK), Access::Denied);
            h.ask(CLAIRE, claire, Command::ConfirmEnrollment { check, link, break_glass: None, access });
        }
        "… in another session" mandated h { let [_, other] = begun(&mut h); h.confirm(CLAIRE, other); }
        "… that was not begun" mandated h { let claire = h.log_in(CLAIRE); h.confirm(CLAIRE, claire); }
        "… that timed out" mandated h { let [claire, _] = begun(&mut h); h.wait(limits::PENDING); h.confirm(CLAIRE, claire); }
        "… with a wrong code, beside another session's" mandated h {
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.confirm_with(CLAIRE, claire, CodeCheck::Wrong { behind: Some(3) }, None);
        }
        "… with none" mandated h { let [claire, _] = begun(&mut h); h.confirm_with(CLAIRE, claire, CodeCheck::Absent, None); }
        "… with one that was used" mandated h {
            let [claire, _] = begun(&mut h);
            h.confirm_with(CLAIRE, claire, CodeCheck::Used { step: 1, wait: 9 }, None);
        }
        "Claire gives it up" mandated h {
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.ask(CLAIRE, claire, Command::CancelEnrollment);
        }
        "… in another session" mandated h { let [_, other] = begun(&mut h); h.ask(CLAIRE, other, Command::CancelEnrollment); }
    }
}

fn of_replacements() -> Vec<Scene> {
    scenes! {
        "Anne begins a replacement" enabled h { let anne = h.enter(ANNE); h.replace(ANNE, anne); }
        "… and is shown it again without a code" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wait(60);
            let (code, recovery) = (ABSENT, RecoverySet::EMPTY);
            h.ask(ANNE, anne, Command::BeginReplacement { code, recovery });
        }
        "… of somebody else" enabled h {
            let anne = h.enter(ANNE);
            let (code, recovery) = (h.good(), RecoverySet::EMPTY);
            h.about(ANNE, anne, CLAIRE, Command::BeginReplacement { code, recovery });
        }
        "… the fourth, which uses up no code" enabled h { for _ in 0..4 { let anne = h.enter(ANNE); h.replace(ANNE, anne); } }
        "… where a first enrollment is begun" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None);
            h.replace(DAVID, david);
        }
        "Anne confirms it, after failures" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wrong(ANNE, anne, Vantage::Stranger);
            h.confirm(ANNE, anne);
        }
        "Bruno enrolls while the break-glass code is being opened" enabled h {
            h.host(BRUNO, Command::ReportLost);
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, BRUNO);
            h.open(ANNE, BREAK_GLASS);
            let bruno = h.log_in(BRUNO);
            h.begin(BRUNO, bruno, Some(RESET_CODE));
            h.confirm(BRUNO, bruno);
        }
        "Anne enrolls by break-glass, and the break-glass code is another" enabled h {
            h.broken_glass(ANNE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
            let check = h.good().check;
            h.confirm_with(ANNE, anne, check, Some(42));
        }
        "… is not renewed" enabled h {
            h.broken_glass(ANNE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
            let check = h.good().check;
            h.confirm_with(ANNE, anne, check, None);
        }
    }
}

fn of_reset_codes() -> Vec<Scene> {
    scenes! {
        "after a reset, no reset code" mandated h { let claire = reset(&mut h); h.begin(CLAIRE, claire, None); }
        "a wrong reset code" mandated h { let claire = reset(&mut h); h.begin(CLAIRE, claire, Some(99)); }
        "a wrong reset code beside three enrollments is not looked at" mandated h {
            reset(&mut h);
            for _ in 0..3 { let claire = h.log_in(CLAIRE); h.begin(CLAIRE, claire, Some(RESET_CODE)); }
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, Some(99));
        }
        "the tenth wrong reset code" mandated h { let claire = reset(&mut h); for _ in 0..10 { h.begin(CLAIRE, claire, Some(99)); } }
        "… and then none" mandated h {
            let claire = reset(&mut h);
            for _ in 0..10 { h.begin(CLAIRE, claire, Some(99)); }
            h.begin(CLAIRE, claire, None);
        }
        "a reset code of yesterday" mandated h {
            reset(&mut h);
            h.wait(limits::RESET_CODE);
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
        }
        "… of break-glass, ten minutes old" enabled h {
            h.broken_glass(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
        }
        "a reset code whose author was reset meanwhile" mandated h {
            let claire = reset(&mut h);
            reset_anne(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
        }
        "… after the enrollment was begun" mandated h {
            let claire = reset(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
            reset_anne(&mut h);
            h.confirm(CLAIRE, claire);
        }
        "… and became void by wrong ones" mandated h {
            let claire = reset(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
            let other = h.log_in(CLAIRE);
            for _ in 0..10 { h.begin(CLAIRE, other, Some(99)); }
            h.confirm(CLAIRE, claire);
        }
    }
}

fn of_switches() -> Vec<Scene> {
    scenes! {
        "David switches the question on" enabled h {
            h.enroll(DAVID);
            let david = h.switched_off(DAVID);
            switch_on(&mut h, DAVID, david);
        }
        "… for somebody else" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].toggle = false;
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::TurnOn { code });
        }
        "… with nothing bound" enabled h { let david = h.log_in(DAVID); switch_on(&mut h, DAVID, david); }
        "Anne switches it on while the break-glass code is being opened" enabled h {
            let anne = h.switched_off(ANNE);
            h.open(BRUNO, BREAK_GLASS);
            switch_on(&mut h, ANNE, anne);
        }
        "David switches it off" enabled h { let david = h.enroll(DAVID); h.switch_off(DAVID, david); }
        "… without a code" enabled h { let david = h.enroll(DAVID); h.ask(DAVID, david, Command::TurnOff { code: ABSENT }); }
        "… for somebody else" enabled h {
            let anne = h.enter(ANNE);
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::TurnOff { code });
        }
        "… under the strict latch" enabled h {
            let david = h.enroll(DAVID);
            let anne = h.enter(ANNE);
            h.ask(ANNE, anne, Command::Harden);
            h.wait(60);
            h.switch_off(DAVID, david);
        }
        "… that was there from the start" enabled h {
            h.organization.preset = Preset::StrictLatch;
            let david = h.enroll(DAVID);
            h.switch_off(DAVID, david);
        }
        "… under an announced mandate" enabled h {
            let claire = h.enroll(CLAIRE);
            let anne = h.enter(ANNE);
            h.announce(anne, EMPLOYEE, 9);
            h.switch_off(CLAIRE, claire);
        }
        "who holds a role that nobody defined switches it off" enabled h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].roles = RoleSet::of(RoleId(77));
            h.switch_off(DAVID, david);
        }
    }
}

fn of_addresses() -> Vec<Scene> {
    scenes! {
        "Anne leads somebody else's notices elsewhere" enabled h {
            let anne = h.enter(ANNE);
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::ChangeAddress { code });
        }
        "Anne leads her own elsewhere" enabled h { let anne = h.enter(ANNE); change_address(&mut h, ANNE, anne); }
        "… without a code" enabled h { let anne = h.enter(ANNE); h.ask(ANNE, anne, Command::ChangeAddress { code: ABSENT }); }
        "… after she lost her phone" enabled h {
            h.host(ANNE, Command::ReportLost);
            h.accounts[ANNE].toggle = false;
            let anne = h.log_in(ANNE);
            change_address(&mut h, ANNE, anne);
        }
        "David, who has nothing, leads his elsewhere" enabled h {
            let david = h.log_in(DAVID);
            h.ask(DAVID, david, Command::ChangeAddress { code: ABSENT });
        }
        "the host does" enabled h { h.host(ANNE, Command::ChangeAddress { code: ABSENT }); }
        "the host leads those of one who left elsewhere" enabled h {
            h.host(CLAIRE, Command::HostDeactivate);
            h.host(CLAIRE, Command::ChangeAddress { code: ABSENT });
        }
    }
}
