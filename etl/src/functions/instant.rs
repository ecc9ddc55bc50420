//! The instant of an event in microseconds, for comparing it with others.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Date32Type, Date64Type, Int64Type};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jiff::civil::DateTime;

use super::day::{Calendar, Offsets, local_and_instants, per_second};
use crate::epoch::date_of;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const MILLIS_PER_DAY: i64 = 86_400_000;

/// The microseconds since 1970 of a timestamp, of a date (its beginning in the zone), or of text in either form;
/// null for null.
pub(crate) fn instant_of(calendar: &Calendar) -> ScalarUDF {
    ScalarUDF::new_from_impl(InstantOf::new(calendar))
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct InstantOf {
    calendar: Calendar,
    signature: Signature,
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
    pub(super) fn new(calendar: &Calendar) -> Self {
        // Like the day: it must not be evaluated before the source's own condition.
        let signature = Signature::any(1, Volatility::Volatile);
        Self { calendar: calendar.clone(), signature }
    }

    pub(super) fn instants(&self, times: &ArrayRef) -> Result<Int64Array> {
        match times.data_type() {
            DataType::Date32 => {
                let days = times.as_primitive::<Date32Type>();
                self.beginnings(days.iter().map(|day| day.map(i64::from)))
            }
            DataType::Date64 => {
                let days = times.as_primitive::<Date64Type>().iter();
                self.beginnings(days.map(|day| Some(day?.div_euclid(MILLIS_PER_DAY))))
            }
            DataType::Timestamp(unit, _) => {
                let per_second = per_second(*unit);
                let values = cast(times, &DataType::Int64)?;
                let values = values.as_primitive::<Int64Type>();
                let micros = |value: i64| match i64::checked_mul(
                    value,
                    1_000_000 / per_second.min(1_000_000),
                ) {
                    Some(scaled) => Ok(scaled.div_euclid((per_second / 1_000_000).max(1))),
                    None => {
                        exec_err!("a time {value} {unit:?}s from 1970 is outside of a lake's days")
                    }
                };
                if self.calendar.is_local(times.data_type()) {
                    return self.of_local(&values.try_unary(micros)?);
                }
                values.try_unary(micros)
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.of_texts(times),
            DataType::Dictionary(_, value) => self.instants(&cast(times, value)?),
            DataType::Null => Ok(Int64Array::new_null(times.len())),
            other => exec_err!("`time` has the type {other}, which is not a timestamp"),
        }
    }

    /// The first instant of each day in the zone.
    fn beginnings(&self, days: impl Iterator<Item = Option<i64>>) -> Result<Int64Array> {
        let mut last = None;
        let mut beginning = |day: i64| match last {
            Some((known, micros)) if known == day => Ok(micros),
            _ => {
                let date = date_of(self.calendar.checked(day)?);
                let micros = self.instant(date.to_datetime(jiff::civil::Time::midnight()))?;
                last = Some((day, micros));
                Ok(micros)
            }
        };
        days.map(|day| day.map(&mut beginning).transpose()).collect()
    }

    /// The instants at which clocks in the zone show these times.
    fn of_local(&self, micros: &Int64Array) -> Result<Int64Array> {
        micros.try_unary(|micros| {
            let date = date_of(self.calendar.checked(micros.div_euclid(MICROS_PER_DAY))?);
            let of_day = jiff::Span::new().microseconds(micros.rem_euclid(MICROS_PER_DAY));
            let midnight = date.to_datetime(jiff::civil::Time::midnight());
            let time = midnight.checked_add(of_day);
            self.instant(time.map_err(|error| exec_datafusion_err!("{error}"))?)
        })
    }

    /// The instant at which clocks in the zone show a time: the first one if there are two; if the clocks skip
    /// the time, it is moved forward by the length of the gap.
    fn instant(&self, time: DateTime) -> Result<i64> {
        let zone = &self.calendar.zone;
        if let Ok(instant) = zone.to_ambiguous_timestamp(time).compatible() {
            return Ok(instant.as_microsecond());
        }
        // At the ends of the calendar, beyond the range of instants.
        let days = i64::from(crate::epoch::number_of(time.date()));
        let of_day = time.time().duration_since(jiff::civil::Time::midnight());
        let of_day = i64::try_from(of_day.as_micros()).unwrap_or_default();
        let local = days * MICROS_PER_DAY + of_day;
        let offset = Offsets::new(zone.clone()).at(local.div_euclid(MICROS_PER_SECOND));
        Ok(local - offset * MICROS_PER_SECOND)
    }

    /// Text of ten characters is a date, any other text a timestamp.
    fn of_texts(&self, times: &ArrayRef) -> Result<Int64Array> {
        let texts = cast(times, &DataType::Utf8View)?;
        let texts = texts.as_string_view();
        let is_date = |text: Option<&str>| text.is_none_or(|text| text.len() == 10);
        if texts.iter().all(is_date) {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            return self.instants(&cast_with_options(texts, &DataType::Date32, &strict)?);
        }
        if !texts.iter().any(|text| text.is_some_and(|text| text.len() == 10)) {
            let [local, instants] = local_and_instants(texts, self.calendar.times_are)?;
            let (local, instants) = (self.instants(&local)?, self.instants(&instants)?);
            return Ok(local.iter().zip(&instants).map(|(one, other)| one.or(other)).collect());
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
        instants_where(zone, "UTC", array)
    }

    fn instants_where(
        zone: &str,
        times_are: &str,
        array: impl Array + 'static,
    ) -> Vec<Option<String>> {
        let text = format!(
            "[dataset]\nname = \"a\"\ntimezone = \"{zone}\"\n[source.s]\nurl = \"s/\"\nformat = \
             \"csv\"\ntime = \"at\"\ntimes_are = \"{times_are}\"\n[dimension.d]\ncolumn = \
             \"d\"\n[measure.m]\nsource = \"s\"\nkind = \"count\"\n"
        );
        let model = clio_proto::Model::parse("a.toml", &text).unwrap();
        let calendar = Calendar::new(&model, model.sources()[0].times_are);
        let udf = InstantOf { calendar, signature: Signature::any(1, Volatility::Immutable) };
        let array: ArrayRef = Arc::new(array);
        let text = |micros| jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
        udf.instants(&array).unwrap().iter().map(|micros| micros.map(text)).collect()
    }

    #[test]
    fn local_times_that_clocks_skip_or_show_twice_are_decided() {
        let texts = [
            "2026-03-29T01:59:59",
            "2026-03-29T02:30:00",
            "2026-03-29T03:30:00",
            "2026-10-25T02:30:00",
            "2026-10-25T02:30:00Z",
        ];
        let expected = some([
            "2026-03-29T00:59:59Z",
            "2026-03-29T01:30:00Z",
            "2026-03-29T01:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T02:30:00Z",
        ]);
        let found = instants_where("Europe/Berlin", "local", StringArray::from(texts.to_vec()));
        assert_eq!(found, expected);
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
