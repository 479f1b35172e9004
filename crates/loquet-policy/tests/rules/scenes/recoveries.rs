//! Recovery codes, lost phones and break-glass.

use super::*;

/// David enrolls with ten codes and uses the first.
fn recovering(fixture: &mut Fixture) -> Session {
    let david = fixture.enroll(DAVID);
    fixture
        .recover(DAVID, david, CODES)
        .map(session_of)
        .unwrap()
}

/// David's phone is lost after so many failures.
fn disabled(fixture: &mut Fixture, failures: u8) -> Session {
    fixture.enroll(DAVID);
    fixture.host(DAVID, Command::ReportLost);
    fixture.accounts[DAVID].attempts.total = failures;
    fixture.log_in(DAVID)
}

fn report_unrecognized(fixture: &mut Fixture, who: usize, link: u8) {
    let link = digest(link);
    fixture.host(who, Command::ReportUnrecognized { link });
}

fn log_in_from_denied_address(fixture: &mut Fixture, who: usize) {
    let access = Access::Denied;
    fixture.host(who, Command::LogIn { access });
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_codes();
    all.extend(of_losses());
    all.extend(of_break_glass());
    all
}

fn of_codes() -> Vec<Scene> {
    scenes! {
        "David uses a recovery code" with_codes h { recovering(&mut h); }
        "Anne uses a recovery code" with_codes h { let anne = h.enter(ANNE); h.recover(ANNE, anne, CODES); }
        "… while none are offered" enabled h { let anne = h.enter(ANNE); h.recover(ANNE, anne, CODES); }
        "… that is malformed" with_codes h {
            let anne = h.enter(ANNE);
            let (code, source, access) = (None, CodeSource::Stranger, ACCESS);
            h.ask(ANNE, anne, Command::UseRecoveryCode { code, source, access });
        }
        "David uses a recovery code from a denied address" with_codes h {
            let david = h.enroll(DAVID);
            let (code, source, access) = (Some(digest(CODES)), CodeSource::Stranger, Access::Denied);
            h.ask(DAVID, david, Command::UseRecoveryCode { code, source, access });
        }
        "David uses a recovery code during a wait" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.stranger.until = h.now.plus(9);
            h.recover(DAVID, david, CODES);
        }
        "David uses a recovery code as a stranger after eighty failures" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 80;
            h.recover(DAVID, david, CODES);
        }
        "David uses a recovery code with a disabled authenticator" with_codes h { let david = disabled(&mut h, 100); h.recover(DAVID, david, CODES); }
        "David uses a wrong recovery code with a disabled authenticator" with_codes h { let david = disabled(&mut h, 100); h.recover(DAVID, david, 99); }
        "a wrong recovery code is the eightieth failure" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 79;
            h.recover(DAVID, david, 99);
        }
        "the recovering session begins an enrollment" with_codes h {
            let david = recovering(&mut h);
            h.begin(DAVID, david, None);
        }
        "… after ten minutes" with_codes h {
            let david = recovering(&mut h);
            h.wait(limits::PENDING);
            h.begin(DAVID, david, None);
        }
        "another session begins an enrollment during a recovery" with_codes h { recovering(&mut h); let other = h.log_in(DAVID); h.begin(DAVID, other, None); }
        "… with a reset code" with_codes h { recovering(&mut h); let other = h.log_in(DAVID); h.begin(DAVID, other, Some(9)); }
        "another session uses a recovery code during a recovery" with_codes h {
            recovering(&mut h);
            let other = h.log_in(DAVID);
            h.recover(DAVID, other, CODES + 1);
        }
        "the recovery expires while its enrollment is pending" with_codes h {
            let david = recovering(&mut h);
            h.wait(limits::PENDING - 1);
            h.begin(DAVID, david, None);
            h.wait(1);
            h.confirm(DAVID, david);
        }
        "the password is changed during a recovery" with_codes h {
            recovering(&mut h);
            h.host(DAVID, Command::PasswordChanged { by_owner: true });
        }
    }
}

fn of_losses() -> Vec<Scene> {
    scenes! {
        "Claire reports her phone lost" mandated h {
            let claire = h.enroll(CLAIRE);
            h.replace(CLAIRE, claire);
            h.host(CLAIRE, Command::ReportLost);
        }
        "Anne reports her phone lost" enabled h { h.host(ANNE, Command::ReportLost); }
        "David reports an enrollment as unrecognized" with_codes h {
            h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 3;
            report_unrecognized(&mut h, DAVID, LINK);
        }
        "Anne reports an enrollment as unrecognized" enabled h { report_unrecognized(&mut h, ANNE, LINK); }
        "… with a wrong link" enabled h { report_unrecognized(&mut h, ANNE, 99); }
        "… after seven days" enabled h { h.wait(limits::BINDING_LINK); report_unrecognized(&mut h, ANNE, LINK); }
        "David reports an enrollment as unrecognized during a recovery" with_codes h { recovering(&mut h); report_unrecognized(&mut h, DAVID, LINK); }
    }
}

fn of_break_glass() -> Vec<Scene> {
    scenes! {
        "the host opens break-glass for Anne" enabled h { h.open(ANNE, BREAK_GLASS); }
        "… twice" enabled h { h.open(ANNE, BREAK_GLASS); h.open(ANNE, BREAK_GLASS); }
        "the host submits a wrong break-glass code" enabled h { h.open(ANNE, 99); }
        "… ten times" enabled h { for _ in 0..10 { h.open(ANNE, 99); } }
        "… ten times and then the right one" enabled h { for _ in 0..10 { h.open(ANNE, 99); } h.open(ANNE, BREAK_GLASS); }
        "… ten times and the right one three days later" enabled h {
            for _ in 0..10 { h.open(ANNE, 99); }
            h.wait(limits::BREAK_GLASS_CODE_VOID);
            h.open(ANNE, BREAK_GLASS);
        }
        "the host collects the reset code" enabled h { h.open_and_collect(ANNE); }
        "… a second too early" enabled h {
            h.open(ANNE, BREAK_GLASS);
            h.wait(limits::BREAK_GLASS - 1);
            h.collect(ANNE, BREAK_GLASS);
        }
        "… with a wrong break-glass code" enabled h { h.open(ANNE, BREAK_GLASS); h.wait(limits::BREAK_GLASS); h.collect(ANNE, 99); }
        "… for another administrator" enabled h { h.open(ANNE, BREAK_GLASS); h.wait(limits::BREAK_GLASS); h.collect(BRUNO, BREAK_GLASS); }
        "… a day too late" enabled h {
            h.open(ANNE, BREAK_GLASS);
            h.wait(limits::BREAK_GLASS + limits::BREAK_GLASS_COLLECT);
            h.collect(ANNE, BREAK_GLASS);
        }
        "the host opens break-glass after the reset code expired" enabled h {
            h.open_and_collect(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            h.open(ANNE, BREAK_GLASS);
        }
        "the host opens break-glass a second before the reset code expires" enabled h {
            h.open_and_collect(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE - 1);
            h.open(ANNE, BREAK_GLASS);
        }
        "Anne logs in by break-glass from a denied address" mandated h {
            h.open_and_collect(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE - 1);
            log_in_from_denied_address(&mut h, ANNE);
        }
        "… after ten minutes" mandated h {
            h.open_and_collect(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            log_in_from_denied_address(&mut h, ANNE);
        }
        "Claire logs in after a reset from a denied address" mandated h {
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
            log_in_from_denied_address(&mut h, CLAIRE);
        }
    }
}
