//! How serving stands.

use clio_proto::{ServingState, ServingStatus};
use clio_serving::Vitals;

use super::sheet::{NONE, Sheet, count, flag, number};
use crate::clock;

pub(super) fn write(sheet: &mut Sheet<'_>, vitals: &Vitals) {
    status(sheet, &vitals.status);
    memory(sheet, vitals);
    work(sheet, vitals);
}

fn status(sheet: &mut Sheet<'_>, status: &ServingStatus) {
    let states =
        ServingState::ALL.map(|state| ([("state", state.as_str())], flag(state == status.state)));
    sheet.gauges("clio_serving_state", "1 for the state that serving is in", states);
    let snapshot = status.snapshot.as_ref();
    let version = snapshot.map_or(0, |snapshot| snapshot.id.0);
    sheet.gauge(
        "clio_serving_snapshot_version",
        "The version that is served",
        NONE,
        number(version),
    );
    let age = snapshot
        .map_or(0.0, |snapshot| clock::now().duration_since(snapshot.committed_at).as_secs_f64());
    sheet.gauge(
        "clio_serving_snapshot_age_seconds",
        "How long ago the snapshot that is served was committed; 0 without one",
        NONE,
        age,
    );
    sheet.gauge(
        "clio_serving_versions_behind",
        "How many versions of the lake are newer than the one that is served",
        NONE,
        number(status.versions_behind()),
    );
    sheet.gauge(
        "clio_serving_stuck",
        "1 if a newer snapshot could not be served, or the lake has not answered, for too long",
        NONE,
        flag(status.is_stuck),
    );
    sheet.gauge(
        "clio_serving_pinned",
        "1 while a snapshot is pinned",
        NONE,
        flag(status.pin.is_some()),
    );
}

fn memory(sheet: &mut Sheet<'_>, vitals: &Vitals) {
    let gauges = [
        ("clio_serving_snapshots_held", "Snapshots held in memory", count(vitals.n_snapshots_held)),
        ("clio_serving_held_bytes", "The memory of the snapshots held", number(vitals.held_bytes)),
        (
            "clio_serving_memory_limit_bytes",
            "The most memory that snapshots may take; 0 without a limit",
            number(vitals.memory_limit_bytes.unwrap_or(0)),
        ),
        (
            "clio_serving_cache_bytes",
            "The memory of cached answers",
            number(vitals.cache.size_bytes),
        ),
        (
            "clio_serving_cache_limit_bytes",
            "The most memory that cached answers may take",
            number(vitals.cache.limit_bytes),
        ),
        (
            "clio_serving_queries_in_progress",
            "Queries that are computed or wait for a thread",
            count(vitals.n_admitted),
        ),
    ];
    for (name, help, value) in gauges {
        sheet.gauge(name, help, NONE, value);
    }
}

fn work(sheet: &mut Sheet<'_>, vitals: &Vitals) {
    let counters = [
        ("clio_serving_cache_hits", "Queries answered from the cache", vitals.cache.n_hits),
        (
            "clio_serving_cache_shared",
            "Queries that waited for an equal one in progress",
            vitals.cache.n_shared,
        ),
        ("clio_serving_cache_misses", "Queries that were computed", vitals.cache.n_misses),
        ("clio_serving_cells_read", "Cells read for answers", vitals.n_cells),
        ("clio_serving_sketches_united", "Sketches united for answers", vitals.n_unions),
        (
            "clio_serving_sheds",
            "Queries turned away because as many as may be were in progress",
            vitals.n_sheds,
        ),
        ("clio_serving_looks", "Looks at the lake", vitals.n_looks),
        ("clio_serving_failed_looks", "Looks at the lake that failed", vitals.n_failed_looks),
        ("clio_serving_refreshes", "Snapshots taken into service", vitals.n_refreshes),
        ("clio_serving_refusals", "Versions of the lake that were refused", vitals.n_refusals),
        (
            "clio_serving_memory_damages",
            "Times that memory was found to have changed by itself",
            vitals.n_memory_damages,
        ),
    ];
    for (name, help, value) in counters {
        sheet.counter(name, help, value);
    }
}
