//! Answers one question: what does the newest good snapshot of the lake say?
//!
//! [`Cubes`] holds snapshots of a lake in memory and answers queries from them. It is a
//! [`CubeService`](clio_proto::CubeService): a caller in the same process uses it as it is, callers
//! elsewhere through [`serve_grpc`]. The binary opens it, lets it [`follow`](Cubes::follow) the lake,
//! and stops both with one token.
//!
//! ```text
//! life of a query
//!   see       the snapshot as the caller may see it, and no other                  sights.rs
//!   recall    an equal one's answer, cached or in flight                              cache.rs
//!   bind      names against the snapshot's model; what is unknown lists what exists     plan/bind.rs
//!   cover     the fewest periods that hold the range's days                            plan/range.rs
//!   select    tests over codes, then bitmaps of rows                                  plan/filter.rs
//!   group     dense numbers for the keys that occur                             aggregate/groups.rs
//!   add up    counts and sums                                                     aggregate/sums.rs
//!   unite     sketches by group in one scratch, estimated once             aggregate/estimates.rs
//!   derive    expressions over measures, their bounds propagated                   propagation.rs
//!   keep      groups that pass the conditions on measures                       aggregate/having.rs
//!   order     the page asked for                                                 aggregate/order.rs
//!   add       what else is asked for: others below, places, shares, reach        aggregate/{others,ranks,shares,reach}.rs
//!   compare   each row with other days, a member or the rest               aggregate/{compare,rest,side}.rs
//! ```
//!
//! What stands out of itself, without a question about it: `outliers.rs`.
//!
//! All rows of a query, as the bytes of a file, are such answers page by page: `export.rs`.
//!
//! It deliberately does not know GraphQL, HTTP, sources, or how cells are made: it meets the etl only in the lake.

mod access;
mod admission;
mod aggregate;
mod answer;
mod cache;
mod config;
mod cubes;
mod error;
mod export;
mod follow;
mod held;
mod members;
mod memory_check;
mod normal;
mod outliers;
mod plan;
mod propagation;
mod records;
mod seen;
mod server;
mod service;
mod sights;
mod snapshot;
mod status;
mod told;
mod turn;
mod verdict;
mod vitals;
mod waits;
mod withheld;

pub use access::Access;
pub use config::{Limits, MarginalLimits, ServingConfig};
pub use cubes::Cubes;
pub use error::{FileProblem, Refusal, ServingError};
pub use export::{Encoder, EncoderOptions, Parts, encoder, said};
pub use server::serve_grpc;
pub use vitals::{CacheVitals, Vitals};

#[cfg(test)]
mod tests;
