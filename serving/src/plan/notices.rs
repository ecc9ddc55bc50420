//! Values of a filter that do not exist, with similarly spelled ones.

use std::collections::BTreeSet;

use clio_proto::{FieldRef, Filter, MAX_NOTICES, Notice};

use super::operators::missing;
use crate::snapshot::{Field, Snapshot};

/// The largest number of suggestions for a value that does not exist.
const N_NEAREST: usize = 3;

/// The largest number of strings, over all dictionaries, that one query compares with values that do not exist: about
/// ten milliseconds. There are no suggestions beyond it.
pub(super) const MAX_COMPARED: usize = 20_000;

/// The longest string, in bytes, that is compared: longer ones are not typing mistakes, and time grows with the square.
const MAX_COMPARED_BYTES: usize = 64;

/// The first distinct values that the filter names but no member has, and the number of all of them.
pub(super) fn notices(snapshot: &Snapshot, filter: Option<&Filter>) -> (Vec<Notice>, u64) {
    let mut unknown = Vec::new();
    if let Some(filter) = filter {
        find(snapshot, filter, &mut unknown);
    }
    let mut seen = BTreeSet::new();
    unknown.retain(|(field, value, is_prefix)| seen.insert((*field, *value, *is_prefix)));
    let n_notices = unknown.len() as u64;
    let mut n_left = MAX_COMPARED;
    let notices = unknown.into_iter().take(MAX_NOTICES).filter_map(|(field, value, is_prefix)| {
        let own = &snapshot.fields[snapshot.field(field).ok()?];
        let nearest = nearest(own, value, is_prefix, &mut n_left);
        Some(Notice { field: field.clone(), value: value.to_owned(), is_prefix, nearest })
    });
    (notices.collect(), n_notices)
}

fn find<'a>(
    snapshot: &Snapshot,
    filter: &'a Filter,
    unknown: &mut Vec<(&'a FieldRef, &'a str, bool)>,
) {
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => {
            nodes.iter().for_each(|node| find(snapshot, node, unknown));
        }
        Filter::Not(node) => find(snapshot, node, unknown),
        Filter::Field { field, test } => {
            let Ok(at) = snapshot.field(field) else { return };
            let missing = missing(test, &snapshot.fields[at]).into_iter();
            unknown.extend(missing.map(|(value, is_prefix)| (field, value, is_prefix)));
        }
    }
}

/// The values of a field spelled most like a text, as long as the budget of comparisons lasts.
pub(super) fn nearest(
    field: &Field,
    value: &str,
    is_prefix: bool,
    n_left: &mut usize,
) -> Vec<String> {
    if value.len() > MAX_COMPARED_BYTES {
        return Vec::new();
    }
    let value = value.to_lowercase();
    let n_chars = value.chars().count();
    // Up to a third of the letters may be wrong; one in a short text.
    let most = (n_chars / 3).max(1);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (_, text) in field.values_with_texts() {
        if *n_left == 0 {
            break;
        }
        *n_left -= 1;
        if text.len() > MAX_COMPARED_BYTES && !is_prefix {
            continue;
        }
        let n_compared = if is_prefix { n_chars } else { MAX_COMPARED_BYTES };
        let start: String = text.chars().take(n_compared).flat_map(char::to_lowercase).collect();
        if start.chars().count().abs_diff(n_chars) > most {
            continue;
        }
        let distance = strsim::osa_distance(&start, &value);
        if distance <= most {
            found.push((distance, text));
        }
    }
    found.sort_unstable();
    found.into_iter().take(N_NEAREST).map(|(_, text)| text.to_owned()).collect()
}
