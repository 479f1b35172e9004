//! The article's sentences about who must and who may, in its own order. The French is quoted
//! above each test. What it says of apps, pictures, keys and digits is tested where they are made
//! (`loquet-enrollment`, `loquet-otp`), and the whole of it over a store (`loquet`'s
//! `tests/article`) and in a browser (the demo's `tests/browser`).

use crate::house::*;
use loquet_policy::*;

/// "Une fois que vous avez activé l'authentification multi-facteur, il n'est plus possible de
/// revenir en arrière."
#[test]
fn once_activated_there_is_no_way_back() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    let role = RoleId::EMPLOYEE;
    let Latch::Enabled { since, by } = house.organisation.latch else {
        panic!("it is enabled");
    };
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::Disable),
        Err(Refusal::Latched(Cause::of(by, since)))
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::LiftMandate { role }),
        Err(Refusal::Latched(house.mandate()))
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::CancelMandate { role }),
        Err(Refusal::Latched(house.mandate()))
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
            Err(Refusal::CodeRequired(house.mandate()))
        );
    }
}

/// "Vous avez la possibilité d'imposer l'AMF pour tous les employés." One who is made an employee later is covered at
/// once, and an administrator is one too.
#[test]
fn a_mandate_covers_whoever_becomes_an_employee() {
    let mut house = House::mandated();
    let david = house.log_in(DAVID);
    assert_eq!(house.standing(DAVID, david), Ok(Level::Level1));
    let anne = house.enter(ANNE);
    let role = RoleId::EMPLOYEE;
    let code = ABSENT;
    house
        .about(ANNE, anne, DAVID, Command::AddRole { role, code })
        .unwrap();
    assert_eq!(house.standing(DAVID, david), Ok(Level::EnrolOnly));
    assert_eq!(house.log_in(BRUNO).level, Level::HalfLogin);
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
        Err(Refusal::TicketRequired(Cause::of(
            house.accounts[ANNE].id,
            house.now
        )))
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

/// "Si l'utilisateur tente de se connecter … et qu'il voit cette image sur la page de connexion, cela signifie que la
/// fonctionnalité du multi-facteur est activée dans le compte." Whoever is required and has nothing may do nothing else.
#[test]
fn whoever_must_and_has_nothing_is_shown_the_enrollment_and_nothing_else() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrolOnly);
    for command in [Command::LogOutEverywhere, Command::RemoveAuthenticator] {
        let answer = house.ask(CLAIRE, Some(claire), command);
        assert_eq!(answer, Err(Refusal::EnrolOnly(house.mandate())));
    }
    house.begin(CLAIRE, claire, None).unwrap();
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

/// "Il ne faut donc pas supprimer cette application une fois votre multi-facteur mis en place." Whoever does it all the
/// same comes no further than the code, and helps themself in no way.
#[test]
fn whoever_deletes_the_app_comes_no_further_than_the_code() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let half = house.log_in(CLAIRE);
    assert_eq!(house.standing(CLAIRE, half), Ok(Level::HalfLogin));
    assert_eq!(
        house.begin(CLAIRE, half, None),
        Err(Refusal::CodeRequired(house.mandate()))
    );
    house.ask(CLAIRE, None, Command::ReportLost).unwrap();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::RecoveryOnly);
    assert_eq!(
        house.begin(CLAIRE, claire, None),
        Err(Refusal::RecoverFirst {
            since: Some(house.now)
        })
    );
}

/// "Comment l'utilisateur peut activer et désactiver le multi-facteur dans son compte …" Activating is enrolling, and
/// afterwards a switch that a fresh code turns.
#[test]
fn the_owner_activates_it_and_switches_the_question_on_again() {
    let mut house = House::enabled();
    let david = house.log_in(DAVID);
    assert_eq!(
        house.ask(DAVID, Some(david), Command::SwitchOn { code: ABSENT }),
        Err(Refusal::EnrolFirst)
    );
    house.begin(DAVID, david, None).unwrap();
    house
        .ask(DAVID, Some(david), Command::AbandonEnrollment)
        .unwrap();
    assert!(!house.accounts[DAVID].toggle, "abandoned: it stays off");
    let david = house.enroll(DAVID);
    assert!(house.accounts[DAVID].toggle);
    let code = house.good();
    house
        .ask(DAVID, Some(david), Command::SwitchOff { code })
        .unwrap();
    let code = house.good();
    house
        .ask(DAVID, Some(david), Command::SwitchOn { code })
        .unwrap();
    assert_eq!(house.log_in(DAVID).level, Level::HalfLogin);
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
    let mandated = Refusal::Mandated(Cause {
        role: Some(role),
        ..Cause::of(house.accounts[ANNE].id, date)
    });
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
    let strict = Refusal::Latched(Cause::of(house.accounts[ANNE].id, house.now));
    house.wait(60);
    assert_eq!(
        house.ask(DAVID, Some(david), Command::SwitchOff { code }),
        Err(strict)
    );
    let back = Command::SetPreset {
        preset: Preset::Standard,
    };
    assert_eq!(house.ask(ANNE, Some(anne), back), Err(strict));
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
