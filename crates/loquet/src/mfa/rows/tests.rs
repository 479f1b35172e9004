//! Which rows are read for an account.

use super::*;
use crate::blocking::wait;
use crate::keyring::Keyring;
use crate::provision::NewAccount;
use crate::store::MemoryStore;

#[test]
fn a_wrong_guess_of_the_organization_is_put_away() {
    wait(async {
        let service = Mfa::new(MemoryStore::new(), Keyring::single(1, [7; 32])).unwrap();
        for org in [1_u64, 2] {
            let name = format!("House {org}");
            service
                .ensure_organization(org.into(), &name)
                .await
                .unwrap();
        }
        let (id, own, other) = (7_u64.into(), OrgId::from(1_u64), OrgId::from(2_u64));
        let roles = [RoleId::PARENT];
        service
            .ensure_account(
                own,
                NewAccount {
                    id,
                    external_id: "lea",
                    label: "lea",
                    roles: &roles,
                },
            )
            .await
            .unwrap();
        // Nobody guessed, then wrongly, then rightly: the same rows, each once.
        for guess in [None, Some(other), Some(own), Some(OrgId::from(3_u64))] {
            service.remember_home(id, guess);
            let facts = service.facts(id).await.unwrap();
            assert_eq!(facts.organization.unwrap().name, "House 1", "{guess:?}");
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
            assert_eq!(service.homes().get(&id), Some(&own));
        }
    });
}

#[test]
fn an_account_that_is_nowhere_has_no_organization() {
    wait(async {
        let service = Mfa::new(MemoryStore::new(), Keyring::single(1, [7; 32])).unwrap();
        let org = service
            .ensure_organization(1_u64.into(), "House")
            .await
            .unwrap();
        let nobody = 9_u64.into();
        service.remember_home(nobody, Some(org));
        let facts = service.facts(nobody).await.unwrap();
        assert!(facts.organization.is_none() && facts.roster.is_none());
        assert!(service.homes().is_empty());
    });
}
