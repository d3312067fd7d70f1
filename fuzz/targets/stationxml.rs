//! Any bytes as a StationXML document: no panic, the same twice, and each channel the same alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obspeed_core::Error;
use obspeed_core::io::stationxml::{alone, read};

fuzz_target!(|bytes: &[u8]| {
    let channels = match read(bytes) {
        Ok(channels) => channels,
        Err(error) => {
            assert!(matches!(error, Error::Declined(_)), "{error}");
            return;
        }
    };
    assert_eq!(read(bytes).as_ref(), Ok(&channels));
    for channel in channels.iter().take(3) {
        let Some(part) = alone(bytes, channel).expect("as it was read") else { continue };
        let again = read(part.as_bytes()).expect("part of what was read");
        let [one] = again.as_slice() else { panic!("{} channels alone", again.len()) };
        assert_eq!(one.place, [0; 3]);
        let codes = [&one.network, &one.station, &one.location, &one.code];
        assert_eq!(codes, [&channel.network, &channel.station, &channel.location, &channel.code]);
        assert_eq!((one.start, one.end), (channel.start, channel.end));
        assert_eq!(one.response, channel.response);
    }
});
