//! The stages of a response as station files give them, nothing interpreted yet.

use crate::Complex64;

use super::fir::Stored;
use super::paz::Domain;

/// One stage (SEED manual v2.4, blockettes 53 to 62).
#[derive(Debug, Clone)]
pub struct Stage {
    /// Stage sequence number.
    pub sequence: i64,
    /// What goes in, in upper case; empty if that is not said.
    pub input_units: String,
    /// What comes out, in upper case; empty if that is not said.
    pub output_units: String,
    /// Gain.
    pub gain: Option<f64>,
    /// Frequency in hertz at which the gain holds.
    pub gain_frequency: Option<f64>,
    /// Decimation.
    pub decimation: Decimation,
    /// What the stage does beside its gain.
    pub kind: Kind,
}

/// Of the decimation of a stage (SEED blockette 57), what evalresp uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decimation {
    /// None of the five fields is given.
    None,
    /// Some of the five fields are given. For poles and zeros with a gain the sample rate stands
    /// for one that `ObsPy` derives from the other stages.
    Partial {
        /// Input sample rate in hertz.
        rate: Option<f64>,
    },
    /// All fields are given.
    Full {
        /// Input sample rate in hertz.
        rate: f64,
        /// Applied correction in seconds.
        correction: f64,
    },
}

/// The types of stages.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing but a gain.
    Gain,
    /// Poles and zeros.
    PolesZeros {
        /// What they are values of.
        domain: Domain,
        /// Zeros.
        zeros: Vec<Complex64>,
        /// Poles.
        poles: Vec<Complex64>,
        /// Normalisation factor a0.
        factor: f64,
        /// Frequency of normalisation in hertz.
        frequency: f64,
    },
    /// Coefficients of a digital filter, which has feedback if there are denominators.
    Coefficients {
        /// False for the analogue types.
        digital: bool,
        /// Of the input, newest first.
        numerator: Vec<f64>,
        /// Of the output, newest first.
        denominator: Vec<f64>,
    },
    /// A FIR filter.
    Fir {
        /// How its coefficients are stored.
        stored: Stored,
        /// Coefficients.
        coefficients: Vec<f64>,
    },
    /// A list of amplitudes and phases.
    List {
        /// Frequencies in hertz.
        frequency: Vec<f64>,
        /// Amplitudes.
        amplitude: Vec<f64>,
        /// Phases in degrees.
        phase: Vec<f64>,
    },
    /// A polynomial, lowest power first: of which a spectrum knows the slope alone.
    Polynomial {
        /// Coefficients.
        coefficients: Vec<f64>,
    },
}

/// The sensitivity of the whole channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// Its value.
    pub value: f64,
    /// The frequency in hertz at which it holds; 0 if that is not said.
    pub frequency: f64,
}
