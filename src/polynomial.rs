//! Subtracting a polynomial fitted by least squares.

use crate::run::Run;
use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::{Error, Result};

/// Highest order answered for.
///
/// `ObsPy`'s answer solves with the powers of the sample number as columns, whose condition grows
/// sixfold with each order, for every length alike. Up to here it keeps its answer within 2e-10 of
/// ours (all relative to the largest residual of noise); two orders on it is past 1e-9, and from
/// about 13 on (1e7 samples; 15 for 1e5) singular values are dropped, with a warning, and the answer
/// is no longer the least-squares polynomial.
pub const MAX_ORDER: usize = 8;

/// Subtracts the least-squares polynomial in the sample number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolynomialTrend {
    /// Order of the polynomial: [`answers_for`] says which are answered for.
    pub order: usize,
}

/// True where [`PolynomialTrend`] answers.
#[must_use]
pub fn answers_for(order: usize, npts: usize) -> bool {
    order <= MAX_ORDER && order + 1 < npts
}

/// Runs `$body` with the constant `$K` at least the number of terms: the terms that no order needs
/// have coefficient zero, and fewer kernels are compiled.
macro_rules! with_terms {
    ($order:expr, $K:ident => $body:expr) => {
        match $order {
            0 | 1 => with_terms!(@ 2, $K => $body),
            2 => with_terms!(@ 3, $K => $body),
            3 => with_terms!(@ 4, $K => $body),
            4 | 5 => with_terms!(@ 6, $K => $body),
            _ => with_terms!(@ MAX_ORDER + 1, $K => $body),
        }
    };
    (@ $terms:expr, $K:ident => $body:expr) => {{
        const $K: usize = $terms;
        $body
    }};
}

impl PolynomialTrend {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] unless [`answers_for`] says yes.
    pub fn new(order: usize, npts: usize) -> Result<Self> {
        let trend = Self { order };
        trend.check(npts).map(|()| trend)
    }

    /// Coefficients of the powers of the run's abscissa.
    fn fit<S: Sample, const K: usize>(self, run: &Run<K>, samples: &[S]) -> Result<[f64; K]> {
        let (products, squares) = (run.products(samples), run.squares());
        let gram =
            std::array::from_fn(|r| if r <= self.order { products[r] / squares[r] } else { 0.0 });
        let powers = run.powers(&gram);
        if powers.iter().all(|p| p.is_finite()) {
            Ok(powers)
        } else {
            Err(Error::Declined("data with NaN or infinite values"))
        }
    }

    fn check(self, npts: usize) -> Result<()> {
        if answers_for(self.order, npts) {
            Ok(())
        } else {
            Err(Error::Declined("a polynomial of too high an order for a well-conditioned fit"))
        }
    }
}

impl Pointwise for PolynomialTrend {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        self.check(src.len())?;
        with_terms!(self.order, K => {
            let run = Run::<K>::new(src.len());
            run.subtract_into(&self.fit(&run, src)?, src, dst);
        });
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        self.check(data.len())?;
        with_terms!(self.order, K => {
            let run = Run::<K>::new(data.len());
            run.subtract(&self.fit(&run, data)?, data);
        });
        Ok(())
    }
}
