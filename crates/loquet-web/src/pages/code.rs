//! The second half of a log-in, and the step-up.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{BeginEnrollment, LogIn, Typed, VerifyCode};
use loquet::store::AttemptId;
use loquet::{AccountId, Level, Refusal, Refused};

use super::enroll;
use crate::answer::Form;
use crate::host::Host;
use crate::mount::Pages;
use crate::parts::{MAX_CODE, Trouble};
use crate::refusal;
use crate::session::{Here, Stop};
use crate::views::code;
use crate::visit::{Visit, own_path};

impl<H: Host> Pages<H> {
    /// Lets in the owner of `account`, whose password the host has just found to be right: as far as the rules allow.
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
            Err(stop) => Ok(self.stopped(visit, stop)),
        }
    }

    async fn try_admit(
        &self,
        visit: &Visit,
        account: AccountId,
        attempt: AttemptId,
    ) -> Result<Result<Response, String>, Stop> {
        let log_in = LogIn { account };
        let mut request = self.request(visit, attempt);
        request.device = visit.device(self.0.marking, account);
        let entered = match self.0.service.run(log_in, &request).await?.granted() {
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
        if stamp.level() == Level::EnrollOnly {
            // Where this is refused the page to come says why, and asks for the reset code for example.
            let begin = BeginEnrollment {
                stamp,
                reset_code: Typed::default(),
            };
            let request = self.request(visit, AttemptId::random()?);
            drop(self.0.service.run(begin, &request).await?);
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
            Err(stop) => Some(self.stopped(visit, stop)),
        }
    }

    async fn try_interim(&self, visit: &Visit) -> Result<Option<Response>, Stop> {
        let Ok(here) = self.here(visit).await? else {
            return Ok(None);
        };
        match here.level() {
            Level::Level1 | Level::Level2 => Ok(None),
            Level::EnrollOnly => enroll::draw(&here, None).await.map(Some),
            Level::HalfLogin | Level::RecoveryOnly => draw(&here, None).await.map(Some),
        }
    }
}

async fn draw<H: Host>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let body = match here.level() {
        Level::RecoveryOnly => code::recovery(&at, here.has_recovery_codes()),
        _ => code::log_in(&at, here.has_recovery_codes(), here.may_be_remembered()),
    };
    here.page(trouble, at.say("Connexion", "Log in"), true, body)
        .await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    match here.level() {
        Level::HalfLogin | Level::RecoveryOnly => draw(&here, None).await,
        level => Ok(Redirect::to(here.pages.way(level)).into_response()),
    }
}

pub(crate) async fn submit<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    match give(&here, &form, here.pages.0.host.home()).await? {
        Ok(response) => Ok(response),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

/// Gives the typed code and hands the session over, or says what is wrong with it.
async fn give<H: Host>(
    here: &Here<H>,
    form: &Form,
    to: &str,
) -> Result<Result<Response, Trouble>, Stop> {
    let typed = match form.fields.text("code", MAX_CODE) {
        Ok(typed) => typed.into(),
        Err(fault) => return Ok(Err(Trouble::of_field(fault, here.visit.language))),
    };
    let give = VerifyCode {
        stamp: here.stamp,
        typed,
    };
    let pages = &here.pages;
    let mut request = pages.request(&here.visit, form.attempt);
    let marking = pages.0.marking;
    request.device = here.visit.device(marking, here.stamp.account());
    request.remember = form.fields.is_ticked("remember");
    match pages.0.service.run(give, &request).await?.granted() {
        Ok(entered) => here
            .pages
            .hand_over_on(Some(here.key), &entered, to)
            .await
            .map(Ok),
        Err(refused) => here.trouble(&refused, &["code"], "").await.map(Err),
    }
}

async fn draw_step_up<H: Host>(
    here: &Here<H>,
    next: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Confirmation", "Confirmation");
    here.page(trouble, title, true, code::step_up(&at, next))
        .await
}

pub(crate) async fn show_step_up<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    if !here.is_bound() {
        return Ok(here.go("/enroll"));
    }
    let next = here
        .visit
        .parameter("next")
        .as_deref()
        .and_then(own_path)
        .unwrap_or_else(|| here.pages.0.host.home())
        .to_owned();
    draw_step_up(&here, &next, None).await
}

pub(crate) async fn submit_step_up<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let next = form
        .fields
        .text("next", 512)
        .ok()
        .and_then(own_path)
        .unwrap_or_else(|| here.pages.0.host.home());
    match give(&here, &form, next).await? {
        Ok(response) => Ok(response),
        Err(trouble) => draw_step_up(&here, next, Some(&trouble)).await,
    }
}
