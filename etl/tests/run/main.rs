//! Whole runs: small sources in a temporary folder, a model, a lake, and what is in it afterwards.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod arrivals;
mod as_of;
mod attribution;
mod changes;
mod changing_files;
mod checks;
mod columns;
mod credit;
mod damage;
mod damaged_logs;
mod days;
mod differences;
mod ends;
mod formats;
mod histories;
mod housekeeping;
mod keys;
mod lake;
mod naive;
mod quantiles;
mod quarantine;
mod random;
mod real_files;
mod recorded;
mod refusals;
mod retire;
mod rows;
mod sandbox;
mod sets;
mod sketches;
mod sums;
mod verify;
mod verify_credited;
