//! Input: sources and lookups, from their files to the columns by which cells are grouped and measured.
//!
//! ```text
//! source/      files, formats, schemas: a table of a model as the engine reads it
//! lookups.rs   lookups as the lake keeps them; enrich/, an event's values from its columns or a lookup's
//! columns/     what a column is, and stays
//! inventory.rs which files and days there are; target.rs, what events are credited to; reach.rs, how far
//! quarantine.rs where bad rows go
//! taken.rs     what each kind of measure takes of an event
//! frames.rs    how rows become columns for grouping and measuring; inputs.rs, the sources of a run, opened
//! ```

pub(crate) mod columns;
pub(crate) mod enrich;
pub(crate) mod frames;
pub(crate) mod inputs;
pub(crate) mod inventory;
pub(crate) mod left_out;
pub(crate) mod lookups;
pub(crate) mod quarantine;
pub(crate) mod reach;
pub(crate) mod source;
pub(crate) mod sweep;
mod taken;
pub(crate) mod target;
pub(crate) mod times;
