//! The notes on the rows of a file.

use clio_proto::{Answer, DayRange, Description, Query};

/// What is known about an answer before its rows, each under a word: the query, the snapshot, and what the numbers
/// lack, as in [`Answer::notes`].
pub fn said(dataset: &Description, query: &Query, first: &Answer) -> Vec<(String, String)> {
    let days = first.coverage.range.and_then(|(first, last)| DayRange::try_new(first, last));
    let own = [
        ("dataset", Some(dataset.dataset.clone())),
        ("timezone", Some(dataset.timezone.clone())),
        ("snapshot", Some(first.snapshot.id.to_string())),
        ("committed_at", Some(first.snapshot.committed_at.to_string())),
        ("days", days.map(|days| days.to_string())),
        ("where", query.filter.as_ref().map(ToString::to_string)),
        ("having", query.having.as_ref().map(ToString::to_string)),
        ("compare", query.compare.as_ref().map(ToString::to_string)),
        ("window", query.window.map(|window| window.to_string())),
        (
            "bounds",
            Some(
                "95 % of the error of sketches; certain for quantiles and shares of values"
                    .to_owned(),
            ),
        ),
    ];
    let own = own.into_iter().filter_map(|(word, what)| Some((word.to_owned(), what?)));
    own.chain(first.notes()).collect()
}
