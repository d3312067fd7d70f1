//! Records, as `ObsPy` writes them: to the byte, or declined.

use super::Order;
use super::pack::Differences;
use super::record::{Encoding, HEADER};
use super::steim::{FRAME, Kind};
use crate::io::bytes::Number;
use crate::io::calendar::{DAY, year_and_day};
use crate::io::memory::room;
use crate::samples::Input;
use crate::{Error, Result};

/// A trace to be written.
#[derive(Debug, Clone)]
pub struct Recording<'a> {
    /// Network, station, location and channel.
    pub codes: [String; 4],
    /// First sample, in nanoseconds since 1970.
    pub start: i64,
    /// Samples per second.
    pub rate: f64,
    /// `D`, `R`, `Q` or `M`.
    pub quality: char,
    /// The quality of the clock in percent, if it is to be told.
    pub timing_quality: Option<u8>,
    /// The samples.
    pub samples: Input<'a>,
}

/// How records are to be laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// How samples are stored; that of their type if not told.
    pub encoding: Option<Encoding>,
    /// The byte order.
    pub order: Order,
    /// Bytes of a record: a power of two from 256 to 2^20.
    pub record_length: usize,
}

/// The bytes of the file.
///
/// # Errors
/// [`Error::Declined`] for what `ObsPy` refuses, and for headers it writes by rules that are not
/// these: odd codes, rates at the edge of what the header holds.
pub fn encode(recording: &Recording<'_>, layout: Layout) -> Result<Vec<u8>> {
    use Encoding::{Float32, Float64, Int16, Int32, Steim1, Steim2};
    if recording.samples.is_empty() {
        return Err(Error::Declined("no samples"));
    }
    let whole = |x: i64| i32::try_from(x).map_err(|_| Error::Declined("integers too large"));
    let narrowed: Vec<i32>;
    let (own, samples) = match recording.samples {
        Input::I64(x) => {
            narrowed = x.iter().map(|x| whole(*x)).collect::<Result<_>>()?;
            // What ObsPy makes of the least one is its secret.
            if narrowed.contains(&i32::MIN) {
                return Err(Error::Declined("integers too large"));
            }
            (Steim2, Input::I32(&narrowed))
        }
        Input::I32(_) => (Steim2, recording.samples),
        Input::I16(_) => (Int16, recording.samples),
        Input::F32(_) => (Float32, recording.samples),
        Input::F64(_) => (Float64, recording.samples),
    };
    let encoding = layout.encoding.unwrap_or(own);
    let integers = matches!(recording.samples, Input::I32(_));
    if encoding != own && !(integers && matches!(encoding, Steim1 | Int32)) {
        return Err(Error::Declined("an encoding for another type of samples"));
    }
    let exponent = layout.record_length.trailing_zeros();
    if !layout.record_length.is_power_of_two() || !(8..=20).contains(&exponent) {
        return Err(Error::Declined("an odd record length"));
    }
    let header = Header::new(recording, encoding, layout.order, exponent)?;
    let records = Records { header, recording, layout };
    match (samples, encoding) {
        (Input::I32(x), Steim1) => records.steim(Kind::Steim1, x),
        (Input::I32(x), Steim2) => records.steim(Kind::Steim2, x),
        (Input::I32(x), _) => records.plain(x),
        (Input::I16(x), _) => records.plain(x),
        (Input::F32(x), _) => records.plain(x),
        (Input::F64(x), _) => records.plain(x),
        (Input::I64(_), _) => Err(Error::Declined("integers too large")),
    }
}

/// The records of a trace, one after another.
struct Records<'a> {
    header: Header,
    recording: &'a Recording<'a>,
    layout: Layout,
}

impl Records<'_> {
    fn plain<T: Number>(&self, x: &[T]) -> Result<Vec<u8>> {
        let size = size_of::<T>();
        let data = self.header.bytes.len();
        let fitting = (self.layout.record_length - data) / size;
        let mut file = room(x.len().div_ceil(fitting) * self.layout.record_length)?;
        for (i, part) in x.chunks(fitting).enumerate() {
            self.header.put(self.recording, i, i * fitting, part.len(), data, &mut file)?;
            for x in part {
                x.put(&mut file, self.layout.order);
            }
            file.resize((i + 1) * self.layout.record_length, 0);
        }
        Ok(file)
    }

    fn steim(&self, kind: Kind, x: &[i32]) -> Result<Vec<u8>> {
        let differences = Differences::of(kind, x)?;
        let data = self.header.bytes.len().next_multiple_of(FRAME);
        let mut frames = vec![[0; FRAME]; (self.layout.record_length - data) / FRAME];
        let mut file = room(2 * x.len() + self.layout.record_length)?;
        let (mut done, mut i) = (0, 0);
        while done < x.len() {
            frames.fill([0; FRAME]);
            let packed = differences.pack(kind, self.layout.order, x, done, &mut frames);
            self.header.put(self.recording, i, done, packed, data, &mut file)?;
            file.resize(i * self.layout.record_length + data, 0);
            file.extend_from_slice(frames.as_flattened());
            done += packed;
            i += 1;
        }
        Ok(file)
    }
}

/// The part of all headers of a trace that is the same, and where the rest goes.
struct Header {
    bytes: Vec<u8>,
    order: Order,
    /// Microseconds since 1970.
    start: i64,
    /// Whether there is a blockette 1001, with the microseconds.
    fine: bool,
}

const ODD_CODE: Error = Error::Declined("codes that do not fit a record");

impl Header {
    fn new(
        recording: &Recording<'_>,
        encoding: Encoding,
        order: Order,
        exponent: u32,
    ) -> Result<Self> {
        let start = recording.start.saturating_add(500).div_euclid(1000);
        let Rate { factor, multiplier, exact } = Rate::of(recording.rate)?;
        let fine = recording.timing_quality.is_some()
            || start.rem_euclid(100) != 0
            || has_odd_interval(recording.rate)?;
        let count = 1 + u8::from(fine) + u8::from(!exact);
        let mut bytes = Vec::with_capacity(FRAME);
        bytes.extend_from_slice(b"000000");
        bytes.push(u8::try_from(recording.quality).map_err(|_| ODD_CODE)?);
        bytes.push(b' ');
        let [network, station, location, channel] = &recording.codes;
        for (code, width) in [(station, 5), (location, 2), (channel, 3), (network, 2)] {
            if code.len() > width || !code.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(ODD_CODE);
            }
            bytes.extend_from_slice(code.as_bytes());
            bytes.resize(bytes.len() + width - code.len(), b' ');
        }
        bytes.resize(32, 0); // the time and the number of samples
        factor.put(&mut bytes, order);
        multiplier.put(&mut bytes, order);
        bytes.extend_from_slice(&[0, 0, 0, count, 0, 0, 0, 0, 0, 0]);
        (HEADER_LENGTH).put(&mut bytes, order);
        if fine {
            1001_u16.put(&mut bytes, order);
            (HEADER_LENGTH + 8).put(&mut bytes, order);
            bytes.extend_from_slice(&[recording.timing_quality.unwrap_or(0), 0, 0, 0]);
        }
        if !exact {
            100_u16.put(&mut bytes, order);
            (HEADER_LENGTH + if fine { 20 } else { 12 }).put(&mut bytes, order);
            single(recording.rate).put(&mut bytes, order);
            bytes.extend_from_slice(&[0; 4]);
        }
        1000_u16.put(&mut bytes, order);
        0_u16.put(&mut bytes, order);
        let is_big = u8::from(order == Order::Big);
        bytes.extend_from_slice(&[encoding.code(), is_big, exponent.to_le_bytes()[0], 0]);
        Ok(Self { bytes, order, start, fine })
    }

    /// Appends the header of record `number`, which begins with sample `first`.
    fn put(
        &self,
        recording: &Recording<'_>,
        number: usize,
        first: usize,
        npts: usize,
        data: usize,
        file: &mut Vec<u8>,
    ) -> Result<()> {
        let mut bytes = self.bytes.clone();
        if number >= 999_999 {
            return Err(Error::Declined("more records than numbers"));
        }
        bytes[..6].copy_from_slice(format!("{:06}", number + 1).as_bytes());
        #[allow(clippy::cast_possible_truncation)] // what is too large has no year
        let since = (first as f64 / recording.rate * 1e6 + 0.5) as i64;
        let time = self.start.saturating_add(since);
        // The header counts in 100 microseconds, the nearest.
        let coarse = time.saturating_add(50).div_euclid(100);
        let day = DAY / 100_000;
        let (year, julian) = year_and_day(coarse.div_euclid(day));
        if !(1900..=2100).contains(&year) {
            return Err(Error::Declined("a year out of range"));
        }
        let fraction = coarse.rem_euclid(day);
        let seconds = fraction / 10_000;
        let short = |x: i64| u16::try_from(x).map_err(|_| Error::Declined("a year out of range"));
        let mut fields = Vec::with_capacity(12);
        short(year)?.put(&mut fields, self.order);
        short(julian)?.put(&mut fields, self.order);
        for part in [seconds / 3600, seconds / 60 % 60, seconds % 60, 0] {
            fields.push(part.to_le_bytes()[0]);
        }
        short(fraction % 10_000)?.put(&mut fields, self.order);
        let many = |_| Error::Declined("more samples in a record than it can count");
        u16::try_from(npts).map_err(many)?.put(&mut fields, self.order);
        bytes[20..32].copy_from_slice(&fields);
        fields.clear();
        u16::try_from(data).map_err(many)?.put(&mut fields, self.order);
        bytes[44..46].copy_from_slice(&fields);
        if self.fine {
            bytes[HEADER + 5] = (time - coarse * 100).to_le_bytes()[0];
        }
        file.extend_from_slice(&bytes);
        Ok(())
    }
}

#[allow(clippy::cast_possible_truncation)] // 48
const HEADER_LENGTH: u16 = HEADER as u16;

#[allow(clippy::cast_possible_truncation)] // the format has single precision
fn single(x: f64) -> f32 {
    x as f32
}

/// Samples per second as the two numbers of the header.
struct Rate {
    factor: i16,
    multiplier: i16,
    /// Whether they are the rate; if not, blockette 100 has it.
    exact: bool,
}

const ODD_RATE: Error = Error::Declined("a sampling rate at the edge of what a record holds");

impl Rate {
    /// A whole number, or else a fraction; periods where the rate is below 1.
    fn of(rate: f64) -> Result<Self> {
        if !(1.0 / 32767.0..=32767.0).contains(&rate) {
            return Err(ODD_RATE);
        }
        let slow = rate < 1.0;
        let real = if slow { 1.0 / rate } else { rate };
        let off = (real - real.round()).abs();
        let (numerator, denominator) = if off < 0.9e-7 {
            (real.round(), 1.0)
        } else if off < 3e-7 {
            return Err(ODD_RATE);
        } else {
            fraction(real)
        };
        let nominal = if slow { denominator / numerator } else { numerator / denominator };
        #[allow(clippy::cast_possible_truncation)] // at most 32767
        let (numerator, denominator) = (numerator as i16, denominator as i16);
        let is_whole = off < 0.9e-7;
        let (factor, multiplier) = match (slow, is_whole) {
            (false, true) => (numerator, 1),
            (false, false) => (numerator, -denominator),
            (true, true) => (-numerator, -1),
            (true, false) => (-numerator, denominator),
        };
        Ok(Self { factor, multiplier, exact: single(nominal).to_bits() == single(rate).to_bits() })
    }
}

/// A fraction within 1e-8 of `real`, or the last one whose parts go into 16 bits: convergents of the
/// continued fraction.
fn fraction(real: f64) -> (f64, f64) {
    let (mut before, mut last) = ((0.0, 1.0), (1.0, 0.0));
    let mut rest = real;
    loop {
        let whole = rest.floor();
        let next = (whole * last.0 + before.0, whole * last.1 + before.1);
        if next.0 > 32767.0 || next.1 > 32767.0 {
            return last;
        }
        (before, last) = (last, next);
        if (last.0 / last.1 - real).abs() < 1e-8 || rest <= whole {
            return last;
        }
        rest = 1.0 / (rest - whole);
    }
}

/// Whether the time between two samples is anything but a multiple of 100 microseconds.
fn has_odd_interval(rate: f64) -> Result<bool> {
    let [a, b] = [1.0 / rate * 1e6 % 100.0, 1e6 / rate % 100.0].map(|rest| rest != 0.0);
    if a == b { Ok(a) } else { Err(ODD_RATE) }
}
