//! Log-ins, codes and the end of sessions.

use super::*;

const LIVE: CodeSource = CodeSource::LiveSession {
    beside_devices: false,
};

const PASSWORD: Command = Command::PasswordChanged { by_owner: true };
const BY_ANOTHER: Command = Command::PasswordChanged { by_owner: false };

fn drifted(drift: i8) -> PairCheck {
    PairCheck::Good { step: 500, drift }
}

fn used(step: u64) -> Submitted {
    known(CodeCheck::Used { step, wait: 9 })
}

fn log_in(fixture: &mut Fixture, who: usize, access: Access) {
    fixture.host(who, Command::LogIn { access });
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_codes();
    all.extend(of_failures());
    all.extend(of_ends());
    all
}

fn of_codes() -> Vec<Scene> {
    scenes! {
        "David, without an authenticator, logs in" new h { h.log_in(DAVID); }
        "… from a denied address" enabled h { log_in(&mut h, DAVID, Access::Denied); }
        "… from an address with unknown access" enabled h { log_in(&mut h, DAVID, Access::Unknown); }
        "… with an undefined role" enabled h {
            h.accounts[DAVID].roles = RoleSet::new([PARENT, RoleId(77)]).unwrap();
            h.try_log_in(DAVID);
        }
        "Anne submits a code" enabled h {
            let half = h.log_in(ANNE);
            h.wrong(ANNE, half, CodeSource::KnownDevice);
            h.wrong(ANNE, half, CodeSource::Stranger);
            h.verify_code(ANNE, half);
        }
        "… from a denied address" enabled h {
            let half = h.log_in(ANNE);
            let (code, access) = (h.good(), Access::Denied);
            h.ask(ANNE, half, Command::VerifyCode { code, access });
        }
        "Anne submits another code at Level2" enabled h { let anne = h.enter(ANNE); h.wait(60); h.verify_code(ANNE, anne); }
        "Anne submits no code" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, ABSENT); }
        "Anne submits malformed text" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, known(CodeCheck::Malformed)); }
        "David submits a code, and his pending enrollment continues" enabled h {
            h.enroll(DAVID);
            let david = h.turned_off(DAVID);
            h.replace(DAVID, david);
            let other = h.log_in(DAVID);
            h.replace(DAVID, other);
            h.verify_code(DAVID, david);
        }
        "Anne submits a code while break-glass is opening" enabled h {
            let half = h.log_in(ANNE);
            h.open(BRUNO, BREAK_GLASS);
            h.verify_code(ANNE, half);
        }
        "Anne submits a code while break-glass is open for Bruno" enabled h {
            h.open_and_collect(BRUNO);
            h.enter(ANNE);
        }
    }
}

fn of_failures() -> Vec<Scene> {
    scenes! {
        "a stranger submits a code after eighty failures" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 80;
            let code = Submitted { source: CodeSource::Stranger, ..h.good() };
            h.give(ANNE, anne, code);
        }
        "a known device submits a code after eighty failures" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 80;
            h.verify_code(ANNE, anne);
        }
        "a live session submits a wrong code" enabled h { let anne = h.enter(ANNE); h.wrong(ANNE, anne, LIVE); }
        "a half log-in claims to be a live session" enabled h {
            let half = h.log_in(ANNE);
            h.wrong(ANNE, half, LIVE);
        }
        "the fiftieth failure" enabled h {
            let anne = h.enter(ANNE);
            h.accounts[ANNE].attempts.total = 49;
            h.wrong(ANNE, anne, LIVE);
        }
        "the hundredth failure of an administrator" enabled h {
            let anne = h.enter(ANNE);
            h.replace(ANNE, anne);
            h.accounts[ANNE].attempts.total = 99;
            h.wrong(ANNE, anne, CodeSource::KnownDevice);
        }
        "the hundredth failure of a parent" enabled h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.total = 99;
            h.wrong(DAVID, david, CodeSource::KnownDevice);
        }
        "Anne resynchronizes her phone" enabled h { let half = h.log_in(ANNE); h.resynchronize(ANNE, half, drifted(-4)); }
        "… by five steps" enabled h { let half = h.log_in(ANNE); h.resynchronize(ANNE, half, drifted(5)); }
        "… with malformed text" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Malformed);
        }
        "… with two unrelated codes" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Wrong);
        }
        "… with two used codes" enabled h {
            let half = h.log_in(ANNE);
            h.resynchronize(ANNE, half, PairCheck::Used { step: 2, wait: 9 });
        }
        "Anne submits a used code" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, used(2)); }
        "… twice" enabled h { let anne = h.enter(ANNE); h.give(ANNE, anne, used(2)); h.give(ANNE, anne, used(2)); }
    }
}

fn of_ends() -> Vec<Scene> {
    scenes! {
        "Claire logs out of a session with a pending enrollment" mandated h {
            let (claire, other) = (h.log_in(CLAIRE), h.log_in(CLAIRE));
            h.begin(CLAIRE, claire, None);
            h.begin(CLAIRE, other, None);
            h.ask(CLAIRE, claire, Command::LogOut);
        }
        "Claire logs out of a session of an earlier epoch" mandated h {
            let claire = h.log_in(CLAIRE);
            h.begin(CLAIRE, claire, None);
            h.accounts[CLAIRE].epoch += 1;
            h.ask(CLAIRE, claire, Command::LogOut);
        }
        "Claire logs out of a session without an enrollment" mandated h { let claire = h.log_in(CLAIRE); h.ask(CLAIRE, claire, Command::LogOut); }
        "David logs out of the session that recovers" with_codes h {
            let david = h.enroll(DAVID);
            let david = h.recover(DAVID, david, CODES).map(session_of).unwrap();
            h.ask(DAVID, david, Command::LogOut);
        }
        "David logs out of another session during a recovery" with_codes h {
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
        "the host changes Anne's password" enabled h {
            h.accounts[ANNE].attempts.stranger.until = h.now.plus(9);
            h.accounts[ANNE].attempts.known.until = h.now.plus(9);
            h.host(ANNE, BY_ANOTHER);
        }
        "the host changes the password of a deactivated account" enabled h {
            h.host(CLAIRE, Command::HostDeactivate);
            h.host(CLAIRE, BY_ANOTHER);
        }
        "Anne uses the session of another account" enabled h { let bruno = h.enter(BRUNO); h.ask(ANNE, bruno, Command::LogOutEverywhere); }
    }
}
