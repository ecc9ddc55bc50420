//! The folder that events are written into: claimed, filled in a sibling, then moved into place.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::SynthError;
use super::summary::{GENERATOR, SynthSummary};

/// What a finished folder holds, and nothing else.
const ENTRIES: [&str; 7] = [
    "assets.parquet",
    "impressions",
    "media.toml",
    "plays",
    "previews",
    "profile_audiences",
    "truth",
];

/// A folder under construction: a hidden sibling of the target, so that a rename moves it. A failure halfway leaves the
/// target as it was; the next run removes the sibling.
#[derive(Debug)]
pub(super) struct Scaffold {
    target: PathBuf,
    /// Where the files are written in the meantime.
    pub(super) path: PathBuf,
}

impl Scaffold {
    /// Creates an empty folder beside the target.
    pub(super) fn begin(target: &Path) -> Result<Self, SynthError> {
        let path = sibling(target, "unfinished")?;
        remove(&path)?;
        fs::create_dir_all(&path).map_err(SynthError::io("create", &path))?;
        Ok(Self { target: target.to_owned(), path })
    }

    /// Puts the finished folder in the target's place.
    pub(super) fn replace_target(self) -> Result<(), SynthError> {
        let replaced = sibling(&self.target, "replaced")?;
        remove(&replaced)?;
        match fs::rename(&self.target, &replaced) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.map_err(SynthError::io("rename", &self.target))?,
        }
        fs::rename(&self.path, &self.target).map_err(SynthError::io("rename", &self.path))?;
        remove(&replaced)
    }

    /// Moves one folder into the target, replacing what is there.
    pub(super) fn move_in(&self, entry: &Path) -> Result<(), SynthError> {
        let (from, to) = (self.path.join(entry), self.target.join(entry));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(SynthError::io("create", parent))?;
        }
        remove(&to)?;
        fs::rename(&from, &to).map_err(SynthError::io("rename", &from))
    }

    /// Removes what is left after the last entry was moved.
    pub(super) fn clear(self) -> Result<(), SynthError> {
        remove(&self.path)
    }
}

/// Fails if the folder contains anything that this generator did not write.
pub(super) fn check_replaceable(target: &Path) -> Result<(), SynthError> {
    let entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(SynthError::io("read", target)(error)),
    };
    let mut names: Vec<OsString> = entries
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<_>>()
        .map_err(SynthError::io("read", target))?;
    names.sort_unstable();
    let Some(first) = names.first() else { return Ok(()) };
    // A summary of ours makes the folder ours, but not what others put into it.
    let is_ours = summary(target).is_ok_and(|summary| summary.is_some());
    let is_foreign = |name: &&OsString| !ENTRIES.iter().any(|entry| ***name == **entry);
    let foreign = if is_ours { names.iter().find(is_foreign) } else { Some(first) };
    match foreign {
        None => Ok(()),
        Some(name) => Err(SynthError::Occupied {
            path: target.to_owned(),
            entry: name.to_string_lossy().into_owned(),
        }),
    }
}

/// The summary of a finished folder; `None` if it has none of this generator.
pub(super) fn summary(target: &Path) -> Result<Option<SynthSummary>, SynthError> {
    let summary = SynthSummary::read(&target.join("truth/summary.json"))?;
    Ok(summary.filter(|summary| summary.generator == GENERATOR))
}

/// `/data/.events.unfinished` for `/data/events`.
fn sibling(target: &Path, suffix: &str) -> Result<PathBuf, SynthError> {
    let absolute = std::path::absolute(target).map_err(SynthError::io("find", target))?;
    let Some(name) = absolute.file_name() else {
        return Err(SynthError::Setting {
            key: "out",
            value: target.display().to_string(),
            mend: "name a folder, not a root".to_owned(),
        });
    };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    hidden.push(suffix);
    Ok(absolute.with_file_name(hidden))
}

fn remove(path: &Path) -> Result<(), SynthError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(SynthError::io("remove", path)),
    }
}
