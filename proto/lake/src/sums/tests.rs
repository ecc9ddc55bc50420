//! A store that fails for a while, and one whose files wear out: the two are told apart.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use clio_proto::Period;
use object_store::PutPayload;
use object_store::memory::InMemory;

use super::*;
use crate::error::LakeError;

const PATH: &str = "grain=all/period=all/a.parquet";

/// A store whose network is down for now.
#[derive(Debug, Default)]
struct Network {
    is_down: AtomicBool,
}

#[async_trait]
impl Guard for Network {
    async fn admit(&self, _: &Arc<dyn ObjectStore>, _: &Path) -> object_store::Result<()> {
        if self.is_down.load(Ordering::Relaxed) {
            let source = Box::new(io::Error::from(io::ErrorKind::TimedOut));
            return Err(object_store::Error::Generic { store: "S3", source });
        }
        Ok(())
    }
}

fn file(bytes: &[u8], with_checksum: bool) -> LakeFile {
    LakeFile {
        path: PATH.to_owned(),
        size_bytes: bytes.len() as u64,
        n_rows: 1,
        period: Some(Period::All),
        checksum: with_checksum.then(|| Checksum::of(bytes)),
    }
}

async fn store(bytes: &'static [u8]) -> Arc<dyn ObjectStore> {
    let store = InMemory::new();
    store.put(&Path::from(PATH), PutPayload::from_static(bytes)).await.unwrap();
    Arc::new(store)
}

/// A storage that did not answer for a moment was a reason to rebuild nothing, and to call nothing damaged.
#[tokio::test]
async fn a_storage_that_does_not_answer_is_no_damage() {
    let network = Arc::new(Network::default());
    let inner = store(b"cells").await;
    let store: Arc<dyn ObjectStore> = Arc::new(Guarded::new(inner, Arc::clone(&network)));
    for with_checksum in [true, false] {
        let file = file(b"cells", with_checksum);
        let sums = Arc::new(Sums::of("cells"));
        sums.note(&file);
        let sound = sums.before(&store);
        network.is_down.store(true, Ordering::Relaxed);
        let error = sums.damaged(&store, std::slice::from_ref(&file)).await.unwrap_err();
        assert!(LakeError::storage("lake", &error).is_transient(), "{error}");
        let error = sound.get(&Path::from(PATH)).await.unwrap_err();
        assert!(LakeError::storage("lake", &error).is_transient(), "{error}");
        assert_eq!(sums.met(), None);
        // What was not found out is looked at again.
        network.is_down.store(false, Ordering::Relaxed);
        let bytes = sound.get(&Path::from(PATH)).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, b"cells"[..]);
    }
}

#[tokio::test]
async fn a_file_with_other_bytes_is_given_to_nobody() {
    let store = store(b"cellt").await;
    let sums = Arc::new(Sums::of("cells"));
    let sound = sums.before(&store);
    let path = Path::from(PATH);
    assert!(sound.get(&path).await.is_ok(), "nothing is known of it yet");
    sums.note(&file(b"cells", true));
    let (expected, found) = (Checksum::of(b"cells"), Checksum::of(b"cellt"));
    let problem = DamageProblem::Checksum { expected, found };
    for error in [
        sound.get(&path).await.map(drop).unwrap_err(),
        sound.get_range(&path, 0..1).await.map(drop).unwrap_err(),
        sound.get_ranges(&path, &[0..1, 2..3]).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(Damage::behind(&error).unwrap().problem, problem);
        let error = LakeError::storage("lake", &error);
        assert!(matches!(error, LakeError::Damaged(_)) && !error.is_transient(), "{error}");
    }
    assert_eq!(sums.met().unwrap().problem, problem);
    // That it is there, and how long it is, may be known of any file.
    assert_eq!(sound.head(&path).await.unwrap().size, 5);
    // Another file takes its place, and its name.
    sums.note(&file(b"cellt", true));
    assert!(sound.get(&path).await.is_ok());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_by_what_is_known_of_it() {
    let (path, sums) = (Path::from(PATH), Sums::of("cells"));
    let short = store(b"cell").await;
    let other = store(b"cellt").await;
    let none: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    for with_checksum in [true, false] {
        let file = file(b"cells", with_checksum);
        let problem = async |store| {
            // Each store is another table's.
            let sums = Sums::of("cells");
            let found: Option<Damage> = sums.damage_of(store, &file).await.unwrap();
            found.unwrap().problem
        };
        assert_eq!(problem(&none).await, DamageProblem::Missing);
        assert_eq!(problem(&short).await, DamageProblem::Size { expected: 5, found: 4 });
        match problem(&other).await {
            DamageProblem::Checksum { .. } => assert!(with_checksum),
            DamageProblem::Unreadable { .. } => assert!(!with_checksum),
            problem => panic!("{problem}"),
        }
    }
    assert_eq!(sums.look(&none, &path).await.unwrap(), None, "it knows of no file");
}
