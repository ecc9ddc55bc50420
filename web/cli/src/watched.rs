//! Files that are reloaded when they change: keys, roles.

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
    take: impl FnMut(io::Result<&str>),
) {
    follow_every(INTERVAL, path, last, stop, take).await;
}

async fn follow_every(
    interval: Duration,
    path: PathBuf,
    last: String,
    stop: CancellationToken,
    mut take: impl FnMut(io::Result<&str>),
) {
    // Compares contents: small files may keep their time and length in a change.
    let mut last = Some(last);
    while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        match tokio::fs::read_to_string(&path).await {
            Ok(text) if last.as_ref() == Some(&text) => {}
            Ok(text) => {
                take(Ok(&text));
                last = Some(text);
            }
            Err(error) => {
                if last.take().is_some() {
                    take(Err(error));
                }
            }
        }
    }
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
        follow_every(Duration::from_millis(1), path, "one".to_owned(), stop, |text| {
            told.push(text.map_or_else(|error| format!("{:?}", error.kind()), str::to_owned));
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
