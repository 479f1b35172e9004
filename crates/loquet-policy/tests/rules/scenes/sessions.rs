//! Log-ins, codes and the end of sessions.

use super::*;

const PASSWORD: Command = Command::PasswordChanged { by_owner: true };
const BY_ANOTHER: Command = Command::PasswordChanged { by_owner: false };

fn drifted(drift: i8) -> PairCheck {
    PairCheck::Good { step: 500, drift }
}

fn used(step: u64) -> Submitted {
    known(CodeCheck::Used { step, wait: 9 })
}

fn log_in(house: &mut House, who: usize, access: Access) {
    house.host(who, Command::LogIn { access });
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_codes();
    all.extend(of_failures());
    all.extend(of_ends());
    all
}

fn of_codes() -> Vec<Scene> {
    scenes! {
        "David, who has nothing, logs in" new h { h.log_in(DAVID); }
        "… from where nobody may" enabled h { log_in(&mut h, DAVID, Access::Denied); }
        "… from where nobody can tell" enabled h { log_in(&mut h, DAVID, Access::Unknown); }
        "… with a role that nobody defined" enabled h {
            h.accounts[DAVID].roles = RoleSet::new([PARENT, RoleId(77)]).unwrap();
            h.try_log_in(DAVID);
        }
        "Anne gives a code" enabled h {
            let half = h.log_in(ANNE);
            h.wrong(ANNE, half, Vantage::KnownDevice);
            h.wrong(ANNE, half, Vantage::Stranger);
            h.verify_code(ANNE, half);
        }
        "… from where nobody may" enabled h {
            let half = h.log_in(ANNE);
            let (code, access) = (h.good(), Access::Denied);
            h.ask(ANNE, half, Command::VerifyCode { code, access });
        }
        "Anne gives another at Level2" enabled h { let anne = h.enter(ANNE); h.wait(60); h.verify_code(ANNE, anne); }
        "… none" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, ABSENT); }
        "… what is no code" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, known(CodeCheck::Malformed)); }
        "… and an enrollment that she began goes on" enabled h {
            h.enroll(DAVID);
            let david = h.switched_off(DAVID);
            h.replace(DAVID, david);
            let other = h.log_in(DAVID);
            h.replace(DAVID, other);
            h.verify_code(DAVID, david);
        }
        "Anne gives a code while her break-glass code is being opened" enabled h {
            let half = h.log_in(ANNE);
            h.open(BRUNO, BREAK_GLASS);
            h.verify_code(ANNE, half);
        }
        "Anne gives a code while Bruno's reset code is out" enabled h {
            h.broken_glass(BRUNO);
            h.enter(ANNE);
        }
    }
}

fn of_failures() -> Vec<Scene> {
    scenes! {
        "a stranger's eighty-first" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 80;
            let code = Submitted { vantage: Vantage::Stranger, ..h.good() };
            h.give(ANNE, anne, code);
        }
        "a known device's" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 80;
            h.verify_code(ANNE, anne);
        }
        "a live session fails for itself" enabled h { let anne = h.enter(ANNE); h.wrong(ANNE, anne, Vantage::LiveSession); }
        "a half log-in that says so is a stranger" enabled h {
            let half = h.log_in(ANNE);
            h.wrong(ANNE, half, Vantage::LiveSession);
        }
        "the fiftieth failure" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 49;
            h.wrong(ANNE, anne, Vantage::LiveSession);
        }
        "the hundredth failure, of an administrator" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.accounts[ANNE].attempts.total = 99;
            h.wrong(ANNE, anne, Vantage::KnownDevice);
        }
        "the hundredth failure, of a parent" enabled h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 99;
            h.wrong(DAVID, david, Vantage::KnownDevice);
        }
        "Anne's clock is corrected" enabled h { let half = h.log_in(ANNE); h.resynchronize(ANNE, half, drifted(-4)); }
        "… by five steps" enabled h { let half = h.log_in(ANNE); h.resynchronize(ANNE, half, drifted(5)); }
        "… with what are not two codes" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Malformed);
        }
        "… with two that do not belong together" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Wrong);
        }
        "… with two that were used" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Used { step: 2, wait: 9 });
        }
        "a code that was used" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, used(2)); }
        "… twice" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, used(2)); h.give(ANNE, anne, used(2)); }
    }
}

fn of_ends() -> Vec<Scene> {
    scenes! {
        "Claire logs out of an enrollment" mandated h {
            let (claire, other) = (h.log_in(CLAIRE), h.log_in(CLAIRE));
            h.begin(CLAIRE, claire, None);
            h.begin(CLAIRE, other, None);
            h.ask(CLAIRE, claire, Command::LogOut);
        }
        "… of a session that is over" mandated h {
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
            h.accounts[CLAIRE].epoch += 1;
            h.ask(CLAIRE, claire, Command::LogOut);
        }
        "… that began nothing" mandated h { let claire = h.log_in(CLAIRE); h.ask(CLAIRE, claire, Command::LogOut); }
        "David logs out of a recovery" with_codes h {
            let david = h.enroll(DAVID);
            let david = h.recover(DAVID, david, CODES).map(session_of).unwrap();
            h.ask(DAVID, david, Command::LogOut);
        }
        "… of another session than the one that recovers" with_codes h {
            let david = h.enroll(DAVID);
            h.recover(DAVID, david, CODES);
            let other = h.log_in(DAVID);
            h.ask(DAVID, other, Command::LogOut);
        }
        "Anne logs out everywhere" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.ask(ANNE, anne, Command::LogOutEverywhere);
        }
        "Anne changes her password" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.stranger.until = h.now.plus(9);
            h.accounts[ANNE].attempts.known.until = h.now.plus(9);
            h.ask(ANNE, anne, PASSWORD);
        }
        "somebody helps Anne change it" enabled h {
            h.accounts[ANNE].attempts.stranger.until = h.now.plus(9);
            h.accounts[ANNE].attempts.known.until = h.now.plus(9);
            h.host(ANNE, BY_ANOTHER);
        }
        "somebody changes the password of one who left" enabled h {
            h.host(CLAIRE, Command::HostDeactivate);
            h.host(CLAIRE, BY_ANOTHER);
        }
        "a stamp of somebody else" enabled h { let bruno = h.enter(BRUNO); h.ask(ANNE, bruno, Command::LogOutEverywhere); }
    }
}
