//! The estimators against the definitions that they come from. How well they do is `tests/accuracy.rs`.

use super::*;

fn kind(p: u8) -> Kind {
    Kind::new(Family::HllPlusPlus, Precision::try_new(p).unwrap())
}

#[track_caller]
fn assert_close(left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-9 * right.abs().max(1.0), "{left} {right}");
}

#[test]
fn bounds_of_coupons_hold_their_value() {
    let kind = kind(18);
    let mut before = Estimate::exact(0);
    for n_coupons in 1..=kind.max_coupons() {
        let estimate = of_coupons(kind, n_coupons);
        assert!(estimate.lower <= estimate.value, "{estimate:?}");
        assert!(estimate.value <= estimate.upper, "{estimate:?}");
        assert!(before.value < estimate.value && before.upper < estimate.upper, "{estimate:?}");
        assert_eq!(estimate.exact, n_coupons <= 8, "{n_coupons}");
        before = estimate;
    }
    // 65 536 values in 2^25 slots have 64 collisions, give or take 8.
    assert!((before.value - 65_600.0).abs() < 1.0, "{before:?}");
    assert!((before.upper - 65_616.0).abs() < 2.0, "{before:?}");
}

#[test]
fn bounds_of_registers_are_finite_and_hold_their_value() {
    for p in [4, 10, 18] {
        let kind = kind(p);
        let n_registers = kind.precision.n_registers();
        for rank in 0..=kind.max_register_rank() {
            for n_set in [0, 1, n_registers / 2, n_registers - 1, n_registers] {
                let mut registers = vec![0; n_registers];
                registers[..n_set].fill(rank);
                let estimate = of_registers(kind, &registers);
                assert!(estimate.lower >= 0.0 && estimate.upper.is_finite(), "{estimate:?}");
                assert!(estimate.lower <= estimate.value, "{estimate:?}");
                assert!(estimate.value <= estimate.upper, "{estimate:?}");
                assert!(!estimate.exact);
            }
        }
    }
}

#[test]
fn poisson_quantiles() {
    // From any table of the distribution.
    for (mean, share, count) in [
        (0.0, 0.975, 0.0),
        (0.02, 0.975, 0.0),
        (0.03, 0.975, 1.0),
        (1.0, 0.975, 3.0),
        (10.0, 0.975, 17.0),
        (64.0, 0.975, 80.0),
    ] {
        assert_close(poisson_quantile(mean, share), count);
    }
}

/// The series as the paper writes them, summed without tricks.
#[test]
fn sigma_and_tau_are_their_series() {
    for x in [0.0, 0.1, 0.5, 0.9, 0.99] {
        let sigma_series: f64 =
            x + (1..40).map(|k| f64::powf(x, 2_f64.powi(k)) * 2_f64.powi(k - 1)).sum::<f64>();
        assert_close(sigma(x), sigma_series);
    }
    for x in [0.1_f64, 0.5, 0.9, 0.99] {
        let tail: f64 =
            (1..60).map(|k| (1.0 - x.powf(2_f64.powi(-k))).powi(2) * 2_f64.powi(-k)).sum();
        assert_close(tau(x), (1.0 - x - tail) / 3.0);
    }
    assert!(sigma(1.0).is_infinite());
    assert_close(tau(0.0), 0.0);
    assert_close(tau(1.0), 0.0);
}

#[test]
fn the_stated_error_has_no_jumps_but_at_the_promotion() {
    let (family, precision) = (Family::HllPlusPlus, Precision::try_new(12).unwrap());
    let error = |n: f64| relative_standard_error_at(family, precision, n);
    assert_close(error(0.0), 0.0);
    // Linear counting of few values in m slots: sqrt(n² / 2 m) / n.
    assert!((error(1000.0) / (1.0 / 2_f64.powi(26).sqrt()) - 1.0).abs() < 1e-4);
    let mut before = error(1025.0);
    for n in 1026..60_000 {
        let now = error(f64::from(n));
        assert!(now >= before && now - before < 1e-4, "{n}");
        before = now;
    }
    assert_close(before, precision.relative_standard_error());
    assert_close(error(1e12), precision.relative_standard_error());
}

/// Registers spread exactly as n = t m hashes spread them on the average must give n.
#[test]
fn average_registers_give_the_number_behind_them() {
    let kind = kind(12);
    let m = kind.precision.n_registers() as f64;
    // A register stays at or below rank r with probability exp(-t / 2^r).
    for t in [1.0, 4.0, 100.0, 1e6] {
        let mut registers = Vec::new();
        let mut rank = 0_u8;
        for i in 0..kind.precision.n_registers() {
            let share = (i as f64 + 0.5) / m;
            while rank < kind.max_register_rank()
                && f64::exp(-t / 2_f64.powi(i32::from(rank))) < share
            {
                rank += 1;
            }
            registers.push(rank);
        }
        let value = of_registers(kind, &registers).value;
        // What is left is the rounding of the spread to 4096 registers.
        assert!((value / (t * m) - 1.0).abs() < 2e-3, "{t}: {value}");
    }
}
