//! Which rows are read for an account, and what of them is decrypted.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use loquet_policy::RoleId;

use super::*;
use crate::blocking::wait;
use crate::keyring::Keyring;
use crate::provision::NewAccount;
use crate::session::attempt::Client;
use crate::store::{Commit, Item, MemoryStore};

async fn mfa() -> Mfa {
    let builder = Mfa::builder(MemoryStore::new()).keyring(Keyring::single(1, [7; 32]));
    builder.open().await.unwrap()
}

#[test]
fn wrong_guess_of_organization_is_dropped() {
    wait(async {
        let mfa = mfa().await;
        for org in [1_u64, 2] {
            let name = format!("Daycare {org}");
            let provision = mfa.provision();
            provision
                .ensure_organization(org.into(), &name)
                .await
                .unwrap();
        }
        let (id, own, other) = (7_u64.into(), OrgId::from(1_u64), OrgId::from(2_u64));
        let home = mfa.organization(own);
        let lea = NewAccount::new(id, "lea").role(RoleId::MEMBER);
        home.provision().ensure_account(lea).await.unwrap();
        // No guess, a wrong one, the right one: the same rows, each once.
        for guess in [None, Some(other), Some(own), Some(OrgId::from(3_u64))] {
            mfa.remember_home(id, guess);
            let facts = mfa.facts(id).await.unwrap();
            assert_eq!(facts.organization.unwrap().name, "Daycare 1", "{guess:?}");
            assert_eq!(facts.roster.unwrap().org, own);
            let mut read: Vec<_> = facts.read.iter().map(|(key, _)| *key).collect();
            read.sort();
            let mut due = [
                RowKey::Account(id),
                RowKey::Organization(own),
                RowKey::Roster(own),
            ];
            due.sort();
            assert_eq!(read, due, "{guess:?}");
            assert_eq!(mfa.homes().get(&id), Some(&own));
        }
    });
}

#[test]
fn unknown_account_has_no_organization() {
    wait(async {
        let mfa = mfa().await;
        let provision = mfa.provision();
        let org = provision.ensure_organization(1_u64.into(), "Daycare").await;
        let org = org.unwrap();
        let unknown = 9_u64.into();
        mfa.remember_home(unknown, Some(org));
        let facts = mfa.facts(unknown).await;
        assert!(matches!(
            facts,
            Err(Error::Refused(Refusal::UnknownAccount))
        ));
        assert!(mfa.homes().is_empty());
    });
}

/// A handle of one organization holds up no account of another, whatever ids it is asked for.
#[test]
fn foreign_account_takes_no_lane() {
    wait(async {
        let mfa = mfa().await;
        let provision = mfa.provision();
        for org in [1_u64, 2] {
            let made = provision.ensure_organization(org.into(), "Daycare").await;
            made.unwrap();
        }
        let [home, other] = [1_u64, 2].map(|org| mfa.organization(org.into()));
        let id = 7_u64.into();
        let lea = NewAccount::new(id, "lea").role(RoleId::MEMBER);
        home.provision().ensure_account(lea).await.unwrap();
        let _busy = mfa.inner.lanes.enter(vec![id]).await.unwrap();
        let mut foreign = pin!(other.log_in(id, Client::default()));
        let mut own = pin!(home.log_in(id, Client::default()));
        let both =
            poll_fn(|cx| Poll::Ready((foreign.as_mut().poll(cx), own.as_mut().poll(cx)))).await;
        let (Poll::Ready(answer), Poll::Pending) = both else {
            panic!("the foreign one waits, or the own one does not");
        };
        let refused = answer.map(drop);
        assert!(
            matches!(refused, Err(Error::Refused(Refusal::UnknownAccount))),
            "{refused:?}"
        );
    });
}

/// A user who may not reset another cannot hold up the other's log-in, however often the request comes.
#[test]
fn t58_refusals_that_write_nothing_take_no_lane() {
    wait(async {
        let mfa = mfa().await;
        let provision = mfa.provision();
        let org = provision.ensure_organization(1_u64.into(), "Daycare").await;
        let home = mfa.organization(org.unwrap());
        let [member, victim] = [7_u64, 8].map(AccountId::from);
        for (id, name) in [(member, "lea"), (victim, "noah")] {
            let new = NewAccount::new(id, name);
            home.provision().ensure_account(new).await.unwrap();
        }
        let client = Client::default();
        let session = home.log_in(member, client).await.unwrap().session;
        let user = home.authorize(&session, &client).await.unwrap();
        let reset = || home.admin(&user).reset(victim, false, "");
        // The first ten of an hour are recorded.
        for _ in 0..crate::audit::REFUSALS {
            reset().await.unwrap_err();
        }
        let _held = mfa.inner.lanes.enter(vec![member, victim]).await.unwrap();
        let mut reset = pin!(reset());
        let refused = poll_fn(|context| Poll::Ready(reset.as_mut().poll(context))).await;
        assert!(
            matches!(refused, Poll::Ready(Err(Error::Refused(Refusal::NotAdmin)))),
            "{refused:?}"
        );
    });
}

/// The row is authentic; its secret is none that could be decrypted.
#[test]
fn authorizing_decrypts_nothing() {
    wait(async {
        let mfa = mfa().await;
        let provision = mfa.provision();
        let org = provision.ensure_organization(1_u64.into(), "Daycare").await;
        let home = mfa.organization(org.unwrap());
        let id = 7_u64.into();
        let lea = NewAccount::new(id, "lea").role(RoleId::ADMINISTRATOR);
        home.provision().ensure_account(lea).await.unwrap();
        let client = Client::default();
        let session = home.log_in(id, client).await.unwrap().session;

        let keys = mfa.row_keys(mfa.unlock().await.unwrap());
        let found = mfa.store().load(&[RowKey::Account(id)]).await.unwrap();
        let found = found.into_iter().map(Item::Row).find_map(Item::account);
        let (mut row, version) = found.unwrap();
        let json = keys.open(&row, version).unwrap().json();
        row.body = json.replace(
            "\"audit_head\"",
            "\"authenticators\":[{\"id\":1,\"encrypted\":\"AQ\"}],\"audit_head\"",
        );
        let row = keys.sign(row, version.next()).unwrap();
        let writes = Writes {
            expect: vec![(RowKey::Account(id), version)],
            put: vec![Row::Account(row)],
            ..Writes::default()
        };
        assert_eq!(mfa.store().commit(writes).await.unwrap(), Commit::Done);

        let lea = home.authorize(&session, &client).await.unwrap();
        let progress = home.login_progress(&session, &client).await;
        assert!(progress.unwrap().user().is_some());
        let overview = home.account(&lea).overview().await.unwrap();
        assert_eq!(overview.external_id(), "lea");
        assert_eq!(home.admin(&lea).users().await.unwrap().len(), 1);
        // Where a code is checked it is decrypted.
        let given = home.verify_code(&session, "123456", client).await;
        assert!(
            matches!(
                given,
                Err(Error::Unavailable(crate::Unavailable::Damaged(_)))
            ),
            "{given:?}"
        );
    });
}
