//! Days and moments in words. A no-break space keeps a number with its unit.

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use loquet::UnixTime;

use crate::Language;

const MONTHS: [(&str, &str); 12] = [
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
];

/// Returns a day in words, in UTC: "1er décembre 2026", "1 December 2026".
#[must_use]
pub fn day(at: UnixTime, language: Language) -> String {
    let date = civil(at).date();
    let (day, year) = (date.day(), date.year());
    let month = usize::from(date.month().unsigned_abs()).saturating_sub(1);
    let (french, english) = MONTHS.get(month).copied().unwrap_or(("?", "?"));
    let first = if day == 1 { "er" } else { "" };
    language.say(
        format!("{day}{first}\u{a0}{french}\u{a0}{year}"),
        format!("{day}\u{a0}{english}\u{a0}{year}"),
    )
}

/// Returns a day and a time in words, in UTC, which it says.
#[must_use]
pub fn moment(at: UnixTime, language: Language) -> String {
    let time = civil(at).time();
    let (hour, minute) = (time.hour(), time.minute());
    let day = day(at, language);
    language.say(
        format!("{day} à {hour:02}\u{a0}h\u{a0}{minute:02}\u{a0}(UTC)"),
        format!("{day} at {hour:02}:{minute:02}\u{a0}(UTC)"),
    )
}

/// Date and time in UTC; later than the year 9999 is its last second.
fn civil(at: UnixTime) -> DateTime {
    let since = SignedDuration::from_secs(i64::try_from(at.0).unwrap_or(i64::MAX));
    date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_names() {
        let at = UnixTime(1_709_164_800 + 3_600 * 14 + 5 * 60);
        assert_eq!(
            moment(at, Language::French),
            "29\u{a0}février\u{a0}2024 à 14\u{a0}h\u{a0}05\u{a0}(UTC)"
        );
        assert_eq!(
            moment(at, Language::English),
            "29\u{a0}February\u{a0}2024 at 14:05\u{a0}(UTC)"
        );
        assert_eq!(
            day(UnixTime(0), Language::French),
            "1er\u{a0}janvier\u{a0}1970"
        );
        assert_eq!(
            day(UnixTime(u64::MAX), Language::English),
            "31\u{a0}December\u{a0}9999"
        );
    }
}
