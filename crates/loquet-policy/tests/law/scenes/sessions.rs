//! Log-ins, codes and the end of sessions.

use super::*;

pub(super) fn scenes() -> Vec<(&'static str, Scene)> {
    vec![
        ("David, who has nothing, logs in", |_| {
            host(DAVID, Command::LogIn { access: ACCESS })
        }),
        ("Anne gives a code", |house| {
            *house = House::enabled();
            let half = house.log_in(ANNE);
            let _refused = house.wrong(ANNE, half, Vantage::KnownDevice);
            let _refused = house.wrong(ANNE, half, Vantage::Stranger);
            ask(ANNE, half, give(house))
        }),
        ("Anne gives another at Level2", |house| {
            let anne = anne(house);
            house.wait(60);
            ask(ANNE, anne, give(house))
        }),
        ("… and an enrollment that she began goes on", |house| {
            *house = House::enabled();
            house.enroll(DAVID);
            let david = switched_off(house, DAVID);
            let begin = replace(house);
            house.ask(DAVID, Some(david), begin).unwrap();
            let other = house.log_in(DAVID);
            let begin = replace(house);
            house.ask(DAVID, Some(other), begin).unwrap();
            ask(DAVID, david, give(house))
        }),
        (
            "Anne gives a code while her seal is being opened",
            |house| {
                *house = House::enabled();
                let half = house.log_in(ANNE);
                house.ask(BRUNO, None, open()).unwrap();
                ask(ANNE, half, give(house))
            },
        ),
        ("Anne gives a code while Bruno's ticket is out", |house| {
            *house = House::enabled();
            house.ask(BRUNO, None, open()).unwrap();
            house.wait(limits::BREAK_GLASS);
            house.ask(BRUNO, None, collect(SEAL)).unwrap();
            let half = house.log_in(ANNE);
            ask(ANNE, half, give(house))
        }),
        ("a live session fails for itself", |house| {
            let anne = anne(house);
            ask(ANNE, anne, wrong(Vantage::LiveSession))
        }),
        ("the fiftieth failure", |house| {
            let anne = anne(house);
            house.accounts[ANNE].attempts.total = 49;
            ask(ANNE, anne, wrong(Vantage::LiveSession))
        }),
        ("the hundredth failure, of an administrator", |house| {
            let anne = anne(house);
            let begin = replace(house);
            house.ask(ANNE, Some(anne), begin).unwrap();
            house.accounts[ANNE].attempts.total = 99;
            ask(ANNE, anne, wrong(Vantage::KnownDevice))
        }),
        ("the hundredth failure, of a parent", |house| {
            *house = House::enabled();
            let david = house.enroll(DAVID);
            house.accounts[DAVID].attempts.total = 99;
            ask(DAVID, david, wrong(Vantage::KnownDevice))
        }),
        ("Anne's clock is corrected", |house| {
            *house = House::enabled();
            let half = house.log_in(ANNE);
            let step = 500;
            let pair = PairCheck::Good { step, drift: -4 };
            let command = Command::Resynchronise {
                pair,
                vantage: Vantage::Stranger,
                access: ACCESS,
            };
            ask(ANNE, half, command)
        }),
        ("a code that was used", |house| {
            let anne = anne(house);
            let check = CodeCheck::Used { step: 2, wait: 9 };
            let vantage = Vantage::Stranger;
            let code = Submitted { check, vantage };
            let command = Command::GiveCode {
                code,
                access: ACCESS,
            };
            ask(ANNE, anne, command)
        }),
        ("Claire logs out of an enrollment", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            let other = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.begin(CLAIRE, other, None).unwrap();
            ask(CLAIRE, claire, Command::LogOut)
        }),
        ("… of a session that is over", |house| {
            *house = House::mandated();
            let claire = house.log_in(CLAIRE);
            house.begin(CLAIRE, claire, None).unwrap();
            house.accounts[CLAIRE].epoch += 1;
            ask(CLAIRE, claire, Command::LogOut)
        }),
        ("David logs out of a recovery", |house| {
            let david = with_codes(house, DAVID);
            let grant = house.ask(DAVID, Some(david), recover(10, ACCESS));
            let david = session_of(grant.unwrap());
            ask(DAVID, david, Command::LogOut)
        }),
        (
            "… of another session than the one that recovers",
            |house| {
                let david = with_codes(house, DAVID);
                house.ask(DAVID, Some(david), recover(10, ACCESS)).unwrap();
                let other = house.log_in(DAVID);
                ask(DAVID, other, Command::LogOut)
            },
        ),
        ("Anne logs out everywhere", |house| {
            let anne = anne(house);
            let begin = replace(house);
            house.ask(ANNE, Some(anne), begin).unwrap();
            ask(ANNE, anne, Command::LogOutEverywhere)
        }),
        ("Anne changes her pass phrase", |house| {
            let anne = anne(house);
            house.accounts[ANNE].attempts.stranger.until = house.now.plus(9);
            house.accounts[ANNE].attempts.known.until = house.now.plus(9);
            ask(ANNE, anne, Command::PassPhraseChanged { by_owner: true })
        }),
        ("somebody helps Anne change it", |house| {
            anne(house);
            house.accounts[ANNE].attempts.stranger.until = house.now.plus(9);
            host(ANNE, Command::PassPhraseChanged { by_owner: false })
        }),
        (
            "somebody changes the pass phrase of one who left",
            |house| {
                let anne = anne(house);
                house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
                host(CLAIRE, Command::PassPhraseChanged { by_owner: false })
            },
        ),
        ("a stamp of somebody else", |house| {
            let mut anne = anne(house);
            anne.account = house.accounts[BRUNO].id;
            ask(ANNE, anne, Command::LogOutEverywhere)
        }),
    ]
}
