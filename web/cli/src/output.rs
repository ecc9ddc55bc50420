//! Printing: answers in the requested format, and tables and numbers for people.

mod asked;
pub(crate) mod explain;
mod formats;
mod keys;
mod notes;
mod numbers;
mod reach;
mod tables;
mod verdicts;

pub(crate) use asked::Asked;
pub(crate) use formats::{AnswerFormat, Options, Rows};
pub(crate) use notes::{for_programs, next_note, others_note, total_note};
pub(crate) use numbers::{number, whole_text};
pub(crate) use tables::table_of;

/// The first ten items of a list, and how many more there are.
pub(crate) fn shortened(texts: &[String]) -> String {
    const N_SHOWN: usize = 10;
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    let shown = texts[..texts.len().min(N_SHOWN)].join(", ");
    match texts.len().checked_sub(N_SHOWN) {
        Some(n_more) if n_more > 0 => format!("{shown} and {n_more} more"),
        _ => shown,
    }
}
