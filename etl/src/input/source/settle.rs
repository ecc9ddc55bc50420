//! From what each file says of its columns to what rows have: one type a column, and how it comes to be.

use std::sync::Arc;

use clio_lake::KnownColumn;
use clio_proto::ColumnType;
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use object_store::path::Path;
use url::Url;

use super::SourceFile;
use super::schema::common_type;
use crate::error::{ColumnError, TableName, TypeInFile, type_name};
use crate::functions::types::{arrow_type, type_of};
use crate::functions::{Exact, is_castable};
use crate::input::columns::{AbsentColumn, Columns, TableColumns, Use};

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Settled {
    /// As files are read.
    pub(super) schema: SchemaRef,
    /// What is cast after that, each value for itself.
    pub(super) casts: Vec<Exact>,
    /// Numbers of some files are read as texts, since others have texts.
    pub(super) coerces: bool,
}

/// What all files say, in the order of their paths.
pub(super) struct Files<'a> {
    pub(super) name: &'a TableName,
    pub(super) url: &'a Url,
    pub(super) files: &'a [SourceFile],
    pub(super) schemas: &'a [SchemaRef],
    /// So many of the first are not read: they only say what columns are.
    pub(super) n_before: usize,
    /// A column is there although a file lacks it: its rows may have any keys.
    pub(super) has_free_keys: bool,
}

/// One column as files have it.
struct Found {
    field: Arc<Field>,
    /// The type in each file that has values of one.
    types: Vec<(usize, DataType)>,
    /// Some file has lists, be they all empty.
    has_lists: bool,
}

impl Found {
    /// The type where no file has a value: of texts, in lists where there are lists.
    fn without_values(&self, own: Option<Use>) -> DataType {
        if self.has_lists || own == Some(Use::List) { texts() } else { DataType::Utf8View }
    }
}

/// Decides about every column, and notes what files say.
pub(super) fn settle(files: &Files<'_>, columns: &Columns) -> Result<Settled, ColumnError> {
    let table = columns.of_table(files.name);
    let mut settled = Settling { files, table: &table, casts: Vec::new(), coerces: false };
    let (mut fields, mut notes, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for found in files.columns() {
        let name = found.field.name().clone();
        let Some((data_type, known)) = settled.column(&found)? else { continue };
        let field = Field::new(&name, data_type, true);
        fields.push(Arc::new(field.with_metadata(found.field.metadata().clone())));
        if table.uses.contains_key(&name) {
            notes.push((name.clone(), known));
            if table.known.contains_key(&name) || !files.has_free_keys {
                absent.extend(files.absent(&table, &name));
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
        absent.extend(files.absent(&table, name));
    }
    let Settling { casts, coerces, .. } = settled;
    // Where nothing is read, files of other days say what columns are, and nothing new.
    if files.n_before < files.schemas.len() {
        columns.note(&table, notes, absent);
    }
    Ok(Settled { schema: Arc::new(Schema::new(Fields::from(fields))), casts, coerces })
}

impl Files<'_> {
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
                // What a file says of a column besides.
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

    /// The files that are read and lack a column, if there are any.
    fn absent(&self, table: &TableColumns, column: &str) -> Option<AbsentColumn> {
        let read = || self.n_before..self.schemas.len();
        let lacks = |index: &usize| self.schemas[*index].column_with_name(column).is_none();
        let first = read().find(lacks)?;
        let n_files_without = read().filter(|index| lacks(index)).count() as u64;
        let n_files = read().count() as u64;
        // A rare key of a row is no news as long as some file has it.
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

    /// A file's path below the table's address; its name where that is the address.
    fn place(&self, index: usize) -> String {
        let Some(file) = self.files.get(index) else { return String::new() };
        let root = Path::from_url_path(self.url.path()).unwrap_or_default();
        let below: Option<Vec<_>> = file.meta.location.prefix_match(&root).map(Iterator::collect);
        let below = below.filter(|parts| !parts.is_empty());
        // Where the address is the file's own, its name.
        let name = || file.meta.location.filename().unwrap_or_default().to_owned();
        below.map_or_else(name, |parts| {
            parts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("/")
        })
    }
}

struct Settling<'a> {
    files: &'a Files<'a>,
    table: &'a TableColumns,
    casts: Vec<Exact>,
    coerces: bool,
}

impl Settling<'_> {
    /// The type that a column is read as, and what is known of it now; `None` for one that nobody uses and in
    /// which files do not agree.
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
            _ => self.files.place(first),
        };
        let kinds: Option<Vec<ColumnType>> =
            found.types.iter().map(|(_, data_type)| type_of(data_type)).collect();
        let is_governed = declared.is_some() || matches!(own, Some(Use::Key | Use::List));
        let Some(kinds) = kinds.filter(|_| is_governed) else {
            // A sum that the lake knows as not whole stays one.
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
        // Whole numbers with and without a sign are the same numbers, in cells and in hashes.
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

    /// How a column is read whose values are to be of a type.
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
        // Texts hold what any number says.
        let is_plain = |kind: &ColumnType| kind.is_number() || *kind == ColumnType::Text;
        if let Some(at) = kinds.iter().position(|kind| !is_plain(kind)) {
            return Err(self.differ(found, at, target, since));
        }
        self.coerces = true;
        Ok(DataType::Utf8)
    }

    /// How numbers are read that are whole in some files and floats in others: as they are written, so that a whole
    /// one that no float is can be told before it is one.
    fn exact_floats(&mut self, found: &Found) -> DataType {
        let first = found.types.iter().find(|(_, data_type)| data_type.is_floating());
        self.casts.push(Exact {
            column: found.field.name().clone(),
            table: self.table.key.clone(),
            to: ColumnType::Float64,
            since: first.map_or_else(String::new, |(index, _)| self.files.place(*index)),
            has_floats: true,
        });
        self.coerces = true;
        DataType::Utf8
    }

    /// The type that holds what all files have.
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
                    let since = self.files.place(found.types[0].0);
                    return Err(self.differ(found, at, &first, &since));
                }
            }
        }
        let is_without_values = merged == DataType::Null;
        Ok(Some(if is_without_values { found.without_values(own) } else { merged }))
    }

    fn differ(&self, found: &Found, at: usize, target: &ColumnType, since: &str) -> ColumnError {
        let (index, data_type) = &found.types[at];
        let path = |index: usize| self.files.files.get(index).map(SourceFile::path);
        let second =
            TypeInFile { file: path(*index).unwrap_or_default(), data_type: type_name(data_type) };
        let first = match found.types.first() {
            // Of files that are here, as they say it themselves.
            Some((first, data_type)) if self.files.place(*first) == since => TypeInFile {
                file: path(*first).unwrap_or_default(),
                data_type: type_name(data_type),
            },
            _ => {
                let file = if since.is_empty() { "the model's `types`" } else { since };
                TypeInFile { file: file.to_owned(), data_type: target.to_string() }
            }
        };
        ColumnError::TypesDiffer {
            table: self.files.name.clone(),
            column: found.field.name().clone(),
            first: Box::new(first),
            second: Box::new(second),
        }
    }
}

fn known_as(data_type: Option<ColumnType>, file: String) -> KnownColumn {
    KnownColumn { data_type, file }
}

/// Whether a column has whole numbers of 64 bits in some files and floats in others, and nothing else.
fn is_whole_and_float(found: &Found) -> bool {
    let is_whole = |data_type: &DataType| matches!(data_type, DataType::Int64 | DataType::UInt64);
    let mut types = found.types.iter().map(|(_, data_type)| data_type);
    types.clone().all(|own| is_whole(own) || own.is_floating())
        && types.clone().any(is_whole)
        && types.any(DataType::is_floating)
}

/// Nulls, and lists without a single element: any type fits.
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
