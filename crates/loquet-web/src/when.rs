//! Days and durations as people read them, in one piece: no line breaks between a number and its unit. Days begin at midnight
//! UTC.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use loquet_policy::UnixTime;

use crate::Language;

const DAY: u64 = 86_400;

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

/// "1er décembre 2026", "1 December 2026".
pub(crate) fn day(at: UnixTime, language: Language) -> String {
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

/// A day and a time, which is UTC and says so.
pub(crate) fn moment(at: UnixTime, language: Language) -> String {
    let time = civil(at).time();
    let (hour, minute) = (time.hour(), time.minute());
    let day = day(at, language);
    language.say(
        format!("{day} à {hour:02}\u{a0}h\u{a0}{minute:02}\u{a0}(UTC)"),
        format!("{day} at {hour:02}:{minute:02}\u{a0}(UTC)"),
    )
}

/// "45 s", "9 min 58 s", "2 h 05 min", "3 jours".
pub(crate) fn duration(seconds: u64, language: Language) -> String {
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match seconds {
        0..60 => format!("{seconds}\u{a0}s"),
        60..3600 if rest == 0 => format!("{minutes}\u{a0}min"),
        60..3600 => format!("{minutes}\u{a0}min\u{a0}{rest:02}\u{a0}s"),
        3600..172_800 => format!("{}\u{a0}h\u{a0}{:02}\u{a0}min", minutes / 60, minutes % 60),
        _ => format!("{}\u{a0}{}", seconds / DAY, language.say("jours", "days")),
    }
}

/// What `<input type="date">` sends and takes.
pub(crate) fn iso_day(at: UnixTime) -> String {
    civil(at).date().to_string()
}

/// The first day that begins at or after this moment.
pub(crate) fn next_day(at: UnixTime) -> UnixTime {
    UnixTime(at.0.div_ceil(DAY).saturating_mul(DAY))
}

/// Midnight of a day as [`iso_day`] writes it, from 1970 to 9999; `None` for anything else, a 30 February too.
pub(crate) fn parse_day(text: &str) -> Option<UnixTime> {
    // There are other notations of ISO 8601, which no date field sends.
    let day: Date = text.parse().ok()?;
    let since = day.duration_since(EPOCH).as_secs();
    (day.to_string() == text).then_some(UnixTime(u64::try_from(since).ok()?))
}

const EPOCH: Date = date(1970, 1, 1);

/// Date and time in UTC; later than the year 9999 is its last second.
fn civil(at: UnixTime) -> DateTime {
    let since = SignedDuration::from_secs(i64::try_from(at.0).unwrap_or(i64::MAX));
    EPOCH.at(0, 0, 0, 0).saturating_add(since)
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

    #[test]
    fn days_read_back_from_1970_to_9999() {
        for (text, midnight) in [
            ("1970-01-01", 0),
            ("2024-02-29", 1_709_164_800),
            ("9999-12-31", 253_402_214_400),
        ] {
            assert_eq!(parse_day(text), Some(UnixTime(midnight)));
            assert_eq!(iso_day(UnixTime(midnight + 86_399)), text);
        }
    }

    #[test]
    fn invalid_day_is_refused() {
        for bad in [
            "",
            "2026",
            "2026-02",
            "2026-02-30",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "1969-12-31",
            "12026-01-01",
            "2026-1-1",
            "2026-01-01-",
            "2026-01-01T00:00",
            "+026-01-01",
            "２０２６-01-01",
            "2025-02-29",
        ] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_two_units() {
        let said = |seconds| duration(seconds, Language::French).replace('\u{a0}', " ");
        assert_eq!(said(0), "0 s");
        assert_eq!(said(59), "59 s");
        assert_eq!(said(60), "1 min");
        assert_eq!(said(598), "9 min 58 s");
        assert_eq!(said(3_600), "1 h 00 min");
        assert_eq!(said(259_200), "3 jours");
        assert_eq!(
            duration(u64::MAX, Language::English),
            "213503982334601\u{a0}days"
        );
    }

    #[test]
    fn next_day_is_today_only_at_midnight() {
        assert_eq!(next_day(UnixTime(DAY)), UnixTime(DAY));
        assert_eq!(next_day(UnixTime(DAY + 1)), UnixTime(2 * DAY));
    }
}
