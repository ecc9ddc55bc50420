//! The bound plan of a query: names resolved, periods chosen, tests evaluated over codes.
//!
//! Anything wrong with a query shows here; executing a plan fails only because of limits.

mod ages;
mod bind;
mod by_day;
mod compare;
mod declared;
mod filter;
mod having;
mod look_back;
mod lookups;
mod notices;
mod one_value;
mod operators;
mod range;
mod seen;
mod small_groups;
mod snapshots;
mod windows;

use std::sync::Arc;

use clio_lake::StoredType;
use clio_proto::{
    ComparedPart, Coverage, DayRange, Direction, Expression, FieldRef, Notice, Percentile, Period,
};
use jiff::civil::Date;

pub(crate) use ages::{Ages, N_AGE_CODES, day_of};
pub(crate) use bind::bind;
pub(crate) use declared::BoundTest;
pub(crate) use filter::{RowFilter, bind_filter, check_filter};
pub(crate) use having::{GroupTest, Tested};
pub(crate) use range::n_days_missing;
pub(crate) use seen::{bind_seen, seen_members, seen_of_list};

use crate::snapshot::{Dimensions, Field, Snapshot, marginals_have};
use crate::withheld::Withholding;

/// A query bound to one snapshot.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The steps of time that rows are grouped by, in order; a single one if they are not.
    pub(crate) steps: Vec<Step>,
    /// The periods of the total, if steps overlap; `None` if the total is the union of the steps.
    pub(crate) total: Option<Vec<Period>>,
    /// Which cells count; `None` for all.
    pub(crate) filter: Option<RowFilter>,
    /// The keys of rows, in the query's order.
    pub(crate) keys: Vec<PlanKey>,
    /// The required stored measures, each once: first those that the answer contains.
    pub(crate) measures: Vec<PlanMeasure>,
    /// How many of them the answer contains; the others are for conditions on groups.
    pub(crate) n_answered: usize,
    /// What is withheld of small groups; `None` for a model without `min_people`.
    pub(crate) withholding: Option<Withholding>,
    /// The requested measures, in the query's order.
    pub(crate) outputs: Vec<Output>,
    /// Which groups stay; `None` for all.
    pub(crate) having: Option<GroupTest>,
    /// What rows are ordered by, before ties are broken.
    pub(crate) order: Vec<PlanOrder>,
    /// What ranks are determined by, if requested: a position among the plan's `outputs`.
    pub(crate) ranks_by: Option<(usize, Direction)>,
    /// The distinct measure whose reach is requested: a position among the plan's `measures`, and the name.
    pub(crate) reach: Option<(usize, String)>,
    pub(crate) has_shares: bool,
    pub(crate) has_others: bool,
    pub(crate) has_intervals: bool,
    /// How each output may vary.
    pub(crate) rates: Vec<RateOf>,
    /// The settled days, one by one, if an extra needs them.
    pub(crate) by_day: Option<ByDay>,
    /// What rows are compared with; `None` for nothing.
    pub(crate) compare: Option<OtherSide>,
    /// What new and returning people are determined from, if requested.
    pub(crate) look_back: Option<BoundLookBack>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// The multi-valued fields among the keys.
    pub(crate) overlapping: Vec<FieldRef>,
    pub(crate) coverage: Coverage,
    /// The listed values that the filter names but no member has, and the number of all of them.
    pub(crate) notices: Vec<Notice>,
    pub(crate) n_notices: u64,
}

impl Plan {
    /// How the stored measure at a position of its list is held.
    pub(crate) fn stored_type(&self, snapshot: &Snapshot, measure: usize) -> StoredType {
        snapshot.layout.measures[self.measures[measure].column].stored
    }

    /// The dimensions that cells are filtered and grouped by, if marginals include all measures; `None` if they do not,
    /// and if a file's own totals suffice.
    pub(crate) fn dimensions(&self, snapshot: &Snapshot) -> Option<Dimensions> {
        let has = |measure| marginals_have(self.stored_type(snapshot, measure));
        if !(0..self.measures.len()).all(has) {
            return None;
        }
        let mut all = Dimensions::NONE;
        for key in &self.keys {
            all = match key {
                PlanKey::Time => all,
                PlanKey::Field { field, .. } => all.with(field.dimension)?,
                PlanKey::Age(ages) => all.with(ages.dimension)?,
            };
        }
        let all = self.filter.iter().try_fold(all, |all, filter| filter.dimensions(all))?;
        (all != Dimensions::NONE).then_some(all)
    }

    /// The same plan over other days: only the selection, nothing of pages.
    fn of_other_days(&self, steps: Vec<Step>, coverage: Coverage) -> Self {
        Self {
            steps,
            total: None,
            filter: self.filter.clone(),
            keys: self.keys.clone(),
            measures: self.measures.clone(),
            n_answered: self.n_answered,
            withholding: self.withholding.clone(),
            outputs: self.outputs.clone(),
            having: None,
            order: Vec::new(),
            ranks_by: None,
            reach: None,
            has_shares: false,
            has_others: false,
            has_intervals: false,
            rates: self.rates.clone(),
            by_day: None,
            compare: None,
            look_back: None,
            limit: 0,
            offset: 0,
            overlapping: Vec::new(),
            coverage,
            notices: Vec::new(),
            n_notices: 0,
        }
    }

    /// The same plan over some days, one by one: by day and the keys of rows, or by day alone.
    pub(crate) fn over_days(&self, days: &[Step], has_fields: bool) -> Self {
        let plan = self.of_other_days(days.to_vec(), self.coverage.clone());
        let fields = self.keys.iter().filter(|key| has_fields && !matches!(key, PlanKey::Time));
        let keys = std::iter::once(&PlanKey::Time).chain(fields).cloned().collect();
        Self { keys, ..plan }
    }

    /// The same plan over some days together, by the keys of rows and one more field; `None` without a day.
    pub(crate) fn over_strata(
        &self,
        days: &[Step],
        has_fields: bool,
        stratum: &Arc<Field>,
    ) -> Option<Self> {
        let range = DayRange::try_new(days.first()?.days.first(), days.last()?.days.last())?;
        let periods = days.iter().flat_map(|day| day.periods.iter().copied()).collect();
        let step =
            Step { name: String::new(), place: 0, first: range.first(), days: range, periods };
        let plan = self.of_other_days(vec![step], self.coverage.clone());
        let fields = self.keys.iter().filter(|key| has_fields && !matches!(key, PlanKey::Time));
        let stratum = PlanKey::Field { field: Arc::clone(stratum), only: None };
        Some(Self { keys: fields.cloned().chain([stratum]).collect(), ..plan })
    }

    /// How many measures of a set of cells are used: those that the answer contains, or all if some determine what may
    /// be shown of it.
    pub(crate) fn n_looked_at(&self) -> usize {
        if self.withholding.is_some() { self.measures.len() } else { self.n_answered }
    }

    /// Whether one cell may belong to several rows.
    pub(crate) fn has_overlapping_groups(&self) -> bool {
        self.keys.iter().any(|key| match key {
            PlanKey::Field { field, .. } => field.multi,
            PlanKey::Time | PlanKey::Age(_) => false,
        })
    }

    /// Whether no day of the range is present, so that there are no numbers either.
    pub(crate) fn has_no_data(&self) -> bool {
        self.coverage.n_days_present == 0
    }
}

/// A step of time with the periods that hold exactly its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The step as a key's value: `2026-01-31`, `2026-01`, `2026`; empty where time is no key.
    pub(crate) name: String,
    /// The number of steps after the range's first one, including those without data; 0 if time is not a key.
    pub(crate) place: i32,
    /// Its first requested day, present or not; if time is not a key, that of the range.
    pub(crate) first: Date,
    /// From its first to its last present day, or from where its window begins.
    pub(crate) days: DayRange,
    pub(crate) periods: Vec<Period>,
}

/// What rows are compared with.
#[derive(Debug)]
pub(crate) enum OtherSide {
    /// The same plan over other days. Steps of time have the positions of those that they are compared with; a missing
    /// one holds no periods.
    Days(Box<Plan>),
    /// The group with this code of a key, which is a field.
    Member { key: usize, code: u32 },
    /// All that is not in the row; only of its step of time if fields are grouped beside it.
    Rest { is_of_step: bool },
    /// Everything; only of the row's step of time if fields are grouped beside it.
    Whole { is_of_step: bool },
    /// The same plan over another snapshot. Steps of time have the positions of those of the same name; a missing one
    /// holds no periods.
    Snapshot(Box<OtherSnapshot>),
}

/// Another snapshot, and the plan over it.
#[derive(Debug)]
pub(crate) struct OtherSnapshot {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) plan: Plan,
}

/// The days of a query that are present one by one and settled.
#[derive(Debug)]
pub(crate) struct ByDay {
    pub(crate) days: Vec<Step>,
    /// If rows are compared with other days, the days that these are compared with.
    pub(crate) other_days: Option<Vec<Step>>,
    pub(crate) has_verdicts: bool,
    /// The declared test that the verdicts belong to.
    pub(crate) test: Option<BoundTest>,
}

/// How an output may vary between people, or between days: positions among the plan's `measures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateOf {
    /// A rate of people: those in the numerator are among those in the denominator.
    People {
        part: usize,
        whole: usize,
        /// The count of the denominator's events, if it is needed and the model has it.
        events: Option<usize>,
    },
    /// A ratio of sums over days.
    Sums { above: usize, below: usize },
    /// In no known way.
    Nothing,
}

/// The days before each step of time.
#[derive(Debug)]
pub(crate) struct BoundLookBack {
    pub(crate) n_days: u32,
    /// The distinct measure: a position among the plan's `measures`, and the name.
    pub(crate) measure: (usize, String),
    /// The steps have the positions of those that they precede; if none of their days is present, they hold no periods.
    pub(crate) plan: Box<Plan>,
}

/// One key that rows are grouped by.
#[derive(Debug, Clone)]
pub(crate) enum PlanKey {
    Time,
    Field {
        field: Arc<Field>,
        /// The values that make groups, by code; `None` for all. The empty set always makes one.
        only: Option<Vec<bool>>,
    },
    /// The age of a dimension's member; only if steps are single days.
    Age(Ages),
}

impl PlanKey {
    /// Whether it is an age, whose values are numbers.
    pub(crate) fn is_age(&self) -> bool {
        match self {
            Self::Age(_) => true,
            Self::Time | Self::Field { .. } => false,
        }
    }
}

/// A required stored measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlanMeasure {
    /// The position among the snapshot's stored measures.
    pub(crate) column: usize,
    pub(crate) reading: Reading,
}

impl PlanMeasure {
    /// A stored measure that is a single number.
    pub(crate) fn number(column: usize) -> Self {
        Self { column, reading: Reading::Number }
    }
}

/// What is read from a stored measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// Its single number.
    Number,
    /// A quantile, from a quantile measure.
    Quantile(Percentile),
    /// The share of values below a threshold, from a quantile measure.
    Below(f64),
    /// The share of the other values, from a quantile measure.
    Above(f64),
}

/// A requested measure.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// The position among the plan's `measures`.
    Stored(usize),
    /// An expression over measures and shares, each with its position among the plan's `measures`, and the pairs of
    /// them in which the first counts a part of those that the second counts.
    Derived { expression: Expression, of: Vec<(String, usize)>, parts: Vec<(String, String)> },
}

impl Output {
    /// The positions, among the plan's `measures`, that it needs.
    pub(crate) fn needs(&self) -> Vec<usize> {
        match self {
            Self::Stored(at) => vec![*at],
            Self::Derived { of, .. } => of.iter().map(|(_, at)| *at).collect(),
        }
    }
}

/// One thing that rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlanOrder {
    pub(crate) by: OrderTarget,
    pub(crate) direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderTarget {
    /// The position among the plan's `outputs`.
    Output(usize),
    /// The position among the plan's `keys`.
    Key(usize),
    /// A number of the comparison of one of the plan's `outputs`, by position.
    Compared(usize, ComparedPart),
}
