//! The columns of a file, and the entry of a row in each.

use std::borrow::Cow;

use clio_proto::{
    Answer, ColumnKind, ColumnValue, Compared, Description, FieldInfo, GroupKey, Intervals, Key,
    MeasureClass, Newcomers, Rank, Row, TimeGrain, Value, Verdict,
};

/// The columns of a file, the same in every format.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// By key: whether it is followed by a column with its label.
    has_label: Vec<bool>,
    /// By measure: whether it is followed by columns with its fraction of the total.
    has_share: Vec<bool>,
    parts: Parts,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A calendar day.
    Day,
    Number,
    /// A count: a rank, or a number of days.
    Place,
    /// True or false.
    Flag,
}

impl From<ColumnKind> for Kind {
    fn from(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text,
            ColumnKind::Number => Self::Number,
            ColumnKind::Count => Self::Place,
            ColumnKind::Flag => Self::Flag,
        }
    }
}

/// The optional columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Columns for ranks.
    pub has_ranks: bool,
    /// Columns for fractions of the total.
    pub has_shares: bool,
    /// Columns for the other side.
    pub has_compared: bool,
    /// Columns for intervals.
    pub has_intervals: bool,
    /// Columns for verdicts.
    pub has_verdicts: bool,
    /// Columns for new and returning people.
    pub has_newcomers: bool,
}

/// The entry of a row in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Option<Cow<'a, str>>),
    /// With all digits, if a double does not hold them.
    Number(Option<f64>, Option<i128>),
    Place(Option<u64>),
    Flag(Option<bool>),
}

impl From<ColumnValue> for Cell<'_> {
    fn from(value: ColumnValue) -> Self {
        match value {
            ColumnValue::Text(text) => Self::Text(text),
            ColumnValue::Number(number) => Self::Number(number, None),
            ColumnValue::Count(count) => Self::Place(count),
            ColumnValue::Flag(flag) => Self::Flag(flag),
        }
    }
}

/// The suffixes of the names of a number and its bounds.
const BOUNDS: [&str; 3] = ["", "_lower", "_upper"];

impl Columns {
    pub(super) fn new(answer: &Answer, dataset: &Description, parts: Parts) -> Self {
        let info = |key: &GroupKey| {
            // By its name, since a dimension may be called `week`.
            let is_own = |info: &&FieldInfo| info.field.to_string() == key.to_string();
            dataset.fields.iter().find(is_own)
        };
        let has_share = |measure: &String| parts.has_shares && has_share(measure, dataset);
        let has_share: Vec<bool> = answer.measures.iter().map(has_share).collect();
        let mut columns = Self { all: Vec::new(), has_label: Vec::new(), has_share, parts };
        if parts.has_ranks {
            for name in ["rank_best", "rank_worst"] {
                columns.push(name.to_owned(), Kind::Place);
            }
        }
        for key in &answer.group_by {
            let kind = match (key, info(key)) {
                (GroupKey::Time(TimeGrain::Day | TimeGrain::Week), None) => Kind::Day,
                (GroupKey::Time(TimeGrain::Month | TimeGrain::Year), None)
                | (GroupKey::Time(_), Some(_))
                | (GroupKey::Field(_), _) => Kind::Text,
            };
            let has_label = info(key).is_some_and(|info| info.has_label);
            columns.push(key.to_string(), kind);
            if has_label {
                columns.push(format!("{key}_label"), Kind::Text);
            }
            columns.has_label.push(has_label);
        }
        for (at, measure) in answer.measures.iter().enumerate() {
            columns.push_number(measure);
            if columns.has_share[at] {
                columns.push_number(&format!("{measure}_share"));
            }
            if parts.has_compared {
                for name in ["other", "difference", "ratio"] {
                    columns.push_number(&format!("{measure}_{name}"));
                }
            }
        }
        if parts.has_intervals {
            let kinds = Intervals::columns(None).map(|own| own.kind());
            columns.push_each(&answer.measures, &Intervals::COLUMNS, &kinds);
        }
        if parts.has_verdicts {
            let kinds = Verdict::columns(None).map(|own| own.kind());
            columns.push_each(&answer.measures, &Verdict::COLUMNS, &kinds);
        }
        if parts.has_newcomers {
            for name in ["new", "returning"] {
                columns.push_number(name);
            }
            columns.push("days_missing_before".to_owned(), Kind::Place);
        }
        columns
    }

    fn push(&mut self, name: String, kind: Kind) {
        self.all.push(Column { name, kind });
    }

    fn push_number(&mut self, name: &str) {
        for end in BOUNDS {
            self.push(format!("{name}{end}"), Kind::Number);
        }
    }

    /// Columns of each measure, by suffix.
    fn push_each(&mut self, measures: &[String], names: &[&str], kinds: &[ColumnKind]) {
        for measure in measures {
            for (name, kind) in names.iter().zip(kinds) {
                self.push(format!("{measure}_{name}"), (*kind).into());
            }
        }
    }

    /// The entries of a row, column by column.
    pub(super) fn cells<'a>(&self, row: &'a Row) -> Vec<Cell<'a>> {
        let Row { keys, values, shares, rank, compared, newcomers, intervals, verdicts } = row;
        let mut cells = Vec::with_capacity(self.all.len());
        if self.parts.has_ranks {
            let places = rank.map_or([None; 2], |Rank { best, worst }| [Some(best), Some(worst)]);
            cells.extend(places.map(Cell::Place));
        }
        for (Key { value, label, media: _ }, has_label) in keys.iter().zip(&self.has_label) {
            cells.push(text(value.as_deref()));
            if *has_label {
                cells.push(text(label.as_deref()));
            }
        }
        let shares = shares.iter().copied().map(Some).chain(std::iter::repeat(None));
        let compared = compared.iter().copied().map(Some).chain(std::iter::repeat(None));
        let has_share = self.has_share.iter().copied();
        for (((value, share), compared), has_share) in
            values.iter().zip(shares).zip(compared).zip(has_share)
        {
            cells.extend(number(Some(*value)));
            if has_share {
                cells.extend(number(share));
            }
            if self.parts.has_compared {
                let parts = compared
                    .map(|Compared { other, difference, ratio }| [other, difference, ratio]);
                (0..3).for_each(|at| cells.extend(number(parts.map(|parts| parts[at]))));
            }
        }
        if self.parts.has_intervals {
            let of_measure = |at| Intervals::columns(intervals.get(at));
            cells.extend((0..values.len()).flat_map(of_measure).map(Cell::from));
        }
        if self.parts.has_verdicts {
            let of_measure = |at| Verdict::columns(verdicts.get(at).and_then(Option::as_ref));
            cells.extend((0..values.len()).flat_map(of_measure).map(Cell::from));
        }
        if self.parts.has_newcomers {
            let parts = newcomers.map(|own| [own.fresh, own.returning]);
            (0..2).for_each(|at| cells.extend(number(parts.map(|parts| parts[at]))));
            let missing = newcomers.map(|Newcomers { n_days_missing, .. }| n_days_missing.into());
            cells.push(Cell::Place(missing));
        }
        cells
    }
}

/// Whether groups of a measure may be parts of its total: for counts, sums and distinct counts. Never for quantiles and
/// derived measures.
fn has_share(measure: &str, dataset: &Description) -> bool {
    let found = dataset.measures.iter().find(|info| info.name == measure);
    found.is_some_and(|info| match info.class {
        MeasureClass::Count | MeasureClass::Sum | MeasureClass::Distinct { .. } => true,
        MeasureClass::Quantile { .. } | MeasureClass::Derived { .. } => false,
    })
}

fn text(text: Option<&str>) -> Cell<'_> {
    Cell::Text(text.map(Cow::Borrowed))
}

/// A number with its bounds; both bounds of an exact one equal the number.
fn number<'a>(value: Option<Value>) -> [Cell<'a>; 3] {
    let Value { value, lower, upper, whole, exact: _, withheld: _ } =
        value.unwrap_or(Value::undefined());
    [value, lower, upper].map(|number| Cell::Number(number, whole))
}

/// The rows of a page, or the total if nothing is grouped.
pub(super) fn rows(page: &Answer) -> &[Row] {
    match page.group_by.is_empty() {
        true => std::slice::from_ref(&page.total),
        false => &page.rows,
    }
}
