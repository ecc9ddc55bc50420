//! Decisions of people about snapshots: which is served, which is not, and that services follow.

use std::sync::Arc;
use std::time::Duration;

use clio_lake::{Decided, Standing, decide};
use clio_proto::{Code, CubeService as _, Query, ServingState, SnapshotId};

use super::events::{days, generate};
use super::lake::TestLake;
use crate::{Cubes, ServingConfig};

/// A lake of four snapshots, 0 to 3.
fn lake() -> TestLake {
    let mut lake = TestLake::with(generate(1, &days("2026-01-01", "2026-01-02"), 20));
    for (seed, n_events) in [(2, 22), (3, 23), (4, 24)] {
        lake.replace_days(generate(seed, &days("2026-01-02", "2026-01-03"), n_events));
    }
    lake
}

async fn say(lake: &TestLake, what: Decided) -> Standing {
    let at = "2026-02-01T06:00:00Z".parse().unwrap();
    decide(&lake.url(), what, at, "ada", "plays are missing").await.unwrap()
}

async fn follow(lake: &TestLake) -> Arc<Cubes> {
    Cubes::open(ServingConfig::new(lake.url())).await.unwrap()
}

fn served(cubes: &Cubes) -> (ServingState, Option<u64>, u64) {
    let status = cubes.status_board().current();
    let behind = status.versions_behind();
    (status.state, status.snapshot.map(|info| info.id.0), behind)
}

async fn impressions(cubes: &Cubes, snapshot: Option<u64>) -> String {
    let answer =
        cubes.query(Query::total(["impressions"]), snapshot.map(SnapshotId)).await.unwrap();
    answer.total.values[0].value.unwrap().to_string()
}

#[tokio::test]
async fn what_is_pinned_is_served_whatever_is_newer() {
    let mut lake = lake();
    let cubes = follow(&lake).await;
    let before = impressions(&cubes, None).await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(3), 0));

    // One that is not held is loaded.
    say(&lake, Decided::Pin { snapshot: SnapshotId(1) }).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(1), 2));
    assert_ne!(impressions(&cubes, None).await, before);
    let pin = cubes.status_board().current().pin.unwrap();
    assert_eq!((pin.id.0, pin.by.as_str(), pin.reason.as_str()), (1, "ada", "plays are missing"));
    // A client that asks for the newer one still gets it.
    assert_eq!(impressions(&cubes, Some(3)).await, before);

    // What is committed in the meantime is known, and not served; a service that is restarted adheres to it as well.
    lake.replace_days(generate(9, &days("2026-01-04", "2026-01-04"), 40));
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(1), 3));
    assert_eq!(served(&*follow(&lake).await), (ServingState::Serving, Some(1), 3));
    let once = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    assert_eq!(impressions(&once, None).await, impressions(&cubes, None).await);

    say(&lake, Decided::Unpin).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(4), 0));
    assert_eq!(cubes.status_board().current().pin, None);
}

#[tokio::test]
async fn what_is_bad_is_not_served_to_anybody() {
    let mut lake = lake();
    let cubes = follow(&lake).await;
    say(&lake, Decided::MarkBad { snapshot: SnapshotId(3) }).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Stale, Some(2), 1));
    let status = cubes.status_board().current();
    let refused = status.refused.unwrap();
    assert_eq!((refused.id.0, refused.is_marked_bad), (3, true));
    assert_eq!(refused.reason, "ada marked it as bad (plays are missing)");
    let expected = "snapshot 3 is refused: ada marked it as bad (plays are missing); snapshot 2 is still served";
    assert_eq!(status.message.as_deref(), Some(expected));
    let asked = cubes.query(Query::total(["impressions"]), Some(SnapshotId(3))).await;
    assert_eq!(asked.unwrap_err().code, Code::NotFound);
    let list = cubes.snapshots(10).await.unwrap();
    assert_eq!(list.snapshots.iter().map(|info| info.id.0).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(list.refused, [refused]);

    // The next one is served as usual, and the one before it is still not.
    lake.replace_days(generate(9, &days("2026-01-04", "2026-01-04"), 40));
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(4), 0));
    say(&lake, Decided::MarkBad { snapshot: SnapshotId(4) }).await;
    for cubes in [follow(&lake).await, Arc::clone(&cubes)] {
        cubes.look().await;
        assert_eq!(served(&cubes), (ServingState::Stale, Some(2), 2));
    }
    let once = Cubes::load_once(ServingConfig::new(lake.url())).await.unwrap();
    assert_eq!(impressions(&once, None).await, impressions(&cubes, None).await);

    // A mistake is undone.
    say(&lake, Decided::MarkGood { snapshot: SnapshotId(4) }).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(4), 0));
}

#[tokio::test]
async fn a_pin_that_turns_out_bad_holds_no_longer() {
    let lake = lake();
    let cubes = follow(&lake).await;
    say(&lake, Decided::Pin { snapshot: SnapshotId(1) }).await;
    cubes.look().await;
    say(&lake, Decided::MarkBad { snapshot: SnapshotId(1) }).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(3), 0));
    let pinned = Decided::Pin { snapshot: SnapshotId(1) };
    let refused = decide(&lake.url(), pinned, jiff::Timestamp::UNIX_EPOCH, "ada", "").await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("`clio lake mark-bad 1 --undo` takes that back"), "{said}");
    for unknown in
        [Decided::Pin { snapshot: SnapshotId(7) }, Decided::MarkBad { snapshot: SnapshotId(7) }]
    {
        let refused = decide(&lake.url(), unknown, jiff::Timestamp::UNIX_EPOCH, "ada", "").await;
        let said = refused.unwrap_err().to_string();
        assert!(said.ends_with("there is no snapshot 7; the newest is 3"), "{said}");
    }
}

/// With unreadable decisions nobody could tell what must not be served.
#[tokio::test]
async fn a_decision_that_cannot_be_read_keeps_what_is_served() {
    let mut lake = lake();
    let cubes = follow(&lake).await;
    say(&lake, Decided::MarkBad { snapshot: SnapshotId(3) }).await;
    let file = lake.path("decisions/00000000000000000001.json");
    let sound = std::fs::read(&file).unwrap();
    std::fs::write(&file, "{\"format_version\": 1, \"decis").unwrap();
    lake.replace_days(generate(9, &days("2026-01-04", "2026-01-04"), 40));
    for _ in 0..4 {
        cubes.look().await;
    }
    assert_eq!(served(&cubes), (ServingState::Stale, Some(3), 0));
    let said = cubes.status_board().current().message.unwrap();
    assert!(
        said.contains("decisions/00000000000000000001.json is not a decision that can be read"),
        "{said}"
    );
    std::fs::write(&file, sound).unwrap();
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(4), 0));
}

/// The file has the number of one that has already been read.
#[tokio::test]
async fn a_decision_that_is_deleted_and_made_again_is_found() {
    let lake = lake();
    let cubes = follow(&lake).await;
    say(&lake, Decided::Pin { snapshot: SnapshotId(1) }).await;
    cubes.look().await;
    assert_eq!(served(&cubes), (ServingState::Serving, Some(1), 2));
    std::fs::remove_file(lake.path("decisions/00000000000000000001.json")).unwrap();
    say(&lake, Decided::Pin { snapshot: SnapshotId(2) }).await;
    for _ in 0..10 {
        cubes.look().await;
    }
    assert_eq!(served(&cubes), (ServingState::Serving, Some(2), 1));
}

/// What is refused stays so until somebody looks; what people decided, and a lake that has nothing yet, is no such thing.
#[tokio::test]
async fn what_is_refused_for_long_is_stuck_and_what_people_decided_is_not() {
    let mut lake = lake();
    let url = lake.url();
    let open = async |stuck_after: Duration| {
        Cubes::open(ServingConfig { stuck_after, ..ServingConfig::new(url.clone()) }).await.unwrap()
    };
    let (at_once, later) = (open(Duration::ZERO).await, open(Duration::from_hours(1)).await);
    let look = async || {
        at_once.look().await;
        later.look().await;
        let of = |cubes: &Cubes| {
            let status = cubes.status_board().current();
            (status.state, status.is_stuck)
        };
        assert_eq!(of(&at_once).0, of(&later).0);
        assert!(!of(&later).1);
        of(&at_once)
    };
    assert_eq!(look().await, (ServingState::Serving, false));
    say(&lake, Decided::MarkBad { snapshot: SnapshotId(3) }).await;
    assert_eq!(look().await, (ServingState::Stale, false));
    let events = || generate(9, &days("2026-01-04", "2026-01-04"), 40);
    lake.commit(events(), |metadata| metadata.model.push_str("[nonsense]"), |_, batch| batch);
    assert_eq!(look().await, (ServingState::Stale, true));
    lake.replace_days(events());
    assert_eq!(look().await, (ServingState::Serving, false));

    // A lake that does not answer, or is gone.
    let cells = lake.path("cells");
    std::fs::rename(&cells, lake.path("away")).unwrap();
    for _ in 0..13 {
        look().await;
    }
    assert_eq!(look().await.0, ServingState::Stale);
    std::fs::rename(lake.path("away"), &cells).unwrap();
    assert_eq!(look().await, (ServingState::Serving, false));
    let empty = TestLake::empty();
    let config = ServingConfig { stuck_after: Duration::ZERO, ..ServingConfig::new(empty.url()) };
    let waits = Cubes::open(config).await.unwrap().status_board().current();
    assert_eq!((waits.state, waits.is_stuck), (ServingState::Down, false));
}
