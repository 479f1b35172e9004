//! `loquet ip suspend` and `loquet ip rollback`: the operator on the host takes access rules back.
//!
//! No code is asked for: the rules may be what keeps out everybody who could give one. Whoever can read database and
//! key file could do worse; all administrators are told at once, and it is on record.

use clap::Args;
use loquet::RoleId;
use loquet::flow::{self, Ceremony};
use loquet::{AccountId, Refusal, Refused};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::house::{self, House, wait};
use crate::output;

#[derive(Args)]
pub(crate) struct Host {
    #[command(flatten)]
    house: house::Arguments,

    /// The administrator in whose name it is recorded; the first one when left out
    #[arg(long = "as", value_name = "ADMIN")]
    administrator: Option<String>,
}

impl Host {
    pub(super) fn suspend(&self) -> Result<Outcome, Failure> {
        self.act(
            |account| flow::SuspendRules { account },
            "suspended",
            "the access rules are suspended: people can log in from everywhere",
        )
    }

    pub(super) fn roll_back(&self) -> Result<Outcome, Failure> {
        self.act(
            |account| flow::RollBackRules { account },
            "rolled_back",
            "the access rules of before the last change hold again",
        )
    }

    fn act<C: Ceremony<Grant = ()>>(
        &self,
        ceremony: impl FnOnce(AccountId) -> C,
        word: &str,
        sentence: &str,
    ) -> Result<Outcome, Failure> {
        wait(async {
            let house = self.house.open().await?;
            let account = self.administrator(&house).await?;
            if let Err(refused) = house.ask(ceremony(account)).await? {
                if refused == Refused::Rule(Refusal::Unchanged) && !house.json {
                    output::line("there is nothing to take back")?;
                }
                return Err(house.refused(&refused));
            }
            house.tell(
                &json!({ word: true }),
                &format!("{sentence}\nall administrators are told"),
            )
        })
    }

    async fn administrator(&self, house: &House) -> Result<AccountId, Failure> {
        if let Some(name) = &self.administrator {
            return house.account("--as", name).await;
        }
        let people = house.service.everybody(house.org()).await?;
        people
            .iter()
            .map(|person| &person.account)
            .find(|account| account.is_active() && account.roles.contains(RoleId::ADMINISTRATOR))
            .map(|account| account.id)
            .ok_or_else(|| Failure::of("--as", "this organization has no administrator"))
    }
}
