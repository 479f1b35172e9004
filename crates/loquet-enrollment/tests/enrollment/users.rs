//! Generated users, the same in every run.

use loquet_enrollment::{KeyUri, Label};
use loquet_otp::Secret;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}

const ISSUERS: [&str; 14] = [
    "Loquet",
    "Mairie de Saint-Éloi",
    "Le Bac à sable",
    "L'Œuvre et Cie",
    "مدرسة النور",
    "北京大学",
    "Școala Nouă",
    "東京都教育委員会",
    "🏫 École du Lac",
    "Ville de Trois-Rivières (Québec)",
    "Ελληνικό Σχολείο",
    "Escola – Îlot 7",
    "بیمارستان شهر",
    "A",
];

const FIRST: [&str; 12] = [
    "marie",
    "jean-françois",
    "玛丽",
    "مريم",
    "zoë",
    "o'brien",
    "ñandú",
    "👩‍🏫anne",
    "ivan_иван",
    "x",
    "سارا",
    "김민준",
];

const DOMAINS: [&str; 6] = [
    "x.ca",
    "ecole.example",
    "mairie-saint-eloi.example",
    "学校.example",
    "b.io",
    "",
];

/// Returns a random user's label.
pub(crate) fn label(random: &mut Random) -> Label {
    let issuer = random.pick(&ISSUERS);
    let mut account = random.pick(&FIRST).to_owned();
    if random.below(3) == 0 {
        account.push_str("+creche");
    }
    let number = random.below(10_000);
    account.push_str(&number.to_string());
    let domain = random.pick(&DOMAINS);
    if !domain.is_empty() {
        account.push('@');
        account.push_str(domain);
    }
    Label::new(issuer, &account).unwrap()
}

pub(crate) fn secret(random: &mut Random) -> Secret {
    Secret::from(random.bytes::<20>())
}

/// Returns a random user's key URI with default parameters.
pub(crate) fn key_uri(random: &mut Random) -> KeyUri {
    let (label, secret) = (label(random), secret(random));
    KeyUri::new(&label, &secret).unwrap()
}

/// Returns the URI that the documentation calls "typical": 105 bytes, version 6.
pub(crate) fn usual() -> KeyUri {
    let label = Label::new("Loquet", "marie.tremblay@mairie.example").unwrap();
    KeyUri::new(&label, &Secret::from(Random(1).bytes::<20>())).unwrap()
}
