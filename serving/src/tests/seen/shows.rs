//! Nothing that a role hides shows in any text: not in answers, lists, descriptions or refusals, whatever the request.

use clio_proto::{
    Code, Comparison, CubeService as _, FieldRef, GroupKey, MembersRequest, Query, Test,
};

use super::{Guarded, dense_lake};
use crate::tests::events::AUDIENCES;
use crate::tests::queries::{field, test, texts};

fn by(key: &str) -> Query {
    Query { group_by: vec![GroupKey::Field(field(key))], ..Query::total(["impressions"]) }
}

/// All texts returned to somebody who asks for what they cannot see, and for near misses.
async fn said(guarded: &Guarded, near: &[(&str, &str)]) -> String {
    let seen = guarded.seen();
    let mut said = String::new();
    let mut note = |text: String| said.push_str(&text);
    note(format!("{:?}", seen.describe().await));
    note(format!("{:?}", seen.snapshots(10).await));
    note(format!("{:?}", seen.status().await));
    for name in ["asset", "asset.title", "asset.tags", "country", "audience", "audience.kind"] {
        note(format!("{:?}", seen.query(by(name), None).await));
        for other in ["asset", "country", "audience"] {
            let mut query = by(name);
            query.group_by.push(GroupKey::Field(field(other)));
            query.compare = Some(Comparison::Rest);
            note(if name == other {
                String::new()
            } else {
                format!("{:?}", seen.query(query, None).await)
            });
        }
        for search in [None, Some("a"), Some("e"), Some("r")] {
            let search = search.map(str::to_owned);
            let request =
                MembersRequest { search, ..MembersRequest::of(Some(FieldRef::parse(name))) };
            note(format!("{:?}", seen.members(request).await));
        }
    }
    for (name, value) in near {
        for own in [
            Test::AnyOf(texts(&[value])),
            Test::NoneOf(texts(&[value])),
            Test::Prefix((*value).to_owned()),
        ] {
            let filter = Some(test(name, own));
            note(format!(
                "{:?}",
                seen.query(Query { filter: filter.clone(), ..by(name) }, None).await
            ));
            let request = MembersRequest { filter, ..MembersRequest::of(None) };
            note(format!("{:?}", seen.members(request).await));
        }
        let compare =
            Some(Comparison::Member { field: field(name), value: Some((*value).to_owned()) });
        note(format!("{:?}", seen.query(Query { compare, ..by(name) }, None).await));
    }
    said
}

#[tokio::test]
async fn what_no_row_of_theirs_holds_is_nowhere() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    let near =
        [("country", "Österreic"), ("country", "östereich"), ("country", "FRA"), ("country", "D")];
    // It is visible to those who may see it, which proves that the test can find it.
    let all = said(&guarded, &near).await;
    assert!(all.contains("Österreich") && all.contains("\"FR\"") && all.contains("\"DE\""));
    guarded.give("rows = \"country anyOf (US)\"");
    let some = said(&guarded, &near).await;
    assert!(some.contains("\"US\""));
    for hidden in ["Österreich", "\"FR\"", "\"DE\"", "`FR`", "`DE`"] {
        assert!(!some.contains(hidden), "{hidden}");
    }
    // Assets by values of the lookup: titles, labels, previews and tags of others show nowhere.
    guarded.give("rows = \"asset.title anyOf (title-1)\"");
    let near = [("asset", "asset-"), ("asset.title", "title-"), ("asset.title", "title-2x")];
    let some = said(&guarded, &near).await;
    assert!(some.contains("\"asset-2\"") && some.contains("title-1"));
    for hidden in [
        "asset-1\"",
        "asset-5",
        "asset-10",
        "title-0",
        "title-2\"",
        "title-5",
        "Asset № 0",
        "/0.jpg",
    ] {
        assert!(all.contains(hidden), "{hidden}");
        assert!(!some.contains(hidden), "{hidden}");
    }
}

/// A person has several audiences: a role that shows the people of one audience hides their others, as groups, in
/// filters and in counts.
#[tokio::test]
async fn of_people_with_several_audiences_those_alone_are_seen_that_are_named() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "rows = \"audience anyOf (sports, parents)\"").await;
    let near = [("audience", "racin"), ("audience", "othe"), ("audience.kind", "interes")];
    let some = said(&guarded, &near).await;
    for audience in AUDIENCES {
        let is_seen = ["sports", "parents"].contains(&audience);
        assert_eq!(some.contains(&format!("\"{audience}\"")), is_seen, "{audience}");
    }
    // Those who also have another audience count for these two and not for that one.
    let seen = guarded.seen();
    let count = async |filter| {
        let query = Query { filter: Some(filter), ..Query::total(["impressions"]) };
        seen.query(query, None).await.unwrap().total.values[0].value.unwrap()
    };
    let all = count(test("audience", Test::IsNull(false))).await;
    assert!(all > 0.0);
    assert!(count(test("audience", Test::AnyOf(texts(&["racing"])))).await.abs() < 0.5);
    assert!((count(test("audience", Test::NoneOf(texts(&["racing"])))).await - all).abs() < 0.5);
    assert!(count(test("audience", Test::AllOf(texts(&["sports", "racing"])))).await.abs() < 0.5);
    // The same applies to the values of a list of an asset.
    guarded.give("rows = \"asset.tags anyOf (kids)\"");
    let some = said(&guarded, &[("asset.tags", "dram"), ("asset.tags", "ne")]).await;
    for (tag, is_seen) in [("kids", true), ("new", false), ("4k", false), ("drama", false)] {
        assert_eq!(some.contains(&format!("\"{tag}\"")), is_seen, "{tag}");
    }
    // Two audiences that are asked for together are visible, though nobody has only one of them.
    guarded.give("rows = \"audience allOf (sports, racing)\"");
    let some = said(&guarded, &[]).await;
    for audience in AUDIENCES {
        let is_seen = ["sports", "racing"].contains(&audience);
        assert_eq!(some.contains(&format!("\"{audience}\"")), is_seen, "{audience}");
    }
}

/// The visible rows determine which previews exist, too.
#[tokio::test]
async fn previews_are_those_of_members_that_are_seen() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "rows = \"asset anyOf (asset-2)\"").await;
    let has = async |n: u32| {
        let address = format!("https://media.example/{n}.jpg");
        guarded.seen().has_media(vec![address]).await.unwrap()
    };
    assert!(has(2).await && !has(0).await && !has(6).await);
    guarded.give("");
    assert!(has(2).await && has(0).await && has(6).await);
}

/// A role that names what a snapshot does not have shows nothing of it, and the caller does not learn why.
#[tokio::test]
async fn a_role_that_does_not_fit_shows_nothing() {
    let lake = dense_lake();
    let guarded = Guarded::open(&lake, "").await;
    for rows in [
        "city anyOf (Graz)",
        "not city anyOf (Graz)",
        "country allOf (US, DE)",
        "asset.age_day isNull",
    ] {
        guarded.give(&format!("rows = \"{rows}\""));
        let error = guarded.seen().query(by("country"), None).await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{rows}");
        assert!(!error.message.contains("city") && !error.message.contains("country"), "{error}");
        let error = guarded.seen().members(MembersRequest::of(None)).await.unwrap_err();
        assert_eq!(error.code, Code::PermissionDenied, "{rows}");
    }
}
