//! Values and sets of them, interned: a set has one number, whatever the order and repetition of its values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, LargeListArray, ListBuilder, StringArray, StringBuilder, UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::HashMap;

/// The number of the empty set, in every pool.
pub(crate) const EMPTY_SET: u32 = 0;

/// The sets of one dimension, shared by all threads of a run.
///
/// Numbers depend on the order of arrival and never leave a run; the lists that they stand for do.
#[derive(Debug)]
pub(crate) struct SetPool {
    inner: Mutex<Inner>,
}

/// Single values of a dimension, each with a number, shared by all threads of a run.
#[derive(Debug, Default)]
pub(crate) struct ValuePool {
    inner: Mutex<Inner>,
}

impl ValuePool {
    /// The number of a string.
    pub(crate) fn number(&self, text: &str) -> u32 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).intern_value(text)
    }

    /// All strings, by number.
    pub(crate) fn texts(&self) -> ArrayRef {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::new(inner.values.iter().map(|text| Some(&**text)).collect::<StringArray>())
    }
}

#[derive(Debug, Default)]
struct Inner {
    value_numbers: HashMap<Arc<str>, u32>,
    values: Vec<Arc<str>>,
    /// The values of each set, as ascending numbers without duplicates.
    set_numbers: HashMap<Arc<[u32]>, u32>,
    sets: Vec<Arc<[u32]>>,
    scratch: Vec<u32>,
}

impl SetPool {
    pub(crate) fn new() -> Self {
        let mut inner = Inner::default();
        inner.intern_scratch();
        Self { inner: Mutex::new(inner) }
    }

    /// The number of a value, for [`intern_set`](Self::intern_set).
    pub(crate) fn intern_value(&self, value: &str) -> u32 {
        self.lock().intern_value(value)
    }

    /// The number of the set of these values.
    pub(crate) fn intern_set(&self, value_numbers: impl Iterator<Item = u32>) -> u32 {
        let mut inner = self.lock();
        inner.scratch.clear();
        inner.scratch.extend(value_numbers);
        inner.intern_scratch()
    }

    /// The number of each list's set; nulls, and nulls in lists, are ignored.
    pub(crate) fn intern_lists(&self, lists: &LargeListArray) -> UInt32Array {
        let mut inner = self.lock();
        let values = lists.values().as_string_view();
        let offsets = lists.value_offsets();
        (0..lists.len())
            .map(|row| {
                inner.scratch.clear();
                if lists.is_valid(row) {
                    let (from, to) = (index(offsets[row]), index(offsets[row + 1]));
                    for at in (from..to).filter(|at| values.is_valid(*at)) {
                        let number = inner.intern_value(values.value(at));
                        inner.scratch.push(number);
                    }
                }
                inner.intern_scratch()
            })
            .collect()
    }

    /// All sets, by number, as lists of their values in ascending order.
    pub(crate) fn lists(&self) -> ArrayRef {
        let inner = self.lock();
        let element = Field::new("element", DataType::Utf8, true);
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(element);
        for set in &inner.sets {
            let mut values: Vec<&str> =
                set.iter().map(|number| &*inner.values[*number as usize]).collect();
            values.sort_unstable();
            values.iter().for_each(|value| lists.values().append_value(value));
            lists.append(true);
        }
        Arc::new(lists.finish())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Interning leaves the pool valid at every step, so a panic elsewhere does not corrupt it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn intern_value(&mut self, value: &str) -> u32 {
        if let Some(number) = self.value_numbers.get(value) {
            return *number;
        }
        let number = number(self.values.len());
        let value: Arc<str> = value.into();
        self.values.push(Arc::clone(&value));
        self.value_numbers.insert(value, number);
        number
    }

    fn intern_scratch(&mut self) -> u32 {
        self.scratch.sort_unstable();
        self.scratch.dedup();
        if let Some(number) = self.set_numbers.get(self.scratch.as_slice()) {
            return *number;
        }
        let number = number(self.sets.len());
        let set: Arc<[u32]> = self.scratch.as_slice().into();
        self.sets.push(Arc::clone(&set));
        self.set_numbers.insert(set, number);
        number
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("2^32 different values or sets would not fit in memory")
}

fn index(offset: i64) -> usize {
    usize::try_from(offset).expect("the offsets of a list are never negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::text_lists;
    use datafusion::arrow::array::ListArray;
    use datafusion::arrow::datatypes::Int64Type;

    #[test]
    fn order_repetition_and_nulls_do_not_matter() {
        let pool = SetPool::new();
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(10), Some(9)]),
            Some(vec![Some(9), None, Some(10), Some(9)]),
            Some(vec![]),
            None,
            Some(vec![Some(9)]),
        ]));
        let numbers = pool.intern_lists(text_lists(&lists).unwrap().as_list::<i64>());
        let numbers: Vec<u32> = numbers.values().to_vec();
        assert_eq!(numbers, [1, 1, EMPTY_SET, EMPTY_SET, 2]);

        let lists = pool.lists();
        let texts = |set: usize| -> Vec<String> {
            let list = lists.as_list::<i32>().value(set);
            list.as_string::<i32>().iter().map(|value| value.unwrap().to_owned()).collect()
        };
        assert!(texts(0).is_empty());
        assert_eq!(texts(1), ["10", "9"], "in the order of texts");
    }
}
