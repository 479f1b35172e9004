//! Hardware tokens that the host assigns.

use super::*;
use crate::aim::NEWEST;

fn assign(h: &mut Fixture, key: ImportedKey) -> Result<Grant, Refusal> {
    h.host(DAVID, Command::AssignToken { key })
}

/// David confirms the token, whose clock is twenty steps behind.
fn confirm(h: &mut Fixture, david: Session, pair: PairCheck) -> Result<Grant, Refusal> {
    let command = Command::ConfirmToken {
        pair,
        link: digest(LINK),
        break_glass: None,
        access: ACCESS,
    };
    h.ask(DAVID, david, command)
}

fn good(h: &Fixture) -> PairCheck {
    let (step, drift) = (h.step, -20);
    PairCheck::Good { step, drift }
}

/// David begins to confirm a token that is assigned to him.
fn begun(h: &mut Fixture) -> Session {
    assign(h, ImportedKey::Unused).unwrap();
    let david = h.log_in(DAVID);
    h.begin(DAVID, david, None).unwrap();
    david
}

/// David has a token.
fn in_use(h: &mut Fixture) -> Session {
    let david = begun(h);
    let pair = good(h);
    session_of(confirm(h, david, pair).unwrap())
}

fn resynchronize(h: &mut Fixture, david: Session, drift: i8) -> Result<Grant, Refusal> {
    let step = h.step + 100;
    let command = Command::Resynchronize {
        pair: PairCheck::Good { step, drift },
        by: NEWEST,
        source: CodeSource::KnownDevice,
        access: ACCESS,
    };
    h.ask(DAVID, david, command)
}

pub fn scenes() -> Vec<Scene> {
    scenes! {
        "the host assigns a token to David" enabled h { assign(&mut h, ImportedKey::Unused).unwrap(); }
        "… which is confirmed with two codes" enabled h {
            let david = begun(&mut h);
            let pair = good(&h);
            confirm(&mut h, david, pair).unwrap();
        }
        "… with one code" enabled h {
            let david = begun(&mut h);
            h.confirm(DAVID, david).unwrap_err();
        }
        "… with two wrong codes" enabled h {
            let david = begun(&mut h);
            confirm(&mut h, david, PairCheck::Wrong).unwrap_err();
        }
        "… whose clock is twenty-one steps off" enabled h {
            let david = begun(&mut h);
            let pair = PairCheck::Good { step: h.step, drift: 21 };
            confirm(&mut h, david, pair).unwrap_err();
        }
        "… and runs away from there" enabled h {
            let david = in_use(&mut h);
            resynchronize(&mut h, david, -120).unwrap();
        }
        "… and too far" enabled h {
            let david = in_use(&mut h);
            resynchronize(&mut h, david, -121).unwrap_err();
        }
        "… and a second one" enabled h {
            assign(&mut h, ImportedKey::Unused).unwrap();
            assign(&mut h, ImportedKey::Unused).unwrap_err();
        }
        "… and takes it back" enabled h {
            assign(&mut h, ImportedKey::Unused).unwrap();
            h.host(DAVID, Command::WithdrawToken).unwrap();
        }
        "… and it stays assigned when Anne resets David" enabled h {
            h.enroll(DAVID);
            assign(&mut h, ImportedKey::Unused).unwrap();
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, DAVID);
        }
        "… but not when she deactivates him" enabled h {
            assign(&mut h, ImportedKey::Unused).unwrap();
            let anne = h.enter(ANNE);
            h.about(ANNE, anne, DAVID, Command::Deactivate).unwrap();
        }
        "David confirms a token that he has not" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None).unwrap();
            let pair = good(&h);
            confirm(&mut h, david, pair).unwrap_err();
        }
        "the host assigns a token while David enrolls an app" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None).unwrap();
            assign(&mut h, ImportedKey::Unused).unwrap();
        }
    }
}
