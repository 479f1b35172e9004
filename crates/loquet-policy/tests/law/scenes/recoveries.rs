//! Recovery codes, lost phones, and the sealed code.

use super::*;

pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("David uses a recovery code", |house| {
            let david = with_codes(house, DAVID);
            ask(DAVID, david, recover(10, ACCESS))
        }),
        ("Anne uses a recovery code", |house| {
            let anne = with_codes(house, ANNE);
            ask(ANNE, anne, recover(10, ACCESS))
        }),
        ("… from where nobody may", |house| {
            let david = with_codes(house, DAVID);
            ask(DAVID, david, recover(10, Access::Denied))
        }),
        ("… during a wait", |house| {
            let david = with_codes(house, DAVID);
            house.accounts[DAVID].attempts.stranger.until = house.now.plus(9);
            ask(DAVID, david, recover(10, ACCESS))
        }),
        (
            "… past the eightieth failure, beside the authenticator",
            |house| {
                let david = with_codes(house, DAVID);
                house.accounts[DAVID].attempts.total = 80;
                ask(DAVID, david, recover(10, ACCESS))
            },
        ),
        ("… when it is disabled", |house| {
            with_codes(house, DAVID);
            house.ask(DAVID, None, Command::ReportLost).unwrap();
            house.accounts[DAVID].attempts.total = 100;
            let david = house.log_in(DAVID);
            ask(DAVID, david, recover(10, ACCESS))
        }),
        ("a wrong one when it is disabled", |house| {
            with_codes(house, DAVID);
            house.ask(DAVID, None, Command::ReportLost).unwrap();
            house.accounts[DAVID].attempts.total = 100;
            let david = house.log_in(DAVID);
            ask(DAVID, david, recover(99, ACCESS))
        }),
        ("a wrong one, the hundredth failure", |house| {
            let david = with_codes(house, DAVID);
            house.accounts[DAVID].attempts.total = 79;
            ask(DAVID, david, recover(99, ACCESS))
        }),
        ("the session that recovers begins to enroll", |house| {
            let david = with_codes(house, DAVID);
            let grant = house.ask(DAVID, Some(david), recover(10, ACCESS));
            let david = session_of(grant.unwrap());
            ask(DAVID, david, begin(None, ACCESS))
        }),
        ("… after its ten minutes", |house| {
            let david = with_codes(house, DAVID);
            let grant = house.ask(DAVID, Some(david), recover(10, ACCESS));
            let david = session_of(grant.unwrap());
            house.wait(limits::PENDING);
            ask(DAVID, david, begin(None, ACCESS))
        }),
        ("another session does", |house| {
            let david = with_codes(house, DAVID);
            house.ask(DAVID, Some(david), recover(10, ACCESS)).unwrap();
            let other = house.log_in(DAVID);
            ask(DAVID, other, begin(None, ACCESS))
        }),
        ("… and uses a code of its own", |house| {
            let david = with_codes(house, DAVID);
            house.ask(DAVID, Some(david), recover(10, ACCESS)).unwrap();
            let other = house.log_in(DAVID);
            ask(DAVID, other, recover(11, ACCESS))
        }),
        (
            "the recovery lapses, its enrollment does not yet",
            |house| {
                let david = with_codes(house, DAVID);
                let grant = house.ask(DAVID, Some(david), recover(10, ACCESS));
                let david = session_of(grant.unwrap());
                house.wait(limits::PENDING - 1);
                house.begin(DAVID, david, None).unwrap();
                house.wait(1);
                ask(DAVID, david, confirm(house))
            },
        ),
        ("the pass phrase is changed during a recovery", |house| {
            let david = with_codes(house, DAVID);
            house.ask(DAVID, Some(david), recover(10, ACCESS)).unwrap();
            host(DAVID, Command::PassPhraseChanged { by_owner: true })
        }),
        ("Claire's phone is lost", |house| {
            *house = House::mandated();
            let claire = house.enroll(CLAIRE);
            let begin = replace(house);
            house.ask(CLAIRE, Some(claire), begin).unwrap();
            host(CLAIRE, Command::ReportLost)
        }),
        ("Anne's phone is lost", |house| {
            *house = House::enabled();
            host(ANNE, Command::ReportLost)
        }),
        ("David repudiates an enrollment", |house| {
            with_codes(house, DAVID);
            house.accounts[DAVID].attempts.total = 3;
            host(DAVID, Command::Repudiate { link: digest(LINK) })
        }),
        ("Anne repudiates an enrollment", |house| {
            *house = House::enabled();
            host(ANNE, Command::Repudiate { link: digest(LINK) })
        }),
        ("… after seven days", |house| {
            *house = House::enabled();
            house.wait(limits::REPUDIATION);
            host(ANNE, Command::Repudiate { link: digest(LINK) })
        }),
        ("… while somebody recovers with a stolen code", |house| {
            let david = with_codes(house, DAVID);
            house.ask(DAVID, Some(david), recover(10, ACCESS)).unwrap();
            host(DAVID, Command::Repudiate { link: digest(LINK) })
        }),
        ("the host opens the seal for Anne", |house| {
            *house = House::enabled();
            host(ANNE, open())
        }),
        ("a wrong seal", |house| {
            *house = House::enabled();
            host(ANNE, Command::BreakGlass { seal: digest(99) })
        }),
        ("the tenth wrong seal", |house| {
            *house = House::enabled();
            for _ in 0..9 {
                let _refused = house.ask(ANNE, None, Command::BreakGlass { seal: digest(99) });
            }
            host(ANNE, Command::BreakGlass { seal: digest(99) })
        }),
        ("the host collects the ticket", |house| {
            *house = House::enabled();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            host(ANNE, collect(SEAL))
        }),
        ("… with a wrong seal", |house| {
            *house = House::enabled();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            host(ANNE, collect(99))
        }),
        ("… a day too late", |house| {
            *house = House::enabled();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS + limits::BREAK_GLASS_COLLECT);
            host(ANNE, collect(SEAL))
        }),
        ("… and the seal counts again when it lapses", |house| {
            *house = House::enabled();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            house.ask(ANNE, None, collect(SEAL)).unwrap();
            house.wait(limits::BREAK_GLASS_TICKET);
            host(ANNE, open())
        }),
        ("… not a second before", |house| {
            *house = House::enabled();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            house.ask(ANNE, None, collect(SEAL)).unwrap();
            house.wait(limits::BREAK_GLASS_TICKET - 1);
            host(ANNE, open())
        }),
        (
            "Anne logs in by break-glass from where nobody may",
            |house| {
                *house = House::mandated();
                house.ask(ANNE, None, open()).unwrap();
                house.wait(limits::BREAK_GLASS);
                house.ask(ANNE, None, collect(SEAL)).unwrap();
                house.wait(limits::BREAK_GLASS_TICKET - 1);
                let access = Access::Denied;
                host(ANNE, Command::LogIn { access })
            },
        ),
        ("… when its ten minutes are over", |house| {
            *house = House::mandated();
            house.ask(ANNE, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            house.ask(ANNE, None, collect(SEAL)).unwrap();
            house.wait(limits::BREAK_GLASS_TICKET);
            let access = Access::Denied;
            host(ANNE, Command::LogIn { access })
        }),
        (
            "Claire logs in after a reset from where nobody may",
            |house| {
                *house = House::mandated();
                let anne = house.enter(ANNE);
                house.reset(ANNE, anne, CLAIRE).unwrap();
                let access = Access::Denied;
                host(CLAIRE, Command::LogIn { access })
            },
        ),
    ]
}
