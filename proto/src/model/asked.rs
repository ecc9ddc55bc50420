//! The names by which queries ask for measures: a measure's name, or for a quantile measure its name and the quantile,
//! `watch.p90`.

use clio_sketch::Percentile;

use super::{Measure, Model};
use crate::error::{Code, ServiceError};
use crate::query::{ComparedPart, of_comparison};
use crate::toml_file::nearest;

/// The quantiles listed for a quantile measure: the median, and the value that one in ten exceeds.
pub(super) const LISTED: [&str; 2] = ["p50", "p90"];

/// A measure as a query asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AskedMeasure<'a> {
    /// A measure that is a single number.
    Number(&'a Measure),
    /// A quantile of a quantile measure.
    Quantile(&'a Measure, Percentile),
}

impl<'a> AskedMeasure<'a> {
    /// The measure in the model.
    pub fn measure(self) -> &'a Measure {
        match self {
            Self::Number(measure) | Self::Quantile(measure, _) => measure,
        }
    }
}

impl Model {
    /// The measure that a query asks for by a name.
    ///
    /// # Errors
    ///
    /// [`Code::InvalidArgument`] for an unknown name, with those that exist; for a quantile measure without a quantile,
    /// for a quantile of any other measure, and for a quantile that does not exist.
    pub fn asked(&self, name: &str) -> Result<AskedMeasure<'_>, ServiceError> {
        let invalid = |message: String| ServiceError::new(Code::InvalidArgument, message);
        let unknown = || {
            ServiceError::unknown("measure", name, self.asked_names().iter().map(String::as_str))
        };
        let (own, quantile) = match name.split_once('.') {
            Some((own, quantile)) => (own, Some(quantile)),
            None => (name, None),
        };
        let measure = self.measure(own).ok_or_else(unknown)?;
        match (measure.kind.buckets(), quantile) {
            (None, None) => Ok(AskedMeasure::Number(measure)),
            (Some(_), Some(quantile)) => {
                let percentile: Percentile =
                    quantile.parse().map_err(|error| invalid(format!("`{name}`: {error}")))?;
                Ok(AskedMeasure::Quantile(measure, percentile))
            }
            (Some(_), None) => Err(invalid(format!(
                "`{own}` is a quantile measure, which is not a single number; ask for a quantile of it, such as `{own}.p50` or \
                 `{own}.p99.9`"
            ))),
            (None, Some(quantile)) => {
                // Perhaps a misspelled number of a comparison.
                let parts = ComparedPart::ALL.map(ComparedPart::as_str);
                let meant = nearest(quantile, parts)
                    .map_or_else(String::new, |_| of_comparison(own, quantile));
                Err(invalid(format!(
                    "`{own}` is not a quantile measure, and has no `{quantile}`; ask for `{own}`{meant}"
                )))
            }
        }
    }

    /// The names by which queries ask for measures, in the model's order: for quantile measures the listed quantiles.
    pub fn asked_names(&self) -> Vec<String> {
        self.measures().iter().flat_map(Measure::asked_names).collect()
    }
}

impl Measure {
    /// The names by which queries ask for it; for a quantile measure the listed quantiles.
    pub fn asked_names(&self) -> Vec<String> {
        match self.kind.buckets() {
            Some(_) => LISTED.map(|quantile| format!("{}.{quantile}", self.name)).to_vec(),
            None => vec![self.name.clone()],
        }
    }
}
