//! The organization's commands, and what time brings.

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

fn enable(house: &mut House, typed_back: bool) {
    let anne = house.log_in(ANNE);
    let break_glass = digest(BREAK_GLASS);
    house.ask(
        ANNE,
        anne,
        Command::Enable {
            break_glass,
            typed_back,
        },
    );
}

fn renew(house: &mut House, typed_back: bool) {
    let anne = house.enter(ANNE);
    let (break_glass, code) = (digest(42), house.good());
    house.ask(
        ANNE,
        anne,
        Command::RenewBreakGlassCode {
            break_glass,
            typed_back,
            code,
        },
    );
}

/// The parents' mandate is announced, and the employees' too.
fn announced(house: &mut House) -> Session {
    let anne = house.enter(ANNE);
    house.announce(anne, PARENT, 9);
    house.announce(anne, EMPLOYEE, 9);
    anne
}

fn put_off(house: &mut House, anne: Session, days: u64) {
    let (role, date) = (EMPLOYEE, house.in_days(days));
    house.ask(ANNE, anne, Command::MoveMandate { role, date });
}

fn cancel(house: &mut House, anne: Session, kind: SettingKind) {
    house.ask(ANNE, anne, Command::CancelChange { kind });
}

fn without_code(house: &mut House, anne: Session, setting: Setting) {
    house.ask(
        ANNE,
        anne,
        Command::ChangeSetting {
            setting,
            code: ABSENT,
        },
    );
}

/// Anne has asked for these changes.
fn asked(house: &mut House, settings: &[Setting]) -> Session {
    let anne = house.enter(ANNE);
    for setting in settings {
        house.change(anne, *setting).unwrap();
    }
    anne
}

fn void(house: &mut House) {
    let (break_glass, until) = (digest(BREAK_GLASS), house.in_days(1));
    house.organization.break_glass = BreakGlass::Void { break_glass, until };
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
        "… without typing the code's last group back" new h { enable(&mut h, !RIGHT); }
        "Anne chooses the strict latch" enabled h { let anne = h.enter(ANNE); h.ask(ANNE, anne, Command::Harden); }
        "… twice" enabled h {
            let anne = h.enter(ANNE);
            h.ask(ANNE, anne, Command::Harden);
            h.ask(ANNE, anne, Command::Harden);
        }
        "Anne announces the employees' mandate" enabled h { let anne = h.enter(ANNE); h.announce(anne, EMPLOYEE, 7); }
        "… the farthest date" enabled h { let anne = h.enter(ANNE); h.announce(anne, EMPLOYEE, 730); }
        "… a day after that" enabled h { let anne = h.enter(ANNE); h.announce(anne, EMPLOYEE, 731); }
        "… in six days" enabled h { let anne = h.enter(ANNE); h.announce(anne, EMPLOYEE, 6); }
        "… and the parents' beside it" enabled h { announced(&mut h); }
        "… a second time" enabled h { let anne = announced(&mut h); h.announce(anne, EMPLOYEE, 9); }
        "… when it is in force" mandated h { let anne = h.enter(ANNE); h.announce(anne, EMPLOYEE, 9); }
        "… now, after the parents'" enabled h {
            let anne = h.enter(ANNE);
            h.announce(anne, PARENT, 9);
            h.mandate_now(anne);
        }
        "… now, unconfirmed" enabled h {
            let anne = h.enter(ANNE);
            let (role, start) = (EMPLOYEE, Start::Now { confirmed: false });
            h.ask(ANNE, anne, Command::ScheduleMandate { role, start });
        }
        "… of a role that nobody defined" enabled h { let anne = h.enter(ANNE); h.announce(anne, RoleId(77), 9); }
        "… while the break-glass code is void" enabled h { let anne = h.enter(ANNE); void(&mut h); h.mandate_now(anne); }
        "… enrolled, with the password alone" enabled h { let anne = h.switched_off(ANNE); h.mandate_now(anne); }
        "Anne puts the employees' mandate off" enabled h { let anne = announced(&mut h); put_off(&mut h, anne, 12); }
        "… twice, and brings it forward" enabled h {
            let anne = announced(&mut h);
            for days in [12, 13, 7] { put_off(&mut h, anne, days); }
        }
        "… a third time" enabled h {
            let anne = announced(&mut h);
            for days in [12, 13, 14] { put_off(&mut h, anne, days); }
        }
        "… to the same date" enabled h { let anne = announced(&mut h); put_off(&mut h, anne, 9); }
        "… to six days" enabled h { let anne = announced(&mut h); put_off(&mut h, anne, 6); }
        "Anne cancels the employees' mandate" enabled h {
            let anne = announced(&mut h);
            h.ask(ANNE, anne, Command::CancelMandate { role: EMPLOYEE });
        }
        "Anne renews the break-glass code" enabled h { renew(&mut h, RIGHT); }
        "… without typing its last group back" enabled h { renew(&mut h, !RIGHT); }
    }
}

fn of_settings() -> Vec<Scene> {
    scenes! {
        "Anne offers recovery codes" enabled h { asked(&mut h, &[OFFER]); }
        "… while another change waits" enabled h { asked(&mut h, &[WIDER, OFFER]); }
        "… and a third" enabled h { asked(&mut h, &[WIDER, OFFER, LONGER]); }
        "… once more, which begins the wait anew" enabled h {
            let anne = asked(&mut h, &[WIDER, OFFER]);
            h.wait(60);
            h.change(anne, OFFER);
        }
        "… without a code" enabled h { let anne = h.enter(ANNE); without_code(&mut h, anne, OFFER); }
        "Anne keeps what holds, which stops what waits" enabled h { asked(&mut h, &[WIDER, OFFER, window(14)]); }
        "… and where nothing waits, nothing changes" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            h.change(anne, window(14));
        }
        "… of access rules either" enabled h { let anne = h.enter(ANNE); h.change(anne, rules(None, false)); }
        "… a shorter reset code's life, the same" enabled h { asked(&mut h, &[LONGER, reset_code_life(24)]); }
        "Anne wants no recovery codes after all" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            without_code(&mut h, anne, Setting::RecoveryCodes { offered: false });
        }
        "Anne shortens the reset code's life, without a code" enabled h {
            let anne = h.enter(ANNE);
            without_code(&mut h, anne, reset_code_life(1));
        }
        "Anne lengthens it beyond three days" enabled h { let anne = h.enter(ANNE); h.change(anne, reset_code_life(73)); }
        "Anne narrows the window" enabled h { asked(&mut h, &[window(2)]); }
        "… six minutes after her code" enabled h {
            let anne = h.enter(ANNE);
            h.wait(limits::RECENT + 1);
            h.change(anne, window(2));
        }
        "Anne writes rules that keep somebody out" enabled h { asked(&mut h, &[rules(Some(50), false)]); }
        "Anne writes rules that let somebody in" enabled h { asked(&mut h, &[rules(Some(50), true)]); }
        "Anne takes the rules away" enabled h {
            h.organization.options.access_rules = Some(digest(50));
            asked(&mut h, &[rules(None, false)]);
        }
        "Anne stops one change of two" enabled h {
            let anne = asked(&mut h, &[WIDER, OFFER]);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
        "… another than the one that waits" enabled h {
            let anne = asked(&mut h, &[WIDER]);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
        "… six minutes after her code" enabled h {
            let anne = asked(&mut h, &[OFFER]);
            h.wait(limits::RECENT + 1);
            cancel(&mut h, anne, SettingKind::RecoveryCodes);
        }
    }
}

fn of_time() -> Vec<Scene> {
    scenes! {
        "a mandate's date comes, and a change's" enabled h {
            let anne = h.enter(ANNE);
            h.announce(anne, EMPLOYEE, 9);
            h.announce(anne, PARENT, 10);
            h.change(anne, OFFER);
            h.change(anne, LONGER);
            h.wait(9 * limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "… and no administrator is enrolled" enabled h {
            let anne = h.enter(ANNE);
            h.announce(anne, EMPLOYEE, 9);
            h.host(ANNE, Command::ReportLost);
            h.host(BRUNO, Command::ReportLost);
            h.wait(9 * limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "a change that is due takes no later one along" enabled h {
            asked(&mut h, &[WIDER]);
            h.wait(limits::DAY);
            asked(&mut h, &[OFFER]);
            h.wait(limits::WEAKENING - limits::DAY);
            h.host(DAVID, Command::ApplyDue);
        }
        "of two enrollments the one that timed out goes" enabled h {
            let (one, other) = (h.log_in(DAVID), h.log_in(DAVID));
            h.begin(DAVID, one, None);
            h.wait(60);
            h.begin(DAVID, other, None);
            h.wait(limits::PENDING - 60);
            h.host(DAVID, Command::ApplyDue);
        }
        "… and a second before, none" enabled h {
            let one = h.log_in(DAVID);
            h.begin(DAVID, one, None);
            h.wait(limits::PENDING - 1);
            h.host(DAVID, Command::ApplyDue);
        }
    }
}
