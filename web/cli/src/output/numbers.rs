//! Numbers for people: with thousands separators, as many decimals as needed, and their bounds.

use clio_proto::{MeasureFormat, Value};

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Plain,
    Seconds,
    Percent,
    /// Differences of percentages.
    Points,
    /// A factor relative to another number: its distance from 1 is of interest.
    Times,
}

impl Unit {
    /// The unit of a measure's numbers.
    pub(crate) fn of_measure(format: MeasureFormat) -> Self {
        match format {
            MeasureFormat::Number => Self::Plain,
            MeasureFormat::Seconds => Self::Seconds,
            MeasureFormat::Percent => Self::Percent,
        }
    }

    /// The unit of their differences.
    pub(crate) fn of_differences(self) -> Self {
        match self {
            Self::Percent => Self::Points,
            Self::Plain | Self::Seconds | Self::Points | Self::Times => self,
        }
    }

    fn scale(self) -> f64 {
        match self {
            Self::Percent | Self::Points => 100.0,
            Self::Plain | Self::Seconds | Self::Times => 1.0,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Plain | Self::Times => "",
            Self::Seconds => " s",
            Self::Percent => " %",
            Self::Points => " pp",
        }
    }
}

/// How a column's numbers are written: all with the same number of decimals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    unit: Unit,
    n_decimals: i32,
}

impl Shown {
    /// Numbers of people and of events, including estimates: an estimate is rounded like the whole number that it
    /// stands for.
    pub(crate) const WHOLE: Self = Self { unit: Unit::Plain, n_decimals: 0 };
    pub(crate) const PERCENT: Self = Self { unit: Unit::Percent, n_decimals: 2 };

    /// With the decimals that the numbers of a column need.
    pub(crate) fn of<'a>(unit: Unit, column: impl IntoIterator<Item = &'a Value>) -> Self {
        let column: Vec<&Value> = column.into_iter().collect();
        let values = || column.iter().filter_map(|own| own.value.map(|value| (own, value)));
        let half_width = |own: &Value| Some((own.upper? - own.lower?) / 2.0 * unit.scale());
        // The first decimal that differs within the narrowest bounds, or from 1.
        let finest = values().filter_map(|(own, value)| match (unit, half_width(own)) {
            (_, Some(width)) if width > 0.0 && !own.exact => Some(width),
            (Unit::Times, _) => Some((value - 1.0).abs()).filter(|beside| *beside > 0.0),
            _ => None,
        });
        let finest = finest.fold(f64::INFINITY, f64::min);
        #[expect(clippy::cast_possible_truncation, reason = "a number of decimals")]
        let n_finest = if finest.is_finite() { -finest.log10().floor() as i32 } else { 0 };
        let n_decimals = match unit {
            Unit::Plain | Unit::Seconds => {
                let is_plain =
                    |number: f64| number.abs() >= 1000.0 || (number - number.round()).abs() < 1e-9;
                let needs_none = values().all(|(own, value)| is_plain(value) && own.exact)
                    || values().all(|(_, value)| value.abs() >= 1000.0 || value == 0.0);
                if needs_none { 0 } else { 2 }
            }
            Unit::Percent | Unit::Points => n_finest.clamp(2, 4),
            Unit::Times => (n_finest + 1).clamp(2, 4),
        };
        Self { unit, n_decimals }
    }
}

pub(crate) fn number_with_bounds(value: &Value, shown: Shown) -> String {
    let Some(number) = value.value else {
        return if value.withheld { "withheld" } else { "n/a" }.to_owned();
    };
    let text = match (value.whole, shown.unit) {
        (Some(whole), Unit::Plain | Unit::Seconds) => {
            format!("{}{}", whole_text(whole), shown.unit.sign())
        }
        _ => number_text(number, shown, Rounding::Nearest),
    };
    if value.exact {
        return text;
    }
    let (Some(lower), Some(upper)) = bound_texts(value, shown) else {
        return format!("{text}  [no bounds]");
    };
    if lower == upper { text } else { format!("{text}  [{lower} – {upper}]") }
}

/// Only the bounds; empty if there are none.
pub(crate) fn bounds(value: &Value, shown: Shown) -> String {
    match bound_texts(value, shown) {
        (Some(lower), Some(upper)) => format!("[{lower} – {upper}]"),
        _ => String::new(),
    }
}

fn bound_texts(value: &Value, shown: Shown) -> (Option<String>, Option<String>) {
    let text = |bound, rounding| number_text(bound, shown, rounding);
    (
        value.lower.map(|lower| text(lower, Rounding::Down)),
        value.upper.map(|upper| text(upper, Rounding::Up)),
    )
}

/// Only an upper bound.
pub(crate) fn upper_bound(upper: f64, shown: Shown) -> String {
    number_text(upper, shown, Rounding::Up)
}

/// How omitted digits are rounded. Bounds are rounded outwards, so that the printed ones still hold.
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
            // A number that is whole except for floating-point error is not pushed further.
            _ if (scaled - nearest).abs() <= scaled.abs() * 4.0 * f64::EPSILON => nearest,
            Self::Down => scaled.floor(),
            Self::Up => scaled.ceil(),
        };
        rounded / scale
    }
}

/// A number with its column's decimals.
fn number_text(number: f64, shown: Shown, rounding: Rounding) -> String {
    let Shown { unit, n_decimals } = shown;
    let rounded = rounding.round(number * unit.scale(), n_decimals);
    // Avoids printing a negative zero.
    let rounded = if rounded == 0.0 { 0.0 } else { rounded };
    let n_decimals = usize::try_from(n_decimals).unwrap_or_default();
    format!("{}{}", apart(&format!("{rounded:.n_decimals$}")), unit.sign())
}

/// A plain number for people.
pub(crate) fn number(number: f64) -> String {
    grouped(number)
}

/// With thousands separators; two decimals only where a number of this size needs them.
fn grouped(number: f64) -> String {
    let is_whole = (number - number.round()).abs() < 1e-9 || number.abs() >= 1000.0;
    let text = if is_whole { format!("{number:.0}") } else { format!("{number:.2}") };
    apart(&text)
}

/// A whole number for people, with all its digits.
pub(crate) fn whole_text(number: i128) -> String {
    apart(&number.to_string())
}

/// A number's text with thousands separators.
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

    const PERCENT: Shown = Shown::PERCENT;

    fn estimate(value: f64, lower: f64, upper: f64) -> Value {
        Value::estimate(value, lower, upper, false)
    }

    /// A column's texts.
    fn column(unit: Unit, values: &[Value]) -> Vec<String> {
        let shown = Shown::of(unit, values);
        values.iter().map(|value| number_with_bounds(value, shown)).collect()
    }

    #[test]
    fn numbers_are_grouped_and_rounded_for_people() {
        let check = |number: f64, expected: &str| assert_eq!(grouped(number), expected);
        check(0.0, "0");
        check(999.0, "999");
        check(1234.56, "1,235");
        check(-1_234_567.0, "-1,234,567");
        check(3.25, "3.25");
        let nearest = |number: f64, shown: Shown| number_text(number, shown, Rounding::Nearest);
        assert_eq!(nearest(0.12345, PERCENT), "12.35 %");
        assert_eq!(nearest(238.004, Shown::WHOLE), "238");
        assert_eq!(nearest(-0.2, Shown::WHOLE), "0");
    }

    /// A lower bound of 8,886.7 was printed as 8,887: the interval did not hold it.
    #[test]
    fn bounds_are_rounded_outwards() {
        let check = |value: (f64, f64, f64), shown: Shown, expected: &str| {
            let value = estimate(value.0, value.1, value.2);
            assert_eq!(number_with_bounds(&value, shown), expected);
        };
        let plain = Shown { unit: Unit::Plain, n_decimals: 2 };
        check((9000.2, 8886.7, 9113.2), Shown::WHOLE, "9,000  [8,886 – 9,114]");
        check((0.14523, 0.140_009, 0.150_001), PERCENT, "14.52 %  [14.00 % – 15.01 %]");
        check((0.3, 0.29, 0.31), PERCENT, "30.00 %  [29.00 % – 31.00 %]");
        check((3.2, 3.123, 3.456), plain, "3.20  [3.12 – 3.46]");
        check((1234.5, 999.9, 1300.1), Shown::WHOLE, "1,235  [999 – 1,301]");
        check((-3.2, -3.456, -3.123), plain, "-3.20  [-3.46 – -3.12]");
        let unbounded = Value { lower: None, upper: None, ..estimate(5.0, 4.0, 6.0) };
        assert_eq!(number_with_bounds(&unbounded, Shown::WHOLE), "5  [no bounds]");
    }

    #[test]
    fn bounds_show_unless_the_number_is_exact() {
        let value = estimate(1000.0, 990.0, 1010.0);
        assert_eq!(number_with_bounds(&value, Shown::WHOLE), "1,000  [990 – 1,010]");
        assert_eq!(number_with_bounds(&Value::exact(5.0), Shown::WHOLE), "5");
        assert_eq!(number_with_bounds(&Value::undefined(), Shown::WHOLE), "n/a");
        let large = Value::whole(180_143_985_094_819_860);
        assert_eq!(number_with_bounds(&large, Shown::WHOLE), "180,143,985,094,819,860");
    }

    /// 7 and 7.25 stood below each other, and could not be compared by the eye.
    #[test]
    fn a_column_has_as_many_decimals_from_its_first_row_to_its_last() {
        let exact =
            |numbers: &[f64]| numbers.iter().map(|own| Value::exact(*own)).collect::<Vec<_>>();
        assert_eq!(column(Unit::Plain, &exact(&[7.0, 7.25])), ["7.00", "7.25"]);
        assert_eq!(column(Unit::Plain, &exact(&[7.0, 12_345.0])), ["7", "12,345"]);
        assert_eq!(column(Unit::Seconds, &exact(&[1500.5, 2000.25])), ["1,501 s", "2,000 s"]);
        let seconds = [estimate(50.0, 49.0, 51.0), Value::undefined()];
        assert_eq!(column(Unit::Seconds, &seconds), ["50.00 s  [49.00 s – 51.00 s]", "n/a"]);
        assert!(column(Unit::Plain, &[]).is_empty());
    }

    /// A ratio of 0.9981, told from 1 by its bounds, was printed as `1.00  [0.99 – 1.00]`.
    #[test]
    fn ratios_have_the_digits_that_tell_them_from_one() {
        let near = [estimate(0.9981, 0.9965, 0.9997), Value::exact(1.0)];
        assert_eq!(column(Unit::Times, &near), ["0.9981  [0.9965 – 0.9997]", "1.0000"]);
        let far = [estimate(1.2, 1.0, 1.5)];
        assert_eq!(column(Unit::Times, &far), ["1.20  [1.00 – 1.50]"]);
        assert_eq!(column(Unit::Times, &[Value::exact(1.0004)]), ["1.0004"]);
        assert_eq!(column(Unit::Times, &[Value::exact(1.0)]), ["1.00"]);
    }

    /// A take rate of 10 % beside one of 8 % was told to be 2 % more; it is a quarter more, or two points.
    #[test]
    fn differences_of_percentages_are_points() {
        let unit = Unit::of_measure(MeasureFormat::Percent).of_differences();
        let values = [estimate(0.02, 0.015, 0.025)];
        assert_eq!(column(unit, &values), ["2.00 pp  [1.50 pp – 2.50 pp]"]);
        assert_eq!(Unit::of_measure(MeasureFormat::Seconds).of_differences(), Unit::Seconds);
        let small = [estimate(0.0002, 0.000_15, 0.000_25)];
        assert_eq!(column(Unit::Percent, &small), ["0.020 %  [0.015 % – 0.025 %]"]);
    }
}
