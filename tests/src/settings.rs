//! How long and how varied the tests of chance are: little in `make test`, much in `make soak`.

/// How many times the etl is killed: `CLIO_TEST_KILLS`, else 10.
///
/// # Panics
///
/// Where the variable holds no number.
pub fn n_kills() -> usize {
    usize::try_from(number("CLIO_TEST_KILLS").unwrap_or(10)).expect("a number of kills")
}

/// The seed of moments: `CLIO_TEST_SEED`, else one that is always the same.
///
/// # Panics
///
/// Where the variable holds no number.
pub fn seed() -> u64 {
    number("CLIO_TEST_SEED").unwrap_or(20_261_121)
}

#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: `{text}`")))
}
