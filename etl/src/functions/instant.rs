//! The instant of an event, to the microsecond, for comparing it with others.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jiff::tz::TimeZone;

use super::day::utc;
use crate::rollup::date_of;

/// The microseconds since 1970 of a timestamp (naive: UTC), of a date (its beginning in the zone), or
/// of a text that is one of these; null where it is null.
pub(crate) fn instant_of(zone: &TimeZone, zone_name: &str) -> ScalarUDF {
    ScalarUDF::new_from_impl(InstantOf {
        zone: zone.clone(),
        zone_name: zone_name.to_owned(),
        // As with the day: not in front of the source's own condition.
        signature: Signature::any(1, Volatility::Volatile),
    })
}

#[derive(Debug)]
struct InstantOf {
    zone: TimeZone,
    zone_name: String,
    signature: Signature,
}

impl PartialEq for InstantOf {
    fn eq(&self, other: &Self) -> bool {
        self.zone_name == other.zone_name
    }
}

impl Eq for InstantOf {}

impl std::hash::Hash for InstantOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.zone_name.hash(state);
    }
}

impl ScalarUDFImpl for InstantOf {
    fn name(&self) -> &'static str {
        "clio_instant"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(self.instants(&arrays[0])?)))
    }
}

impl InstantOf {
    fn instants(&self, times: &ArrayRef) -> Result<Int64Array> {
        match times.data_type() {
            DataType::Date32 => self.beginnings(times),
            DataType::Date64 => self.beginnings(&cast(times, &DataType::Date32)?),
            DataType::Timestamp(..) => {
                let micros = cast(times, &DataType::Timestamp(TimeUnit::Microsecond, utc(times)))?;
                let micros = micros.as_primitive::<TimestampMicrosecondType>();
                Ok(micros.reinterpret_cast::<Int64Type>())
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.of_texts(times),
            DataType::Dictionary(_, value) => self.instants(&cast(times, value)?),
            DataType::Null => Ok(Int64Array::new_null(times.len())),
            other => exec_err!("`time` has the type {other}, which is no timestamp"),
        }
    }

    /// The first instant of each day in the zone.
    fn beginnings(&self, days: &ArrayRef) -> Result<Int64Array> {
        let mut last = None;
        let mut beginning = |day: i32| match last {
            Some((known, micros)) if known == day => Ok(micros),
            _ => {
                let start = date_of(day).to_zoned(self.zone.clone());
                let start =
                    start.map_err(|_| exec_datafusion_err!("day {day} has no beginning"))?;
                let micros = start.timestamp().as_microsecond();
                last = Some((day, micros));
                Ok(micros)
            }
        };
        let days = days.as_primitive::<Date32Type>();
        days.iter().map(|day| day.map(&mut beginning).transpose()).collect()
    }

    /// A text of ten characters is a date, any other a timestamp.
    fn of_texts(&self, times: &ArrayRef) -> Result<Int64Array> {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let texts = cast(times, &DataType::Utf8View)?;
        let texts = texts.as_string_view();
        let is_date = |text: Option<&str>| text.is_none_or(|text| text.len() == 10);
        if texts.iter().all(is_date) {
            return self.beginnings(&cast_with_options(texts, &DataType::Date32, &strict)?);
        }
        if !texts.iter().any(|text| text.is_some_and(|text| text.len() == 10)) {
            let unit = DataType::Timestamp(TimeUnit::Microsecond, None);
            return self.instants(&cast_with_options(texts, &unit, &strict)?);
        }
        let mut instants = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            let one: ArrayRef = Arc::new(texts.slice(row, 1));
            instants.extend(self.of_texts(&one)?.iter());
        }
        Ok(Int64Array::from(instants))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Date32Array, StringArray, TimestampMillisecondArray};

    fn instants(zone: &str, array: impl Array + 'static) -> Vec<Option<String>> {
        let zone_name = zone.to_owned();
        let signature = Signature::any(1, Volatility::Immutable);
        let udf = InstantOf { zone: TimeZone::get(zone).unwrap(), zone_name, signature };
        let array: ArrayRef = Arc::new(array);
        let text = |micros| jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
        udf.instants(&array).unwrap().iter().map(|micros| micros.map(text)).collect()
    }

    fn some<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
        texts.into_iter().map(|text| Some(text.to_owned())).collect()
    }

    #[test]
    fn a_date_is_its_beginning_in_the_zone() {
        let days = || Date32Array::from(vec![Some(20_513), None, Some(20_514)]);
        let expected = some(["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]);
        assert_eq!(instants("UTC", days()), [expected[0].clone(), None, expected[1].clone()]);
        let expected = some(["2026-03-01T05:00:00Z", "2026-03-02T05:00:00Z"]);
        let found = instants("America/New_York", days());
        assert_eq!(found, [expected[0].clone(), None, expected[1].clone()]);
    }

    #[test]
    fn timestamps_keep_their_instant_and_naive_ones_are_of_utc() {
        let millis = || TimestampMillisecondArray::from(vec![1_500]);
        let expected = some(["1970-01-01T00:00:01.5Z"]);
        assert_eq!(instants("Asia/Tokyo", millis()), expected);
        assert_eq!(instants("Asia/Tokyo", millis().with_timezone("+02:00")), expected);
    }

    #[test]
    fn texts_are_dates_or_timestamps_with_or_without_a_zone() {
        let texts = ["2026-03-01", "2026-03-01T23:30:00", "2026-03-01 23:30:00-02:00"];
        let expected =
            some(["2026-03-01T00:00:00Z", "2026-03-01T23:30:00Z", "2026-03-02T01:30:00Z"]);
        assert_eq!(instants("UTC", StringArray::from(texts.to_vec())), expected);
    }
}
