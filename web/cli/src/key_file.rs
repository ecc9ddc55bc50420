//! The file of API keys on disk: read and replaced as a whole.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clio_proto::{KeyFile, TomlProblem};

/// Every problem of a file that people write, one per line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct WrongFile(Vec<String>);

impl WrongFile {
    pub(crate) fn new(file: &Path, problems: Vec<TomlProblem>) -> Self {
        let name = file.display();
        let line = |TomlProblem { line, key, what, mend }: TomlProblem| {
            let key = if key.is_empty() { key } else { format!("`{key}`: ") };
            format!("{name}:{line}: {key}{what}; {mend}")
        };
        Self(problems.into_iter().map(line).collect())
    }
}

/// Reads the keys of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<KeyFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the keys `{}`", path.display()))?;
    Ok(KeyFile::parse(&text).map_err(|problems| WrongFile::new(path, problems))?)
}

/// Changes the keys of a file, which may be absent if `may_make`. Concurrent writers wait; readers see the keys before
/// or after the change.
pub(crate) fn change<T>(
    path: &Path,
    may_make: bool,
    change: impl FnOnce(&mut KeyFile) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let cannot = || format!("cannot write the keys `{}`", path.display());
    let lock = File::create(beside(".lock")).with_context(cannot)?;
    lock.lock().with_context(cannot)?;
    let mut keys = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && may_make => KeyFile::default(),
        _ => read(path)?,
    };
    let outcome = change(&mut keys)?;
    let new = beside(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).with_context(cannot)?;
    file.write_all(keys.text().as_bytes()).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    std::fs::rename(&new, path).with_context(cannot)?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn keys_made_at_one_time_are_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        std::thread::scope(|scope| {
            for n in 0..8_u8 {
                let path = &path;
                scope.spawn(move || {
                    let create = |keys: &mut KeyFile| {
                        Ok(keys.create(&format!("bot-{n}"), &[n; 32], clock::now(), None)?)
                    };
                    change(path, true, create).unwrap();
                });
            }
        });
        assert_eq!(read(&path).unwrap().keys().len(), 8);
    }

    #[test]
    fn what_is_no_file_of_keys_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let revoke = |keys: &mut KeyFile| Ok(keys.revoke("a", clock::now()).map(|_| ())?);
        assert!(change(&path, false, revoke).is_err());
        std::fs::write(&path, "[keys]\n").unwrap();
        let error = change(&path, true, |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("keys.toml:1: `keys`: unknown key"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[keys]\n");
    }
}
