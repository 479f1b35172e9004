//! What a letter's link opens.

use std::sync::Mutex;

use axum::http::StatusCode;
use loquet::{Deliver, DeliveryError, Letter};

use crate::site::{HELENE, JULIE, Site};

#[derive(Default)]
struct Mailbox(Mutex<Vec<Letter>>);

impl Deliver for Mailbox {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// The code that was sent to an account's new address.
pub(crate) async fn address_code(site: &Site, account: u64) -> String {
    let mailbox = Mailbox::default();
    site.operator.deliver(&mailbox).await.unwrap();
    let letters = mailbox.0.into_inner().unwrap();
    let own = letters.iter().filter(|it| it.to == account.into());
    let code = own.filter_map(|it| it.code.as_ref()).next_back();
    code.unwrap().expose().to_owned()
}

/// The link in the newest letter to an account that has one.
pub(crate) async fn link(site: &Site, account: u64) -> String {
    let mailbox = Mailbox::default();
    site.operator.deliver(&mailbox).await.unwrap();
    let letters = mailbox.0.into_inner().unwrap();
    let own = letters.iter().filter(|it| it.to == account.into());
    let link = own.filter_map(|it| it.link.as_ref()).next_back();
    (*link.unwrap().expose()).clone()
}

#[tokio::test]
async fn not_me_link_acts_by_its_button_alone() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in_and_enroll(JULIE).await;

    let path = format!("/mfa/not-me/{}", link(&site, JULIE).await);

    // A mail program that opens the link changes nothing.
    let mut stranger = site.browser();
    let before = site.commits();
    assert_eq!(stranger.open(&path).await.status, StatusCode::OK);
    assert_eq!(site.commits(), before);
    assert_eq!(julie.open("/mfa/account").await.status, StatusCode::OK);

    // Other links say one sentence, whatever is wrong with them.
    let mut said = Vec::new();
    for other in [
        "nonsense".to_owned(),
        forged(path.rsplit('/').next().unwrap()),
        format!("{}-{}", "0".repeat(32), path.rsplit('-').next().unwrap()),
    ] {
        let place = format!("/mfa/not-me/{other}");
        let mut browser = site.browser();
        let shown = browser.open(&place).await;
        let answer = if shown.status == StatusCode::OK {
            browser.submit(&place, &[]).await
        } else {
            shown
        };
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{place}");
        assert!(
            answer.body.contains("Ce lien n’est plus valable"),
            "{}",
            answer.body
        );
        said.push(answer.body.contains("Julie"));
    }
    assert_eq!(said, [false; 3]);
    assert_eq!(julie.open("/mfa/account").await.status, StatusCode::OK);

    let done = stranger.submit(&path, &[]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains("Application retirée"));
    let ended = julie.open("/mfa/account").await;
    assert_eq!(ended.status, StatusCode::FORBIDDEN);
    let again = stranger.post(&path, &[("attempt", &"00".repeat(16))]).await;
    assert!(
        again.body.contains("Ce lien n’est plus valable"),
        "{}",
        again.body
    );
}

/// The same link with another first letter of its secret.
fn forged(link: &str) -> String {
    let (account, secret) = link.rsplit_once('-').unwrap();
    let first = if secret.starts_with('A') { 'B' } else { 'A' };
    format!("{account}-{first}{}", &secret[1..])
}
