//! Any bytes as a miniSEED file: no panic, no more samples than the bytes can hold, the same twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use obspeed_core::Error;
use obspeed_core::io::mseed::{Samples, Trace, read};
use obspeed_core::parallel::Never;

/// Samples by their bits, for which NaN is NaN.
fn bits(trace: &Trace) -> Vec<u64> {
    match &trace.samples {
        Samples::I32(x) => x.iter().map(|x| u64::from(x.cast_unsigned())).collect(),
        Samples::F32(x) => x.iter().map(|x| u64::from(x.to_bits())).collect(),
        Samples::F64(x) => x.iter().map(|x| x.to_bits()).collect(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    match read(bytes, &Never) {
        Ok(traces) => {
            assert!(!traces.is_empty());
            let again = read(bytes, &Never).expect("as before");
            let mut samples = 0;
            for (trace, other) in traces.iter().zip(&again) {
                assert!(bits(trace) == bits(other));
                assert!(!bits(trace).is_empty() && trace.records > 0);
                samples += bits(trace).len();
            }
            // Steim 2 packs seven differences into four bytes.
            assert!(samples <= 2 * bytes.len());
        }
        Err(error) => assert!(matches!(error, Error::Declined(_)), "{error}"),
    }
});
