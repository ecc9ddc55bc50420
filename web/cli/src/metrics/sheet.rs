//! Metrics whose values are read when they are asked for.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;

/// A group of metrics, as a function that writes their present values.
pub(super) struct Read<F>(pub(super) F);

impl<F> fmt::Debug for Read<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").finish_non_exhaustive()
    }
}

impl<F: Fn(&mut Sheet<'_>) + Send + Sync + 'static> Collector for Read<F> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet { encoder, outcome: Ok(()) };
        (self.0)(&mut sheet);
        sheet.outcome
    }
}

/// What values are written to. Names of counters are given without `_total`.
pub(super) struct Sheet<'a> {
    encoder: DescriptorEncoder<'a>,
    outcome: fmt::Result,
}

/// The labels of one value.
pub(super) type Labels = Vec<(&'static str, String)>;

impl Sheet<'_> {
    pub(super) fn gauge<S: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        labels: S,
        value: f64,
    ) {
        self.gauges(name, help, [(labels, value)]);
    }

    /// A gauge with a value for each of several labels.
    pub(super) fn gauges<S: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (S, f64)>,
    ) {
        let write = || {
            let mut metric = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (labels, value) in values {
                metric.encode_family(&labels)?.encode_gauge(&value)?;
            }
            Ok(())
        };
        self.outcome = self.outcome.and(write());
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        let none: [(&str, &str); 0] = [];
        self.counters(name, help, [(none, value)]);
    }

    /// A counter with a value for each of several labels.
    pub(super) fn counters<S: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (S, u64)>,
    ) {
        let write = || {
            let mut metric =
                self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (labels, value) in values {
                let none: Option<&Exemplar<NoLabelSet, f64>> = None;
                metric.encode_family(&labels)?.encode_counter(&value, none)?;
            }
            Ok(())
        };
        self.outcome = self.outcome.and(write());
    }
}

/// No labels.
pub(super) const NONE: [(&str, &str); 0] = [];

/// A count or a size as a value; exact up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
pub(super) fn number(n: u64) -> f64 {
    n as f64
}

/// A count as a value.
pub(super) fn count(n: usize) -> f64 {
    number(u64::try_from(n).unwrap_or(u64::MAX))
}

/// 1 for what is so, and 0 for what is not.
pub(super) fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}
