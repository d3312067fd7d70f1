//! Networks, stations and channels: what is kept, and what `ObsPy` refuses or warns of elsewhere.

use crate::io::xml::{Tag, Xml};
use crate::{Error, Result};

use super::values::{Once, code, date, integer, number, optional_date, real, whole, within};
use super::{Channel, Span, response};

const UNUSUAL: Error = Error::Declined("StationXML with an entry that ObsPy refuses or warns of");

pub(super) fn network(
    xml: &mut Xml<'_>,
    tag: Tag<'_>,
    number: usize,
    channels: &mut Vec<Channel>,
) -> Result<()> {
    let network = code(tag.get("code")?)?;
    check_source_id(tag)?;
    let (begin, first) = (xml.opened(), channels.len());
    let (mut stations, mut head) = (0, None);
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Station" => {
                head.get_or_insert(xml.opened());
                station(xml, tag, &network, [number, stations], channels)?;
                stations += 1;
            }
            _ => described(xml, tag)?,
        }
    }
    for channel in channels.iter_mut().skip(first) {
        channel.span.network = begin..head.unwrap_or(begin);
    }
    Ok(())
}

fn station(
    xml: &mut Xml<'_>,
    tag: Tag<'_>,
    network: &str,
    [n, s]: [usize; 2],
    channels: &mut Vec<Channel>,
) -> Result<()> {
    let station = code(tag.get("code")?)?;
    check_source_id(tag)?;
    let mut place = Place::new();
    let (begin, first, mut head) = (xml.opened(), channels.len(), None);
    let (mut site, mut number) = (Once::new(), 0);
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Site" => site.set(xml.skip()?)?,
            "Channel" => {
                head.get_or_insert(xml.opened());
                let channel = channel(xml, tag)?;
                let (network, station) = (network.to_owned(), station.clone());
                channels.push(Channel { place: [n, s, number], network, station, ..channel });
                number += 1;
            }
            _ if place.take(xml, tag)? => {}
            _ => described(xml, tag)?,
        }
    }
    for channel in channels.iter_mut().skip(first) {
        channel.span.station = begin..head.unwrap_or(begin);
    }
    site.required()?;
    place.latitude.required()?;
    place.longitude.required()?;
    place.elevation.required().map(|_| ())
}

/// A channel, its place and the codes of network and station still to be filled in.
fn channel(xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<Channel> {
    check_source_id(tag)?;
    let begin = xml.opened();
    let mut place = Place::new();
    let (mut depth, mut azimuth, mut dip) = (Once::new(), Once::new(), Once::new());
    let (mut sample_rate, mut response) = (Once::new(), Once::new());
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Depth" => depth.set(real(xml, tag)?)?,
            "Azimuth" => azimuth.set(within(xml, tag, 0.0, 360.0)?)?,
            "Dip" => dip.set(within(xml, tag, -90.0, 90.0)?)?,
            "SampleRate" => sample_rate.set(real(xml, tag)?)?,
            "ClockDrift" => within(xml, tag, 0.0, f64::MAX).map(|_| ())?,
            "Response" => response.set(response::response(xml)?)?,
            _ if place.take(xml, tag)? => {}
            _ => described(xml, tag)?,
        }
    }
    Ok(Channel {
        place: [0; 3],
        network: String::new(),
        station: String::new(),
        location: code(tag.get("locationCode")?)?,
        code: code(tag.get("code")?)?,
        start: optional_date(tag.get("startDate")?)?,
        end: optional_date(tag.get("endDate")?)?,
        latitude: place.latitude.required()?,
        longitude: place.longitude.required()?,
        elevation: place.elevation.required()?,
        depth: depth.required()?,
        azimuth: azimuth.get(),
        dip: dip.get(),
        sample_rate: sample_rate.get(),
        response: response.get(),
        span: Span { channel: begin..xml.position(), ..Span::default() },
    })
}

/// Where a station or a channel is.
struct Place {
    latitude: Once<f64>,
    longitude: Once<f64>,
    elevation: Once<f64>,
}

impl Place {
    fn new() -> Self {
        Self { latitude: Once::new(), longitude: Once::new(), elevation: Once::new() }
    }

    /// Closes the open element if it is a coordinate.
    fn take(&mut self, xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<bool> {
        match tag.name {
            "Latitude" => self.latitude.set(within(xml, tag, -90.0, 90.0)?)?,
            "Longitude" => self.longitude.set(within(xml, tag, -180.0, 180.0)?)?,
            "Elevation" => self.elevation.set(real(xml, tag)?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Closes an element that describes a network, a station or a channel.
fn described(xml: &mut Xml<'_>, tag: Tag<'_>) -> Result<()> {
    match tag.name {
        "Identifier" => {
            let named = tag.get("type")?.is_some_and(|name| !name.trim().is_empty());
            check(named && !xml.text()?.trim().is_empty())
        }
        "Comment" => {
            check(integer(tag.get("id")?.unwrap_or("0"))? >= 0)?;
            each(xml, "Author", person)
        }
        "Operator" => operator(xml),
        "DataAvailability" => availability(xml),
        "WaterLevel" => real(xml, tag).map(|_| ()),
        "Equipment" | "Sensor" | "PreAmplifier" | "DataLogger" => {
            each(xml, "CalibrationDate", |xml| date(xml.text()?).map(|_| ()))
        }
        "TotalNumberStations"
        | "SelectedNumberStations"
        | "TotalNumberChannels"
        | "SelectedNumberChannels" => check(whole(xml)? >= 0),
        _ => xml.skip(),
    }
}

fn check(usual: bool) -> Result<()> {
    if usual { Ok(()) } else { Err(UNUSUAL) }
}

/// Closes the open element; of its children those of one name are looked at.
fn each<'a>(
    xml: &mut Xml<'a>,
    name: &str,
    look: impl Fn(&mut Xml<'a>) -> Result<()>,
) -> Result<()> {
    while let Some(tag) = xml.child()? {
        if tag.name == name { look(xml)? } else { xml.skip()? }
    }
    Ok(())
}

fn operator(xml: &mut Xml<'_>) -> Result<()> {
    let mut agencies = 0;
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Agency" => {
                agencies += 1;
                check(xml.has_text()?)?;
            }
            "Contact" => person(xml)?,
            _ => xml.skip()?,
        }
    }
    check(agencies > 0)
}

fn person(xml: &mut Xml<'_>) -> Result<()> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    while let Some(tag) = xml.child()? {
        match tag.name {
            "Email" => {
                let parts = xml.text()?.split_once('@');
                check(parts.is_some_and(|(user, host)| {
                    !user.is_empty() && user.chars().all(in_name) && host.starts_with(in_name)
                }))?;
            }
            "Phone" => {
                let mut line = Once::new();
                while let Some(tag) = xml.child()? {
                    if tag.name == "PhoneNumber" { line.set(xml.text()?)? } else { xml.skip()? }
                }
                let digits =
                    |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                let parts = line.required()?.split_once('-');
                check(parts.is_some_and(|(a, b)| digits(a) && digits(b)))?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn availability(xml: &mut Xml<'_>) -> Result<()> {
    let mut extent = Once::new();
    while let Some(tag) = xml.child()? {
        let (start, end) = (tag.get("start")?.map(date), tag.get("end")?.map(date));
        match tag.name {
            "Extent" => {
                start.transpose()?;
                end.transpose()?;
                extent.set(())?;
            }
            "Span" => {
                start.ok_or(UNUSUAL)??;
                end.ok_or(UNUSUAL)??;
                integer(tag.get("numberSegments")?.ok_or(UNUSUAL)?)?;
                tag.get("maximumTimeTear")?.map(number).transpose()?;
            }
            _ => {}
        }
        xml.skip()?;
    }
    extent.required()
}

/// A source identifier has to look like a URI.
fn check_source_id(tag: Tag<'_>) -> Result<()> {
    let parts = tag.get("sourceID")?.unwrap_or("a:b").split_once(':');
    check(parts.is_some_and(|(scheme, rest)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(plain)
            && !rest.is_empty()
            && rest.chars().all(|c| c.is_ascii_graphic())
    }))
}
