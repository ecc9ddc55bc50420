//! Outliers for restricted principals: none, since the peers are computed from all rows.

use clio_proto::{Code, CubeService as _};

use super::super::events::MODEL;
use super::super::outliers::{OUTLIERS, events, lake_of};
use super::Guarded;

#[tokio::test]
async fn outliers_are_told_to_those_who_see_all() {
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), events(42));
    let guarded = Guarded::open(&lake, "").await;
    let all = guarded.cubes.outliers(None).await.unwrap();
    assert!(!all.outliers.is_empty());
    let told = guarded.seen().describe().await.unwrap().outliers.unwrap();
    assert_eq!((told.rate.as_str(), told.worthwhile), ("clicks / impressions", 0.05));
    assert_eq!(guarded.seen().outliers(None).await.unwrap().outliers, all.outliers);
    // Hiding measures that the outliers do not use makes no difference.
    guarded.give("hidden_measures = [\"plays\"]");
    assert_eq!(guarded.seen().outliers(None).await.unwrap().outliers, all.outliers);
    for (keys, words) in [
        ("rows = '''country anyOf (\"DE\")'''", "your roles show some"),
        ("hidden_measures = [\"clicks\"]", "measures that your roles hide"),
        ("hidden_measures = [\"watch\"]", "measures that your roles hide"),
    ] {
        guarded.give(keys);
        let error = guarded.seen().outliers(None).await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(guarded.seen().describe().await.unwrap().outliers, None);
    }
}
