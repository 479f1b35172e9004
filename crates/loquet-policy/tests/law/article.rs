//! The article's sentences about who must and who may, in its own order. The French is quoted
//! above each test.

use crate::house::*;
use loquet_policy::*;

/// "Une fois que vous avez activé l'authentification multi-facteur, il n'est plus possible de
/// revenir en arrière."
#[test]
fn once_activated_there_is_no_way_back() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    let role = RoleId::EMPLOYEE;
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::Disable),
        Err(Refusal::Latched)
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::LiftMandate { role }),
        Err(Refusal::Latched)
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::CancelMandate { role }),
        Err(Refusal::Latched)
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::RemoveAuthenticator),
        Err(Refusal::AskAnotherAdmin)
    );
}

/// "… une vérification supplémentaire en plus de votre mot de passe."
#[test]
fn the_code_comes_in_addition_to_the_pass_phrase() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    assert_eq!(house.standing(ANNE, half), Ok(Level::HalfLogin));
    let full = house.give_code(ANNE, half).unwrap();
    assert_eq!(house.standing(ANNE, full), Ok(Level::Level2));
}

/// "… disponible sur une base volontaire pour les comptes parents …"
#[test]
fn it_is_voluntary_for_parents() {
    let mut house = House::mandated();
    let david = house.log_in(DAVID);
    assert_eq!(david.level, Level::Level1);
    house.enroll(DAVID);
    assert_eq!(house.log_in(DAVID).level, Level::HalfLogin);
}

/// "… recommandée de le rendre obligatoire pour les employés …"
#[test]
fn enabling_proposes_the_mandate_for_employees() {
    let mut house = House::new();
    let anne = house.log_in(ANNE);
    let grant = house.ask(
        ANNE,
        Some(anne),
        Command::Enable {
            seal: digest(SEAL),
            typed_back: true,
        },
    );
    let from = house.now.plus(limits::NOTICE);
    assert_eq!(
        grant,
        Ok(Grant::Enabled {
            propose: RoleId::EMPLOYEE,
            from
        })
    );
}

/// "… peut être imposée par les administrateurs pour tous les comptes employés."
#[test]
fn administrators_impose_it_on_all_employees() {
    let mut house = House::enabled();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::Level1);
    let anne = house.enter(ANNE);
    let date = house.now.plus(limits::NOTICE);
    let announce = Command::Announce {
        role: RoleId::EMPLOYEE,
        start: Start::At(date),
    };
    assert_eq!(
        house.ask(CLAIRE, Some(claire), announce),
        Err(Refusal::NotAdmin)
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), announce),
        Ok(Grant::Mandate {
            role: RoleId::EMPLOYEE,
            date
        })
    );
    house.wait(limits::NOTICE - 1);
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::Level1));
    house.wait(1);
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::EnrolOnly));
    assert_eq!(house.log_in(CLAIRE).level, Level::EnrolOnly);
    assert!(
        matches!(house.organisation.mandates[0].state, MandateState::InForce { since } if since == date)
    );
    assert!(house.told(Event::MandateInForce {
        role: RoleId::EMPLOYEE
    }));
}

/// "Cette fonctionnalité garantit que seules les personnes autorisées auront accès …"
#[test]
fn a_half_log_in_has_no_rights() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for command in [
        Command::LogOutEverywhere,
        Command::Disable,
        Command::RemoveAuthenticator,
        Command::Leave,
    ] {
        assert_eq!(
            house.ask(ANNE, Some(half), command),
            Err(Refusal::CodeRequired)
        );
    }
}

/// "Si un employé perd son code OTP, il devra demander à un autre administrateur de réinitialiser
/// son compte."
#[test]
fn an_employee_who_lost_the_code_is_reset_by_an_administrator() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrolOnly);
    assert_eq!(
        house.begin(CLAIRE, claire, None),
        Err(Refusal::TicketRequired)
    );
    house.begin(CLAIRE, claire, Some(TICKET)).unwrap();
    assert_eq!(house.confirm(CLAIRE, claire).unwrap().level, Level::Level2);
}

/// "Les administrateurs eux-mêmes … faire appel à un autre administrateur …"
#[test]
fn an_administrator_is_reset_by_another_and_never_by_oneself() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    assert_eq!(house.reset(ANNE, anne, ANNE), Err(Refusal::SelfReset));
    house.reset(ANNE, anne, BRUNO).unwrap();
    assert!(matches!(
        house.accounts[BRUNO].authenticator,
        Authenticator::ResetDue { .. }
    ));
}

/// "L'utilisateur devra alors saisir le numéro à 6 chiffres … puis cliquer sur « Connexion »."
#[test]
fn the_first_code_finishes_the_enrollment_and_the_log_in() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    let claire = house.confirm(CLAIRE, claire).unwrap();
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::Level2));
    assert!(house.accounts[CLAIRE].toggle && house.accounts[CLAIRE].ever);
}

/// "… vous en aurez besoin à chaque connexion."
#[test]
fn the_code_is_asked_for_at_each_log_in() {
    let mut house = House::mandated();
    for _ in 0..3 {
        assert_eq!(house.log_in(ANNE).level, Level::HalfLogin);
        house.wait(limits::DAY);
    }
}

/// "L'utilisateur peut désactiver la fonctionnalité du multi-facteur. Il doit désactiver
/// l'option : « La connexion multi-facteur est requise pour votre compte »."
#[test]
fn the_owner_switches_off_the_question_and_the_authenticator_stays() {
    let mut house = House::enabled();
    let david = house.enroll(DAVID);
    assert_eq!(
        house.ask(DAVID, Some(david), Command::SwitchOff { code: ABSENT }),
        Err(Refusal::StepUp)
    );
    let code = house.good();
    house
        .ask(DAVID, Some(david), Command::SwitchOff { code })
        .unwrap();
    let david = house.log_in(DAVID);
    assert_eq!(david.level, Level::Level1);
    assert!(matches!(
        house.accounts[DAVID].authenticator,
        Authenticator::Active { .. }
    ));
    assert_eq!(house.begin(DAVID, david, None), Err(Refusal::AlreadyBound));
    assert_eq!(house.give_code(DAVID, david).unwrap().level, Level::Level2);
}

/// The same sentence beside "il n'est plus possible de revenir en arrière": not where a mandate
/// covers the account, announced or in force, and not under the strict latch.
#[test]
fn the_switch_is_locked_by_a_mandate_and_by_the_strict_latch() {
    let mut house = House::enabled();
    let claire = house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    let date = house.now.plus(limits::NOTICE);
    let role = RoleId::EMPLOYEE;
    house
        .ask(
            ANNE,
            Some(anne),
            Command::Announce {
                role,
                start: Start::At(date),
            },
        )
        .unwrap();
    let mandated = Refusal::Mandated {
        role,
        since: Some(date),
        by: Some(house.accounts[ANNE].id),
    };
    let code = house.good();
    assert_eq!(
        house.ask(CLAIRE, Some(claire), Command::SwitchOff { code }),
        Err(mandated)
    );
    let david = house.enroll(DAVID);
    house
        .ask(
            ANNE,
            Some(anne),
            Command::SetPreset {
                preset: Preset::StrictLatch,
            },
        )
        .unwrap();
    assert_eq!(
        house.ask(DAVID, Some(david), Command::SwitchOff { code }),
        Err(Refusal::Latched)
    );
    let back = Command::SetPreset {
        preset: Preset::Standard,
    };
    assert_eq!(house.ask(ANNE, Some(anne), back), Err(Refusal::Latched));
}

/// "… restreindre les connexions selon l'appareil, l'endroit ou l'adresse IP …"
#[test]
fn the_access_filter_is_asked_before_anything_else_and_doubt_refuses() {
    let mut house = House::enabled();
    for (access, refusal) in [
        (Access::Denied, Refusal::AccessDenied),
        (Access::Unknown, Refusal::AccessUnknown),
    ] {
        assert_eq!(
            house.ask(DAVID, None, Command::LogIn { access }),
            Err(refusal)
        );
        let half = house.log_in(ANNE);
        let code = house.good();
        assert_eq!(
            house.ask(ANNE, Some(half), Command::GiveCode { code, access }),
            Err(refusal)
        );
    }
}
