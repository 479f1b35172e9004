//! Enrollment, replacement, reset codes, the toggle and addresses.

use super::*;

fn begin_from(fixture: &mut Fixture, who: usize, session: Session, access: Access) {
    let (reset_code, recovery) = (None, recovery_codes());
    fixture.ask(
        who,
        session,
        Command::BeginEnrollment {
            reset_code,
            recovery,
            access,
        },
    );
}

/// Claire, who must enroll, has begun in the first of two sessions.
fn begun(fixture: &mut Fixture) -> [Session; 2] {
    let sessions = [fixture.log_in(CLAIRE), fixture.log_in(CLAIRE)];
    fixture.begin(CLAIRE, sessions[0], None).unwrap();
    sessions
}

/// Anne resets Claire, who logs in.
fn reset(fixture: &mut Fixture) -> Session {
    let anne = fixture.enter(ANNE);
    fixture.reset(ANNE, anne, CLAIRE).unwrap();
    fixture.log_in(CLAIRE)
}

/// Bruno resets Anne, which voids the reset codes that she issued.
fn reset_anne(fixture: &mut Fixture) {
    let bruno = fixture.enter(BRUNO);
    fixture.reset(BRUNO, bruno, ANNE).unwrap();
}

fn turn_on(fixture: &mut Fixture, who: usize, session: Session) {
    let code = fixture.good();
    fixture.ask(who, session, Command::TurnOn { code });
}

fn change_address(fixture: &mut Fixture, who: usize, session: Session) {
    let code = fixture.good();
    let sent = digest(ADDRESS);
    fixture.ask(who, session, Command::ChangeAddress { code, sent });
}

/// David has begun to change his address.
fn changing(fixture: &mut Fixture) -> Session {
    let david = fixture.log_in(DAVID);
    let (code, sent) = (ABSENT, digest(ADDRESS));
    let begun = fixture.ask(DAVID, david, Command::ChangeAddress { code, sent });
    begun.unwrap();
    david
}

fn confirm_address(fixture: &mut Fixture, david: Session, code: Option<u8>) {
    let code = code.map(digest);
    fixture.ask(DAVID, david, Command::ConfirmAddress { code });
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_enrollments();
    all.extend(of_confirmations());
    all.extend(of_replacements());
    all.extend(of_reset_codes());
    all.extend(of_toggles());
    all.extend(of_addresses());
    all
}

fn of_enrollments() -> Vec<Scene> {
    scenes! {
        "Claire begins an enrollment" mandated h { begun(&mut h); }
        "… while recovery codes are offered" mandated h { h.organization.options.recovery_codes = true; begun(&mut h); }
        "… again in the same session" mandated h { let [claire, _] = begun(&mut h); h.begin(CLAIRE, claire, None); }
        "… six minutes after her password" mandated h { let claire = h.log_in(CLAIRE); h.wait(limits::RECENT + 1); h.begin(CLAIRE, claire, None); }
        "… from a denied address" mandated h {
            let claire = h.log_in(CLAIRE);
            begin_from(&mut h, CLAIRE, claire, Access::Denied);
        }
        "… as the fourth pending one" mandated h {
            for _ in 0..4 { let claire = h.log_in(CLAIRE); h.begin(CLAIRE, claire, None); }
        }
        "… as the thirty-first in a day" mandated h {
            for _ in 0..=limits::ENROLLMENTS_A_DAY {
                let claire = h.log_in(CLAIRE);
                h.begin(CLAIRE, claire, None);
                h.ask(CLAIRE, claire, Command::LogOut);
            }
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
        }
        "Anne begins an enrollment with a disabled authenticator" enabled h {
            h.disable(ANNE);
            h.accounts[ANNE].toggle = false;
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, None);
        }
        "… with a suspended one" enabled h {
            h.report_lost(ANNE);
            h.accounts[ANNE].toggle = false;
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, None);
        }
    }
}

fn of_confirmations() -> Vec<Scene> {
    scenes! {
        "Claire confirms an enrollment" mandated h {
            h.organization.options.recovery_codes = true;
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.confirm(CLAIRE, claire);
        }
        "… after recovery codes are no longer offered" mandated h {
            h.organization.options.recovery_codes = true;
            let [claire, _] = begun(&mut h);
            h.organization.options.recovery_codes = false;
            h.confirm(CLAIRE, claire);
        }
        "… from a denied address" mandated h {
            let [claire, _] = begun(&mut h);
            let (check, link, access) = (h.good().check, digest(LINK), Access::Denied);
            h.ask(CLAIRE, claire, Command::ConfirmEnrollment { check, link, break_glass: None, access });
        }
        "… of another session" mandated h { let [_, other] = begun(&mut h); h.confirm(CLAIRE, other); }
        "… that was not begun" mandated h { let claire = h.log_in(CLAIRE); h.confirm(CLAIRE, claire); }
        "… that has expired" mandated h { let [claire, _] = begun(&mut h); h.wait(limits::PENDING); h.confirm(CLAIRE, claire); }
        "… with a wrong code while another session has one pending" mandated h {
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.confirm_with(CLAIRE, claire, CodeCheck::Wrong { behind: Some(3) }, None);
        }
        "… with the tenth wrong code" mandated h {
            let [claire, _] = begun(&mut h);
            for _ in 0..limits::PENDING_TRIES {
                h.confirm_with(CLAIRE, claire, CodeCheck::Wrong { behind: None }, None);
            }
        }
        "… without a code" mandated h { let [claire, _] = begun(&mut h); h.confirm_with(CLAIRE, claire, CodeCheck::Absent, None); }
        "… with a used code" mandated h {
            let [claire, _] = begun(&mut h);
            h.confirm_with(CLAIRE, claire, CodeCheck::Used { step: 1, wait: 9 }, None);
        }
        "Claire cancels an enrollment" mandated h {
            let [claire, other] = begun(&mut h);
            h.begin(CLAIRE, other, None);
            h.ask(CLAIRE, claire, Command::CancelEnrollment);
        }
        "… of another session" mandated h { let [_, other] = begun(&mut h); h.ask(CLAIRE, other, Command::CancelEnrollment); }
    }
}

fn of_replacements() -> Vec<Scene> {
    scenes! {
        "Anne begins a replacement" enabled h { let anne = h.enter(ANNE); h.replace(ANNE, anne); }
        "… and repeats the command without a code" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wait(60);
            let (code, recovery) = (ABSENT, RecoverySet::EMPTY);
            h.ask(ANNE, anne, Command::BeginReplacement { code, recovery });
        }
        "… for another account" enabled h {
            let anne = h.enter(ANNE);
            let (code, recovery) = (h.good(), RecoverySet::EMPTY);
            h.about(ANNE, anne, CLAIRE, Command::BeginReplacement { code, recovery });
        }
        "… as the fourth pending one, which consumes no code" enabled h { for _ in 0..4 { let anne = h.enter(ANNE); h.replace(ANNE, anne); } }
        "David begins a replacement while a first enrollment is pending" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None);
            h.replace(DAVID, david);
        }
        "Anne confirms a replacement after a failure" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.wrong(ANNE, anne, CodeSource::Stranger);
            h.confirm(ANNE, anne);
        }
        "Bruno enrolls while break-glass is opening" enabled h {
            h.report_lost(BRUNO);
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, BRUNO);
            h.open(ANNE, BREAK_GLASS);
            let bruno = h.log_in(BRUNO);
            h.begin(BRUNO, bruno, Some(RESET_CODE));
            h.confirm(BRUNO, bruno);
        }
        "Anne enrolls by break-glass with a new break-glass code" enabled h {
            h.open_and_collect(ANNE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
            let check = h.good().check;
            h.confirm_with(ANNE, anne, check, Some(42));
        }
        "Anne enrolls by break-glass without a new break-glass code" enabled h {
            h.open_and_collect(ANNE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
            let check = h.good().check;
            h.confirm_with(ANNE, anne, check, None);
        }
    }
}

fn of_reset_codes() -> Vec<Scene> {
    scenes! {
        "Claire begins an enrollment after a reset, without the reset code" mandated h { let claire = reset(&mut h); h.begin(CLAIRE, claire, None); }
        "Claire begins an enrollment with a wrong reset code" mandated h { let claire = reset(&mut h); h.begin(CLAIRE, claire, Some(99)); }
        "… while three enrollments are pending, and it is not checked" mandated h {
            reset(&mut h);
            for _ in 0..3 { let claire = h.log_in(CLAIRE); h.begin(CLAIRE, claire, Some(RESET_CODE)); }
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, Some(99));
        }
        "… and then with the right one" mandated h {
            let claire = reset(&mut h);
            h.begin(CLAIRE, claire, Some(99));
            h.begin(CLAIRE, claire, Some(RESET_CODE));
        }
        "Claire begins an enrollment after she reported the last one as unrecognized" mandated h {
            h.enroll(CLAIRE);
            h.host(CLAIRE, Command::ReportUnrecognized { link: digest(LINK) });
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
        }
        "David, who once had an authenticator, begins an enrollment without a reset code" enabled h {
            h.accounts[DAVID].ever = true;
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None);
        }
        "Claire begins an enrollment with a reset code that is 24 hours old" mandated h {
            reset(&mut h);
            h.wait(limits::RESET_CODE);
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
        }
        "Anne begins an enrollment with a break-glass reset code that is ten minutes old" enabled h {
            h.open_and_collect(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            let anne = h.log_in(ANNE);
            h.begin(ANNE, anne, Some(RESET_CODE));
        }
        "Claire begins an enrollment with a reset code whose author was reset" mandated h {
            let claire = reset(&mut h);
            reset_anne(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
        }
        "Claire confirms an enrollment after the author of the reset code was reset" mandated h {
            let claire = reset(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
            reset_anne(&mut h);
            h.confirm(CLAIRE, claire);
        }
        "Claire confirms an enrollment after the reset code became void" mandated h {
            let claire = reset(&mut h);
            h.begin(CLAIRE, claire, Some(RESET_CODE));
            let other = h.log_in(CLAIRE);
            reset_anne(&mut h);
            h.begin(CLAIRE, other, Some(RESET_CODE));
            h.confirm(CLAIRE, claire);
        }
    }
}

fn of_toggles() -> Vec<Scene> {
    scenes! {
        "David turns the second factor on" enabled h {
            h.enroll(DAVID);
            let david = h.turned_off(DAVID);
            turn_on(&mut h, DAVID, david);
        }
        "Anne turns the second factor on for another account" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].toggle = false;
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::TurnOn { code });
        }
        "David turns the second factor on without an authenticator" enabled h { let david = h.log_in(DAVID); turn_on(&mut h, DAVID, david); }
        "Anne turns the second factor on while break-glass is opening" enabled h {
            let anne = h.turned_off(ANNE);
            h.open(BRUNO, BREAK_GLASS);
            turn_on(&mut h, ANNE, anne);
        }
        "David turns the second factor off" enabled h { let david = h.enroll(DAVID); h.turn_off(DAVID, david); }
        "… without a code" enabled h { let david = h.enroll(DAVID); h.ask(DAVID, david, Command::TurnOff { code: ABSENT }); }
        "Anne turns the second factor off for another account" enabled h {
            let anne = h.enter(ANNE);
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::TurnOff { code });
        }
        "David turns the second factor off after the strict latch was chosen" enabled h {
            let david = h.enroll(DAVID);
            let anne = h.enter(ANNE);
            h.ask(ANNE, anne, Command::Harden);
            h.wait(60);
            h.turn_off(DAVID, david);
        }
        "David turns the second factor off under an initial strict latch" enabled h {
            h.organization.preset = Preset::StrictLatch;
            let david = h.enroll(DAVID);
            h.turn_off(DAVID, david);
        }
        "Claire turns the second factor off under an announced mandate" enabled h {
            let claire = h.enroll(CLAIRE);
            let anne = h.enter(ANNE);
            h.schedule_mandate(anne, EMPLOYEE, 9);
            h.turn_off(CLAIRE, claire);
        }
        "David turns the second factor off with an undefined role" enabled h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].roles = RoleSet::of(RoleId(77));
            h.turn_off(DAVID, david);
        }
    }
}

fn of_addresses() -> Vec<Scene> {
    scenes! {
        "Anne changes the notice address of another account" enabled h {
            let anne = h.enter(ANNE);
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::ChangeAddress { code, sent: digest(ADDRESS) });
        }
        "Anne changes her notice address" enabled h { let anne = h.enter(ANNE); change_address(&mut h, ANNE, anne); }
        "… without a code" enabled h { let anne = h.enter(ANNE); h.ask(ANNE, anne, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) }); }
        "… after her phone was lost" enabled h {
            h.report_lost(ANNE);
            h.accounts[ANNE].toggle = false;
            let anne = h.log_in(ANNE);
            change_address(&mut h, ANNE, anne);
        }
        "David changes his notice address without an authenticator" enabled h {
            let david = h.log_in(DAVID);
            h.ask(DAVID, david, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) });
        }
        "… six minutes after his password" enabled h {
            let david = h.log_in(DAVID);
            h.wait(limits::RECENT + 1);
            h.ask(DAVID, david, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) });
        }
        "… for the eleventh time in a day" enabled h {
            for _ in 0..11 {
                let david = h.log_in(DAVID);
                h.ask(DAVID, david, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) });
            }
        }
        "David types the code that was sent to his new address" enabled h { let david = changing(&mut h); confirm_address(&mut h, david, Some(ADDRESS)); }
        "… with a mistake" enabled h { let david = changing(&mut h); confirm_address(&mut h, david, Some(RESET_CODE)); }
        "… and something else" enabled h { let david = changing(&mut h); confirm_address(&mut h, david, None); }
        "… ten minutes late" enabled h { let david = changing(&mut h); h.wait(limits::ADDRESS_CODE); confirm_address(&mut h, david, Some(ADDRESS)); }
        "the host changes Anne's notice address" enabled h { h.host(ANNE, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) }); }
        "the host changes the notice address of a deactivated account" enabled h {
            h.host(CLAIRE, Command::HostDeactivate);
            h.host(CLAIRE, Command::ChangeAddress { code: ABSENT, sent: digest(ADDRESS) });
        }
    }
}
