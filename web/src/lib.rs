//! The GraphQL gateway and the web dashboard in front of serving.
//!
//! This crate answers one question: *how do people and their programs reach the cube from a
//! browser?* [`serve`] takes anything that implements [`CubeService`](clio_proto::CubeService), be it
//! in the same process or behind gRPC, and offers it as GraphQL whose enums, filters and typed fields
//! come from the dataset model, beside the pages of the dashboard that asks it.
//!
//! ```text
//!  browser ── GET /, /assets/… ──▶ assets.rs: the embedded dashboard
//!          ── GET /media/… ──────▶ media.rs: previews from a folder
//!          ── POST /graphql ─────▶ graphql.rs ─┐
//!          ── WS /graphql/ws ────▶ socket.rs ──┤ limits.rs: what a query may ask for
//!                                              ▼
//!                                  schema/: types, resolvers ── lower.rs ──▶ CubeService
//!                                              ▲                                  │
//!                                              └── follow.rs: rebuilds it ◀── statuses
//! ```
//!
//! It deliberately computes no number: values, bounds and coverage pass through as serving gave them.
//! It knows neither the lake nor a sketch.

mod argument;
mod assets;
mod backend;
mod config;
mod error;
mod follow;
mod gateway;
mod graphql;
mod limits;
mod lower;
mod media;
mod names;
mod schema;
mod server;
mod socket;
#[cfg(test)]
mod testing;

pub use config::{GatewayConfig, GatewayLimits};
pub use error::WebError;
pub use schema::schema_sdl;
pub use server::{bind, serve};
