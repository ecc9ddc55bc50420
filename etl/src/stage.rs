//! The periods that a run rebuilds: written beside the lake, checked, and compared with what was there.

use std::collections::BTreeMap;
use std::ops::Range;

use clio_proto::Period;

use crate::cells::{CellShape, SortedCells};
use crate::check::{Checked, Totals};
use crate::error::{During, EtlError};
use crate::lake::{LakeFile, Staging, TableState, Written};

/// A period that was rebuilt, whether its bytes changed or not.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    /// `None` where it has no cells any more.
    pub(crate) file: Option<LakeFile>,
    pub(crate) totals: Totals,
    pub(crate) is_changed: bool,
}

/// Rebuilt periods, in order.
pub(crate) type Periods = BTreeMap<Period, Rebuilt>;

/// Where rebuilt periods go.
#[derive(Debug)]
pub(crate) struct Stager {
    pub(crate) staging: Staging,
    pub(crate) checked: Checked,
}

/// A period's cells among sorted ones.
#[derive(Debug)]
pub(crate) struct PeriodCells<'a> {
    pub(crate) cells: &'a SortedCells,
    pub(crate) range: Range<usize>,
    /// The column with the first dimension.
    pub(crate) first_column: usize,
}

impl Stager {
    /// Writes a period's cells, each of which is checked.
    pub(crate) async fn stage(
        &mut self,
        shape: &CellShape,
        period: Period,
        cells: PeriodCells<'_>,
        old: &[LakeFile],
    ) -> Result<Rebuilt, EtlError> {
        let mut totals = Totals::new(shape);
        let PeriodCells { cells, range, first_column } = cells;
        let batches = cells.chunks(range, first_column, &shape.file_schema).map(|batch| {
            let batch = batch.during("writing cells")?;
            totals.add(shape, period, &batch)?;
            Ok(batch)
        });
        let written = self.staging.write(Some(period), &shape.file_schema, batches, old).await?;
        self.checked.n_cells += totals.n_cells;
        Ok(rebuilt(written, totals))
    }

    /// Takes the only part of a period for the period itself: the same cells are the same bytes.
    pub(crate) async fn copy(
        &mut self,
        period: Period,
        part: &LakeFile,
        totals: Totals,
        old: &[LakeFile],
    ) -> Result<Rebuilt, EtlError> {
        let written = self.staging.copy(period, part, old).await?;
        Ok(rebuilt(written, totals))
    }
}

/// A period as it was written.
pub(crate) fn rebuilt(written: Written, totals: Totals) -> Rebuilt {
    let (file, is_changed) = match written {
        Written::New(file) => (file, true),
        Written::Same(file) => (file, false),
    };
    Rebuilt { file: Some(file), totals, is_changed }
}

/// The files of each period of a state.
pub(crate) fn files_by_period(state: Option<&TableState>) -> BTreeMap<Period, Vec<LakeFile>> {
    let mut files: BTreeMap<Period, Vec<LakeFile>> = BTreeMap::new();
    for file in state.iter().flat_map(|state| &state.files) {
        if let Some(period) = file.period {
            files.entry(period).or_default().push(file.clone());
        }
    }
    files
}
