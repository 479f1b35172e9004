//! A relying party that pretends, for tests without a browser.

use loquet::{Challenge, NewPasskey, PasskeyUser, RelyingParty, Signed};

/// A relying party whose passkeys are numbers. Each answer says what it is to, in words.
#[derive(Debug, Clone, Copy)]
pub struct Pretend(pub &'static str);

/// The number of the passkey and its count, if the answer begins with `word` and its challenge is expected.
fn read(
    word: &str,
    answer: &str,
    is_expected: &mut dyn FnMut(&[u8]) -> bool,
) -> Option<(String, u32)> {
    let parts: Vec<&str> = answer.split(' ').collect();
    let [first, challenge, number, count] = parts.as_slice() else {
        return None;
    };
    let pairs = challenge.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    is_expected(&bytes.collect::<Option<Vec<u8>>>()?).then_some(())?;
    (*first == word).then_some(((*number).to_owned(), count.parse().ok()?))
}

fn options(challenge: &Challenge) -> Option<String> {
    Some(challenge.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl RelyingParty for Pretend {
    fn id(&self) -> &str {
        self.0
    }

    fn creation_options(&self, _: &PasskeyUser<'_>, challenge: &Challenge) -> Option<String> {
        options(challenge)
    }

    fn created(
        &self,
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<NewPasskey> {
        let (passkey, counter) = read("create", answer, is_expected)?;
        Some(NewPasskey {
            id: passkey.clone().into_bytes(),
            passkey,
            counter,
            backed_up: true,
        })
    }

    fn request_options(&self, _: &[&str], challenge: &Challenge) -> Option<String> {
        options(challenge)
    }

    fn signed(
        &self,
        passkeys: &[&str],
        answer: &str,
        is_expected: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Signed> {
        let (number, counter) = read("sign", answer, is_expected)?;
        Some(Signed {
            passkey: passkeys.iter().position(|it| **it == number)?,
            counter,
            backed_up: true,
        })
    }
}
