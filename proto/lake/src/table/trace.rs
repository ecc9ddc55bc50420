//! What a dead run left in the log: whether its commit is in, and which of its files commits name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DeltaFolder;
use crate::commit::Commit;
use crate::error::LakeError;
use crate::format::SnapshotMetadata;

/// How many versions back a dead run's files are searched for where it is unknown which version it
/// started from.
const MAX_VERSIONS_BACK: u64 = 1_000;

/// What commits say of a dead run.
#[derive(Debug, Default)]
pub struct Trace {
    /// The version that it committed, with the commit's metadata.
    pub commit: Option<(u64, SnapshotMetadata)>,
    /// Those of its files that some commit adds: they belong to the lake.
    pub named: BTreeSet<String>,
}

impl DeltaFolder {
    /// Searches the commits after a version for a run and its files.
    ///
    /// # Errors
    ///
    /// Where the storage fails, or its contents cannot be read.
    pub async fn trace(
        &self,
        run: &str,
        files: &[String],
        after: Option<u64>,
    ) -> Result<Trace, LakeError> {
        let mut trace = Trace::default();
        let Some(state) = self.state().await? else { return Ok(trace) };
        let live = state.files.iter().map(|file| &file.path);
        trace.named.extend(live.filter(|path| files.contains(path)).cloned());
        let first = after.map_or_else(
            || (state.version + 1).saturating_sub(MAX_VERSIONS_BACK),
            |version| version + 1,
        );
        for version in (first..=state.version).rev() {
            let read = self.log_store.read_commit_entry(version).await;
            // Commits cleaned out of the log are older than any run that can still have left files.
            let Some(bytes) = read.map_err(|error| self.failed(&error))? else { break };
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                // A line that is not JSON may name any of the files: they stay.
                let Ok(action) = serde_json::from_slice::<Value>(line) else {
                    trace.named.extend(files.iter().cloned());
                    continue;
                };
                if let Some(path) = action["add"]["path"].as_str()
                    && files.iter().any(|file| file == path)
                {
                    trace.named.insert(path.to_owned());
                }
            }
            // An unreadable commit is not one that a run has finished.
            let commit = Commit::read(&self.url, version, &bytes)?;
            if let Some(metadata) = commit.metadata
                && metadata.run.as_str() == run
            {
                trace.commit = Some((version, SnapshotMetadata::clone(&metadata)));
            }
        }
        Ok(trace)
    }
}
