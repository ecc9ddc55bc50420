//! The periods that a run rebuilds: written beside the lake, checked, and compared with the existing
//! ones.

use std::sync::Arc;

use clio_proto::Period;
use datafusion::common::DataFusionError;
use futures::stream::FuturesOrdered;
use futures::{StreamExt, TryStreamExt};

use crate::cells::{CellShape, PeriodCells, Piece, Rebuilt, Totals};
use crate::checks::invariants::{self, Checked};
use crate::error::{During, EtlError};
use crate::fold::Stage;
use clio_lake::{FilledGroup, LakeFile, MAX_ROW_GROUP_BYTES, N_ROW_GROUP_CELLS, RowGroup, Staging};

const STEP: &str = "writing cells";

/// Where rebuilt periods are written.
#[derive(Debug)]
pub(crate) struct Stager {
    pub(crate) staging: Staging,
    pub(crate) checked: Checked,
    /// How many row groups are encoded at once.
    pub(crate) n_threads: usize,
}

impl Stage for Stager {
    /// Row groups are encoded in parallel.
    async fn stage(
        &mut self,
        shape: &CellShape,
        period: Period,
        cells: &PeriodCells,
        old: &[LakeFile],
    ) -> Result<Rebuilt, EtlError> {
        let mut file = self.staging.begin(period, &shape.file_schema).await?;
        let shape = Arc::new(shape.clone());
        let mut pieces = cells.pieces(N_ROW_GROUP_CELLS, MAX_ROW_GROUP_BYTES);
        let mut totals = Totals::new(&shape);
        let mut filling = FuturesOrdered::new();
        loop {
            while filling.len() < self.n_threads.max(1)
                && let Some(piece) = pieces.try_next().await.during(STEP)?
            {
                let (group, shape) = (file.group()?, Arc::clone(&shape));
                filling.push_back(tokio::task::spawn_blocking(move || {
                    filled(group, &shape, period, &piece)
                }));
            }
            let Some(filled) = filling.next().await else { break };
            let filled = filled.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)));
            let (group, of_group) = filled.during(STEP)??;
            totals.merge(of_group);
            file.append(group).await?;
        }
        let written = self.staging.end(period, file, old).await?;
        self.checked.n_cells += totals.n_cells;
        Ok(Rebuilt::of(written, totals))
    }

    async fn copy(
        &mut self,
        period: Period,
        part: &LakeFile,
        totals: Totals,
        old: &[LakeFile],
    ) -> Result<Rebuilt, EtlError> {
        let written = self.staging.copy(period, part, old).await?;
        Ok(Rebuilt::of(written, totals))
    }
}

/// Fills a row group with cells that satisfy the invariants.
fn filled(
    mut group: RowGroup,
    shape: &CellShape,
    period: Period,
    cells: &Piece,
) -> Result<(FilledGroup, Totals), EtlError> {
    let mut totals = Totals::new(shape);
    for batch in cells.chunks(&shape.file_schema) {
        let batch = batch.during(STEP)?;
        invariants::hold(shape, period, &batch, &mut totals)?;
        group.write(&batch)?;
    }
    Ok((group.finish()?, totals))
}
