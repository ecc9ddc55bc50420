//! Values of SciPy, which searches by another way: `tests/peers/statistics/stored.py` makes them.

use super::*;

/// The registers of two sketches; the rates at which they are most likely, and the standard deviation of the last one as bounds have it.
type Stored = ([u8; 64], [u8; 64], Rates, f64);

#[rustfmt::skip]
const STORED: [Stored; 3] = [
    (
        [6, 5, 8, 2, 4, 3, 0, 3, 2, 0, 1, 3, 2, 0, 1, 0, 4, 2, 0, 4, 3, 2, 2, 0, 1, 4, 0, 5, 1, 3, 3, 3, 4,
         6, 5, 2, 2, 4, 2, 4, 1, 6, 5, 4, 1, 2, 2, 3, 5, 0, 1, 6, 4, 3, 3, 3, 3, 0, 2, 1, 1, 3, 2, 8],
        [2, 3, 3, 6, 4, 3, 5, 3, 1, 0, 2, 3, 2, 0, 1, 0, 4, 2, 0, 5, 4, 0, 3, 4, 1, 0, 1, 6, 1, 1, 3, 3, 2,
         6, 0, 2, 1, 3, 1, 0, 4, 1, 0, 2, 1, 1, 0, 3, 1, 2, 2, 6, 1, 3, 0, 2, 3, 0, 2, 0, 2, 3, 2, 8],
        [1.4448351453144062, 0.8282658159620544, 0.8593184696039723],
        0.1661031618368348,
    ),
    (
        [3, 7, 2, 3, 2, 4, 1, 6, 5, 2, 3, 2, 2, 5, 1, 2, 4, 3, 3, 3, 3, 2, 5, 5, 6, 3, 2, 6, 1, 3, 5, 3, 3,
         7, 3, 5, 5, 7, 2, 4, 3, 4, 3, 1, 3, 6, 3, 3, 5, 6, 2, 4, 2, 7, 5, 4, 7, 11, 5, 11, 5, 5, 2, 1],
        [3, 2, 3, 3, 6, 3, 3, 4, 4, 1, 2, 6, 1, 5, 3, 3, 3, 2, 1, 2, 6, 1, 4, 4, 3, 2, 6, 4, 0, 1, 2, 2, 3,
         7, 6, 5, 5, 7, 4, 4, 6, 3, 4, 8, 6, 3, 3, 5, 4, 2, 4, 10, 5, 10, 5, 3, 4, 5, 5, 11, 4, 5, 3, 2],
        [4.263060571384227, 4.004570340545114, 1.232362894664057],
        0.4390168573915468,
    ),
    (
        [3, 4, 0, 4, 2, 4, 1, 1, 4, 2, 2, 1, 3, 1, 1, 4, 5, 2, 7, 7, 0, 3, 1, 5, 0, 2, 3, 2, 5, 1, 0, 4, 1,
         2, 7, 2, 1, 3, 1, 0, 4, 3, 6, 1, 0, 3, 3, 3, 0, 2, 0, 3, 3, 2, 1, 1, 4, 5, 0, 0, 5, 6, 1, 4],
        [3, 5, 8, 3, 4, 4, 6, 4, 4, 3, 4, 5, 4, 5, 5, 4, 5, 2, 7, 7, 9, 3, 3, 5, 4, 2, 7, 5, 3, 4, 6, 4, 4,
         7, 7, 7, 4, 3, 5, 4, 4, 4, 6, 3, 3, 5, 4, 3, 3, 3, 3, 4, 15, 4, 2, 6, 5, 5, 4, 9, 5, 6, 7, 4],
        [0.291136271344849, 8.262198690661421, 1.7296725979952539],
        0.25877213788315,
    ),
];

/// Nelder and Mead's method finds the same top as Newton's, and differences of the likelihood have the same curve as its derivatives.
#[test]
fn the_most_likely_rates_and_their_spread_are_those_of_scipy() {
    for (left, right, expected, deviation) in STORED {
        let (found, information) = Pairs::new(63, &left, &right).most_likely([1.0, 1.0, 1.0]);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-5, "{found} {expected}");
        }
        let covariance = inverse(information).unwrap();
        let spread = (covariance[2][2] - found[2] / 64.0).sqrt();
        assert!((spread / deviation - 1.0).abs() < 1e-3, "{spread} {deviation}");
    }
}
