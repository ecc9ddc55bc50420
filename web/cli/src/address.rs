//! Addresses on the command line: a path of this machine, or the URL of an object store.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use url::Url;

/// A folder given as a path or a URL, as a URL that ends in `/`.
pub(crate) fn folder(text: &str) -> anyhow::Result<Url> {
    if text.contains("://") {
        let with_slash = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
        return Url::parse(&with_slash).with_context(|| format!("`{text}` is not an address"));
    }
    let path = absolute(Path::new(text))?;
    Url::from_directory_path(&path)
        .map_err(|()| anyhow!("`{}` cannot be written as an address", path.display()))
}

/// A file or folder given as a path or a URL: a folder's address ends in `/`.
pub(crate) fn place(text: &str) -> anyhow::Result<Url> {
    if text.contains("://") {
        return Url::parse(text).with_context(|| format!("`{text}` is not an address"));
    }
    let path = absolute(Path::new(text))?;
    let found = std::fs::metadata(&path).with_context(|| format!("cannot look at `{text}`"))?;
    if found.is_dir() {
        return folder(text);
    }
    Url::from_file_path(&path)
        .map_err(|()| anyhow!("`{}` cannot be written as an address", path.display()))
}

/// The folder that a file is in, as a URL that ends in `/`.
pub(crate) fn folder_of(file: &Path) -> anyhow::Result<Url> {
    let path = absolute(file)?;
    let parent = path.parent().ok_or_else(|| anyhow!("`{}` is not a file", path.display()))?;
    Url::from_directory_path(parent)
        .map_err(|()| anyhow!("`{}` cannot be written as an address", parent.display()))
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("`{}` is not a path", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_become_folders() {
        assert_eq!(folder("/a/lake").unwrap().as_str(), "file:///a/lake/");
        assert_eq!(folder("s3://bucket/lake").unwrap().as_str(), "s3://bucket/lake/");
        assert!(folder("lake").unwrap().as_str().ends_with("/lake/"));
        assert_eq!(folder_of(Path::new("/a/media.toml")).unwrap().as_str(), "file:///a/");
    }
}
