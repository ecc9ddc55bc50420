//! From an event's key to a small number that stands for what a lookup has for it, and from an
//! event's own list to the number of its set. Cells are grouped by these numbers.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{HashMap, Result, exec_datafusion_err, exec_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::functions::sets::SetPool;

/// A key of a lookup.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    Int(i64),
    Text(Box<str>),
}

impl Key {
    /// The key in a row, which must not be null: `keys` are `Int64` or `Utf8`.
    pub(crate) fn of(keys: &ArrayRef, row: usize) -> Self {
        match keys.as_primitive_opt::<Int64Type>() {
            Some(keys) => Self::Int(keys.value(row)),
            None => Self::Text(keys.as_string::<i32>().value(row).into()),
        }
    }

    /// Whether it equals the key in a row.
    pub(crate) fn is(&self, keys: &ArrayRef, row: usize) -> bool {
        match self {
            Self::Int(key) => keys.as_primitive::<Int64Type>().value(row) == *key,
            Self::Text(key) => keys.as_string::<i32>().value(row) == &**key,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(key) => key.fmt(f),
            Self::Text(key) => key.fmt(f),
        }
    }
}

/// How many bytes of text a map may hold that the engine has not accounted for yet.
const UNCOUNTED_BYTES: usize = 1 << 16;

/// A lookup's keys, each with a number. Its memory is accounted for by the engine.
#[derive(Debug)]
pub(crate) struct KeyMap {
    numbers: Numbers,
    /// The bytes of the keys' text.
    text_bytes: usize,
    reservation: MemoryReservation,
}

#[derive(Debug)]
enum Numbers {
    Int(HashMap<i64, u32>),
    Text(HashMap<Box<str>, u32>),
}

impl KeyMap {
    /// `name` is what the engine calls the map when memory runs short.
    pub(crate) fn new(pool: &Arc<dyn MemoryPool>, name: &str, has_int_keys: bool) -> Self {
        let numbers =
            if has_int_keys { Numbers::Int(HashMap::new()) } else { Numbers::Text(HashMap::new()) };
        let reservation = MemoryConsumer::new(name).register(pool);
        Self { numbers, text_bytes: 0, reservation }
    }

    /// Reserves memory for more keys, before they are added.
    pub(crate) fn make_room(&mut self, n_keys: usize) -> Result<()> {
        let is_full = match &self.numbers {
            Numbers::Int(map) => map.capacity() - map.len() < n_keys,
            Numbers::Text(map) => map.capacity() - map.len() < n_keys,
        };
        if is_full {
            // The old table stays allocated until its keys are in the new one, which is twice as
            // large.
            self.reservation.try_resize(3 * self.size_bytes())?;
            match &mut self.numbers {
                Numbers::Int(map) => map.reserve(n_keys),
                Numbers::Text(map) => map.reserve(n_keys),
            }
        }
        // Called for every key: the pool is not asked as long as little has changed.
        let size_bytes = self.size_bytes();
        if is_full || size_bytes > self.reservation.size() + UNCOUNTED_BYTES {
            self.reservation.try_resize(size_bytes)?;
        }
        Ok(())
    }

    fn size_bytes(&self) -> usize {
        let table = match &self.numbers {
            Numbers::Int(map) => map.allocation_size(),
            Numbers::Text(map) => map.allocation_size(),
        };
        table + self.text_bytes
    }

    pub(crate) fn insert(&mut self, key: Key, number: u32) {
        match (&mut self.numbers, key) {
            (Numbers::Int(map), Key::Int(key)) => {
                map.insert(key, number);
            }
            (Numbers::Text(map), Key::Text(key)) => {
                let n_bytes = key.len();
                if map.insert(key, number).is_none() {
                    self.text_bytes += n_bytes;
                }
            }
            (Numbers::Int(_), Key::Text(_)) | (Numbers::Text(_), Key::Int(_)) => {
                unreachable!("a lookup's keys are of one type")
            }
        }
    }

    /// The number of one key.
    pub(super) fn get(&self, key: &Key) -> Option<u32> {
        match (&self.numbers, key) {
            (Numbers::Int(map), Key::Int(key)) => map.get(key).copied(),
            (Numbers::Text(map), Key::Text(key)) => map.get(key).copied(),
            (Numbers::Int(_), Key::Text(_)) | (Numbers::Text(_), Key::Int(_)) => None,
        }
    }

    /// All numbers, mutably.
    pub(super) fn numbers_mut(&mut self) -> Box<dyn Iterator<Item = &mut u32> + '_> {
        match &mut self.numbers {
            Numbers::Int(map) => Box::new(map.values_mut()),
            Numbers::Text(map) => Box::new(map.values_mut()),
        }
    }

    pub(super) fn get_all(&self, keys: &ArrayRef, missing: Option<u32>) -> Result<UInt32Array> {
        // A key that cannot be parsed as the lookup's type is in none of its rows.
        let lenient = CastOptions { safe: true, ..CastOptions::default() };
        Ok(match &self.numbers {
            Numbers::Int(map) => {
                let keys = cast_with_options(keys, &DataType::Int64, &lenient)?;
                let find = |key: Option<i64>| key.and_then(|key| map.get(&key).copied());
                let keys = keys.as_primitive::<Int64Type>();
                keys.iter().map(|key| find(key).or(missing)).collect()
            }
            Numbers::Text(map) => {
                let keys = match keys.data_type() {
                    DataType::Utf8View => Arc::clone(keys),
                    _ => cast(&cast(keys, &DataType::Utf8)?, &DataType::Utf8View)?,
                };
                let find = |key: Option<&str>| key.and_then(|key| map.get(key).copied());
                keys.as_string_view().iter().map(|key| find(key).or(missing)).collect()
            }
        })
    }
}

/// The number of a key; `missing` where the lookup has no row for it.
pub(crate) fn member_of(dimension: &str, keys: Arc<KeyMap>, missing: Option<u32>) -> ScalarUDF {
    ScalarUDF::new_from_impl(MemberOf {
        name: format!("clio_member_of_{dimension}"),
        keys,
        missing,
        signature: Signature::any(1, Volatility::Immutable),
    })
}

#[derive(Debug)]
struct MemberOf {
    name: String,
    keys: Arc<KeyMap>,
    missing: Option<u32>,
    signature: Signature,
}

impl PartialEq for MemberOf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.keys, &other.keys)
    }
}

impl Eq for MemberOf {}

impl std::hash::Hash for MemberOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for MemberOf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(self.keys.get_all(&arrays[0], self.missing)?)))
    }
}

/// What a lookup has for a key, as text; null where it has nothing.
pub(crate) fn value_of(column: &str, keys: Arc<KeyMap>, values: ArrayRef) -> ScalarUDF {
    ScalarUDF::new_from_impl(ValueOf {
        name: format!("clio_value_of_{column}"),
        keys,
        values,
        signature: Signature::any(1, Volatility::Immutable),
    })
}

#[derive(Debug)]
struct ValueOf {
    name: String,
    keys: Arc<KeyMap>,
    /// The text of each number.
    values: ArrayRef,
    signature: Signature,
}

impl PartialEq for ValueOf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.keys, &other.keys)
    }
}

impl Eq for ValueOf {}

impl std::hash::Hash for ValueOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for ValueOf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let numbers = self.keys.get_all(&arrays[0], None)?;
        Ok(ColumnarValue::Array(take(&self.values, &numbers, None)?))
    }
}

/// The number of the set of an event's list; null counts as the empty set.
pub(crate) fn set_of(dimension: &str, pool: Arc<SetPool>) -> ScalarUDF {
    ScalarUDF::new_from_impl(SetOf {
        name: format!("clio_set_of_{dimension}"),
        pool,
        signature: Signature::any(1, Volatility::Immutable),
    })
}

#[derive(Debug)]
struct SetOf {
    name: String,
    pool: Arc<SetPool>,
    signature: Signature,
}

impl PartialEq for SetOf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.pool, &other.pool)
    }
}

impl Eq for SetOf {}

impl std::hash::Hash for SetOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for SetOf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match &arg_types[0] {
            DataType::List(_) | DataType::LargeList(_) | DataType::Null => Ok(DataType::UInt32),
            other => exec_err!("expected a list, found {other}"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let lists = text_lists(&arrays[0])?;
        let numbers = self.pool.intern_lists(lists.as_list::<i64>());
        Ok(ColumnarValue::Array(Arc::new(numbers)))
    }
}

/// Any list as a `LargeList` of `Utf8View`.
pub(crate) fn text_lists(lists: &ArrayRef) -> Result<ArrayRef> {
    use datafusion::arrow::datatypes::Field;
    let list_of = |item: DataType| DataType::LargeList(Arc::new(Field::new("item", item, true)));
    match lists.data_type() {
        DataType::List(_) | DataType::LargeList(_) | DataType::Null => {}
        other => return Err(exec_datafusion_err!("expected a list, found {other}")),
    }
    let texts = cast(lists, &list_of(DataType::Utf8))?;
    Ok(cast(&texts, &list_of(DataType::Utf8View))?)
}
