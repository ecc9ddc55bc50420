//! A month from its days, a year from its months, all time from its years.
//!
//! A parent always equals the union of its children, to the byte, whether it is made of all of them again or,
//! where little has changed in them, of its old cells and the changes (`difference.rs`). A parent whose bytes
//! stay the same leaves those above it alone. A retired month, whose days have left the lake, is made of all its
//! days again or not at all.

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

/// Where the cells of periods are written.
pub(crate) trait Stage: Send {
    /// Writes a period's cells, checking each against the invariants; `old` are the period's files before the
    /// run.
    fn stage(
        &mut self,
        shape: &CellShape,
        period: Period,
        cells: &PeriodCells,
        old: &[LakeFile],
    ) -> impl Future<Output = Result<Rebuilt, EtlError>> + Send;

    /// Uses the file of a period's only child as the period's own: the same cells give the same bytes.
    fn copy(
        &mut self,
        period: Period,
        part: &LakeFile,
        totals: Totals,
        old: &[LakeFile],
    ) -> impl Future<Output = Result<Rebuilt, EtlError>> + Send;
}

/// The input of a fold.
pub(crate) struct Fold<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) shape: &'a CellShape,
    pub(crate) store: &'a Arc<dyn ObjectStore>,
    pub(crate) n_threads: usize,
    /// The lake's files from before the run.
    pub(crate) old: &'a BTreeMap<Period, Vec<LakeFile>>,
    /// The retired months. If any day of one is rebuilt, all of its days are.
    pub(crate) retired: &'a RetiredDays,
    /// The rebuilt days.
    pub(crate) days: &'a Periods,
    /// The periods whose files are unreadable or missing: they are rebuilt without being read.
    pub(crate) damaged: &'a BTreeSet<Period>,
    /// The parents that are rebuilt from all their children, and stay as they are if that gives the same.
    pub(crate) doubtful: &'a BTreeSet<Period>,
}

/// The current children of a parent.
struct Children {
    files: Vec<LakeFile>,
    /// The changed ones, each with its files.
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

/// The number of parents above changed days, including damaged ones.
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
    /// Rebuilds and stages the parents of changed days.
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

    /// The readable files of a period from before the run.
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

    /// The cells of a parent from its old file and the changes below it; `None` where uniting all children is
    /// just as fast, or where the old file does not suffice.
    async fn replaced(
        &self,
        union: &Union<'_>,
        parent: Period,
        children: &Children,
        known: &mut BTreeMap<Period, Difference>,
    ) -> Result<Option<(PeriodCells, Option<Difference>)>, EtlError> {
        let before = self.old_files(parent);
        // The days of a retired month have left the lake, and without dimensions there is a single cell.
        if before.is_empty() || self.retired.is_retired(parent) || self.shape.n_dimensions == 0 {
            return Ok(None);
        }
        if self.doubtful.contains(&parent) {
            return Ok(None);
        }
        // How a damaged child differs from its former state is unknown.
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
        // A log that does not give the number of rows of its files counts no cells.
        if n_changed == 0 || n_changed > n_cells(&children.files) / 2 {
            return Ok(None);
        }
        // Either the old parent and the changed cells are in memory at once, or all children are united, which
        // can spill.
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

    /// The totals of a file that this run wrote.
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
