//! The whole system, as its users have it: the real binary, real files, real networks.

mod compat;
mod datasets;
mod faults;
mod processes;
mod properties;
mod tidy;
