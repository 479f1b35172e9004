//! A story in which every kind of secret is made, and what it looks like wherever it must not be.

use std::collections::HashMap;

use loquet::{
    AccountId, Attempt, AuthenticatorId, Authorized, MfaSession, OrganizationSetting, RoleId, Typed,
};

use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture};
use crate::letters;

/// A secret that was handed out, in every form that it may take.
#[derive(Debug)]
pub struct Canary {
    what: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    /// Letters and digits, grouped by dashes or not; `bits` of them a character.
    #[must_use]
    pub fn new(what: &'static str, text: &str, bits: u32) -> Self {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let bytes = bytes(&plain, bits);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // As `Debug` shows an array.
        let listed = format!("{bytes:?}");
        let listed = listed.trim_matches(['[', ']']).to_owned();
        let texts = [
            text.to_owned(),
            text.to_lowercase(),
            plain.to_lowercase(),
            hex.to_uppercase(),
            hex,
            listed,
            plain,
        ];
        let forms = texts.map(String::into_bytes).into_iter().chain([bytes]);
        Self {
            what,
            forms: forms.collect(),
        }
    }

    /// Digits, as they are.
    #[must_use]
    pub fn digits(what: &'static str, text: &str) -> Self {
        let forms = vec![text.as_bytes().to_vec()];
        Self { what, forms }
    }

    /// Whether it would be found in a text that shows it.
    #[must_use]
    pub fn is_in(&self, haystack: &[u8]) -> bool {
        let shown = |form: &Vec<u8>| haystack.windows(form.len()).any(|window| window == form);
        self.forms.iter().any(shown)
    }
}

/// Panics where one of the secrets stands in `haystack`, in whatever form.
pub fn assert_absent(canaries: &[Canary], place: &str, haystack: &[u8]) {
    const START: usize = 8;
    // One pass for all of them: a file has many bytes.
    let mut starts: HashMap<&[u8], Vec<(&[u8], &str)>> = HashMap::new();
    for canary in canaries {
        for form in &canary.forms {
            let alike = starts.entry(&form[..START]).or_default();
            alike.push((form, canary.what));
        }
    }
    for (at, window) in haystack.windows(START).enumerate() {
        for (form, what) in starts.get(window).into_iter().flatten() {
            assert!(!haystack[at..].starts_with(form), "{place} shows {what}");
        }
    }
}

/// The bytes behind base32 or hexadecimal digits; what is left over is no byte.
fn bytes(text: &str, bits: u32) -> Vec<u8> {
    let (mut held, mut count, mut out) = (0_u32, 0, Vec::new());
    for digit in text.chars().map(|c| c.to_ascii_uppercase()) {
        let value = match bits {
            5 => (0..)
                .zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars())
                .find(|(_, c)| *c == digit),
            _ => digit.to_digit(16).map(|value| (value, digit)),
        };
        let (value, _): (u32, char) = value.unwrap();
        held = (held << bits | value) & 0xffff;
        count += bits;
        if count >= 8 {
            count -= 8;
            out.push((held >> count).to_le_bytes()[0]);
        }
    }
    out
}

/// Every user enrolls, one is reset, one uses a recovery code, one has a device remembered. Returns all that was handed to
/// them, with all that could be printed on the way.
pub async fn story(fixture: &Fixture) -> (Vec<Canary>, String) {
    let mut canaries = Vec::new();
    let mut printed = String::new();
    let session = fixture.log_in(ANNE).await.session;
    let proposed = fixture
        .mfa
        .proposed_break_glass_code(&session, &Fixture::client())
        .await;
    let anne = fixture.user(&session).await;
    printed += &format!("{proposed:?} {session:?} {anne:?}");
    let break_glass = fixture.enable(&anne).await;
    assert_eq!(*proposed.unwrap().expose(), break_glass);
    canaries.push(Canary::new("the break-glass code", &break_glass, 5));
    let (phone, session) = fixture.enroll(&session).await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    admin.remember_devices(true).await.unwrap();
    let session = fixture.offering(&phone, &session).await;
    let anne = fixture.user(&session).await;

    for account in [BRUNO, CHLOE, DENIS] {
        printed += &enrolled(fixture, account, &mut canaries).await;
    }
    for text in ["denis@example.org", "denis@example.com"] {
        let provision = fixture.mfa.provision();
        let set = provision.set_address(DENIS, text.parse().unwrap());
        assert!(set.await.unwrap());
    }
    let typed = fixture.code(&phone);
    let admin = fixture.mfa.admin(&anne);
    let handed = admin.reset(CHLOE, false, typed).await.unwrap();
    printed += &format!("{handed:?}");
    canaries.push(Canary::new("a reset code", &handed.reset_code.expose(), 5));
    printed += &told(fixture, &mut canaries).await;
    printed += &typed_by_an_owner(fixture, &session, &anne).await;
    printed += &typed_by_an_administrator(fixture, &anne).await;
    canaries.push(Canary::new("what was typed", NONSENSE, 5));
    printed += &format!("{:?} {:?} {admin:?}", fixture.mfa, fixture.operator);
    printed += &format!("{:?}", fixture.operator.users(fixture.org).await.unwrap());
    printed += &format!("{:?}", fixture.authorize(&session).await);
    printed += &format!("{:?}", fixture.progress(&session).await);
    let unknown = AccountId::from(77_u64);
    printed += &format!("{:?}", fixture.mfa.log_in(unknown, Fixture::client()).await);
    (canaries, printed)
}

/// A user enrolls; Bruno has a device remembered then, and Denis uses a recovery code.
async fn enrolled(fixture: &Fixture, account: u64, canaries: &mut Vec<Canary>) -> String {
    let mut printed = String::new();
    let half = fixture.log_in(account).await.session;
    let offer = fixture.begin(&half).await;
    printed += &format!("{offer:?}");
    canaries.push(Canary::new("a shared secret", &offer.key_ungrouped, 5));
    let codes = fixture.shown(&half).await;
    printed += &format!("{codes:?}");
    for code in &codes {
        canaries.push(Canary::new("a recovery code", &code.expose(), 5));
    }
    let (phone, full) = fixture.confirm(&half, &offer).await;
    match account {
        BRUNO => {
            let typed = fixture.code(&phone);
            let half = fixture.log_in(BRUNO).await.session;
            let remembering = Attempt::new(Fixture::client())
                .idempotency_key(NONSENSE)
                .remember_device(true);
            printed += &format!("{remembering:?}");
            let login = fixture.mfa.verify_code(&half, typed, remembering).await;
            printed += &format!("{login:?}");
            let cookie = login.unwrap().device.unwrap();
            printed += &format!("{:?}", Fixture::client().device(cookie));
            canaries.push(Canary::new("a device's cookie", &cookie.expose(), 4));
        }
        DENIS => {
            let half = fixture.log_in(DENIS).await.session;
            printed += &format!("{:?}", fixture.recover(&half, &codes[0]).await.unwrap());
            let out = fixture.mfa.log_out_everywhere(&full, Fixture::client());
            printed += &format!("{:?}", out.await);
        }
        _ => {}
    }
    printed
}

/// What everyone is written.
async fn told(fixture: &Fixture, canaries: &mut Vec<Canary>) -> String {
    let mut printed = String::new();
    for letter in letters::post(fixture).await {
        printed += &format!("{letter:?}");
        if let Some(code) = &letter.code {
            canaries.push(Canary::digits("an address code", code.expose()));
        }
        if let Some(link) = &letter.link {
            // The account's id leads, and is no secret.
            let text = link.expose();
            let (_, secret) = text.split_once('-').unwrap();
            canaries.push(Canary::new("a binding_link link", secret, 5));
        }
    }
    printed
}

/// One text that was never handed out, spelled like a reset code, so that it is read, hashed and compared.
const NONSENSE: &str = "TYPED-INTOE-VERYF-IELDX-ABCDEA";

/// Runs operations, and says all that can be printed of their answers.
macro_rules! printed {
    ($($operation:expr),* $(,)?) => {{
        let mut printed = format!("{:?}\n", Typed::from(NONSENSE));
        $(printed += &format!("{}: {:?}\n", stringify!($operation), $operation.await);)*
        // What stands in this file is no leak.
        printed.replace("NONSENSE", "")
    }};
}

async fn typed_by_an_owner(fixture: &Fixture, session: &MfaSession, user: &Authorized) -> String {
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let account = mfa.account(user);
    let admin = mfa.admin(user);
    let address = || "else@example.org".parse().unwrap();
    let codes = || [NONSENSE.into(), NONSENSE.into()];
    printed![
        mfa.verify_code(session, NONSENSE, client),
        mfa.resynchronize(session, codes(), client),
        mfa.begin_enrollment(session, NONSENSE, client),
        mfa.confirm_enrollment_after_break_glass(session, NONSENSE, NONSENSE, client),
        account.replace_authenticator(NONSENSE),
        account.renew_recovery_codes(NONSENSE),
        account.add_authenticator(NONSENSE),
        account.remove_authenticator(AuthenticatorId(1), NONSENSE),
        account.turn_on(NONSENSE),
        account.turn_off(NONSENSE),
        mfa.recover(session, NONSENSE, client),
        account.change_address(address(), NONSENSE),
        account.confirm_address(NONSENSE),
        admin.enable(NONSENSE),
        admin.renew_break_glass_code(NONSENSE, NONSENSE),
    ]
}

async fn typed_by_an_administrator(fixture: &Fixture, user: &Authorized) -> String {
    let admin = fixture.mfa.admin(user).idempotency_key(NONSENSE);
    let (operator, chloe) = (&fixture.operator, CHLOE);
    let setting = OrganizationSetting::RecoveryCodes { offered: false };
    printed![
        admin.set_access_rules("", NONSENSE),
        admin.update_setting(setting, NONSENSE),
        admin.reset(chloe, false, NONSENSE),
        admin.add_role(chloe, RoleId::ADMINISTRATOR, NONSENSE),
        admin.reactivate(chloe, &[RoleId::MEMBER], NONSENSE),
        operator.open_break_glass(ANNE.into(), NONSENSE),
        operator.collect_reset_code(ANNE.into(), NONSENSE),
    ]
}
