//! The states of an actor.

use super::states::*;
use crate::fixture::digest;
use loquet_policy::*;

/// An actor: the name, the preparation, and the session with the seconds since it was granted.
pub(crate) type Actor = (&'static str, Prepare, Option<(Level, u64)>);

pub(crate) fn actors() -> Vec<Actor> {
    use Level::{EnrollOnly, HalfLogin, Level1, Level2};
    let mut actors: Vec<Actor> = vec![
        ("no session, nothing bound", |_| {}, None),
        ("nothing bound, Level1", |_| {}, Some((Level1, 300))),
        (
            "nothing bound, Level1 of 5 minutes",
            |_| {},
            Some((Level1, 301)),
        ),
        ("nothing bound, EnrollOnly", |_| {}, Some((EnrollOnly, 300))),
        (
            "nothing bound, EnrollOnly of 5 minutes",
            |_| {},
            Some((EnrollOnly, 301)),
        ),
        (
            "thirty enrollments begun, Level1",
            enrollments_used_up,
            Some((Level1, 9)),
        ),
        ("awaiting import, Level1", awaiting, Some((Level1, 9))),
        ("imported, Level1", imported, Some((Level1, 9))),
        ("token assigned, Level1", assigned, Some((Level1, 9))),
        ("confirming a token, Level1", confirming, Some((Level1, 9))),
        ("address change begun, Level1", changing, Some((Level1, 9))),
        ("no session, active", active, None),
        ("active, turned off, Level1", off, Some((Level1, 9))),
        ("active, HalfLogin", active, Some((HalfLogin, 9))),
        (
            "active, HalfLogin of 10 minutes",
            active,
            Some((HalfLogin, 600)),
        ),
        ("active, Level2", active, Some((Level2, 300))),
        (
            "active, Level2, code of 5 minutes",
            active,
            Some((Level2, 301)),
        ),
    ];
    actors.extend(with_several());
    actors.extend(without_rights());
    actors
}

fn with_several() -> Vec<Actor> {
    use Level::Level2;
    vec![
        ("two active, Level2", two, Some((Level2, 9))),
        ("three active, Level2", three, Some((Level2, 9))),
        ("a passkey, HalfLogin", passkey, Some((Level::HalfLogin, 9))),
        ("a passkey, Level2", passkey, Some((Level2, 9))),
        (
            "a phone and a passkey, Level2",
            phone_and_passkey,
            Some((Level2, 9)),
        ),
        (
            "a passkey and a phone, Level2",
            passkey_and_phone,
            Some((Level2, 9)),
        ),
        ("two, the newer one young, Level2", young, Some((Level2, 9))),
        (
            "two, the older one suspended, Level2",
            older_lost,
            Some((Level2, 9)),
        ),
    ]
}

/// Sessions of what is not active any more.
fn without_rights() -> Vec<Actor> {
    use Level::{EnrollOnly, Level1, Level2, RecoveryOnly};
    vec![
        (
            "active, Level2 of another epoch",
            another_epoch,
            Some((Level2, 9)),
        ),
        ("disabled, RecoveryOnly", disabled, Some((RecoveryOnly, 9))),
        ("disabled, Level1", disabled_and_off, Some((Level1, 9))),
        ("disabled, was Level2", disabled, Some((Level2, 9))),
        (
            "suspended, RecoveryOnly",
            suspended,
            Some((RecoveryOnly, 9)),
        ),
        ("suspended, was Level2", suspended, Some((Level2, 9))),
        ("reset, no session", reset, None),
        ("reset, EnrollOnly", reset, Some((EnrollOnly, 9))),
        ("reset, Level1", reset, Some((Level1, 9))),
        ("deactivated, was Level2", left, Some((Level2, 9))),
    ]
}

fn active(scene: &mut Scene) {
    scene.actor = enrolled(scene.actor.clone());
}

fn changing(scene: &mut Scene) {
    scene.actor.address_change = Some(AddressChange {
        by_host: false,
        code: digest(5),
        sent: ago(599),
        first: ago(599),
        codes: 1,
        wrong: 0,
    });
}

fn enrollments_used_up(scene: &mut Scene) {
    scene.actor.enrollments = DailyQuota {
        since: ago(limits::DAY - 1),
        used: limits::ENROLLMENTS_A_DAY,
    };
}

fn awaiting(scene: &mut Scene) {
    scene.actor.awaits_import = true;
}

fn assigned(scene: &mut Scene) {
    scene.actor.awaits_token = true;
}

fn confirming(scene: &mut Scene) {
    assigned(scene);
    scene.actor.pendings[0] = scene.session.map(|session| Pending {
        by: None,
        purpose: Purpose::First,
        session: session.id,
        since: NOW,
        wrong: 0,
        recovery: RecoverySet::EMPTY,
    });
}

fn imported(scene: &mut Scene) {
    active(scene);
    for authenticator in scene.actor.second_factor.iter_mut() {
        authenticator.origin = AuthenticatorOrigin::Imported {
            proved: false,
            weak: false,
        };
    }
}

/// So many authenticators, each added with a code of the first, long ago.
fn bound(scene: &mut Scene, count: u16) {
    active(scene);
    let each = (1..=count).map(|number| Authenticator {
        added_by: (number > 1).then_some(AuthenticatorId(1)),
        ..Authenticator::new(AuthenticatorId(number), ago(limits::SETTLING), STEP)
    });
    let authenticators = Authenticators::new(each).unwrap();
    scene.actor.second_factor = SecondFactor::Bound { authenticators };
    scene.actor.last_authenticator = AuthenticatorId(count);
}

fn two(scene: &mut Scene) {
    bound(scene, 2);
}

fn three(scene: &mut Scene) {
    bound(scene, 3);
}

fn passkey(scene: &mut Scene) {
    bound(scene, 1);
    register(scene, 0);
}

fn phone_and_passkey(scene: &mut Scene) {
    bound(scene, 2);
    register(scene, 1);
}

fn passkey_and_phone(scene: &mut Scene) {
    bound(scene, 2);
    register(scene, 0);
}

/// Makes one of the authenticators a passkey.
fn register(scene: &mut Scene, which: usize) {
    for authenticator in scene.actor.second_factor.iter_mut().skip(which).take(1) {
        authenticator.origin = AuthenticatorOrigin::Passkey {
            counter: 5,
            backed_up: false,
        };
    }
}

fn young(scene: &mut Scene) {
    bound(scene, 2);
    for authenticator in scene.actor.second_factor.iter_mut().skip(1) {
        authenticator.since = ago(limits::SETTLING - 1);
    }
}

fn older_lost(scene: &mut Scene) {
    bound(scene, 2);
    let (since, link) = (NOW, digest(3));
    for authenticator in scene.actor.second_factor.iter_mut().take(1) {
        authenticator.suspended = Some(Suspension {
            since,
            link: Some(link),
        });
    }
}

fn off(scene: &mut Scene) {
    active(scene);
    scene.actor.toggle = false;
}

fn another_epoch(scene: &mut Scene) {
    active(scene);
    scene.actor.epoch += 1;
}

fn disabled(scene: &mut Scene) {
    active(scene);
    let (since, why) = (NOW, DisabledBy::Failures);
    scene.actor.second_factor = SecondFactor::Disabled { since, why };
}

fn suspended(scene: &mut Scene) {
    active(scene);
    scene.actor.second_factor = lost(NOW);
}

pub(super) fn lost(since: UnixTime) -> SecondFactor {
    let link = digest(3);
    SecondFactor::of(Authenticator {
        suspended: Some(Suspension {
            since,
            link: Some(link),
        }),
        ..Authenticator::new(AuthenticatorId(1), since, 1)
    })
}

fn disabled_and_off(scene: &mut Scene) {
    disabled(scene);
    scene.actor.toggle = false;
}

fn reset(scene: &mut Scene) {
    let (by, mark) = (AccountId::from(8u64), 0);
    let reset_code = ResetCode {
        origin: Origin::Administrator {
            digest: digest(2),
            by,
            mark,
        },
        issued: NOW,
        expires: NOW.plus(99),
    };
    scene.actor.second_factor = SecondFactor::ResetDue {
        reset_code: Some(reset_code),
    };
    scene.actor.ever = true;
}

fn left(scene: &mut Scene) {
    scene.actor.status = Status::Deactivated { since: NOW };
}
