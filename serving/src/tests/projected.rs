//! Services that hold a part of a lake: each answers as one of the whole lake with the projection as one more filter, or
//! refuses what names something that is left out.

mod equal;
mod kept;
mod mixed;
mod refused;

use std::sync::Arc;

use clio_proto::{Answer, Coverage, Filter, LookBack, Projection, Query, QueryRange};

use super::lake::TestLake;
use crate::{Cubes, MarginalLimits, ServingConfig};

/// A projection from its settings; `-` where one is not set.
fn projection(only: &str, since: &str, without: &[&str]) -> Projection {
    let set = |text: &str| (text != "-").then(|| text.to_owned());
    Projection {
        only: set(only).map_or_else(Vec::new, |text| Projection::parse_only(&text).unwrap()),
        since: set(since).map(|text| text.parse().unwrap()),
        without: without.iter().map(|name| (*name).to_owned()).collect(),
        first_day: None,
    }
}

fn config(lake: &TestLake, projection: &Projection) -> ServingConfig {
    // Marginals as early as possible, with fewer than all dimensions.
    let marginals = MarginalLimits { percent: 50, min_cells: 1 };
    ServingConfig { projection: projection.clone(), marginals, ..ServingConfig::new(lake.url()) }
}

async fn open(lake: &TestLake, projection: &Projection) -> Arc<Cubes> {
    Cubes::open(config(lake, projection)).await.unwrap()
}

/// The question to the whole lake that is answered equally.
fn of_whole(query: &Query, projection: &Projection, first: jiff::civil::Date) -> Query {
    let kept = projection.filter();
    let filter = match &query.filter {
        None => kept,
        Some(own) => Filter::And(vec![kept, own.clone()]),
    };
    let range = match (projection.since, query.range) {
        (Some(_), QueryRange::AllTime) => QueryRange::Days { from: Some(first), to: None },
        (Some(_), QueryRange::Days { from: None, to }) => {
            let from = to.map_or(first, |to| first.min(to));
            QueryRange::Days { from: Some(from), to }
        }
        (_, range) => range,
    };
    Query { filter: Some(filter), range, ..query.clone() }
}

fn of_cells(coverage: Coverage) -> Coverage {
    Coverage { projection: None, ..coverage }
}

/// The part of an answer that depends on cells; the rest describes the snapshot, or how the answer was computed, or says
/// what is unknown of a lake of which less is known.
fn numbers(answer: Answer, of: &Answer) -> Answer {
    let look_back =
        answer.look_back.map(|own| LookBack { coverage: of_cells(own.coverage), ..own });
    Answer {
        snapshot: of.snapshot.clone(),
        coverage: of_cells(answer.coverage),
        compared_coverage: answer.compared_coverage.map(of_cells),
        look_back,
        end: None,
        notices: Vec::new(),
        n_notices: 0,
        work: None,
        elapsed: Default::default(),
        ..answer
    }
}
