//! Codes of other lengths and periods than those of the apps that these pages set up: imported ones, and hardware tokens.

use axum::http::StatusCode;
use loquet::{Clock, Digits, HardwareToken, ImportedAuthenticator, Period, Secret, Totp, UnixTime};
use loquet_policy::limits;

use crate::browser::{Browser, between};
use crate::settings::{offering, reset_code_by_break_glass};
use crate::site::{HELENE, JULIE, MARC, SOFIA, Site};
use crate::typography::{OF_PEOPLE, reads};

const SERIAL: &str = "1000133508267";

/// The key of all of them, and as an app takes it.
const KEY: &[u8] = b"12345678901234567890";
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn eight_digits_a_minute() -> Totp {
    Totp {
        digits: Digits::Eight,
        period: Period::new(60).unwrap(),
        ..Totp::default()
    }
}

/// What it shows so many periods ahead: `totp-rs`, which shares no code with Loquet.
pub(crate) fn shown(now: UnixTime, ahead: u64) -> String {
    let uri = format!("otpauth://totp/x:y?secret={BASE32}&issuer=x&digits=8&period=60");
    let totp = totp_rs::Totp::from_url(uri).unwrap();
    totp.generate(now.0 + 60 * ahead).to_string()
}

pub(crate) async fn assign(site: &Site, account: u64) {
    let token = HardwareToken::new(SERIAL, Secret::new(KEY).unwrap());
    let provision = site.operator.provision();
    let added = provision.add_token(token.totp(eight_digits_a_minute()));
    added.await.unwrap();
    assert!(provision.assign_token(SERIAL, account).await.unwrap());
}

impl Browser<'_> {
    fn speaks(&mut self, language: &str) {
        let cookie = ("loquet-language".to_owned(), language.to_owned());
        self.cookies.extend([cookie]);
    }

    /// Types what the token shows, and what it shows next.
    pub(crate) async fn confirm_token(&mut self, to: &str) {
        let (first, next) = self.pair();
        let fields = [("code", first.as_str()), ("next_code", next.as_str())];
        self.leads("/mfa/enroll/confirm", &fields, to).await;
    }

    fn pair(&self) -> (String, String) {
        let now = self.site.clock.now();
        (shown(now, 0), shown(now, 1))
    }
}

#[tokio::test]
async fn imported_authenticator_is_asked_for_its_own_codes() {
    for (language, texts) in [
        (
            "fr",
            [
                "Code à 8\u{a0}chiffres",
                "Il change toutes les 60\u{a0}secondes dans votre application.",
            ],
        ),
        (
            "en",
            [
                "8-digit code",
                "It changes every 60\u{a0}seconds in your app.",
            ],
        ),
    ] {
        let site = Site::open().await;
        site.browser().enable(HELENE).await;
        let imported = ImportedAuthenticator::new(Secret::new(KEY).unwrap());
        let provision = site.operator.provision();
        let imported = imported.totp(eight_digits_a_minute());
        let imported = provision.import_authenticator(JULIE, imported);
        assert!(imported.await.unwrap());
        site.clock.advance(120);
        let mut julie = site.browser();
        julie.speaks(language);
        julie.log_in(JULIE).await;
        for text in texts {
            julie.shows(text);
        }
        julie.shows("placeholder=\"0000 0000\"");
        let code = shown(site.clock.now(), 0);
        julie.leads("/mfa/code", &[("code", &code)], "/").await;
        julie.open("/mfa/account/replace").await;
        julie.shows(texts[0]);
        // The app that takes its place has the usual codes.
        site.clock.advance(60);
        let code = shown(site.clock.now(), 0);
        let fields = [("code", code.as_str())];
        julie
            .leads("/mfa/account/replace", &fields, "/mfa/enroll")
            .await;
        julie.open("/mfa/enroll").await;
        assert!(!julie.page.contains(texts[0]), "{}", julie.page);
        julie.shows("placeholder=\"000 000\"");
        julie.shows("30\u{a0}sec");
    }
}

const NUMBERED: [(&str, &str); 2] = [
    ("fr", "Jeton no\u{a0}1000133508267"),
    ("en", "Token no.\u{a0}1000133508267"),
];

#[tokio::test]
async fn assigned_token_is_confirmed_with_two_codes() {
    for ((language, number), wrong) in NUMBERED.into_iter().zip([
        "Ces deux codes ne sont pas ceux du jeton",
        "These two codes are not the token’s",
    ]) {
        let site = Site::open().await;
        site.browser().enable(HELENE).await;
        assign(&site, JULIE).await;
        let mut julie = site.browser();
        julie.speaks(language);
        julie.log_in(JULIE).await;
        julie.open("/mfa/account").await;
        julie.shows("data-testid=\"token-waits\"");
        julie.shows("href=\"/mfa/enroll\" data-testid=\"confirm-token\"");
        for path in ["/mfa/enroll", "/mfa/enroll/key"] {
            julie.open(path).await;
            julie.shows(number);
        }
        julie.leads("/mfa/enroll", &[], "/mfa/enroll").await;
        julie.open("/mfa/enroll").await;
        assert!(!julie.page.contains("data-testid=\"qr\""));
        for shown in [number, "data-countdown=\"600\"", "\"0000 0000\""] {
            julie.shows(shown);
        }

        let (first, next) = julie.pair();
        for (first, next, field, complaint) in [
            (&*next, &*first, "code", wrong),
            (&*first, &*first, "code", wrong),
            (&*first, "", "next_code", "."),
            (&*first, "١٢٣٤٥٦", "next_code", "0"),
        ] {
            let pair = [("code", first), ("next_code", next)];
            let answer = julie.submit("/mfa/enroll/confirm", &pair).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            julie.complains(complaint);
            julie.shows("data-testid=\"token-page\"");
            julie.shows(&format!("id=\"{field}-error\""));
            assert!(!julie.page.contains("check-clock"));
        }
        julie.confirm_token("/mfa/account?done=enrolled").await;
    }
}

#[tokio::test]
async fn pages_speak_of_the_token_that_is_bound() {
    for ((language, number), [bound, present]) in NUMBERED.into_iter().zip([
        [
            "Votre jeton est lié",
            "Saisissez le code que votre jeton affiche.",
        ],
        [
            "Your token is bound",
            "Enter the code that your token shows.",
        ],
    ]) {
        let site = Site::open().await;
        let mut helene = site.browser();
        helene.enable(HELENE).await;
        helene.speaks(language);
        assign(&site, JULIE).await;
        let mut julie = site.browser();
        julie.speaks(language);
        julie.log_in(JULIE).await;
        julie.open("/mfa/enroll").await;
        julie.submit("/mfa/enroll", &[]).await;
        julie.open("/mfa/enroll").await;
        julie.confirm_token("/mfa/account?done=enrolled").await;
        julie.open("/mfa/account?done=enrolled").await;
        julie.shows(bound);
        julie.shows(number);
        assert!(!julie.page.contains("token-waits"));
        reads(&mut julie, language, &OF_PEOPLE).await;

        let mut again = site.browser();
        again.speaks(language);
        again.log_in(JULIE).await;
        again.shows(present);
        for _ in 0..2 {
            again.submit("/mfa/code", &[("code", "00000000")]).await;
        }
        assert!(!again.page.contains("check-clock"));
        site.clock.advance(120);
        let code = shown(site.clock.now(), 0);
        again.leads("/mfa/code", &[("code", &code)], "/").await;
        helene.open("/mfa/admin/people").await;
        helene.shows(number);
        again.open("/mfa/account/lost").await;
        again.submit("/mfa/account/lost", &[]).await;
        again.log_in(JULIE).await;
        again.shows("data-testid=\"recovery-page\"");
        reads(&mut again, language, &["/mfa/undo-report"]).await;
        helene.open("/mfa/admin/people").await;
    }
}

#[tokio::test]
async fn mandated_user_confirms_the_token_at_log_in() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.impose().await;
    assign(&site, SOFIA).await;
    let mut sofia = site.browser();
    sofia.log_in(SOFIA).await;
    sofia.shows("imposée par Hélène Tremblay");
    for _ in 0..10 {
        sofia.shows("data-testid=\"token-page\"");
        let wrong = [("code", "00000000"), ("next_code", "00000001")];
        sofia.submit("/mfa/enroll/confirm", &wrong).await;
    }
    sofia.complains("C’était le dixième essai");
    sofia.leads("/mfa/enroll", &[], "/log-in").await;
    sofia.open("/log-in").await;
    sofia.confirm_token("/").await;
}

#[tokio::test]
async fn token_takes_the_place_of_an_app() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    assign(&site, HELENE).await;
    helene.open("/mfa/account").await;
    helene.shows("href=\"/mfa/account/replace\" data-testid=\"confirm-token\"");
    // Its code comes first.
    helene.open("/mfa/enroll").await;
    helene.shows("Votre application reste valable jusqu’à ce que le jeton soit confirmé.");
    helene.shows("Code à 6\u{a0}chiffres");
    let code = site.code(&key);
    let fields = [("code", code.as_str())];
    helene
        .leads("/mfa/account/replace", &fields, "/mfa/enroll")
        .await;
    helene.open("/mfa/enroll").await;
    helene.shows("data-testid=\"token-page\"");
    helene.shows("Code à 8\u{a0}chiffres");
    helene.confirm_token("/mfa/account?done=enrolled").await;
    helene.open("/mfa/account").await;
    helene.shows("data-testid=\"token\"");
    helene.shows("Remplacer mon jeton");
    let mut again = site.browser();
    again.log_in(HELENE).await;
    again
        .submit("/mfa/code", &[("code", &site.code(&key))])
        .await;
    again.complains("saisissez les chiffres affichés");
    site.clock.advance(120);
    let code = shown(site.clock.now(), 0);
    again.leads("/mfa/code", &[("code", &code)], "/").await;
}

/// Its clock cannot be set: it is four codes ahead by now.
#[tokio::test]
async fn drifted_token_is_found_by_two_codes() {
    const AHEAD: u64 = 4;
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    assign(&site, JULIE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    assert_eq!(julie.open("/mfa/code/two").await.to(), "/");
    julie.open("/mfa/enroll").await;
    julie.leads("/mfa/enroll", &[], "/mfa/enroll").await;
    julie.open("/mfa/enroll").await;
    julie.confirm_token("/mfa/account?done=enrolled").await;
    site.clock.advance(600);
    let [first, next, later] = [0, 1, 2].map(|more| shown(site.clock.now(), AHEAD + more));
    let mut again = site.browser();
    again.log_in(JULIE).await;
    again.submit("/mfa/code", &[("code", &first)]).await;
    again.complains("Ce code n’est pas le bon");
    again.shows("href=\"/mfa/code/two\" data-testid=\"two-codes\"");
    again.open("/mfa/code/two").await;
    let skipped = [("code", first.as_str()), ("next_code", &later)];
    again.submit("/mfa/code/two", &skipped).await;
    again.complains("Ces deux codes ne sont pas ceux du jeton");
    let right = [("code", first.as_str()), ("next_code", &next)];
    again.leads("/mfa/code/two", &right, "/").await;

    site.clock.advance(600);
    let mut later = site.browser();
    later.log_in(JULIE).await;
    let code = shown(site.clock.now(), AHEAD);
    later.leads("/mfa/code", &[("code", &code)], "/").await;
}

#[tokio::test]
async fn reset_user_confirms_a_token_with_the_reset_code() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    site.browser().log_in_and_enroll(MARC).await;
    let reset_code = helene.reset(MARC, &key).await;
    assign(&site, MARC).await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    marc.shows("Jeton no\u{a0}1000133508267");
    marc.shows("Confirmez votre jeton avec le code de réinitialisation");
    marc.submit("/mfa/enroll", &[("reset_code", "AAAAA")]).await;
    marc.complains("Ce code de réinitialisation n’est pas valable");
    site.clock.advance(1);
    let fields = [("reset_code", reset_code.as_str())];
    marc.leads("/mfa/enroll", &fields, "/log-in").await;
    marc.open("/log-in").await;
    marc.confirm_token("/").await;
}

#[tokio::test]
async fn recovery_codes_stand_above_the_token() {
    for language in ["fr", "en"] {
        let site = Site::open().await;
        offering(&site, &mut site.browser()).await;
        site.clock.advance(limits::WEAKENING);
        assert_eq!(site.operator.apply_due().await.unwrap(), 1);
        assign(&site, JULIE).await;
        let mut julie = site.browser();
        julie.speaks(language);
        julie.log_in(JULIE).await;
        julie.open("/mfa/enroll").await;
        julie.submit("/mfa/enroll", &[]).await;
        julie.open("/mfa/enroll").await;
        let at = |what: &str| {
            julie
                .page
                .find(what)
                .unwrap_or_else(|| panic!("no {what} in {}", julie.page))
        };
        assert!(at("data-testid=\"recovery-codes\"") < at("data-testid=\"token-page\""));
        let code = between(&julie.page, "data-testid=\"recovery-code\">", "<").to_owned();
        julie.confirm_token("/mfa/account?done=enrolled").await;
        let owned = ["/mfa/account", "/mfa/account/lost"];
        reads(&mut julie, language, &owned).await;
        julie.submit("/mfa/account/lost", &[]).await;
        julie.log_in(JULIE).await;
        reads(&mut julie, language, &["/mfa/recover"]).await;
        let recovery = [("recovery", code.as_str())];
        julie.leads("/mfa/recover", &recovery, "/log-in").await;
        julie.open("/log-in").await;
        julie.open("/mfa/enroll").await;
    }
}

#[tokio::test]
async fn break_glass_code_is_renewed_with_the_token() {
    let site = Site::open().await;
    let reset_code = reset_code_by_break_glass(&site).await;
    assign(&site, HELENE).await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let fields = [("reset_code", reset_code.as_str())];
    helene.leads("/mfa/enroll", &fields, "/log-in").await;
    helene.open("/log-in").await;
    helene.shows("data-testid=\"new-break-glass\"");
    let new = between(
        &helene.page,
        "data-testid=\"break-glass\" data-text=\"",
        "\"",
    );
    let group = new.rsplit('-').next().unwrap().to_owned();
    let (first, next) = helene.pair();
    let pair = [("code", first.as_str()), ("next_code", next.as_str())];
    helene.submit("/mfa/enroll/confirm", &pair).await;
    helene.complains("code de secours");
    helene.shows("id=\"group-error\"");
    let fields = [pair[0], pair[1], ("group", group.as_str())];
    helene.leads("/mfa/enroll/confirm", &fields, "/").await;
}
