//! The file: copied, grown old, of a newer program, damaged and full.

use std::collections::BTreeSet;

use super::*;
use crate::link::LinkAnswer;

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The promise of `docs/operating.md`: while the gateway runs, and after every change, the one file is all there is to copy.
#[tokio::test]
async fn a_copy_of_the_one_file_is_a_backup() {
    let Kept { store, file, folder } = Kept::new();
    let me = scope("local");
    for round in 0..20 {
        store.add_view(&me, draft(&format!("view {round:02}"))).await.unwrap();
        store.add_annotation(&me, note("2026-01-05", "2026-01-05", "x")).await.unwrap();
        let answers = vec![LinkAnswer { name: "t".to_owned(), n_named: 1, body: vec![7; 9_000] }];
        let draft = LinkDraft { address: format!("/{round}"), snapshot: Some(round), answers };
        let link = store.add_link(&me, draft).await.unwrap();
        assert_eq!(names(folder.path()), BTreeSet::from(["store.sqlite".to_owned()]));
        let copy = TempDir::new().unwrap();
        let copied = copy.path().join("copy.sqlite");
        std::fs::copy(&file, &copied).unwrap();
        let copied = open(&copied).unwrap();
        assert_eq!(copied.views(&me).await.unwrap(), store.views(&me).await.unwrap());
        assert_eq!(copied.link(&me, &link.id).await.unwrap(), link);
        let asked = AnnotationsAsked { limit: 100, ..AnnotationsAsked::default() };
        let of_copy = copied.annotations(&me, asked.clone()).await.unwrap();
        assert_eq!(of_copy, store.annotations(&me, asked).await.unwrap());
    }
}

#[tokio::test]
async fn what_was_kept_is_there_when_the_file_is_opened_again() {
    let Kept { store, file, folder } = Kept::new();
    let me = scope("local");
    let view = store.add_view(&me, draft("Mornings")).await.unwrap();
    drop(store);
    let store = open(&file).unwrap();
    assert_eq!(store.views(&me).await.unwrap(), [view]);
    drop(folder);
}

/// Rows of each older version outlive the way to the newest one, and a second opening finds nothing to do.
#[tokio::test]
async fn files_of_every_older_version_are_brought_up_to_date() {
    let me = scope("local");
    for version in 0..migrations::NEWEST {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("old.sqlite");
        let mut connection = Connection::open(&file).unwrap();
        migrations::migrate(&mut connection, version).unwrap();
        let has_rows = version >= 1;
        if has_rows {
            let insert = "INSERT INTO views (dataset, owner, name, address, is_shared, created_ms, changed_by, changed_ms, revision)
                VALUES ('media', 'local', 'old', '/?last=7', 1, 1770000000000, 'local', 1770000001000, 3);
                INSERT INTO default_views VALUES ('media', 'local', 1)";
            connection.execute_batch(insert).unwrap();
        }
        if version >= 2 {
            let insert = "INSERT INTO annotations (dataset, owner, first_day, last_day, text, created_ms, changed_by, changed_ms, revision)
                VALUES ('media', 'local', '2026-01-05', '2026-01-06', 'old', 1, 'local', 1, 1)";
            connection.execute_batch(insert).unwrap();
        }
        drop(connection);
        for _ in 0..2 {
            let store = open(&file).unwrap();
            let views = store.views(&me).await.unwrap();
            assert_eq!(views.len(), usize::from(has_rows), "version {version}");
            for view in views {
                assert_eq!((view.name.as_str(), view.stamp.revision), ("old", 3));
                assert!(view.is_shared && view.is_default);
                assert_eq!(view.stamp.changed_at.to_string(), "2026-02-02T02:40:01Z");
            }
            let asked = AnnotationsAsked { limit: 10, ..AnnotationsAsked::default() };
            let page = store.annotations(&me, asked).await.unwrap();
            assert_eq!(page.n_total, usize::from(version >= 2), "version {version}");
            // And all that is of a later version works.
            let draft = LinkDraft { address: "/".to_owned(), snapshot: None, answers: Vec::new() };
            store.add_link(&me, draft).await.unwrap();
            let through = "2026-01-06".parse().unwrap();
            let listed = vec![Listed { member: about("asset", "a1"), kind: "star".to_owned() }];
            let visit = store.add_visit(&me, VisitDraft { through, listed }).await.unwrap();
            assert_eq!(store.last_visit(&me).await.unwrap(), Some(visit));
        }
    }
}

/// Files as older versions wrote them, and as this one does. `CLIO_BLESS=1` writes that of this version, once, before it is shipped.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
async fn the_files_of_shipped_versions_are_read() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let committed = |version: u32| testdata.join(format!("version-{version}.sqlite"));
    let me = scope("local");
    let link = || LinkDraft {
        address: "/?country.any=DE".to_owned(),
        snapshot: Some(41),
        answers: vec![LinkAnswer { name: "table".to_owned(), n_named: 1, body: vec![8, 41] }],
    };
    let day = "2026-01-06".parse().unwrap();
    let member = about("asset", "a1");
    let acknowledgement = || AcknowledgementDraft {
        member: member.clone(),
        kind: "star".to_owned(),
        since: day,
        through: day,
        note: Some("seen".to_owned()),
    };
    if std::env::var_os("CLIO_BLESS").is_some() {
        let Kept { store, file, folder: _folder } = Kept::new();
        let view = store.add_view(&me, draft("Mornings")).await.unwrap();
        store.set_default_view(&me, Some(view.id)).await.unwrap();
        store.add_annotation(&me, note("2026-01-05", "2026-01-06", "premiere")).await.unwrap();
        store.add_link(&me, link()).await.unwrap();
        store.add_acknowledgement(&me, acknowledgement()).await.unwrap();
        let mute = MuteDraft { member: member.clone(), kind: None, until: Some(day) };
        store.add_mute(&me, mute).await.unwrap();
        let listed = vec![Listed { member: member.clone(), kind: "star".to_owned() }];
        store.add_visit(&me, VisitDraft { through: day, listed }).await.unwrap();
        std::fs::copy(file, committed(migrations::NEWEST)).unwrap();
    }
    for version in 3..=migrations::NEWEST {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("store.sqlite");
        std::fs::copy(committed(version), &file).unwrap();
        let store = open(&file).unwrap();
        let views = store.views(&me).await.unwrap();
        assert_eq!((views[0].name.as_str(), views[0].is_default), ("Mornings", true));
        let asked = AnnotationsAsked { limit: 10, ..AnnotationsAsked::default() };
        let page = store.annotations(&me, asked).await.unwrap();
        assert_eq!(page.annotations[0].text, "premiere");
        let id = link().id("media", "local", 0);
        let found = store.link(&me, &id).await.unwrap();
        assert_eq!((found.answers, found.snapshot), (link().answers, Some(41)));
        if version < 4 {
            assert_eq!(store.acknowledgements(&me, 10).await.unwrap().n_total, 0);
            continue;
        }
        let page = store.acknowledgements(&me, 10).await.unwrap();
        assert_eq!(page.acknowledgements[0].note.as_deref(), Some("seen"));
        let mutes = store.mutes(&me).await.unwrap();
        assert_eq!((&mutes[0].member, mutes[0].until), (&member, Some(day)));
        let visit = store.last_visit(&me).await.unwrap().unwrap();
        assert_eq!((visit.through, visit.listed.len()), (day, 1));
    }
}

#[test]
fn what_is_no_store_of_ours_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);

    let newer = path("newer.sqlite");
    drop(open(&newer).unwrap());
    let connection = Connection::open(&newer).unwrap();
    connection.pragma_update(None, "user_version", 9).unwrap();
    drop(connection);

    let foreign = path("foreign.sqlite");
    let connection = Connection::open(&foreign).unwrap();
    connection.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(connection);

    let text = path("text.sqlite");
    std::fs::write(&text, "not a database at all, but long enough to be looked at".repeat(40))
        .unwrap();

    for (file, expected) in [
        (newer, "has version 9, and this program supports versions up to 4; start the newer Clio"),
        (foreign, "is not a store of Clio but a database of another program"),
        (text, "is damaged (file is not a database); put back a copy of it"),
    ] {
        let before = std::fs::read(&file).unwrap();
        let error = open(&file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&file.display().to_string()), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("cannot open the store"), "{error}");
    let error = open(&path("none/store.sqlite")).unwrap_err().to_string();
    assert!(error.starts_with("cannot open the store"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let Kept { store, file, folder: _folder } = Kept::new();
    for round in 0..40 {
        store.add_view(&scope("local"), draft(&format!("view {round}"))).await.unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(&file).unwrap();
    let end = bytes.len();
    bytes[4_096..end].fill(0x5a);
    let folder = TempDir::new().unwrap();
    let broken = folder.path().join("broken.sqlite");
    std::fs::write(&broken, bytes).unwrap();
    let error = open(&broken).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_full_file_refuses_with_its_limit_and_keeps_what_it_has() {
    let limits = StoreLimits { file_bytes: 256 << 10, ..StoreLimits::default() };
    let Kept { store, file, folder: _folder } = Kept::within(limits);
    let me = scope("local");
    let add = async |n: i64| {
        let answers = vec![LinkAnswer { name: "t".to_owned(), n_named: 1, body: vec![0; 20_000] }];
        let draft = LinkDraft { address: "/".to_owned(), snapshot: Some(n), answers };
        store.add_link(&me, draft).await
    };
    let first = add(0).await.unwrap();
    let mut full = None;
    for n in 1..100 {
        if let Err(error) = add(n).await {
            full = Some(error);
            break;
        }
    }
    assert_eq!(full, Some(StoreError::Full { limit: 256 << 10 }));
    assert_eq!(store.link(&me, &first.id).await.unwrap(), first);
    assert!(std::fs::metadata(&file).unwrap().len() <= 256 << 10);
}

#[tokio::test]
async fn the_last_two_hundred_that_were_removed_can_be_brought_back() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let mut removed = Vec::new();
    for round in 0..201 {
        let view = store.add_view(&me, draft(&format!("view {round}"))).await.unwrap();
        removed.push(store.remove_view(&me, at(&view)).await.unwrap());
    }
    let lost = store.restore_view(&me, at(&removed[0])).await.unwrap_err();
    assert!(matches!(lost, StoreError::NotFound { .. }), "{lost}");
    store.restore_view(&me, at(&removed[1])).await.unwrap();
    // An id comes once.
    let next = store.add_view(&me, draft("next")).await.unwrap();
    assert!(removed.iter().all(|view| view.id != next.id));
}
