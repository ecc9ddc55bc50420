//! Broken input and broken neighbours.

mod input;
mod queries;
