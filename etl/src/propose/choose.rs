//! Which dimensions are proposed: those with which a day has far fewer cells than events.

use super::columns::{Column, Kind};
use super::joins::n_combinations;
use super::proposal::{Choice, ProposedDimension};
use super::roles;
use super::sample::Sample;

/// A dimension is not proposed if, with it, the cells of a day exceed this share of its events …
const MAX_CELLS_PER_EVENT: f64 = 0.5;
/// … unless all days together have at most this many combinations, which are few whatever the share.
const FEW_CELLS: usize = 200;
/// At most this many dimensions are proposed: more are too many for a page.
const MAX_DIMENSIONS: usize = 10;

/// The day of each event, if the text of its time begins with a day.
pub(super) fn days(events: &Sample) -> Option<Column> {
    let time = roles::times(events).into_iter().next()?;
    let is_time = |column: &&Column| match &column.kind {
        Kind::Time(found) => found.sql == time.sql,
        _ => false,
    };
    let column = events.columns.iter().find(is_time)?;
    let day = |code: &u32| {
        let text = &column.values[*code as usize];
        let end = text.find(['T', ' ']).unwrap_or(text.len());
        Some(text[..end].to_owned())
    };
    let is_written = column.known().all(|text| text.contains(['-', '/', '.']));
    is_written.then(|| Column::computed("day".to_owned(), column.codes.iter().map(day)))
}

/// Takes dimensions as long as a day has far fewer cells than events.
pub(super) fn choose(
    all: Vec<(ProposedDimension, Column)>,
    days: Option<&Column>,
    n_rows: usize,
) -> Vec<Choice<ProposedDimension>> {
    let most = n_rows as f64 * MAX_CELLS_PER_EVENT;
    let mut columns: Vec<Column> = Vec::new();
    let mut choices: Vec<Choice<ProposedDimension>> = Vec::new();
    for (mut it, column) in all {
        let with: Vec<&Column> = columns.iter().chain([&column]).collect();
        let is_few = n_combinations(&with) <= FEW_CELLS;
        let n_cells = n_combinations(&with.into_iter().chain(days).collect::<Vec<_>>());
        // Known for less than half of the events, it would leave most of them unknown.
        let n_known = column.n_known();
        let is_known = n_known * 2 >= n_rows;
        let is_taken =
            is_known && columns.len() < MAX_DIMENSIONS && (is_few || n_cells as f64 <= most);
        if is_taken {
            columns.push(column);
        } else if is_known {
            let why = format!("with it, {n_cells} cells for {n_rows} events of the sample");
            it.comment = join_comments(&it.comment, &why);
        } else {
            let why = format!("known of {n_known} of {n_rows} events of the sample");
            it.comment = join_comments(&it.comment, &why);
        }
        choices.push(Choice { it, is_taken });
    }
    choices
}

/// Joins two comments.
fn join_comments(one: &str, other: &str) -> String {
    if one.is_empty() { other.to_owned() } else { format!("{one}; {other}") }
}
