//! How many values each bucket has, as a list sorted by key.

use crate::error::SketchError;

/// The most values of one sketch: up to this number a double holds every count.
pub(crate) const MAX_VALUES: u64 = 1 << 53;

/// Sorted by key, without duplicates, no count of 0; at most [`MAX_VALUES`] in total.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    list: Vec<(i32, u64)>,
    n_values: u64,
}

impl Counts {
    /// Takes a list with these properties.
    pub(crate) fn of(list: Vec<(i32, u64)>, n_values: u64) -> Self {
        debug_assert!(list.is_sorted_by(|one, other| one.0 < other.0), "keys rise");
        Self { list, n_values }
    }

    pub(crate) fn as_slice(&self) -> &[(i32, u64)] {
        &self.list
    }

    pub(crate) fn n_values(&self) -> u64 {
        self.n_values
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<(i32, u64)>()
    }

    /// Counts one value.
    #[inline]
    pub(crate) fn add(&mut self, key: i32) -> Result<(), SketchError> {
        self.n_values = sum(self.n_values, 1)?;
        match self.list.binary_search_by_key(&key, |entry| entry.0) {
            Ok(at) => self.list[at].1 += 1,
            Err(at) => self.list.insert(at, (key, 1)),
        }
        Ok(())
    }

    /// Adds other counts; on error, nothing has changed.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        let n_values = sum(self.n_values, other.n_values)?;
        let mut merged = Vec::with_capacity(self.list.len().max(other.list.len()));
        let (mut own, mut others) = (self.list.iter().peekable(), other.list.iter().peekable());
        while let (Some(&&(key, count)), Some(&&(other_key, other_count))) =
            (own.peek(), others.peek())
        {
            merged.push(match key.cmp(&other_key) {
                std::cmp::Ordering::Less => {
                    own.next();
                    (key, count)
                }
                std::cmp::Ordering::Greater => {
                    others.next();
                    (other_key, other_count)
                }
                std::cmp::Ordering::Equal => {
                    own.next();
                    others.next();
                    (key, count + other_count)
                }
            });
        }
        merged.extend(own);
        merged.extend(others);
        *self = Self { list: merged, n_values };
        Ok(())
    }

    /// Subtracts other counts; `None` unless all of them are in these.
    pub(crate) fn without(&self, other: &Self) -> Option<Self> {
        let mut left = self.list.clone();
        for &(key, count) in &other.list {
            let at = left.binary_search_by_key(&key, |entry| entry.0).ok()?;
            left[at].1 = left[at].1.checked_sub(count)?;
        }
        left.retain(|(_, count)| *count > 0);
        Some(Self { list: left, n_values: self.n_values - other.n_values })
    }

    pub(crate) fn shrink(&mut self) {
        self.list.shrink_to_fit();
    }
}

/// Adds numbers of values, checking the limit.
#[inline]
pub(crate) fn sum(one: u64, other: u64) -> Result<u64, SketchError> {
    one.checked_add(other).filter(|sum| *sum <= MAX_VALUES).ok_or(SketchError::TooManyValues)
}
