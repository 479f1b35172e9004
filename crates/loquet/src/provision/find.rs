//! Which account is which.

use loquet_policy::{AccountId, OrgId};

use crate::disk;
use crate::error::Error;
use crate::provision::Provision;
use crate::store::{Cursor, Item, Query};

/// Look-ups.
impl Provision<'_> {
    /// Returns the account with this external id.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa) -> Result<(), loquet::Error> {
    /// let account = mfa.provision().find("marie@example.org").await?; // `None`: there is no such account
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find(self, external_id: &str) -> Result<Option<AccountId>, Error> {
        let query = Query::ExternalId(self.0.org()?, external_id.to_owned());
        let page = self.0.store().scan(&query, &Cursor::default()).await?;
        let Some((row, version)) = page.items.into_iter().find_map(Item::account) else {
            return Ok(None);
        };
        let keys = self.0.row_keys(self.0.unlock().await?);
        let person = disk::read_person(&row, version, &keys)?;
        Ok(Some(person.facts.id))
    }

    /// Returns the organization of an account.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn organization_of(self, account: AccountId) -> Result<Option<OrgId>, Error> {
        let person = self.0.own_person(account).await?;
        Ok(person.map(|person| person.facts.org))
    }
}
