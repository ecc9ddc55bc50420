//! Files in a folder that are not read: they are reported, so that none is skipped silently.

use std::fmt;

use clio_lake::{LeftOutRecord, MAX_FILES_LEFT_OUT};
use url::Url;

/// How many skipped files are named.
const MAX_NAMED: usize = 3;

/// Files in the folders of a source or lookup that are not read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// The source or lookup, such as ``source `plays` ``.
    pub table: String,
    /// Their paths, in order; at least one.
    pub files: Vec<String>,
}

impl LeftOut {
    /// The same for the run's record, which others read too: paths relative to the model's folder.
    pub(crate) fn record(&self, base: &Url) -> LeftOutRecord {
        let name = |path: &String| match path.strip_prefix(base.path()) {
            Some(below) => below.to_owned(),
            None => path.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        LeftOutRecord {
            table: self.table.clone(),
            n_files: self.files.len() as u64,
            files: self.files.iter().take(MAX_FILES_LEFT_OUT).map(name).collect(),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, files } = self;
        let first = files.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
        write!(f, "{} files of {table}, because of how their names end: {first}", files.len())?;
        if files.len() > MAX_NAMED { f.write_str(", …") } else { Ok(()) }
    }
}
