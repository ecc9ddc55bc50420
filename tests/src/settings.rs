//! Settings for a run of the tests: how long and how varied the randomised tests are, little in `make test` and much in
//! `make soak`; and which binary is tested.

use std::path::PathBuf;

/// How many times the etl is killed: `CLIO_TEST_KILLS`, by default 10.
///
/// # Panics
///
/// The variable is not a number.
pub fn n_kills() -> usize {
    usize::try_from(number("CLIO_TEST_KILLS").unwrap_or(10)).expect("a number of kills")
}

/// The seed of the moments: `CLIO_TEST_SEED`, by default always the same.
///
/// # Panics
///
/// The variable is not a number.
pub fn seed() -> u64 {
    number("CLIO_TEST_SEED").unwrap_or(20_261_121)
}

/// The binary to test: `CLIO_TEST_BINARY`, such as an installed release; by default the one built beside the tests.
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
pub fn binary() -> Option<PathBuf> {
    std::env::var_os("CLIO_TEST_BINARY").map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: `{text}`")))
}
