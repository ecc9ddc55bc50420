//! Whether one rate of people is really higher than another, in words that stay true for somebody who looks every
//! morning.
//!
//! Pure functions of numbers: nothing here knows sketches, snapshots or queries.
//!
//! ```text
//! intervals.rs  the uncertainty of one rate: Wilson, plus counting error, and between days
//! sample.rs     two sides day by day ─▶ both rates, their difference, and all of its errors
//! people.rs     the correlation of one person's days, from how many people ever played
//! sequence.rs   the width of an interval that holds at every look, and the evidence for a difference
//! judge.rs      several comparisons at once ─▶ a word for each, with its interval and what it cannot detect
//! strata.rs     the difference within strata, and standardised over them
//! assignment.rs whether the arms of a test have the people that were assigned to them
//! student.rs    tails of Student's distribution and of the normal one
//! ```
//!
//! The error of a difference D of daily rates, weighted by wₜ over days t that both sides have, is
//!
//! ```text
//! half-width = max( between days, between people ) + 3 × counting
//!   between days    √(Σ wₜ² (dₜ - D)² m / (m - 1)), times the boundary widened as Student's distribution is
//!   between people  √(Σ wₜ² (pq/n + PQ/N + 2 p P |both| / n N) + the share of returning people), times the boundary
//!   counting        Σ wₜ √(s² + S²): sketches err on the same people day after day, so that it never shrinks
//! ```
//!
//! `tests/simulation.rs` shows which of these terms are needed, and that counting must be added instead of squared;
//! `docs/verdicts.md` has its figures.

mod assignment;
mod intervals;
mod judge;
mod people;
mod sample;
mod sequence;
mod strata;
mod student;

pub(crate) use assignment::{Assigned, chance_of};
pub(crate) use intervals::{MIN_INTERVAL_DAYS, between_days, combined, wilson};
pub(crate) use judge::{Judged, MIN_DAYS, judge};
pub(crate) use people::correlation;
pub(crate) use sample::{Crowd, Day, Rate, Sample};
pub(crate) use strata::{Standardised, Stratum, standardised};
pub(crate) use student::normal_tail;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Numbers;
