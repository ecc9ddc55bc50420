//! One state per group for each kind of sketch, as the engine's aggregates need it.

use clio_sketch::{GroupedQuantiles, GroupedSketches, SketchError};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt64Array};
use datafusion::arrow::datatypes::{Float64Type, UInt64Type};
use datafusion::common::{Result, exec_err};

use super::refused;

/// One sketch for each dense group id.
pub(in crate::functions) trait GroupStates: Send + Sync + 'static {
    /// Adds the values of rows to their groups; nulls and filtered-out rows are ignored.
    fn insert_batch(
        &mut self,
        values: &ArrayRef,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) -> Result<()>;

    /// Adds an encoded sketch to a group.
    fn union_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<(), SketchError>;

    /// Adds empty groups until there are this many.
    fn resize(&mut self, n_groups: usize);

    fn n_groups(&self) -> usize;

    /// Appends the bytes of a group.
    fn encode(&self, group: usize, out: &mut Vec<u8>);

    /// Passes the bytes of the first groups to `emit`, and removes these groups.
    fn encode_first(&mut self, n_groups: usize, emit: &mut dyn FnMut(&[u8]));

    fn size_bytes(&self) -> usize;

    /// An empty state for the same sketches.
    fn like(&self) -> Self;
}

impl GroupStates for GroupedSketches {
    fn insert_batch(
        &mut self,
        values: &ArrayRef,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let hashes: &UInt64Array = match values.as_primitive_opt::<UInt64Type>() {
            Some(hashes) => hashes,
            None => return exec_err!("expected hashes as UInt64, found {}", values.data_type()),
        };
        let n_nulls = hashes.null_count();
        if n_nulls == hashes.len() {
            // All rows belong to another source: skip them without looking at each.
            return Ok(());
        }
        match filter {
            None if n_nulls == 0 => Self::insert_batch(self, groups, hashes.values()),
            None => {
                for (hash, &group) in hashes.iter().zip(groups) {
                    if let Some(hash) = hash {
                        self.insert(group, hash);
                    }
                }
            }
            Some(filter) => {
                for ((hash, &group), pass) in hashes.iter().zip(groups).zip(filter) {
                    if let (Some(hash), Some(true)) = (hash, pass) {
                        self.insert(group, hash);
                    }
                }
            }
        }
        Ok(())
    }

    fn union_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<(), SketchError> {
        Self::union_bytes(self, group, bytes)
    }

    fn resize(&mut self, n_groups: usize) {
        Self::resize(self, n_groups);
    }

    fn n_groups(&self) -> usize {
        Self::n_groups(self)
    }

    fn encode(&self, group: usize, out: &mut Vec<u8>) {
        Self::encode(self, group, out);
    }

    fn encode_first(&mut self, n_groups: usize, emit: &mut dyn FnMut(&[u8])) {
        Self::encode_first(self, n_groups, emit);
    }

    fn size_bytes(&self) -> usize {
        Self::size_bytes(self)
    }

    fn like(&self) -> Self {
        Self::new(self.family(), self.precision())
    }
}

impl GroupStates for GroupedQuantiles {
    fn insert_batch(
        &mut self,
        values: &ArrayRef,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let values: &Float64Array = match values.as_primitive_opt::<Float64Type>() {
            Some(values) => values,
            None => return exec_err!("expected values as Float64, found {}", values.data_type()),
        };
        if values.null_count() == values.len() {
            return Ok(());
        }
        for (row, (value, &group)) in values.iter().zip(groups).enumerate() {
            let passes = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if let (Some(value), true) = (value, passes) {
                self.insert(group, value).map_err(refused)?;
            }
        }
        Ok(())
    }

    fn union_bytes(&mut self, group: usize, bytes: &[u8]) -> Result<(), SketchError> {
        Self::union_bytes(self, group, bytes)
    }

    fn resize(&mut self, n_groups: usize) {
        Self::resize(self, n_groups);
    }

    fn n_groups(&self) -> usize {
        Self::n_groups(self)
    }

    fn encode(&self, group: usize, out: &mut Vec<u8>) {
        Self::encode(self, group, out);
    }

    fn encode_first(&mut self, n_groups: usize, emit: &mut dyn FnMut(&[u8])) {
        Self::encode_first(self, n_groups, emit);
    }

    fn size_bytes(&self) -> usize {
        Self::size_bytes(self)
    }

    fn like(&self) -> Self {
        Self::new(self.scale())
    }
}
