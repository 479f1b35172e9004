//! A recovery code in place of a lost app.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{BeginEnrollment, UseRecoveryCode};
use loquet::store::AttemptId;
use loquet_policy::Authenticator;

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::recover;
use crate::{Pages, Visit};

impl Here {
    /// Whether there is a paper with which this person can help themself.
    pub(crate) fn has_recovery_codes(&self) -> bool {
        let bound = matches!(
            self.authenticator(),
            Authenticator::Active { .. } | Authenticator::Disabled { .. }
        );
        bound
            && self.standing.organisation.options.recovery_codes
            && !self.standing.account.recovery.is_empty()
    }
}

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let back = if here.is_logged_in() {
        "/account"
    } else {
        "/code"
    };
    let title = at.say("Code de récupération", "Recovery code");
    pages
        .page_for(
            visit,
            here,
            trouble,
            title,
            true,
            recover::recover(&at, back),
        )
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.anybody(&visit).await?;
    if here.has_recovery_codes() {
        draw(&pages, &visit, &here, None).await
    } else {
        Ok(Redirect::to(pages.way(here.level())).into_response())
    }
}

pub(crate) async fn submit<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.anybody(&visit).await?;
    let asked = fields
        .text("recovery", recover::MAX_CODE)
        .map(|typed| UseRecoveryCode {
            stamp: here.stamp,
            typed: typed.into(),
        });
    match pages
        .answer(&visit, &here, attempt, asked, &["recovery"], "")
        .await?
    {
        Ok(recovering) => {
            let stamp = recovering.entered.stamp;
            // The QR code is on the page that it goes on to.
            let ticket = Default::default();
            let begin = BeginEnrollment { stamp, ticket };
            drop(pages.run(&visit, AttemptId::random()?, begin).await?);
            let to = pages.way(stamp.level());
            pages.hand_over(Some(here.key), stamp, to).await
        }
        Err(trouble) => draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}
