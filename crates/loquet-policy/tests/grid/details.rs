//! Single cells for what takes more than a state of the tables to see.

use crate::scenes::*;
use loquet_policy::*;

/// Single cells for what takes more than a state of the tables to see.
pub(crate) fn details() -> Vec<(&'static str, Command, Prepare)> {
    let access = Access::Allowed;
    let role = RoleId::EMPLOYEE;
    let recovery = RecoverySet::EMPTY;
    let give = |code| Command::GiveCode { code, access };
    let begin = |ticket| Command::BeginEnrollment {
        ticket,
        recovery,
        access,
    };
    let confirm = |check, seal| Command::ConfirmEnrollment {
        check,
        link: digest(3),
        seal,
        access,
    };
    let recover = |code| Command::UseRecoveryCode {
        code,
        vantage: Vantage::Stranger,
        access,
    };
    let standard = Command::SetPreset {
        preset: Preset::Standard,
    };
    let kept_out = Command::LogIn {
        access: Access::Denied,
    };
    let reset_without = Command::Reset {
        ticket: digest(2),
        aloud: false,
        code: ABSENT,
    };
    let collect = Command::CollectTicket {
        seal: digest(1),
        ticket: digest(2),
    };
    let reset_other = Command::Reset {
        ticket: digest(2),
        aloud: false,
        code: GOOD,
    };
    let announce = |start| Command::Announce { role, start };
    vec![
        (
            "break-glass, the seal void",
            Command::BreakGlass { seal: digest(1) },
            |it| {
                organisation(it).break_glass = BreakGlass::Void {
                    seal: digest(1),
                    until: NOW.plus(9),
                };
            },
        ),
        (
            "the code's last group is not typed back",
            Command::Enable {
                seal: digest(1),
                typed_back: false,
            },
            never,
        ),
        (
            "enabled already",
            Command::Enable {
                seal: digest(1),
                typed_back: true,
            },
            |_| {},
        ),
        ("StrictLatch to Standard", standard, |it| {
            organisation(it).preset = Preset::StrictLatch;
        }),
        ("Standard to Standard", standard, |_| {}),
        (
            "a date in six days",
            announce(Start::At(NOW.plus(6 * limits::DAY))),
            |_| {},
        ),
        (
            "a date in three years",
            announce(Start::At(NOW.plus(1100 * limits::DAY))),
            |_| {},
        ),
        (
            "now, not confirmed",
            announce(Start::Now { confirmed: false }),
            |_| {},
        ),
        (
            "now, confirmed",
            announce(Start::Now { confirmed: true }),
            |_| {},
        ),
        (
            "a role that nobody defined",
            Command::Announce {
                role: RoleId(77),
                start: Start::Now { confirmed: true },
            },
            |_| {},
        ),
        (
            "announced already",
            announce(Start::Now { confirmed: true }),
            announced,
        ),
        (
            "in force already",
            announce(Start::Now { confirmed: true }),
            begun,
        ),
        (
            "the seal is void",
            announce(Start::Now { confirmed: true }),
            |it| {
                organisation(it).break_glass = BreakGlass::Void {
                    seal: digest(1),
                    until: NOW.plus(9),
                };
            },
        ),
        (
            "the author has nothing bound",
            announce(Start::Now { confirmed: true }),
            nothing_bound,
        ),
        (
            "put off a third time",
            Command::MoveMandate {
                role,
                date: NOW.plus(20 * limits::DAY),
            },
            announced,
        ),
        (
            "the same date",
            Command::MoveMandate {
                role,
                date: NOW.plus(8 * limits::DAY),
            },
            announced,
        ),
        (
            "earlier, seven days ahead",
            Command::MoveMandate {
                role,
                date: NOW.plus(7 * limits::DAY),
            },
            announced,
        ),
        (
            "a ticket of ten days",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 10 * limits::DAY,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "a longer ticket",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 2 * limits::DAY,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "a longer ticket, no code",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: 2 * limits::DAY,
                },
                code: ABSENT,
            },
            |_| {},
        ),
        (
            "a shorter ticket, no code",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: limits::HOUR,
                },
                code: ABSENT,
            },
            |_| {},
        ),
        (
            "the same ticket",
            Command::Change {
                setting: Setting::TicketLife {
                    seconds: limits::TICKET,
                },
                code: GOOD,
            },
            |_| {},
        ),
        (
            "nothing waits",
            Command::CancelChange {
                kind: SettingKind::RecoveryCodes,
            },
            |_| {},
        ),
        ("a place that is not allowed", kept_out, |_| {}),
        (
            "a place that nobody can judge",
            Command::LogIn {
                access: Access::Unknown,
            },
            |_| {},
        ),
        ("a wrong code", give(WRONG), |_| {}),
        ("no code", give(ABSENT), |_| {}),
        ("a malformed code", give(code(CodeCheck::Malformed)), |_| {}),
        (
            "a used code",
            give(code(CodeCheck::Used {
                step: STEP,
                wait: 12,
            })),
            |_| {},
        ),
        (
            "a code of the last step",
            give(code(CodeCheck::Good {
                step: STEP,
                offset: 0,
            })),
            |_| {},
        ),
        ("a good code during a wait", give(GOOD), |it| {
            it.actor.attempts.known.until = NOW.plus(1)
        }),
        ("a good code during a stranger's wait", give(GOOD), |it| {
            it.actor.attempts.stranger.until = NOW.plus(1)
        }),
        (
            "a stranger's good code after 80 failures",
            give(Submitted {
                vantage: Vantage::Stranger,
                ..GOOD
            }),
            |it| {
                it.actor.attempts.total = 80;
            },
        ),
        (
            "a known device's good code after 80 failures",
            give(GOOD),
            |it| it.actor.attempts.total = 80,
        ),
        ("the hundredth wrong code", give(WRONG), |it| {
            it.actor.attempts.total = 99
        }),
        (
            "a phone five steps off",
            Command::Resynchronise {
                pair: PairCheck::Good {
                    step: STEP + 9,
                    drift: 5,
                },
                vantage: Vantage::KnownDevice,
                access,
            },
            |_| {},
        ),
        (
            "another session's enrollment",
            confirm(GOOD.check, None),
            |it| pending(it, 99),
        ),
        (
            "no enrollment begun",
            confirm(GOOD.check, None),
            nothing_bound,
        ),
        (
            "an enrollment of ten minutes",
            confirm(GOOD.check, None),
            |it| {
                pending(it, 1);
                it.actor.pendings[0].as_mut().unwrap().since = ago(600);
            },
        ),
        ("one's own enrollment", confirm(GOOD.check, None), |it| {
            pending(it, 1)
        }),
        (
            "one's own enrollment, wrong code",
            confirm(WRONG.check, None),
            |it| pending(it, 1),
        ),
        ("one's own enrollment, begun again", begin(None), |it| {
            pending(it, 1)
        }),
        (
            "one's own enrollment, given up",
            Command::AbandonEnrollment,
            |it| pending(it, 1),
        ),
        ("three enrollments are begun", begin(None), |it| {
            pending(it, 97);
            it.actor.pendings[1] = it.actor.pendings[0].clone();
            it.actor.pendings[2] = it.actor.pendings[0].clone();
        }),
        ("after a reset, no ticket", begin(None), |it| {
            reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
        }),
        (
            "after a reset, the ticket void, none shown",
            begin(None),
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW, 0);
                it.actor.authenticator = Authenticator::ResetDue { ticket: None };
            },
        ),
        (
            "after a reset, a wrong ticket",
            begin(Some(digest(9))),
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "after a reset, a late ticket",
            begin(Some(digest(2))),
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW, 0);
            },
        ),
        (
            "after a reset, the late ticket of an administrator",
            begin(Some(digest(2))),
            |it| {
                let by = AccountId::from(8u64);
                let digest = digest(2);
                reset(
                    it,
                    Origin::Administrator {
                        digest,
                        by,
                        mark: 1,
                    },
                    NOW,
                    0,
                );
            },
        ),
        (
            "after a reset, the ticket of a former administrator",
            begin(Some(digest(2))),
            |it| {
                let by = AccountId::from(99u64);
                reset(
                    it,
                    Origin::Administrator {
                        digest: digest(2),
                        by,
                        mark: 1,
                    },
                    NOW.plus(9),
                    0,
                );
            },
        ),
        (
            "after break-glass, from a place that is not allowed",
            kept_out,
            |it| {
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "after break-glass, the seal not renewed",
            confirm(GOOD.check, None),
            |it| {
                pending(it, 1);
                it.actor.pendings[0].as_mut().unwrap().purpose = Purpose::Reset;
                reset(it, Origin::BreakGlass { digest: digest(2) }, NOW.plus(9), 0);
            },
        ),
        (
            "recovery codes are not offered",
            recover(Some(digest(4))),
            |_| {},
        ),
        ("a good recovery code", recover(Some(digest(4))), codes),
        ("a wrong recovery code", recover(Some(digest(9))), codes),
        ("a malformed recovery code", recover(None), codes),
        (
            "a good recovery code, disabled",
            recover(Some(digest(4))),
            |it| {
                codes(it);
                it.actor.authenticator = Authenticator::Disabled {
                    since: NOW,
                    why: DisabledBy::Failures,
                };
                it.actor.attempts.total = 100;
            },
        ),
        (
            "the right link",
            Command::Repudiate { link: digest(3) },
            |it| {
                it.actor.repudiation = Some(Repudiation {
                    link: digest(3),
                    expires: NOW.plus(1),
                });
            },
        ),
        (
            "the right link, too late",
            Command::Repudiate { link: digest(3) },
            |it| {
                it.actor.repudiation = Some(Repudiation {
                    link: digest(3),
                    expires: NOW,
                });
            },
        ),
        (
            "switch off, no code",
            Command::SwitchOff { code: ABSENT },
            |_| {},
        ),
        (
            "switch off for another",
            Command::SwitchOff { code: GOOD },
            other,
        ),
        (
            "switch off under StrictLatch",
            Command::SwitchOff { code: GOOD },
            |it| {
                organisation(it).preset = Preset::StrictLatch;
            },
        ),
        (
            "switch off with a role that nobody defined",
            Command::SwitchOff { code: GOOD },
            |it| it.actor.roles = it.actor.roles.with(RoleId(77)).unwrap(),
        ),
        (
            "with a role that nobody defined",
            Command::LogIn {
                access: Access::Allowed,
            },
            |it| it.actor.roles = it.actor.roles.with(RoleId(77)).unwrap(),
        ),
        ("reset without a code", reset_without, other),
        ("reset without a code, stale", reset_without, |it| {
            other(it);
            it.session = session(&it.actor, Level::Level2, ago(301));
        }),
        ("reset by a new administrator", reset_other, |it| {
            other(it);
            it.actor.promoted = Some(ago(limits::HOUR));
        }),
        (
            "reset by a new administrator, nobody else enrolled",
            reset_other,
            |it| {
                other(it);
                it.actor.promoted = Some(ago(limits::HOUR));
                it.roster = Roster::new(OrgId::from(1u64));
            },
        ),
        ("the sixth reset in a day", reset_other, |it| {
            other(it);
            it.actor.resets = ResetQuota {
                since: ago(limits::HOUR),
                used: 5,
            };
        }),
        (
            "a role that is held",
            Command::AddRole { role, code: GOOD },
            other,
        ),
        (
            "a role above one's own",
            Command::AddRole {
                role: RoleId(9),
                code: GOOD,
            },
            other,
        ),
        (
            "a ninth role",
            Command::AddRole {
                role: RoleId::PARENT,
                code: GOOD,
            },
            |it| {
                let roles = RoleSet::new((40..48).map(RoleId)).unwrap();
                it.subject = Some(Account {
                    roles,
                    ..account(3, &[])
                });
            },
        ),
        ("the last role", Command::RemoveRole { role }, other),
        (
            "a role that is not held",
            Command::RemoveRole { role: RoleId(9) },
            other,
        ),
        (
            "an administrator, the list says: the last one enrolled",
            Command::RemoveRole {
                role: RoleId::ADMINISTRATOR,
            },
            |it| {
                it.subject = Some(enrolled(administrator(8)));
                it.roster = Roster::new(OrgId::from(1u64));
                it.actor.roles = RoleSet::of(RoleId::EMPLOYEE);
            },
        ),
        (
            "the host deletes the last administrator",
            Command::HostLeave,
            |it| {
                it.roster = Roster::new(OrgId::from(1u64));
            },
        ),
        (
            "re-hired as administrator",
            Command::Rehire {
                roles: RoleSet::of(RoleId::ADMINISTRATOR),
                ticket: digest(2),
                code: GOOD,
            },
            |it| {
                other(it);
                it.subject.as_mut().unwrap().status = Status::Left { since: NOW };
            },
        ),
        (
            "a wrong seal",
            Command::BreakGlass { seal: digest(9) },
            |_| {},
        ),
        (
            "a second break-glass",
            Command::BreakGlass { seal: digest(1) },
            |it| opening(it, NOW.plus(1)),
        ),
        ("collect before the wait is over", collect, |it| {
            opening(it, NOW.plus(1))
        }),
        ("collect when the wait is over", collect, |it| {
            opening(it, NOW)
        }),
        ("collect a day later", collect, |it| {
            opening(it, ago(limits::DAY))
        }),
    ]
}

/// Somebody with the sealed code has asked for the actor to be let in.
fn opening(scene: &mut Scene, ready: UnixTime) {
    let account = scene.actor.id;
    organisation(scene).break_glass = BreakGlass::Opening {
        seal: digest(1),
        account,
        ready,
    };
}
