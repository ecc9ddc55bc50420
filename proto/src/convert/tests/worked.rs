//! Generated work of answers.

use std::time::Duration;

use proptest::prelude::{Strategy, any, prop};

use crate::query::{Work, WorkStep};

pub(super) fn works() -> impl Strategy<Value = Work> {
    let elapsed = (0_u64..1 << 60, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos));
    let steps =
        prop::collection::vec((prop::sample::select(WorkStep::ALL.to_vec()), elapsed), 0..7);
    (any::<u32>(), any::<[u64; 8]>(), steps, any::<bool>()).prop_map(
        |(n_files, counts, steps, is_cached)| {
            let [
                n_cells,
                n_cells_selected,
                n_groups,
                n_estimates,
                n_unions,
                coupons,
                registers,
                buckets,
            ] = counts;
            Work {
                n_files,
                n_cells,
                n_cells_selected,
                n_groups,
                n_estimates,
                n_unions,
                coupon_bytes: coupons,
                register_bytes: registers,
                bucket_bytes: buckets,
                steps,
                is_cached,
            }
        },
    )
}
