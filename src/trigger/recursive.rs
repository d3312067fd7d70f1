//! Recursive STA/LTA.

use super::{BLOCK, NOT_FINITE, RUN, Version, check_windows};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// The ratio of two decaying averages of the squares, short over long (Allen 1978, Bull. Seism. Soc.
/// Am. 68, 1521-1532; Withers et al. 1998, Bull. Seism. Soc. Am. 88, 95-106), to the bit.
///
/// Where `ObsPy` leaves the first value uninitialised (`nlta >= npts`) it is 0.
///
/// An average is a chain of roundings, each waiting for the one before. But it forgets: started
/// anywhere, it meets the chain in the very bits once some forty windows have passed. So four pieces of
/// the trace run side by side, each from a little before its place, and where a piece did not begin
/// with the bits the one before ended with, it is run again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recursive {
    npts: usize,
    windows: [usize; 2],
    version: Version,
}

/// Pieces that run side by side.
const LANES: usize = 4;
/// Windows after which two averages have almost certainly met.
const FORGOTTEN: usize = 42;

/// Both averages, short and long, of some lanes.
type State<const L: usize> = [[f64; L]; 2];

impl Recursive {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples.
    pub fn new(npts: usize, nsta: usize, nlta: usize, version: Version) -> Result<Self> {
        check_windows(&[nsta, nlta])?;
        Ok(Self { npts, windows: [nsta, nlta], version })
    }

    /// Fills `dst` from its second sample on; the averages at the end.
    fn run<S: Sample>(
        &self,
        src: &[S],
        dst: &mut [f64],
        long: f64,
        square: impl Fn(S) -> f64 + Copy,
        cancel: &dyn Cancel,
    ) -> Result<State<1>> {
        let decay = self.windows.map(|n| 1.0 / n as f64);
        let begin = [[0.0], [long]];
        let (Some((_, src)), Some((_, dst))) = (src.split_first(), dst.split_first_mut()) else {
            return Ok(begin);
        };
        let ahead = FORGOTTEN.saturating_mul(self.windows[0].max(self.windows[1]));
        let piece = src.len() / LANES;
        // Side by side a sample costs a third of what it costs in the chain alone.
        if piece < ahead {
            return alone(src, dst, decay, begin, square, cancel);
        }
        let starts: [usize; LANES] = std::array::from_fn(|l| l * piece);
        let mut state = [[0.0; LANES]; 2];
        let mut warm = starts.map(|s| &src[s.saturating_sub(ahead)..][..ahead]);
        while !warm[0].is_empty() {
            cancel.check()?;
            let n = BLOCK.min(warm[0].len());
            warm_up(warm.map(|x| &x[..n]), decay, &mut state, square);
            warm = warm.map(|x| &x[n..]);
        }
        [state[0][0], state[1][0]] = [begin[0][0], begin[1][0]];
        let began = state;
        let (body, rest) = dst.split_at_mut(LANES * piece);
        let mut outs = body.chunks_exact_mut(piece);
        let mut outs: [&mut [f64]; LANES] =
            std::array::from_fn(|_| outs.next().unwrap_or_default());
        for from in (0..piece).step_by(BLOCK) {
            cancel.check()?;
            let n = BLOCK.min(piece - from);
            let outs = outs.each_mut().map(|y| &mut y[from..from + n]);
            ratios(starts.map(|s| &src[s + from..][..n]), outs, decay, &mut state, square);
        }
        let of = |state: State<LANES>, l: usize| [[state[0][l]], [state[1][l]]];
        let bits = |state: State<1>| state.map(|[average]| average.to_bits());
        let mut end = of(state, 0);
        for (l, out) in outs.into_iter().enumerate().skip(1) {
            end = if bits(end) == bits(of(began, l)) {
                of(state, l)
            } else {
                alone(&src[starts[l]..][..piece], out, decay, end, square, cancel)?
            };
        }
        alone(&src[LANES * piece..], rest, decay, end, square, cancel)
    }
}

impl Transform for Recursive {
    /// The Python version declines data that hold NaN, Inf or values too large, or are of single
    /// precision.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        if self.version == Version::C {
            self.run(src, dst, 0.0, |x| x.to_f64() * x.to_f64(), cancel)?;
        } else {
            if size_of::<S::Real>() == size_of::<f32>() {
                return Err(Error::Declined("single precision differs between NumPy versions"));
            }
            self.run(src, dst, f64::MIN_POSITIVE, |x| x.square().to_f64(), cancel)?;
            // NumPy squares the first sample, too, and warns of it.
            let first = src.first().map_or(0.0, |x| x.square().to_f64());
            if dst.iter().skip(1).fold(first * 0.0, |spoilt, y| spoilt + y * 0.0) != 0.0 {
                return Err(NOT_FINITE);
            }
        }
        let nlta = self.windows[1];
        let silent = if self.version == Version::Python || nlta < self.npts { nlta } else { 1 };
        dst[..silent.min(self.npts)].fill(0.0);
        Ok(())
    }
}

/// One chain alone.
fn alone<S: Sample>(
    src: &[S],
    dst: &mut [f64],
    decay: [f64; 2],
    mut state: State<1>,
    square: impl Fn(S) -> f64 + Copy,
    cancel: &dyn Cancel,
) -> Result<State<1>> {
    for (x, y) in src.chunks(BLOCK).zip(dst.chunks_mut(BLOCK)) {
        cancel.check()?;
        ratios([x], [y], decay, &mut state, square);
    }
    Ok(state)
}

/// One sample further in every lane.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn advance<const L: usize>(state: &mut State<L>, q: [f64; L], decay: [f64; 2]) {
    for (average, c) in state.iter_mut().zip(decay) {
        for l in 0..L {
            average[l] = c * q[l] + (1.0 - c) * average[l];
        }
    }
}

/// The averages after `src`, which hold equally many samples.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn warm_up_body<S: Sample>(
    src: [&[S]; LANES],
    decay: [f64; 2],
    state: &mut State<LANES>,
    square: impl Fn(S) -> f64 + Copy,
) {
    let n = src[0].len();
    let (src, mut s) = (src.map(|x| &x[..n]), *state);
    for i in 0..n {
        advance(&mut s, src.map(|x| square(x[i])), decay);
    }
    *state = s;
}
wide! {
    fn warm_up[S: Sample, Q: Fn(S) -> f64 + Copy](src: [&[S]; LANES], decay: [f64; 2],
        state: &mut State<LANES>, square: Q) = warm_up_body
}

/// The ratios of the averages at each sample of `src`, which, as `dst`, hold equally many.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn ratios_body<S: Sample, const L: usize>(
    src: [&[S]; L],
    mut dst: [&mut [f64]; L],
    decay: [f64; 2],
    state: &mut State<L>,
    square: impl Fn(S) -> f64 + Copy,
) {
    let mut s = *state;
    let mut rows = [[0.0; L]; RUN];
    for from in (0..src[0].len()).step_by(RUN) {
        let n = RUN.min(src[0].len() - from);
        let src = src.map(|x| &x[from..from + n]);
        // Quotients side by side first: written lane by lane they would be formed one by one.
        for (i, row) in rows[..n].iter_mut().enumerate() {
            advance(&mut s, src.map(|x| square(x[i])), decay);
            for l in 0..L {
                row[l] = s[0][l] / s[1][l];
            }
        }
        for (l, dst) in dst.iter_mut().enumerate() {
            for (y, row) in dst[from..from + n].iter_mut().zip(&rows) {
                *y = row[l];
            }
        }
    }
    *state = s;
}
wide! {
    fn ratios[S: Sample, Q: Fn(S) -> f64 + Copy, const L: usize](src: [&[S]; L],
        dst: [&mut [f64]; L], decay: [f64; 2], state: &mut State<L>, square: Q) = ratios_body
}
