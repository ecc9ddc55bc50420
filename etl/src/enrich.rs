//! Where an event's dimension values come from: its own columns, or the rows of a lookup.
//!
//! ```text
//! country   column ────────────────────────────▶ the value itself
//! tags      list column ──set_of───────────────▶ number of the set ──decode──▶ sorted list
//! audience  profile_id ──member_of(lookup)─────▶ number of the set ──decode──▶ sorted list
//! genre     title_id ──member_of(lookup)───────▶ number of the value ──decode──▶ the value
//! ```
//!
//! A lookup is read once a run into a map from key to number; events are grouped by numbers, and only
//! cells get lists and texts again.

mod sets;

use std::sync::Arc;

use clio_proto::{Dimension, DimensionColumn, Lookup, Model, SqlColumn};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt32Type};
use datafusion::common::HashMap;
use datafusion::logical_expr::{Expr, ScalarUDF};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use url::Url;

pub(crate) use sets::{EMPTY_SET, SetPool};

use crate::engine::explained;
use crate::error::{During, EtlError, TableName};
use crate::functions::{KeyMap, member_of, set_of, text_lists};
use crate::source::{Scope, Table};

/// How each dimension of a model gets its values, in the model's order.
#[derive(Debug)]
pub(crate) struct Enrichment {
    dimensions: Vec<Origin>,
}

#[derive(Debug)]
struct Origin {
    /// Where the model has the event's column.
    key: String,
    /// The event's column: the value, or what is looked up.
    column: SqlColumn,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The column is the value.
    Value,
    /// The column is a list of values.
    Set { set_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
    /// The column is looked up; the lookup has one value.
    Member { member_of: Arc<ScalarUDF>, values: ArrayRef },
    /// The column is looked up; the lookup has any number of values.
    MemberSet { member_of: Arc<ScalarUDF>, pool: Arc<SetPool> },
}

impl Enrichment {
    /// The key in the model of what a dimension takes of events.
    pub(crate) fn key(&self, dimension: usize) -> Option<&str> {
        self.dimensions.get(dimension).map(|origin| origin.key.as_str())
    }

    /// Reads the lookups that dimensions take their values from.
    pub(crate) async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
    ) -> Result<Self, EtlError> {
        let mut dimensions = Vec::new();
        for dimension in model.dimensions() {
            dimensions.push(Origin::open(ctx, model, base, dimension).await?);
        }
        Ok(Self { dimensions })
    }

    /// The expression that events are grouped by.
    pub(crate) fn bind(&self, index: usize, scope: &Scope<'_>) -> Result<Expr, EtlError> {
        let Origin { key, column, kind } = &self.dimensions[index];
        let expr = scope.bind(key, column)?;
        let found = scope.type_of(key, &column.0, &expr)?;
        let is_list = matches!(found, DataType::List(_) | DataType::LargeList(_));
        match kind {
            Kind::Set { set_of, .. } if is_list => Ok(set_of.call(vec![expr])),
            Kind::Set { .. } => Err(scope.wrong_type(
                key,
                &column.0,
                &found,
                "a dimension with `multi` takes a list; make one, for instance with \
                 `string_to_array(…, '|')`",
            )),
            _ if is_list => Err(scope.wrong_type(
                key,
                &column.0,
                &found,
                "a list is a value of a dimension with `multi = true` alone",
            )),
            Kind::Value if found.is_nested() => {
                Err(scope.wrong_type(key, &column.0, &found, "give a single value"))
            }
            Kind::Value => Ok(expr),
            Kind::Member { member_of, .. } | Kind::MemberSet { member_of, .. } => {
                Ok(member_of.call(vec![expr]))
            }
        }
    }

    /// The event's own column that decides a dimension's value, where that is another than the value
    /// itself; what [`bind`](Self::bind) gives are numbers then, in no order.
    pub(crate) fn decider(
        &self,
        index: usize,
        scope: &Scope<'_>,
    ) -> Result<Option<(&SqlColumn, Expr)>, EtlError> {
        let Origin { key, column, kind } = &self.dimensions[index];
        match kind {
            Kind::Value => Ok(None),
            _ => Ok(Some((column, scope.bind(key, column)?))),
        }
    }

    /// What turns groups into cells, for the numbers that there are now.
    pub(crate) fn decoder(&self) -> Decoder {
        let members = self.dimensions.iter().map(|origin| match &origin.kind {
            Kind::Value => None,
            Kind::Set { pool, .. } | Kind::MemberSet { pool, .. } => Some(pool.lists()),
            Kind::Member { values, .. } => Some(Arc::clone(values)),
        });
        Decoder { members: members.collect() }
    }
}

/// From numbers back to what they stand for.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// By dimension: texts or lists by number; `None` where events are grouped by the value itself.
    members: Vec<Option<ArrayRef>>,
}

impl Decoder {
    /// What was grouped by, as cells hold it: texts, or lists of texts.
    pub(crate) fn decode(&self, index: usize, grouped: &ArrayRef) -> Result<ArrayRef, EtlError> {
        match &self.members[index] {
            None => cast(grouped, &DataType::Utf8),
            Some(members) => take(members, grouped.as_primitive::<UInt32Type>(), None),
        }
        .during("decoding a dimension")
    }
}

impl Origin {
    async fn open(
        ctx: &SessionContext,
        model: &Model,
        base: &Url,
        dimension: &Dimension,
    ) -> Result<Self, EtlError> {
        let name = &dimension.name;
        match &dimension.column {
            DimensionColumn::Event(column) => {
                let kind = if dimension.multi {
                    let pool = Arc::new(SetPool::new());
                    Kind::Set { set_of: Arc::new(set_of(name, Arc::clone(&pool))), pool }
                } else {
                    Kind::Value
                };
                let key = format!("dimension.{name}.column");
                Ok(Self { key, column: column.clone(), kind })
            }
            DimensionColumn::Lookup { lookup, on, column } => {
                let lookup = model.lookup(lookup).expect("a model's references resolve");
                let value_at = format!("dimension.{name}.column");
                let pairs = Pairs::read(ctx, base, &value_at, lookup, column).await?;
                let kind = if dimension.multi {
                    pairs.into_sets(name)
                } else {
                    let (keys, values) = pairs.into_values()?;
                    let member_of = Arc::new(member_of(name, Arc::new(keys), None));
                    Kind::Member { member_of, values }
                };
                let key = format!("dimension.{name}.on");
                Ok(Self { key, column: on.clone(), kind })
            }
        }
    }
}

/// What a column of a lookup says of each key, of which no two rows have the same: the keys with
/// numbers, and texts by number. `value_at` is where the model has the column.
pub(crate) async fn values_of_keys(
    ctx: &SessionContext,
    base: &Url,
    value_at: &str,
    lookup: &Lookup,
    column: &SqlColumn,
) -> Result<(KeyMap, ArrayRef), EtlError> {
    Pairs::read(ctx, base, value_at, lookup, column).await?.into_values()
}

/// A lookup's keys and values, interned.
struct Pairs {
    lookup: TableName,
    keys: KeyMap,
    n_keys: u32,
    /// Key by key as read: the key's number, and the values of the row.
    rows: Vec<(u32, Option<u32>)>,
    pool: SetPool,
    texts: Vec<String>,
    text_numbers: HashMap<String, u32>,
    n_rows: Vec<u32>,
}

impl Pairs {
    async fn read(
        ctx: &SessionContext,
        base: &Url,
        value_at: &str,
        lookup: &Lookup,
        column: &SqlColumn,
    ) -> Result<Self, EtlError> {
        let name = TableName::Lookup(lookup.name.clone());
        let table = Table::open(ctx, name.clone(), &lookup.files, base, None).await?;
        let provider = table.provider(table.files().to_vec(), 1);
        let frame = table.frame(ctx, provider)?;
        let scope = Scope::new(ctx, &table, &frame);
        let key_at = name.key("key");
        let key = scope.bind(&key_at, &lookup.key)?;
        let value = scope.bind(value_at, column)?;
        let key_type = scope.type_of(&key_at, &lookup.key.0, &key)?;
        let has_int_keys = key_type.is_integer() && key_type != DataType::UInt64;
        let frame = frame
            .select(vec![key.alias("key"), value.alias("value")])
            .during("reading a lookup")?;
        let mut pairs = Self {
            lookup: name,
            keys: if has_int_keys {
                KeyMap::Int(HashMap::new())
            } else {
                KeyMap::Text(HashMap::new())
            },
            n_keys: 0,
            rows: Vec::new(),
            pool: SetPool::new(),
            texts: Vec::new(),
            text_numbers: HashMap::new(),
            n_rows: Vec::new(),
        };
        let mut n_keyless = 0;
        let mut stream = frame.execute_stream().await.during("reading a lookup")?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| explained("reading a lookup", error))?;
            n_keyless += pairs.add(batch.column(0), batch.column(1)).during("reading a lookup")?;
        }
        if n_keyless > 0 {
            let key = lookup.key.0.clone();
            return Err(EtlError::KeyMissing { lookup: pairs.lookup, key, n_rows: n_keyless });
        }
        Ok(pairs)
    }

    /// Adds rows; returns how many of them have no key.
    fn add(&mut self, keys: &ArrayRef, values: &ArrayRef) -> datafusion::common::Result<usize> {
        let numbers = self.key_numbers(keys)?;
        let is_list = matches!(values.data_type(), DataType::List(_) | DataType::LargeList(_));
        if is_list {
            let lists = text_lists(values)?;
            let lists = lists.as_list::<i64>();
            let offsets = lists.value_offsets();
            let items = lists.values().as_string_view();
            for (row, number) in numbers.iter().enumerate() {
                let Some(number) = *number else { continue };
                self.n_rows[number as usize] += 1;
                self.rows.push((number, None));
                let items_of_row = offsets[row]..offsets[row + 1];
                for at in items_of_row.filter_map(|at| usize::try_from(at).ok()) {
                    if lists.is_valid(row) && items.is_valid(at) {
                        let value = self.value_number(items.value(at));
                        self.rows.push((number, Some(value)));
                    }
                }
            }
        } else {
            let texts = cast(values, &DataType::Utf8)?;
            let texts = texts.as_string::<i32>();
            for (row, number) in numbers.iter().enumerate() {
                let Some(number) = *number else { continue };
                self.n_rows[number as usize] += 1;
                let value = texts.is_valid(row).then(|| self.value_number(texts.value(row)));
                self.rows.push((number, value));
            }
        }
        Ok(numbers.iter().filter(|number| number.is_none()).count())
    }

    fn key_numbers(&mut self, keys: &ArrayRef) -> datafusion::common::Result<Vec<Option<u32>>> {
        let n_keys = &mut self.n_keys;
        let n_rows = &mut self.n_rows;
        let mut next = || {
            *n_keys += 1;
            n_rows.push(0);
            *n_keys - 1
        };
        Ok(match &mut self.keys {
            KeyMap::Int(map) => {
                let keys = cast(keys, &DataType::Int64)?;
                let mut number = |key| *map.entry(key).or_insert_with(&mut next);
                keys.as_primitive::<Int64Type>().iter().map(|key| key.map(&mut number)).collect()
            }
            KeyMap::Text(map) => {
                let keys = cast(keys, &DataType::Utf8)?;
                let mut number = |key: &str| match map.get(key) {
                    Some(number) => *number,
                    None => *map.entry(key.into()).or_insert_with(&mut next),
                };
                keys.as_string::<i32>().iter().map(|key| key.map(&mut number)).collect()
            }
        })
    }

    fn value_number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.text_numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).expect("2^32 values would not fit in memory");
        self.texts.push(text.to_owned());
        self.text_numbers.insert(text.to_owned(), number);
        number
    }

    /// One value a key, or none.
    fn into_values(self) -> Result<(KeyMap, ArrayRef), EtlError> {
        if let Some((key, n_rows)) = self.first_duplicate() {
            return Err(EtlError::DuplicateKey { lookup: self.lookup, key, n_rows });
        }
        let mut value_of = vec![None; self.n_rows.len()];
        for (key, value) in self.rows {
            value_of[key as usize] = value_of[key as usize].or(value);
        }
        let values: ArrayRef = Arc::new(StringArray::from(self.texts));
        Ok((self.keys.map_numbers(|key| value_of[key as usize]), values))
    }

    /// The set of a key's values over all of its rows.
    fn into_sets(mut self, dimension: &str) -> Kind {
        self.rows.sort_unstable();
        let mut set_of_key = vec![EMPTY_SET; self.n_rows.len()];
        let numbers: Vec<u32> =
            self.texts.iter().map(|text| self.pool.intern_value(text)).collect();
        for rows in self.rows.chunk_by(|a, b| a.0 == b.0) {
            let values = rows.iter().filter_map(|(_, value)| value.map(|v| numbers[v as usize]));
            set_of_key[rows[0].0 as usize] = self.pool.intern_set(values);
        }
        let keys = self.keys.map_numbers(|key| Some(set_of_key[key as usize]));
        let member_of = Arc::new(member_of(dimension, Arc::new(keys), Some(EMPTY_SET)));
        Kind::MemberSet { member_of, pool: Arc::new(self.pool) }
    }

    /// The first key, in the order of texts, with more than one row.
    fn first_duplicate(&self) -> Option<(String, usize)> {
        let duplicates = self.keys.entries().filter(|(_, key)| self.n_rows[*key as usize] > 1);
        duplicates.min().map(|(text, key)| (text, self.n_rows[key as usize] as usize))
    }
}
