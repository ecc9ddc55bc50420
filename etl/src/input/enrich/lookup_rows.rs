//! The rows of a lookup, read once per run into a map from keys to the numbers of their values.
//!
//! The engine sorts them by key, spilling beyond its memory, so that all rows of a key are adjacent and only
//! the map is held.

use std::sync::Arc;

use clio_proto::{Lookup, SqlColumn};
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::{cast as cast_expr, col};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use url::Url;

use crate::engine::explained;
use crate::error::{During, EtlError, LookupError, TableName};
use crate::functions::sets::{EMPTY_SET, SetPool, ValuePool};
use crate::functions::{Key, KeyMap, text_lists};
use crate::input::source::{Scope, Table};

pub(super) const STEP: &str = "reading a lookup";

/// The rows of a lookup, with one requested column.
pub(crate) struct LookupRows {
    lookup: TableName,
    key: SqlColumn,
    has_int_keys: bool,
    /// Keys and values, sorted by key.
    rows: DataFrame,
    pool: Arc<dyn MemoryPool>,
}

/// Numbers by key, and the values that they stand for.
pub(crate) type Members = (KeyMap, ArrayRef);

impl LookupRows {
    /// `value_at` is the model's key of the column.
    pub(crate) async fn open(
        ctx: &SessionContext,
        base: &Url,
        value_at: &str,
        lookup: &Lookup,
        column: &SqlColumn,
    ) -> Result<Self, EtlError> {
        let name = TableName::Lookup(lookup.name.clone());
        let table = Table::open(ctx, name, &lookup.files, base, None).await?;
        let has_int_keys = Self::has_int_keys(ctx, &table, lookup)?;
        Self::of(ctx, &table, value_at, lookup, column, has_int_keys)
    }

    /// The rows of a table over the lookup's files.
    pub(super) fn of(
        ctx: &SessionContext,
        table: &Table,
        value_at: &str,
        lookup: &Lookup,
        column: &SqlColumn,
        has_int_keys: bool,
    ) -> Result<Self, EtlError> {
        let n_threads = ctx.state().config().target_partitions();
        let provider = table.provider(table.pieces().to_vec(), n_threads);
        let frame = table.frame(ctx, provider)?;
        let scope = Scope::new(ctx, table, &frame);
        let key = scope.bind(&table.name.key("key"), &lookup.key)?;
        let value = scope.bind_text(value_at, column)?;
        let read_type = if has_int_keys { DataType::Int64 } else { DataType::Utf8 };
        let rows = frame
            .select(vec![cast_expr(key, read_type).alias("key"), value.alias("value")])
            .and_then(|rows| rows.sort(vec![col("key").sort(true, true)]))
            .during(STEP)?;
        let pool = Arc::clone(&ctx.runtime_env().memory_pool);
        Ok(Self { lookup: table.name.clone(), key: lookup.key.clone(), has_int_keys, rows, pool })
    }

    /// Whether keys are 64-bit integers, which are held as such; all others are text.
    pub(super) fn has_int_keys(
        ctx: &SessionContext,
        table: &Table,
        lookup: &Lookup,
    ) -> Result<bool, EtlError> {
        let frame = table.frame(ctx, table.provider(Vec::new(), 1))?;
        let scope = Scope::new(ctx, table, &frame);
        let key_at = table.name.key("key");
        let key = scope.bind_text(&key_at, &lookup.key)?;
        let found = scope.type_of(&key_at, &lookup.key.0, &key)?;
        Ok(key_type(&found) == DataType::Int64)
    }

    /// The name in messages.
    pub(super) fn name(&self) -> String {
        self.lookup.to_string()
    }

    /// At most one value per key; keys must be unique.
    pub(crate) async fn values(self) -> Result<Members, EtlError> {
        let pool = ValuePool::default();
        let lookup = self.lookup.clone();
        let keys = self
            .read(
                |n_rows, key: &Key, values: &[u32]| {
                    if n_rows > 1 {
                        let (lookup, key) = (lookup.clone(), key.to_string());
                        return Err(LookupError::DuplicateKey { lookup, key, n_rows }.into());
                    }
                    Ok(values.first().copied())
                },
                |text| pool.number(text),
            )
            .await?;
        Ok((keys, pool.texts()))
    }

    /// For each key, the set of its values over all of its rows.
    pub(crate) async fn sets(self, pool: &SetPool) -> Result<KeyMap, EtlError> {
        self.read(
            |_, _: &Key, values: &[u32]| {
                let set = pool.intern_set(values.iter().copied());
                // Like a key without rows.
                Ok((set != EMPTY_SET).then_some(set))
            },
            |text| pool.intern_value(text),
        )
        .await
    }

    /// The map from keys to numbers: `number_of` gets the number of a key's rows, the key, and the numbers of
    /// all its values, which `value_number` assigns.
    async fn read(
        self,
        number_of: impl FnMut(usize, &Key, &[u32]) -> Result<Option<u32>, EtlError>,
        value_number: impl FnMut(&str) -> u32,
    ) -> Result<KeyMap, EtlError> {
        let map = KeyMap::new(&self.pool, &self.lookup.to_string(), self.has_int_keys);
        let mut keys = Mapped { map, number_of, value_number };
        self.each_key(&mut keys).await?;
        Ok(keys.map)
    }

    /// Visits each key with the number of its rows and the numbers of all its values.
    pub(super) async fn each_key<K: Keys>(self, found: &mut K) -> Result<(), EtlError> {
        let mut stream = self.rows.execute_stream().await.during(STEP)?;
        let mut n_keyless = 0;
        let mut open: Option<(Key, usize)> = None;
        let mut values: Vec<u32> = Vec::new();
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| explained(STEP, error))?;
            let keys = batch.column(0);
            let row_values = Values::of(batch.column(1)).during(STEP)?;
            for row in 0..batch.num_rows() {
                if keys.is_null(row) {
                    n_keyless += 1;
                    continue;
                }
                // Rows without a key come first.
                if n_keyless > 0 {
                    break;
                }
                match &mut open {
                    Some((key, n_rows)) if key.is(keys, row) => *n_rows += 1,
                    open => {
                        if let Some((key, n_rows)) = open.replace((Key::of(keys, row), 1)) {
                            found.key(key, n_rows, &values)?;
                            values.clear();
                        }
                    }
                }
                row_values.each(row, |text| values.push(found.number(text)));
            }
        }
        if n_keyless > 0 {
            let (lookup, key) = (self.lookup, self.key.0);
            return Err(LookupError::KeyMissing { lookup, key, n_rows: n_keyless }.into());
        }
        if let Some((key, n_rows)) = open {
            found.key(key, n_rows, &values)?;
        }
        Ok(())
    }
}

/// Receives the keys of a lookup, one after another.
pub(super) trait Keys {
    /// The number of a value.
    fn number(&mut self, text: &str) -> u32;

    /// Receives a key with the number of its rows and the numbers of all its values.
    fn key(&mut self, key: Key, n_rows: usize, values: &[u32]) -> Result<(), EtlError>;
}

/// Builds a map of keys.
struct Mapped<N, V> {
    map: KeyMap,
    number_of: N,
    value_number: V,
}

impl<N, V> Keys for Mapped<N, V>
where
    N: FnMut(usize, &Key, &[u32]) -> Result<Option<u32>, EtlError>,
    V: FnMut(&str) -> u32,
{
    fn number(&mut self, text: &str) -> u32 {
        (self.value_number)(text)
    }

    fn key(&mut self, key: Key, n_rows: usize, values: &[u32]) -> Result<(), EtlError> {
        self.map.make_room(1).map_err(|error| explained(STEP, error))?;
        if let Some(number) = (self.number_of)(n_rows, &key, values)? {
            self.map.insert(key, number);
        }
        Ok(())
    }
}

/// The type that keys of a given type are held as.
pub(super) fn key_type(found: &DataType) -> DataType {
    let is_int = found.is_integer() && *found != DataType::UInt64;
    if is_int { DataType::Int64 } else { DataType::Utf8 }
}

/// The rows' values: text, or lists.
pub(super) enum Values {
    Texts(ArrayRef),
    /// Of `LargeList`, with items of `Utf8View`.
    Lists(ArrayRef),
}

impl Values {
    pub(super) fn of(values: &ArrayRef) -> datafusion::common::Result<Self> {
        Ok(match values.data_type() {
            DataType::List(_) | DataType::LargeList(_) => Self::Lists(text_lists(values)?),
            _ => Self::Texts(cast(values, &DataType::Utf8)?),
        })
    }

    /// Visits each value of a row; nulls, and nulls in lists, are skipped.
    pub(super) fn each(&self, row: usize, mut value: impl FnMut(&str)) {
        match self {
            Self::Texts(texts) => {
                let texts = texts.as_string::<i32>();
                if texts.is_valid(row) {
                    value(texts.value(row));
                }
            }
            Self::Lists(lists) => {
                let lists = lists.as_list::<i64>();
                if lists.is_valid(row) {
                    let items = lists.value(row);
                    items.as_string_view().iter().flatten().for_each(value);
                }
            }
        }
    }
}
