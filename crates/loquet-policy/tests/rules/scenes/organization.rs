//! Commands about the organization, and changes that are due.

use super::*;

const OFFER: Setting = Setting::RecoveryCodes { offered: true };
const LONGER: Setting = reset_code_life(48);
const WIDER: Setting = window(20);
const RIGHT: bool = true;

const fn reset_code_life(hours: u64) -> Setting {
    let seconds = hours * limits::HOUR;
    Setting::ResetCodeLife { seconds }
}

const fn window(days: u64) -> Setting {
    let seconds = days * limits::DAY;
    Setting::EnrollmentWindow { seconds }
}

fn rules(byte: Option<u8>, opens: bool) -> Setting {
    let rules = byte.map(digest);
    Setting::AccessRules { rules, opens }
}

fn enable(fixture: &mut Fixture, typed_back: bool) {
    let anne = fixture.log_in(ANNE);
    let break_glass = digest(BREAK_GLASS);
    fixture.ask(
        ANNE,
        anne,
        Command::Enable {
            break_glass,
            typed_back,
        },
    );
}

fn renew(fixture: &mut Fixture, typed_back: bool) {
    let anne = fixture.enter(ANNE);
    let (break_glass, code) = (digest(42), fixture.good());
    fixture.ask(
        ANNE,
        anne,
        Command::RenewBreakGlassCode {
            break_glass,
            typed_back,
            code,
        },
    );
}

/// Announces the parents' and the employees' mandates.
fn announced(fixture: &mut Fixture) -> Session {
    let anne = fixture.enter(ANNE);
    fixture.schedule_mandate(anne, PARENT, 9);
    fixture.schedule_mandate(anne, EMPLOYEE, 9);
    anne
}

fn postpone(fixture: &mut Fixture, anne: Session, days: u64) {
    let (role, date) = (EMPLOYEE, fixture.in_days(days));
    fixture.ask(
        ANNE,
        anne,
        Command::MoveMandate {
            kind: MandateKind::SecondFactor,
            role,
            date,
        },
    );
}

fn cancel(fixture: &mut Fixture, anne: Session, kind: SettingKind) {
    fixture.ask(ANNE, anne, Command::CancelChange { kind });
}

fn without_code(fixture: &mut Fixture, anne: Session, setting: Setting) {
    fixture.ask(
        ANNE,
        anne,
        Command::ChangeSetting {
            setting,
            code: ABSENT,
        },
    );
}

/// Anne requests these changes.
fn asked(fixture: &mut Fixture, settings: &[Setting]) -> Session {
    let anne = fixture.enter(ANNE);
    for setting in settings {
        fixture.change_setting(anne, *setting).unwrap();
    }
    anne
}

fn void(fixture: &mut Fixture) {
    let (break_glass, until) = (digest(BREAK_GLASS), fixture.in_days(1));
    fixture.organization.break_glass = BreakGlass::Void { break_glass, until };
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut all = of_mandates();
    all.extend(of_settings());
    all.extend(of_time());
    all
}

fn of_mandates() -> Vec<Scene> {
    scenes! {
        "Anne enables multi-factor log-in" new h { enable(&mut h, RIGHT); }
        "… without typing the last group of the code" new h { enable(&mut h, !RIGHT); }
        "Anne chooses the strict latch" enabled h { let anne = h.enter(ANNE); h.ask(ANNE, anne, Command::Harden); }
        "… a second time" enabled h {
            let anne = h.enter(ANNE);
            h.ask(ANNE, anne, Command::Harden);
            h.ask(ANNE, anne, Command::Harden);
        }
        "Anne announces the employees' mandate" enabled h { let anne = h.enter(ANNE); h.schedule_mandate(anne, EMPLOYEE, 7); }
        "… for the latest possible date" enabled h { let anne = h.enter(ANNE); h.schedule_mandate(anne, EMPLOYEE, 730); }
        "… for a day after the latest date" enabled h { let anne = h.enter(ANNE); h.schedule_mandate(anne, EMPLOYEE, 731); }
        "… for a date in six days" enabled h { let anne = h.enter(ANNE); h.schedule_mandate(anne, EMPLOYEE, 6); }
        "… after the parents' mandate" enabled h { announced(&mut h); }
        "… the eleventh in a day" enabled h {
            let anne = h.enter(ANNE);
            let (since, used) = (h.now, limits::ANNOUNCEMENTS_A_DAY);
            h.organization.announcements = DailyQuota { since, used };
            h.schedule_mandate(anne, EMPLOYEE, 7);
        }
        "… a second time" enabled h { let anne = announced(&mut h); h.schedule_mandate(anne, EMPLOYEE, 9); }
        "… while it is in force" mandated h { let anne = h.enter(ANNE); h.schedule_mandate(anne, EMPLOYEE, 9); }
        "… to begin now, after the parents' mandate" enabled h {
            let anne = h.enter(ANNE);
            h.schedule_mandate(anne, PARENT, 9);
            h.mandate_now(anne);
        }
        "… to begin now, without confirmation" enabled h {
            let anne = h.enter(ANNE);
            let (role, start) = (EMPLOYEE, Start::Now { confirmed: false });
            h.ask(ANNE, anne, Command::ScheduleMandate { kind: MandateKind::SecondFactor, role, start });
        }
        "Anne changes a setting, the thirty-first in a day" enabled h {
            let anne = h.enter(ANNE);
            let (since, used) = (h.now, limits::CHANGES_A_DAY);
            h.accounts[ANNE].changes = DailyQuota { since, used };
            let setting = Setting::ResetCodeLife { seconds: limits::HOUR };
            h.ask(ANNE, anne, Command::ChangeSetting { setting, code: ABSENT });
        }
        "Anne announces a mandate for an undefined role" enabled h { let anne = h.enter(ANNE); h.schedule_mandate(anne, RoleId(77), 9); }
        "Anne announces the mandate while the break-glass code is void" enabled h { let anne = h.enter(ANNE); void(&mut h); h.mandate_now(anne); }
        "Anne announces the mandate after the password alone" enabled h { let anne = h.turned_off(ANNE); h.mandate_now(anne); }
        "Anne postpones the employees' mandate" enabled h { let anne = announced(&mut h); postpone(&mut h, anne, 12); }
        "… twice and brings it forward" enabled h {
            let anne = announced(&mut h);
            for days in [12, 13, 7] { postpone(&mut h, anne, days); }
        }
        "… a third time" enabled h {
            let anne = announced(&mut h);
            for days in [12, 13, 14] { postpone(&mut h, anne, days); }
        }
        "… to the same date" enabled h { let anne = announced(&mut h); postpone(&mut h, anne, 9); }
        "… to a date in six days" enabled h { let anne = announced(&mut h); postpone(&mut h, anne, 6); }
        "Anne cancels the employees' mandate" enabled h {
            let anne = announced(&mut h);
            h.ask(ANNE, anne, Command::CancelMandate { kind: MandateKind::SecondFactor, role: EMPLOYEE });
        }
        "Anne renews the break-glass code" enabled h { renew(&mut h, RIGHT); }
        "… without typing its last group" enabled h { renew(&mut h, !RIGHT); }
    }
}

fn of_settings() -> Vec<Scene> {
    scenes! {
        "Anne offers recovery codes" enabled h { asked(&mut h, &[OFFER]); }
        "… while another change is scheduled" enabled h { asked(&mut h, &[WIDER, OFFER]); }
        "… and then lengthens the reset code life" enabled h { asked(&mut h, &[WIDER, OFFER, LONGER]); }
        "… again, which restarts the wait" enabled h {
            let anne = asked(&mut h, &[WIDER, OFFER]);
            h.wait(60);
            h.change_setting(anne, OFFER);
        }
        "… without a code" enabled h { let anne = h.enter(ANNE); without_code(&mut h, anne, OFFER); }
        "Anne requests the present window, which cancels the scheduled one" enabled h { asked(&mut h, &[WIDER, OFFER, window(14)]); }
        "Anne requests the present window while none is scheduled" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            h.change_setting(anne, window(14));
        }
        "Anne requests the present access rules" enabled h { let anne = h.enter(ANNE); h.change_setting(anne, rules(None, false)); }
        "Anne requests the present reset code life, which cancels the scheduled one" enabled h { asked(&mut h, &[LONGER, reset_code_life(24)]); }
        "Anne stops offering recovery codes while the offer is scheduled" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            without_code(&mut h, anne, Setting::RecoveryCodes { offered: false });
        }
        "Anne shortens the reset code life without a code" enabled h {
            let anne = h.enter(ANNE);
            without_code(&mut h, anne, reset_code_life(1));
        }
        "Anne lengthens the reset code life beyond three days" enabled h { let anne = h.enter(ANNE); h.change_setting(anne, reset_code_life(73)); }
        "Anne shortens the enrollment window" enabled h { asked(&mut h, &[window(2)]); }
        "… six minutes after her code" enabled h {
            let anne = h.enter(ANNE);
            h.wait(limits::RECENT + 1);
            h.change_setting(anne, window(2));
        }
        "Anne sets stricter access rules" enabled h { asked(&mut h, &[rules(Some(50), false)]); }
        "Anne sets more permissive access rules" enabled h { asked(&mut h, &[rules(Some(50), true)]); }
        "Anne removes the access rules" enabled h {
            h.organization.options.access_rules = Some(digest(50));
            asked(&mut h, &[rules(None, false)]);
        }
        "Anne cancels one of two scheduled changes" enabled h {
            let anne = asked(&mut h, &[WIDER, OFFER]);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
        "Anne cancels a change that is not scheduled" enabled h {
            let anne = asked(&mut h, &[WIDER]);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
        "Anne cancels a change six minutes after her code" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            h.wait(limits::RECENT + 1);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
    }
}

fn of_time() -> Vec<Scene> {
    scenes! {
        "a mandate and a setting become due" enabled h {
            let anne = h.enter(ANNE);
            h.schedule_mandate(anne, EMPLOYEE, 9);
            h.schedule_mandate(anne, PARENT, 10);
            h.change_setting(anne, OFFER);
            h.change_setting(anne, LONGER);
            h.wait(9 * limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "a mandate becomes due while no administrator is enrolled" enabled h {
            let anne = h.enter(ANNE);
            h.schedule_mandate(anne, EMPLOYEE, 9);
            h.report_lost(ANNE);
            h.report_lost(BRUNO);
            h.wait(9 * limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "one of two scheduled changes becomes due" enabled h {
            asked(&mut h, &[WIDER]);
            h.wait(limits::DAY);
            asked(&mut h, &[OFFER]);
            h.wait(limits::WEAKENING - limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "one of two pending enrollments expires" enabled h {
            let (one, other) = (h.log_in(DAVID), h.log_in(DAVID));
            h.begin(DAVID, one, None);
            h.wait(60);
            h.begin(DAVID, other, None);
            h.wait(limits::PENDING - 60);
            h.host(DAVID, Command::ApplyDue);
        }
        "a pending enrollment is a second before its deadline" enabled h {
            let one = h.log_in(DAVID);
            h.begin(DAVID, one, None);
            h.wait(limits::PENDING - 1);
            h.host(DAVID, Command::ApplyDue);
        }
    }
}
