//! The second half of a log-in, and the step-up.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{BeginEnrollment, GiveCode, LogIn, Typed};
use loquet::store::AttemptId;
use loquet::{AccountId, Level, Refusal, Refused};

use super::enrol;
use crate::fields::Fields;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::code;
use crate::visit::own_path;
use crate::{Pages, Visit, refusal};

impl<H: Host> Pages<H> {
    /// Lets in the owner of `account`, whose pass phrase the host has just found to be right: as far as the rules allow.
    /// The answer sets the session's cookie and leads on; where an enrollment is due it is begun along with it, so that the
    /// page to come shows the QR code at once.
    ///
    /// `attempt` is from the log-in form. It makes sending the form twice harmless.
    ///
    /// # Errors
    /// A sentence for the log-in form, in the visit's language, when the rules refuse.
    pub async fn admit(
        &self,
        visit: &Visit,
        account: AccountId,
        attempt: AttemptId,
    ) -> Result<Response, String> {
        match self.try_admit(visit, account, attempt).await {
            Ok(Err(sentence)) => Err(sentence),
            Ok(Ok(response)) => Ok(response),
            Err(stop) => Ok(self.settle(visit, Err(stop))),
        }
    }

    async fn try_admit(
        &self,
        visit: &Visit,
        account: AccountId,
        attempt: AttemptId,
    ) -> Result<Result<Response, String>, Stop> {
        let log_in = LogIn { account };
        let entered = match self
            .run_as(visit, attempt, log_in, Some(account), false)
            .await?
        {
            Ok(entered) => entered,
            Err(Refused::Rule(Refusal::AlreadyCompleted)) => {
                return Ok(Ok(Redirect::to(self.0.host.log_in()).into_response()));
            }
            Err(Refused::Rule(refusal)) => {
                return Ok(Err(self.sentence(&refusal, visit.language).await?));
            }
            Err(Refused::WouldLockOut | Refused::TooManyAddresses) => {
                return Ok(Err(refusal::neutral(visit.language).to_owned()));
            }
        };
        let stamp = entered.stamp;
        if stamp.level() == Level::EnrolOnly {
            // Where this is refused the page to come says why, and asks for the ticket for example.
            let begin = BeginEnrollment {
                stamp,
                ticket: Typed::default(),
            };
            drop(self.run(visit, AttemptId::random()?, begin).await?);
        }
        self.hand_over_on(visit.key(self.0.marking), &entered, self.way(stamp.level()))
            .await
            .map(Ok)
    }

    /// What the host's log-in page shows instead of its form to a browser that is half-way: the QR code of a due enrollment,
    /// or the field for the six digits. `None`: nobody is here, or somebody who is logged in.
    pub async fn interim(&self, visit: &Visit) -> Option<Response> {
        match self.try_interim(visit).await {
            Ok(response) => response,
            Err(stop) => Some(self.settle(visit, Err(stop))),
        }
    }

    async fn try_interim(&self, visit: &Visit) -> Result<Option<Response>, Stop> {
        let Ok(here) = self.here(visit).await? else {
            return Ok(None);
        };
        match here.level() {
            Level::Level1 | Level::Level2 => Ok(None),
            Level::EnrolOnly => enrol::draw(self, visit, &here, None).await.map(Some),
            Level::HalfLogin | Level::RecoveryOnly => {
                draw(self, visit, &here, None).await.map(Some)
            }
        }
    }
}

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let body = match here.level() {
        Level::RecoveryOnly => code::recovery(&at, here.has_recovery_codes()),
        _ => code::log_in(&at, here.has_recovery_codes(), here.may_be_remembered()),
    };
    pages
        .page_for(
            visit,
            here,
            trouble,
            at.say("Connexion", "Log in"),
            true,
            body,
        )
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.anybody(&visit).await?;
    match here.level() {
        Level::HalfLogin | Level::RecoveryOnly => draw(&pages, &visit, &here, None).await,
        level => Ok(Redirect::to(pages.way(level)).into_response()),
    }
}

pub(crate) async fn submit<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.anybody(&visit).await?;
    match give(
        &pages,
        &visit,
        &here,
        attempt,
        &fields,
        pages.0.host.home(),
        "/code",
    )
    .await?
    {
        Ok(response) => Ok(response),
        Err(trouble) => draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}

/// Gives the typed code and hands the session over, or says what is wrong with it.
async fn give<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    attempt: AttemptId,
    fields: &Fields,
    to: &str,
    next: &str,
) -> Result<Result<Response, Trouble>, Stop> {
    let typed = match fields.text("code", MAX_CODE) {
        Ok(typed) => typed.into(),
        Err(fault) => return Ok(Err(Trouble::of_field(fault, visit.language))),
    };
    let give = GiveCode {
        stamp: here.stamp,
        typed,
    };
    let account = Some(here.stamp.account());
    let remember = fields.is_ticked("remember");
    match pages
        .run_as(visit, attempt, give, account, remember)
        .await?
    {
        Ok(entered) => pages
            .hand_over_on(Some(here.key), &entered, to)
            .await
            .map(Ok),
        Err(refused) => pages
            .trouble(visit, here, &refused, &["code"], next)
            .await
            .map(Err),
    }
}

async fn draw_step_up<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    next: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let title = at.say("Confirmation", "Confirmation");
    pages
        .page_for(visit, here, trouble, title, true, code::step_up(&at, next))
        .await
}

pub(crate) async fn show_step_up<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    if !here.is_bound() {
        return Ok(pages.go("/enrol"));
    }
    let next = visit
        .parameter("next")
        .as_deref()
        .and_then(own_path)
        .unwrap_or_else(|| pages.0.host.home())
        .to_owned();
    draw_step_up(&pages, &visit, &here, &next, None).await
}

pub(crate) async fn submit_step_up<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let next = fields
        .text("next", 512)
        .ok()
        .and_then(own_path)
        .unwrap_or_else(|| pages.0.host.home());
    match give(&pages, &visit, &here, attempt, &fields, next, next).await? {
        Ok(response) => Ok(response),
        Err(trouble) => draw_step_up(&pages, &visit, &here, next, Some(&trouble)).await,
    }
}
