//! What names something that is left out is refused, and says what is held; what does not is answered.

use clio_proto::{
    Code, Comparison, CubeService as _, DayRange, Filter, GroupKey, MembersRequest, Query,
    QueryRange, Test, TimeGrain, TimeWindow,
};

use super::{TestLake, open, projection};
use crate::tests::events::{MODEL, day, days, generate};
use crate::tests::outliers::{OUTLIERS, events as outlier_events, lake_of};
use crate::tests::queries::{field, group_by, test, texts};
use crate::{Access, Cubes};

fn lake() -> TestLake {
    TestLake::with(generate(1, &days("2026-01-01", "2026-01-10"), 60))
}

async fn ask(cubes: &Cubes, query: Query) -> Result<(), String> {
    match cubes.query(query, None).await {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.code, Code::InvalidArgument, "{error}");
            Err(error.message)
        }
    }
}

fn filtered(filter: Filter) -> Query {
    Query { filter: Some(filter), ..Query::total(["viewers"]) }
}

#[tokio::test]
async fn values_that_are_left_out_cannot_be_asked_for() {
    let lake = lake();
    let cubes = open(&lake, &projection("country=US,FR;audience=sports", "-", &[])).await;
    let any = |name: &str, values: &[&str]| test(name, Test::AnyOf(texts(values)));
    let all = |name: &str, values: &[&str]| test(name, Test::AllOf(texts(values)));
    let none = |name: &str, values: &[&str]| test(name, Test::NoneOf(texts(values)));
    let not = |filter: Filter| Filter::Not(Box::new(filter));
    let prefix = |text: &str| test("country", Test::Prefix(text.to_owned()));
    for (filter, left_out) in [
        (any("country", &["US", "DE"]), "`DE` of `country` is"),
        (any("audience", &["racing"]), "`racing` of `audience` is"),
        (all("audience", &["racing", "parents"]), "`racing` of `audience` is"),
        (not(none("country", &["DE"])), "`DE` of `country` is"),
        (
            Filter::Or(vec![any("asset", &["asset-1"]), any("country", &["DE"])]),
            "`DE` of `country` is",
        ),
        (test("country", Test::IsNull(true)), "null of `country` is"),
        (not(test("country", Test::IsNull(false))), "null of `country` is"),
        (prefix("D"), "what begins with `D` of `country` is"),
    ] {
        let said = ask(&cubes, filtered(filter.clone())).await.unwrap_err();
        let expected =
            format!("`filter`: {left_out} left out of this service; ask a service that holds it");
        assert_eq!(said, expected, "{filter}");
    }
    for filter in [
        any("country", &["US"]),
        any("asset", &["asset-1"]),
        any("audience.kind", &["life"]),
        none("country", &["DE"]),
        not(any("country", &["DE", "US"])),
        // They are among the people of the cells that are held.
        all("audience", &["sports", "racing"]),
        test("country", Test::IsNull(false)),
        prefix("U"),
        prefix(""),
    ] {
        assert_eq!(ask(&cubes, filtered(filter.clone())).await, Ok(()), "{filter}");
    }
    let compared = |value: Option<&str>| Query {
        group_by: group_by(&["country"]),
        compare: Some(Comparison::Member {
            field: field("country"),
            value: value.map(str::to_owned),
        }),
        ..Query::total(["viewers"])
    };
    for value in [Some("DE"), None] {
        let said = ask(&cubes, compared(value)).await.unwrap_err();
        assert!(
            said.starts_with("`compare`: ") && said.contains("of `country` is left out"),
            "{said}"
        );
    }
    assert_eq!(ask(&cubes, compared(Some("FR"))).await, Ok(()));

    // Searches find what can be asked for.
    let found = async |name: &str| -> Vec<Option<String>> {
        let page = cubes.members(MembersRequest::of(Some(field(name)))).await.unwrap();
        page.members.into_iter().map(|member| member.value).collect()
    };
    assert_eq!(found("audience").await, [Some("sports".to_owned())]);
    let mut countries = found("country").await;
    countries.sort();
    assert_eq!(countries, [Some("FR".to_owned()), Some("US".to_owned())]);
    let request = MembersRequest {
        filter: Some(any("country", &["DE"])),
        ..MembersRequest::of(Some(field("asset")))
    };
    let error = cubes.members(request).await.unwrap_err();
    assert!(error.message.contains("`DE` of `country` is left out of this service"), "{error}");
    // Only what is held makes groups.
    let query = Query { group_by: group_by(&["audience"]), ..Query::total(["viewers"]) };
    assert_eq!(cubes.query(query, None).await.unwrap().n_groups, 1);
}

#[tokio::test]
async fn dimensions_that_are_left_out_are_no_fields() {
    let lake = lake();
    let cubes = open(&lake, &projection("-", "-", &["asset"])).await;
    let grouped = |name: &str| Query { group_by: group_by(&[name]), ..Query::total(["viewers"]) };
    let left_out = "`asset` is left out of this service; ask a service that holds it";
    for query in [
        grouped("asset"),
        grouped("asset.tags"),
        filtered(test("asset.title", Test::IsNull(false))),
    ] {
        let said = ask(&cubes, query).await.unwrap_err();
        assert!(said.ends_with(left_out), "{said}");
    }
    let said = ask(&cubes, grouped("audience.name")).await.unwrap_err();
    assert!(said.contains("there are: `country`, `audience`, `audience.kind`"), "{said}");
    let error = cubes.members(MembersRequest::of(Some(field("asset")))).await.unwrap_err();
    assert!(error.message.ends_with(left_out), "{error}");
    let fields: Vec<String> =
        cubes.describe().await.unwrap().fields.iter().map(|own| own.field.to_string()).collect();
    assert_eq!(fields, ["country", "audience", "audience.kind"]);
    assert_eq!(ask(&cubes, grouped("country")).await, Ok(()));
    // No preview of a member that nobody can see.
    let address = vec!["https://media.example/2.jpg".to_owned()];
    assert_eq!(cubes.has_media(address).await, Ok(false));
}

#[tokio::test]
async fn days_that_are_left_out_cannot_be_asked_for() {
    let lake = lake();
    let cubes = open(&lake, &projection("-", "5d", &[])).await;
    let ends = |from: &str, to: &str| {
        let end = |text: &str| (text != "-").then(|| day(text));
        QueryRange::Days { from: end(from), to: end(to) }
    };
    let of = |from: &str, to: &str| Query { range: ends(from, to), ..Query::total(["viewers"]) };
    let by_day = |query: Query| Query { group_by: vec![GroupKey::Time(TimeGrain::Day)], ..query };
    let trailing =
        |query: Query| Query { window: Some(TimeWindow::TrailingDays(3)), ..by_day(query) };
    let looking_back = |query: Query| Query { look_back_days: Some(2), ..by_day(query) };
    let compared = |query: Query, compare: Comparison| Query { compare: Some(compare), ..query };
    let other = DayRange::try_new(day("2026-01-03"), day("2026-01-04")).unwrap();
    for (query, days) in [
        (of("2026-01-05", "-"), "2026-01-05"),
        (of("2026-01-01", "2026-01-07"), "2026-01-01..2026-01-05"),
        (of("-", "2026-01-02"), "2026-01-02"),
        (trailing(of("2026-01-07", "-")), "2026-01-05"),
        (looking_back(of("2026-01-07", "-")), "2026-01-05"),
        (compared(of("2026-01-07", "2026-01-08"), Comparison::PreviousPeriod), "2026-01-05"),
        (compared(of("2026-01-09", "-"), Comparison::Days(other)), "2026-01-03..2026-01-04"),
    ] {
        let said = ask(&cubes, query.clone()).await.unwrap_err();
        let expected = format!(
            "days of {days} are left out of this service; ask for days from 2026-01-06 on, or a service that holds it"
        );
        assert!(said.ends_with(&expected), "{said} {query:?}");
    }
    for query in [
        Query::total(["viewers"]),
        of("-", "2026-01-07"),
        // There never was a day then.
        of("2025-11-01", "2025-11-02"),
        trailing(of("2026-01-08", "-")),
        looking_back(of("2026-01-08", "-")),
        compared(of("2026-01-08", "2026-01-09"), Comparison::PreviousPeriod),
    ] {
        assert_eq!(ask(&cubes, query.clone()).await, Ok(()), "{query:?}");
    }
    let answer = cubes.query(Query::total(["viewers"]), None).await.unwrap();
    assert_eq!(answer.coverage.range, Some((day("2026-01-06"), day("2026-01-10"))));
    let held = answer.coverage.projection.unwrap();
    assert_eq!(held.to_string(), "days from 2026-01-06 on (the last 5)");
}

#[tokio::test]
async fn outliers_are_told_of_a_whole_lake_alone() {
    let lake = lake_of(&format!("{MODEL}{OUTLIERS}"), outlier_events(9));
    for (projection, held) in [
        (projection("-", "5d", &[]), "days from 2026-"),
        (projection("-", "-", &["country"]), "nothing by `country`"),
    ] {
        let cubes = open(&lake, &projection).await;
        let error = cubes.outliers(None).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        let said = "outliers are told of a whole lake, and this service holds a part (";
        assert!(error.message.starts_with(said) && error.message.contains(held), "{error}");
    }
}

/// A role that hides rows may hide the values by which others are left out.
#[tokio::test]
async fn values_are_told_to_those_who_see_all_rows() {
    use std::sync::Arc;

    use clio_proto::{Principal, PrincipalKind, Roles};

    use crate::seen::Seen;

    let lake = lake();
    let role = |keys: &str| {
        Roles::parse("roles.toml", &format!("[role.a]\nwho = [\"everyone\"]\n{keys}\n")).unwrap()
    };
    let access = Arc::new(Access::new(role("")));
    let config = super::config(&lake, &projection("country=US,FR", "-", &[]));
    let cubes = Cubes::start_guarded(config, Arc::clone(&access)).unwrap();
    cubes.load().await;
    let ann = Arc::new(Principal::new(PrincipalKind::User, "ann"));
    let told = async || {
        let seen = Seen::new(Arc::clone(&cubes), Arc::clone(&ann));
        let answer = seen.query(Query::total(["viewers"]), None).await.unwrap();
        let status = seen.status().await.unwrap();
        assert_eq!(status.projection, answer.coverage.projection);
        answer.coverage.projection.unwrap().to_string()
    };
    assert_eq!(told().await, "only `country` of `FR`, `US`");
    access.replace_roles(role("rows = \"country anyOf (US)\""));
    assert_eq!(told().await, "only some values of `country`");
}
