//! The second half of a log-in, and the step-up.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::{AccountId, Attempt, Error, NextStep, Refusal, UnixTime};

use super::enroll;
use crate::Language;
use crate::answer::NotTaken;
use crate::form::Form;
use crate::form_id::FormId;
use crate::host::PagesHost;
use crate::mount::Pages;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::code::{self, Recovery};
use crate::visit::{Visit, own_path};

impl<H: PagesHost> Pages<H> {
    /// Begins the session of `account`, whose password the host has just found to be right. The answer sets the session's
    /// cookie and leads on; where an enrollment is due it is begun along with it, so that the page to come shows the QR code
    /// at once.
    ///
    /// `form` is the id of the log-in form ([`Fields::form_id`](crate::Fields::form_id)); the enrollment is an attempt by it.
    /// The log-in itself takes effect each time: a form that is sent twice begins two sessions, of which the browser keeps
    /// the one of the later answer.
    ///
    /// # Errors
    /// A sentence for the log-in form, in the visit's language, when the rules refuse.
    pub async fn admit(
        &self,
        visit: &Visit,
        account: AccountId,
        form: FormId,
    ) -> Result<Response, String> {
        let admitted = self.try_admit(visit, account, (form, None)).await;
        admitted.unwrap_or_else(|stop| Ok(self.stopped(visit, stop)))
    }

    /// Takes note that the user who is here gave the password again, at the page that [`PagesHost::password_page`] names, and
    /// leads on to `next`. What is owed is decided as at every log-in. The session is replaced; it is another's if the
    /// password was another account's.
    ///
    /// # Errors
    /// As for [`admit`](Self::admit).
    pub async fn readmit(
        &self,
        visit: &Visit,
        account: AccountId,
        form: FormId,
        next: &str,
    ) -> Result<Response, String> {
        let admitted = self.try_admit(visit, account, (form, Some(next))).await;
        admitted.unwrap_or_else(|stop| Ok(self.stopped(visit, stop)))
    }

    async fn try_admit(
        &self,
        visit: &Visit,
        account: AccountId,
        (form, next): (FormId, Option<&str>),
    ) -> Result<Result<Response, String>, Stop> {
        let device = self.device(visit, account).await?;
        let client = self.client(visit).device(device);
        let replaced = match next {
            Some(_) => self.here(visit).await?.ok(),
            None => None,
        };
        let replaced = replaced.filter(|here| here.account_id() == account);
        let login = match replaced {
            Some(here) => self.0.mfa.reauthenticated(&here.session, client).await,
            None => self.0.mfa.log_in(account, client).await,
        };
        let login = match login {
            Ok(login) => login,
            Err(Error::Refused(refusal)) => {
                return Ok(Err(self.sentence(&refusal, visit.language).await?));
            }
            Err(fault) => return Err(fault.into()),
        };
        if login.next == NextStep::Enroll {
            let attempt = Attempt::new(client).idempotency_key(form);
            let (mfa, session) = (&self.0.mfa, &login.session);
            let begun = match mfa.begin_enrollment(session, "", attempt).await {
                Err(Error::Refused(Refusal::TwoCodesRequired)) => {
                    mfa.begin_token(session, "", attempt).await.map(drop)
                }
                begun => begun.map(drop),
            };
            match begun {
                // Where it is refused the page to come says why, and asks for the reset code for example.
                Ok(()) | Err(Error::Refused(_)) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        let old = visit.key(self.0.marking);
        let to = match (login.next, next.and_then(own_path)) {
            (NextStep::Done, Some(next)) => next,
            _ => self.way(login.next),
        };
        let response = self.hand_over(old, &login, to).await?;
        Ok(Ok(response))
    }

    /// Returns what the host's log-in page shows instead of its form to a browser that has given the password already: the
    /// QR code of a due enrollment, the fields for two codes of a token, or the field for the code. `None` without a session, and after a complete log-in.
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
        match here.next() {
            NextStep::Done => Ok(None),
            NextStep::Enroll => enroll::draw(&here, None).await.map(Some),
            _ => draw(&here, None).await.map(Some),
        }
    }
}

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let body = match here.next() {
        next if next == NextStep::Recover || codes_over(here).is_some() => {
            code::recovery(&at, here.has_recovery_codes(), &why_recover(here))
        }
        _ => code::log_in(
            &at,
            here.has_recovery_codes(),
            here.may_be_remembered(),
            here.has_token(),
        ),
    };
    here.page(trouble, at.say("Connexion", "Log in"), true, body)
        .await
}

/// Since when codes are not enough any more, where a passkey is required and none was added in time. A session that was idle
/// meanwhile owes a code first, which would not help.
fn codes_over<H>(here: &Here<H>) -> Option<UnixTime> {
    let until = here.overview().codes_until()?;
    (here.is_bound() && until <= here.now()).then_some(until)
}

fn why_recover<H>(here: &Here<H>) -> Recovery {
    match codes_over(here) {
        Some(until) => Recovery::CodesOver(until),
        _ if here.is_suspended() => Recovery::Suspended,
        _ => Recovery::Disabled,
    }
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    match here.next() {
        next @ (NextStep::Done | NextStep::Enroll) => {
            Ok(Redirect::to(here.pages.way(next)).into_response())
        }
        _ => draw(&here, None).await,
    }
}

pub(crate) async fn submit<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    // The same form again, after the log-in that it completed.
    if here.is_logged_in() {
        return Ok(Redirect::to(here.pages.0.host.home()).into_response());
    }
    match give(&here, &form, here.pages.0.host.home()).await? {
        Ok(response) => Ok(response),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

/// Gives the typed code and hands the session over, or says what is wrong with it.
async fn give<H: PagesHost>(
    here: &Here<H>,
    form: &Form,
    to: &str,
) -> Result<Result<Response, Trouble>, Stop> {
    let pages = &here.pages;
    let attempt = attempt_on_device(here, form).await?;
    let verified = async {
        let code = form.fields.code()?;
        let verified = pages.0.mfa.verify_code(&here.session, code, attempt);
        Ok::<_, NotTaken>(verified.await?)
    };
    match here.answer(verified.await, &["code"], "").await? {
        Ok(login) => here.hand_over(&login, to).await.map(Ok),
        Err(trouble) => Ok(Err(trouble)),
    }
}

/// An attempt by a form, of the browser's device.
async fn attempt_on_device<H: PagesHost>(here: &Here<H>, form: &Form) -> Result<Attempt, Stop> {
    let pages = &here.pages;
    let device = pages.device(&here.visit, here.account_id()).await?;
    let attempt = Attempt::new(pages.client(&here.visit).device(device));
    Ok(attempt
        .idempotency_key(form.id)
        .remember_device(form.fields.is_ticked("remember")))
}

async fn draw_two<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Connexion", "Log in");
    here.page(trouble, title, true, code::two_codes(&at)).await
}

/// Whether this is a log-in that waits for a code of a hardware token, whose clock cannot be set.
fn waits_for_token<H>(here: &Here<H>) -> bool {
    here.next() == NextStep::SecondFactor && here.has_token()
}

pub(crate) async fn show_two<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if waits_for_token(&here) {
        draw_two(&here, None).await
    } else {
        Ok(here.go("/code"))
    }
}

pub(crate) async fn submit_two<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    if !waits_for_token(&here) {
        return Ok(here.go("/code"));
    }
    let pages = &here.pages.0;
    let attempt = attempt_on_device(&here, &form).await?;
    let found = async {
        let fields = &form.fields;
        let codes = [fields.code()?, fields.digits(code::NEXT_CODE)?.into()];
        let found = pages.mfa.resynchronize(&here.session, codes, attempt);
        Ok::<_, NotTaken>(found.await?)
    };
    let found = found.await;
    let said = match &found {
        Err(NotTaken::Mfa(Error::Refused(refusal))) => of_pair(refusal, here.visit.language),
        _ => None,
    };
    match here.answer(found, &["code"], "").await? {
        Ok(login) => here.hand_over(&login, pages.host.home()).await,
        Err(mut trouble) => {
            if let Some(said) = said {
                said.clone_into(&mut trouble.text);
            }
            draw_two(&here, Some(&trouble)).await
        }
    }
}

async fn draw_step_up<H: PagesHost>(
    here: &Here<H>,
    next: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Confirmation", "Confirmation");
    here.page(trouble, title, true, code::step_up(&at, next))
        .await
}

pub(crate) async fn show_step_up<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
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

pub(crate) async fn submit_step_up<H: PagesHost>(
    here: Here<H>,
    form: Form,
) -> Result<Response, Stop> {
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

/// What is said of two codes of a token in place of what is said of one code of an app.
pub(super) fn of_pair(refusal: &Refusal, language: Language) -> Option<&'static str> {
    match refusal {
        Refusal::WrongCode { .. } => Some(language.say(
            "Ces deux codes ne sont pas ceux du jeton, ou ne se suivent pas. Attendez un nouveau code et saisissez-le, puis le suivant.",
            "These two codes are not the token’s, or do not follow each other. Wait for a new code and enter it, then the next one.",
        )),
        Refusal::EnrollmentEnded => Some(language.say(
            "C’était le dixième essai\u{a0}: cette activation a pris fin. Recommencez.",
            "That was the tenth try: this enrollment has ended. Begin again.",
        )),
        _ => None,
    }
}
