//! Passkeys.

use super::*;

const PHONE: AuthenticatorId = AuthenticatorId(1);
const PASSKEY: AuthenticatorId = AuthenticatorId(2);

/// David registers a passkey beside his phone.
fn registered(h: &mut Fixture) -> Session {
    let david = h.enroll(DAVID);
    let code = h.good();
    h.register(DAVID, david, code, digest(41)).unwrap()
}

pub fn scenes() -> Vec<Scene> {
    scenes! {
        "David registers a passkey" enabled h { registered(&mut h); }
        "… and logs in with it" enabled h {
            registered(&mut h);
            let half = h.log_in(DAVID);
            let code = h.signed(PASSKEY, 6);
            h.give(DAVID, half, code);
        }
        "… and answers the same challenge again" enabled h {
            registered(&mut h);
            let half = h.log_in(DAVID);
            let code = h.signed(PASSKEY, 6);
            let david = h.give(DAVID, half, code).map(session_of).unwrap();
            h.give(DAVID, david, code);
        }
        "… and five minutes after the challenge" enabled h {
            registered(&mut h);
            let half = h.log_in(DAVID);
            let code = h.signed(PASSKEY, 6);
            h.wait(limits::CHALLENGE);
            h.give(DAVID, half, code);
        }
        "… and a copy of it answers" enabled h {
            registered(&mut h);
            let half = h.log_in(DAVID);
            let code = h.signed(PASSKEY, 5);
            h.give(DAVID, half, code);
        }
        "… and another passkey answers" enabled h {
            registered(&mut h);
            let half = h.log_in(DAVID);
            h.give(DAVID, half, known(CodeCheck::NotSigned));
        }
        "… and adds another authenticator with a code" enabled h {
            let david = registered(&mut h);
            let code = Submitted { by: PHONE, ..h.good() };
            h.ask(DAVID, david, Command::BeginAddition { code, passkeys: true });
        }
        "a copy of David's only passkey answers" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None).unwrap();
            let check = h.signed(PHONE, 5).check;
            h.bind_with(DAVID, david, check, digest(LINK)).unwrap();
            let half = h.log_in(DAVID);
            let code = h.signed(PHONE, 5);
            h.give(DAVID, half, code);
        }
        "David has only a passkey, and gives a code" enabled h {
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None).unwrap();
            let check = h.signed(PHONE, 5).check;
            h.bind_with(DAVID, david, check, digest(LINK)).unwrap();
            let half = h.log_in(DAVID);
            h.wrong(DAVID, half, CodeSource::Stranger);
        }
    }
}
