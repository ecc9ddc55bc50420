//! The DataFusion adapters: Arrow in, `clio_sketch` calls or a look-up, Arrow out. No other file
//! implements an engine's trait for a function.

mod bloom_filter;
mod dated;
mod day;
mod exact;
mod hash;
mod instant;
mod member;
mod one_of;
mod ready_made;
pub(crate) mod sets;
mod sketches;
mod spark;
mod summand;
pub(crate) mod types;
mod validity;

pub(crate) use bloom_filter::{BloomFilter, may_be_noted, note_key};
pub(crate) use dated::{Dated, member_on};
pub(crate) use day::{Calendar, day_of, is_utc};
pub(crate) use exact::{Exact, is_castable};
pub(crate) use hash::{hash_of, key_hash};
pub(crate) use instant::instant_of;
pub(crate) use member::{Key, KeyMap, member_of, set_of, text_lists, value_of};
pub(crate) use one_of::one_of;
pub(crate) use ready_made::ready_made;
pub(crate) use sketches::{distinct, union};
pub use spark::register;
pub(crate) use summand::{NotWhole, number_of_text};
pub(crate) use validity::{FOR_EVER, valid_from, valid_to};
