//! Any recording: what is written as miniSEED is read again, to the bit.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use obspeed_core::Error;
use obspeed_core::io::mseed::{Encoding, Layout, Order, Recording, Samples, encode, read};
use obspeed_core::parallel::Never;
use obspeed_core::samples::Input;

/// Differences of all sizes, as Steim has to pack them.
fn integers(u: &mut Unstructured<'_>) -> Result<Vec<i32>> {
    let mut last = 0_i32;
    let n = u.int_in_range(0..=600)?;
    let mut samples = Vec::new();
    for _ in 0..n {
        let bits = u.int_in_range(0..=32)?;
        let difference = u.arbitrary::<u64>()? as i64 >> (64 - bits).clamp(32, 63);
        last = last.wrapping_add(difference as i32);
        samples.push(last);
    }
    Ok(samples)
}

fn layout(u: &mut Unstructured<'_>) -> Result<Layout> {
    use Encoding::{Float32, Float64, Int16, Int32, Steim1, Steim2};
    let encodings = [Int16, Int32, Float32, Float64, Steim1, Steim2];
    let encoding = if u.ratio(1, 8)? { None } else { Some(*u.choose(&encodings)?) };
    let order = *u.choose(&[Order::Big, Order::Little])?;
    let record_length =
        if u.ratio(1, 16)? { u.arbitrary()? } else { 1 << u.int_in_range(7..=12)? };
    Ok(Layout { encoding, order, record_length })
}

fn codes(u: &mut Unstructured<'_>) -> Result<[String; 4]> {
    let mut codes = ["NW", "STA", "00", "BHZ"].map(str::to_owned);
    if u.ratio(1, 4)? {
        *codes.get_mut(u.choose_index(4)?).expect("one of them") = u.arbitrary()?;
    }
    Ok(codes)
}

fn number(u: &mut Unstructured<'_>) -> Result<f64> {
    if u.ratio(1, 4)? {
        u.arbitrary()
    } else {
        Ok(*u.choose(&[100.0, 0.1, 40.0, 1.0 / 3.0, 5e3])?)
    }
}

fn write_and_read(u: &mut Unstructured<'_>) -> Result<()> {
    let (kind, layout) = (u.int_in_range(0..=2)?, layout(u)?);
    let codes = codes(u)?;
    let start = if u.ratio(1, 4)? { u.arbitrary()? } else { 1_578_836_805_123_456_000 };
    let quality = if u.ratio(1, 8)? { u.arbitrary()? } else { *u.choose(&['D', 'R', 'Q', 'M'])? };
    let rate = number(u)?;
    let timing_quality = u.arbitrary()?;
    let integers = integers(u)?;
    let single: Vec<f32> = integers.iter().map(|x| f32::from_bits(x.cast_unsigned())).collect();
    let double: Vec<f64> = integers.iter().map(|x| f64::from(*x) / 3.0).collect();
    let samples = match kind {
        0 => Input::I32(&integers),
        1 => Input::F32(&single),
        _ => Input::F64(&double),
    };
    let recording = Recording { codes, start, rate, quality, timing_quality, samples };
    let bytes = match encode(&recording, layout) {
        Ok(bytes) => bytes,
        Err(error) => {
            assert!(matches!(error, Error::Declined(_)), "{error}");
            return Ok(());
        }
    };
    assert_eq!(bytes.len() % layout.record_length, 0);
    // What the header can hold only by rounding ObsPy reads as another trace, or as several.
    let Ok(traces) = read(&bytes, &Never) else { return Ok(()) };
    let [trace] = traces.as_slice() else { return Ok(()) };
    let same = match (&trace.samples, recording.samples) {
        (Samples::I32(x), Input::I32(y)) => x == y,
        (Samples::F32(x), Input::F32(y)) => {
            x.iter().map(|x| x.to_bits()).eq(y.iter().map(|y| y.to_bits()))
        }
        (Samples::F64(x), Input::F64(y)) => {
            x.iter().map(|x| x.to_bits()).eq(y.iter().map(|y| y.to_bits()))
        }
        _ => false,
    };
    assert!(same, "{trace:?} of {recording:?}");
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // Too few bytes for a recording are no finding.
    let _ = write_and_read(&mut Unstructured::new(bytes));
});
