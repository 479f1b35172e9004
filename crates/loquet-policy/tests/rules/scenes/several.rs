//! Several authenticators of an account.

use super::*;

/// The link in the notice of the authenticator that was added.
const NEW_LINK: u8 = 40;

/// David adds an authenticator with a code of the first.
fn added(h: &mut Fixture, david: Session) -> Session {
    let by = AuthenticatorId(1);
    let code = Submitted { by, ..h.good() };
    h.ask(
        DAVID,
        david,
        Command::BeginAddition {
            code,
            passkeys: true,
        },
    )
    .unwrap();
    let check = h.good().check;
    h.bind_with(DAVID, david, check, digest(NEW_LINK)).unwrap()
}

/// David removes an authenticator with a code of this one.
fn remove(h: &mut Fixture, david: Session, id: u16, by: u16) {
    let by = AuthenticatorId(by);
    let code = Submitted { by, ..h.good() };
    let authenticator = AuthenticatorId(id);
    h.ask(
        DAVID,
        david,
        Command::RemoveAuthenticator {
            authenticator,
            code,
        },
    );
}

pub fn scenes() -> Vec<Scene> {
    scenes! {
        "David adds an authenticator" enabled h { let david = h.enroll(DAVID); added(&mut h, david); }
        "… and removes the older one with its code, and then with a code of the newer one" enabled h {
            let david = h.enroll(DAVID);
            let david = added(&mut h, david);
            remove(&mut h, david, 1, 1);
            remove(&mut h, david, 1, 2);
        }
        "… and three days later" enabled h {
            let david = h.enroll(DAVID);
            let david = added(&mut h, david);
            h.wait(limits::SETTLING);
            remove(&mut h, david, 1, 2);
        }
        "David removes his only authenticator" enabled h { let david = h.enroll(DAVID); remove(&mut h, david, 1, 1); }
        "David's added authenticator is not recognized" enabled h {
            let david = h.enroll(DAVID);
            added(&mut h, david);
            let link = digest(NEW_LINK);
            h.host(DAVID, Command::ReportUnrecognized { link });
        }
        "David reports one of two lost, and goes on with the other" enabled h {
            let david = h.enroll(DAVID);
            added(&mut h, david);
            let (authenticator, link) = (AuthenticatorId(1), digest(UNDO));
            h.host(DAVID, Command::ReportLost { authenticator, link });
            h.enter(DAVID);
        }
        "a wrong code at three authenticators" enabled h {
            let david = h.enroll(DAVID);
            let david = added(&mut h, david);
            added(&mut h, david);
            let half = h.log_in(DAVID);
            h.wrong(DAVID, half, CodeSource::Stranger);
        }
    }
}
