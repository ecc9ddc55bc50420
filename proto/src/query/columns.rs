//! Intervals and verdicts as columns, the same in files of all formats.

use std::borrow::Cow;

use super::intervals::{Interval, Intervals};
use super::verdict::{Exposure, Mix, Verdict};

/// The type of a column of intervals or verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A word, or a name.
    Text,
    /// A number.
    Number,
    /// A count.
    Count,
    /// True or false.
    Flag,
}

/// The entry of one value in a column; `None` if it has none there.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValue {
    /// In a column of [`ColumnKind::Text`].
    Text(Option<Cow<'static, str>>),
    /// In a column of [`ColumnKind::Number`].
    Number(Option<f64>),
    /// In a column of [`ColumnKind::Count`].
    Count(Option<u64>),
    /// In a column of [`ColumnKind::Flag`].
    Flag(Option<bool>),
}

impl ColumnValue {
    /// The type of the entry, whether or not it has one.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Text(_) => ColumnKind::Text,
            Self::Number(_) => ColumnKind::Number,
            Self::Count(_) => ColumnKind::Count,
            Self::Flag(_) => ColumnKind::Flag,
        }
    }

    /// The entry as text; `None` if there is none.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => text.as_ref().map(ToString::to_string),
            Self::Number(number) => number.map(|number| number.to_string()),
            Self::Count(count) => count.map(|count| count.to_string()),
            Self::Flag(flag) => flag.map(|flag| flag.to_string()),
        }
    }
}

impl Intervals {
    /// The names of its columns, each to be prefixed with the measure's name and `_`.
    pub const COLUMNS: [&str; 5] =
        ["sampling_lower", "sampling_upper", "combined_lower", "combined_upper", "sampling_basis"];

    /// The entries of a value in each of [`COLUMNS`](Self::COLUMNS); all empty if it has no intervals.
    pub fn columns(own: Option<&Self>) -> [ColumnValue; Self::COLUMNS.len()] {
        let ends = |of: fn(&Self) -> Option<Interval>| {
            let interval = own.and_then(of);
            [interval.map(|own| own.lower), interval.map(|own| own.upper)].map(ColumnValue::Number)
        };
        let [[a, b], [c, d]] = [ends(|own| own.sampling), ends(|own| own.combined)];
        [a, b, c, d, ColumnValue::Text(own.map(|own| own.basis.as_str().into()))]
    }
}

impl Verdict {
    /// The names of its columns, each to be prefixed with the measure's name and `_`.
    pub const COLUMNS: [&str; 22] = [
        "verdict",
        "verdict_own",
        "verdict_other",
        "verdict_difference",
        "verdict_difference_lower",
        "verdict_difference_upper",
        "verdict_days",
        "smallest_lift",
        "more_days",
        "exposure_own",
        "exposure_other",
        "exposure_own_by_event",
        "exposure_other_by_event",
        "exposure_explains",
        "mix_field",
        "mix_raw",
        "mix_difference",
        "mix_difference_lower",
        "mix_difference_upper",
        "mix_without_counterpart",
        "mix_explains",
        "mix_is_reversed",
    ];

    /// The entries of a rate in each of [`COLUMNS`](Self::COLUMNS); all empty if it has no verdict.
    pub fn columns(own: Option<&Self>) -> [ColumnValue; Self::COLUMNS.len()] {
        let exposure = own.and_then(|own| own.exposure);
        let mix = own.and_then(|own| own.mix.as_ref());
        let number = |of: fn(&Self) -> Option<f64>| ColumnValue::Number(own.and_then(of));
        let count =
            |of: fn(&Self) -> Option<u32>| ColumnValue::Count(own.and_then(of).map(u64::from));
        let exposed = |of: fn(&Exposure) -> f64| ColumnValue::Number(exposure.as_ref().map(of));
        let mixed = |of: fn(&Mix) -> Option<f64>| ColumnValue::Number(mix.and_then(of));
        [
            ColumnValue::Text(own.map(|own| own.word.as_str().into())),
            number(|own| own.own),
            number(|own| own.other),
            number(|own| own.difference.value),
            number(|own| own.difference.lower),
            number(|own| own.difference.upper),
            count(|own| Some(own.n_days)),
            number(|own| own.smallest_lift),
            count(|own| own.more_days),
            exposed(|own| own.own),
            exposed(|own| own.other),
            exposed(|own| own.own_by_event),
            exposed(|own| own.other_by_event),
            ColumnValue::Flag(exposure.map(|own| own.explains)),
            ColumnValue::Text(mix.map(|own| own.field.to_string().into())),
            mixed(|own| Some(own.raw)),
            mixed(|own| own.difference.value),
            mixed(|own| own.difference.lower),
            mixed(|own| own.difference.upper),
            mixed(|own| Some(own.without_counterpart)),
            ColumnValue::Flag(mix.map(|own| own.explains)),
            ColumnValue::Flag(mix.map(|own| own.is_reversed)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldRef;
    use crate::query::{SamplingBasis, Value, VerdictWord};

    fn texts(columns: &[ColumnValue]) -> Vec<String> {
        columns.iter().map(|own| own.text().unwrap_or_default()).collect()
    }

    /// A column has one type, whether or not a row has an entry, and each part of a verdict has a column of its own.
    #[test]
    fn each_part_has_a_column() {
        let kinds = |columns: &[ColumnValue]| -> Vec<ColumnKind> {
            columns.iter().map(ColumnValue::kind).collect()
        };
        let intervals = Intervals {
            basis: SamplingBasis::Days,
            sampling: Some(Interval { lower: 0.1, upper: 0.2 }),
            combined: Some(Interval { lower: 0.05, upper: 0.25 }),
        };
        let found = Intervals::columns(Some(&intervals));
        assert_eq!(texts(&found), ["0.1", "0.2", "0.05", "0.25", "days"]);
        assert_eq!(kinds(&found), kinds(&Intervals::columns(None)));
        assert_eq!(texts(&Intervals::columns(None)).concat(), "");
        let verdict = Verdict {
            word: VerdictWord::TooLittleData,
            own: Some(1.0),
            other: Some(2.0),
            difference: Value::estimate(3.0, 4.0, 5.0, false),
            n_days: 6,
            smallest_lift: Some(7.0),
            more_days: Some(8),
            exposure: Some(Exposure {
                own: 9.0,
                other: 10.0,
                own_by_event: 11.0,
                other_by_event: 12.0,
                explains: true,
            }),
            mix: Some(Mix {
                field: FieldRef::parse("country"),
                raw: 13.0,
                difference: Value::estimate(14.0, 15.0, 16.0, false),
                without_counterpart: 17.0,
                explains: false,
                is_reversed: true,
            }),
        };
        let found = Verdict::columns(Some(&verdict));
        let expected =
            "too_little_data 1 2 3 4 5 6 7 8 9 10 11 12 true country 13 14 15 16 17 false true";
        assert_eq!(texts(&found).join(" "), expected);
        assert_eq!(kinds(&found), kinds(&Verdict::columns(None)));
        assert_eq!(texts(&Verdict::columns(None)).concat(), "");
    }
}
