//! What queries ask a measure by: its name, or of a quantile measure the name and which quantile, `watch.p90`.

use clio_sketch::Percentile;

use super::{Measure, Model};
use crate::error::{Code, ServiceError};
use crate::query::{ComparedPart, of_comparison};
use crate::toml_file::nearest;

/// The quantiles that a quantile measure is listed by, where all measures are: the median, and what one in ten exceeds.
pub(super) const LISTED: [&str; 2] = ["p50", "p90"];

/// A measure as a query asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AskedMeasure<'a> {
    /// A measure that is one number.
    Number(&'a Measure),
    /// A quantile of a quantile measure.
    Quantile(&'a Measure, Percentile),
}

impl<'a> AskedMeasure<'a> {
    /// The measure of the model.
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
    /// [`Code::InvalidArgument`] for a name that no measure has, with those that there are; for a quantile measure without a
    /// quantile, for a quantile of another measure, and for one that there is not.
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
                "`{own}` is a quantile measure, which is no one number; ask for a quantile of it, such as `{own}.p50` or \
                 `{own}.p99.9`"
            ))),
            (None, Some(quantile)) => {
                // A slip of the pen, where a number of a comparison was meant.
                let parts = ComparedPart::ALL.map(ComparedPart::as_str);
                let meant = nearest(quantile, parts)
                    .map_or_else(String::new, |_| of_comparison(own, quantile));
                Err(invalid(format!(
                    "`{own}` is no quantile measure, and has no `{quantile}`; ask for `{own}`{meant}"
                )))
            }
        }
    }

    /// The names that queries ask measures by, in the model's order: of quantile measures the quantiles that are listed.
    pub fn asked_names(&self) -> Vec<String> {
        self.measures().iter().flat_map(Measure::asked_names).collect()
    }
}

impl Measure {
    /// The names that queries ask it by; of a quantile measure those that are listed.
    pub fn asked_names(&self) -> Vec<String> {
        match self.kind.buckets() {
            Some(_) => LISTED.map(|quantile| format!("{}.{quantile}", self.name)).to_vec(),
            None => vec![self.name.clone()],
        }
    }
}
