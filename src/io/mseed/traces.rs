//! Records strung together to traces.

use super::Order;
use super::record::{Encoding, Id, Record, parse};
use super::steim::{Decoder, Kind};
use crate::io::bytes::Number;
use crate::io::memory::room;
use crate::parallel::Cancel;
use crate::{Error, Result};

/// The longest file that is read.
pub const MAX_BYTES: u64 = (1 << 31) - 1;

/// The samples of a trace.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// From all integer encodings.
    I32(Vec<i32>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Samples of one channel without a gap, with what the first of their records says.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Network, station, location and channel.
    pub codes: [String; 4],
    /// `D`, `R`, `Q` or `M`.
    pub quality: char,
    /// First sample, in nanoseconds since 1970.
    pub start: i64,
    /// Samples per second.
    pub rate: f64,
    /// Number of records.
    pub records: usize,
    /// How the samples are stored.
    pub encoding: Encoding,
    /// The byte order of the records.
    pub order: Order,
    /// Bytes of a record.
    pub record_length: usize,
    /// The samples.
    pub samples: Samples,
}

/// Reads the traces of a file: channels in the order of their first records, their traces in the
/// order of the file.
///
/// # Errors
/// [`Error::Declined`] unless the file is nothing but data records as they should be,
/// [`Error::Memory`], [`Error::Cancelled`].
pub fn read(bytes: &[u8], cancel: &dyn Cancel) -> Result<Vec<Trace>> {
    if bytes.is_empty() {
        return Err(Error::Declined("an empty file"));
    }
    let channels = runs(bytes)?;
    channels.iter().flatten().map(|run| run.trace(bytes, cancel)).collect()
}

/// Records of one channel that continue one another, and where they are.
struct Run {
    records: Vec<(usize, Record)>,
    last: Record,
}

fn runs(bytes: &[u8]) -> Result<Vec<Vec<Run>>> {
    let mut channels: Vec<(Id, Vec<Run>)> = Vec::new();
    let mut offset = 0;
    let mut latest = 0;
    while offset < bytes.len() {
        let record = parse(&bytes[offset..])?;
        if channels.get(latest).is_none_or(|(id, _)| *id != record.id) {
            latest = channels.iter().position(|(id, _)| *id == record.id).unwrap_or(channels.len());
            if latest == channels.len() {
                if channels.iter().any(|(id, _)| id.is_written_otherwise(&record.id)) {
                    return Err(Error::Declined("codes that are written in two ways"));
                }
                channels.push((record.id, Vec::new()));
            }
        }
        let runs = &mut channels[latest].1;
        match runs.last_mut() {
            Some(run) if continues(&run.last, &record)? => {
                run.records.push((offset, record));
                run.last = record;
            }
            _ => runs.push(Run { records: vec![(offset, record)], last: record }),
        }
        offset += record.length;
    }
    Ok(channels.into_iter().map(|(_, runs)| runs).collect())
}

/// Whether `next` goes on where `last` ends: samples of the same type and rate, and not more than
/// half a sample off.
///
/// How `ObsPy` rounds here to microseconds, and which of two slightly different rates it goes by, is
/// not followed: where that decides, this declines.
fn continues(last: &Record, next: &Record) -> Result<bool> {
    let is_integer = |e| !matches!(e, Encoding::Float32 | Encoding::Float64);
    let (a, b) = (last.encoding, next.encoding);
    if a != b && !(is_integer(a) && is_integer(b)) {
        return Ok(false);
    }
    if last.rate.to_bits() != next.rate.to_bits() {
        let off = (1.0 - last.rate / next.rate).abs();
        // Up to 1e-4 they are taken as the same.
        return if off > 2e-4 { Ok(false) } else { Err(Error::Declined("a rate that wanders")) };
    }
    let delta = 1e6 / last.rate;
    let off = ((next.start - last.start) / 1000) as f64 - last.npts as f64 * delta;
    let beyond = off.abs() - 0.5 * delta;
    if beyond.abs() <= 3.0 {
        return Err(Error::Declined("a gap of half a sample"));
    }
    Ok(beyond < 0.0)
}

impl Run {
    fn trace(&self, bytes: &[u8], cancel: &dyn Cancel) -> Result<Trace> {
        let first = &self.records[0].1;
        let samples = match first.encoding {
            Encoding::Float32 => {
                Samples::F32(self.samples(bytes, cancel, |r, d, s| numbers(r, d, s, |x| x))?)
            }
            Encoding::Float64 => {
                Samples::F64(self.samples(bytes, cancel, |r, d, s| numbers(r, d, s, |x| x))?)
            }
            _ => Samples::I32(self.samples(bytes, cancel, integers())?),
        };
        Ok(Trace {
            codes: first.id.codes(),
            quality: char::from(first.id.quality),
            start: first.start,
            rate: first.rate,
            records: self.records.len(),
            encoding: first.encoding,
            order: first.order,
            record_length: first.length,
            samples,
        })
    }

    fn samples<T>(
        &self,
        bytes: &[u8],
        cancel: &dyn Cancel,
        mut decode: impl FnMut(&Record, &[u8], &mut Vec<T>) -> Result<()>,
    ) -> Result<Vec<T>> {
        let npts = self.records.iter().map(|(_, record)| record.npts).sum();
        let mut samples = room(npts)?;
        for (offset, record) in &self.records {
            cancel.check()?;
            let data = &bytes[offset + record.data..offset + record.length];
            decode(record, data, &mut samples)?;
        }
        Ok(samples)
    }
}

/// Decodes integers of any encoding.
fn integers() -> impl FnMut(&Record, &[u8], &mut Vec<i32>) -> Result<()> {
    let mut steim = Decoder::default();
    move |record, data, samples| {
        let (order, npts) = (record.order, record.npts);
        match record.encoding {
            Encoding::Steim1 => steim.decode(Kind::Steim1, data, order, npts, samples),
            Encoding::Steim2 => steim.decode(Kind::Steim2, data, order, npts, samples),
            Encoding::Int16 => numbers(record, data, samples, i32::from as fn(i16) -> i32),
            _ => numbers(record, data, samples, |x| x),
        }
    }
}

#[allow(clippy::unnecessary_wraps)] // as what decodes Steim
fn numbers<T: Number, U>(
    record: &Record,
    data: &[u8],
    samples: &mut Vec<U>,
    convert: impl Fn(T) -> U,
) -> Result<()> {
    let data = data.chunks_exact(size_of::<T>()).take(record.npts);
    samples.extend(data.filter_map(|x| T::take(x, record.order)).map(convert));
    Ok(())
}
