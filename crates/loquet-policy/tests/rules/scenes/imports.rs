//! Authenticators that the host imports.

use super::*;

fn import(h: &mut Fixture, k: usize, key: ImportedKey) {
    let (weak, tell) = (false, true);
    h.import(k, key, weak, tell);
}

fn enable(h: &mut Fixture, anne: Session) {
    let (break_glass, typed_back) = (digest(BREAK_GLASS), true);
    h.ask(
        ANNE,
        anne,
        Command::Enable {
            break_glass,
            typed_back,
        },
    );
}

pub fn scenes() -> Vec<Scene> {
    scenes! {
        "the host imports David's authenticator" enabled h { import(&mut h, DAVID, ImportedKey::Unused); }
        "… of which David gives the first code" enabled h { import(&mut h, DAVID, ImportedKey::Unused); h.enter(DAVID); }
        "… with a weak key" enabled h { h.import(DAVID, ImportedKey::Unused, true, false); }
        "… and Anne promotes him" enabled h {
            h.import(DAVID, ImportedKey::Unused, true, false);
            h.enter(DAVID);
            let anne = h.enter(ANNE);
            let code = h.good();
            h.about(ANNE, anne, DAVID, Command::AddRole { role: ADMINISTRATOR, code });
        }
        "… twice" enabled h { import(&mut h, DAVID, ImportedKey::Unused); import(&mut h, DAVID, ImportedKey::Present); }
        "… after David enrolled another" enabled h { h.enroll(DAVID); import(&mut h, DAVID, ImportedKey::Unused); }
        "… after Anne reset him" enabled h {
            import(&mut h, DAVID, ImportedKey::Unused);
            let anne = h.enter(ANNE);
            h.reset(ANNE, anne, DAVID);
            import(&mut h, DAVID, ImportedKey::Former);
        }
        "… which another account has" enabled h { import(&mut h, DAVID, ImportedKey::OfAnother); }
        "… after Anne deactivated him" enabled h {
            let anne = h.enter(ANNE);
            h.about(ANNE, anne, DAVID, Command::Deactivate);
            import(&mut h, DAVID, ImportedKey::Unused);
        }
        "David, who awaits an import, begins to enroll" enabled h {
            h.accounts[DAVID].awaits_import = true;
            let david = h.log_in(DAVID);
            h.begin(DAVID, david, None);
        }
        "the host imports Anne's authenticator before enabling" new h { import(&mut h, ANNE, ImportedKey::Unused); }
        "… with a weak key" new h { h.import(ANNE, ImportedKey::Unused, true, false); }
        "… and Anne enables without a code of it" new h {
            import(&mut h, ANNE, ImportedKey::Unused);
            let anne = h.log_in(ANNE);
            enable(&mut h, anne);
        }
        "… and Anne enables with a code of it" new h {
            import(&mut h, ANNE, ImportedKey::Unused);
            let anne = h.log_in(ANNE);
            let (code, access) = (h.good(), ACCESS);
            let anne = session_of(h.ask(ANNE, anne, Command::VerifyCode { code, access }).unwrap());
            enable(&mut h, anne);
        }
    }
}
