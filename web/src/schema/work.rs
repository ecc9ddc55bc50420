//! The work behind an answer: the types `Work` and `WorkStep`.

use std::time::Duration;

use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};

use super::object::ObjectOf;
use super::scalars::INT64;

pub(super) const WORK: &str = "Work";
const WORK_STEP: &str = "WorkStep";

/// The work behind an answer, as GraphQL shows it.
#[derive(Debug, Clone)]
pub(super) struct Work {
    n_files: u32,
    n_cells: u64,
    n_cells_selected: u64,
    n_groups: u64,
    n_estimates: u64,
    n_unions: u64,
    coupon_bytes: u64,
    register_bytes: u64,
    bucket_bytes: u64,
    steps: Vec<Step>,
    is_cached: bool,
}

#[derive(Debug, Clone)]
struct Step {
    step: clio_proto::WorkStep,
    elapsed: Duration,
}

impl From<clio_proto::Work> for Work {
    fn from(work: clio_proto::Work) -> Self {
        let clio_proto::Work {
            n_files,
            n_cells,
            n_cells_selected,
            n_groups,
            n_estimates,
            n_unions,
            coupon_bytes,
            register_bytes,
            bucket_bytes,
            steps,
            is_cached,
        } = work;
        Self {
            n_files,
            n_cells,
            n_cells_selected,
            n_groups,
            n_estimates,
            n_unions,
            coupon_bytes,
            register_bytes,
            bucket_bytes,
            steps: steps.into_iter().map(|(step, elapsed)| Step { step, elapsed }).collect(),
            is_cached,
        }
    }
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema.register(work()).register(step())
}

fn work() -> Object {
    let number = || TypeRef::named_nn(INT64);
    ObjectOf::<Work>::new(
        WORK,
        "The work behind an answer: except for times, equal for equal queries on the same snapshot. The periods that were \
         read are in the coverage.",
    )
    .leaf("fileCount", number(), "The number of files of the periods that were read.", |it| {
        it.n_files.into()
    })
    .leaf("cellCount", number(), "The number of their cells.", |it| it.n_cells.into())
    .leaf("selectedCellCount", number(), "The number of those that passed the filter.", |it| {
        it.n_cells_selected.into()
    })
    .leaf("groupCount", number(), "The number of groups before having.", |it| it.n_groups.into())
    .leaf(
        "estimateCount",
        number(),
        "The number of distinct counts estimated, and of spreads that quantiles and shares were read from, including \
         those of the total.",
        |it| it.n_estimates.into(),
    )
    .leaf(
        "unionCount",
        number(),
        "The number of sketches united for them; one that stands for a whole file counts once.",
        |it| it.n_unions.into(),
    )
    .leaf(
        "couponBytes",
        number(),
        "The bytes read of sketches held as coupons.",
        |it| it.coupon_bytes.into(),
    )
    .leaf(
        "registerBytes",
        number(),
        "The bytes read of sketches held as registers.",
        |it| it.register_bytes.into(),
    )
    .leaf("bucketBytes", number(), "The bytes read of quantile sketches.", |it| {
        it.bucket_bytes.into()
    })
    .list("steps", WORK_STEP, "The steps that took the time, in order.", |it: &Work| &it.steps)
    .leaf(
        "isCached",
        TypeRef::named_nn(TypeRef::BOOLEAN),
        "The answer was cached from an equal query on the same snapshot: counts and steps are those of its computation.",
        |it| it.is_cached.into(),
    )
    .finish()
}

fn step() -> Object {
    ObjectOf::<Step>::new(WORK_STEP, "A step of answering a query.")
        .leaf(
            "step",
            TypeRef::named_nn(TypeRef::STRING),
            "\"bind\", \"select\", \"total\", \"having\", \"order\" or \"rows\".",
            |it| it.step.as_str().into(),
        )
        .leaf(
            "elapsedMs",
            TypeRef::named_nn(TypeRef::FLOAT),
            "Its duration in milliseconds.",
            |it| (it.elapsed.as_secs_f64() * 1e3).into(),
        )
        .finish()
}
