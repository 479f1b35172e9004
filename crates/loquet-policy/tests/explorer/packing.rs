//! A world as one integer, and back.

use crate::world::*;
use loquet_policy::*;

/// Bits, least significant first.
#[derive(Default)]
struct Pack {
    bits: u128,
    used: u32,
}

impl Pack {
    fn put(&mut self, value: usize, width: u32) {
        assert!(value < 1 << width, "{value} needs more than {width} bits");
        self.bits |= (value as u128) << self.used;
        self.used += width;
        assert!(self.used <= 128);
    }

    fn take(&mut self, width: u32) -> usize {
        let value = (self.bits >> self.used) & ((1 << width) - 1);
        self.used += width;
        value as usize
    }
}

impl World {
    /// The state as one integer, with every moment as its class at `now`.
    pub fn pack(&self, now: UnixTime) -> u128 {
        let mut pack = Pack::default();
        let organisation = &self.organisation;
        pack.put(usize::from(organisation.is_enabled()), 1);
        pack.put(
            match organisation.mandates.first().map(|mandate| mandate.state) {
                None => 0,
                Some(MandateState::Announced { date, .. }) => {
                    assert!(now < date, "every step settles");
                    1
                }
                Some(MandateState::InForce { since }) => {
                    2 + usize::from(now >= since.plus(limits::ENROLLMENT_WINDOW))
                }
            },
            2,
        );
        pack.put(
            match organisation.break_glass.at(now) {
                BreakGlass::Unset => 0,
                BreakGlass::Sealed { wrong, .. } => {
                    1 + usize::from(wrong == limits::SEAL_TRIES - 1)
                }
                BreakGlass::Void { .. } => 3,
                BreakGlass::Opening { account, ready, .. } => {
                    4 + self.index(account) + if now >= ready { MOST } else { 0 }
                }
                BreakGlass::Open { account, .. } => 4 + 2 * MOST + self.index(account),
            },
            4,
        );
        for (k, person) in self.people.iter().enumerate() {
            self.pack_person(&mut pack, k, person, now);
        }
        pack.bits
    }

    fn index(&self, account: AccountId) -> usize {
        (0..self.people.len()).find(|k| id(*k) == account).unwrap()
    }

    fn pack_person(&self, pack: &mut Pack, k: usize, person: &Person, now: UnixTime) {
        let account = &person.account;
        let active = matches!(account.authenticator, Authenticator::Active { .. });
        pack.put(
            match account.roles {
                roles if roles.contains(RoleId::ADMINISTRATOR) => 2,
                roles if roles.contains(RoleId::EMPLOYEE) => 1,
                _ => 0,
            },
            2,
        );
        pack.put(usize::from(account.is_active()), 1);
        pack.put(
            usize::from(
                !self.space.core
                    && account
                        .promoted
                        .is_some_and(|it| now < it.plus(limits::PROBATION)),
            ),
            1,
        );
        pack.put(usize::from(account.toggle), 1);
        pack.put(usize::from(account.ever), 1);
        pack.put(
            match account.authenticator {
                Authenticator::None => 0,
                Authenticator::Active { .. } => 1,
                Authenticator::Disabled { .. } => 2,
                Authenticator::ResetDue { ticket } => self.pack_ticket(person, ticket, now),
            },
            5,
        );
        let carried = matches!(
            account.authenticator,
            Authenticator::ResetDue {
                ticket: Some(Ticket {
                    origin: Origin::Administrator { .. },
                    ..
                })
            }
        );
        pack.put(usize::from(carried && person.ticket == Who::Thief), 1);
        pack.put(if active { person.phone as usize } else { 0 }, 2);
        pack.put(account.recovery.len(), 2);
        let recovering = matches!(
            account.authenticator,
            Authenticator::ResetDue {
                ticket: Some(Ticket {
                    origin: Origin::Recovery { .. },
                    ..
                })
            }
        );
        let counts = recovering || !account.recovery.is_empty();
        pack.put(usize::from(counts && person.paper == Who::Thief), 1);
        if self.space.links {
            let live = account.repudiation.is_some_and(|it| now < it.expires);
            pack.put(usize::from(live), 1);
        }
        if self.space.counters {
            pack.put(
                match account.attempts.total {
                    0..80 => 0,
                    80..99 => 1,
                    99 => 2,
                    100.. => 3,
                },
                2,
            );
            for lane in [account.attempts.stranger, account.attempts.known] {
                pack.put(
                    match lane {
                        Lane { row: 0..6, .. } => 0,
                        Lane { until, .. } if until > now => 1,
                        _ => 2,
                    },
                    2,
                );
            }
        }
        for slot in 0..self.space.sessions {
            let session =
                person.sessions[slot].filter(|session| !self.is_over(account, session, now));
            pack.put(
                session.map_or(0, |session| match session.level {
                    Level::HalfLogin => 1,
                    Level::RecoveryOnly => 2,
                    Level::EnrolOnly => 3,
                    Level::Level1 => 4,
                    Level::Level2 if now.since(session.at) <= limits::RECENT => 5,
                    Level::Level2 => 6,
                }),
                3,
            );
            let own = |pending: &&Pending| Some(pending.session) == session.map(|it| it.id);
            pack.put(
                account.pendings_at(now).find(own).map_or(0, |pending| {
                    1 + usize::from(pending.wrong == limits::PENDING_TRIES - 1)
                }),
                2,
            );
        }
        let lives = |pending: &Pending| {
            person
                .sessions
                .iter()
                .flatten()
                .any(|session| session.id == pending.session)
        };
        assert!(
            account.pendings_at(now).all(lives),
            "{k}: a pending of no session"
        );
    }

    /// A session that no decision will ever look at again, or that its holder closed.
    fn is_over(&self, account: &Account, session: &Session, now: UnixTime) -> bool {
        let idle = self.space.core
            && match session.level {
                Level::Level2 => now.since(session.at) > limits::RECENT,
                Level::HalfLogin | Level::RecoveryOnly | Level::EnrolOnly => true,
                Level::Level1 => false,
            };
        idle || session.epoch != account.epoch
            || !account.is_active()
            || matches!(session.level, Level::HalfLogin | Level::RecoveryOnly)
                && now >= session.at.plus(limits::HALF_LOGIN)
    }

    fn pack_ticket(&self, person: &Person, ticket: Option<Ticket>, now: UnixTime) -> usize {
        let Some(ticket) = ticket else { return 3 };
        if self.space.core && now >= ticket.expires {
            return 3;
        }
        let expired = usize::from(now >= ticket.expires);
        let last = usize::from(ticket.wrong == limits::TICKET_TRIES - 1);
        match ticket.origin {
            Origin::Recovery { session } => {
                let at = person
                    .sessions
                    .iter()
                    .position(|it| it.is_some_and(|it| it.id == session));
                4 + at.expect("whoever recovers holds a session") + SLOTS * expired
            }
            Origin::BreakGlass { .. } => 8 + expired + 2 * last,
            Origin::Administrator { by, mark, .. } => {
                let stands = self
                    .roster
                    .administrator(by)
                    .is_some_and(|it| it.mark == mark);
                if stands {
                    12 + 4 * self.index(by) + expired + 2 * last
                } else {
                    24 + expired + 2 * last
                }
            }
        }
    }

    /// The newest world that looks like this.
    pub fn unpack(space: Space, bits: u128) -> Self {
        let mut pack = Pack { bits, used: 0 };
        let mut world = Self::new(space);
        let past = UnixTime(NOW.0 - 1);
        let founder = id(0);
        if pack.take(1) == 1 {
            world.organisation.latch = Latch::Enabled {
                since: LONG_AGO,
                by: founder,
            };
        }
        let window = UnixTime(NOW.0 - limits::ENROLLMENT_WINDOW);
        let state = match pack.take(2) {
            0 => None,
            1 => Some(MandateState::Announced {
                since: NOW,
                date: NOW.plus(limits::NOTICE),
                postponements: 0,
            }),
            2 => Some(MandateState::InForce { since: NOW }),
            _ => Some(MandateState::InForce { since: window }),
        };
        world.organisation.mandates = state
            .map(|state| Mandate {
                role: RoleId::EMPLOYEE,
                by: founder,
                state,
            })
            .into_iter()
            .collect();
        let seal = seal();
        world.organisation.break_glass = match pack.take(4) {
            0 => BreakGlass::Unset,
            1 => BreakGlass::Sealed {
                seal,
                since: NOW,
                wrong: 0,
            },
            2 => BreakGlass::Sealed {
                seal,
                since: NOW,
                wrong: limits::SEAL_TRIES - 1,
            },
            3 => BreakGlass::Void {
                seal,
                until: NOW.plus(limits::SEAL_VOID),
            },
            n @ 4..7 => BreakGlass::Opening {
                seal,
                account: id(n - 4),
                ready: NOW.plus(limits::BREAK_GLASS),
            },
            n @ 7..10 => BreakGlass::Opening {
                seal,
                account: id(n - 7),
                ready: NOW,
            },
            n => {
                let expires = NOW.plus(limits::BREAK_GLASS_TICKET);
                BreakGlass::Open {
                    seal,
                    account: id(n - 10),
                    expires,
                }
            }
        };
        world.roster = Roster::new(world.organisation.id);
        for k in 0..space.accounts {
            world.unpack_person(&mut pack, k, past);
            world.roster.admit(&world.people[k].account);
        }
        // Marks are handed out in the order of the accounts: a ticket whose author stands has it.
        for k in 0..space.accounts {
            let account = &mut world.people[k].account;
            if let Authenticator::ResetDue {
                ticket:
                    Some(Ticket {
                        origin: Origin::Administrator { by, mark, .. },
                        ..
                    }),
            } = &mut account.authenticator
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

    fn unpack_person(&mut self, pack: &mut Pack, k: usize, past: UnixTime) {
        let space = self.space;
        let person = &mut self.people[k];
        let account = &mut person.account;
        account.roles = [Role::Parent, Role::Employee, Role::Administrator][pack.take(2)].set();
        if pack.take(1) == 0 {
            account.status = Status::Left { since: NOW };
        }
        account.promoted = (pack.take(1) == 1).then_some(NOW);
        account.toggle = pack.take(1) == 1;
        account.ever = pack.take(1) == 1;
        let bound = pack.take(5);
        let expiry = |expired: bool, life: u64| if expired { past } else { NOW.plus(life) };
        let wrong = |last: bool| if last { limits::TICKET_TRIES - 1 } else { 0 };
        let (expired, last) = (bound & 1 == 1, bound & 2 == 2);
        account.authenticator = match bound {
            0 => Authenticator::None,
            1 => Authenticator::Active {
                since: NOW,
                step: STEP,
                drift: 0,
                told: None,
            },
            2 => Authenticator::Disabled {
                since: NOW,
                why: DisabledBy::Loss,
            },
            3 => Authenticator::ResetDue { ticket: None },
            4..8 => Authenticator::ResetDue {
                ticket: Some(Ticket {
                    origin: Origin::Recovery {
                        session: slot_id(k, bound & 1),
                    },
                    issued: NOW,
                    expires: expiry(bound & 2 == 2, limits::PENDING),
                    wrong: 0,
                }),
            },
            8..12 => Authenticator::ResetDue {
                ticket: Some(Ticket {
                    origin: Origin::BreakGlass { digest: ticket(k) },
                    issued: NOW,
                    expires: expiry(expired, limits::BREAK_GLASS_TICKET),
                    wrong: wrong(last),
                }),
            },
            _ => {
                let (by, mark) = if bound < 24 {
                    (id((bound - 12) / 4), 1)
                } else {
                    (id(0), 0)
                };
                Authenticator::ResetDue {
                    ticket: Some(Ticket {
                        origin: Origin::Administrator {
                            digest: ticket(k),
                            by,
                            mark,
                        },
                        issued: NOW,
                        expires: expiry(expired, limits::TICKET),
                        wrong: wrong(last),
                    }),
                }
            }
        };
        person.ticket = if pack.take(1) == 1 {
            Who::Thief
        } else {
            Who::Owner
        };
        person.phone = [Who::Owner, Who::Thief, Who::Nobody][pack.take(2)];
        account.recovery = codes(k, pack.take(2));
        person.paper = if pack.take(1) == 1 {
            Who::Thief
        } else {
            Who::Owner
        };
        if space.links && pack.take(1) == 1 {
            let expires = NOW.plus(limits::REPUDIATION);
            account.repudiation = Some(Repudiation {
                link: link(k),
                expires,
            });
        }
        if space.counters {
            account.attempts.total = [0, 80, 99, 100][pack.take(2)];
            for lane in [&mut account.attempts.stranger, &mut account.attempts.known] {
                *lane = match pack.take(2) {
                    0 => Lane::default(),
                    1 => Lane {
                        row: 6,
                        until: NOW.plus(limits::WAIT),
                    },
                    _ => Lane {
                        row: 6,
                        until: past,
                    },
                };
            }
        }
        let purpose = match account.authenticator {
            Authenticator::None => Purpose::First,
            Authenticator::Active { .. } => Purpose::Replace,
            _ => Purpose::Reset,
        };
        for slot in 0..space.sessions {
            let level = match pack.take(3) {
                0 => None,
                1 => Some((Level::HalfLogin, NOW)),
                2 => Some((Level::RecoveryOnly, NOW)),
                3 => Some((Level::EnrolOnly, NOW)),
                4 => Some((Level::Level1, NOW)),
                5 => Some((Level::Level2, NOW)),
                _ => Some((Level::Level2, UnixTime(NOW.0 - limits::RECENT - 1))),
            };
            let session = slot_id(k, slot);
            person.sessions[slot] = level.map(|(level, at)| Session {
                account: id(k),
                id: session,
                epoch: 0,
                level,
                at,
            });
            let wrong = match pack.take(2) {
                0 => continue,
                1 => 0,
                _ => limits::PENDING_TRIES - 1,
            };
            account.pendings[slot] = Some(Pending {
                purpose,
                session,
                since: NOW,
                wrong,
                recovery: if space.recovery_codes {
                    codes(k, 2)
                } else {
                    RecoverySet::EMPTY
                },
            });
        }
    }
}
