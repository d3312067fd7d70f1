//! Sampling anew with a Lanczos kernel: `obspy.Trace.interpolate(method="lanczos")`.

mod kernel;

use self::kernel::{Direct, Phases};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::{Error, Result};

/// Outputs a block holds at most.
const OUTPUTS: usize = 1024;
/// Samples a block's window holds, unless the kernel itself is wider.
const WINDOW: usize = 4096;

/// `y[j] = sum over i of x[i] sinc(u) sinc(u / a)`, `u = ratio j + offset - i`, `|u| <= a`.
///
/// Samples outside the data are skipped and nothing is renormalised, as in `ObsPy`, whose positions
/// `ratio j + offset` are rounded to double precision and so are these. Agrees to 1e-14 of the
/// largest sample.
#[derive(Debug)]
pub struct Lanczos {
    npts_in: usize,
    npts: usize,
    at: Positions,
    a: usize,
    kernel: Kernel,
}

/// Where the outputs lie among the samples.
#[derive(Debug, Clone, Copy)]
struct Positions {
    ratio: f64,
    offset: f64,
}

impl Positions {
    /// Two roundings, `ObsPy`'s.
    #[inline]
    fn at(self, j: usize) -> f64 {
        self.ratio * j as f64 + self.offset
    }
}

#[derive(Debug)]
enum Kernel {
    /// Few distinct fractions: their weights are tabulated.
    Phases(Phases),
    /// Any fractions.
    Direct(Direct),
}

impl Lanczos {
    /// From `npts_in` samples to `npts`, which are `ratio` sample intervals apart; the first lies
    /// `offset` intervals after the first sample. `a` is the half width of the kernel.
    ///
    /// # Errors
    /// [`Error::Declined`] for `a` below 1, a ratio that is not positive, and positions that are not
    /// finite or beyond 2^50.
    pub fn new(npts_in: usize, npts: usize, ratio: f64, offset: f64, a: usize) -> Result<Self> {
        let at = Positions { ratio, offset };
        let farthest = at.at(npts).abs().max(offset.abs());
        if !(1..=1 << 20).contains(&a) {
            return Err(Error::Declined("the width of the Lanczos kernel is out of range"));
        }
        if !(ratio > 0.0 && farthest < 2.0_f64.powi(50)) {
            return Err(Error::Declined("the Lanczos positions are out of range"));
        }
        let kernel =
            Phases::new(at, npts, a).map_or_else(|| Kernel::Direct(Direct::new(a)), Kernel::Phases);
        Ok(Self { npts_in, npts, at, a, kernel })
    }

    /// The sample `a` before the nearest to the `j`th output.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // below 2^50
    fn first_tap(&self, j: usize) -> i64 {
        self.at.at(j).round_ties_even() as i64 - self.a as i64
    }

    /// As many outputs as need about [`WINDOW`] samples.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    fn outputs_per_block(&self, width: usize) -> usize {
        let room = WINDOW.max(4 * width) - width;
        (room as f64 / self.at.ratio).clamp(1.0, OUTPUTS as f64) as usize
    }
}

impl Transform for Lanczos {
    fn npts(&self, _: usize) -> usize {
        self.npts
    }

    /// Declines data that hold NaN or Inf.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("data", self.npts_in, src.len())?;
        check_len("output", self.npts, dst.len())?;
        // One more on each side: a phase at the middle between two samples may take either.
        let width = kernel::padded(2 * self.a) + 3;
        let outputs = self.outputs_per_block(width);
        let mut window = Vec::new();
        for (b, y) in dst.chunks_mut(outputs).enumerate() {
            cancel.check()?;
            let j = b * outputs;
            let first = self.first_tap(j) - 1;
            let last = self.first_tap(j + y.len() - 1);
            fill(&mut window, src, first, last.saturating_add_unsigned(width as u64))?;
            match &self.kernel {
                Kernel::Phases(kernel) => kernel.block(self.at, j, &window, first, y),
                Kernel::Direct(kernel) => kernel.block(self.at, j, &window, first, y),
            }
        }
        Ok(())
    }
}

/// Makes `window` the samples from `first` up to `end` in double precision, with zeros where there
/// are none.
fn fill<S: Sample>(window: &mut Vec<f64>, src: &[S], first: i64, end: i64) -> Result<()> {
    let clamp = |i: i64| usize::try_from(i).unwrap_or(0).min(src.len());
    let (from, to) = (clamp(first), clamp(end));
    let length = usize::try_from(end - first).unwrap_or(0);
    let before = usize::try_from(-first).unwrap_or(0).min(length);
    window.clear();
    window.resize(before, 0.0);
    window.extend(src[from..to].iter().map(|x| x.to_f64()));
    window.resize(length, 0.0);
    if window.iter().fold(0.0, |sum, x| sum + x * 0.0) == 0.0 {
        Ok(())
    } else {
        Err(Error::Declined("the data hold NaN or Inf"))
    }
}
