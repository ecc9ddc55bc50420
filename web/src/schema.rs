//! The GraphQL schema of a dataset. Its enums, filters and typed fields come from the model that
//! serving describes at run time, so it is built then, and again when the description changes.
//!
//! GraphQL types are structs of their own with one conversion from ours each; nothing is computed.

mod answer;
mod asker;
mod compared;
mod coverage;
mod dataset;
mod enums;
mod kept;
mod members;
mod newcomers;
mod notices;
mod numbers;
mod object;
mod outliers;
mod pages;
mod projection;
mod quantile;
mod quantile_inputs;
mod question;
mod ranks;
mod reach;
mod replicas;
mod roots;
mod runs;
mod scalars;
mod serving;
mod verdict;
mod work;

use std::sync::Arc;

use async_graphql::SDLExportOptions;
use async_graphql::dynamic::{Schema, SchemaBuilder, SchemaError};
use clio_proto::Description;
pub(crate) use serving::state_name;

use crate::backend::Backend;
use crate::keeping::Keeping;
use crate::names::{NameError, Names};

/// Why a description makes no schema.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the dataset's description makes no GraphQL schema: {0}")]
    Schema(#[from] SchemaError),
}

/// The schema of a dataset, ready to be asked.
pub(crate) fn build(
    dataset: &Description,
    backend: Arc<Backend>,
    keeping: Keeping,
    is_insecure: bool,
) -> Result<Schema, BuildError> {
    Ok(types(dataset, is_insecure)?.data(backend).data(Arc::new(keeping)).finish()?)
}

/// The schema of a dataset as text, in GraphQL's schema definition language.
///
/// # Panics
///
/// If names of the description are no different names in GraphQL, or it has no field or no measure.
/// The description of a valid model always is fine.
pub fn schema_sdl(dataset: &Description) -> String {
    let schema = types(dataset, false)
        .and_then(|types| Ok(types.finish()?))
        .unwrap_or_else(|error| panic!("not the description of a valid model: {error}"));
    let options = SDLExportOptions::new().use_space_ident().prefer_single_line_descriptions();
    format!("{}\n", schema.sdl_with_options(options).trim_end())
}

fn types(dataset: &Description, is_insecure: bool) -> Result<SchemaBuilder, BuildError> {
    let names = Names::try_new(dataset)?;
    // Limits of depth and size are ours, see `limits.rs`; this one only must not be below them.
    let schema = Schema::build(roots::QUERY, Some(kept::MUTATION), Some(roots::SUBSCRIPTION))
        // Comparing each unknown name with all that exist costs more than answering does.
        .disable_suggestions()
        .limit_recursive_depth(usize::MAX);
    let schema = scalars::all().into_iter().fold(schema, SchemaBuilder::register);
    let schema = dataset::register(schema);
    let schema = serving::register(schema);
    let schema = replicas::register(schema);
    let schema = outliers::register(schema);
    let schema = runs::register(schema);
    let schema = members::register(schema);
    let schema = question::register(schema, dataset);
    let schema = answer::register(schema, dataset);
    let schema = quantile::register(schema, dataset);
    let schema = coverage::register(schema);
    let schema = projection::register(schema);
    let schema = work::register(schema);
    let schema = notices::register(schema);
    let schema = ranks::register(schema);
    let schema = reach::register(schema);
    let schema = compared::register(schema);
    let schema = verdict::register(schema);
    let schema = pages::register(schema);
    let schema = newcomers::register(schema);
    let schema = kept::register(schema);
    Ok(roots::register(schema, dataset, names, is_insecure))
}

#[cfg(test)]
mod tests;
