//! Which values share a bucket: the relative error, and the edges at which buckets begin.

use std::fmt;

use crate::error::SketchError;

/// Millionths: every error is a whole number of these.
const PER_MILLION: f64 = 1e6;

/// The relative error of quantiles, and additional edges at which buckets begin.
///
/// Always true: the error is a whole number of millionths between [`MIN_ERROR`](Self::MIN_ERROR) and
/// [`MAX_ERROR`](Self::MAX_ERROR); there are at most [`MAX_EDGES`](Self::MAX_EDGES) edges, ascending, each within the
/// range of values. Holds 72 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Buckets {
    error_ppm: u32,
    n_edges: u8,
    /// The bits of each edge; 0 after the last.
    edges: [u64; Self::MAX_EDGES],
}

impl Buckets {
    /// The smallest error: 0.1 %, which takes some 32 000 buckets over the whole range.
    pub const MIN_ERROR: f64 = 0.001;
    /// The largest error: 20 %, which takes some 160 buckets over the whole range.
    pub const MAX_ERROR: f64 = 0.2;
    /// The largest number of edges.
    pub const MAX_EDGES: usize = 8;
    /// The smallest positive value that is told apart from zero.
    pub const MIN_VALUE: f64 = 1e-9;
    /// The exclusive upper limit of values; its negative is the exclusive lower limit.
    pub const MAX_VALUE: f64 = 1e19;

    /// Checks an error, as a fraction (0.02 for 2 %, whole millionths), and edges, in ascending order.
    ///
    /// ```
    /// use clio_sketch::Buckets;
    ///
    /// let watched = Buckets::try_new(0.02, &[30.0, 120.0])?;
    /// assert_eq!(watched.to_string(), "error 2 %, edges 30, 120");
    /// # Ok::<(), clio_sketch::SketchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SketchError::QuantileError`], [`SketchError::Edge`] or [`SketchError::TooManyEdges`].
    pub fn try_new(error: f64, edges: &[f64]) -> Result<Self, SketchError> {
        let millionths = (error * PER_MILLION).round();
        let is_in_range =
            (Self::MIN_ERROR * PER_MILLION..=Self::MAX_ERROR * PER_MILLION).contains(&millionths);
        // Anything else differs from the nearest whole number of millionths by more than a rounding error.
        let is_whole = (millionths - error * PER_MILLION).abs() < 1e-6;
        if !(is_in_range && is_whole) {
            return Err(SketchError::QuantileError { found: error });
        }
        if edges.len() > Self::MAX_EDGES {
            return Err(SketchError::TooManyEdges { found: edges.len() });
        }
        let mut bits = [0; Self::MAX_EDGES];
        let mut last = 0.0;
        for (bits, &edge) in bits.iter_mut().zip(edges) {
            let is_in_range = (Self::MIN_VALUE..Self::MAX_VALUE).contains(&edge);
            if !(is_in_range && edge > last) {
                return Err(SketchError::Edge { found: edge });
            }
            (*bits, last) = (edge.to_bits(), edge);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 000 and 200 000, and at most 8"
        )]
        Ok(Self { error_ppm: millionths as u32, n_edges: edges.len() as u8, edges: bits })
    }

    /// Returns the error, as a fraction: the most by which a quantile differs from its true value, relative to that
    /// value.
    #[must_use]
    pub fn error(self) -> f64 {
        f64::from(self.error_ppm) / PER_MILLION
    }

    /// Returns the error in millionths.
    #[must_use]
    pub fn error_ppm(self) -> u32 {
        self.error_ppm
    }

    /// Returns the edges, in ascending order.
    pub fn edges(self) -> impl ExactSizeIterator<Item = f64> {
        self.edges.into_iter().take(usize::from(self.n_edges)).map(f64::from_bits)
    }
}

impl fmt::Display for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {} %", f64::from(self.error_ppm) / 1e4)?;
        for (at, edge) in self.edges().enumerate() {
            let before = if at == 0 { ", edges " } else { ", " };
            write!(f, "{before}{edge}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buckets({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_bucket_can_have_is_refused() {
        for error in [0.001, 0.0125, 0.02, 0.2] {
            let buckets = Buckets::try_new(error, &[]).unwrap();
            assert!((buckets.error() - error).abs() < 1e-12);
        }
        for error in [0.0, -0.02, 0.0009, 0.21, 0.020_000_4, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(Buckets::try_new(error, &[]), Err(SketchError::QuantileError { .. })),
                "{error}"
            );
        }
        for edges in
            [&[0.0][..], &[-1.0], &[30.0, 30.0], &[30.0, 20.0], &[1e19], &[f64::NAN], &[1e-10]]
        {
            assert!(
                matches!(Buckets::try_new(0.02, edges), Err(SketchError::Edge { .. })),
                "{edges:?}"
            );
        }
        let many: Vec<f64> = (1..=9).map(f64::from).collect();
        assert!(Buckets::try_new(0.02, &many[..8]).is_ok());
        let error = Buckets::try_new(0.02, &many).unwrap_err();
        assert_eq!(error, SketchError::TooManyEdges { found: 9 });
    }
}
