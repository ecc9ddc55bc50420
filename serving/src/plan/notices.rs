//! Values of a filter that do not exist, with those that are written alike.

use std::collections::BTreeSet;

use clio_proto::{FieldRef, Filter, MAX_NOTICES, Notice};

use super::operators::missing;
use crate::snapshot::{Field, Snapshot};

/// The most values that are named for one that does not exist.
const N_NEAREST: usize = 3;

/// The most texts of all dictionaries together that one query compares with what does not exist: some ten
/// milliseconds. What lies beyond is not named.
pub(super) const MAX_COMPARED: usize = 20_000;

/// The longest text, in bytes, that is compared: longer ones are no slip of the pen, and time grows with the square.
const MAX_COMPARED_BYTES: usize = 64;

/// The first values that the filter names and no member is, each once, and how many there are.
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

/// The values of a field that are written most like a text, as far as the comparisons last.
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
    // A third of the letters may be wrong; of a short text one.
    let most = (n_chars / 3).max(1);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (_, text) in field.texts().iter() {
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
