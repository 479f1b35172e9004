//! The whole path, from the first log-in to the reset, in French.

use std::time::Duration;

use crate::browser::Scripts;
use crate::journey::Journey;
use crate::phone::Phone;

#[tokio::test]
async fn path_in_french() {
    let mut journey = Journey::start("fr", Scripts::Run).await;
    journey.browser.says("Mot de passe").await;
    journey.browser.picture("connexion").await;
    let mut helene = journey.an_administrator_enables_and_imposes().await;
    let mut sofia = journey.an_employee_is_led_through().await;
    journey.an_employee_logs_in_again(&mut sofia).await;
    journey.a_parent_switches_on_and_off().await;
    let marc = journey.the_other_administrator_enrolls().await;
    let reset_codes = journey.an_administrator_resets(&mut helene).await;
    journey
        .a_reset_code_is_asked_for("sofia", &reset_codes[0], &reset_codes[1], &sofia)
        .await;
    journey
        .a_reset_code_is_asked_for("marc", &reset_codes[1], &reset_codes[0], &marc)
        .await;
    journey.log_ins_are_restricted_by_address(&mut helene).await;
    journey.browser.close().await;
}

impl Journey {
    /// What the switch of "Mon compte" is at.
    pub(crate) async fn switch(&self) -> String {
        let switch = self.browser.find("switch").await;
        switch.attr("aria-checked").await.unwrap().unwrap()
    }

    async fn an_administrator_enables_and_imposes(&mut self) -> Phone {
        self.browser.fill("login", "helene").await;
        self.browser.fill("password", "ce n’est pas elle").await;
        self.browser.click("log-in").await;
        self.browser.find("error").await;
        self.browser.says("La connexion n’a pas abouti.").await;

        self.log_in("helene").await;
        self.browser.find("home-page").await;
        self.browser.says("Bonjour Hélène").await;
        self.browser.picture("accueil").await;
        self.open("/mfa/admin").await;
        self.browser.picture("pas-encore-activee").await;

        // The break-glass code is written down first: otherwise its end cannot be typed back.
        self.browser.click("enable").await;
        let shown = self.browser.text("break-glass").await;
        self.browser.fill("group", "AAAAA").await;
        self.browser.click("confirm").await;
        self.browser.find("error").await;
        self.browser.says("Ce n’est pas le dernier groupe").await;
        assert_eq!(
            self.browser.text("break-glass").await,
            shown,
            "the code that was written down stays true"
        );
        self.browser.picture("code-de-secours").await;
        self.enable().await;

        self.browser.find("enrol-start-page").await;
        let phone = self.enroll().await;
        self.browser.find("bound").await;
        self.browser.says("Félicitations").await;
        assert_eq!(
            (phone.issuer(), self.switch().await.as_str()),
            ("À petits pas", "true")
        );
        self.browser.picture("application-liee").await;

        self.open("/mfa/admin").await;
        self.browser.find("enabled").await;
        self.browser.picture("administration").await;
        self.browser.click("mandate").await;
        self.browser.click("start-now").await;
        self.browser.click("announce").await;
        self.browser.find("error").await;
        self.browser.says("Cochez la case").await;
        self.browser.click("start-now").await;
        self.browser.click("confirmed").await;
        self.browser.picture("obligation").await;
        self.browser.click("announce").await;
        self.browser.find("done").await;
        self.browser.click("mandate").await;
        self.browser.find("in-force").await;
        self.browser
            .says("Il n’est plus possible de revenir en arrière.")
            .await;
        self.log_out().await;
        phone
    }

    /// First log-in under the mandate: the log-in page itself shows the QR code.
    async fn an_employee_is_led_through(&mut self) -> Phone {
        self.log_in("sofia").await;
        let mut phone = self.scan().await;
        self.browser.says("obligatoire").await;
        assert_eq!(
            self.browser.path().await,
            "/connexion",
            "the log-in page shows the QR code"
        );
        assert_eq!(phone.account(), "sofia@petits-pas.example");
        self.browser.picture("code-qr").await;

        // Nothing of the service is open to a half log-in.
        self.open("/").await;
        assert_eq!(self.browser.path().await, "/connexion");
        self.open("/mfa/account").await;
        assert!(!self.browser.has("switch").await);
        self.open("/connexion").await;

        self.browser.says("Difficulté à capturer?").await;
        self.browser.click("cannot-scan").await;
        self.browser.find("key-page").await;
        self.browser.says("Pas de panique!").await;
        assert_eq!(self.browser.text("key").await.replace(' ', ""), phone.key());
        self.browser.click("copy").await;
        self.browser.says("Copié").await;
        assert_eq!(self.browser.clipboard().await, phone.key());
        self.browser.picture("cle-manuelle").await;
        self.browser.click("back").await;
        assert_eq!(
            self.scan().await.key(),
            phone.key(),
            "back at the same QR code"
        );

        self.give(&phone.wrong(), "connect").await;
        self.browser.find("error").await;
        self.browser.says("Ce code n’est pas le bon.").await;
        self.browser.picture("code-errone").await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.browser.says("Bonjour Sofia").await;

        self.a_mandate_holds_the_switch().await;
        self.log_out().await;
        phone
    }

    /// The mandate covers her: the switch does not turn, and says why.
    async fn a_mandate_holds_the_switch(&mut self) {
        self.open("/mfa/account").await;
        assert_eq!(self.switch().await, "true");
        assert!(
            !self
                .browser
                .find("switch")
                .await
                .is_enabled()
                .await
                .unwrap()
        );
        let reason = self.browser.text("switch-reason").await;
        assert!(reason.contains("Hélène Tremblay"), "{reason}");
        self.browser.picture("compte-employee").await;
        // The page behind it says so too, when it is opened by hand.
        self.open("/mfa/account/off").await;
        self.browser.says("Hélène Tremblay").await;
        assert!(!self.browser.has("confirm").await);
        self.open("/mfa/account").await;
        assert_eq!(self.switch().await, "true");
    }

    /// Only the six digits; each once; a wrong one leaves the next one right.
    async fn an_employee_logs_in_again(&mut self, phone: &mut Phone) {
        let code = phone.fresh().await;
        self.log_in("sofia").await;
        self.browser.find("code-page").await;
        assert_eq!(self.browser.qr_codes().await, [""; 0]);
        self.browser.picture("code").await;
        // As it is pasted from elsewhere: the browser must send it.
        let (first, last) = code.split_at(3);
        let pasted = format!("\u{200e}{first}\u{a0}\u{2013}{last}");
        self.give(&pasted, "connect").await;
        self.browser.find("home-page").await;
        self.log_out().await;

        self.log_in("sofia").await;
        self.give(&phone.used(), "connect").await;
        self.browser.find("error").await;
        self.browser
            .says("Ce code a déjà servi; chacun ne sert qu’une fois.")
            .await;
        self.browser.picture("code-deja-utilise").await;
        self.give(&phone.wrong(), "connect").await;
        self.browser.find("error").await;
        self.browser.says("Ce code n’est pas le bon.").await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.log_out().await;
    }

    async fn a_parent_switches_on_and_off(&mut self) {
        self.log_in("julie").await;
        self.browser.find("home-page").await;
        self.open("/mfa/account").await;
        assert_eq!(self.switch().await, "false");
        self.browser
            .says("La connexion multi-facteur est requise pour votre compte")
            .await;
        self.browser.picture("compte-parent").await;
        self.browser.click("switch").await;
        let mut phone = self.enroll().await;
        self.browser.find("bound").await;
        assert_eq!(self.switch().await, "true");
        self.log_out().await;

        self.log_in_with("julie", &mut phone).await;
        self.open("/mfa/account").await;
        self.browser.click("switch").await;
        self.browser.find("question-page").await;
        self.browser.picture("desactiver").await;
        self.give(&phone.wrong(), "confirm").await;
        self.browser.find("error").await;
        self.give(&phone.fresh().await, "confirm").await;
        self.browser.find("done").await;
        assert_eq!(self.switch().await, "false");
        self.log_out().await;
        self.log_in("julie").await;
        self.browser.find("home-page").await;

        // No administrator, no administration.
        assert!(!self.browser.has("admin").await);
        self.open("/mfa/admin/people").await;
        assert!(!self.browser.has("people-page").await);
        self.log_out().await;
    }

    async fn the_other_administrator_enrolls(&mut self) -> Phone {
        self.log_in("marc").await;
        let mut phone = self.scan().await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.log_out().await;
        phone
    }

    /// An employee and the other administrator, never oneself. Returns their reset codes.
    async fn an_administrator_resets(&mut self, phone: &mut Phone) -> [String; 2] {
        self.log_in_with("helene", phone).await;
        self.open("/mfa/admin/people").await;
        self.browser.find("people-page").await;
        self.browser
            .says("4 personnes sur 6 ont associé une application.")
            .await;
        self.browser.picture("personnes").await;
        let own = self.demo.account("helene");
        assert_eq!(
            self.browser
                .count(&format!("[data-account='{own}'] [data-testid='reset']"))
                .await,
            0
        );
        self.open(&format!("/mfa/admin/people/{own}/reset")).await;
        self.give(&phone.fresh().await, "confirm").await;
        self.browser.find("error").await;
        self.browser
            .says("Personne ne réinitialise son propre compte")
            .await;
        assert!(!self.browser.has("reset-code").await);
        self.browser.picture("jamais-soi-meme").await;

        let mut reset_codes = Vec::new();
        for login in ["sofia", "marc"] {
            let account = self.demo.account(login);
            self.open("/mfa/admin/people").await;
            let button = format!("[data-account='{account}'] [data-testid='reset']");
            self.browser.select(&button).await.click().await.unwrap();
            self.browser.says(&self.demo.name(login)).await;
            self.browser.picture("reinitialiser").await;
            // The code of a refused command was not used up; the code of a reset is.
            let code = if login == "sofia" {
                phone.unspent().await
            } else {
                phone.fresh().await
            };
            self.give(&code, "confirm").await;
            reset_codes.push(self.browser.text("reset-code").await);
            self.browser.picture("code-de-reinitialisation").await;
        }
        self.open("/mfa/admin/people").await;
        for login in ["sofia", "marc"] {
            let row = format!(
                "[data-account='{}'] [data-testid='state']",
                self.demo.account(login)
            );
            assert_eq!(
                self.browser.select(&row).await.text().await.unwrap(),
                "Code de réinitialisation attendu"
            );
        }
        self.log_out().await;
        reset_codes.try_into().unwrap()
    }

    async fn a_reset_code_is_asked_for(
        &mut self,
        login: &str,
        reset_code: &str,
        of_another: &str,
        old: &Phone,
    ) {
        self.log_in(login).await;
        self.browser.find("enrol-start-page").await;
        self.browser.fill("reset_code", of_another).await;
        self.browser.click("begin").await;
        self.browser.find("error").await;
        self.browser
            .says("Ce code de réinitialisation n’est pas valable pour ce compte.")
            .await;
        self.browser
            .picture("mauvais-code-de-reinitialisation")
            .await;
        // A first wrong reset code costs the session a wait of a second.
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Typed as people type: in lower case, with a blank in front.
        self.browser
            .fill("reset_code", &format!(" {}", reset_code.to_lowercase()))
            .await;
        self.browser.click("begin").await;
        let mut phone = self.scan().await;
        assert_ne!(phone.key(), old.key(), "the old secret is gone");
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.log_out().await;

        // The reset code is used up: the next log-in asks for a code, and only for that.
        self.log_in_with(login, &mut phone).await;
        self.log_out().await;
    }

    async fn log_ins_are_restricted_by_address(&mut self, phone: &mut Phone) {
        self.log_in_with("helene", phone).await;
        self.open("/mfa/admin/access").await;
        self.browser.find("access-page").await;
        assert_eq!(self.browser.text("address").await, "127.0.0.1");
        self.browser.click("by-hand-summary").await;
        self.browser.fill("rules", "allow 203.0.113.7/24").await;
        self.give(&phone.fresh().await, "save").await;
        self.browser.find("error").await;
        self.browser.says("203.0.113.0/24").await;
        self.browser
            .fill("rules", "default deny\nallow 203.0.113.0/24")
            .await;
        self.give(&phone.unspent().await, "save").await;
        self.browser.find("error").await;
        self.browser
            .says("Ces règles vous enfermeraient dehors")
            .await;
        self.browser.picture("enferme-dehors").await;
        self.browser
            .fill("rules", "default deny\nallow 127.0.0.1/32")
            .await;
        self.give(&phone.unspent().await, "save").await;
        self.browser.find("done").await;
        self.browser.picture("filtrage").await;
        self.log_out().await;

        // Log-ins from here still succeed; those from next door do not.
        self.log_in("thomas").await;
        self.browser.find("home-page").await;
        self.log_out().await;
        let refused = crate::demo::log_in_from("127.0.0.2", &self.demo, "thomas").await;
        assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
        assert!(
            refused.contains("pas permises depuis cette adresse"),
            "{refused}"
        );
        let accepted = crate::demo::log_in_from("127.0.0.1", &self.demo, "thomas").await;
        assert!(accepted.starts_with("HTTP/1.1 303"), "{accepted}");
    }
}
