//! The bound plan of a query: names resolved, periods chosen, tests worked out over codes.
//!
//! Whatever can be wrong with a query shows here; carrying a plan out fails on limits only.

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

use crate::snapshot::{Dimensions, Field, Snapshot, marginals_have};
use crate::withheld::Withholding;

/// A query bound to one snapshot.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The steps of time that rows are grouped by, in order; a single one where they are not.
    pub(crate) steps: Vec<Step>,
    /// The periods of the total, where steps overlap; `None` where it is what they make up together.
    pub(crate) total: Option<Vec<Period>>,
    /// Which cells count; `None` for all.
    pub(crate) filter: Option<RowFilter>,
    /// What rows are grouped by, as the query orders it.
    pub(crate) keys: Vec<PlanKey>,
    /// What is needed of stored measures, each once: what answers have first.
    pub(crate) measures: Vec<PlanMeasure>,
    /// How many of them answers have; the others say which groups stay.
    pub(crate) n_answered: usize,
    /// What is withheld of small groups; `None` of a model without `min_people`.
    pub(crate) withholding: Option<Withholding>,
    /// The measures asked for, as the query orders them.
    pub(crate) outputs: Vec<Output>,
    /// Which groups stay; `None` for all.
    pub(crate) having: Option<GroupTest>,
    /// What rows are ordered by, before the ties.
    pub(crate) order: Vec<PlanOrder>,
    /// What ranks are by, where they are asked for: a position among the plan's `outputs`.
    pub(crate) ranks_by: Option<(usize, Direction)>,
    /// The distinct measure whose reach is asked for: a position among the plan's `measures`, and the name.
    pub(crate) reach: Option<(usize, String)>,
    pub(crate) has_shares: bool,
    pub(crate) has_others: bool,
    pub(crate) has_intervals: bool,
    /// Of each output, what of it may vary.
    pub(crate) rates: Vec<RateOf>,
    /// The settled days, one by one, where an extra needs them.
    pub(crate) by_day: Option<ByDay>,
    /// With what rows are compared; `None` for nothing.
    pub(crate) compare: Option<OtherSide>,
    /// What new and returning people are told from, where they are asked for.
    pub(crate) look_back: Option<BoundLookBack>,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
    /// The multi-valued fields among the keys.
    pub(crate) overlapping: Vec<FieldRef>,
    pub(crate) coverage: Coverage,
    /// What the filter names and no member is, as far as it is listed, and how much of it there is.
    pub(crate) notices: Vec<Notice>,
    pub(crate) n_notices: u64,
}

impl Plan {
    /// How the stored measure at a position of its list is held.
    pub(crate) fn stored_type(&self, snapshot: &Snapshot, measure: usize) -> StoredType {
        snapshot.layout.measures[self.measures[measure].column].stored
    }

    /// The dimensions that cells are filtered and grouped by, where marginals have all measures; `None` where they do not, and where a
    /// file's own totals are all that is asked for.
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

    /// The same over other days: what is selected, and nothing of pages.
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

    /// The same over some days, one by one: by day and what rows are grouped by, or by day alone.
    pub(crate) fn over_days(&self, days: &[Step], has_fields: bool) -> Self {
        let plan = self.of_other_days(days.to_vec(), self.coverage.clone());
        let fields = self.keys.iter().filter(|key| has_fields && !matches!(key, PlanKey::Time));
        let keys = std::iter::once(&PlanKey::Time).chain(fields).cloned().collect();
        Self { keys, ..plan }
    }

    /// The same over some days together, by what rows are grouped by and a field more; `None` without a day.
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

    /// How many measures are looked at of a set of cells: those that answers have, or all, where some say what is told of it.
    pub(crate) fn n_looked_at(&self) -> usize {
        if self.withholding.is_some() { self.measures.len() } else { self.n_answered }
    }

    /// Whether rows of one cell may be several.
    pub(crate) fn has_overlapping_groups(&self) -> bool {
        self.keys.iter().any(|key| match key {
            PlanKey::Field { field, .. } => field.multi,
            PlanKey::Time | PlanKey::Age(_) => false,
        })
    }

    /// Whether no day of the range is there, so that there is no number either.
    pub(crate) fn has_no_data(&self) -> bool {
        self.coverage.n_days_present == 0
    }
}

/// A step of time with the periods that hold exactly its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The step as a key's value: `2026-01-31`, `2026-01`, `2026`; empty where time is no key.
    pub(crate) name: String,
    /// How many steps after the range's first one, those without data counted; 0 where time is no key.
    pub(crate) place: i32,
    /// Its first day that is asked for, whether it is there or not; where time is no key, that of the range.
    pub(crate) first: Date,
    /// From its first to its last day that is there, or from where its window begins.
    pub(crate) days: DayRange,
    pub(crate) periods: Vec<Period>,
}

/// What rows are compared with.
#[derive(Debug)]
pub(crate) enum OtherSide {
    /// The same of other days. Steps of time have the positions of those that they are compared with; where one has none, it
    /// holds no periods.
    Days(Box<Plan>),
    /// The group with this code of a key, which is a field.
    Member { key: usize, code: u32 },
    /// All that is not in the row; of its step of time alone where fields are grouped beside it.
    Rest { is_of_step: bool },
    /// All, of the row's step of time alone where fields are grouped beside it.
    Whole { is_of_step: bool },
    /// The same of another snapshot. Steps of time have the positions of those of the same name; where there is none, it holds no
    /// periods.
    Snapshot(Box<OtherSnapshot>),
}

/// Another snapshot, and the plan over it.
#[derive(Debug)]
pub(crate) struct OtherSnapshot {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) plan: Plan,
}

/// The days of a query that are there one by one and do not change any more.
#[derive(Debug)]
pub(crate) struct ByDay {
    pub(crate) days: Vec<Step>,
    /// Where rows are compared with other days, those that the days stand beside.
    pub(crate) other_days: Option<Vec<Step>>,
    pub(crate) has_verdicts: bool,
    /// The test of the model that verdicts are of.
    pub(crate) test: Option<BoundTest>,
}

/// What of an output may vary from people to people, or from day to day: positions among the plan's `measures`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateOf {
    /// A rate of people: those above are among those below.
    People {
        part: usize,
        whole: usize,
        /// What counts the events of those below, where that is asked for and the model has it.
        events: Option<usize>,
    },
    /// A ratio of what adds up over days.
    Sums { above: usize, below: usize },
    /// Nothing that is known.
    Nothing,
}

/// The days before each step of time.
#[derive(Debug)]
pub(crate) struct BoundLookBack {
    pub(crate) n_days: u32,
    /// The distinct measure: a position among the plan's `measures`, and the name.
    pub(crate) measure: (usize, String),
    /// The steps are at the positions of those that they come before; where none of their days is there, they hold no periods.
    pub(crate) plan: Box<Plan>,
}

/// One thing that rows are grouped by.
#[derive(Debug, Clone)]
pub(crate) enum PlanKey {
    Time,
    Field {
        field: Arc<Field>,
        /// The values that make groups, by code; `None` for all. The empty set always makes one.
        only: Option<Vec<bool>>,
    },
    /// The age of a dimension's member; only where steps are of single days.
    Age(Ages),
}

impl PlanKey {
    /// Whether it is an age, which has a number.
    pub(crate) fn is_age(&self) -> bool {
        match self {
            Self::Age(_) => true,
            Self::Time | Self::Field { .. } => false,
        }
    }
}

/// What is needed of a stored measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlanMeasure {
    /// The position among the snapshot's stored measures.
    pub(crate) column: usize,
    pub(crate) reading: Reading,
}

impl PlanMeasure {
    /// The number that a stored measure is.
    pub(crate) fn number(column: usize) -> Self {
        Self { column, reading: Reading::Number }
    }
}

/// What is read off a stored measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// The number that it is.
    Number,
    /// Of a quantile measure, a quantile.
    Quantile(Percentile),
    /// Of a quantile measure, the share of values below a threshold.
    Below(f64),
    /// Of a quantile measure, the share of values that are not.
    Above(f64),
}

/// A measure asked for.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// The position among the plan's `measures`.
    Stored(usize),
    /// An expression over measures and shares, each with its position among the plan's `measures`, and the pairs of them of which the
    /// first counts a part of those that the second one counts.
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
