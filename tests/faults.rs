//! Broken input and broken neighbours.

mod checks;
mod damage;
mod input;
mod kill;
mod models;
mod queries;
mod schedule;
