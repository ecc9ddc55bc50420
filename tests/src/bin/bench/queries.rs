//! The questions whose times are measured.

use anyhow::Context;
use clio_proto::{
    CubeService, Direction, FieldRef, Filter, MembersRequest, Order, OrderBy, Query, QueryRange,
    RemoteCubes, Test,
};

/// What an analyst asks all day: the headline, a table, a trend, a filter on audiences, a search for
/// the best assets.
pub(crate) async fn typical_queries(
    cubes: &RemoteCubes,
) -> anyhow::Result<Vec<(&'static str, Query)>> {
    let status = cubes.status().await?;
    let days = status.snapshot.and_then(|snapshot| snapshot.days).context("the lake has days")?;
    let measures = ["impressions", "viewers", "players", "take_rate"];
    let grouped = |keys: &[&str]| Query {
        group_by: keys
            .iter()
            .map(|key| {
                let Ok(key) = key.parse();
                key
            })
            .collect(),
        ..Query::total(measures)
    };
    let field = |name: &str, test: Test| Filter::Field { field: FieldRef::parse(name), test };
    let most_frequent = async |name: &str, limit| -> anyhow::Result<Vec<String>> {
        let request = MembersRequest::of(Some(FieldRef::parse(name)));
        let page = cubes.members(MembersRequest { limit, ..request }).await?;
        Ok(page.members.into_iter().filter_map(|member| member.value).collect())
    };
    let any = Filter::And(vec![
        field("audience", Test::AnyOf(most_frequent("audience", 2).await?)),
        field("device", Test::NoneOf(vec!["web".to_owned()])),
    ]);
    let countries = field("country", Test::AnyOf(most_frequent("country", 3).await?));
    let by_viewers = vec![OrderBy {
        by: Order::Measure("viewers".to_owned()),
        direction: Direction::Descending,
    }];
    let week = QueryRange::Days { from: Some(days.0), to: Some(days.1) };
    let three_days = QueryRange::Days {
        from: Some(days.0),
        to: days.0.checked_add(jiff::Span::new().days(2)).ok(),
    };
    Ok(vec![
        ("all-time total", grouped(&[])),
        ("by country, all time", grouped(&["country"])),
        ("by country × device, all time", grouped(&["country", "device"])),
        ("by audience, all time", grouped(&["audience"])),
        ("trend by day", Query { range: week, ..grouped(&["day"]) }),
        ("three days by country", Query { range: three_days, ..grouped(&["country"]) }),
        (
            "three days, any of two audiences, by country",
            Query { range: three_days, filter: Some(any), ..grouped(&["country"]) },
        ),
        (
            "best 100 assets by viewers, all time",
            Query { order_by: by_viewers.clone(), ..grouped(&["asset"]) },
        ),
        (
            "best 20 assets by viewers in 3 countries",
            Query {
                order_by: by_viewers,
                filter: Some(countries),
                limit: 20,
                ..grouped(&["asset"])
            },
        ),
        ("by asset × country, first 100", grouped(&["asset", "country"])),
    ])
}
