//! A generator of random numbers without state elsewhere: a seed gives the same ones everywhere.

/// A number below `n`.
pub(crate) fn next(state: &mut u64, n: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % n
}

/// The place of one of `n` things.
pub(crate) fn index(state: &mut u64, n: usize) -> usize {
    usize::try_from(next(state, n as u64)).unwrap()
}
