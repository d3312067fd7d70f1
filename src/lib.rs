//! The kernels of obspeed: signal processing for seismology, slices in and slices out.
//!
//! Nothing here knows Python or `ObsPy`. A caller prepares [`step::Step`]s, which hold everything
//! that does not depend on the samples, and runs them with [`chain::run`] on one trace, or with
//! [`jobs::run`] on many, or with [`rows::run`] on the rows of an array. [`parallel::run`] is the only way into parallel code.
//!
//! Conventions: sample intervals in seconds, frequencies in hertz, forward transforms unnormalised.
//! Results never depend on the number of threads: the unit of parallelism is a trace.

pub mod calculus;
pub mod chain;
pub mod columns;
mod cosine;
pub mod deconvolve;
pub mod detrend;
mod error;
pub mod fft;
pub mod grid;
mod held;
pub mod io;
pub mod jobs;
pub mod lanczos;
pub mod lanes;
pub mod lookup;
mod native;
pub mod normalize;
pub mod parallel;
pub mod polynomial;
mod quotient;
pub mod resample;
pub mod response;
pub mod rows;
mod run;
pub mod samples;
pub mod sensitivity;
mod simd;
pub mod simulate;
pub mod slopes;
pub mod sos;
mod spectral;
pub mod spline;
pub mod step;
pub mod sum;
pub mod taper;
pub mod trigger;

pub use error::{Error, Result};
pub use rustfft::num_complex::Complex64;
