//! Uncertainty of values, to the wire and back.

use super::invalid;
use crate::error::ServiceError;
use crate::query::{Interval, Intervals, SamplingBasis};
use crate::wire;

pub(super) fn intervals_to_wire(intervals: Intervals) -> wire::Intervals {
    let Intervals { basis, sampling, combined } = intervals;
    let interval = |Interval { lower, upper }| wire::Interval { lower, upper };
    let basis = match basis {
        SamplingBasis::People => wire::SamplingBasis::People,
        SamplingBasis::Days => wire::SamplingBasis::Days,
        SamplingBasis::NoRate => wire::SamplingBasis::NoRate,
        SamplingBasis::FewDays => wire::SamplingBasis::FewDays,
        SamplingBasis::Nobody => wire::SamplingBasis::Nobody,
    };
    wire::Intervals {
        basis: basis.into(),
        sampling: sampling.map(interval),
        combined: combined.map(interval),
    }
}

pub(super) fn intervals_from_wire(intervals: wire::Intervals) -> Result<Intervals, ServiceError> {
    let wire::Intervals { basis, sampling, combined } = intervals;
    let interval = |wire::Interval { lower, upper }| Interval { lower, upper };
    let basis = match wire::SamplingBasis::try_from(basis) {
        Ok(wire::SamplingBasis::People) => SamplingBasis::People,
        Ok(wire::SamplingBasis::Days) => SamplingBasis::Days,
        Ok(wire::SamplingBasis::NoRate) => SamplingBasis::NoRate,
        Ok(wire::SamplingBasis::FewDays) => SamplingBasis::FewDays,
        Ok(wire::SamplingBasis::Nobody) => SamplingBasis::Nobody,
        Ok(wire::SamplingBasis::Unspecified) | Err(_) => {
            return Err(invalid("intervals.basis", format_args!("{basis} is unknown")));
        }
    };
    Ok(Intervals { basis, sampling: sampling.map(interval), combined: combined.map(interval) })
}
