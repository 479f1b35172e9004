//! Deciding: what is read for it, and what it writes. Total and pure.

use loquet_policy::{
    Account, Changes, Decision, Fresh, Grant, NextStep, Notice, OrgId, Refusal, Roster, SessionId,
    Snapshot,
};

use crate::audit::{Last, Record};
use crate::decide::change::Change;
use crate::decide::commit::Decided;
use crate::decide::operation::{After, Case, Effects, Facts, Input, Operation};
use crate::decide::recipients::addressed;
use crate::devices;
use crate::disk::FirstOutcome;
use crate::records::{AccountRecord, OrganizationRecord, Rules, TokenRecord};
use crate::store::{AttemptId, RowKey, Version};

/// The rows that an operation still needs, given what is known. Empty: enough to decide.
pub(crate) fn needs<C: Operation>(operation: &C, id: AttemptId, facts: &Facts) -> Vec<RowKey> {
    if facts.read.is_empty() {
        let mut keys = vec![RowKey::Attempt(id), RowKey::Account(operation.actor())];
        keys.extend(
            operation
                .subject()
                .filter(|subject| *subject != operation.actor())
                .map(RowKey::Account),
        );
        let metadata = operation
            .imported_key()
            .into_iter()
            .chain(operation.token());
        keys.extend(metadata.map(RowKey::Metadata));
        return keys;
    }
    home(facts)
}

/// What is still to be read of the actor's organization.
pub(crate) fn home(facts: &Facts) -> Vec<RowKey> {
    let org = facts.actor.as_ref().map(|actor| actor.facts.org);
    org.into_iter()
        .flat_map(home_of)
        .filter(|key| !facts.read.iter().any(|(read, _)| read == key))
        .collect()
}

pub(crate) fn home_of(org: OrgId) -> [RowKey; 2] {
    [RowKey::Organization(org), RowKey::Roster(org)]
}

/// Decides. Total and pure.
pub(crate) fn decide<C: Operation>(
    operation: &C,
    input: &Input<'_>,
    facts: &Facts,
) -> Decided<C::Grant> {
    let now = input.now;
    let refuse = |refusal: Refusal| Decided::refuse(refusal, None);
    match &facts.repeated {
        // A repeated attempt learns how it ended and gets nothing: the browser that got the first answer goes on with
        // it.
        Some(FirstOutcome::Granted) => return refuse(Refusal::AlreadyCompleted),
        Some(FirstOutcome::Refused(refusal)) => return refuse(*refusal),
        None => {}
    }
    let Some(actor) = &facts.actor else {
        return refuse(Refusal::UnknownAccount);
    };
    let subject = match operation.subject() {
        None => None,
        Some(same) if same == actor.facts.id => Some(actor),
        // Of another organization is as good as not there: nothing is written that would tell the two apart.
        Some(_) => match &facts.subject {
            Some(subject) if subject.facts.org == actor.facts.org => Some(subject),
            _ => return refuse(Refusal::UnknownAccount),
        },
    };
    let case = Case {
        attempt: input.attempt,
        id: input.id,
        now,
        entropy: input.entropy,
        keys: input.keys,
        signer: &input.signer,
        actor,
        organization: facts.organization.as_ref(),
        session: operation.session(),
        access: &facts.access,
        geo: &facts.geo,
        key_owner: facts.key_owner,
        token: facts.token.as_ref(),
        unrecorded: input.unrecorded,
        passkeys: input.passkeys,
    };
    let last_seen = input.attempt.client.last_seen;
    if let Some(session) = case.session
        && let Err(refusal) = actor.check(session, input.limits, last_seen, now)
        && !(C::WHILE_OWING && refusal.next_step() == Some(NextStep::SecondFactor))
        && !(C::ENDS_SESSION && actor.sessions.contains(session))
    {
        return refuse(refusal);
    }
    let command = match operation.command(&case) {
        Ok(command) => command,
        Err(refused) => return Decided::refuse(refused, None),
    };
    let snapshot = Snapshot {
        organization: case.organization.map(|record| &record.facts),
        roster: facts.roster.as_ref(),
        actor: &actor.facts,
        session: case.session,
        subject: subject.map(|subject| &subject.facts),
    };
    let fresh = Fresh {
        session: devices::session_on(case.device_number(C::GIVES_CODE), case.entropy.session),
    };
    let decision = loquet_policy::decide(&snapshot, &command, now, fresh);
    write(operation, &case, facts, decision)
}

/// Turns the rules' decision into rows and a grant.
fn write<C: Operation>(
    operation: &C,
    case: &Case<'_>,
    facts: &Facts,
    decision: Decision,
) -> Decided<C::Grant> {
    let mut record = record(operation, case, &decision);
    let Decision {
        answer,
        changes,
        mut notices,
    } = decision;
    let mut refusals = case.actor.refusals;
    match answer {
        Err(refusal) if changes.is_empty() => match refusals.record(refusal, case.now) {
            Some(Last(last)) => record.last = last,
            None => return Decided::refuse(refusal, None),
        },
        _ => refusals.follow(answer.err()),
    }
    let changes_nothing = operation.session().is_some() && changes.is_empty();
    let bound = match answer {
        Ok(Grant::Bound { .. }) => case.session.map(|session| session.id),
        _ => None,
    };
    let mut rows = Rows::after(case, facts, changes, bound, operation.rules());
    rows.actor.refusals = refusals;
    if let Ok(granted) = &answer {
        case.entered(C::GIVES_CODE, granted, &mut rows.actor, &mut notices);
        rows.actor.sync_sessions(operation.replaces(), granted);
        let mut effects = Effects {
            actor: &mut rows.actor,
            organization: &mut rows.organization,
            token: rows.token.as_mut(),
            notices: &mut notices,
        };
        operation.effects(case, &mut effects);
    }
    let outcome = rows.grant(operation, case, answer);
    // An enrollment that is shown again, a log-out that comes twice: a session could write as much as it likes.
    let unchanged =
        changes_nothing && rows.organization.is_none() && rows.actor.is_same(case.actor);
    if unchanged && notices.is_empty() {
        return match outcome {
            Ok(granted) => Decided::unchanged(granted),
            Err(refused) => Decided::refuse(refused, None),
        };
    }
    if let Err(refused) = &outcome {
        refused.code().clone_into(&mut record.verdict);
    }
    let first = match &outcome {
        Err(refusal) => FirstOutcome::Refused(*refusal),
        _ => FirstOutcome::Granted,
    };
    let token = operation.token().zip(rows.token.take());
    let mut change = rows.into_change(case, facts, (record, notices), first);
    change.imported_key = operation.imported_key().filter(|_| answer.is_ok());
    change.token = token.filter(|_| answer.is_ok());
    match outcome {
        Ok(granted) => Decided::grant(granted, change),
        // A grant that cannot be handed over is not made: nothing of it is written.
        Err(refused) if answer.is_ok() => Decided::refuse(refused, None),
        Err(refused) => Decided::refuse(refused, Some(change)),
    }
}

/// What the audit log says of a grant; of a refusal it has another verdict.
fn record<C: Operation>(operation: &C, case: &Case<'_>, decision: &Decision) -> Record {
    Record {
        subject: operation.subject(),
        rule: Some(case.rule(decision)),
        address: case.attempt.client.address,
        unrecorded: case.unrecorded,
        ..Record::new(case.now, case.actor.facts.id, C::NAME, "GRANTED")
    }
}

/// The rows as the rules leave them; `None` where one stays as it is.
struct Rows {
    actor: AccountRecord,
    subject: Option<AccountRecord>,
    organization: Option<OrganizationRecord>,
    roster: Option<Roster>,
    /// The hardware token, as it was read until the operation's effects.
    token: Option<TokenRecord>,
}

impl Rows {
    /// Brings what was read in line with what the rules changed. `bound` is the session whose enrollment was confirmed,
    /// `rules` the text of access rules that the organization names from now on.
    fn after(
        case: &Case<'_>,
        facts: &Facts,
        changes: Changes,
        bound: Option<SessionId>,
        rules: Option<&Rules>,
    ) -> Self {
        let sync = |record: &AccountRecord, facts: Option<Account>, bound| {
            let mut record = record.clone();
            let before = record.facts.clone();
            if let Some(facts) = facts {
                let fresh = &case.entropy.secret;
                record.secrets.sync(&before, &facts, bound, fresh);
                record.facts = facts;
            }
            if record.facts.epoch != before.epoch {
                record.sessions.clear();
            }
            record.devices.sync(&before, &record.facts, case.now);
            record
        };
        let subject = changes.subject.zip(facts.subject.as_ref());
        let organization = changes.organization.zip(case.organization.cloned());
        Self {
            actor: sync(case.actor, changes.actor, bound),
            subject: subject.map(|(new, subject)| sync(subject, Some(new), None)),
            organization: organization.map(|(new, mut organization)| {
                organization.sync(new, rules, case.now);
                organization
            }),
            roster: changes
                .roster
                .filter(|roster| facts.roster.as_ref() != Some(roster)),
            token: facts.token.clone(),
        }
    }

    /// All that is written, with its record and its notices.
    fn into_change(
        self,
        case: &Case<'_>,
        facts: &Facts,
        (mut record, notices): (Record, Vec<Notice>),
        outcome: FirstOutcome,
    ) -> Change {
        let org = case.actor.facts.org;
        let [organization, roster] = home_of(org);
        record.policy = version_after(facts, organization, self.organization.is_some());
        record.roster = version_after(facts, roster, self.roster.is_some());
        let organization = self.organization.as_ref().or(case.organization);
        let roster = self.roster.as_ref().or(facts.roster.as_ref());
        Change {
            attempt: case.id,
            mark: case.entropy.mark,
            outcome,
            read: facts.read.clone(),
            record,
            notices: addressed(notices, organization, roster),
            organization: self.organization,
            roster: self.roster,
            actor: self.actor,
            subject: self.subject,
            imported_key: None,
            token: None,
        }
    }

    /// What the operation hands over.
    fn grant<C: Operation>(
        &self,
        operation: &C,
        case: &Case<'_>,
        answer: Result<Grant, Refusal>,
    ) -> Result<C::Grant, Refusal> {
        let after = After {
            actor: &self.actor,
            organization: self.organization.as_ref().or(case.organization),
        };
        operation.grant(&answer?, case, &after)
    }
}

/// The version of a row once the decision is made: that which it writes, or else that which it read. The version before
/// would let the last change be undone unseen, by the row that it replaced.
fn version_after(facts: &Facts, key: RowKey, is_written: bool) -> u64 {
    let read = facts.read.iter().find(|(read, _)| *read == key);
    let read = read.map_or(Version::ABSENT, |(_, version)| *version);
    if is_written { read.next() } else { read }.0
}
