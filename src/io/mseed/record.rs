//! The header of a record.

use super::Order;
use crate::io::bytes::at;
use crate::io::calendar::{DAY, days_in, days_to};
use crate::{Error, Result};

/// How the samples of a record are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// 16-bit integers.
    Int16,
    /// 32-bit integers.
    Int32,
    /// 32-bit IEEE floating point.
    Float32,
    /// 64-bit IEEE floating point.
    Float64,
    /// Differences in 8, 16 or 32 bits.
    Steim1,
    /// Differences in 4 to 30 bits.
    Steim2,
}

impl Encoding {
    /// The encoding's number in blockette 1000.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Int16 => 1,
            Self::Int32 => 3,
            Self::Float32 => 4,
            Self::Float64 => 5,
            Self::Steim1 => 10,
            Self::Steim2 => 11,
        }
    }

    /// The encoding of that number.
    #[must_use]
    pub fn of(code: u8) -> Option<Self> {
        use Encoding::{Float32, Float64, Int16, Int32, Steim1, Steim2};
        [Int16, Int32, Float32, Float64, Steim1, Steim2].into_iter().find(|e| e.code() == code)
    }

    /// The encoding's name, as `ObsPy` writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Float32 => "FLOAT32",
            Self::Float64 => "FLOAT64",
            Self::Steim1 => "STEIM1",
            Self::Steim2 => "STEIM2",
        }
    }

    /// The most samples that `bytes` of data can hold.
    fn capacity(self, bytes: usize) -> usize {
        match self {
            Self::Int16 => bytes / 2,
            Self::Int32 | Self::Float32 => bytes / 4,
            Self::Float64 => bytes / 8,
            Self::Steim1 => bytes / 64 * 15 * 4,
            Self::Steim2 => bytes / 64 * 15 * 7,
        }
    }
}

/// Which channel, and how its data were looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id {
    /// Station (5 bytes), location (2), channel (3) and network (2), filled up with zeros.
    codes: [u8; 12],
    /// The same as they lie in the record.
    raw: [u8; 12],
    /// `D`, `R`, `Q` or `M`.
    pub quality: u8,
}

const CODES: [std::ops::Range<usize>; 4] = [10..12, 0..5, 5..7, 7..10];

impl Id {
    /// `raw` is filled up with spaces or zeros.
    fn parse(raw: [u8; 12], quality: u8) -> Option<Self> {
        let mut codes = [0; 12];
        for range in CODES {
            let end = raw[range.clone()].iter().position(|&b| b == 0).unwrap_or(range.len());
            let (code, rest) = raw[range.clone()].split_at(end);
            let code = code.trim_ascii();
            if !code.iter().all(u8::is_ascii_graphic) || rest.iter().any(|&b| b != 0) {
                return None;
            }
            codes[range][..code.len()].copy_from_slice(code);
        }
        Some(Self { codes, raw, quality })
    }

    /// True if the two are the same channel, but filled up in different ways.
    pub fn is_written_otherwise(&self, other: &Self) -> bool {
        self.codes == other.codes && self.quality == other.quality && self.raw != other.raw
    }

    /// Network, station, location and channel.
    pub fn codes(&self) -> [String; 4] {
        CODES.map(|range| {
            let code = self.codes[range].iter().take_while(|&&b| b != 0);
            code.map(|&b| char::from(b)).collect()
        })
    }
}

/// What the header of a record says.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    pub id: Id,
    /// First sample, in nanoseconds since 1970.
    pub start: i64,
    /// Samples per second.
    pub rate: f64,
    /// Number of samples, at least one.
    pub npts: usize,
    pub encoding: Encoding,
    pub order: Order,
    /// Where the samples begin, from the start of the record.
    pub data: usize,
    /// Bytes of the record.
    pub length: usize,
}

/// Bytes of the fixed header.
pub const HEADER: usize = 48;
const CUT: Error = Error::Declined("a record ends early");
/// The activity flag of a start time that includes its correction, and those of a leap second.
const CORRECTED: u8 = 2;
const LEAP: u8 = 16 | 32;

/// Reads the header of the record at the start of `bytes`, which may go on after it.
///
/// # Errors
/// [`Error::Declined`] unless it is a data record without any oddity.
pub fn parse(bytes: &[u8]) -> Result<Record> {
    let header: &[u8; HEADER] = bytes.first_chunk().ok_or(CUT)?;
    let number = &header[..6];
    let numbered = number.iter().all(u8::is_ascii_digit)
        || number.iter().all(|&b| b == b' ')
        || number.iter().all(|&b| b == 0);
    if !numbered
        || !matches!(header[6], b'D' | b'R' | b'Q' | b'M')
        || !matches!(header[7], 0 | b' ')
    {
        return Err(Error::Declined("not a record of miniSEED 2 data"));
    }
    let codes = *header[8..].first_chunk().ok_or(CUT)?;
    let id = Id::parse(codes, header[6]).ok_or(Error::Declined("codes with odd characters"))?;
    let order = [Order::Big, Order::Little]
        .into_iter()
        .find(|&order| is_date(header, order))
        .ok_or(Error::Declined("a record without a date"))?;

    let field = |offset| at::<u16>(header, offset, order).map(usize::from).ok_or(CUT);
    let npts = field(30)?;
    let data = field(44)?;
    let blockettes = Blockettes::parse(bytes, order, field(46)?, usize::from(header[39]))?;
    let length = 1_usize << blockettes.exponent;
    if npts == 0 {
        return Err(Error::Declined("a record without samples"));
    }
    if data < blockettes.end || data >= length {
        return Err(Error::Declined("samples of a record overlap with its header"));
    }
    if bytes.len() < length {
        return Err(CUT);
    }
    if npts > blockettes.encoding.capacity(length - data) {
        return Err(Error::Declined("a record with fewer samples than it says"));
    }
    let mut start = start(header, order).ok_or(Error::Declined("a record with an odd time"))?;
    let flags = header[36];
    if flags & LEAP != 0 {
        return Err(Error::Declined("a leap second"));
    }
    if flags & CORRECTED == 0 {
        start += i64::from(at::<i32>(header, 40, order).ok_or(CUT)?) * 100_000;
    }
    start += i64::from(blockettes.microseconds) * 1000;
    let rate = match blockettes.rate {
        Some(rate) => f64::from(rate),
        None => nominal(
            at::<i16>(header, 32, order).ok_or(CUT)?,
            at::<i16>(header, 34, order).ok_or(CUT)?,
        ),
    };
    if !(rate.is_finite() && rate > 0.0) {
        return Err(Error::Declined("a record without a sampling rate"));
    }
    let encoding = blockettes.encoding;
    Ok(Record { id, start, rate, npts, encoding, order, data, length })
}

/// Whether year and day of the year are, in this byte order. No year up to 2055 is one in both.
fn is_date(header: &[u8; HEADER], order: Order) -> bool {
    let year = at::<u16>(header, 20, order).map_or(0, i64::from);
    let day = at::<u16>(header, 22, order).map_or(0, i64::from);
    (1900..=2055).contains(&year) && (1..=days_in(year)).contains(&day)
}

/// The time in the fixed header, in nanoseconds since 1970.
fn start(header: &[u8; HEADER], order: Order) -> Option<i64> {
    let year = i64::from(at::<u16>(header, 20, order)?);
    let day = i64::from(at::<u16>(header, 22, order)?);
    let (hour, minute, second) = (header[24], header[25], header[26]);
    let fraction = at::<u16>(header, 28, order)?;
    if hour > 23 || minute > 59 || second > 59 || fraction > 9999 {
        return None;
    }
    // Days that are days in the other byte order too: ObsPy then looks at the fraction in that one,
    // and warns.
    if order == Order::Little && matches!(day, 1 | 256 | 257) && fraction.swap_bytes() > 9999 {
        return None;
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Some((days_to(year) + day - 1) * DAY + seconds * 1_000_000_000 + i64::from(fraction) * 100_000)
}

/// Samples per second from the factor and the multiplier of the fixed header; 0 if one of them is.
fn nominal(factor: i16, multiplier: i16) -> f64 {
    let (f, m) = (f64::from(factor), f64::from(multiplier));
    match (factor > 0, multiplier > 0) {
        _ if factor == 0 || multiplier == 0 => 0.0,
        (true, true) => f * m,
        (true, false) => -f / m,
        (false, true) => -m / f,
        (false, false) => 1.0 / (f * m),
    }
}

/// What the blockettes between header and samples say.
struct Blockettes {
    encoding: Encoding,
    /// The record has two to the power of this many bytes.
    exponent: u8,
    /// Added to the start time.
    microseconds: i8,
    /// Samples per second, if not those of the fixed header.
    rate: Option<f32>,
    /// Where the last one ends.
    end: usize,
}

impl Blockettes {
    fn parse(bytes: &[u8], order: Order, first: usize, count: usize) -> Result<Self> {
        const ODD: Error = Error::Declined("a record with odd blockettes");
        let (mut format, mut microseconds, mut rate) = (None, None, None);
        let (mut offset, mut end) = (first, HEADER);
        for _ in 0..count {
            // The chain goes forward, so that it ends.
            if offset < end {
                return Err(ODD);
            }
            let kind: u16 = at(bytes, offset, order).ok_or(CUT)?;
            let next = usize::from(at::<u16>(bytes, offset + 2, order).ok_or(CUT)?);
            let body = bytes.get(offset + 4..).ok_or(CUT)?;
            let repeated = match kind {
                1000 => format.replace(*body.first_chunk::<4>().ok_or(CUT)?).is_some(),
                1001 => {
                    let [_, microsecond, ..] = body.first_chunk::<4>().ok_or(CUT)?;
                    microseconds.replace(microsecond.cast_signed()).is_some()
                }
                100 => rate.replace(at::<f32>(body, 0, order).ok_or(CUT)?).is_some(),
                200 | 201 | 300 | 310 | 320 | 390 | 395 | 400 | 405 | 500 => false,
                _ => true,
            };
            if repeated {
                return Err(ODD);
            }
            end = offset + if kind == 100 { 12 } else { 8 };
            offset = next;
        }
        let [encoding, word_order, exponent, _] =
            format.ok_or(Error::Declined("a record without blockette 1000"))?;
        let same_order = match order {
            Order::Big => word_order == 1,
            Order::Little => word_order == 0,
        };
        if offset != 0 || !same_order || !(7..=20).contains(&exponent) {
            return Err(ODD);
        }
        let encoding = Encoding::of(encoding)
            .ok_or(Error::Declined("an encoding that is not decoded here"))?;
        let microseconds = microseconds.unwrap_or(0);
        Ok(Self { encoding, exponent, microseconds, rate, end })
    }
}
