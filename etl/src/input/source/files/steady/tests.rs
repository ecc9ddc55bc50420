//! Files that change while they are read.

use std::fs;
use std::time::{Duration, SystemTime};

use object_store::local::LocalFileSystem;

use super::*;
use crate::error::EtlError;

const SIZE: usize = 3 * PIECE_BYTES;

/// Reads a file of which something becomes after its first piece was read.
async fn read(change: impl FnOnce(&std::path::Path)) -> Result<usize> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, vec![b'a'; SIZE]).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let meta = store.head(&Path::from("a.csv")).await.unwrap();
    let partitions = Arc::default();
    let file = SourceFile { meta, store: "/".into(), folder_day: None, partitions };
    let table = TableName::Source("a".to_owned());
    let mut bytes = bytes_of(&table, &store, &file).await?;
    let mut n_bytes = bytes.try_next().await?.unwrap().len();
    change(&path);
    while let Some(piece) = bytes.try_next().await? {
        n_bytes += piece.len();
    }
    Ok(n_bytes)
}

fn is_changed(found: &Result<usize>) -> bool {
    let Err(error) = found else { return false };
    matches!(EtlError::behind(error), Some(EtlError::Read(ReadError::FileChanged { .. })))
}

/// The store's own stream of such a file has no end.
#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_is_an_error() {
    let cut = |path: &std::path::Path| File::options().write(true).open(path).unwrap().set_len(5);
    assert!(is_changed(&read(|path| cut(path).unwrap()).await));
}

#[tokio::test]
async fn a_file_that_grows_or_gets_other_bytes_while_it_is_read_is_an_error() {
    assert!(is_changed(&read(|path| fs::write(path, vec![b'b'; SIZE + 1]).unwrap()).await));
    assert!(is_changed(&read(|path| fs::write(path, vec![b'b'; SIZE]).unwrap()).await));
}

/// The file that is open stays as it was.
#[tokio::test]
async fn a_file_that_is_replaced_by_another_is_read_to_its_end() {
    let replace = |path: &std::path::Path| {
        let other = path.with_extension("new");
        fs::write(&other, b"b").unwrap();
        fs::rename(other, path).unwrap();
    };
    assert_eq!(read(replace).await.unwrap(), SIZE);
}
