//! Broken input and broken neighbours.

mod input;
mod models;
mod queries;
