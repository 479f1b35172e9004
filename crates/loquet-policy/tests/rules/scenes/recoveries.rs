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

/// David's authenticator is disabled after too many failures.
fn disabled(fixture: &mut Fixture) -> Session {
    fixture.enroll(DAVID);
    fixture.disable(DAVID);
    fixture.log_in(DAVID)
}

/// David's phone is reported lost.
fn suspended(fixture: &mut Fixture) -> Session {
    fixture.enroll(DAVID);
    fixture.report_lost(DAVID).unwrap();
    fixture.log_in(DAVID)
}

/// David undoes the report with this link.
fn undo(fixture: &mut Fixture, session: Session, link: u8) {
    fixture
        .undo(DAVID, session, Evidence::Link(digest(link)))
        .ok();
}

/// David renews his recovery codes: two, the first of which is this one.
fn renew(fixture: &mut Fixture, session: Session, first: u8) {
    let recovery = RecoverySet::new([first, first + 1].map(digest)).unwrap();
    let code = fixture.good();
    fixture.ask(
        DAVID,
        session,
        Command::RenewRecoveryCodes { code, recovery },
    );
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
    all.extend(of_renewals());
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
            let (code, access) = (None, ACCESS);
            h.ask(ANNE, anne, Command::UseRecoveryCode { code, access });
        }
        "David uses a recovery code from a denied address" with_codes h {
            let david = h.enroll(DAVID);
            let (code, access) = (Some(digest(CODES)), Access::Denied);
            h.ask(DAVID, david, Command::UseRecoveryCode { code, access });
        }
        "David uses a recovery code during a wait" with_codes h {
            let david = h.enroll(DAVID);
            h.accounts[DAVID].attempts.stranger.until = h.now.plus(9);
            h.recover(DAVID, david, CODES);
        }
        "David uses a recovery code with a disabled authenticator" with_codes h { let david = disabled(&mut h); h.recover(DAVID, david, CODES); }
        "David uses a recovery code with a suspended authenticator" with_codes h { let david = suspended(&mut h); h.recover(DAVID, david, CODES); }
        "David uses a wrong recovery code" with_codes h { let david = h.enroll(DAVID); h.recover(DAVID, david, 99); }
        "… and then a good one" with_codes h { let david = h.enroll(DAVID); h.recover(DAVID, david, 99); h.recover(DAVID, david, CODES); }
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

fn of_renewals() -> Vec<Scene> {
    scenes! {
        "David renews his recovery codes" with_codes h { let david = h.enroll(DAVID); renew(&mut h, david, NEW_CODES); h.recover(DAVID, david, CODES); }
        "… and uses a new one" with_codes h { let david = h.enroll(DAVID); renew(&mut h, david, NEW_CODES); h.recover(DAVID, david, NEW_CODES); }
        "… with a wrong code" with_codes h { let david = h.enroll(DAVID); h.ask(DAVID, david, Command::RenewRecoveryCodes { code: WRONG, recovery: RecoverySet::EMPTY }); }
        "… with a suspended authenticator" with_codes h { let david = suspended(&mut h); renew(&mut h, david, NEW_CODES); }
        "Anne, an administrator, renews hers" with_codes h {
            let anne = h.enter(ANNE);
            let (code, recovery) = (h.good(), RecoverySet::EMPTY);
            h.ask(ANNE, anne, Command::RenewRecoveryCodes { code, recovery });
        }
        "David renews recovery codes that are not offered" enabled h { let david = h.enroll(DAVID); renew(&mut h, david, NEW_CODES); }
    }
}

fn of_losses() -> Vec<Scene> {
    scenes! {
        "Claire reports her phone lost" mandated h {
            let claire = h.enroll(CLAIRE);
            h.replace(CLAIRE, claire);
            h.report_lost(CLAIRE);
        }
        "Anne reports her phone lost" enabled h { h.report_lost(ANNE); }
        "… twice" enabled h { h.report_lost(ANNE); h.report_lost(ANNE); }
        "David undoes the report of his loss" with_codes h { let david = suspended(&mut h); undo(&mut h, david, UNDO); }
        "… with a wrong link" with_codes h { let david = suspended(&mut h); undo(&mut h, david, 99); }
        "… with a wrong link and then the right one" with_codes h { let david = suspended(&mut h); undo(&mut h, david, 99); undo(&mut h, david, UNDO); }
        "… with a wrong code" with_codes h { let david = suspended(&mut h); h.undo_with(DAVID, david, Evidence::Link(digest(UNDO)), WRONG); }
        "… with a recovery code" with_codes h { let david = suspended(&mut h); h.undo(DAVID, david, Evidence::RecoveryCode(Some(digest(CODES)))); }
        "… with a malformed recovery code" with_codes h { let david = suspended(&mut h); h.undo(DAVID, david, Evidence::RecoveryCode(None)); }
        "… with a wrong recovery code" with_codes h { let david = suspended(&mut h); h.undo(DAVID, david, Evidence::RecoveryCode(Some(digest(99)))); }
        "… from a denied address" with_codes h {
            let david = suspended(&mut h);
            let (code, access) = (h.good(), Access::Denied);
            h.ask(DAVID, david, Command::UndoReport { evidence: Evidence::Link(digest(UNDO)), code, access });
        }
        "David undoes a report while his authenticator is active" enabled h { let david = h.enroll(DAVID); undo(&mut h, david, UNDO); }
        "… while he has none" enabled h { let david = h.log_in(DAVID); undo(&mut h, david, UNDO); }
        "David's loss is reported again after he undid the report" with_codes h { let david = suspended(&mut h); undo(&mut h, david, UNDO); h.report_lost(DAVID); }
        "Anne, an administrator, undoes the report of her loss" enabled h {
            h.report_lost(ANNE);
            let anne = h.log_in(ANNE);
            h.undo(ANNE, anne, Evidence::Link(digest(UNDO)));
        }
        "Anne undoes the report about David" enabled h { suspended(&mut h); let anne = h.enter(ANNE); h.undo_report_of(ANNE, anne, DAVID); }
        "… about Claire, who reported nothing" enabled h { h.enroll(CLAIRE); let anne = h.enter(ANNE); h.undo_report_of(ANNE, anne, CLAIRE); }
        "… about herself" enabled h { let anne = h.enter(ANNE); h.undo_report_of(ANNE, anne, ANNE); }
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
