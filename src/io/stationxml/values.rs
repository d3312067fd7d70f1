//! Values as text, in the spellings that `ObsPy` reads in one way only.

use crate::io::xml::{Tag, Xml};
use crate::{Error, Result};

/// What may be given once.
pub(super) struct Once<T>(Option<T>);

impl<T> Once<T> {
    pub fn new() -> Self {
        Self(None)
    }

    /// Takes the value; a second one is declined.
    pub fn set(&mut self, value: T) -> Result<()> {
        match self.0.replace(value) {
            None => Ok(()),
            Some(_) => Err(Error::Declined("StationXML that gives twice what is given once")),
        }
    }

    pub fn get(self) -> Option<T> {
        self.0
    }

    pub fn required(self) -> Result<T> {
        self.0.ok_or(Error::Declined("StationXML without what it must have"))
    }
}

const NUMBER: Error = Error::Declined("StationXML with a number that is not plain or not there");

/// A finite number in decimal notation.
pub(super) fn number(text: &str) -> Result<f64> {
    let text = text.trim_ascii();
    if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return Err(NUMBER);
    }
    text.parse().ok().filter(|x: &f64| x.is_finite()).ok_or(NUMBER)
}

/// A whole number.
pub(super) fn integer(text: &str) -> Result<i64> {
    text.trim_ascii().parse().map_err(|_| NUMBER)
}

/// Closes the open element, which holds a number and may have uncertainties or a number of its own.
pub(super) fn real(xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<f64> {
    for (name, value) in tag.attributes() {
        match name {
            "number" | "i" => integer(value).map(|_| ())?,
            "plusError" | "minusError" => number(value).map(|_| ())?,
            _ => {}
        }
    }
    number(xml.text()?)
}

/// The same for a number of which `ObsPy` refuses what is out of bounds.
pub(super) fn within(xml: &mut Xml<'_>, tag: Tag<'_>, low: f64, high: f64) -> Result<f64> {
    let value = real(xml, tag)?;
    if (low..=high).contains(&value) { Ok(value) } else { Err(NUMBER) }
}

/// Closes the open element, which holds a whole number.
pub(super) fn whole(xml: &mut Xml<'_>) -> Result<i64> {
    integer(xml.text()?)
}

/// A code, blanks around it taken off.
pub(super) fn code(text: Option<&str>) -> Result<String> {
    let text = text.map(|text| text.trim_matches(' '));
    let plain = |text: &&str| text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let reason = Error::Declined("StationXML with a code that is missing or not plain ASCII");
    text.filter(plain).map(str::to_owned).ok_or(reason)
}

/// Nanoseconds since 1970 of an optional date; an empty one counts for none.
pub(super) fn optional_date(text: Option<&str>) -> Result<Option<i128>> {
    text.filter(|text| !text.is_empty()).map(date).transpose()
}

/// Nanoseconds since 1970 of `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss[.ffffff][Z|+00:00]`.
pub(super) fn date(text: &str) -> Result<i128> {
    calendar(text).ok_or(Error::Declined("StationXML with a date in an unusual form"))
}

fn calendar(text: &str) -> Option<i128> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => {
            (day, time.strip_suffix('Z').or(time.strip_suffix("+00:00")).unwrap_or(time))
        }
        None => (text, "00:00:00"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = fields(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    if !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=days_of(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
        || fraction.len() > 6
    {
        return None;
    }
    let seconds =
        (days_before(year, month) + day - 1) * 86_400 + hour * 3600 + minute * 60 + second;
    let nanoseconds = digits(fraction)? * 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
}

/// Numbers of so many digits each.
fn fields<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut out = [0; N];
    for (out, length) in out.iter_mut().zip(lengths) {
        *out = digits(parts.next().filter(|part| part.len() == length)?)?;
    }
    parts.next().is_none().then_some(out)
}

fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of a month, in the Gregorian calendar throughout.
fn days_before(year: i64, month: i64) -> i64 {
    let past = year - 1;
    let years = past * 365 + past / 4 - past / 100 + past / 400 - 719_162;
    years + (1..month).map(|month| days_of(year, month)).sum::<i64>()
}
