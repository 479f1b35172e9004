//! Days and durations as people read them, in one piece: no line breaks between a number and its unit. Days begin at midnight
//! UTC.

use loquet_policy::UnixTime;

use crate::Language;

const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z: later years have five digits, which no date field takes.
const LAST: u64 = 253_402_300_799;

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
    let (year, month, day) = civil(at);
    let (french, english) = MONTHS
        .get(usize::from(month.saturating_sub(1)))
        .copied()
        .unwrap_or(("?", "?"));
    let first = if day == 1 { "er" } else { "" };
    language.say(
        format!("{day}{first}\u{a0}{french}\u{a0}{year}"),
        format!("{day}\u{a0}{english}\u{a0}{year}"),
    )
}

/// A day and a time, which is UTC and says so.
pub(crate) fn moment(at: UnixTime, language: Language) -> String {
    let minutes = at.0.min(LAST) / 60;
    let (hour, minute) = ((minutes / 60) % 24, minutes % 60);
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
    let (year, month, day) = civil(at);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The first day that begins at or after this moment.
pub(crate) fn next_day(at: UnixTime) -> UnixTime {
    UnixTime(at.0.div_ceil(DAY).saturating_mul(DAY))
}

/// Midnight of a day as [`iso_day`] writes it, from 1970 to 9999; `None` for anything else, a 30 February too.
pub(crate) fn parse_day(text: &str) -> Option<UnixTime> {
    let mut parts = text.split('-');
    let [year, month, day] = [(4, 9999), (2, 12), (2, 31)].map(|(digits, most)| {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
        part.parse::<u64>()
            .ok()
            .filter(|&number| fits && number <= most)
    });
    let (year, month, day) = (year?, month?, day?);
    if parts.next().is_some() || year < 1970 || month == 0 || day == 0 {
        return None;
    }
    let midnight = UnixTime(days(year, month, day).saturating_mul(DAY));
    (iso_day(midnight) == text).then_some(midnight)
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`). Years begin in March, so that the leap day is a year's last.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "year is 1970 to 9999, month 1 to 12, day 1 to 31: nothing here wraps"
)]
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day (ibid., `civil_from_days`).
#[expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "the time is capped at the year 9999: nothing here wraps, and a month and a day fit a byte"
)]
const fn civil(at: UnixTime) -> (u64, u8, u8) {
    let at = if at.0 > LAST { LAST } else { at.0 };
    let days = at / DAY + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_until_2400_reads_back() {
        let mut last = String::new();
        for number in 0..157_054 {
            let text = iso_day(UnixTime(number * DAY + 86_399));
            assert_eq!(parse_day(&text), Some(UnixTime(number * DAY)), "{text}");
            assert!(text > last, "{text} after {last}");
            last = text;
        }
        assert_eq!(last, "2399-12-31");
    }

    #[test]
    fn known_days_have_their_names() {
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
    fn what_is_no_day_is_refused() {
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
    fn durations_read_like_a_watch() {
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
    fn the_next_day_is_today_only_at_midnight() {
        assert_eq!(next_day(UnixTime(DAY)), UnixTime(DAY));
        assert_eq!(next_day(UnixTime(DAY + 1)), UnixTime(2 * DAY));
    }
}
