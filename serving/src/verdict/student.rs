//! Tails of Student's distribution and of the normal one, with a small relative error however far out.

/// The probability that a standard normal variable exceeds `z`.
///
/// By the series of the error function near 0, and by Laplace's continued fraction beyond.
pub(crate) fn normal_tail(z: f64) -> f64 {
    /// From here on, the continued fraction needs fewer terms than the series.
    const FRACTION_FROM: f64 = 2.5;
    if z < 0.0 {
        return 1.0 - normal_tail(-z);
    }
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z < FRACTION_FROM {
        let (mut term, mut sum) = (z, z);
        for n in 1..100 {
            term *= z * z / (2.0 * f64::from(n) + 1.0);
            sum += term;
        }
        return 0.5 - density * sum;
    }
    let fraction = (1..200).rev().fold(z, |below, n| z + f64::from(n) / below);
    density / fraction
}

/// The probability that a variable of Student's distribution exceeds `t`, which is not negative.
pub(super) fn student_tail(t: f64, n_degrees: f64) -> f64 {
    0.5 * incomplete_beta(n_degrees / 2.0, 0.5, n_degrees / (n_degrees + t * t))
}

/// The value at which Student's distribution has the tail that the normal one has at `z`, which is not negative: the
/// same error level for a standard deviation that was itself estimated, with this many degrees of freedom.
pub(super) fn widened(z: f64, n_degrees: f64) -> f64 {
    let tail = normal_tail(z);
    crossing(z, 1e8, |t| student_tail(t, n_degrees) > tail)
}

/// The inverse of [`widened`].
pub(super) fn narrowed(t: f64, n_degrees: f64) -> f64 {
    let tail = student_tail(t, n_degrees);
    // Beyond this, tails cannot be represented as doubles.
    crossing(0.0, t.min(37.0), |z| normal_tail(z) > tail)
}

/// The point at which a condition that holds at first ceases to hold, to the last digits.
fn crossing(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = low + (high - low) / 2.0;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

/// The regularised incomplete beta function, by the continued fraction of Lentz and Didonato (DLMF 8.17.22).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges for the smaller side.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front =
        (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let not_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for n in 1..500 {
        let m = f64::from(n);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * value
}

/// The logarithm of the gamma function of a number above 0, by Lanczos's approximation (g = 7, nine terms).
pub(super) fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let sine = (std::f64::consts::PI * x).sin();
        return (std::f64::consts::PI / sine).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = (1_u8..).zip(TERMS).map(|(n, term)| term / (x + f64::from(n)));
    let sum = FIRST + terms.sum::<f64>();
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}
