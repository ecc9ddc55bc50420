//! Numbers for people: thousands apart, as many decimals as they call for, and their bounds.

use clio_proto::{MeasureFormat, Value};

/// How a measure's numbers are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) format: MeasureFormat,
    pub(crate) is_whole: bool,
}

pub(crate) fn number_with_bounds(value: &Value, shown: Shown) -> String {
    let Some(number) = value.value else { return "n/a".to_owned() };
    let text = match value.whole {
        Some(whole) if shown.format == MeasureFormat::Number => whole_text(whole),
        Some(whole) if shown.format == MeasureFormat::Seconds => format!("{} s", whole_text(whole)),
        _ => number_text(number, shown, number, Rounding::Nearest),
    };
    if value.exact {
        return text;
    }
    let (Some(lower), Some(upper)) = (value.lower, value.upper) else {
        return format!("{text}  [no bounds]");
    };
    let lower = number_text(lower, shown, number, Rounding::Down);
    let upper = number_text(upper, shown, number, Rounding::Up);
    if lower == upper { text } else { format!("{text}  [{lower} – {upper}]") }
}

/// Where the digits that are not printed go. Bounds go outwards, so that what is printed holds them.
#[derive(Debug, Clone, Copy)]
enum Rounding {
    Nearest,
    Down,
    Up,
}

impl Rounding {
    fn round(self, number: f64, n_decimals: i32) -> f64 {
        let scale = 10_f64.powi(n_decimals);
        let scaled = number * scale;
        let nearest = scaled.round();
        let rounded = match self {
            Self::Nearest => nearest,
            // What is whole but for the arithmetic of doubles is not pushed further.
            _ if (scaled - nearest).abs() <= scaled.abs() * 4.0 * f64::EPSILON => nearest,
            Self::Down => scaled.floor(),
            Self::Up => scaled.ceil(),
        };
        rounded / scale
    }
}

/// A number with as many decimals as its scale calls for: the value's own, for the value and its bounds.
fn number_text(number: f64, shown: Shown, scale: f64, rounding: Rounding) -> String {
    let n_decimals = if shown.is_whole { 0 } else { decimals(scale) };
    let plain = || grouped(rounding.round(number, n_decimals));
    match shown.format {
        MeasureFormat::Percent => format!("{:.2} %", rounding.round(number * 100.0, 2)),
        MeasureFormat::Seconds => format!("{} s", plain()),
        MeasureFormat::Number => plain(),
    }
}

/// Two decimals only where a number of this size needs them.
fn decimals(scale: f64) -> i32 {
    if scale.abs() >= 1000.0 { 0 } else { 2 }
}

/// A plain number for people.
pub(crate) fn number(number: f64) -> String {
    grouped(number)
}

/// Thousands apart; two decimals only where a number of this size needs them.
fn grouped(number: f64) -> String {
    let is_whole = (number - number.round()).abs() < 1e-9 || number.abs() >= 1000.0;
    let text = if is_whole { format!("{number:.0}") } else { format!("{number:.2}") };
    apart(&text)
}

/// A whole number for people, with all its digits.
pub(crate) fn whole_text(number: i128) -> String {
    apart(&number.to_string())
}

/// A number's text with its thousands apart.
fn apart(text: &str) -> String {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (text, String::new()),
    };
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded_for_people() {
        let check = |number: f64, expected: &str| assert_eq!(grouped(number), expected);
        check(0.0, "0");
        check(999.0, "999");
        check(1234.56, "1,235");
        check(-1_234_567.0, "-1,234,567");
        check(3.25, "3.25");
        let nearest =
            |number: f64, shown: Shown| number_text(number, shown, number, Rounding::Nearest);
        let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
        assert_eq!(nearest(0.12345, percent), "12.35 %");
        let people = Shown { format: MeasureFormat::Number, is_whole: true };
        assert_eq!(nearest(238.004, people), "238");
    }

    /// A lower bound of 8,886.7 was printed as 8,887: the interval did not hold it.
    #[test]
    fn bounds_are_rounded_outwards() {
        let people = Shown { format: MeasureFormat::Number, is_whole: true };
        let percent = Shown { format: MeasureFormat::Percent, is_whole: false };
        let plain = Shown { format: MeasureFormat::Number, is_whole: false };
        let check = |value: (f64, f64, f64), shown: Shown, expected: &str| {
            let value = Value::estimate(value.0, value.1, value.2, false);
            assert_eq!(number_with_bounds(&value, shown), expected);
        };
        check((9000.2, 8886.7, 9113.2), people, "9,000  [8,886 – 9,114]");
        check((0.14523, 0.140_009, 0.150_001), percent, "14.52 %  [14.00 % – 15.01 %]");
        check((0.3, 0.29, 0.31), percent, "30.00 %  [29.00 % – 31.00 %]");
        check((3.2, 3.123, 3.456), plain, "3.20  [3.12 – 3.46]");
        check((1234.5, 999.9, 1300.1), plain, "1,235  [999 – 1,301]");
        check((-3.2, -3.456, -3.123), plain, "-3.20  [-3.46 – -3.12]");
        let unbounded = Value { lower: None, upper: None, ..Value::estimate(5.0, 4.0, 6.0, false) };
        assert_eq!(number_with_bounds(&unbounded, plain), "5  [no bounds]");
    }

    #[test]
    fn bounds_show_unless_the_number_is_exact() {
        let value = Value::estimate(1000.0, 990.0, 1010.0, false);
        let plain = Shown { format: MeasureFormat::Number, is_whole: false };
        assert_eq!(number_with_bounds(&value, plain), "1,000  [990 – 1,010]");
        assert_eq!(number_with_bounds(&Value::exact(5.0), plain), "5");
        assert_eq!(number_with_bounds(&Value::undefined(), plain), "n/a");
        let large = Value::whole(180_143_985_094_819_860);
        assert_eq!(number_with_bounds(&large, plain), "180,143,985,094,819,860");
    }
}
