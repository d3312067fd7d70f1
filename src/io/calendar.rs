//! Years and days of the year: the calendar of file headers, without leap seconds.

/// Nanoseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000_000;

/// Days of a year.
pub(super) fn days_in(year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    365 + i64::from(leap)
}

/// Days from 1970-01-01 to the first day of `year`, negative before it.
pub(super) fn days_to(year: i64) -> i64 {
    let y = year - 1;
    365 * (year - 1970) + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) - 477
}

/// The year and the day of the year, from 1, of a day counted from 1970-01-01.
pub(super) fn year_and_day(days: i64) -> (i64, i64) {
    let mut year = 1970 + days.div_euclid(366);
    while days >= days_to(year + 1) {
        year += 1;
    }
    while days < days_to(year) {
        year -= 1;
    }
    (year, days - days_to(year) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_follow_one_another() {
        assert_eq!(days_to(1970), 0);
        assert_eq!(days_to(2000), 10_957);
        for year in 1..3000 {
            assert_eq!(days_to(year + 1) - days_to(year), days_in(year));
            assert_eq!(year_and_day(days_to(year)), (year, 1));
            assert_eq!(year_and_day(days_to(year + 1) - 1), (year, days_in(year)));
        }
    }
}
