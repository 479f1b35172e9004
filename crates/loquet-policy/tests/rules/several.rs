//! Several authenticators, and what came from them: how far the links in the notices reach.

use crate::fixture::*;
use loquet_policy::*;

const OLD: AuthenticatorId = AuthenticatorId(1);

impl Fixture {
    fn code_of(&mut self, by: AuthenticatorId) -> Submitted {
        Submitted { by, ..self.good() }
    }

    /// An account whose authenticator is long settled.
    fn settled(who: usize, mut fixture: Self) -> (Self, Session) {
        if !fixture.accounts[who].is_enrolled() {
            fixture.enroll(who);
        }
        fixture.wait(8 * limits::DAY);
        let session = fixture.enter(who);
        (fixture, session)
    }

    /// Confirms what the session began; the notice has this link.
    fn bind(&mut self, who: usize, session: Session, link: u8) -> (AuthenticatorId, Session) {
        let check = self.good().check;
        let session = self.bind_with(who, session, check, digest(link));
        let session = session.unwrap();
        (self.accounts[who].last_authenticator, session)
    }

    fn add(
        &mut self,
        who: usize,
        session: Session,
        by: AuthenticatorId,
        link: u8,
    ) -> (AuthenticatorId, Session) {
        let code = self.code_of(by);
        self.ask(
            who,
            session,
            Command::BeginAddition {
                code,
                passkeys: true,
            },
        )
        .unwrap();
        self.bind(who, session, link)
    }

    fn put_in_place(
        &mut self,
        who: usize,
        session: Session,
        by: AuthenticatorId,
        link: u8,
    ) -> (AuthenticatorId, Session) {
        let (code, recovery) = (self.code_of(by), recovery_codes());
        self.ask(who, session, Command::BeginReplacement { code, recovery })
            .unwrap();
        self.bind(who, session, link)
    }

    fn remove(
        &mut self,
        who: usize,
        session: Session,
        gone: AuthenticatorId,
        by: AuthenticatorId,
    ) -> Session {
        let (authenticator, code) = (gone, self.code_of(by));
        let remove = Command::RemoveAuthenticator {
            authenticator,
            code,
        };
        self.ask(who, session, remove).map(session_of).unwrap()
    }

    /// Binds another by a recovery code.
    fn bind_by_recovery(&mut self, who: usize, code: u8, link: u8) -> AuthenticatorId {
        let half = self.log_in(who);
        let session = self.recover(who, half, code).map(session_of).unwrap();
        self.begin(who, session, None).unwrap();
        self.bind(who, session, link).0
    }

    fn not_me(&mut self, who: usize, link: u8) -> Result<Grant, Refusal> {
        let link = digest(link);
        self.host(who, Command::ReportUnrecognized { link })
    }

    fn has(&self, who: usize, id: AuthenticatorId) -> bool {
        self.accounts[who].second_factor.get(id).is_some()
    }
}

/// Throwaways that are added and removed take no place from the link of what is still there.
#[test]
fn t92_link_outlives_what_was_added_and_removed_since() {
    let (mut fixture, mut session) = Fixture::settled(DAVID, Fixture::enabled());
    let new;
    (new, session) = fixture.add(DAVID, session, OLD, 50);
    for link in 51..63 {
        let throwaway;
        (throwaway, session) = fixture.add(DAVID, session, OLD, link);
        session = fixture.remove(DAVID, session, throwaway, OLD);
        assert_eq!(fixture.not_me(DAVID, link), Err(Refusal::WrongLink));
    }
    assert_eq!(fixture.not_me(DAVID, 50), Ok(Grant::Done));
    assert!(fixture.has(DAVID, OLD) && !fixture.has(DAVID, new));
}

/// A link takes what followed, also where the ones between are gone.
#[test]
fn t92_link_reaches_over_replacements() {
    for clicked in [50, 51, 52] {
        let (mut fixture, session) = Fixture::settled(DAVID, Fixture::enabled());
        let (first, _) = fixture.add(DAVID, session, OLD, 50);
        fixture.wait(limits::SETTLING);
        let session = fixture.enter(DAVID);
        let (second, _) = fixture.put_in_place(DAVID, session, first, 51);
        fixture.wait(limits::SETTLING);
        let session = fixture.enter(DAVID);
        let (third, _) = fixture.put_in_place(DAVID, session, second, 52);
        assert!(fixture.has(DAVID, OLD) && fixture.has(DAVID, third));
        assert_eq!(fixture.not_me(DAVID, clicked), Ok(Grant::Done));
        assert!(fixture.has(DAVID, OLD) && !fixture.has(DAVID, third));
    }
}

/// The owner's other one is kept, also while it is suspended.
#[test]
fn t92_link_leaves_a_suspended_one() {
    let (mut fixture, session) = Fixture::settled(DAVID, Fixture::enabled());
    let (new, _) = fixture.add(DAVID, session, OLD, 50);
    let (authenticator, link) = (OLD, digest(UNDO));
    fixture
        .host(
            DAVID,
            Command::ReportLost {
                authenticator,
                link,
            },
        )
        .unwrap();
    assert_eq!(fixture.not_me(DAVID, 50), Ok(Grant::Done));
    assert!(fixture.has(DAVID, OLD) && !fixture.has(DAVID, new));
}

/// Recovery codes that were just made are no way around the three days, nor out of reach of a link.
#[test]
fn t93_young_recovery_codes_bind_what_has_to_settle() {
    let (mut fixture, session) = Fixture::settled(ANNE, Fixture::with_codes());
    let code = fixture.code_of(OLD);
    let recovery = RecoverySet::new([digest(NEW_CODES)]).unwrap();
    fixture
        .ask(
            ANNE,
            session,
            Command::RenewRecoveryCodes { code, recovery },
        )
        .unwrap();
    let mut later = fixture.clone();
    let bound = fixture.bind_by_recovery(ANNE, NEW_CODES, 60);
    let settles = |fixture: &Fixture, id| {
        let bound = fixture.accounts[ANNE].second_factor.get(id);
        bound.unwrap().settles(fixture.now).is_some()
    };
    assert!(settles(&fixture, bound));
    later.wait(limits::SETTLING);
    let bound = later.bind_by_recovery(ANNE, NEW_CODES, 60);
    assert!(!settles(&later, bound));

    // Shown with a replacement that its owner does not know.
    let (mut fixture, session) = Fixture::settled(ANNE, Fixture::with_codes());
    fixture.put_in_place(ANNE, session, OLD, 61);
    let bound = fixture.bind_by_recovery(ANNE, CODES, 62);
    assert!(settles(&fixture, bound));
    assert_eq!(fixture.not_me(ANNE, 61), Ok(Grant::Done));
    assert!(!fixture.has(ANNE, bound));
}

/// What has not settled administers nothing, neither by its code nor in a session that it proved.
#[test]
fn t94_unsettled_authenticator_administers_nothing() {
    let (mut fixture, session) = Fixture::settled(ANNE, Fixture::mandated());
    fixture.enroll(CLAIRE);
    let (new, session) = fixture.add(ANNE, session, OLD, 50);
    let reset = |fixture: &mut Fixture, by| {
        let (reset_code, code) = (digest(RESET_CODE), fixture.code_of(by));
        let command = Command::Reset {
            reset_code,
            aloud: false,
            code,
        };
        fixture.about(ANNE, session, CLAIRE, command)
    };
    let refused = reset(&mut fixture, new);
    assert!(
        matches!(refused, Err(Refusal::NotSettled { .. })),
        "{refused:?}"
    );
    let harden = Command::Harden;
    let refused = fixture.ask(ANNE, session, harden);
    assert!(
        matches!(refused, Err(Refusal::NotSettled { .. })),
        "{refused:?}"
    );
    let refused = may_administer(&fixture.snapshot(ANNE, &session), fixture.now);
    assert!(
        matches!(refused, Err(Refusal::NotSettled { .. })),
        "{refused:?}"
    );
    fixture.wait(1);
    let code = fixture.code_of(OLD);
    let session = fixture.give(ANNE, session, code).map(session_of).unwrap();
    fixture.ask(ANNE, session, harden).unwrap();
    reset(&mut fixture, OLD).unwrap();

    // Reset codes of the account are void once its owner says that it was not them.
    fixture.not_me(ANNE, 50).unwrap();
    let claire = fixture.log_in(CLAIRE);
    let void = fixture.begin(CLAIRE, claire, Some(RESET_CODE));
    assert_eq!(void, Err(Refusal::WrongResetCode));
}

/// What a removed authenticator made goes with it.
#[test]
fn t93_removal_voids_the_recovery_codes_that_it_made() {
    let (mut fixture, session) = Fixture::settled(ANNE, Fixture::with_codes());
    let (new, _) = fixture.add(ANNE, session, OLD, 50);
    fixture.wait(limits::SETTLING);
    let session = fixture.enter(ANNE);
    let (code, recovery) = (fixture.code_of(new), recovery_codes());
    let renew = Command::RenewRecoveryCodes { code, recovery };
    fixture.ask(ANNE, session, renew).unwrap();
    fixture.remove(ANNE, session, new, OLD);
    assert!(fixture.accounts[ANNE].recovery.is_empty());
}

/// Many recoveries in a row leave the link of what is bound where it is.
#[test]
fn t92_recoveries_in_a_row_leave_the_newest_link() {
    let (mut fixture, _) = Fixture::settled(ANNE, Fixture::with_codes());
    for link in 60..80 {
        let bound = fixture.bind_by_recovery(ANNE, CODES, link);
        let known = fixture.accounts[ANNE].binding_link(&digest(link), fixture.now);
        assert!(known.is_some_and(|known| known.takes(bound)), "{link}");
        fixture.wait(1);
    }
}

/// The sessions of one who becomes an administrator, or is none any more, end.
#[test]
fn t95_role_of_administrator_ends_the_sessions() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.enroll(CLAIRE);
    let anne = fixture.enter(ANNE);
    fixture.add_role(ANNE, anne, CLAIRE, ADMINISTRATOR).unwrap();
    assert_eq!(
        fixture.current_level(CLAIRE, claire),
        Err(Refusal::StaleLogIn)
    );
    let david = fixture.enroll(DAVID);
    let reset_code = digest(RESET_CODE);
    fixture
        .host(DAVID, Command::AppointAdministrator { reset_code })
        .unwrap();
    assert_eq!(
        fixture.current_level(DAVID, david),
        Err(Refusal::StaleLogIn)
    );
    let claire = fixture.enter(CLAIRE);
    let role = ADMINISTRATOR;
    fixture
        .about(ANNE, anne, CLAIRE, Command::RemoveRole { role })
        .unwrap();
    assert_eq!(
        fixture.current_level(CLAIRE, claire),
        Err(Refusal::StaleLogIn)
    );
}

/// A session that begins another enrollment goes on with that one alone.
#[test]
fn t100_session_has_one_enrollment() {
    let addition = |fixture: &mut Fixture| {
        let code = fixture.code_of(OLD);
        let passkeys = false;
        Command::BeginAddition { code, passkeys }
    };
    let replacement = |fixture: &mut Fixture, by| {
        let (code, recovery) = (fixture.code_of(by), recovery_codes());
        Command::BeginReplacement { code, recovery }
    };
    for replaces_last in [true, false] {
        let (mut fixture, session) = Fixture::settled(DAVID, Fixture::enabled());
        for replaces in [!replaces_last, replaces_last] {
            let begins = match replaces {
                true => replacement(&mut fixture, OLD),
                false => addition(&mut fixture),
            };
            let begun = fixture.ask(DAVID, session, begins);
            assert!(
                matches!(begun, Ok(Grant::Pending { resumed: false, .. })),
                "{begun:?}"
            );
        }
        let (new, _) = fixture.bind(DAVID, session, 50);
        assert!(fixture.has(DAVID, new));
        assert_eq!(fixture.has(DAVID, OLD), !replaces_last);
    }

    // Of two, the one of which the code was given last is replaced.
    let (mut fixture, session) = Fixture::settled(DAVID, Fixture::enabled());
    let (tablet, _) = fixture.add(DAVID, session, OLD, 50);
    fixture.wait(limits::SETTLING);
    let session = fixture.enter(DAVID);
    for by in [OLD, tablet] {
        let begins = replacement(&mut fixture, by);
        fixture.ask(DAVID, session, begins).unwrap();
        // The same again is shown again, without a code too.
        for code in [fixture.code_of(by), ABSENT] {
            let recovery = recovery_codes();
            let again = Command::BeginReplacement { code, recovery };
            let again = fixture.ask(DAVID, session, again);
            assert!(
                matches!(again, Ok(Grant::Pending { resumed: true, .. })),
                "{again:?}"
            );
        }
    }
    fixture.bind(DAVID, session, 51);
    assert!(fixture.has(DAVID, OLD) && !fixture.has(DAVID, tablet));
}
