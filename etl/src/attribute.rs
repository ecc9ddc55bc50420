//! Attribution: each event of a source with `attribute`, credited to the event of another source that it came from,
//! its *target*: a play to the impression, an order to the click. It then takes the target's dimensions and its day,
//! so that players are among the viewers of every cell.
//!
//! ```text
//! events ───────▶ hash of keys, instant ─▶ sorted ─┐
//!   and those of later days without credit yet     ├─▶ as-of join ─▶ credited events of the day ─▶ roll-up
//! targets ─▶ those whose key has an event ─▶ sorted ─┘     └───────▶ events for earlier days, or unattributed
//! ```
//!
//! # Which target gets the credit
//!
//! - The *last* one with the same keys at or before the event: one at the very instant of the event counts, and so
//!   does one exactly as old as the window is long. Instants are compared to the microsecond.
//! - Of several targets at the same instant, the one whose dimension columns are smallest, compared as a tuple in the
//!   model's order, nulls first: by the target's own column (`column`, or `on`), and then by what measures take of
//!   the target. Targets that are still equal make the same cells. So the result depends neither on the order of
//!   files and rows nor on the number of threads.
//! - Every event counts: a target may be credited with any number of them.
//! - An event before any target with its keys, after the window of the last one, or with a null in one of its keys is
//!   *unattributed*: it is counted by the day on which it happened, and is in no cell. A target with a null key is
//!   never credited.
//! - An event without a time is an error, on both sides, as in every source.
//! - Each side's own `where` is applied first: a target that it excludes is never credited, and an event that it
//!   excludes is not unattributed but ignored.
//! - A target filed under a day other than its own is not a candidate, since its own source does not count it either.
//!
//! # What a credited event counts as
//!
//! The day and all dimensions are the target's. A measure's columns are the event's; if the event lacks any of them,
//! all columns of that measure are the target's.
//!
//! # Which days are read
//!
//! Days are read from the last to the first, each once. An event finds its target on the first of these days that has
//! one, since all later days have already been searched; an event without one is handed on to the previous day for as
//! long as its window reaches there. So a day needs the events and targets of the days that its window reaches into,
//! and, to know which of its events are unattributed, the targets of the days before. Where a source is not filed by
//! day, everything is one day in this sense.
//!
//! A day is *provisional* as long as a future event may still be credited to it: until its window has passed after
//! the day's end.
//!
//! # What it costs
//!
//! Both sides are partitioned by their keys and sorted, in memory or, above the limit, on disk; the join holds a few
//! batches. Most targets have no event: they are dropped before the sort, by a Bloom filter of keys. Events that are
//! credited or handed on are buffered in temporary files.
//!
//! # Where it is applied
//!
//! Inputs are opened without attribution. A run, a recount and an inspection then call [`bind`], which plans every
//! attribution over no rows, and the roll-up consumes [`Credits`], sweep by sweep.

mod carried;
mod chain;
mod join;
mod plan;
mod rows;

pub(crate) use carried::Carried;
pub(crate) use chain::{Credited, Credits};
pub(crate) use plan::{bind, set_all_aside};
