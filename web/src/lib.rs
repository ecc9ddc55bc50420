//! The GraphQL gateway and the web dashboard in front of serving.
//!
//! This crate answers one question: *how do people and their programs reach the cube from a browser?*
//! [`serve`] takes anything that implements [`CubeService`](clio_proto::CubeService), in the same
//! process or behind gRPC, and offers it as GraphQL whose enums, filters and typed fields are derived
//! from the dataset model, together with the pages of the dashboard that uses it.
//!
//! ```text
//!  browser ──▶ connections.rs: how many, whose, how slow ──▶ host.rs: by which name ──▶ sign_in.rs: who
//!                 ── GET /, /static/… ──▶ assets.rs: the embedded dashboard
//!                 ── GET /media/… ──────▶ media.rs: previews that a lookup names
//!                 ── POST /graphql ─────▶ graphql.rs ─┐
//!                 ── WS /graphql/ws ────▶ socket.rs ──┤ limits.rs: what a query may ask for
//!                                                     ▼ operations.rs: and what it may get
//!          schema/: types, resolvers ── lower.rs ──▶ backend.rs: fair turns ──▶ CubeService
//!                     │   └──── keeping.rs: what people keep ──▶ Store    │
//!                     ▲                                                     │
//!                     └──────────────── follow.rs: rebuilds it ◀── statuses ┘
//! ```
//!
//! It deliberately computes no number: values, bounds and coverage pass through as serving gave them.
//! It knows neither the lake nor a sketch.

mod access;
mod argument;
mod assets;
mod backend;
mod budget;
mod clients;
mod config;
mod connections;
mod counting;
mod error;
mod export;
mod follow;
mod gateway;
mod graphql;
mod host;
mod keeping;
mod lenses;
mod limits;
mod lower;
mod media;
mod names;
mod operations;
mod origin;
mod report;
mod requests;
mod schema;
mod server;
mod sign_in;
mod slices;
mod socket;
mod spread;
#[cfg(test)]
mod testing;

pub use access::{AccessConfig, ProxyConfig, QueryRate, TokenConfig};
pub use config::{GatewayConfig, GatewayLimits};
pub use error::WebError;
pub use origin::is_loopback;
pub use requests::{RequestSink, Route};
pub use schema::schema_sdl;
pub use server::{bind, is_origin, serve};
