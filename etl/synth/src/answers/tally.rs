//! Counters for questions that share a filter and a span of time.
//!
//! Events arrive person by person, so a distinct count needs no set: a counter remembers the last
//! person it saw. Two threads that saw different people add their counters.

use super::fields::{Fact, Field, Members};

/// The counted properties of an event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    Impression,
    /// A play that has been credited to an impression.
    Play {
        watch_seconds: u32,
        is_qualified: bool,
    },
}

/// The exact measures of one group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counter {
    pub(super) impressions: u64,
    pub(super) viewers: u64,
    pub(super) plays: u64,
    pub(super) players: u64,
    pub(super) watch_seconds: u64,
    /// Credited plays, however short.
    pub(super) starts: u64,
    /// Those of them that were abandoned at once.
    pub(super) abandoned: u64,
    last_viewer: u32,
    last_player: u32,
}

/// A shorter play was abandoned at once, as in the model.
const ABANDONED_BELOW_SECONDS: u32 = 30;

/// Stands for no person: indexes are below it.
const NOBODY: u32 = u32::MAX;

impl Counter {
    const ZERO: Self = Self {
        impressions: 0,
        viewers: 0,
        plays: 0,
        players: 0,
        watch_seconds: 0,
        starts: 0,
        abandoned: 0,
        last_viewer: NOBODY,
        last_player: NOBODY,
    };

    fn add(&mut self, profile: u32, counted: Counted) {
        match counted {
            Counted::Impression => {
                self.impressions += 1;
                self.viewers += u64::from(self.last_viewer != profile);
                self.last_viewer = profile;
            }
            Counted::Play { watch_seconds, is_qualified } => {
                self.starts += 1;
                self.abandoned += u64::from(watch_seconds < ABANDONED_BELOW_SECONDS);
                if !is_qualified {
                    return;
                }
                self.plays += 1;
                self.players += u64::from(self.last_player != profile);
                self.watch_seconds += u64::from(watch_seconds);
                self.last_player = profile;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.impressions += other.impressions;
        self.viewers += other.viewers;
        self.plays += other.plays;
        self.players += other.players;
        self.watch_seconds += other.watch_seconds;
        self.starts += other.starts;
        self.abandoned += other.abandoned;
    }

    /// Whether a cube has such a group.
    pub(super) fn is_empty(&self) -> bool {
        self.impressions == 0 && self.plays == 0
    }
}

/// The periods of a question.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span {
    /// All days together.
    AllTime,
    /// All days together, and this many first days separately.
    AllTimeAndDays(u32),
    /// From one day index to another, inclusive.
    Days(u32, u32),
}

impl Span {
    fn n_periods(self) -> usize {
        match self {
            Self::AllTime | Self::Days(..) => 1,
            Self::AllTimeAndDays(n_days) => 1 + n_days as usize,
        }
    }
}

/// Groups of events by one or two fields.
#[derive(Debug, Clone)]
pub(super) struct Grouping {
    pub(super) fields: Vec<Field>,
    /// Of the single field's members, those that have a group; `None` for all.
    pub(super) only: Option<Vec<bool>>,
}

impl Grouping {
    fn n_groups(&self, members: &Members) -> usize {
        self.fields.iter().map(|field| members.n(*field)).product()
    }

    fn for_each(&self, members: &Members, fact: &Fact, mut visit: impl FnMut(usize)) {
        match *self.fields {
            [] => {}
            [field] => {
                for code in members.codes(field, fact) {
                    let code = usize::from(*code);
                    if self.only.as_ref().is_none_or(|only| only[code]) {
                        visit(code);
                    }
                }
            }
            [first, second, ..] => {
                for outer in members.codes(first, fact) {
                    for inner in members.codes(second, fact) {
                        visit(usize::from(*outer) * members.n(second) + usize::from(*inner));
                    }
                }
            }
        }
    }
}

/// Counters of one grouping over the periods of a span, period by period.
#[derive(Debug, Clone)]
pub(super) struct GroupTally {
    pub(super) grouping: Grouping,
    n_groups: usize,
    counters: Vec<Counter>,
}

impl GroupTally {
    /// A period's groups in the order of their codes.
    pub(super) fn period(&self, period: usize) -> &[Counter] {
        &self.counters[period * self.n_groups..(period + 1) * self.n_groups]
    }
}

/// Counters of some questions over one span: their total, and their groups.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) span: Span,
    /// For each period.
    pub(super) totals: Vec<Counter>,
    pub(super) groups: Vec<GroupTally>,
}

impl Tally {
    pub(super) fn new(members: &Members, span: Span, groupings: Vec<Grouping>) -> Self {
        let n_periods = span.n_periods();
        let group = |grouping: Grouping| {
            let n_groups = grouping.n_groups(members);
            GroupTally { grouping, n_groups, counters: vec![Counter::ZERO; n_periods * n_groups] }
        };
        let groups = groupings.into_iter().map(group).collect();
        Self { span, totals: vec![Counter::ZERO; n_periods], groups }
    }

    /// Adds an event for which the questions' filter holds.
    pub(super) fn add(&mut self, members: &Members, fact: &Fact, profile: u32, counted: Counted) {
        let day_period = match self.span {
            Span::AllTime => None,
            Span::AllTimeAndDays(n_days) => (fact.day < n_days).then_some(1 + fact.day as usize),
            Span::Days(from, to) if (from..=to).contains(&fact.day) => None,
            Span::Days(..) => return,
        };
        self.totals[0].add(profile, counted);
        if let Some(period) = day_period {
            self.totals[period].add(profile, counted);
        }
        for GroupTally { grouping, n_groups, counters } in &mut self.groups {
            grouping.for_each(members, fact, |group| {
                counters[group].add(profile, counted);
                if let Some(period) = day_period {
                    counters[period * *n_groups + group].add(profile, counted);
                }
            });
        }
    }

    /// Adds another thread's counters, of other people.
    pub(super) fn merge(&mut self, other: &Self) {
        merge(&mut self.totals, &other.totals);
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            merge(&mut mine.counters, &theirs.counters);
        }
    }
}

fn merge(mine: &mut [Counter], theirs: &[Counter]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        mine.merge(theirs);
    }
}
