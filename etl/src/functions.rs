//! The DataFusion adapters: Arrow in, `clio_sketch` calls or a lookup, Arrow out. No other file implements the engine's
//! traits for functions.

mod bloom_filter;
mod dated;
mod day;
mod exact;
mod hash;
mod in_range;
mod instant;
mod member;
mod one_of;
mod quantiles;
mod ready_made;
pub(crate) mod sets;
mod sketches;
mod spark;
mod summand;
pub(crate) mod types;
mod validity;

use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;

pub(crate) use bloom_filter::{BloomFilter, may_be_noted, note_key};
pub(crate) use dated::{Dated, member_on};
pub(crate) use day::{Calendar, day_of, is_utc};
pub(crate) use exact::{Exact, is_castable};
pub(crate) use hash::{hash_of, key_hash};
pub(crate) use in_range::value_in_range;
pub(crate) use instant::instant_of;
pub(crate) use member::{Key, KeyMap, member_of, set_of, text_lists, value_of};
pub(crate) use one_of::one_of;
pub(crate) use ready_made::ready_made;
pub(crate) use sketches::{distinct, quantiles, union, union_of_quantiles};
pub(crate) use summand::{NotWhole, number_of_text};
pub(crate) use validity::{FOR_EVER, valid_from, valid_to};

/// Registers the sketch functions with an engine: those of Spark (`hll_sketch_agg` and its neighbours), and our own
/// (`hll_sketch_bounds`, `quantile_estimate` and its neighbours).
///
/// # Errors
///
/// When the engine does not accept functions.
pub fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    spark::register(registry)?;
    quantiles::register(registry)
}
