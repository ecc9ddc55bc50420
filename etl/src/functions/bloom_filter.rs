//! A Bloom filter of keys, with one hash per key: it keeps only those rows of a large source that may find a partner in
//! a small one. It has false positives, but no false negatives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The minimum number of bits: 8 KiB.
const MIN_BITS: u64 = 1 << 16;
/// The maximum number of bits: 16 MiB. With ten million keys, one in fourteen rows without a partner is then kept as a
/// false positive.
const MAX_BITS: u64 = 1 << 27;
/// With this many bits per key, at most one in sixteen rows without a partner is kept, which costs a sixteenth of what
/// no filter would. More hash functions would keep fewer, at one memory access each.
const BITS_PER_KEY: u64 = 16;

/// A Bloom filter with one hash function: it may report a key that was never noted, but never misses one that was.
///
/// It takes two to four bytes per key, at least 8 KiB and at most 16 MiB, and is shared by all threads that note and
/// query keys.
#[derive(Debug)]
pub(crate) struct BloomFilter {
    words: Vec<AtomicU64>,
    mask: u64,
}

impl BloomFilter {
    /// An empty filter for about this many keys.
    pub(crate) fn for_about(n_keys: u64) -> Arc<Self> {
        let n_bits = n_keys.saturating_mul(BITS_PER_KEY).clamp(MIN_BITS, MAX_BITS);
        let n_bits = n_bits.next_power_of_two();
        let words = (0..n_bits / 64).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { words, mask: n_bits - 1 })
    }

    fn place(&self, hash: u64) -> (&AtomicU64, u64) {
        let bit = hash & self.mask;
        let word = usize::try_from(bit / 64).expect("an index that was allocated");
        (&self.words[word], 1 << (bit % 64))
    }

    fn note(&self, hash: u64) {
        let (word, bit) = self.place(hash);
        // Most keys occur often, and a read is cheaper than a write, which invalidates other cores' caches.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        word.load(Ordering::Relaxed) & bit != 0
    }
}

/// A function that notes hashes of keys in the filter and returns them unchanged.
pub(crate) fn note_key(filter: &Arc<BloomFilter>) -> ScalarUDF {
    of_keys("clio_note_key", Use::Note, filter)
}

/// A function that tells whether a key with this hash may have been noted; false for null. To be called after all keys
/// are noted.
pub(crate) fn may_be_noted(filter: &Arc<BloomFilter>) -> ScalarUDF {
    of_keys("clio_may_be_noted", Use::Ask, filter)
}

fn of_keys(name: &'static str, use_: Use, filter: &Arc<BloomFilter>) -> ScalarUDF {
    // Volatile: the result depends on the keys noted so far.
    let signature = Signature::exact(vec![DataType::UInt64], Volatility::Volatile);
    ScalarUDF::new_from_impl(OfKeys { name, use_, filter: Arc::clone(filter), signature })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Use {
    Note,
    Ask,
}

#[derive(Debug)]
struct OfKeys {
    name: &'static str,
    use_: Use,
    filter: Arc<BloomFilter>,
    signature: Signature,
}

impl PartialEq for OfKeys {
    fn eq(&self, other: &Self) -> bool {
        self.use_ == other.use_ && Arc::ptr_eq(&self.filter, &other.filter)
    }
}

impl Eq for OfKeys {}

impl std::hash::Hash for OfKeys {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for OfKeys {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.use_ {
            Use::Note => DataType::UInt64,
            Use::Ask => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let hashes = arrays[0].as_primitive::<UInt64Type>();
        Ok(match self.use_ {
            Use::Note => {
                hashes.iter().flatten().for_each(|hash| self.filter.note(hash));
                ColumnarValue::Array(Arc::clone(&arrays[0]))
            }
            Use::Ask => {
                let values = hashes.values().iter().enumerate();
                let known: BooleanArray = values
                    .map(|(row, hash)| Some(hashes.is_valid(row) && self.filter.may_hold(*hash)))
                    .collect();
                ColumnarValue::Array(Arc::new(known))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noted_keys_are_known_and_most_others_are_not() {
        let filter = BloomFilter::for_about(10_000);
        let hash = |n: u64| clio_sketch::Family::HllPlusPlus.hash_u64(n);
        (0..10_000).for_each(|n| filter.note(hash(n)));
        assert!((0..10_000).all(|n| filter.may_hold(hash(n))));
        let n_false = (10_000..110_000).filter(|n| filter.may_hold(hash(*n))).count();
        assert!(n_false < 100_000 / 16, "{n_false}");
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(BloomFilter::for_about(0).words.len() * 8, 8 << 10);
        assert_eq!(BloomFilter::for_about(u64::MAX).words.len() * 8, 16 << 20);
    }
}
