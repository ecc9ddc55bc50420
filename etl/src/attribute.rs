//! Attribution: each play, credited to the impression that it came from. It then takes the
//! impression's dimensions and its day, so that players are among the viewers of every cell.
//!
//! ```text
//! plays ────────▶ hash of keys, instant ─▶ sorted ─┐
//!   and those of later days without credit yet     ├─▶ as-of join ─▶ credited plays of the day ─▶ roll-up
//! impressions ─▶ those whose key has a play ─▶ sorted ─┘      └────▶ plays for earlier days, or unattributed
//! ```
//!
//! # Which impression gets the credit
//!
//! - The *last* one of the same keys at or before the play: one at the very instant of the play counts,
//!   and so does one that is exactly as old as the window is long. Instants are compared to the
//!   microsecond.
//! - Of several impressions at the same instant the one whose dimension columns are least, as a tuple in
//!   the model's order, null before all: by the event's own column (`column`, or `on`), and then by what
//!   measures take of the impression. What still is equal makes the same cells. So neither the order of
//!   files and rows nor the number of threads decides.
//! - Every play counts: an impression may get the credit for any number of them.
//! - A play before any impression of its keys, after the window of the last one, or with a null in one of
//!   its keys is *unattributed*: counted by the day on which it happened, and in no cell. An impression
//!   with a null key gets no credit.
//! - An event without a time is an error, on both sides, as in every source.
//! - Each side's own `where` comes first: an impression that it leaves out gets no credit, and a play that
//!   it leaves out is not unattributed but no play at all.
//! - An event that lies in the folder of another day is no candidate, since its own source does not count
//!   it either.
//!
//! # What a credited play counts as
//!
//! The day and all dimensions are the impression's. A measure's columns are the play's; where the play
//! lacks one, all of that measure's are the impression's.
//!
//! # Which days are read
//!
//! Days are read from the last to the first, each once. A play finds its impression on the first of these
//! days that has one, since all later ones were looked at before; one without is handed on to the day
//! before for as long as its window reaches there. So a day needs the plays and impressions of the days
//! that its window reaches into, and, to know which of its plays are unattributed, the impressions of the
//! days before. Where a source has no folders by day, everything is one day in this sense.
//!
//! A day is *provisional* as long as a play to come may still be credited to it: until its window has
//! passed after its end.
//!
//! # What it costs
//!
//! Both sides are partitioned by their keys and sorted, in memory or, above the limit, on disk; the join
//! holds some batches. Most impressions have no play: they are dropped before the sort, by one bit for each
//! hash. Plays that are credited or handed on wait in temporary files.

mod carried;
mod chain;
mod join;
mod plan;

pub(crate) use carried::Carried;
pub(crate) use chain::{Credited, Credits};
pub(crate) use plan::{bind, set_all_aside};
