//! Instants as people read and write them, in UTC.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use loquet::UnixTime;

const EPOCH: Date = date(1970, 1, 1);

/// `2026-11-23 23:20:00 UTC`; later than the year 9999 is its last second.
pub(crate) fn text(at: UnixTime) -> String {
    let since = SignedDuration::from_secs(i64::try_from(at.0).unwrap_or(i64::MAX));
    let at = EPOCH.at(0, 0, 0, 0).saturating_add(since);
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", at.date())
}

/// Reads seconds since the epoch, or the midnight of a date such as `2026-12-01`.
pub(crate) fn parse(text: &str) -> Result<UnixTime, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime(seconds));
    }
    let seconds = || {
        let day: Date = text.parse().ok()?;
        let seconds = u64::try_from(day.duration_since(EPOCH).as_secs());
        // Other notations of ISO 8601 are not ours.
        seconds.ok().filter(|_| day.to_string() == text)
    };
    seconds().map(UnixTime).ok_or_else(|| {
        "expected a date such as 2026-12-01 (UTC), or seconds since the epoch".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_as_the_calendar_has_them() {
        for (at, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(text(UnixTime(at)), expected);
        }
        assert_eq!(text(UnixTime(u64::MAX)), "9999-12-31 23:59:59 UTC");
    }

    #[test]
    fn dates_are_midnights_and_nonsense_is_refused() {
        assert_eq!(parse("2000-02-29"), Ok(UnixTime(951_782_400)));
        assert_eq!(parse("1970-01-01"), Ok(UnixTime(0)));
        assert_eq!(parse("9999-12-31"), Ok(UnixTime(253_402_214_400)));
        assert_eq!(parse("951782400"), Ok(UnixTime(951_782_400)));
        for nonsense in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "26-01-01",
            "2026-12-01-",
            "+2026-12-01",
            "1969-12-31",
        ] {
            assert!(parse(nonsense).is_err(), "{nonsense}");
        }
    }
}
