//! Checks of events that lack a known member.

use super::keys::{
    DEFAULT_SHARE_AT_MOST, counted_sources, dimensions, share_of_events, single_dimensions, sources,
};
use crate::model::checks::MissingCheck;
use crate::model::problems::Problems;
use crate::model::raw::{RawCheck, RawModel};

/// The default in a model that declares none.
pub(super) fn by_default(raw: &RawModel) -> Option<MissingCheck> {
    let (dimensions, sources) = (single_dimensions(raw), counted_sources(raw));
    let looks_at_any = !dimensions.is_empty() && !sources.is_empty();
    let at_most = DEFAULT_SHARE_AT_MOST;
    looks_at_any.then_some(MissingCheck { dimensions, sources, at_most })
}

pub(super) fn declared(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<MissingCheck> {
    let sources = sources(raw, check, problems);
    let dimensions = dimensions(raw, check, problems);
    let at_most = share_of_events(check, DEFAULT_SHARE_AT_MOST, problems);
    Some(MissingCheck { dimensions: dimensions?, sources: sources?, at_most: at_most? })
}
