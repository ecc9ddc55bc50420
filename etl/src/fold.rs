//! A month from its days, a year from its months, all time from its years.
//!
//! A parent is always what its children come to, whether it is made of all of them again or, where
//! children were only added, of its old self and the new ones: counts add up, and the union of sketches
//! does not care. Sums of other than whole numbers are rounded once a period, so a parent with such a
//! measure is always made of its children. A parent whose bytes stay the same leaves those above it alone.
//! A retired month, whose days have left the lake, is made of all its days again or not at all.

mod union;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clio_proto::{Grain, Period, RetiredDays};
use datafusion::prelude::SessionContext;
use object_store::ObjectStore;

pub(crate) use self::union::{Union, summand};

use crate::cells::CellShape;
use crate::check::{self, Totals};
use crate::config::Progress;
use crate::error::EtlError;
use crate::lake::LakeFile;
use crate::stage::{PeriodCells, Periods, Rebuilt, Stager};

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
}

impl Fold<'_> {
    /// How many parents there are above the days that changed.
    pub(crate) fn n_parents(&self) -> u64 {
        let changed: Vec<Period> = self.changed_days().collect();
        [Grain::Month, Grain::Year, Grain::All]
            .map(|grain| {
                let parents: BTreeSet<Period> =
                    changed.iter().filter_map(|day| ancestor(*day, grain)).collect();
                parents.len() as u64
            })
            .iter()
            .sum()
    }

    fn changed_days(&self) -> impl Iterator<Item = Period> {
        self.days.iter().filter(|(_, day)| day.is_changed).map(|(period, _)| *period)
    }

    /// Rebuilds and stages the parents of the days that changed.
    pub(crate) async fn run(
        &self,
        stager: &mut Stager,
        progress: &dyn Progress,
    ) -> Result<Periods, EtlError> {
        let union = Union::new(self.ctx, self.shape, Arc::clone(self.store), self.n_threads)?;
        let mut current = self.old.clone();
        for (period, day) in self.days {
            current.insert(*period, day.file.iter().cloned().collect());
        }
        let mut changed: BTreeSet<Period> = self.changed_days().collect();
        let mut parents = Periods::new();
        for grain in [Grain::Month, Grain::Year, Grain::All] {
            let touched: BTreeSet<Period> = changed
                .iter()
                .filter_map(|period| period.parent())
                .filter(|parent| parent.grain() == grain)
                .collect();
            for parent in touched {
                let parts = self.parts(parent, &current, &changed);
                let rebuilt = self.one(&union, stager, parent, &parts, &parents).await?;
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

    /// The files that a parent is made of: of all children, or of its old self and the new ones.
    fn parts(
        &self,
        parent: Period,
        current: &BTreeMap<Period, Vec<LakeFile>>,
        changed: &BTreeSet<Period>,
    ) -> Vec<LakeFile> {
        let is_child = |period: &Period| period.parent() == Some(parent);
        let touched: Vec<&Period> = changed.iter().filter(|period| is_child(period)).collect();
        let before = self.old_files(parent);
        // The days that a retired month was made of look like added ones.
        let only_added = !self.retired.is_retired(parent)
            && touched.iter().all(|period| self.old_files(**period).is_empty());
        if only_added && !before.is_empty() && !self.shape.has_float_sums() {
            let added = touched.iter().filter_map(|period| current.get(period)).flatten();
            return before.iter().chain(added).cloned().collect();
        }
        let children = current.iter().filter(|(period, _)| is_child(period));
        children.flat_map(|(_, files)| files).cloned().collect()
    }

    fn old_files(&self, period: Period) -> &[LakeFile] {
        self.old.get(&period).map(Vec::as_slice).unwrap_or_default()
    }

    async fn one(
        &self,
        union: &Union<'_>,
        stager: &mut Stager,
        parent: Period,
        parts: &[LakeFile],
        parents: &Periods,
    ) -> Result<Rebuilt, EtlError> {
        let before = self.old_files(parent);
        stager.checked.n_parents += 1;
        match parts {
            [] => Ok(Rebuilt { file: None, totals: Totals::new(self.shape), is_changed: true }),
            [only] if let Some(totals) = self.totals_of(only, parents) => {
                stager.copy(parent, only, totals, before).await
            }
            parts => {
                let cells = union.cells(parts).await?;
                let all = PeriodCells { range: 0..cells.len(), cells: Arc::new(cells), first_column: 0 };
                let rebuilt = stager.stage(self.shape, parent, all, before).await?;
                let expected = union.whole_totals(parts).await?;
                check::parent_is_sum(self.shape, parent, &rebuilt.totals, &expected)?;
                Ok(rebuilt)
            }
        }
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
            check::all_time_holds(self.shape, &mut all.totals, *period, &mut totals)?;
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
