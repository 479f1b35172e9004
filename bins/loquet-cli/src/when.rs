//! Instants as people read and write them, in UTC.

use loquet::UnixTime;

const DAY: u64 = 86_400;

/// `2026-11-23 23:20:00 UTC`.
pub(crate) fn text(at: UnixTime) -> String {
    let (year, month, day) = civil(at.0 / DAY);
    let (hour, minute, second) = (at.0 / 3600 % 24, at.0 / 60 % 60, at.0 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Reads seconds since the epoch, or the midnight of a date such as `2026-12-01`.
pub(crate) fn parse(text: &str) -> Result<UnixTime, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime(seconds));
    }
    let wrong = || "neither a date such as 2026-12-01 nor seconds since the epoch".to_owned();
    let parts: Vec<&str> = text.split('-').collect();
    let &[year, month, day] = parts.as_slice() else {
        return Err(wrong());
    };
    let number = |part: &str, len| {
        let plain = part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
        plain
            .then(|| part.parse::<u64>().ok())
            .flatten()
            .ok_or_else(wrong)
    };
    let wanted = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    // Four digits of years are few days: the date is looked for from its year on.
    let first = wanted.0.saturating_sub(1970).saturating_mul(365);
    (first..first.saturating_add(3_000))
        .find(|days| civil(*days) == wanted)
        .map(|days| UnixTime(days.saturating_mul(DAY)))
        .ok_or_else(wrong)
}

/// Year, month and day of a day since the epoch (H. Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`). Years begin in March there, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days / ERA, days % ERA);
    let leaps = (of_era / 36_524).saturating_sub(of_era / (ERA - 1));
    let year = of_era.saturating_sub(of_era / 1_460).saturating_add(leaps) / 365;
    let before = year
        .saturating_mul(365)
        .saturating_add(year / 4)
        .saturating_sub(year / 100);
    let of_year = of_era.saturating_sub(before);
    let march = of_year.saturating_mul(5).saturating_add(2) / 153;
    let month_start = march.saturating_mul(153).saturating_add(2) / 5;
    let day = of_year.saturating_sub(month_start).saturating_add(1);
    let (month, carry) = if march < 10 {
        (march.saturating_add(3), 0)
    } else {
        (march.saturating_sub(9), 1)
    };
    let year = era
        .saturating_mul(400)
        .saturating_add(year)
        .saturating_add(carry);
    (year, month, day)
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
        assert!(text(UnixTime(u64::MAX)).ends_with("UTC"));
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
