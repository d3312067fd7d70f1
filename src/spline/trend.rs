//! Subtracting a least-squares spline with equally spaced knots.
//!
//! Between two knots every spline is a polynomial, so the samples there matter only through their
//! products with the K polynomials orthonormal on them (see [`crate::run`]): an orthogonal
//! transformation turns the rows of the observation matrix for one knot interval into K rows. What
//! remains is the banded least-squares problem of de Boor (A Practical Guide to Splines, XIV) with
//! K rows an interval, solved without squaring its condition by Givens rotations into a banded
//! triangle (Dierckx, Curve and Surface Fitting with Splines, 4.1.2).

use crate::run::Run;
use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::{Error, Result};

/// Subtracts the least-squares spline of a degree from 1 to 5, with knots every `dspline` samples.
///
/// As `ObsPy` has it, the first knot inside lies half a distance from the first sample, the last one
/// at least half a distance less two samples from the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplineTrend {
    /// Degree of the polynomials between the knots.
    pub degree: usize,
    /// Distance of the knots in samples.
    pub dspline: f64,
}

/// True where [`SplineTrend`] answers: where the least-squares spline exists and is unique.
///
/// Takes a time that grows with the number of knots.
#[must_use]
pub fn answers_for(degree: usize, dspline: f64, npts: usize) -> bool {
    (1..=5).contains(&degree)
        && npts > degree
        && dspline.is_finite()
        && dspline > 0.0
        && Knots::new(degree, dspline, npts).determine_a_spline()
}

/// The knots: `inside` of them between the first sample and the last, and both ends repeated.
#[derive(Debug, Clone, Copy)]
struct Knots {
    degree: usize,
    distance: f64,
    npts: usize,
    inside: usize,
}

impl Knots {
    fn new(degree: usize, distance: f64, npts: usize) -> Self {
        let first = distance / 2.0;
        let end = npts as f64 - distance / 2.0 + 2.0;
        // No fewer than zero; a count past what memory holds cannot pass `determine_a_spline`.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let inside = ((end - first) / distance).ceil().max(0.0) as usize;
        Self { degree, distance, npts, inside }
    }

    /// Knot number `j - degree`, where number 0 is the first sample.
    fn at(&self, j: usize) -> f64 {
        if j <= self.degree {
            0.0
        } else if j - self.degree <= self.inside {
            (j - self.degree - 1) as f64 * self.distance + self.distance / 2.0
        } else {
            (self.npts - 1) as f64
        }
    }

    /// The first sample at knot number `j - degree` or after it; the end past the last.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn sample(&self, j: usize) -> usize {
        if j - self.degree > self.inside { self.npts } else { self.at(j).ceil() as usize }
    }

    /// Number of B-splines.
    fn splines(&self) -> usize {
        self.inside + self.degree + 1
    }

    /// The conditions of Schoenberg and Whitney (de Boor, XIII): every B-spline has a sample of its
    /// own inside its support, in order.
    fn determine_a_spline(&self) -> bool {
        let last = (self.npts - 1) as f64;
        if self.inside > self.npts || self.inside > 0 && self.at(self.degree + self.inside) >= last
        {
            return false;
        }
        let mut sample = -1.0;
        (0..self.splines()).all(|j| {
            // The first and the last do not vanish at the end of their support.
            let after = if j == 0 { 0.0 } else { self.at(j).floor() + 1.0 };
            sample = f64::max(sample + 1.0, after);
            let end = self.at(j + self.degree + 1);
            if j + 1 == self.splines() { sample <= end } else { sample < end }
        })
    }
}

/// One interval between knots, and the splines of degree K - 1 on it.
#[derive(Clone, Copy)]
struct Interval<const K: usize> {
    from: usize,
    to: usize,
    /// From its start to its first sample, if all knots that matter here are equally spaced.
    phase: Option<f64>,
    run: Run<K>,
    /// The B-splines that do not vanish here, in Gram coefficients.
    splines: [[f64; K]; K],
}

impl<const K: usize> Interval<K> {
    /// Interval `i`, or none if it holds no sample. One that lies as the `last` did has its splines.
    fn new(knots: &Knots, i: usize, last: Option<&Self>) -> Option<Self> {
        let start = i + knots.degree;
        let (from, to) = (knots.sample(start), knots.sample(start + 1));
        if from == to {
            return None;
        }
        let regular = i >= knots.degree && start <= knots.inside;
        let phase = regular.then(|| from as f64 - knots.at(start));
        if let Some(last) = last
            && regular
            && phase == last.phase
            && to - from == last.to - last.from
        {
            return Some(Self { from, to, ..*last });
        }
        Some(Self::compute(knots, i, from, to, phase))
    }

    /// The recurrence of Cox and de Boor (de Boor, X), on polynomials.
    fn compute(knots: &Knots, i: usize, from: usize, to: usize, phase: Option<f64>) -> Self {
        let run = Run::new(to - from);
        let (half, middle) = ((to - from) as f64 / 2.0, (from + to - 1) as f64 / 2.0);
        let mut splines = [[0.0; K]; K];
        splines[0][0] = 1.0;
        for degree in 1..K {
            // In place from the last to the first: each takes from itself and from the one before.
            for s in (0..=degree).rev() {
                let mut sum = [0.0; K];
                if s < degree {
                    let (start, end) = (knots.at(i + K - degree + s), knots.at(i + K + s));
                    add_product(&mut sum, &run, &splines[s], end - middle, -half, end - start);
                }
                if s > 0 {
                    let (start, end) = (knots.at(i + K - 1 - degree + s), knots.at(i + K - 1 + s));
                    add_product(&mut sum, &run, &splines[s - 1], middle - start, half, end - start);
                }
                splines[s] = sum;
            }
        }
        Self { from, to, phase, run, splines }
    }
}

/// Adds `(a + b u)/width` times `p`.
fn add_product<const K: usize>(
    sum: &mut [f64; K],
    run: &Run<K>,
    p: &[f64; K],
    a: f64,
    b: f64,
    width: f64,
) {
    let (a, b) = (a / width, b / width);
    for ((sum, p), up) in sum.iter_mut().zip(p).zip(run.times_u(p)) {
        *sum += a * p + b * up;
    }
}

/// An upper triangle with K diagonals, and the right-hand side.
struct Triangle<const K: usize> {
    rows: Vec<([f64; K], f64)>,
}

impl<const K: usize> Triangle<K> {
    /// Rotates an equation into the triangle; its coefficients start at column `first`.
    fn add(&mut self, first: usize, mut row: [f64; K], mut right: f64) {
        for (pivots, pivot_right) in &mut self.rows[first..first + K] {
            if row[0] != 0.0 {
                let inverse = 1.0 / (pivots[0] * pivots[0] + row[0] * row[0]).sqrt();
                let (c, s) = (pivots[0] * inverse, row[0] * inverse);
                for (p, r) in pivots.iter_mut().zip(&mut row) {
                    (*p, *r) = (c * *p + s * *r, c * *r - s * *p);
                }
                (*pivot_right, right) =
                    (c * *pivot_right + s * right, c * right - s * *pivot_right);
            }
            row.rotate_left(1);
            row[K - 1] = 0.0;
        }
    }

    /// The solution, by back substitution.
    fn solve(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.rows.len() + K - 1];
        for (i, (row, right)) in self.rows.iter().enumerate().rev() {
            let known: f64 = row[1..].iter().zip(&x[i + 1..]).map(|(r, x)| r * x).sum();
            x[i] = (right - known) / row[0];
        }
        x.truncate(self.rows.len());
        x
    }
}

impl SplineTrend {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] unless [`answers_for`] says yes.
    pub fn new(degree: usize, dspline: f64, npts: usize) -> Result<Self> {
        let trend = Self { degree, dspline };
        trend.knots(npts).map(|_| trend)
    }

    fn knots(self, npts: usize) -> Result<Knots> {
        if answers_for(self.degree, self.dspline, npts) {
            Ok(Knots::new(self.degree, self.dspline, npts))
        } else {
            Err(Error::Declined(
                "no unique least-squares spline for this degree, distance and length",
            ))
        }
    }
}

/// Coefficients of the B-splines.
fn fit<S: Sample, const K: usize>(knots: &Knots, samples: &[S]) -> Result<Vec<f64>> {
    let mut triangle = Triangle::<K> { rows: vec![([0.0; K], 0.0); knots.splines()] };
    for (i, Interval { from, to, run, splines, .. }) in intervals::<K>(knots) {
        let products = run.products(&samples[from..to]);
        for (r, square) in run.squares().into_iter().enumerate().take(to - from) {
            let length = square.sqrt();
            triangle.add(i, splines.map(|p| p[r] * length), products[r] / length);
        }
    }
    let coefficients = triangle.solve();
    if coefficients.iter().all(|c| c.is_finite()) {
        Ok(coefficients)
    } else {
        Err(Error::Declined("data with NaN or infinite values"))
    }
}

/// The intervals that hold samples, with their numbers.
fn intervals<const K: usize>(knots: &Knots) -> impl Iterator<Item = (usize, Interval<K>)> {
    let mut last = None;
    (0..=knots.inside).filter_map(move |i| {
        let interval = Interval::new(knots, i, last.as_ref())?;
        last = Some(interval);
        Some((i, interval))
    })
}

/// Calls `subtract` with every interval and the coefficients of powers of the spline there.
fn pieces<const K: usize>(
    knots: &Knots,
    coefficients: &[f64],
    mut subtract: impl FnMut(&Interval<K>, &[f64; K]),
) {
    for (i, interval) in intervals::<K>(knots) {
        let mut gram = [0.0; K];
        for (c, spline) in coefficients[i..].iter().zip(&interval.splines) {
            for (sum, p) in gram.iter_mut().zip(spline) {
                *sum += c * p;
            }
        }
        subtract(&interval, &interval.run.powers(&gram));
    }
}

fn into_new<S: Sample, const K: usize>(
    knots: &Knots,
    src: &[S],
    dst: &mut [S::Real],
) -> Result<()> {
    let coefficients = fit::<S, K>(knots, src)?;
    pieces::<K>(knots, &coefficients, |Interval { from, to, run, .. }, p| {
        run.subtract_into(p, &src[*from..*to], &mut dst[*from..*to]);
    });
    Ok(())
}

fn in_place<T: Real, const K: usize>(knots: &Knots, data: &mut [T]) -> Result<()> {
    let coefficients = fit::<T, K>(knots, data)?;
    pieces::<K>(knots, &coefficients, |Interval { from, to, run, .. }, p| {
        run.subtract(p, &mut data[*from..*to]);
    });
    Ok(())
}

impl Pointwise for SplineTrend {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        let knots = &self.knots(src.len())?;
        match self.degree {
            1 => into_new::<S, 2>(knots, src, dst),
            2 => into_new::<S, 3>(knots, src, dst),
            3 => into_new::<S, 4>(knots, src, dst),
            4 => into_new::<S, 5>(knots, src, dst),
            _ => into_new::<S, 6>(knots, src, dst),
        }
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        let knots = &self.knots(data.len())?;
        match self.degree {
            1 => in_place::<T, 2>(knots, data),
            2 => in_place::<T, 3>(knots, data),
            3 => in_place::<T, 4>(knots, data),
            4 => in_place::<T, 5>(knots, data),
            _ => in_place::<T, 6>(knots, data),
        }
    }
}
