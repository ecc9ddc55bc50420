//! What a lake remembers of the columns of sources and lookups, for people.

use url::Url;

use crate::error::LakeError;
use crate::format::KnownColumns;
use crate::housekeeping::open;

/// The columns that the newest snapshot remembers.
///
/// # Errors
///
/// [`LakeError::NoSnapshot`] when there is no lake, others when it cannot be read.
pub async fn known_columns(lake: &Url) -> Result<KnownColumns, LakeError> {
    let (cells, state) = open(lake).await?;
    let metadata = cells.metadata(&state).await?;
    Ok(metadata.map(|metadata| metadata.columns).unwrap_or_default())
}
