//! Calls of the service: how long they take by kind, and how they end.

use std::time::Duration;

use clio_proto::{CallKind, CallSink, Code};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The upper bounds of the buckets, in seconds: a cached answer takes less than a millisecond, the largest question as
/// long as it may.
const SECONDS: [f64; 13] =
    [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

type Label = (&'static str, &'static str);

/// A histogram of times, for each value of a label.
pub(super) type Times = Family<[Label; 1], Histogram, fn() -> Histogram>;

/// A histogram of times that take from half a millisecond to half a minute.
pub(super) fn times() -> Times {
    Family::new_with_constructor(|| Histogram::new(SECONDS))
}

/// The calls of a part of Clio.
#[derive(Debug)]
pub(super) struct Calls {
    seconds: Times,
    ended: Family<[Label; 2], Counter>,
    turned_away: Family<[Label; 1], Counter>,
}

impl Calls {
    /// Registers them under names that begin so.
    pub(super) fn new(registry: &mut Registry, prefix: &str) -> Self {
        let (seconds, ended, turned_away) = (times(), Family::default(), Family::default());
        let calls = Self { seconds, ended, turned_away };
        // Those that have not come yet are 0, and not missing.
        for kind in CallKind::ALL {
            calls.seconds.get_or_create_owned(&[("kind", kind.as_str())]);
            calls.ended.get_or_create_owned(&[("kind", kind.as_str()), ("code", OK)]);
        }
        for code in [Code::Unauthenticated, Code::PermissionDenied] {
            calls.turned_away.get_or_create_owned(&[("code", code.as_str())]);
        }
        registry.register(
            format!("{prefix}_call_seconds"),
            "How long calls took, by kind",
            calls.seconds.clone(),
        );
        registry.register(
            format!("{prefix}_calls"),
            "Calls by kind and by the code of their error, or OK",
            calls.ended.clone(),
        );
        registry.register(
            format!("{prefix}_access_refusals"),
            "Calls of those who may not call, by code",
            calls.turned_away.clone(),
        );
        calls
    }
}

/// The code of a call that was answered.
const OK: &str = "OK";

impl CallSink for Calls {
    fn ended(&self, kind: CallKind, took: Duration, error: Option<Code>) {
        self.seconds.get_or_create(&[("kind", kind.as_str())]).observe(took.as_secs_f64());
        let code = error.map_or(OK, Code::as_str);
        self.ended.get_or_create(&[("kind", kind.as_str()), ("code", code)]).inc();
        if let Some(Code::Unauthenticated | Code::PermissionDenied) = error {
            self.turned_away.get_or_create(&[("code", code)]).inc();
        }
    }

    fn turned_away(&self, code: Code) {
        self.turned_away.get_or_create(&[("code", code.as_str())]).inc();
    }
}
