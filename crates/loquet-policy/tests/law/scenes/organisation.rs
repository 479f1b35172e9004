//! The organisation's commands, and what time brings.

use super::*;

pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("Anne enables multi-factor log-in", |house| {
            let anne = house.log_in(ANNE);
            let command = Command::Enable {
                seal: digest(SEAL),
                typed_back: true,
            };
            ask(ANNE, anne, command)
        }),
        ("Anne chooses the strict latch", |house| {
            let preset = Preset::StrictLatch;
            ask(ANNE, anne(house), Command::SetPreset { preset })
        }),
        ("Anne announces the employees' mandate", |house| {
            let anne = anne(house);
            let start = Start::At(house.now.plus(limits::NOTICE));
            let role = EMPLOYEE;
            ask(ANNE, anne, Command::Announce { role, start })
        }),
        ("… the farthest date", |house| {
            let anne = anne(house);
            let start = Start::At(house.now.plus(limits::NOTICE_MAX));
            let role = EMPLOYEE;
            ask(ANNE, anne, Command::Announce { role, start })
        }),
        ("… and the parents' beside it", |house| {
            let anne = anne(house);
            announce(house, anne, EMPLOYEE, 9);
            let start = Start::At(house.now.plus(8 * limits::DAY));
            let role = PARENT;
            ask(ANNE, anne, Command::Announce { role, start })
        }),
        ("… now, after the parents'", |house| {
            let anne = anne(house);
            announce(house, anne, PARENT, 9);
            let start = Start::Now { confirmed: true };
            let role = EMPLOYEE;
            ask(ANNE, anne, Command::Announce { role, start })
        }),
        ("Anne puts the employees' mandate off", |house| {
            let anne = anne(house);
            announce(house, anne, PARENT, 9);
            announce(house, anne, EMPLOYEE, 9);
            let date = house.now.plus(12 * limits::DAY);
            let role = EMPLOYEE;
            ask(ANNE, anne, Command::MoveMandate { role, date })
        }),
        ("Anne cancels the employees' mandate", |house| {
            let anne = anne(house);
            announce(house, anne, PARENT, 9);
            announce(house, anne, EMPLOYEE, 9);
            ask(ANNE, anne, Command::CancelMandate { role: EMPLOYEE })
        }),
        ("Anne renews the seal", |house| {
            let anne = anne(house);
            let command = Command::RenewSeal {
                seal: digest(42),
                typed_back: true,
                code: house.good(),
            };
            ask(ANNE, anne, command)
        }),
        ("… without typing its last group back", |house| {
            let anne = anne(house);
            let command = Command::RenewSeal {
                seal: digest(42),
                typed_back: false,
                code: house.good(),
            };
            ask(ANNE, anne, command)
        }),
        ("Anne offers recovery codes", |house| {
            let anne = anne(house);
            ask(ANNE, anne, weaken(house, OFFER))
        }),
        ("… while another change waits", |house| {
            let anne = anne(house);
            change(house, anne, WIDER);
            ask(ANNE, anne, weaken(house, OFFER))
        }),
        ("… and a third", |house| {
            let anne = anne(house);
            change(house, anne, WIDER);
            change(house, anne, OFFER);
            ask(ANNE, anne, weaken(house, LONGER))
        }),
        ("… once more, which begins the wait anew", |house| {
            let anne = anne(house);
            change(house, anne, WIDER);
            change(house, anne, OFFER);
            house.wait(60);
            ask(ANNE, anne, weaken(house, OFFER))
        }),
        ("Anne keeps what holds, which stops what waits", |house| {
            let anne = anne(house);
            change(house, anne, WIDER);
            change(house, anne, OFFER);
            let setting = Setting::EnrollmentWindow {
                seconds: limits::ENROLLMENT_WINDOW,
            };
            ask(ANNE, anne, weaken(house, setting))
        }),
        ("… and where nothing waits, nothing changes", |house| {
            let anne = anne(house);
            change(house, anne, OFFER);
            let setting = Setting::EnrollmentWindow {
                seconds: limits::ENROLLMENT_WINDOW,
            };
            ask(ANNE, anne, weaken(house, setting))
        }),
        ("… of access rules either", |house| {
            let anne = anne(house);
            let (rules, opens) = (None, false);
            ask(
                ANNE,
                anne,
                weaken(house, Setting::AccessRules { rules, opens }),
            )
        }),
        ("… a shorter ticket's life, the same", |house| {
            let anne = anne(house);
            change(house, anne, LONGER);
            let seconds = limits::TICKET;
            ask(ANNE, anne, weaken(house, Setting::TicketLife { seconds }))
        }),
        ("Anne wants no recovery codes after all", |house| {
            let anne = anne(house);
            change(house, anne, OFFER);
            let setting = Setting::RecoveryCodes { offered: false };
            let code = ABSENT;
            ask(ANNE, anne, Command::Change { setting, code })
        }),
        ("Anne narrows the window", |house| {
            let anne = anne(house);
            ask(ANNE, anne, weaken(house, NARROWER))
        }),
        ("… six minutes after her code", |house| {
            let anne = anne(house);
            house.wait(limits::RECENT + 1);
            ask(ANNE, anne, weaken(house, NARROWER))
        }),
        ("Anne writes rules that keep somebody out", |house| {
            let anne = anne(house);
            let (rules, opens) = (Some(digest(50)), false);
            ask(
                ANNE,
                anne,
                weaken(house, Setting::AccessRules { rules, opens }),
            )
        }),
        ("Anne writes rules that let somebody in", |house| {
            let anne = anne(house);
            let (rules, opens) = (Some(digest(50)), true);
            ask(
                ANNE,
                anne,
                weaken(house, Setting::AccessRules { rules, opens }),
            )
        }),
        ("Anne takes the rules away", |house| {
            let anne = anne(house);
            house.organisation.options.access_rules = Some(digest(50));
            let (rules, opens) = (None, false);
            ask(
                ANNE,
                anne,
                weaken(house, Setting::AccessRules { rules, opens }),
            )
        }),
        ("Anne stops one change of two", |house| {
            let anne = anne(house);
            change(house, anne, WIDER);
            change(house, anne, OFFER);
            let kind = SettingKind::RecoveryCodes;
            ask(ANNE, anne, Command::CancelChange { kind })
        }),
        ("… six minutes after her code", |house| {
            let anne = anne(house);
            change(house, anne, OFFER);
            house.wait(limits::RECENT + 1);
            let kind = SettingKind::RecoveryCodes;
            ask(ANNE, anne, Command::CancelChange { kind })
        }),
        ("a mandate's date comes, and a change's", |house| {
            let anne = anne(house);
            announce(house, anne, EMPLOYEE, 9);
            announce(house, anne, PARENT, 10);
            change(house, anne, OFFER);
            change(house, anne, LONGER);
            house.wait(9 * limits::DAY);
            host(DAVID, Command::Settle)
        }),
        ("… and no administrator is enrolled", |house| {
            let anne = anne(house);
            announce(house, anne, EMPLOYEE, 9);
            house.ask(ANNE, None, Command::ReportLost).unwrap();
            house.ask(BRUNO, None, Command::ReportLost).unwrap();
            house.wait(9 * limits::DAY);
            host(DAVID, Command::Settle)
        }),
    ]
}
