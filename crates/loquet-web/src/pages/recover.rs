//! A recovery code in place of a lost app.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{BeginEnrollment, UseRecoveryCode};
use loquet::store::AttemptId;
use loquet_policy::Authenticator;

use crate::answer::Form;
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::recover;

impl<H> Here<H> {
    /// Whether there is a paper with which this person can help themself.
    pub(crate) fn has_recovery_codes(&self) -> bool {
        let bound = matches!(
            self.authenticator(),
            Authenticator::Active { .. } | Authenticator::Disabled { .. }
        );
        bound
            && self.standing.organization.options.recovery_codes
            && !self.standing.account.recovery.is_empty()
    }
}

async fn draw<H: Host>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let back = if here.is_logged_in() {
        "/account"
    } else {
        "/code"
    };
    let title = at.say("Code de récupération", "Recovery code");
    here.page(trouble, title, true, recover::recover(&at, back))
        .await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    if here.has_recovery_codes() {
        draw(&here, None).await
    } else {
        Ok(Redirect::to(here.pages.way(here.level())).into_response())
    }
}

pub(crate) async fn submit<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form
        .fields
        .text("recovery", recover::MAX_CODE)
        .map(|typed| UseRecoveryCode {
            stamp: here.stamp,
            typed: typed.into(),
        });
    match here.answer(&form, asked, &["recovery"], "").await? {
        Ok(recovering) => {
            let stamp = recovering.entered.stamp;
            // The QR code is on the page that it goes on to.
            let reset_code = Default::default();
            let begin = BeginEnrollment { stamp, reset_code };
            drop(here.run(AttemptId::random()?, begin).await?);
            let to = here.pages.way(stamp.level());
            here.pages.hand_over(Some(here.key), stamp, to).await
        }
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
