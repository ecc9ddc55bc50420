//! Checks of events without a target.

use super::keys::{DEFAULT_SHARE_AT_MOST, attributed_sources, share_of_events, sources};
use crate::model::checks::UnattributedCheck;
use crate::model::problems::Problems;
use crate::model::raw::{RawCheck, RawModel};

/// The default in a model that declares none.
pub(super) fn by_default(raw: &RawModel) -> Option<UnattributedCheck> {
    let sources = attributed_sources(raw);
    (!sources.is_empty()).then_some(UnattributedCheck { sources, at_most: DEFAULT_SHARE_AT_MOST })
}

pub(super) fn declared(
    raw: &RawModel,
    check: &RawCheck,
    problems: &mut Problems,
) -> Option<UnattributedCheck> {
    let place = &check.place;
    let at_most = share_of_events(check, DEFAULT_SHARE_AT_MOST, problems);
    let attributed = attributed_sources(raw);
    let mut sources = sources(raw, check, problems)?;
    sources.retain(|source| attributed.contains(source));
    if sources.is_empty() {
        let what = match check.source.given() {
            Some(at) => format!("the events of `{}` are not credited to others", at.value),
            None => "no source is credited to another".to_owned(),
        };
        let (key, line) = match check.source.given() {
            Some(at) => (place.key("source"), at.line),
            None => (place.path.clone(), place.line),
        };
        problems.report(line, key, what, "remove it, or give the source `attribute`");
        return None;
    }
    Some(UnattributedCheck { sources, at_most: at_most? })
}
