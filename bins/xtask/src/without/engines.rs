//! What things are taken out of, and what should miss them.

/// A crate, or the part of one, that holds rules.
pub(super) struct Engine {
    /// As one says it to the chore.
    pub(super) name: &'static str,
    /// The crate's folder.
    pub(super) package: &'static str,
    /// The folders that it and its tests are built with.
    pub(super) beside: &'static [&'static str],
    /// The files, in reading order.
    pub(super) files: &'static [&'static str],
    /// The files and folders that hold no rule: whatever stands neither here nor there is an error.
    pub(super) left: &'static [&'static str],
    /// The tests that run against each thing, the quickest first.
    pub(super) tests: &'static [&'static str],
    /// What may go unmissed: the same whatever is written there, and why.
    pub(super) explained: &'static [(&'static str, &'static str, &'static str)],
}

/// The rules about people. Numbers, names and stored forms have tests that are figures; the explorer is not needed, it
/// takes minutes for one.
const POLICY: Engine = Engine {
    name: "policy",
    package: "loquet-policy",
    beside: &["loquet-testkit/src/policy_reference"],
    files: &[
        "account.rs",
        "attempts.rs",
        "command.rs",
        "decide.rs",
        "decide/code.rs",
        "decide/enrollment.rs",
        "decide/glass.rs",
        "decide/organisation.rs",
        "decide/people.rs",
        "decide/session.rs",
        "decide/turn.rs",
        "decision.rs",
        "explain.rs",
        "organisation.rs",
        "refusal.rs",
        "requirement.rs",
        "restore.rs",
        "roles.rs",
        "session.rs",
        "standing.rs",
        "what_if.rs",
    ],
    left: &["ids.rs", "lib.rs", "limits.rs", "scenario"],
    tests: &["unit", "grid", "law", "differential"],
    explained: &[
        (
            "decide/organisation.rs",
            "<= for known . role < role",
            "a role has one mandate, so that equal ones never meet",
        ),
        (
            "decide/organisation.rs",
            "<= for change . setting . kind () < setting . kind ()",
            "one change of a kind waits, so that equal ones never meet",
        ),
        (
            "decide/organisation.rs",
            ">= for to > date",
            "the same date was refused as unchanged before",
        ),
        (
            "decide/session.rs",
            "always: is_due (organisation , now)",
            "where nothing is due nothing is written; asking first spares each log-in a look at every list",
        ),
        (
            "organisation.rs",
            "<= for known . account < entry . account",
            "an account was dismissed from the list before it is admitted again",
        ),
        (
            "what_if.rs",
            "gone: organisation . preset = preset",
            "a preset changes no log-in, so that nobody is named with it or without",
        ),
    ],
};

/// The ceremonies, the mint, and what is sealed, hashed, handed out and written down.
const LOQUET: Engine = Engine {
    name: "loquet",
    package: "loquet",
    beside: &[
        "loquet-enrollment",
        "loquet-ipfilter",
        "loquet-otp",
        "loquet-policy",
        "loquet-testkit",
    ],
    files: &[
        "accept.rs",
        "audit.rs",
        "audit/chain.rs",
        "audit/checkpoint.rs",
        "book.rs",
        "device.rs",
        "disk.rs",
        "disk/books.rs",
        "flow.rs",
        "flow/access.rs",
        "flow/book.rs",
        "flow/devices.rs",
        "flow/enrollment.rs",
        "flow/evidence.rs",
        "flow/hearers.rs",
        "flow/host.rs",
        "flow/log_in.rs",
        "flow/options.rs",
        "flow/organisation.rs",
        "flow/people.rs",
        "flow/reason.rs",
        "flow/recovery.rs",
        "flow/remind.rs",
        "flow/typed.rs",
        "host_tx.rs",
        "lanes.rs",
        "notices.rs",
        "paper.rs",
        "records.rs",
        "seal.rs",
        "service.rs",
        "service/access.rs",
        "service/audit.rs",
        "service/denials.rs",
        "service/host.rs",
        "service/restore.rs",
        "service/rotation.rs",
        "service/rows.rs",
        "service/tick.rs",
        "service/vault.rs",
        "stamp.rs",
    ],
    // What has tests of its own that are no rules: the contract is one, and runs over stores that lie.
    left: &[
        "blocking.rs",
        "contract",
        "edge.rs",
        "lib.rs",
        "observe.rs",
        "store",
        "testing.rs",
    ],
    tests: &[
        "article",
        "access",
        "ceremonies",
        "codes",
        "devices",
        "canary",
        "blocking",
        "observed",
        "unit",
        "faults",
        "conformance",
        "machine",
    ],
    explained: &[],
};

pub(super) const ENGINES: [Engine; 2] = [POLICY, LOQUET];
