//! Broken input and broken neighbours.

mod input;
mod kill;
mod models;
mod queries;
mod schedule;
