//! Files that are reloaded when they change: keys, roles, certificates.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The polling interval: revoked access lasts at most this much longer.
const INTERVAL: Duration = Duration::from_secs(1);

/// Passes on the text of a file whenever it differs from the last one read, starting with `last`; and, once, the error
/// if it cannot be read.
pub(crate) async fn follow(
    path: PathBuf,
    last: String,
    stop: CancellationToken,
    mut take: impl FnMut(io::Result<&str>),
) {
    follow_all(vec![path], vec![last], stop, |texts| {
        take(texts.map(|texts| texts.first().map_or("", String::as_str)));
    })
    .await;
}

/// Like [`follow`], of several files that go together: all texts, whenever one of them differs.
pub(crate) async fn follow_all(
    paths: Vec<PathBuf>,
    last: Vec<String>,
    stop: CancellationToken,
    take: impl FnMut(io::Result<&[String]>),
) {
    follow_every(INTERVAL, paths, last, stop, take).await;
}

async fn follow_every(
    interval: Duration,
    paths: Vec<PathBuf>,
    last: Vec<String>,
    stop: CancellationToken,
    mut take: impl FnMut(io::Result<&[String]>),
) {
    // Compares contents: small files may keep their time and length in a change.
    let mut last = Some(last);
    while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        match read(&paths).await {
            Ok(texts) if last.as_ref() == Some(&texts) => {}
            Ok(texts) => {
                take(Ok(&texts));
                last = Some(texts);
            }
            Err(error) => {
                if last.take().is_some() {
                    take(Err(error));
                }
            }
        }
    }
}

async fn read(paths: &[PathBuf]) -> io::Result<Vec<String>> {
    let mut texts = Vec::with_capacity(paths.len());
    for path in paths {
        texts.push(tokio::fs::read_to_string(path).await?);
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_change_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "changed").unwrap();
        let stop = CancellationToken::new();
        let mut told: Vec<String> = Vec::new();
        let (file, owner) = (path.clone(), stop.clone());
        follow_every(Duration::from_millis(1), vec![path], vec!["one".to_owned()], stop, |texts| {
            told.push(texts.map_or_else(|error| format!("{:?}", error.kind()), <[String]>::concat));
            match told.len() {
                1 => std::fs::remove_file(&file).unwrap(),
                2 => std::fs::write(&file, "two").unwrap(),
                _ => owner.cancel(),
            }
        })
        .await;
        assert_eq!(told, ["changed", "NotFound", "two"]);
    }
}
