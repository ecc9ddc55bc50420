//! The whole system, as its users have it: the real binary, real files, real networks.
#![expect(
    clippy::unwrap_used,
    reason = "in a test, also in what its cases share, a failure is a panic"
)]

mod access;
mod compat;
mod coverage;
mod datasets;
mod decided;
mod doors;
mod exact;
mod faults;
mod keys;
mod lookups;
mod memory;
mod model_init;
mod operators;
mod processes;
mod projections;
mod properties;
mod questions;
mod quickstart;
mod releases;
mod replicas;
mod retention;
mod roles;
mod settings;
mod snippets;
mod terminal;
mod tidy;
mod tls;
mod traps;
