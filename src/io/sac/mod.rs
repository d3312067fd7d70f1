//! SAC files, as `ObsPy` writes them: to the byte, or declined.
//!
//! Source of the layout: the SAC manual. What goes where was found out by having `ObsPy` write.

mod header;

use self::header::{BYTES, Header, is_unset, rounded, single, whole};
use super::Order;
use super::calendar::{DAY, days_in, days_to, year_and_day};
use super::memory::room;
use crate::samples::{Input, Real, Sample};
use crate::simd::wide;
use crate::sum::numpy_sum;
use crate::{Error, Result, with_samples};

pub use header::Value;

/// A trace to be written.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// Network, station, location and channel; an empty one stays unset.
    pub codes: [String; 4],
    /// First sample, in nanoseconds since 1970.
    pub start: i64,
    /// Seconds between samples.
    pub delta: f64,
    /// What the samples are to be multiplied by.
    pub calib: f64,
    /// More header fields: those of `stats.sac`. What the rest settles is ignored among them.
    pub fields: Vec<(String, Value)>,
    /// The samples.
    pub samples: Input<'a>,
}

/// Fields that follow from the trace or from the format.
const SETTLED: [&str; 14] = [
    "delta", "depmin", "depmax", "depmen", "e", "npts", "nvhdr", "iftype", "leven", "lovrok",
    "kstnm", "khole", "kcmpnm", "knetwk",
];
/// Fields that make up the reference time, to which `b` and the picks count.
const REFERENCE: [&str; 6] = ["nzyear", "nzjday", "nzhour", "nzmin", "nzsec", "nzmsec"];

/// The bytes of the file.
///
/// # Errors
/// [`Error::Declined`] for what `ObsPy` refuses or warns about, and for what it writes by rules that
/// are not these: no samples, NaN, infinite or too large ones, odd header fields.
pub fn encode(recording: &Recording<'_>, order: Order) -> Result<Vec<u8>> {
    let mut header = Header::new();
    let npts = recording.samples.len();
    let count = i64::try_from(npts).map_err(|_| Error::Declined("too many samples"))?;
    if let Input::I64(x) = recording.samples
        && x.iter().any(|x| x.unsigned_abs() > EXACT)
    {
        return Err(Error::Declined("very large integers"));
    }
    if !(recording.delta.is_finite() && recording.delta > 0.0) {
        return Err(Error::Declined("no sampling rate"));
    }
    let range = with_samples!(recording.samples, x => Range::of(x))?;
    for (name, value) in
        [("depmin", range.least), ("depmax", range.largest), ("depmen", range.mean)]
    {
        header.set(name, &Value::Float(value))?;
    }
    header.set("npts", &Value::Integer(count))?;
    header.set("nvhdr", &Value::Integer(6))?;
    for name in ["iftype", "leven", "lovrok"] {
        header.set(name, &Value::Integer(1))?;
    }
    if recording.fields.is_empty() {
        header.set("scale", &Value::Float(recording.calib))?;
        header.set("iztype", &Value::Integer(9))?; // the reference is the first sample
    }
    header.set("lpspol", &Value::Integer(i64::from(recording.fields.is_empty())))?;
    header.set("lcalda", &Value::Integer(i64::from(!recording.fields.is_empty())))?;
    for (name, value) in &recording.fields {
        let settled =
            SETTLED.contains(&name.as_str()) || REFERENCE.contains(&name.as_str()) || name == "b";
        if !settled {
            header.set(name, value)?;
        }
    }
    for (name, code) in ["knetwk", "kstnm", "khole", "kcmpnm"].into_iter().zip(&recording.codes) {
        // Blanks are not the same as unset.
        let blank = |(field, value): &(String, Value)| {
            field == name && matches!(value, Value::Text(text) if text.trim_matches(' ').is_empty())
        };
        if !code.is_empty() || recording.fields.iter().any(blank) {
            header.set(name, &Value::Text(code.clone()))?;
        }
    }
    let (reference, begin) = times(recording)?;
    for (name, value) in REFERENCE.into_iter().zip(reference) {
        header.set(name, &Value::Integer(value))?;
    }
    let (begin, delta) = (rounded(begin), rounded(recording.delta));
    let end = f64::from(begin) + (count - 1) as f64 * f64::from(delta);
    header.set("b", &Value::Single(begin))?;
    header.set("delta", &Value::Single(delta))?;
    header.set("e", &Value::Float(end))?;

    let mut bytes = room(BYTES + 4 * npts)?;
    header.put(&mut bytes, order);
    with_samples!(recording.samples, x => put(x, order, &mut bytes));
    Ok(bytes)
}

/// The reference time as its six fields, and what the first sample comes after it, in seconds.
fn times(recording: &Recording<'_>) -> Result<([i64; 6], f64)> {
    let field = |name: &str| {
        let named = recording.fields.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value).filter(|value| !is_unset(value))
    };
    if let [Some(year), Some(day), Some(hour), Some(minute), Some(second), Some(ms)] =
        REFERENCE.map(field)
    {
        let mut fields = [0; 6];
        for (field, value) in fields.iter_mut().zip([year, day, hour, minute, second, ms]) {
            *field = i64::from(whole(value)?);
        }
        return Ok((fields, seconds(recording.start.saturating_sub(nanoseconds(fields)?))));
    }
    let begin = match field("b") {
        None => 0.0,
        Some(Value::Float(begin)) => *begin,
        // Whole seconds are the same in any type; others go through the arithmetic of theirs.
        Some(value) if single(value)?.fract() == 0.0 => f64::from(single(value)?),
        Some(_) => return Err(Error::Declined("a SAC header field b of single precision")),
    };
    if begin.is_nan() || begin.abs() > 1e9 {
        return Err(Error::Declined("a SAC header field b out of range"));
    }
    #[allow(clippy::cast_possible_truncation)] // at most 1e18
    let reference = recording.start.saturating_sub((begin * 1e9).round_ties_even() as i64);
    let microseconds = microseconds(reference);
    let rest = microseconds.rem_euclid(1000);
    Ok((fields(microseconds - rest), begin + rest as f64 * 1e-6))
}

/// Whole microseconds, the nearest, and of two the even one.
fn microseconds(nanoseconds: i64) -> i64 {
    let (whole, rest) = (nanoseconds.div_euclid(1000), nanoseconds.rem_euclid(1000));
    whole + i64::from(rest > 500 || rest == 500 && whole % 2 != 0)
}

/// Seconds to six decimals.
fn seconds(nanoseconds: i64) -> f64 {
    let seconds = nanoseconds as f64 / 1e9;
    format!("{seconds:.6}").parse().unwrap_or(seconds)
}

/// Year, day of the year, hour, minute, second, millisecond.
fn fields(microseconds: i64) -> [i64; 6] {
    let day = DAY / 1000;
    let (year, julian) = year_and_day(microseconds.div_euclid(day));
    let rest = microseconds.rem_euclid(day) / 1000;
    let seconds = rest / 1000;
    [year, julian, seconds / 3600, seconds / 60 % 60, seconds % 60, rest % 1000]
}

/// The other way, to nanoseconds since 1970.
fn nanoseconds([year, day, hour, minute, second, ms]: [i64; 6]) -> Result<i64> {
    let real = (1800..=2200).contains(&year)
        && (1..=days_in(year)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && (0..1000).contains(&ms);
    if !real {
        return Err(Error::Declined("a SAC reference time that is none"));
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    Ok((days_to(year) + day - 1) * DAY + (seconds * 1000 + ms) * 1_000_000)
}

/// What the samples range over.
struct Range {
    least: f64,
    largest: f64,
    mean: f64,
}

/// Whole numbers up to here are doubles, so that none is rounded twice on the way to a float.
const EXACT: u64 = 1 << 53;

impl Range {
    fn of<S: Sample>(x: &[S]) -> Result<Self> {
        if x.is_empty() {
            return Err(Error::Declined("no samples"));
        }
        let mean = (numpy_sum(x) / S::Real::from_f64(x.len() as f64)).to_f64();
        // With NaN or infinite samples it is neither.
        if !mean.is_finite() {
            return Err(Error::Declined("NaN, infinite or very large samples"));
        }
        let (least, largest) = extremes(x);
        if (least == 0.0 || largest == 0.0) && has_both_zeros(x) {
            // Which of them NumPy takes for the extreme depends on the machine.
            return Err(Error::Declined("zeros of both signs as extremes"));
        }
        Ok(Self { least, largest, mean })
    }
}

fn has_both_zeros<S: Sample>(x: &[S]) -> bool {
    let mut zeros = x.iter().map(|x| x.to_f64()).filter(|x| *x == 0.0);
    zeros
        .next()
        .is_some_and(|first| zeros.any(|zero| zero.is_sign_negative() != first.is_sign_negative()))
}

wide! { fn extremes[S: Sample](x: &[S]) -> (f64, f64) = extremes_body }

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn extremes_body<S: Sample>(x: &[S]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut least, mut largest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (groups, rest) = x.as_chunks::<LANES>();
    for group in groups {
        for l in 0..LANES {
            let x = group[l].to_f64();
            least[l] = if x < least[l] { x } else { least[l] };
            largest[l] = if x > largest[l] { x } else { largest[l] };
        }
    }
    for (l, x) in rest.iter().enumerate() {
        least[l] = least[l].min(x.to_f64());
        largest[l] = largest[l].max(x.to_f64());
    }
    let least = least.into_iter().fold(f64::INFINITY, f64::min);
    (least, largest.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// Appends the samples in single precision.
fn put<S: Sample>(x: &[S], order: Order, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.resize(start + 4 * x.len(), 0);
    let places = bytes[start..].as_chunks_mut::<4>().0.iter_mut();
    let numbers = x.iter().map(|x| rounded(x.to_f64()));
    match order {
        Order::Big => places.zip(numbers).for_each(|(place, x)| *place = x.to_be_bytes()),
        Order::Little => places.zip(numbers).for_each(|(place, x)| *place = x.to_le_bytes()),
    }
}
