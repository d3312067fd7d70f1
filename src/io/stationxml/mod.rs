//! Channels and their instrument responses from `StationXML` 1.0 to 1.2 (FDSN), as `ObsPy` reads them.
//!
//! `ObsPy` reads more than this: numbers that only Python takes for numbers, a normalisation factor that
//! is missing, channels to be left out. And it fails, or warns, where a file is wrong in places that no
//! response depends on. A document with anything of that kind is declined as a whole.

mod alone;
mod nodes;
mod response;
mod values;

use std::ops::Range;

use crate::response::Kind;
use crate::{Error, Result};

use super::xml::{Xml, decode};
pub use alone::alone;
use values::Once;

const NAMESPACE: &str = "http://www.fdsn.org/xml/station/1";

/// A channel in one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Numbers of the network, of the station in it and of the channel in that, from 0.
    pub place: [usize; 3],
    /// Code of the network.
    pub network: String,
    /// Code of the station.
    pub station: String,
    /// Code of the location.
    pub location: String,
    /// Code of the channel.
    pub code: String,
    /// Begin of the epoch in nanoseconds since 1970; open without.
    pub start: Option<i128>,
    /// End of the epoch in nanoseconds since 1970; open without.
    pub end: Option<i128>,
    /// Latitude in degrees.
    pub latitude: f64,
    /// Longitude in degrees.
    pub longitude: f64,
    /// Elevation in metres.
    pub elevation: f64,
    /// Depth in metres.
    pub depth: f64,
    /// Azimuth in degrees.
    pub azimuth: Option<f64>,
    /// Dip in degrees.
    pub dip: Option<f64>,
    /// Samples per second.
    pub sample_rate: Option<f64>,
    /// The instrument response.
    pub response: Option<Response>,
    /// Where in the document the channel is.
    pub span: Span,
}

/// The parts of a document that make one of a single channel: each from the beginning of an element to
/// that of the first one in it of the next part; the last is the channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    root: Range<usize>,
    network: Range<usize>,
    station: Range<usize>,
    channel: Range<usize>,
}

/// An instrument response, with what a file leaves open left open.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Response {
    /// The sensitivity of the whole channel.
    pub sensitivity: Option<Sensitivity>,
    /// Coefficients of the polynomial for the whole channel, lowest power first.
    pub polynomial: Option<Vec<f64>>,
    /// The stages as the file orders them.
    pub stages: Vec<Stage>,
}

/// The sensitivity of the whole channel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sensitivity {
    /// Its value.
    pub value: Option<f64>,
    /// The frequency in hertz at which it holds.
    pub frequency: Option<f64>,
    /// What goes in.
    pub input_units: Option<String>,
    /// What comes out.
    pub output_units: Option<String>,
}

/// A stage of a response.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Stage sequence number.
    pub number: i64,
    /// What goes in; from its neighbours where `ObsPy` takes it from them.
    pub input_units: Option<String>,
    /// What comes out; from its neighbours where `ObsPy` takes it from them.
    pub output_units: Option<String>,
    /// Gain.
    pub gain: Option<f64>,
    /// Frequency in hertz at which the gain holds.
    pub gain_frequency: Option<f64>,
    /// Decimation.
    pub decimation: Decimation,
    /// The name of the type of transfer function, of poles and zeros or coefficients.
    pub transfer_function: &'static str,
    /// What the stage does beside its gain.
    pub kind: Kind,
}

/// The decimation of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decimation {
    /// Input sample rate in hertz.
    pub rate: Option<f64>,
    /// Factor by which the rate is reduced.
    pub factor: Option<i64>,
    /// Sample chosen.
    pub offset: Option<i64>,
    /// Estimated delay in seconds.
    pub delay: Option<f64>,
    /// Applied correction in seconds.
    pub correction: Option<f64>,
}

/// Reads the channels of all networks and stations, in the order of the file.
///
/// # Errors
/// [`Error::Declined`] with the reason, if it is not certain that `ObsPy` reads the same and nothing else.
pub fn read(bytes: &[u8]) -> Result<Vec<Channel>> {
    let text = decode(bytes)?;
    let (mut xml, root) = Xml::open(&text, "FDSNStationXML", NAMESPACE)?;
    if !matches!(root.get("schemaVersion")?, Some("1.0" | "1.1" | "1.2")) {
        return Err(Error::Declined("StationXML of another version than 1.0 to 1.2"));
    }
    let mut channels = Vec::new();
    let (mut source, mut created, mut networks) = (Once::new(), Once::new(), 0);
    let mut head = None;
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Source" => source.set(xml.skip()?)?,
            "Created" => created.set(values::date(xml.text()?)?)?,
            "Network" => {
                head.get_or_insert(xml.opened());
                nodes::network(&mut xml, tag, networks, &mut channels)?;
                networks += 1;
            }
            _ => xml.skip()?,
        }
    }
    source.required()?;
    created.required()?;
    xml.finish()?;
    for channel in &mut channels {
        channel.span.root = 0..head.unwrap_or_default();
    }
    Ok(channels)
}
