//! What letters say, and to whom.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use loquet::store::MemoryStore;
use loquet::{Address, Event, Letter, MandateKind, RoleId, Start};
use loquet_mail::{Language, Renderer};
use loquet_policy::limits::{DAY, NOTICE};
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, Fixture};
use loquet_testkit::letters::{letter_about_brunos_failures, letters_about_bruno, post, to};

const LANGUAGES: [Language; 2] = [Language::French, Language::English];

async fn fixture() -> Fixture {
    let fixture = Fixture::over(MemoryStore::new()).await;
    for (account, address) in [
        (ANNE, "office@example.org"),
        (BRUNO, "office@example.org"),
        (CHLOE, "chloe@example.org"),
    ] {
        let address: Address = address.parse().unwrap();
        let provision = fixture.mfa.provision();
        provision.set_address(account, address).await.unwrap();
    }
    fixture
}

fn renderer() -> Renderer {
    Renderer::new("https://shop.example/mfa/").roles(|role, language| {
        let french = language == Language::French;
        (role == RoleId::STAFF).then(|| if french { "le personnel" } else { "staff" }.to_owned())
    })
}

fn body(letter: &Letter, language: Language) -> String {
    let body = renderer().render(letter, language).body;
    body.replace('\u{a0}', " ")
}

#[tokio::test]
async fn every_delivered_letter_is_a_whole_text() {
    let fixture = fixture().await;
    let (phone, anne) = fixture.imposed().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    fixture.enroll(&chloe).await;
    let user = fixture.user(&anne).await;
    let code = fixture.code(&phone);
    let reset = fixture.mfa.admin(&user);
    reset.reset(CHLOE, false, code).await.unwrap();
    let letters = post(&fixture).await;
    assert!(letters.len() > 5, "{letters:?}");
    for (letter, language) in letters.iter().flat_map(|it| LANGUAGES.map(|to| (it, to))) {
        let rendered = renderer().render(letter, language);
        let (subject, body) = (&rendered.subject, &rendered.body);
        assert!(subject.starts_with("À petits pas"), "{subject}");
        assert!(!subject.contains('\n') && subject.len() < 100, "{subject}");
        assert!(!body.contains(['{', '}', '~', '|']), "{body}");
        assert!(body.contains("(UTC)") && body.ends_with('\n'), "{body}");
    }
}

#[tokio::test]
async fn administrators_letter_names_the_account() {
    let fixture = fixture().await;
    let (phone, anne) = fixture.imposed().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    fixture.enroll(&chloe).await;
    post(&fixture).await;
    let user = fixture.user(&anne).await;
    let code = fixture.code(&phone);
    let admin = fixture.mfa.admin(&user);
    admin.reset(CHLOE, false, code).await.unwrap();
    let letters = post(&fixture).await;
    let letter = to(&letters, ANNE)[0];
    assert_eq!(letter.about.as_deref(), Some("chloe"));
    let french = body(letter, Language::French);
    assert!(
        french.contains("a réinitialisé le compte « chloe »."),
        "{french}"
    );
    assert!(french.contains("Compte : chloe\n"), "{french}");
    let own = to(&letters, CHLOE)[0];
    assert_eq!(own.about, None);
    let english = body(own, Language::English);
    assert!(english.contains("reset your account."), "{english}");
    assert!(english.contains("Account: chloe\n"), "{english}");
}

#[tokio::test]
async fn letter_about_a_colleague_omits_the_readers_account() {
    let fixture = || Fixture::over(MemoryStore::new());
    let mut letters = letters_about_bruno(&fixture().await).await;
    letters.push(letter_about_brunos_failures(&fixture().await).await);
    assert_eq!(letters.len(), 5);
    for letter in &letters {
        let french = body(letter, Language::French);
        assert!(french.contains("le compte « bruno »"), "{french}");
        let english = body(letter, Language::English);
        assert!(english.contains("the account “bruno”"), "{english}");
        for (text, own) in [
            (&french, ["votre ", "vos "]),
            (&english, ["your ", "Your "]),
        ] {
            assert!(!own.iter().any(|own| text.contains(own)), "{text}");
            assert!(text.contains("https://shop.example/mfa/admin"), "{text}");
        }
        let mut own = letter.clone();
        own.about = None;
        let english = body(&own, Language::English);
        assert!(english.contains("our "), "{english}");
        assert!(!english.contains("/admin"), "{english}");
    }
}

#[tokio::test]
async fn shared_address_is_told_once_per_round() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let letters = post(&fixture).await;
    let office: Address = "office@example.org".parse().unwrap();
    let mut told: Vec<String> = letters
        .iter()
        .filter(|letter| letter.address.as_ref() == Some(&office) && letter.link.is_none())
        .map(|letter| format!("{} {:?}", letter.at.0, letter.event))
        .collect();
    let all = told.len();
    told.sort();
    told.dedup();
    assert!(all > 1 && told.len() == all, "{told:?}");
    assert!(post(&fixture).await.is_empty(), "the rest is done");
}

#[tokio::test]
async fn code_goes_to_the_new_address_alone() {
    let fixture = fixture().await;
    let provision = fixture.mfa.provision();
    let set = provision.set_address(CHLOE, "chloe@example.com".parse().unwrap());
    assert!(set.await.unwrap());
    let letters = post(&fixture).await;
    let [old, new] = letters.as_slice() else {
        panic!("{letters:?}");
    };
    let digits = new.code.as_ref().unwrap().expose();
    let code = format!("{} {}", &digits[..4], &digits[4..]);
    for (language, said, advice) in [
        (Language::French, "autre adresse", "Si ce n’était pas vous"),
        (Language::English, "other address", "If this was not you"),
    ] {
        let told = renderer().render(old, language);
        assert!(told.subject.contains(said), "{}", told.subject);
        assert!(told.body.contains(advice), "{}", told.body);
        assert!(!body(old, language).contains(&code));
        assert!(
            body(new, language).contains(&code),
            "{}",
            body(new, language)
        );
        assert!(body(new, language).contains("/mfa/account/address"));
    }
}

#[tokio::test]
async fn enrollment_letter_has_the_link() {
    let fixture = fixture().await;
    fixture.enabled().await;
    let letters = post(&fixture).await;
    let letter = letters.iter().find(|letter| letter.link.is_some()).unwrap();
    let link = letter.link.as_ref().unwrap().expose();
    let link = format!("https://shop.example/mfa/not-me/{}\n", *link);
    for language in LANGUAGES {
        assert!(body(letter, language).contains(&link));
    }
}

#[tokio::test]
async fn mandate_letter_uses_the_hosts_role_names() {
    let fixture = fixture().await;
    let (_, anne) = fixture.enabled().await;
    let user = fixture.user(&anne).await;
    let date = fixture.mfa.now().plus(NOTICE + DAY);
    let admin = fixture.mfa.admin(&user);
    let schedule =
        admin.schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, Start::At(date));
    schedule.await.unwrap();
    let letters = post(&fixture).await;
    let letter = to(&letters, CHLOE)[0];
    let french = body(letter, Language::French);
    assert!(
        french.contains("obligatoire pour le personnel à compter du"),
        "{french}"
    );
    assert!(
        french.contains("https://shop.example/mfa/account"),
        "{french}"
    );
    let plain = Renderer::new("").render(letter, Language::English);
    assert!(
        plain.body.contains("required of your role from"),
        "{}",
        plain.body
    );
}

/// Every letter of a mandate that demands a passkey says so, in both languages, and where to add one.
#[tokio::test]
async fn letters_of_passkey_mandate_speak_of_passkeys() {
    let fixture = fixture().await;
    fixture.enabled().await;
    let letters = post(&fixture).await;
    let (role, kind) = (RoleId::STAFF, MandateKind::Passkey);
    let date = fixture.mfa.now().plus(NOTICE + DAY);
    for (event, french, english) in [
        (
            Event::MandateAnnounced { role, kind, date },
            "Une clé d’accès sera obligatoire pour le personnel à compter du 29 septembre 2026",
            "A passkey will be required of staff from 29 September 2026 on",
        ),
        (
            Event::MandateReminder { role, kind, date },
            "ajoutez-en une avant cette date dans « Mon compte »",
            "add one under “My account” before that date",
        ),
        (
            Event::MandateCancelled { role, kind },
            "Les codes restent acceptés",
            "Codes stay accepted",
        ),
        (
            Event::MandateInForce { role, kind },
            "Une clé d’accès est désormais obligatoire pour le personnel",
            "A passkey is now required of staff",
        ),
    ] {
        let mut letter = letters[0].clone();
        (letter.event, letter.link) = (event, None);
        for (language, word, said) in [
            (Language::French, "clé d’accès", french),
            (Language::English, "passkey", english),
        ] {
            let subject = renderer().render(&letter, language).subject;
            assert!(subject.contains(word), "{subject}");
            let body = body(&letter, language);
            assert!(body.contains(said), "{body}");
            let leads = body.contains("https://shop.example/mfa/account");
            let is_over = matches!(event, Event::MandateCancelled { .. });
            assert_ne!(leads, is_over, "{body}");
        }
    }
}
