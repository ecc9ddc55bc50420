//! Generated descriptions of datasets.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

use super::{field, name, number, text};
use crate::id::Fingerprint;
use crate::model::{MeasureFormat, WeekStart};
use crate::service::{Description, FieldInfo, MeasureClass, MeasureInfo, OutlierInfo};

pub(super) fn descriptions() -> impl Strategy<Value = Description> {
    let field_info = || {
        (field(), text(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(field, label, multi, has_label, has_media)| FieldInfo {
                field,
                label,
                multi,
                has_label,
                has_media,
            },
        )
    };
    let class = prop_oneof![
        Just(MeasureClass::Count),
        Just(MeasureClass::Sum),
        (text(), any::<u8>(), number()).prop_map(|(family, precision, relative_error)| {
            MeasureClass::Distinct { family, precision, relative_error }
        }),
        (name(), number(), number(), prop::collection::vec(number(), 0..3)).prop_map(
            |(measure, percent, relative_error, edges)| MeasureClass::Quantile {
                measure,
                percent,
                relative_error,
                edges
            }
        ),
        text().prop_map(|expression| MeasureClass::Derived { expression }),
    ];
    let format = prop::sample::select(MeasureFormat::ALL.to_vec());
    let measure_info = (name(), text(), class, format)
        .prop_map(|(name, label, class, format)| MeasureInfo { name, label, class, format });
    (
        text(),
        text(),
        "[0-9a-f]{16}",
        prop::sample::select(WeekStart::ALL.to_vec()),
        prop::collection::vec(field_info(), 0..4),
        prop::collection::vec(field_info(), 0..3),
        prop::collection::vec(measure_info, 0..4),
        prop::option::of(outlier_info()),
    )
        .prop_map(
            |(dataset, timezone, fingerprint, week_starts, fields, ages, measures, outliers)| {
                Description {
                    dataset,
                    timezone,
                    fingerprint: Fingerprint::new(fingerprint),
                    week_starts,
                    fields,
                    ages,
                    measures,
                    outliers,
                }
            },
        )
}

fn outlier_info() -> impl Strategy<Value = OutlierInfo> {
    let rest = (text(), prop::option::of(text()), 0.01..2.0, 0.01..1.0);
    (field(), prop::collection::vec(field(), 0..3), prop::option::of(field()), rest).prop_map(
        |(dimension, peers, pool, (rate, watching, beyond, worthwhile))| OutlierInfo {
            dimension,
            peers,
            pool,
            rate,
            watching,
            beyond,
            worthwhile,
        },
    )
}
