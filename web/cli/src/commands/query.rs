//! `clio query`: the same queries from the shell, on a lake or through a running service.

use std::sync::Arc;

use clio_proto::{
    CubeService, Direction, GroupKey, Order, OrderBy, Query, QueryRange, RemoteConfig, RemoteCubes,
    SnapshotId,
};

use crate::args::{AnswerFormat, QueryArgs};
use crate::failure::Usage;
use crate::{address, filter, output};

/// Asks once and prints the answer.
pub(crate) async fn run(args: QueryArgs) -> anyhow::Result<()> {
    // Whatever can be wrong in the words themselves is found before anything is opened.
    let mut query = lower(&args)?;
    let service = open(&args).await?;
    let description = service.describe().await?;
    if query.measures.is_empty() {
        query.measures = description.measures.iter().map(|measure| measure.name.clone()).collect();
    }
    let answer = service.query(query, args.snapshot.map(SnapshotId)).await?;
    match args.format {
        AnswerFormat::Table => println!("{}", output::table(&answer, &description)),
        AnswerFormat::Json => println!("{:#}", output::json(&answer)),
        AnswerFormat::Csv => print!("{}", output::csv(&answer)?),
    }
    Ok(())
}

async fn open(args: &QueryArgs) -> anyhow::Result<Arc<dyn CubeService>> {
    if let Some(endpoint) = &args.from_where.serving {
        let config = RemoteConfig { endpoints: vec![endpoint.clone()], ..RemoteConfig::default() };
        return Ok(Arc::new(RemoteCubes::new(&config)?));
    }
    let lake = args.from_where.lake.as_deref().expect("clap asks for a lake or a service");
    let config = clio_serving::ServingConfig::new(address::folder(lake)?);
    Ok(clio_serving::Cubes::load_once(config).await?)
}

fn lower(args: &QueryArgs) -> Result<Query, Usage> {
    let range = match (args.from, args.to) {
        (None, None) => QueryRange::AllTime,
        (from, to) => QueryRange::Days { from, to },
    };
    let group_by = args.group_by.iter().map(|key| group_key(key)).collect::<Vec<_>>();
    Ok(Query {
        range,
        filter: filter::all(&args.filter)?,
        order_by: args
            .order_by
            .iter()
            .map(|text| order(text, &group_by))
            .collect::<Result<_, _>>()?,
        group_by,
        measures: args.measures.clone(),
        limit: args.limit,
        offset: args.offset,
    })
}

fn group_key(text: &str) -> GroupKey {
    match text.parse() {
        Ok(key) => key,
        Err(never) => match never {},
    }
}

/// What stands in `--order-by` is a key if the query groups by it, else a measure.
fn order(text: &str, group_by: &[GroupKey]) -> Result<OrderBy, Usage> {
    let (name, direction) = match text.rsplit_once(':') {
        Some((name, "asc")) => (name, Direction::Ascending),
        Some((name, "desc")) => (name, Direction::Descending),
        Some(_) => {
            return Err(Usage(format!("--order-by `{text}`: expected `:asc` or `:desc`")));
        }
        None => (text, Direction::Descending),
    };
    let key = group_key(name);
    let by =
        if group_by.contains(&key) { Order::Key(key) } else { Order::Measure(name.to_owned()) };
    Ok(OrderBy { by, direction })
}
