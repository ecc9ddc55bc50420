//! A month from its days, a year from its months, all time from its years.
//!
//! A parent is always what its children come to, to the byte, whether it is made of all of them again or, where
//! little changed in them, of its old self and what did (`difference.rs`). A parent whose bytes stay the same
//! leaves those above it alone. A retired month, whose days have left the lake, is made of all its days again
//! or not at all.

mod difference;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{Grain, Period, RetiredDays};
use datafusion::prelude::SessionContext;
use object_store::ObjectStore;

use self::difference::Difference;
use crate::cells::{CellShape, PeriodCells, Periods, Rebuilt, Totals, Union};
use crate::checks::invariants;
use crate::config::Progress;
use crate::error::EtlError;
use clio_lake::LakeFile;

/// Where the cells of periods go.
pub(crate) trait Stage: Send {
    /// Writes a period's cells, each of which is held against the invariants; `old` are its files before.
    fn stage(
        &mut self,
        shape: &CellShape,
        period: Period,
        cells: &PeriodCells,
        old: &[LakeFile],
    ) -> impl Future<Output = Result<Rebuilt, EtlError>> + Send;

    /// Takes the only part of a period for the period itself: the same cells are the same bytes.
    fn copy(
        &mut self,
        period: Period,
        part: &LakeFile,
        totals: Totals,
        old: &[LakeFile],
    ) -> impl Future<Output = Result<Rebuilt, EtlError>> + Send;
}

/// What a fold works on.
pub(crate) struct Fold<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) shape: &'a CellShape,
    pub(crate) store: &'a Arc<dyn ObjectStore>,
    pub(crate) n_threads: usize,
    /// The lake's files before the run.
    pub(crate) old: &'a BTreeMap<Period, Vec<LakeFile>>,
    /// The months whose days are not among them. One that has rebuilt days has all of them rebuilt.
    pub(crate) retired: &'a RetiredDays,
    /// The rebuilt days.
    pub(crate) days: &'a Periods,
    /// The periods whose files cannot be read, or are not there: they are rebuilt, without a look at them.
    pub(crate) damaged: &'a BTreeSet<Period>,
    /// The parents that are rebuilt from all their children, and stay where that gives what they are.
    pub(crate) doubtful: &'a BTreeSet<Period>,
}

/// The children of a parent as they are now.
struct Children {
    files: Vec<LakeFile>,
    /// Those that changed, each with its files.
    changed: Vec<(Period, Vec<LakeFile>)>,
}

impl Children {
    fn of(
        parent: Period,
        current: &BTreeMap<Period, Vec<LakeFile>>,
        changed: &BTreeSet<Period>,
    ) -> Self {
        let is_child = |period: &Period| period.parent() == Some(parent);
        let of_child = |child: Period| current.get(&child).cloned().unwrap_or_default();
        Self {
            files: current.keys().copied().filter(is_child).flat_map(of_child).collect(),
            changed: changed
                .iter()
                .copied()
                .filter(is_child)
                .map(|child| (child, of_child(child)))
                .collect(),
        }
    }
}

/// How many parents there are above the days that changed, with those that are damaged.
pub(crate) fn n_parents(
    days: &Periods,
    damaged: &BTreeSet<Period>,
    doubtful: &BTreeSet<Period>,
) -> u64 {
    let of_grain = |grain| {
        let damaged = damaged.iter().chain(doubtful).copied().filter(|it| it.grain() == grain);
        let parents = changed_days(days).filter_map(|day| ancestor(day, grain));
        parents.chain(damaged).collect::<BTreeSet<Period>>().len() as u64
    };
    Grain::ABOVE_DAY.map(of_grain).iter().sum()
}

fn changed_days(days: &Periods) -> impl Iterator<Item = Period> {
    days.iter().filter(|(_, day)| day.is_changed).map(|(period, _)| *period)
}

impl Fold<'_> {
    /// Rebuilds and stages the parents of the days that changed.
    pub(crate) async fn run(
        &self,
        stager: &mut impl Stage,
        progress: &dyn Progress,
    ) -> Result<Periods, EtlError> {
        let union = Union::new(self.ctx, self.shape, Arc::clone(self.store), self.n_threads)?;
        let mut current = self.old.clone();
        for (period, day) in self.days {
            current.insert(*period, day.file.iter().cloned().collect());
        }
        let mut changed: BTreeSet<Period> = changed_days(self.days).collect();
        let mut differences = BTreeMap::new();
        let mut parents = Periods::new();
        for grain in Grain::ABOVE_DAY {
            let touched: BTreeSet<Period> = changed
                .iter()
                .filter_map(|period| period.parent())
                .chain(self.damaged.iter().chain(self.doubtful).copied())
                .filter(|parent| parent.grain() == grain)
                .collect();
            for parent in touched {
                let children = Children::of(parent, &current, &changed);
                let known = (&parents, &mut differences);
                let rebuilt = self.one(&union, stager, parent, children, known).await?;
                current.insert(parent, rebuilt.file.iter().cloned().collect());
                if rebuilt.is_changed {
                    changed.insert(parent);
                }
                parents.insert(parent, rebuilt);
                progress.advance(1);
            }
        }
        self.check_all_time(&mut parents)?;
        Ok(parents)
    }

    /// The files of a period before the run, as far as they can be read.
    fn old_files(&self, period: Period) -> &[LakeFile] {
        if self.damaged.contains(&period) {
            return &[];
        }
        self.old.get(&period).map(Vec::as_slice).unwrap_or_default()
    }

    async fn one(
        &self,
        union: &Union<'_>,
        stager: &mut impl Stage,
        parent: Period,
        children: Children,
        (parents, known): (&Periods, &mut BTreeMap<Period, Difference>),
    ) -> Result<Rebuilt, EtlError> {
        let before = self.old_files(parent);
        match children.files.as_slice() {
            [] => Ok(Rebuilt { file: None, totals: Totals::new(self.shape), is_changed: true }),
            [only] if let Some(totals) = self.totals_of(only, parents) => {
                stager.copy(parent, only, totals, before).await
            }
            files => {
                let cells = match self.replaced(union, parent, &children, known).await? {
                    Some((cells, difference)) => {
                        known.extend(difference.map(|difference| (parent, difference)));
                        cells
                    }
                    None => union.cells(files).await?,
                };
                let rebuilt = stager.stage(self.shape, parent, &cells, before).await?;
                let expected = union.whole_totals(files).await?;
                invariants::parent_is_sum(self.shape, parent, &rebuilt.totals, &expected)?;
                Ok(rebuilt)
            }
        }
    }

    /// The cells of a parent from its old file and what changed below it; `None` where all its children are
    /// as quick to unite, or where that file cannot tell.
    async fn replaced(
        &self,
        union: &Union<'_>,
        parent: Period,
        children: &Children,
        known: &mut BTreeMap<Period, Difference>,
    ) -> Result<Option<(PeriodCells, Option<Difference>)>, EtlError> {
        let before = self.old_files(parent);
        // The days that a retired month was made of have left the lake, and without dimensions there is one cell.
        if before.is_empty() || self.retired.is_retired(parent) || self.shape.n_dimensions == 0 {
            return Ok(None);
        }
        if self.doubtful.contains(&parent) {
            return Ok(None);
        }
        // How a damaged child differs from what it was is unknown.
        if children.changed.iter().any(|(child, _)| self.damaged.contains(child)) {
            return Ok(None);
        }
        let n_cells = |files: &[LakeFile]| files.iter().map(|file| file.n_rows).sum::<u64>();
        let n_changed: u64 = children
            .changed
            .iter()
            .map(|(child, files)| match known.get(child) {
                Some(difference) => difference.n_cells(),
                None => n_cells(self.old_files(*child)) + n_cells(files),
            })
            .sum();
        // A log that does not say how many rows its files have gives no cells.
        if n_changed == 0 || n_changed > n_cells(&children.files) / 2 {
            return Ok(None);
        }
        // The old parent and the changed cells are in memory at once, or all children are united, which spills.
        let changed = children.changed.iter();
        let changed = changed.flat_map(|(child, files)| self.old_files(*child).iter().chain(files));
        let Some(reservation) = union.reserve(before.iter().chain(changed)) else {
            return Ok(None);
        };
        for (child, files) in &children.changed {
            if !known.contains_key(child) {
                let Some(difference) = union.difference(self.old_files(*child), files).await?
                else {
                    return Ok(None);
                };
                known.insert(*child, difference);
            }
        }
        let differences: Vec<&Difference> =
            children.changed.iter().filter_map(|(child, _)| known.get(child)).collect();
        let has_parent = parent.parent().is_some();
        union.replaced(before, &differences, &children.files, has_parent, reservation).await
    }

    /// The totals of a file that this run made.
    fn totals_of(&self, file: &LakeFile, parents: &Periods) -> Option<Totals> {
        let period = file.period?;
        let rebuilt = self.days.get(&period).or_else(|| parents.get(&period))?;
        (rebuilt.file.as_ref() == Some(file)).then(|| rebuilt.totals.clone())
    }

    fn check_all_time(&self, parents: &mut Periods) -> Result<(), EtlError> {
        let Some(all) = parents.get_mut(&Period::All) else { return Ok(()) };
        for (period, day) in self.days.iter().filter(|(_, day)| day.is_changed) {
            let mut totals = day.totals.clone();
            invariants::all_time_holds(self.shape, &mut all.totals, *period, &mut totals)?;
        }
        Ok(())
    }
}

fn ancestor(period: Period, grain: Grain) -> Option<Period> {
    let mut at = period;
    while at.grain() < grain {
        at = at.parent()?;
    }
    Some(at)
}
