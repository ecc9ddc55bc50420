//! Checks of events in the folder of another day.

use super::keys::{counted_sources, share_of_events, sources};
use crate::model::checks::OutOfDayCheck;
use crate::model::problems::Problems;
use crate::model::raw::{RawCheck, RawModel};

/// None: an event that counts on no day is lost.
const DEFAULT_AT_MOST: f64 = 0.0;

/// The default in a model that declares none.
pub(super) fn by_default(raw: &RawModel) -> Option<OutOfDayCheck> {
    let sources = counted_sources(raw);
    (!sources.is_empty()).then_some(OutOfDayCheck { sources, at_most: DEFAULT_AT_MOST })
}

pub(super) fn declared(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<OutOfDayCheck> {
    let sources = sources(raw, check, problems);
    let at_most = share_of_events(check, DEFAULT_AT_MOST, problems);
    Some(OutOfDayCheck { sources: sources?, at_most: at_most? })
}
