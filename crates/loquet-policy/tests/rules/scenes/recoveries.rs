//! Recovery codes, lost phones, and the break-glass code.

use super::*;

/// David is enrolled, with ten codes, and uses the first of them.
fn recovering(house: &mut House) -> Session {
    let david = house.enroll(DAVID);
    house.recover(DAVID, david, CODES).map(session_of).unwrap()
}

/// David's phone is lost, and so many codes were wrong before that.
fn disabled(house: &mut House, failures: u8) -> Session {
    house.enroll(DAVID);
    house.host(DAVID, Command::ReportLost);
    house.accounts[DAVID].attempts.total = failures;
    house.log_in(DAVID)
}

fn repudiate(house: &mut House, who: usize, link: u8) {
    let link = digest(link);
    house.host(who, Command::ReportUnrecognized { link });
}

fn from_where_nobody_may(house: &mut House, who: usize) {
    let access = Access::Denied;
    house.host(who, Command::LogIn { access });
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
        "… where none are offered" enabled h { let anne = h.enter(ANNE); h.recover(ANNE, anne, CODES); }
        "… that is no code" with_codes h {
            let anne = h.enter(ANNE);
            let (code, vantage, access) = (None, Vantage::Stranger, ACCESS);
            h.ask(ANNE, anne, Command::UseRecoveryCode { code, vantage, access });
        }
        "… from where nobody may" with_codes h {
            let david = h.enroll(DAVID);
            let (code, vantage, access) = (Some(digest(CODES)), Vantage::Stranger, Access::Denied);
            h.ask(DAVID, david, Command::UseRecoveryCode { code, vantage, access });
        }
        "… during a wait" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.stranger.until = h.now.plus(9);
            h.recover(DAVID, david, CODES);
        }
        "… past the eightieth failure, beside the authenticator" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 80;
            h.recover(DAVID, david, CODES);
        }
        "… when it is disabled" with_codes h { let david = disabled(&mut h, 100); h.recover(DAVID, david, CODES); }
        "a wrong one when it is disabled" with_codes h { let david = disabled(&mut h, 100); h.recover(DAVID, david, 99); }
        "a wrong one, the hundredth failure" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 79;
            h.recover(DAVID, david, 99);
        }
        "the session that recovers begins to enroll" with_codes h {
            let david = recovering(&mut h);
            h.begin(DAVID, david, None);
        }
        "… after its ten minutes" with_codes h {
            let david = recovering(&mut h);
            h.wait(limits::PENDING);
            h.begin(DAVID, david, None);
        }
        "another session does" with_codes h { recovering(&mut h); let other = h.log_in(DAVID); h.begin(DAVID, other, None); }
        "… with a reset code" with_codes h { recovering(&mut h); let other = h.log_in(DAVID); h.begin(DAVID, other, Some(9)); }
        "… and uses a code of its own" with_codes h {
            recovering(&mut h);
            let other = h.log_in(DAVID);
            h.recover(DAVID, other, CODES + 1);
        }
        "the recovery lapses, its enrollment does not yet" with_codes h {
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
        "Claire's phone is lost" mandated h {
            let claire = h.enroll(CLAIRE);
            h.replace(CLAIRE, claire);
            h.host(CLAIRE, Command::ReportLost);
        }
        "Anne's phone is lost" enabled h { h.host(ANNE, Command::ReportLost); }
        "David repudiates an enrollment" with_codes h {
            h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 3;
            repudiate(&mut h, DAVID, LINK);
        }
        "Anne repudiates an enrollment" enabled h { repudiate(&mut h, ANNE, LINK); }
        "… by another link" enabled h { repudiate(&mut h, ANNE, 99); }
        "… after seven days" enabled h { h.wait(limits::REPUDIATION); repudiate(&mut h, ANNE, LINK); }
        "… while somebody recovers with a stolen code" with_codes h { recovering(&mut h); repudiate(&mut h, DAVID, LINK); }
    }
}

fn of_break_glass() -> Vec<Scene> {
    scenes! {
        "the host opens the break-glass code for Anne" enabled h { h.open(ANNE, BREAK_GLASS); }
        "… twice" enabled h { h.open(ANNE, BREAK_GLASS); h.open(ANNE, BREAK_GLASS); }
        "a wrong break-glass code" enabled h { h.open(ANNE, 99); }
        "the tenth wrong break-glass code" enabled h { for _ in 0..10 { h.open(ANNE, 99); } }
        "… and then the right one" enabled h { for _ in 0..10 { h.open(ANNE, 99); } h.open(ANNE, BREAK_GLASS); }
        "… three days later" enabled h {
            for _ in 0..10 { h.open(ANNE, 99); }
            h.wait(limits::BREAK_GLASS_CODE_VOID);
            h.open(ANNE, BREAK_GLASS);
        }
        "the host collects the reset code" enabled h { h.broken_glass(ANNE); }
        "… a second too early" enabled h {
            h.open(ANNE, BREAK_GLASS);
            h.wait(limits::BREAK_GLASS - 1);
            h.collect(ANNE, BREAK_GLASS);
        }
        "… with a wrong break-glass code" enabled h { h.open(ANNE, BREAK_GLASS); h.wait(limits::BREAK_GLASS); h.collect(ANNE, 99); }
        "… for another" enabled h { h.open(ANNE, BREAK_GLASS); h.wait(limits::BREAK_GLASS); h.collect(BRUNO, BREAK_GLASS); }
        "… a day too late" enabled h {
            h.open(ANNE, BREAK_GLASS);
            h.wait(limits::BREAK_GLASS + limits::BREAK_GLASS_COLLECT);
            h.collect(ANNE, BREAK_GLASS);
        }
        "… and the break-glass code counts again when it lapses" enabled h {
            h.broken_glass(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            h.open(ANNE, BREAK_GLASS);
        }
        "… not a second before" enabled h {
            h.broken_glass(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE - 1);
            h.open(ANNE, BREAK_GLASS);
        }
        "Anne logs in by break-glass from where nobody may" mandated h {
            h.broken_glass(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE - 1);
            from_where_nobody_may(&mut h, ANNE);
        }
        "… when its ten minutes are over" mandated h {
            h.broken_glass(ANNE);
            h.wait(limits::BREAK_GLASS_RESET_CODE);
            from_where_nobody_may(&mut h, ANNE);
        }
        "Claire logs in after a reset from where nobody may" mandated h {
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, CLAIRE);
            from_where_nobody_may(&mut h, CLAIRE);
        }
    }
}
