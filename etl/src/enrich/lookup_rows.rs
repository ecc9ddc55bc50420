//! The rows of a lookup, read once a run into a map from key to the number of what they say of it.
//!
//! The engine sorts them by key, and spills beyond its memory: all rows of a key come one after another, and
//! what is held is the map alone.

use std::sync::Arc;

use clio_proto::{Lookup, SqlColumn};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::HashMap;
use datafusion::dataframe::DataFrame;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::{cast as cast_expr, col};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use url::Url;

use super::sets::{EMPTY_SET, SetPool};
use crate::engine::explained;
use crate::error::{During, EtlError, TableName};
use crate::functions::{Key, KeyMap, text_lists};
use crate::source::{Scope, Table};

const STEP: &str = "reading a lookup";

/// The rows of a lookup, of which one column is asked for.
pub(crate) struct LookupRows {
    lookup: TableName,
    key: SqlColumn,
    has_int_keys: bool,
    /// Key and value, by key.
    rows: DataFrame,
    pool: Arc<dyn MemoryPool>,
}

/// A key's number, and what it stands for.
pub(crate) type Members = (KeyMap, ArrayRef);

impl LookupRows {
    /// `value_at` is where the model has the column.
    pub(crate) async fn open(
        ctx: &SessionContext,
        base: &Url,
        value_at: &str,
        lookup: &Lookup,
        column: &SqlColumn,
    ) -> Result<Self, EtlError> {
        let name = TableName::Lookup(lookup.name.clone());
        let table = Table::open(ctx, name.clone(), &lookup.files, base, None).await?;
        let n_threads = ctx.state().config().target_partitions();
        let provider = table.provider(table.files().to_vec(), n_threads);
        let frame = table.frame(ctx, provider)?;
        let scope = Scope::new(ctx, &table, &frame);
        let key_at = name.key("key");
        let key = scope.bind(&key_at, &lookup.key)?;
        let value = scope.bind(value_at, column)?;
        let key_type = scope.type_of(&key_at, &lookup.key.0, &key)?;
        if matches!(key_type, DataType::FixedSizeBinary(_)) {
            return Err(scope.wrong_type(&key_at, &lookup.key.0, &key_type, super::NO_TEXT));
        }
        let has_int_keys = key_type.is_integer() && key_type != DataType::UInt64;
        let read_type = if has_int_keys { DataType::Int64 } else { DataType::Utf8 };
        let rows = frame
            .select(vec![cast_expr(key, read_type).alias("key"), value.alias("value")])
            .and_then(|rows| rows.sort(vec![col("key").sort(true, true)]))
            .during(STEP)?;
        let pool = Arc::clone(&ctx.runtime_env().memory_pool);
        Ok(Self { lookup: name, key: lookup.key.clone(), has_int_keys, rows, pool })
    }

    /// One value a key, or none; no two rows may have the same key.
    pub(crate) async fn values(self) -> Result<Members, EtlError> {
        let mut texts = Texts::default();
        let lookup = self.lookup.clone();
        let keys = self
            .read(
                |n_rows, key: &Key, values: &[u32]| {
                    if n_rows > 1 {
                        let (lookup, key) = (lookup.clone(), key.to_string());
                        return Err(EtlError::DuplicateKey { lookup, key, n_rows });
                    }
                    Ok(values.first().copied())
                },
                |text| texts.number(text),
            )
            .await?;
        Ok((keys, Arc::new(StringArray::from(texts.texts))))
    }

    /// The set of a key's values over all of its rows.
    pub(crate) async fn sets(self, pool: &SetPool) -> Result<KeyMap, EtlError> {
        self.read(
            |_, _: &Key, values: &[u32]| {
                let set = pool.intern_set(values.iter().copied());
                // As of a key without rows.
                Ok((set != EMPTY_SET).then_some(set))
            },
            |text| pool.intern_value(text),
        )
        .await
    }

    /// The map from keys to numbers: `number_of` is given how many rows a key has, the key, and the numbers of
    /// all its values, which `value_number` makes of texts.
    async fn read(
        self,
        mut number_of: impl FnMut(usize, &Key, &[u32]) -> Result<Option<u32>, EtlError>,
        mut value_number: impl FnMut(&str) -> u32,
    ) -> Result<KeyMap, EtlError> {
        let mut map = KeyMap::new(&self.pool, &self.lookup.to_string(), self.has_int_keys);
        let mut stream = self.rows.execute_stream().await.during(STEP)?;
        let mut n_keyless = 0;
        let mut open: Option<(Key, usize)> = None;
        let mut values: Vec<u32> = Vec::new();
        let mut close = |map: &mut KeyMap, (key, n_rows): (Key, usize), values: &mut Vec<u32>| {
            if let Some(number) = number_of(n_rows, &key, values)? {
                map.insert(key, number);
            }
            values.clear();
            Ok::<_, EtlError>(())
        };
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| explained(STEP, error))?;
            map.make_room(batch.num_rows()).map_err(|error| explained(STEP, error))?;
            let keys = batch.column(0);
            let row_values = Values::of(batch.column(1)).during(STEP)?;
            for row in 0..batch.num_rows() {
                if keys.is_null(row) {
                    n_keyless += 1;
                    continue;
                }
                // Those without a key come first.
                if n_keyless > 0 {
                    break;
                }
                match &mut open {
                    Some((key, n_rows)) if key.is(keys, row) => *n_rows += 1,
                    open => {
                        if let Some(done) = open.replace((Key::of(keys, row), 1)) {
                            close(&mut map, done, &mut values)?;
                        }
                    }
                }
                row_values.each(row, |text| values.push(value_number(text)));
            }
        }
        if n_keyless > 0 {
            let (lookup, key) = (self.lookup, self.key.0);
            return Err(EtlError::KeyMissing { lookup, key, n_rows: n_keyless });
        }
        if let Some(done) = open {
            close(&mut map, done, &mut values)?;
        }
        Ok(map)
    }
}

/// Texts, each with a number.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).expect("2^32 values would not fit in memory");
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// What rows say: a text each, or a list.
enum Values {
    Texts(ArrayRef),
    /// Of `LargeList`, with items of `Utf8View`.
    Lists(ArrayRef),
}

impl Values {
    fn of(values: &ArrayRef) -> datafusion::common::Result<Self> {
        Ok(match values.data_type() {
            DataType::List(_) | DataType::LargeList(_) => Self::Lists(text_lists(values)?),
            _ => Self::Texts(cast(values, &DataType::Utf8)?),
        })
    }

    /// Each value of a row; nulls, and nulls in lists, are no values.
    fn each(&self, row: usize, mut value: impl FnMut(&str)) {
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
