//! Which rows of a file are kept: those with one of the named values in each of the named fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::DataType;
use clio_proto::{FieldRef, KeptValues, Model, Projection};

use crate::error::FileProblem;
use crate::snapshot::columns::{column_as, offset, text_list};
use crate::snapshot::layout::Layout;
use crate::snapshot::lookup::LookupTable;

/// What must hold of the rows that are kept.
#[derive(Debug)]
pub(in crate::snapshot) struct KeptRows(Vec<KeptIn>);

/// The values that are kept of one field.
#[derive(Debug)]
struct KeptIn {
    dimension: String,
    multi: bool,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// Members.
    Own(BTreeSet<String>),
    /// The values of an attribute; without a lookup, no member has any.
    OfAttribute {
        lookup: Option<(String, Arc<LookupTable>)>,
        attribute: String,
        texts: BTreeSet<String>,
    },
}

impl KeptRows {
    /// Of a projection that the model [allows](super::check).
    pub(in crate::snapshot) fn new(
        projection: &Projection,
        model: &Model,
        lookups: &BTreeMap<String, (u64, Arc<LookupTable>)>,
    ) -> Self {
        let kept = projection.only.iter().filter_map(|KeptValues { field, values }| {
            let FieldRef { dimension, attribute } = field;
            let own = model.dimension(dimension)?;
            let texts = values.iter().cloned().collect();
            let values = match attribute {
                None => Values::Own(texts),
                Some(attribute) => {
                    let lookup = own.members.as_ref().and_then(|name| {
                        let (_, table) = lookups.get(name)?;
                        Some((name.clone(), Arc::clone(table)))
                    });
                    Values::OfAttribute { lookup, attribute: attribute.clone(), texts }
                }
            };
            Some(KeptIn { dimension: dimension.clone(), multi: own.multi, values })
        });
        Self(kept.collect())
    }

    /// The lookups by which rows are kept.
    pub(in crate::snapshot) fn lookups(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|own| match &own.values {
            Values::OfAttribute { lookup: Some((name, _)), .. } => Some(name.as_str()),
            Values::OfAttribute { lookup: None, .. } | Values::Own(_) => None,
        })
    }

    /// The columns that are read for this alone.
    pub(in crate::snapshot) fn columns_beside<'a>(
        &'a self,
        layout: &'a Layout,
    ) -> impl Iterator<Item = &'a str> {
        let is_left_out =
            |name: &str| layout.dimensions.iter().any(|own| own.name == name && own.is_left_out);
        let columns: BTreeSet<&str> = self.0.iter().map(|own| own.dimension.as_str()).collect();
        columns.into_iter().filter(move |name| is_left_out(name))
    }

    /// The rows of a batch that are kept.
    pub(in crate::snapshot) fn of(
        &self,
        mut batch: RecordBatch,
    ) -> Result<RecordBatch, FileProblem> {
        for own in &self.0 {
            let mask = own.mask(&batch)?;
            let kept = filter_record_batch(&batch, &mask);
            batch = kept.map_err(|error| FileProblem::Parquet(error.to_string()))?;
        }
        Ok(batch)
    }
}

impl KeptIn {
    fn mask(&self, batch: &RecordBatch) -> Result<BooleanArray, FileProblem> {
        if !self.multi {
            let texts = column_as(batch, &self.dimension, &DataType::Utf8)?;
            return Ok(self.of_members(texts.as_string()));
        }
        let lists = column_as(batch, &self.dimension, &text_list())?;
        let lists = lists.as_list::<i32>();
        let holds = self.of_members(lists.values().as_string());
        let ends = lists.value_offsets().windows(2).enumerate();
        let any = ends.map(|(row, ends)| {
            let mut elements = offset(ends[0])..offset(ends[1]);
            lists.is_valid(row) && elements.any(|at| holds.value(at))
        });
        Ok(any.collect::<Vec<bool>>().into())
    }

    /// Whether each member has a value that is kept; null has none.
    fn of_members(&self, texts: &StringArray) -> BooleanArray {
        let mut last: Option<(&str, bool)> = None;
        let holds = texts.iter().map(|text| {
            let Some(text) = text else { return false };
            // Cells are sorted, so that most values equal the previous one.
            let holds = match last {
                Some((before, holds)) if before == text => holds,
                _ => self.holds(text),
            };
            last = Some((text, holds));
            holds
        });
        holds.collect::<Vec<bool>>().into()
    }

    fn holds(&self, member: &str) -> bool {
        match &self.values {
            Values::Own(members) => members.contains(member),
            Values::OfAttribute { lookup, attribute, texts } => {
                let found = lookup.as_ref().and_then(|(_, table)| {
                    let column = table.column(attribute)?;
                    let mut own = column.codes(table.row(member)?).iter();
                    Some(own.any(|code| {
                        column.texts.text(*code).is_some_and(|text| texts.contains(text))
                    }))
                });
                found.unwrap_or(false)
            }
        }
    }
}
