//! Drafts a dataset model for files that nobody has described: what they hold, and what one would most likely ask.
//!
//! ```text
//! tables.rs   which tables lie there          sample.rs, columns.rs, times.rs   what their columns hold
//! cast.rs     events, actions, lookups        roles.rs   who, when, flags, members, amounts
//! joins.rs    which columns are keys of others
//! draft.rs    the proposal, choose.rs which dimensions are in it, write.rs it as a commented TOML file
//! ```
//!
//! Names and values of a sample of bounded size are examined; so this is a guess to be corrected. It never decides what
//! a run does: the resulting model is checked, and read by the run, like any other.

mod cast;
mod choose;
mod columns;
mod draft;
mod joins;
mod proposal;
mod roles;
mod sample;
mod tables;
mod times;
mod words;
mod write;

use url::Url;

use crate::engine;
use crate::error::EtlError;
pub use proposal::{
    Actions, Choice, DayEstimate, Flag, FoundTable, Proposal, ProposedDimension, ProposedLookup,
    ProposedSource, Sum, TimeColumn,
};
use sample::Sample;
pub use sample::bound_of_looking;

/// Examines files and folders and proposes a model that would be placed in the folder `base`.
///
/// Costs a listing of all files, and reading [a bounded number of rows](bound_of_looking); NDJSON files are read as a
/// whole to find their keys.
///
/// # Errors
///
/// Where files cannot be read, or no table has a time.
pub async fn propose(places: &[Url], base: &Url, n_threads: usize) -> Result<Proposal, EtlError> {
    Box::pin(async {
        let ctx = engine::session(n_threads, None)?;
        let mut samples = Vec::new();
        let (found, mut unread) = tables::find(&ctx, places).await?;
        for found in found {
            let (name, is_named) = (found.name.clone(), found.is_named);
            match Sample::read(&ctx, found).await {
                Ok(sample) => samples.push(sample),
                // A folder may contain files that are not tables.
                Err(error) if !is_named && !error.is_transient() => {
                    unread.push(format!("table {name}: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        name_apart(&mut samples);
        draft::draft(&samples, unread, base)
    })
    .await
}

/// Gives distinct names to tables of the same name, for instance from two folders.
fn name_apart(samples: &mut [Sample]) {
    let mut taken = std::collections::BTreeSet::new();
    for sample in samples {
        let name = sample.name.clone();
        let mut number = 2;
        while !taken.insert(sample.name.clone()) {
            sample.name = format!("{name}_{number}");
            number += 1;
        }
    }
}
