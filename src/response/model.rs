//! A response ready to be evaluated, and its identity.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use crate::parallel::Cancel;
use crate::{Complex64, Error, Result};

use super::coefficients::Ratio;
use super::fir::Fir;
use super::list::List;
use super::normalise::normalise;
use super::paz::Paz;
use super::stage::{Sensitivity, Stage};
use super::units::Quantity;
use super::{cache, spectrum};

/// The frequencies of a real transform: `nfft / 2 + 1` of them, evenly from 0 to 1/(2 `delta`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Length of the transform.
    pub nfft: usize,
    /// Sample interval in seconds.
    pub delta: f64,
}

impl Grid {
    /// Number of frequencies.
    #[must_use]
    pub fn bins(self) -> usize {
        self.nfft / 2 + 1
    }

    /// Hertz from one frequency to the next.
    #[must_use]
    pub fn step(self) -> f64 {
        let nyquist = 1.0 / (self.delta * 2.0);
        nyquist / (self.bins() - 1).max(1) as f64
    }
}

/// Which frequencies of a grid, of which `nfft` is a multiple of 4 for the halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    All,
    /// Numbers 0, 2, 4, ...
    Even,
    /// Numbers 1, 3, 5, ...
    Odd,
}

impl Part {
    /// Number of frequencies.
    #[must_use]
    pub fn count(self, grid: Grid) -> usize {
        match self {
            Self::All => grid.bins(),
            Self::Even => grid.bins().div_ceil(2),
            Self::Odd => grid.bins() / 2,
        }
    }

    /// Which of them is number `k` of the grid.
    #[must_use]
    pub fn position(self, k: usize) -> usize {
        if self == Self::All { k } else { k / 2 }
    }
}

/// Why a response cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseError {
    /// There are no stages.
    Empty,
    /// A stage number appears twice, or none is selected.
    Numbering,
    /// The output is none of `DISP`, `VEL`, `ACC` and `DEF`.
    Output(String),
    /// evalresp refuses this stage: `ObsPy` raises an exception.
    Refused {
        /// Stage sequence number.
        stage: i64,
        /// Why.
        why: &'static str,
    },
    /// `ObsPy` has an answer of which rounding decides more than the last digits.
    Uncertain {
        /// Stage sequence number.
        stage: i64,
        /// Why.
        why: &'static str,
    },
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the response has no stages"),
            Self::Numbering => f.write_str("a stage number appears twice, or no stage is selected"),
            Self::Output(name) => write!(f, "output {name:?} is none of DISP, VEL, ACC and DEF"),
            Self::Refused { stage, why } => write!(f, "response stage {stage}: {why}"),
            Self::Uncertain { stage, why } => {
                write!(f, "response stage {stage}: {why}, so its scale is not certain")
            }
        }
    }
}

impl std::error::Error for ResponseError {}

/// Turns of a delay at the highest frequency from which half a unit in the last place of the phase
/// passes some 1e-12.
const MOST_TURNS: f64 = 1500.0;

/// A factor of a response that depends on frequency.
#[derive(Debug, Clone)]
pub(super) enum Factor {
    Paz(Paz),
    Fir(Fir),
    Ratio(Ratio),
    List(List),
}

/// 128 bits that stand for the content of a response.
pub(super) type Key = (u64, u64);

/// Selected stages, normalised to the channel's sensitivity, for one output. Immutable; two of them
/// with the same content have the same key, whatever channels they come from.
#[derive(Debug, Clone)]
pub struct Response {
    pub(super) factors: Vec<Factor>,
    /// Real constant: gains, normalisation and units.
    pub(super) scale: f64,
    /// Power of iω.
    pub(super) derivatives: i32,
    key: Key,
}

impl Response {
    /// Checks and normalises stages as evalresp does, for an `output` of `DISP`, `VEL`, `ACC` or `DEF`.
    ///
    /// # Errors
    /// Whatever `ObsPy` fails on, and whatever is not certain to agree with it.
    pub fn new(
        stages: Vec<Stage>,
        sensitivity: Option<Sensitivity>,
        output: &str,
    ) -> std::result::Result<Self, ResponseError> {
        let quantity =
            Quantity::parse(output).ok_or_else(|| ResponseError::Output(output.to_owned()))?;
        let (factors, scale, derivatives) = normalise(stages, sensitivity, quantity)?;
        let key = key(&factors, scale, derivatives);
        Ok(Self { factors, scale, derivatives, key })
    }

    /// The spectrum, from the cache or into it.
    ///
    /// # Errors
    /// As [`Response::evaluate`].
    pub fn spectrum(&self, grid: Grid, cancel: &dyn Cancel) -> Result<Arc<[Complex64]>> {
        let key = cache::Key { content: self.key, nfft: grid.nfft, delta: grid.delta.to_bits() };
        cache::get(key, cancel, || self.evaluate(grid, Part::All, cancel))
    }

    /// The spectrum at a part of the frequencies, computed anew and not kept: output units per input unit, or what the
    /// output makes of the input.
    ///
    /// It agrees with evalresp to 1e-12 of its maximum. Machines with and without AVX2 differ by some
    /// 1e-15 of it; nothing else, the number of threads included, has an influence.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Memory`], and as [`Response::check`].
    pub fn evaluate(
        &self,
        grid: Grid,
        part: Part,
        cancel: &dyn Cancel,
    ) -> Result<Arc<[Complex64]>> {
        self.check(grid)?;
        spectrum::evaluate(self, grid, part, cancel)
    }

    /// Whether the response can be evaluated on this grid.
    ///
    /// # Errors
    /// [`Error::Declined`] without a positive `delta`, and where a delay is so long that the phase
    /// that belongs to it, and so `ObsPy`'s answer, is made of rounding errors.
    pub fn check(&self, grid: Grid) -> Result<()> {
        if !(grid.delta > 0.0 && grid.delta.is_finite() && grid.nfft >= 2) {
            return Err(Error::Declined("a response needs a positive sampling interval"));
        }
        let longest = self.factors.iter().fold(0.0, |longest: f64, factor| match factor {
            Factor::Fir(fir) => longest.max(fir.correction.abs()),
            _ => longest,
        });
        if longest * 0.5 / grid.delta > MOST_TURNS {
            return Err(Error::Declined(
                "the correction of a response stage is too long for a certain phase",
            ));
        }
        Ok(())
    }

    /// 128 bits that stand for the content: stages, normalisation, units and output.
    #[must_use]
    pub fn key(&self) -> (u64, u64) {
        self.key
    }
}

/// Two independent hashes of all that a spectrum depends on. Nobody but chance could bring two
/// responses together, and chance will not in 128 bits.
fn key(factors: &[Factor], scale: f64, derivatives: i32) -> Key {
    let mut words = Vec::with_capacity(1024);
    let mut put = |numbers: &[f64]| {
        words.push(numbers.len() as u64);
        words.extend(numbers.iter().map(|x| x.to_bits()));
    };
    put(&[scale, f64::from(derivatives)]);
    for factor in factors {
        match factor {
            Factor::Paz(x) => {
                put(&[0.0, f64::from(x.domain as u8), x.factor, x.dt]);
                for roots in [&x.zeros, &x.poles] {
                    put(&roots.iter().flat_map(|r| [r.re, r.im]).collect::<Vec<_>>());
                }
            }
            Factor::Fir(x) => {
                put(&[1.0, f64::from(x.symmetry as u8), x.dt, x.correction]);
                put(x.taps.as_slice());
            }
            Factor::Ratio(x) => {
                put(&[2.0, x.dt]);
                put(x.numerator.as_slice());
                put(x.denominator.as_slice());
            }
            Factor::List(x) => {
                put(&[3.0]);
                x.amplitude.parts().into_iter().for_each(&mut put);
                x.phase.parts().into_iter().for_each(&mut put);
            }
        }
    }
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
    let half = |salt| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(salt);
        hasher.write(&bytes);
        hasher.finish()
    };
    (half(1), half(2))
}
