//! A story in which every kind of secret is made, and what it looks like wherever it must not be.

use std::collections::HashMap;

use loquet::flow::{
    AddRole, BeginEnrollment, BeginReplacement, ChangeAddress, Choice, CollectResetCode,
    ConfirmEnrollment, EnableMfa, LogOutEverywhere, OpenBreakGlass, Reactivate,
    RenewBreakGlassCode, Reset, Resynchronize, SetDevicesRemembered, TurnOff, TurnOn, Typed,
    UpdateSettings, UseRecoveryCode, VerifyCode,
};
use loquet::{AccountId, Request, RoleId, Stamp};
use loquet_policy::RoleSet;

use crate::house::{ANNE, BRUNO, CHLOE, DENIS, HOME, House};
use crate::letters;

/// A secret that was handed to somebody, in every form that it may take.
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

/// Everybody enrolls, one is reset, one uses a recovery code, one has a device remembered; and all that was handed to
/// them, with all that could be printed on the way.
pub async fn story(house: &House) -> (Vec<Canary>, String) {
    let mut canaries = Vec::new();
    let mut printed = String::new();
    let stamp = house.log_in(ANNE).await.stamp;
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap();
    printed += &format!("{break_glass:?} {stamp:?}");
    canaries.push(Canary::new(
        "the break-glass code",
        &break_glass.expose(),
        5,
    ));
    let typed_back = break_glass.expose().rsplit('-').next().unwrap().into();
    house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    let (phone, anne) = house.enroll(stamp).await;
    house
        .run(SetDevicesRemembered {
            stamp: anne,
            on: true,
        })
        .await
        .unwrap();
    let anne = house.offering(&phone, anne).await;

    for account in [BRUNO, CHLOE, DENIS] {
        printed += &enrolled(house, account, &mut canaries).await;
    }
    let typed = house.code(&phone).into();
    let reset = Reset {
        stamp: anne,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    let handed = house.run(reset).await.unwrap();
    printed += &format!("{handed:?}");
    canaries.push(Canary::new("a reset code", &handed.reset_code.expose(), 5));
    printed += &told(house, &mut canaries).await;
    let (nonsense, shown) = nonsense(house, anne).await;
    canaries.push(nonsense);
    printed += &shown;
    printed += &format!("{:?}", house.service);
    printed += &format!("{:?}", house.service.everybody(house.org).await.unwrap());
    printed += &format!("{:?}", house.service.check(&anne, None).await.unwrap());
    let away = Request::new(Some(HOME.parse().unwrap())).unwrap();
    let unknown = loquet::flow::LogIn {
        account: AccountId::from(77_u64),
    };
    printed += &format!("{:?}", house.service.run(unknown, &away).await);
    (canaries, printed)
}

/// Somebody enrolls; Bruno has a device remembered then, and Denis uses a recovery code.
async fn enrolled(house: &House, account: u64, canaries: &mut Vec<Canary>) -> String {
    let mut printed = String::new();
    let half = house.log_in(account).await.stamp;
    let offer = house.begin(half).await;
    printed += &format!("{offer:?}");
    canaries.push(Canary::new("a shared secret", &offer.key_ungrouped, 5));
    let codes = house.service.recovery_codes(&half).await.unwrap();
    printed += &format!("{codes:?}");
    for code in &codes {
        canaries.push(Canary::new("a recovery code", &code.expose(), 5));
    }
    let (phone, full) = house.confirm(half, &offer).await;
    match account {
        BRUNO => {
            let typed = house.code(&phone).into();
            let half = house.log_in(BRUNO).await.stamp;
            let remembering = Request {
                remember: true,
                ..House::request()
            };
            let code = VerifyCode { stamp: half, typed };
            printed += &format!("{code:?} {remembering:?}");
            let entered = house.service.run(code, &remembering).await.unwrap();
            let entered = entered.granted().unwrap();
            printed += &format!("{entered:?}");
            let cookie = entered.device.unwrap().expose();
            canaries.push(Canary::new("a device's cookie", &cookie, 4));
        }
        DENIS => {
            let half = house.log_in(DENIS).await.stamp;
            let typed = codes[0].expose().to_string().into();
            let recovering = UseRecoveryCode { stamp: half, typed };
            printed += &format!("{:?}", house.run(recovering).await.unwrap());
            printed += &format!("{:?}", house.run(LogOutEverywhere { stamp: full }).await);
        }
        _ => {}
    }
    printed
}

/// What everybody is written.
async fn told(house: &House, canaries: &mut Vec<Canary>) -> String {
    let mut printed = String::new();
    for letter in letters::post(house).await {
        printed += &format!("{letter:?}");
        if let Some(link) = &letter.link {
            // The account's id leads, and is no secret.
            let text = link.expose();
            let (_, secret) = text.split_once('-').unwrap();
            canaries.push(Canary::new("a binding_link link", secret, 5));
        }
    }
    printed
}

/// One text that nobody was handed, spelled like a reset code, so that it is read, hashed and compared.
const NONSENSE: &str = "TYPED-INTOE-VERYF-IELDX-ABCDEA";

fn typed() -> Typed {
    Typed::from(NONSENSE)
}

/// Runs ceremonies, and says all that can be printed of them.
macro_rules! run {
    ($house:ident: $($ceremony:expr),* $(,)?) => {{
        let mut printed = String::new();
        $(
            let ceremony = $ceremony;
            printed += &format!("{ceremony:?}: ");
            printed += &format!("{:?}\n", $house.run(ceremony).await);
        )*
        printed
    }};
}

/// Nonsense typed wherever something can be typed; and all that could be printed of it.
async fn nonsense(house: &House, stamp: Stamp) -> (Canary, String) {
    let mut printed = typed_by_an_owner(house, stamp).await;
    printed += &typed_by_an_administrator(house, stamp).await;
    (Canary::new("what was typed", NONSENSE, 5), printed)
}

async fn typed_by_an_owner(house: &House, stamp: Stamp) -> String {
    run![house:
        VerifyCode {
            stamp,
            typed: typed()
        },
        Resynchronize {
            stamp,
            typed: [typed(), typed()]
        },
        BeginEnrollment {
            stamp,
            reset_code: typed()
        },
        ConfirmEnrollment {
            stamp,
            typed: typed(),
            break_glass_typed_back: typed()
        },
        BeginReplacement {
            stamp,
            typed: typed()
        },
        TurnOn {
            stamp,
            typed: typed()
        },
        TurnOff {
            stamp,
            typed: typed()
        },
        UseRecoveryCode {
            stamp,
            typed: typed()
        },
        ChangeAddress {
            stamp,
            address: "else@example.org".parse().unwrap(),
            typed: typed()
        },
        EnableMfa {
            stamp,
            typed_back: typed()
        },
        RenewBreakGlassCode {
            stamp,
            typed_back: typed(),
            typed: typed()
        },
    ]
}

async fn typed_by_an_administrator(house: &House, stamp: Stamp) -> String {
    let (account, subject) = (ANNE.into(), CHLOE.into());
    run![house:
        house.service.read_rules(stamp, "", NONSENSE).unwrap(),
        UpdateSettings {
            stamp,
            choice: Choice::RecoveryCodes { offered: false },
            typed: typed()
        },
        Reset {
            stamp,
            subject,
            aloud: false,
            typed: typed()
        },
        AddRole {
            stamp,
            subject,
            role: RoleId::ADMINISTRATOR,
            typed: typed()
        },
        Reactivate {
            stamp,
            subject,
            roles: RoleSet::of(RoleId::PARENT),
            typed: typed()
        },
        OpenBreakGlass {
            account,
            typed: typed()
        },
        CollectResetCode {
            account,
            typed: typed()
        },
    ]
}
