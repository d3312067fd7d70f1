//! A document of one channel, for whom reading all of them takes long.

use super::{Channel, read};
use crate::Result;
use crate::io::xml::{body, decode};

/// The document with no other channel than this one, in UTF-8; `None` if it cannot be made.
///
/// All that stands before the first network, station or channel is left, and so is what those that hold
/// the channel say of themselves before that.
///
/// # Errors
/// [`crate::Error::Declined`] if the document is not the one of which the channel was read.
pub fn alone(bytes: &[u8], channel: &Channel) -> Result<Option<String>> {
    let text = decode(bytes)?;
    let text = body(&text)?;
    let span = &channel.span;
    let mut parts = String::new();
    for range in [&span.root, &span.network, &span.station, &span.channel] {
        let Some(part) = text.get(range.clone()) else { return Ok(None) };
        parts.push_str(part);
    }
    parts.push_str("</Station></Network></FDSNStationXML>");
    // What is required may follow: a file need not keep to the order of the schema.
    let same = |read: &Channel| read.response == channel.response && read.code == channel.code;
    let read = read(parts.as_bytes()).ok();
    Ok(read.is_some_and(|read| matches!(read.as_slice(), [one] if same(one))).then_some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::stationxml::NAMESPACE;

    fn document(order: [&str; 2]) -> String {
        let channel = |code: &str, value: u32| {
            format!(
                "<Channel code='{code}' locationCode=''><Latitude>1</Latitude>\
                 <Longitude>2</Longitude><Elevation>3</Elevation><Depth>{value}</Depth>\
                 <Response><InstrumentSensitivity><Value>{value}</Value></InstrumentSensitivity>\
                 </Response></Channel>"
            )
        };
        let station = |code: &str| {
            format!(
                "<Station code='{code}'><Latitude>1</Latitude><Longitude>2</Longitude>\
                 <Elevation>3</Elevation><Site><Name>x</Name></Site>{}{}</Station>",
                channel("HHZ", 4),
                channel("HHN", 5)
            )
        };
        let networks = format!("<Network code='XX'>{}{}</Network>", station("A"), station("B"));
        format!(
            "<?xml version='1.0' encoding='utf-8'?>\n\
             <FDSNStationXML xmlns='{NAMESPACE}' schemaVersion='1.1'>{}{networks}{}</FDSNStationXML>",
            order[0], order[1]
        )
    }

    const HEAD: &str = "<Source>ä</Source><Created>2020-01-01T00:00:00</Created>";

    #[test]
    fn each_channel_is_the_same_alone() -> Result<()> {
        let text = document([HEAD, ""]);
        let channels = read(text.as_bytes())?;
        assert_eq!(channels.len(), 4);
        for channel in &channels {
            let part = alone(text.as_bytes(), channel)?.unwrap_or_default();
            let read = read(part.as_bytes())?;
            assert_eq!(read.len(), 1);
            assert_eq!((read[0].place, &read[0].station), ([0; 3], &channel.station));
            assert_eq!((read[0].depth, &read[0].response), (channel.depth, &channel.response));
        }
        Ok(())
    }

    #[test]
    fn none_of_a_document_in_another_order() -> Result<()> {
        let text = document(["", HEAD]);
        let channels = read(text.as_bytes())?;
        assert_eq!(alone(text.as_bytes(), &channels[0])?, None);
        assert_eq!(alone(&text.as_bytes()[..900], &channels[3])?, None);
        Ok(())
    }
}
