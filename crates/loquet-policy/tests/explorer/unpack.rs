//! Unpacks an integer into the newest world of that state.

use crate::pack::Pack;
use crate::passkeys;
use crate::world::*;
use loquet_policy::*;

const PAST: UnixTime = UnixTime(NOW.0 - 1);

impl World {
    /// Returns the newest world of this state.
    pub fn unpack(space: Space, bits: u128) -> Self {
        let mut pack = Pack { bits, used: 0 };
        let mut world = Self::new(space);
        if pack.take(1) == 1 {
            world.organization.latch = Latch::Enabled {
                since: LONG_AGO,
                by: id(0),
            };
        }
        let mandate = mandate(pack.take(2), world.kind());
        world.organization.mandates = mandate.into_iter().collect();
        world.organization.break_glass = break_glass(pack.take(4));
        world.roster = Roster::new(world.organization.id);
        for k in 0..space.accounts {
            world.unpack_person(&mut pack, k);
            world.roster.admit(&world.people[k].account);
        }
        // Marks are assigned in the order of the accounts. A reset code with a valid author has the author's
        // mark.
        for k in 0..space.accounts {
            let account = &mut world.people[k].account;
            if let SecondFactor::ResetDue {
                reset_code:
                    Some(ResetCode {
                        origin: Origin::Administrator { by, mark, .. },
                        ..
                    }),
            } = &mut account.second_factor
            {
                *mark = if *mark == 0 {
                    0
                } else {
                    world.roster.administrator(*by).unwrap().mark
                };
            }
        }
        world
    }

    /// How the authenticator came to the account, or may still come.
    fn unpack_origin(space: Space, person: &mut Person, pack: &mut Pack) {
        let account = &mut person.account;
        if space.imports {
            account.awaits_import = pack.take(1) == 1;
            let origin = match pack.take(2) {
                0 => AuthenticatorOrigin::Enrolled,
                origin => AuthenticatorOrigin::Imported {
                    proved: origin == 2,
                    weak: false,
                },
            };
            for authenticator in account.second_factor.iter_mut() {
                authenticator.origin = origin;
            }
            person.moved = pack.take(1) == 1;
            person.elsewhere = [Who::Owner, Who::Thief, Who::Lost][pack.take(2)];
        }
        if space.tokens {
            account.awaits_token = pack.take(1) == 1;
            if pack.take(1) == 1 {
                for authenticator in account.second_factor.iter_mut() {
                    authenticator.origin = AuthenticatorOrigin::Token;
                }
            }
        }
    }

    fn unpack_person(&mut self, pack: &mut Pack, k: usize) {
        let space = self.space;
        let person = &mut self.people[k];
        let account = &mut person.account;
        account.roles = [Role::Parent, Role::Employee, Role::Administrator][pack.take(2)].set();
        if pack.take(1) == 0 {
            account.status = Status::Deactivated { since: NOW };
        }
        account.promoted = (pack.take(1) == 1).then_some(NOW);
        account.toggle = pack.take(1) == 1;
        account.ever = pack.take(1) == 1;
        account.second_factor = second_factor(k, pack.take(5));
        account.last_authenticator = BOUND;
        Self::unpack_origin(space, person, pack);
        let account = &mut person.account;
        unpack_demanded(space, account, pack);
        let refused = NOW.plus(limits::REPORTS_REFUSED);
        account.reports_refused_until = (pack.take(1) == 1).then_some(refused);
        let thief = |yes: usize| if yes == 1 { Who::Thief } else { Who::Owner };
        person.reset_code = thief(pack.take(1));
        person.phones[1] = [Who::Owner, Who::Thief, Who::Lost][pack.take(2)];
        if space.several {
            unpack_second(space, person, pack, k);
        }
        let account = &mut person.account;
        account.recovery = codes(k, pack.take(2));
        person.printed_codes = thief(pack.take(1));
        if space.links {
            unpack_links(space, &mut person.account, pack, k);
        }
        let account = &mut person.account;
        if space.counters {
            unpack_counters(account, pack);
        }
        for slot in 0..space.sessions {
            unpack_session(space, person, pack, k, slot);
            let pending = pack.take(2);
            let (second, adds) = match space.several {
                true => (pack.take(1) == 1, pack.take(1) == 1),
                false => (false, false),
            };
            let recovery = codes(k, if space.recovery_codes { 2 } else { 0 });
            let account = &mut person.account;
            account.pendings[slot] = (pending > 0).then(|| Pending {
                purpose: match account.second_factor.state() {
                    FactorState::None => Purpose::First,
                    FactorState::Active if adds => Purpose::Add,
                    FactorState::Active => Purpose::Replace,
                    _ => Purpose::Reset,
                },
                session: slot_id(k, slot),
                by: account
                    .second_factor
                    .iter()
                    .nth(usize::from(second))
                    .map(|it| it.id),
                since: NOW,
                wrong: [0, limits::PENDING_TRIES - 1][pending - 1],
                recovery,
            });
        }
    }
}

/// Until when codes are enough, and the kind of the authenticator, where there is one alone.
fn unpack_demanded(space: Space, account: &mut Account, pack: &mut Pack) {
    if !space.demanded {
        return;
    }
    let until = [None, Some(NOW.plus(limits::CODES_AFTER_RESET)), Some(NOW)];
    account.codes_until = until[pack.take(2)];
    if !space.several && pack.take(1) == 1 {
        for it in account.second_factor.iter_mut() {
            (it.origin, it.step) = (passkeys::KEPT, passkeys::ANSWERED);
        }
    }
}

fn unpack_links(space: Space, account: &mut Account, pack: &mut Pack, k: usize) {
    for authenticator in space.authenticators() {
        if pack.take(1) == 0 {
            continue;
        }
        let also = added_by(account, authenticator).into_iter().collect();
        account.binding_links.push(BindingLink {
            authenticator,
            also,
            link: link(k, authenticator),
            expires: NOW.plus(limits::BINDING_LINK),
            since: NOW,
        });
    }
}

fn added_by(account: &Account, by: AuthenticatorId) -> Option<AuthenticatorId> {
    let mut all = account.second_factor.iter();
    let added = all.find(|it| it.added_by == Some(by));
    added.map(|it| it.id)
}

/// The second authenticator, and whether the first has settled.
fn unpack_second(space: Space, person: &mut Person, pack: &mut Pack, k: usize) {
    let account = &mut person.account;
    // What added one that is not there any more, or cannot be told.
    let other = AuthenticatorId(3);
    let first = account.second_factor.iter().next().copied();
    let (first_settled, suspended) = (pack.take(1) == 1, pack.take(1) == 1);
    let suspension = Suspension {
        since: NOW,
        link: Some(undo_link(k)),
    };
    let state = pack.take(2);
    person.phones[2] = [Who::Owner, Who::Thief, Who::Lost][pack.take(2)];
    let (settled, by_first) = (pack.take(1) == 1, pack.take(1) == 1);
    let mut kind = || match space.passkeys && pack.take(1) == 1 {
        true => (passkeys::KEPT, passkeys::ANSWERED),
        false => (AuthenticatorOrigin::Enrolled, STEP),
    };
    let (first_kind, second_kind) = (kind(), kind());
    let Some(mut first) = first else { return };
    first.suspended = suspended.then_some(suspension);
    (first.origin, first.step) = first_kind;
    if !first_settled {
        first.added_by = Some(other);
    }
    let since = if settled { LONG_AGO } else { NOW };
    let second = Authenticator {
        added_by: Some(if by_first { BOUND } else { other }),
        suspended: (state == 2).then_some(suspension),
        origin: second_kind.0,
        ..Authenticator::new(SECOND, since, second_kind.1)
    };
    let all = [first, second];
    let bound = if state > 0 { &all[..] } else { &all[..1] };
    account.second_factor = SecondFactor::Bound {
        authenticators: Authenticators::new(bound.iter().copied()).unwrap(),
    };
    account.last_authenticator = SECOND;
}

fn unpack_counters(account: &mut Account, pack: &mut Pack) {
    account.attempts.total = [0, 80, 99, 100][pack.take(2)];
    for throttle in [&mut account.attempts.stranger, &mut account.attempts.known] {
        let until = [NOW, NOW.plus(limits::WAIT), PAST];
        *throttle = match pack.take(2) {
            0 => Throttle::default(),
            at => Throttle {
                row: 6,
                until: until[at],
            },
        };
    }
    if pack.take(1) == 1 {
        account.enrollments = DailyQuota {
            since: NOW,
            used: limits::ENROLLMENTS_A_DAY,
        };
    }
}

fn unpack_session(space: Space, person: &mut Person, pack: &mut Pack, k: usize, slot: usize) {
    let class = pack.take(3);
    let passkey = space.demanded && pack.take(1) == 1;
    let (level, at) = match class {
        0 => return,
        1 => (Level::HalfLogin, NOW),
        2 => (Level::RecoveryOnly, NOW),
        3 => (Level::EnrollOnly, NOW),
        4 => (Level::Level1, NOW),
        5 => (Level::Level2, NOW),
        7 => (Level::Level2, PAST),
        _ => (Level::Level2, UnixTime(NOW.0 - limits::RECENT - 1)),
    };
    if at == PAST {
        person.account.unsettled_proof = Some(PAST);
    }
    person.sessions[slot] = Some(Session {
        passkey,
        account: id(k),
        id: slot_id(k, slot),
        epoch: 0,
        level,
        at,
    });
}

fn mandate(class: usize, kind: MandateKind) -> Option<Mandate> {
    let window = UnixTime(NOW.0 - limits::ENROLLMENT_WINDOW);
    let state = match class {
        0 => return None,
        1 => MandateState::Announced {
            since: NOW,
            date: NOW.plus(limits::NOTICE),
            postponements: 0,
        },
        2 => MandateState::InForce { since: NOW },
        _ => MandateState::InForce { since: window },
    };
    let (role, by) = (RoleId::STAFF, id(0));
    Some(Mandate {
        kind,
        role,
        by,
        state,
    })
}

fn break_glass(class: usize) -> BreakGlass {
    let (break_glass, since) = (break_glass_code(), NOW);
    let ready = |wrong| BreakGlass::Ready {
        break_glass,
        since,
        wrong,
    };
    let opening = |k, ready| BreakGlass::Opening {
        break_glass,
        account: id(k),
        ready,
    };
    match class {
        0 => BreakGlass::Unset,
        1 => ready(0),
        2 => ready(limits::BREAK_GLASS_TRIES - 1),
        3 => BreakGlass::Void {
            break_glass,
            until: NOW.plus(limits::BREAK_GLASS_CODE_VOID),
        },
        n @ 4..7 => opening(n - 4, NOW.plus(limits::BREAK_GLASS)),
        n @ 7..10 => opening(n - 7, NOW),
        n => BreakGlass::Open {
            break_glass,
            account: id(n - 10),
            expires: NOW.plus(limits::BREAK_GLASS_RESET_CODE),
        },
    }
}

fn second_factor(k: usize, class: usize) -> SecondFactor {
    let reset_code = |origin, expired: usize, life| SecondFactor::ResetDue {
        reset_code: Some(ResetCode {
            origin,
            issued: NOW,
            expires: if expired > 0 { PAST } else { NOW.plus(life) },
        }),
    };
    let digest = crate::world::reset_code(k);
    let low = class & 1;
    let bound = Authenticator::new(BOUND, NOW, STEP);
    match class {
        0 => SecondFactor::None,
        1 => SecondFactor::of(bound),
        2 => SecondFactor::Disabled {
            since: NOW,
            why: DisabledBy::Failures,
        },
        3 => SecondFactor::ResetDue { reset_code: None },
        4..8 => {
            let session = slot_id(k, low);
            reset_code(Origin::Recovery { session }, class & 2, limits::PENDING)
        }
        8..10 => {
            let origin = Origin::BreakGlass { digest };
            reset_code(origin, low, limits::BREAK_GLASS_RESET_CODE)
        }
        18 => SecondFactor::of(Authenticator {
            suspended: Some(Suspension {
                since: NOW,
                link: Some(undo_link(k)),
            }),
            ..bound
        }),
        _ => {
            let (by, mark) = match class {
                0..16 => (id((class - 10) / 2), 1),
                _ => (id(0), 0),
            };
            let origin = Origin::Administrator { digest, by, mark };
            reset_code(origin, low, limits::RESET_CODE)
        }
    }
}
