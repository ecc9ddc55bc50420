//! The time that the queries of `make bench` take inside serving, and what each of them reads.
//!
//! ```console
//! cargo run --release -p clio-serving --example timings -- file:///path/of/lake/ 20 [some words of a query's name]
//! ```
//!
//! The lake is one of `clio synth` (`make bench` makes a large one). Each query is repeated by one caller; the median
//! is printed, with the steps of the last answer. To compare two builds, run them in turns over the same lake.
#![expect(clippy::print_stdout, reason = "the figures are the purpose")]

use std::error::Error;
use std::time::{Duration, Instant};

use clio_proto::{
    CubeService, Direction, FieldRef, Filter, MembersRequest, Order, OrderBy, Query, QueryRange,
    Test,
};
use clio_serving::{Cubes, ServingConfig};
use url::Url;

#[expect(
    clippy::disallowed_methods,
    reason = "a program for developers takes its lake as an argument"
)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let lake = Url::parse(&args.next().ok_or("the lake's address is missing")?)?;
    let n_times: usize = args.next().map_or(Ok(20), |n| n.parse())?;
    let words: Vec<String> = args.collect();
    let started = Instant::now();
    let cubes = Cubes::load_once(ServingConfig::new(lake)).await?;
    println!("loaded in {:.2?}, {} MB", started.elapsed(), cubes.size_bytes() / 1_000_000);
    for (name, query) in queries(&*cubes).await? {
        if !words.iter().all(|word| name.contains(word.as_str())) {
            continue;
        }
        let mut times = Vec::with_capacity(n_times);
        let mut last = None;
        for _ in 0..n_times {
            let started = Instant::now();
            last = Some(cubes.query(query.clone(), None).await?);
            times.push(started.elapsed());
        }
        times.sort();
        let median = times.get(n_times / 2).copied().unwrap_or_default();
        let Some(answer) = last else { continue };
        println!("{:>9} {name}; {} groups", milliseconds(median), answer.n_groups);
        let Some(work) = answer.work else { continue };
        let steps = work.steps.iter();
        let steps: Vec<String> = steps
            .map(|(step, elapsed)| format!("{} {}", step.as_str(), milliseconds(*elapsed)))
            .collect();
        println!(
            "          {}; {} cells, {} unions, {} kB of coupons, {} kB of registers",
            steps.join(", "),
            work.n_cells_selected,
            work.n_unions,
            work.coupon_bytes / 1000,
            work.register_bytes / 1000
        );
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

async fn queries(cubes: &dyn CubeService) -> Result<Vec<(&'static str, Query)>, Box<dyn Error>> {
    let status = cubes.status().await?;
    let days = status.snapshot.and_then(|snapshot| snapshot.days).ok_or("no day is there")?;
    let grouped = |keys: &[&str]| Query {
        group_by: keys
            .iter()
            .map(|key| key.parse().unwrap_or_else(|never| match never {}))
            .collect(),
        ..Query::total(["impressions", "viewers", "players", "take_rate"])
    };
    let any_of = |name: &str, values: Vec<String>| Filter::Field {
        field: FieldRef::parse(name),
        test: Test::AnyOf(values),
    };
    let members = async |name: &str, limit| -> Result<Vec<String>, Box<dyn Error>> {
        let request = MembersRequest::of(Some(FieldRef::parse(name)));
        let page = cubes.members(MembersRequest { limit, ..request }).await?;
        Ok(page.members.into_iter().filter_map(|member| member.value).collect())
    };
    let by_viewers = vec![OrderBy {
        by: Order::Measure("viewers".to_owned()),
        direction: Direction::Descending,
    }];
    let countries = any_of("country", members("country", 3).await?);
    let web = Filter::Field {
        field: FieldRef::parse("device"),
        test: Test::NoneOf(vec!["web".to_owned()]),
    };
    let audiences = Filter::And(vec![any_of("audience", members("audience", 2).await?), web]);
    let to = days.0.checked_add(jiff::Span::new().days(2))?;
    let three_days = QueryRange::Days { from: Some(days.0), to: Some(to) };
    let all_days = QueryRange::Days { from: Some(days.0), to: Some(days.1) };
    Ok(vec![
        ("total", grouped(&[])),
        ("by country", grouped(&["country"])),
        ("by device", grouped(&["device"])),
        ("by country and device", grouped(&["country", "device"])),
        ("by audience", grouped(&["audience"])),
        ("best 100 assets", Query { order_by: by_viewers.clone(), ..grouped(&["asset"]) }),
        (
            "best 20 assets in three countries",
            Query {
                order_by: by_viewers,
                filter: Some(countries),
                limit: 20,
                ..grouped(&["asset"])
            },
        ),
        ("by asset and country", grouped(&["asset", "country"])),
        ("trend by day", Query { range: all_days, ..grouped(&["day"]) }),
        ("three days by country", Query { range: three_days, ..grouped(&["country"]) }),
        (
            "three days by country, two audiences",
            Query { range: three_days, filter: Some(audiences), ..grouped(&["country"]) },
        ),
    ])
}
