//! Days and durations as people read them, in one piece: no line breaks between a number and its unit. Days begin at midnight
//! UTC.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
pub(crate) use loquet_mail::{day, moment};
use loquet_policy::UnixTime;

use crate::Language;

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

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

/// The least and the most that a duration can be.
pub(crate) fn bounds(least: u64, most: u64, language: Language) -> [String; 2] {
    [least, most].map(|seconds| match seconds {
        DAY => format!("1\u{a0}{}", language.say("jour", "day")),
        _ if seconds % DAY != 0 && seconds % HOUR == 0 => format!("{}\u{a0}h", seconds / HOUR),
        _ => duration(seconds, language),
    })
}

/// What `<input type="date">` sends and takes.
pub(crate) fn iso_day(at: UnixTime) -> String {
    let since = SignedDuration::from_secs(i64::try_from(at.0).unwrap_or(i64::MAX));
    EPOCH.saturating_add(since).to_string()
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

#[cfg(test)]
mod tests {

    use super::*;

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
    fn bounds_are_durations() {
        let french = |least, most| bounds(least, most, Language::French).join(" ");
        for (seconds, said) in [
            (600, "10_min"),
            (7_200, "2_h"),
            (86_400, "1_jour"),
            (90_000, "25_h"),
            (259_200, "3_jours"),
        ] {
            let both = french(seconds, seconds).replace('\u{a0}', "_");
            assert_eq!(both, format!("{said} {said}"));
        }
    }

    #[test]
    fn next_day_is_today_only_at_midnight() {
        assert_eq!(next_day(UnixTime(DAY)), UnixTime(DAY));
        assert_eq!(next_day(UnixTime(DAY + 1)), UnixTime(2 * DAY));
    }
}
