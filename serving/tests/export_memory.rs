//! The memory of encoders does not grow with the number of rows: counted by an allocator, in a process of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clio_proto::{
    Answer, Coverage, Description, ExportFormat, FieldInfo, FieldRef, Fingerprint, Key, Row, RunId,
    SnapshotId, SnapshotInfo, Value, WeekStart,
};
use clio_serving::{EncoderOptions, encoder};

/// The system's allocator, with the number of bytes in use and its maximum.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator has no other form; it hands on every call as it is")]
// SAFETY: every call goes to the system's allocator with the arguments that it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: the caller keeps to what `alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps to what `dealloc` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PAGE_ROWS: usize = 5_000;

/// A page of rows that are all different, so that compression removes nothing.
fn page(number: usize) -> Answer {
    let mixed = |at: usize| (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let rows = (number * PAGE_ROWS..(number + 1) * PAGE_ROWS).map(|at| {
        let key =
            |value: String, label: Option<String>| Key { value: Some(value), label, media: None };
        let label = format!("The {:016x} of {at}", mixed(at));
        let keys =
            vec![key(format!("asset-{at}"), Some(label)), key("2026-01-05".to_owned(), None)];
        let values = (0..4).map(|measure| {
            let value = mixed(at * 4 + measure) as f64 / 7.0;
            Value::estimate(value, value * 0.98, value * 1.03, false)
        });
        Row::new(keys, values.collect())
    });
    Answer {
        snapshot: SnapshotInfo {
            id: SnapshotId(7),
            committed_at: "2026-02-01T03:04:05Z".parse().unwrap(),
            run: RunId::new("run-1"),
            fingerprint: Fingerprint::new("0123456789abcdef"),
            days: None,
            n_days: 0,
            n_cells: 0,
            rows_in: 0,
            unattributed: std::sync::Arc::default(),
            verification: None,
            is_withheld: false,
        },
        group_by: ["asset", "day"].map(|key| key.parse().unwrap()).to_vec(),
        measures: ["impressions", "viewers", "plays", "take_rate"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        total: Row::new(Vec::new(), Vec::new()),
        others: None,
        reach: None,
        n_groups: 100_000,
        end: None,
        overlapping: Vec::new(),
        coverage: Coverage {
            range: None,
            n_days_present: 1,
            missing: Vec::new(),
            retired: Vec::new(),
            provisional: Vec::new(),
            periods: Vec::new(),
            mixed: Vec::new(),
            projection: None,
        },
        compared_coverage: None,
        look_back: None,
        test: None,
        notices: Vec::new(),
        n_notices: 0,
        withheld: None,
        elapsed: Duration::ZERO,
        work: None,
    }
}

fn dataset() -> Description {
    Description {
        dataset: "media".to_owned(),
        timezone: "UTC".to_owned(),
        fingerprint: Fingerprint::new("0123456789abcdef"),
        week_starts: WeekStart::Monday,
        fields: vec![FieldInfo {
            field: FieldRef::parse("asset"),
            label: "Asset".to_owned(),
            multi: false,
            has_label: true,
            has_media: false,
        }],
        ages: Vec::new(),
        measures: Vec::new(),
        outliers: None,
    }
}

/// The largest number of bytes in use while a file of so many pages is produced and consumed, page by page, and the
/// size of the file.
fn most_in_use(format: ExportFormat, n_pages: usize) -> (usize, usize) {
    let before = IN_USE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let options = EncoderOptions::default();
    let mut encoder = encoder(format, &page(0), &dataset(), &[], options).unwrap();
    let mut n_bytes = 0;
    for number in 0..n_pages {
        n_bytes += encoder.rows(&page(number)).unwrap().len();
    }
    n_bytes += encoder.end().unwrap().len();
    drop(encoder);
    (MOST.load(Ordering::Relaxed) - before, n_bytes)
}

/// 100,000 rows take as much as 25,000, within a tenth (Parquet's footer lists the groups of rows), and less than the
/// file.
#[test]
fn a_hundred_thousand_rows_are_made_in_bounded_memory() {
    for format in ExportFormat::ALL {
        let (of_few, _) = most_in_use(format, 5);
        let (of_many, n_bytes) = most_in_use(format, 20);
        assert!(n_bytes > 5 << 20, "{format:?}: {n_bytes}");
        assert!(of_many * 10 <= of_few * 11, "{format:?}: {of_many} after {of_few}");
        assert!(of_many < 24 << 20, "{format:?}: {of_many}");
    }
}
