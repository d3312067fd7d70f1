//! Files: what is decoded, what is refused, and that nothing that comes from a file does harm.

use obspeed_core::io::mseed::{self, Encoding, Layout, Samples, Trace, read};
use obspeed_core::io::sac::{Recording, Value, encode};
use obspeed_core::io::{self, Order};
use obspeed_core::parallel::Never;
use obspeed_core::samples::Input;
use obspeed_core::{Error, Result};
use proptest::prelude::*;

use crate::Stopped;

/// A record of 512 bytes at second `second` of 2020-01-01, 10 samples per second, big-endian.
fn record(second: u8, npts: u16, encoding: Encoding, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"000001D STA  00BHZNW".to_vec();
    for field in [2020_u16, 1, 0, u16::from(second) << 8, 0, npts, 10, 1] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 64, 0, 48]);
    bytes.extend([3, 232, 0, 0, encoding.code(), 1, 9, 0]);
    bytes.resize(64, 0);
    bytes.extend(data);
    bytes.resize(512, 0);
    bytes
}

fn integers(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_be_bytes()).collect()
}

fn one(bytes: &[u8]) -> Trace {
    let traces = read(bytes, &Never).unwrap();
    assert_eq!(traces.len(), 1);
    traces.into_iter().next().unwrap()
}

fn steim(kind: Encoding, npts: u16, words: &[u32]) -> Result<Vec<Trace>> {
    let data: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    read(&record(0, npts, kind, &data), &Never)
}

#[test]
fn a_record_is_a_trace() {
    let trace = one(&record(5, 3, Encoding::Int32, &integers(&[7, -1, i32::MIN])));
    assert_eq!(trace.codes, ["NW", "STA", "00", "BHZ"]);
    assert_eq!((trace.quality, trace.start, trace.rate), ('D', 1_577_836_805_000_000_000, 10.0));
    assert_eq!((trace.records, trace.record_length, trace.order), (1, 512, Order::Big));
    assert_eq!(trace.samples, Samples::I32(vec![7, -1, i32::MIN]));
}

#[test]
fn records_join_where_they_fit() {
    let at = |second| record(second, 10, Encoding::Int32, &integers(&[1; 10]));
    let traces = read(&[at(0), at(1), at(3), at(4), at(4)].concat(), &Never).unwrap();
    let records: Vec<_> = traces.iter().map(|trace| trace.records).collect();
    assert_eq!(records, [2, 2, 1]);
}

/// Words whose differences can be read off the bits, in each of the manual's layouts.
#[test]
fn steim_layouts() {
    use Encoding::{Steim1, Steim2};
    let ones = |n: i32| (1..=n).collect::<Vec<_>>();
    let cases: [(Encoding, u32, u32, Vec<i32>); 9] = [
        (Steim1, 1, 0x00_01_01_01, ones(4)),
        (Steim1, 2, 0x0000_0001, ones(2)),
        (Steim1, 3, 0x0000_0000, ones(1)),
        (Steim2, 2, 1 << 30, ones(1)),
        (Steim2, 2, 2 << 30 | 1, ones(2)),
        (Steim2, 2, 3 << 30 | 1 << 10 | 1, ones(3)),
        (Steim2, 3, 1 << 18 | 1 << 12 | 1 << 6 | 1, ones(5)),
        (Steim2, 3, 1 << 30 | 1 << 20 | 1 << 15 | 1 << 10 | 1 << 5 | 1, ones(6)),
        (Steim2, 3, 2 << 30 | 0x11_1111, ones(7)),
    ];
    for (kind, code, word, expected) in cases {
        let npts = u16::try_from(expected.len()).unwrap();
        let last = *expected.last().unwrap();
        let frame = [code << 24, 1, last.cast_unsigned(), word];
        assert_eq!(steim(kind, npts, &frame).unwrap()[0].samples, Samples::I32(expected));
        // The announced last sample, the number of samples, and words for samples only.
        assert!(steim(kind, npts, &[code << 24, 1, 99, word]).is_err());
        assert!(steim(kind, npts + 1, &frame).is_err());
        assert!(steim(kind, npts, &[code << 24 | 1 << 28, 1, 1, word]).is_err());
    }
    for (code, word) in [(2, 0), (3, 3 << 30)] {
        assert!(steim(Steim2, 1, &[code << 24, 1, 1, word]).is_err());
    }
}

#[test]
fn reading_can_be_stopped() {
    let bytes = record(0, 3, Encoding::Int32, &integers(&[7, -1, 5]));
    assert_eq!(read(&bytes, &Stopped), Err(Error::Cancelled));
}

proptest! {
    /// No panic, and no more samples than the bytes can hold.
    #[test]
    fn any_bytes_are_harmless(
        edits in proptest::collection::vec((0_usize..1536, any::<u8>()), 0..12),
        encoding in prop_oneof![
            Just(Encoding::Int16), Just(Encoding::Int32), Just(Encoding::Float32),
            Just(Encoding::Float64), Just(Encoding::Steim1), Just(Encoding::Steim2),
        ],
        data in proptest::collection::vec(any::<u8>(), 0..448),
        npts in 1_u16..800,
        length in 0_usize..1600,
    ) {
        let mut bytes = [0, 1, 2].map(|s| record(s, npts, encoding, &data)).concat();
        for (at, value) in edits {
            bytes[at] = value;
        }
        bytes.truncate(length);
        match read(&bytes, &Never) {
            Ok(traces) => for trace in traces {
                let n = match trace.samples {
                    Samples::I32(x) => x.len(),
                    Samples::F32(x) => x.len(),
                    Samples::F64(x) => x.len(),
                };
                prop_assert!(n <= 2 * bytes.len());
            },
            Err(error) => prop_assert!(matches!(error, Error::Declined(_))),
        }
    }

    #[test]
    fn noise_is_no_recording(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(&bytes, &Never).is_err());
    }
}

fn layout(encoding: Option<Encoding>, order: Order, record_length: usize) -> Layout {
    Layout { encoding, order, record_length }
}

fn to_write(samples: Input<'_>) -> mseed::Recording<'_> {
    mseed::Recording {
        codes: ["NW", "STA", "00", "BHZ"].map(str::to_owned),
        start: 1_578_836_805_123_456_000,
        rate: 100.0,
        quality: 'D',
        timing_quality: None,
        samples,
    }
}

proptest! {
    /// What is packed is unpacked again, in every encoding, byte order and record length.
    #[test]
    fn written_records_are_read_again(
        steps in proptest::collection::vec((0_u32..30, any::<i32>()), 1..3000),
        encoding in prop_oneof![
            Just(None), Just(Some(Encoding::Steim1)), Just(Some(Encoding::Int32)),
        ],
        order in prop_oneof![Just(Order::Big), Just(Order::Little)],
        exponent in 8_u32..13,
    ) {
        let mut sample = 0_i32;
        let x: Vec<i32> = steps
            .into_iter()
            .map(|(width, step)| {
                // Steps of every size, turned back before they leave the range.
                let step = step >> (31 - width);
                sample = sample.checked_add(step).unwrap_or(sample);
                sample
            })
            .collect();
        let bytes =
            mseed::encode(&to_write(Input::I32(&x)), layout(encoding, order, 1 << exponent));
        let trace = one(&bytes.unwrap());
        prop_assert_eq!(trace.samples, Samples::I32(x));
        prop_assert_eq!(trace.order, order);
        prop_assert_eq!(trace.record_length, 1 << exponent);
        prop_assert_eq!(trace.start, 1_578_836_805_123_456_000);
    }
}

#[test]
fn odd_records_are_not_written() {
    let bad = |recording: mseed::Recording<'_>, encoding, length| {
        mseed::encode(&recording, layout(encoding, Order::Big, length)).is_err()
    };
    let x = [1, 2, 3];
    assert!(!bad(to_write(Input::I32(&x)), None, 512));
    assert!(bad(to_write(Input::I32(&[])), None, 512));
    assert!(bad(to_write(Input::I32(&x)), Some(Encoding::Float32), 512));
    assert!(bad(to_write(Input::I32(&[0, 1 << 29])), None, 512));
    assert!(bad(to_write(Input::I64(&[1 << 40])), None, 512));
    assert!([0, 100, 128, 1 << 21].into_iter().all(|n| bad(to_write(Input::I32(&x)), None, n)));
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6, 1e-6] {
        assert!(bad(mseed::Recording { rate, ..to_write(Input::I32(&x)) }, None, 512));
    }
    let codes = ["NETWORK", "", "", ""].map(str::to_owned);
    assert!(bad(mseed::Recording { codes, ..to_write(Input::I32(&x)) }, None, 512));
    assert!(bad(
        mseed::Recording { start: i64::MAX - 1000, ..to_write(Input::I32(&x)) },
        None,
        512
    ));
}

fn recording(samples: Input<'_>, fields: Vec<(String, Value)>) -> Recording<'_> {
    let codes = ["NW", "STA", "", "BHZ"].map(str::to_owned);
    Recording { codes, start: 1_577_836_805_000_000_000, delta: 0.1, calib: 1.0, fields, samples }
}

#[test]
fn sac_words_in_both_orders() {
    let x = [3.0, -1.0, 4.0];
    let little = encode(&recording(Input::F64(&x), Vec::new()), Order::Little).unwrap();
    let big = encode(&recording(Input::F64(&x), Vec::new()), Order::Big).unwrap();
    assert_eq!(little.len(), 632 + 12);
    for (a, b) in
        little.chunks(4).zip(big.chunks(4)).filter(|(a, _)| a.as_ptr() < little[440..].as_ptr())
    {
        assert!(a.iter().eq(b.iter().rev()));
    }
    assert_eq!(little[440..632], big[440..632]);
    assert_eq!(little[632..636], 3.0_f32.to_le_bytes());
    assert_eq!(big[632..636], 3.0_f32.to_be_bytes());
    assert_eq!(little[4..8], (-1.0_f32).to_le_bytes());
}

#[test]
fn sac_refuses_what_it_would_garble() {
    let bad = |x: &[f64]| encode(&recording(Input::F64(x), Vec::new()), Order::Little).is_err();
    assert!(bad(&[]) && bad(&[f64::NAN, 1.0]) && bad(&[f64::INFINITY]) && bad(&[1e39, 1.0]));
    assert!(bad(&[0.0, -0.0]) && !bad(&[0.0, 0.0]));
    let field = |name: &str, value| {
        let fields = vec![(name.to_owned(), value)];
        encode(&recording(Input::F64(&[1.0]), fields), Order::Little).is_err()
    };
    assert!(field("nosuch", Value::Float(1.0)) && field("stla", Value::Float(1e39)));
    assert!(field("norid", Value::Integer(1 << 40)) && field("norid", Value::Float(1.0)));
    assert!(field("kuser0", Value::Text("é".to_owned())) && field("kuser0", Value::Integer(1)));
    assert!(!field("kuser0", Value::Text("abc".to_owned())));
}

#[test]
fn files_come_and_go_whole() {
    let folder = std::env::temp_dir().join(format!("obspeed-io-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x");
    io::write(&path, b"first").unwrap();
    io::write(&path, b"second").unwrap();
    assert_eq!(io::read(&path, 100).unwrap(), b"second");
    assert!(matches!(io::read(&path, 3), Err(Error::Declined(_))));
    assert!(matches!(io::read(&folder, 100), Err(Error::Declined(_))));
    assert!(matches!(io::read(&folder.join("y"), 100), Err(Error::Io { code: Some(2), .. })));
    assert!(matches!(io::write(&folder.join("y").join("z"), b""), Err(Error::Io { .. })));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}
