//! From the columns of each file to the columns of the rows: one type per column, and how values are converted to
//! it.

use std::sync::Arc;

use clio_lake::KnownColumn;
use clio_proto::ColumnType;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::Piece;
use super::common_type::common_type;
use super::origin::Origin;
use crate::error::{ColumnError, TableName, TypeInFile, type_name};
use crate::functions::types::{arrow_type, type_of};
use crate::functions::{Exact, is_castable};
use crate::input::columns::{AbsentColumn, Columns, TableColumns, Use};

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Settled {
    /// The columns as files are read.
    pub(super) schema: SchemaRef,
    /// Casts applied after reading, value by value.
    pub(super) casts: Vec<Exact>,
    /// Whether numbers of some files are read as text, since others have text.
    pub(super) coerces: bool,
}

/// The columns of all pieces, in order.
pub(super) struct Pieces<'a> {
    pub(super) name: &'a TableName,
    pub(super) origin: &'a dyn Origin,
    pub(super) pieces: &'a [Piece],
    pub(super) schemas: &'a [SchemaRef],
    /// This many of the first pieces are not read: they only contribute their columns' types.
    pub(super) n_before: usize,
    /// Whether a column exists although a file lacks it, since its rows may have any keys.
    pub(super) has_free_keys: bool,
}

/// One column across files.
struct Found {
    field: Arc<Field>,
    /// The types in the files where it has values.
    types: Vec<(usize, DataType)>,
    /// Whether some file has lists, even if all are empty.
    has_lists: bool,
}

impl Found {
    /// The type where no file has a value: text, or lists of text where there are lists.
    fn without_values(&self, own: Option<Use>) -> DataType {
        if self.has_lists || own == Some(Use::List) { texts() } else { DataType::Utf8View }
    }
}

/// Decides the type of every column, and notes what files have.
pub(super) fn settle(pieces: &Pieces<'_>, columns: &Columns) -> Result<Settled, ColumnError> {
    let table = columns.of_table(pieces.name);
    let mut settled = Settling { pieces, table: &table, casts: Vec::new(), coerces: false };
    let (mut fields, mut notes, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for found in pieces.columns() {
        let name = found.field.name().clone();
        let Some((data_type, known)) = settled.column(&found)? else { continue };
        let field = Field::new(&name, data_type, true);
        fields.push(Arc::new(field.with_metadata(found.field.metadata().clone())));
        if table.uses.contains_key(&name) {
            notes.push((name.clone(), known));
            if table.known.contains_key(&name) || !pieces.has_free_keys {
                absent.extend(pieces.absent(&table, &name));
            }
        }
    }
    for (name, known) in &table.known {
        let is_there = fields.iter().any(|field| field.name() == name);
        if is_there || !table.uses.contains_key(name) {
            continue;
        }
        let data_type = table.declared.get(name).or(known.data_type.as_ref());
        let data_type = match (data_type, table.uses.get(name)) {
            (Some(data_type), _) => arrow_type(data_type),
            (None, Some(Use::List)) => texts(),
            (None, _) => DataType::Utf8View,
        };
        fields.push(Arc::new(Field::new(name, data_type, true)));
        absent.extend(pieces.absent(&table, name));
    }
    let Settling { casts, coerces, .. } = settled;
    // Where nothing is read, files of other days give the columns, and nothing new is noted.
    if pieces.n_before < pieces.schemas.len() {
        columns.note(&table, notes, absent);
    }
    Ok(Settled { schema: Arc::new(Schema::new(Fields::from(fields))), casts, coerces })
}

impl Pieces<'_> {
    /// The columns in the order in which files name them.
    fn columns(&self) -> Vec<Found> {
        let mut all: Vec<Found> = Vec::new();
        for (index, schema) in self.schemas.iter().enumerate() {
            for field in schema.fields() {
                let at = all.iter().position(|found| found.field.name() == field.name());
                let at = at.unwrap_or_else(|| {
                    let field = Arc::clone(field);
                    all.push(Found { field, types: Vec::new(), has_lists: false });
                    all.len() - 1
                });
                // Any other metadata that a file has for the column.
                if all[at].field.metadata().is_empty() && !field.metadata().is_empty() {
                    all[at].field = Arc::clone(field);
                }
                let is_list =
                    matches!(field.data_type(), DataType::List(_) | DataType::LargeList(_));
                all[at].has_lists |= is_list;
                if !is_untyped(field.data_type()) {
                    all[at].types.push((index, field.data_type().clone()));
                }
            }
        }
        all
    }

    /// Reports a column that some of the read files lack, if any do.
    fn absent(&self, table: &TableColumns, column: &str) -> Option<AbsentColumn> {
        let read = || self.n_before..self.schemas.len();
        let lacks = |index: &usize| self.schemas[*index].column_with_name(column).is_none();
        let first = read().find(lacks)?;
        let n_files_without = read().filter(|index| lacks(index)).count() as u64;
        let n_files = read().count() as u64;
        // A rare key of rows is not worth reporting as long as some file has it.
        if self.has_free_keys && n_files_without < n_files {
            return None;
        }
        Some(AbsentColumn {
            table: table.key.clone(),
            column: column.to_owned(),
            n_files_without,
            n_files,
            first_file: self.place(first),
        })
    }

    /// A piece's name in the lake.
    fn place(&self, index: usize) -> String {
        self.pieces.get(index).map(|piece| self.origin.short_name(piece)).unwrap_or_default()
    }
}

struct Settling<'a> {
    pieces: &'a Pieces<'a>,
    table: &'a TableColumns,
    casts: Vec<Exact>,
    coerces: bool,
}

impl Settling<'_> {
    /// The type that a column is read with, and what is now known of it; `None` for an unused column on which files
    /// disagree.
    fn column(&mut self, found: &Found) -> Result<Option<(DataType, KnownColumn)>, ColumnError> {
        let name = found.field.name();
        let known = self.table.known.get(name);
        let declared = self.table.declared.get(name);
        let own = self.table.uses.get(name).copied();
        let first = found.types.first().map_or(0, |(index, _)| *index);
        let since = match known {
            Some(known) if known.data_type.is_some() || found.types.is_empty() => {
                known.file.clone()
            }
            _ => self.pieces.place(first),
        };
        let kinds: Option<Vec<ColumnType>> =
            found.types.iter().map(|(_, data_type)| type_of(data_type)).collect();
        let is_governed = declared.is_some() || matches!(own, Some(Use::Key | Use::List));
        let Some(kinds) = kinds.filter(|_| is_governed) else {
            // A sum that the lake knows as a float stays one.
            let was_float = known.and_then(|known| known.data_type.clone());
            let was_float = was_float.filter(|known| *known == ColumnType::Float64);
            if own.is_some() && is_whole_and_float(found) {
                let data_type = self.exact_floats(found);
                return Ok(Some((data_type, known_as(Some(ColumnType::Float64), since))));
            }
            let Some(data_type) = self.merged(found, own)? else { return Ok(None) };
            let known = known_as(was_float.or_else(|| type_of(&data_type)), since);
            return Ok(Some((data_type, known)));
        };
        let remembered = known.and_then(|known| known.data_type.clone());
        let mut target = declared.cloned().or(remembered).or_else(|| kinds.first().cloned());
        // Signed and unsigned integers are the same numbers, in cells and in hashes.
        let is_wide = declared.is_none()
            && target == Some(ColumnType::Int64)
            && kinds.contains(&ColumnType::UInt64);
        if is_wide {
            target = Some(ColumnType::UInt64);
        }
        let Some(target) = target else {
            return Ok(Some((found.without_values(own), known_as(None, since))));
        };
        let since_or_declared = if declared.is_some() { String::new() } else { since.clone() };
        let data_type = self.read_as(found, &kinds, &target, &since_or_declared)?;
        Ok(Some((data_type, known_as(Some(target), since))))
    }

    /// How a column is read so that its values have a given type.
    fn read_as(
        &mut self,
        found: &Found,
        kinds: &[ColumnType],
        target: &ColumnType,
        since: &str,
    ) -> Result<DataType, ColumnError> {
        let name = found.field.name();
        let merged = found.types.iter().map(|(_, data_type)| data_type.clone()).try_fold(
            None,
            |all: Option<DataType>, own| match all {
                None => Some(Some(own)),
                Some(all) => common_type(&all, &own).map(Some),
            },
        );
        let Some(first) = kinds.first() else { return Ok(arrow_type(target)) };
        if let Some(at) = kinds.iter().position(|kind| !is_castable(kind, target)) {
            return Err(self.differ(found, at, target, since));
        }
        let are_alike = kinds.iter().all(|kind| kind == first);
        if first == target
            && are_alike
            && let Some(Some(merged)) = merged
        {
            return Ok(merged);
        }
        self.casts.push(Exact {
            column: name.clone(),
            table: self.table.key.clone(),
            to: target.clone(),
            since: since.to_owned(),
            has_floats: !are_alike && kinds.contains(&ColumnType::Float64),
        });
        if are_alike && let Some(Some(merged)) = merged {
            return Ok(merged);
        }
        // Text holds any number as written.
        let is_plain = |kind: &ColumnType| kind.is_number() || *kind == ColumnType::Text;
        if let Some(at) = kinds.iter().position(|kind| !is_plain(kind)) {
            return Err(self.differ(found, at, target, since));
        }
        self.coerces = true;
        Ok(DataType::Utf8)
    }

    /// How to read numbers that are integers in some files and floats in others: as written, so that an integer
    /// that is not exactly a float is noticed before it becomes one.
    fn exact_floats(&mut self, found: &Found) -> DataType {
        let first = found.types.iter().find(|(_, data_type)| data_type.is_floating());
        self.casts.push(Exact {
            column: found.field.name().clone(),
            table: self.table.key.clone(),
            to: ColumnType::Float64,
            since: first.map_or_else(String::new, |(index, _)| self.pieces.place(*index)),
            has_floats: true,
        });
        self.coerces = true;
        DataType::Utf8
    }

    /// The type that holds the values of all files.
    fn merged(&mut self, found: &Found, own: Option<Use>) -> Result<Option<DataType>, ColumnError> {
        let mut all: Option<&DataType> = None;
        let mut merged = DataType::Null;
        for (at, (_, data_type)) in found.types.iter().enumerate() {
            if all.is_none() {
                (all, merged) = (Some(data_type), data_type.clone());
                continue;
            }
            match common_type(&merged, data_type) {
                Some(common) => merged = common,
                None if own.is_none() => return Ok(None),
                None => {
                    let kinds = found.types.iter().map(|(_, data_type)| type_of(data_type));
                    let is_plain =
                        |kind: &ColumnType| kind.is_number() || *kind == ColumnType::Text;
                    if kinds.clone().all(|kind| kind.as_ref().is_some_and(is_plain)) {
                        self.coerces = true;
                        return Ok(Some(DataType::Utf8));
                    }
                    let first = type_of(&found.types[0].1).unwrap_or(ColumnType::Binary);
                    let since = self.pieces.place(found.types[0].0);
                    return Err(self.differ(found, at, &first, &since));
                }
            }
        }
        let is_without_values = merged == DataType::Null;
        Ok(Some(if is_without_values { found.without_values(own) } else { merged }))
    }

    fn differ(&self, found: &Found, at: usize, target: &ColumnType, since: &str) -> ColumnError {
        let (index, data_type) = &found.types[at];
        let path =
            |index: usize| self.pieces.pieces.get(index).map(|piece| piece.name().to_owned());
        let second =
            TypeInFile { file: path(*index).unwrap_or_default(), data_type: type_name(data_type) };
        let first = match found.types.first() {
            // For files at hand, the type that they give themselves.
            Some((first, data_type)) if self.pieces.place(*first) == since => TypeInFile {
                file: path(*first).unwrap_or_default(),
                data_type: type_name(data_type),
            },
            _ => {
                let file = if since.is_empty() { "the model's `types`" } else { since };
                TypeInFile { file: file.to_owned(), data_type: target.to_string() }
            }
        };
        ColumnError::TypesDiffer {
            table: self.pieces.name.clone(),
            column: found.field.name().clone(),
            first: Box::new(first),
            second: Box::new(second),
        }
    }
}

fn known_as(data_type: Option<ColumnType>, file: String) -> KnownColumn {
    KnownColumn { data_type, file }
}

/// Whether a column has 64-bit integers in some files and floats in others, and nothing else.
fn is_whole_and_float(found: &Found) -> bool {
    let is_whole = |data_type: &DataType| matches!(data_type, DataType::Int64 | DataType::UInt64);
    let mut types = found.types.iter().map(|(_, data_type)| data_type);
    types.clone().all(|own| is_whole(own) || own.is_floating())
        && types.clone().any(is_whole)
        && types.any(DataType::is_floating)
}

/// Nulls, and lists without elements: any type fits.
fn is_untyped(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null => true,
        DataType::List(item) | DataType::LargeList(item) => is_untyped(item.data_type()),
        _ => false,
    }
}

fn texts() -> DataType {
    arrow_type(&ColumnType::List(Box::new(ColumnType::Text)))
}
