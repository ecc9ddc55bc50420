//! Writes rows to Parquet files of events.
//!
//! Repeated strings go to the writer as dictionaries and are stored as plain `utf8` columns. The
//! files carry neither an Arrow schema nor a version of their writer: their bytes depend on rows
//! alone. Times and profiles are delta-encoded: rows are sorted by time, so a time takes only a few
//! bits.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::error::SynthError;
use super::events::{Event, Play, UNKNOWN_COUNTRY};
use super::places::DEVICES;
use super::world::World;

/// Readers split work by row groups; a million rows is what Parquet's own tools write.
const ROW_GROUP_ROWS: usize = 1_000_000;

/// Rows handed to the writer at once: enough to amortise the overhead, few enough to stay in the
/// cache.
const BATCH_ROWS: usize = 65_536;

/// A Parquet file being written.
pub(super) struct TableFile<'a> {
    path: &'a Path,
    writer: ArrowWriter<BufWriter<File>>,
}

impl<'a> TableFile<'a> {
    pub(super) fn create(path: &'a Path, schema: SchemaRef) -> Result<Self, SynthError> {
        let file = File::create(path).map_err(SynthError::io("create", path))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("level 1 exists")))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_created_by("clio synth".to_owned());
        for numbers in ["event_time", "profile_id"] {
            properties = properties
                .set_column_dictionary_enabled(numbers.into(), false)
                .set_column_encoding(numbers.into(), Encoding::DELTA_BINARY_PACKED);
        }
        let options = ArrowWriterOptions::new()
            .with_properties(properties.build())
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(BufWriter::new(file), schema, options)
            .map_err(|source| SynthError::Parquet { path: path.to_owned(), source })?;
        Ok(Self { path, writer })
    }

    pub(super) fn write(
        &mut self,
        batch: Result<RecordBatch, ArrowError>,
    ) -> Result<(), SynthError> {
        batch
            .map_err(ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .map_err(|source| SynthError::Parquet { path: self.path.to_owned(), source })
    }

    pub(super) fn close(self) -> Result<(), SynthError> {
        match self.writer.close() {
            Ok(_) => Ok(()),
            Err(source) => Err(SynthError::Parquet { path: self.path.to_owned(), source }),
        }
    }
}

/// A column that repeats a few strings.
pub(super) fn text_field(name: &str, nullable: bool) -> Field {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Field::new(name, dictionary, nullable)
}

/// A column that repeats a few strings, given as indexes into them.
pub(super) fn text_column(keys: Int32Array, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(values))?))
}

/// The texts that events repeat, and the schemas of their files. Shared by all threads.
pub(super) struct EventTables {
    asset_ids: ArrayRef,
    title_ids: ArrayRef,
    countries: ArrayRef,
    devices: ArrayRef,
    title_of_asset: Vec<i32>,
    impressions: SchemaRef,
    plays: SchemaRef,
}

impl EventTables {
    pub(super) fn new(world: &World) -> Self {
        let texts = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
        let (titles, assets) = (&world.catalogue.titles, &world.catalogue.assets);
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let mut fields = vec![
            Field::new("event_time", time, false),
            Field::new("profile_id", DataType::Int64, false),
            text_field("asset_id", false),
            text_field("title_id", false),
            text_field("country", true),
            text_field("device", false),
        ];
        let impressions = Arc::new(Schema::new(fields.clone()));
        fields.swap(2, 3);
        fields.push(Field::new("watch_seconds", DataType::Int64, false));
        Self {
            asset_ids: texts(assets.iter().map(|asset| asset.id.as_str()).collect()),
            title_ids: texts(titles.iter().map(|title| title.id.as_str()).collect()),
            countries: texts(world.places.iter().map(|place| place.code).collect()),
            devices: texts(DEVICES.to_vec()),
            title_of_asset: assets.iter().map(|asset| asset.title.into()).collect(),
            impressions,
            plays: Arc::new(Schema::new(fields)),
        }
    }

    /// Writes a day's impressions; `day_start_us` is its beginning in microseconds since 1970.
    pub(super) fn write_impressions(
        &self,
        path: &Path,
        day_start_us: i64,
        impressions: &[Event],
    ) -> Result<(), SynthError> {
        let mut file = TableFile::create(path, Arc::clone(&self.impressions))?;
        for rows in impressions.chunks(BATCH_ROWS) {
            file.write(self.impression_batch(day_start_us, rows))?;
        }
        file.close()
    }

    /// Writes a day's plays.
    pub(super) fn write_plays(
        &self,
        path: &Path,
        day_start_us: i64,
        plays: &[Play],
    ) -> Result<(), SynthError> {
        let mut file = TableFile::create(path, Arc::clone(&self.plays))?;
        for rows in plays.chunks(BATCH_ROWS) {
            file.write(self.play_batch(day_start_us, rows))?;
        }
        file.close()
    }

    fn impression_batch(
        &self,
        day_start_us: i64,
        rows: &[Event],
    ) -> Result<RecordBatch, ArrowError> {
        let columns = self.event_columns(day_start_us, rows.iter())?;
        RecordBatch::try_new(Arc::clone(&self.impressions), columns)
    }

    fn play_batch(&self, day_start_us: i64, rows: &[Play]) -> Result<RecordBatch, ArrowError> {
        let mut columns = self.event_columns(day_start_us, rows.iter().map(|play| &play.event))?;
        columns.swap(2, 3);
        let watched = rows.iter().map(|play| i64::from(play.watch_seconds));
        columns.push(Arc::new(Int64Array::from_iter_values(watched)));
        RecordBatch::try_new(Arc::clone(&self.plays), columns)
    }

    fn event_columns<'a>(
        &self,
        day_start_us: i64,
        events: impl Iterator<Item = &'a Event> + Clone,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let time = |event: &Event| day_start_us + i64::from(event.time_ms) * 1_000;
        let times = TimestampMicrosecondArray::from_iter_values(events.clone().map(time));
        let profiles = events.clone().map(|event| profile_id(event.profile));
        let assets = events.clone().map(|event| i32::from(event.asset));
        let title = |event: &Event| self.title_of_asset[usize::from(event.asset)];
        let titles = events.clone().map(title);
        let known =
            |event: &Event| (event.country != UNKNOWN_COUNTRY).then_some(i32::from(event.country));
        let countries: Int32Array = events.clone().map(known).collect();
        let devices = events.map(|event| i32::from(event.device));
        Ok(vec![
            Arc::new(times.with_timezone("UTC")),
            Arc::new(Int64Array::from_iter_values(profiles)),
            text_column(Int32Array::from_iter_values(assets), &self.asset_ids)?,
            text_column(Int32Array::from_iter_values(titles), &self.title_ids)?,
            text_column(countries, &self.countries)?,
            text_column(Int32Array::from_iter_values(devices), &self.devices)?,
        ])
    }
}

/// The id of a person in files, counted from one.
pub(super) fn profile_id(index: u32) -> i64 {
    i64::from(index) + 1
}
