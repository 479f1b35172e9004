//! Enrollment, replacement, tickets and the owner's switch.

use super::*;

pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("Claire begins her enrollment", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            ask(CLAIRE, claire, begin(None, ACCESS))
        }),
        ("… where recovery codes are offered", |house| {
            *house = House::mandated();
            house.organisation.options.recovery_codes = true;
            let claire = house.log_in(CLAIRE);
            ask(CLAIRE, claire, begin(None, ACCESS))
        }),
        ("… from where nobody may", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            ask(CLAIRE, claire, begin(None, Access::Denied))
        }),
        ("Claire confirms it", |house| {
            *house = House::mandated();
            house.organisation.options.recovery_codes = true;
            let claire = house.log_in(CLAIRE);
            let other = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.begin(CLAIRE, other, None).unwrap();
            ask(CLAIRE, claire, confirm(house))
        }),
        ("… after recovery codes were given up", |house| {
            *house = House::mandated();
            house.organisation.options.recovery_codes = true;
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.organisation.options.recovery_codes = false;
            ask(CLAIRE, claire, confirm(house))
        }),
        ("… from where nobody may", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            let command = Command::ConfirmEnrollment {
                check: house.good().check,
                link: digest(LINK),
                seal: None,
                access: Access::Denied,
            };
            ask(CLAIRE, claire, command)
        }),
        ("… with a wrong code, beside another session's", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            let other = house.log_in(CLAIRE);
            house.begin(CLAIRE, other, None).unwrap();
            house.begin(CLAIRE, claire, None).unwrap();
            let command = Command::ConfirmEnrollment {
                check: CodeCheck::Wrong { behind: Some(3) },
                link: digest(LINK),
                seal: None,
                access: ACCESS,
            };
            ask(CLAIRE, claire, command)
        }),
        ("Claire gives it up", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            let other = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.begin(CLAIRE, other, None).unwrap();
            ask(CLAIRE, claire, Command::AbandonEnrollment)
        }),
        ("Anne begins a replacement", |house| {
            let anne = anne(house);
            ask(ANNE, anne, replace(house))
        }),
        ("… and is shown it again without a code", |house| {
            let anne = anne(house);
            let begin = replace(house);
            house.ask(ANNE, Some(anne), begin).unwrap();
            house.wait(60);
            let again = Command::BeginReplacement {
                code: ABSENT,
                recovery: RecoverySet::EMPTY,
            };
            ask(ANNE, anne, again)
        }),
        ("… of somebody else", |house| {
            let anne = anne(house);
            about(ANNE, anne, CLAIRE, replace(house))
        }),
        ("… the fourth, which uses up no code", |house| {
            anne(house);
            for _ in 0..3 {
                let session = house.enter(ANNE);
                let begin = replace(house);
                house.ask(ANNE, Some(session), begin).unwrap();
            }
            let anne = house.enter(ANNE);
            ask(ANNE, anne, replace(house))
        }),
        ("Anne confirms it, after failures", |house| {
            let anne = anne(house);
            let begin = replace(house);
            house.ask(ANNE, Some(anne), begin).unwrap();
            let _refused = house.wrong(ANNE, anne, Vantage::Stranger);
            ask(ANNE, anne, confirm(house))
        }),
        ("Bruno enrolls while the seal is being opened", |house| {
            *house = House::enabled();
            house.ask(BRUNO, None, Command::ReportLost).unwrap();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, BRUNO).unwrap();
            house.ask(ANNE, None, open()).unwrap();
            let bruno = house.log_in(BRUNO);
            house.begin(BRUNO, bruno, Some(TICKET)).unwrap();
            ask(BRUNO, bruno, confirm(house))
        }),
        (
            "Anne enrolls by break-glass, and the seal is another",
            |house| {
                *house = House::enabled();
                house.ask(ANNE, None, open()).unwrap();
                house.wait(limits::BREAK_GLASS);
                house.ask(ANNE, None, collect(SEAL)).unwrap();
                let anne = house.log_in(ANNE);
                house.begin(ANNE, anne, Some(TICKET)).unwrap();
                let command = Command::ConfirmEnrollment {
                    check: house.good().check,
                    link: digest(LINK),
                    seal: Some(digest(42)),
                    access: ACCESS,
                };
                ask(ANNE, anne, command)
            },
        ),
        (
            "a wrong ticket beside three enrollments is not looked at",
            |house| {
                *house = House::mandated();
                let anne = house.enter(ANNE);
                house.reset(ANNE, anne, CLAIRE).unwrap();
                for _ in 0..3 {
                    let claire = house.log_in(CLAIRE);
                    house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
                }
                let claire = house.log_in(CLAIRE);
                ask(CLAIRE, claire, begin(Some(99), ACCESS))
            },
        ),
        ("a wrong ticket", |house| {
            *house = House::mandated();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            let claire = house.log_in(CLAIRE);
            ask(CLAIRE, claire, begin(Some(99), ACCESS))
        }),
        ("the tenth wrong ticket", |house| {
            *house = House::mandated();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            let claire = house.log_in(CLAIRE);
            for _ in 0..9 {
                let _refused = house.begin(CLAIRE, claire, Some(99));
            }
            ask(CLAIRE, claire, begin(Some(99), ACCESS))
        }),
        ("a ticket whose author was reset meanwhile", |house| {
            *house = House::mandated();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            let bruno = house.enter(BRUNO);
            house.reset(BRUNO, bruno, ANNE).unwrap();
            let claire = house.log_in(CLAIRE);
            ask(CLAIRE, claire, begin(Some(TICKET), ACCESS))
        }),
        ("… after the enrollment was begun", |house| {
            *house = House::mandated();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
            let bruno = house.enter(BRUNO);
            house.reset(BRUNO, bruno, ANNE).unwrap();
            ask(CLAIRE, claire, confirm(house))
        }),
        ("… and became void by wrong ones", |house| {
            *house = House::mandated();
            let anne = house.enter(ANNE);
            house.reset(ANNE, anne, CLAIRE).unwrap();
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
            let other = house.log_in(CLAIRE);
            for _ in 0..10 {
                let _refused = house.begin(CLAIRE, other, Some(99));
            }
            ask(CLAIRE, claire, confirm(house))
        }),
        ("David switches the question on", |house| {
            *house = House::enabled();
            house.enroll(DAVID);
            let david = switched_off(house, DAVID);
            let code = house.good();
            ask(DAVID, david, Command::SwitchOn { code })
        }),
        ("… for somebody else", |house| {
            let anne = anne(house);
            house.accounts[ANNE].toggle = false;
            let code = house.good();
            about(ANNE, anne, DAVID, Command::SwitchOn { code })
        }),
        (
            "Anne switches it on while the seal is being opened",
            |house| {
                *house = House::enabled();
                let anne = switched_off(house, ANNE);
                house.ask(BRUNO, None, open()).unwrap();
                let code = house.good();
                ask(ANNE, anne, Command::SwitchOn { code })
            },
        ),
        ("David switches it off", |house| {
            *house = House::enabled();
            let david = house.enroll(DAVID);
            let code = house.good();
            ask(DAVID, david, Command::SwitchOff { code })
        }),
        ("… for somebody else", |house| {
            let anne = anne(house);
            let code = house.good();
            about(ANNE, anne, DAVID, Command::SwitchOff { code })
        }),
        ("Anne leads somebody else's notices elsewhere", |house| {
            let anne = anne(house);
            let code = house.good();
            about(ANNE, anne, DAVID, Command::ChangeAddress { code })
        }),
        ("Anne leads her own elsewhere", |house| {
            let anne = anne(house);
            let code = house.good();
            ask(ANNE, anne, Command::ChangeAddress { code })
        }),
        ("the host leads those of one who left elsewhere", |house| {
            let anne = anne(house);
            house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
            host(CLAIRE, Command::ChangeAddress { code: ABSENT })
        }),
        (
            "who holds a role that nobody defined switches it off",
            |house| {
                *house = House::enabled();
                let david = house.enroll(DAVID);
                house.accounts[DAVID].roles = RoleSet::of(RoleId(77));
                let code = house.good();
                ask(DAVID, david, Command::SwitchOff { code })
            },
        ),
    ]
}
