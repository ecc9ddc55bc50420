//! Real and synthetic data against exact answers.

mod open_bandit;
mod synth;
