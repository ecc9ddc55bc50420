//! From a version of the log to a snapshot, reusing what the held ones have in common with it.
//!
//! Files are fetched and decoded in parallel, off the async threads; then the chunks are joined to the vocabularies one
//! after another, in the order of their paths, so that codes do not depend on which file came first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use clio_lake::{
    CellFile, CellTable, FetchedFile, Lake, LakeError, Said, SnapshotMetadata, sum_of_cell_files,
};
use clio_proto::{Dimension, Model, Period, Projection, SnapshotId, SnapshotInfo};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tracing::info;

use super::chunk::{Chunk, LocalChunk};
use super::decode::decode_file;
use super::dictionary::Vocabulary;
use super::field::{Field, Labels, member_rows};
use super::layout::Layout;
use super::lookup::LookupTable;
use super::projection::{HeldDays, KeptRows, Projected};
use super::states::LookupStates;
use super::{Snapshot, check, projection};
use crate::config::{MarginalLimits, ServingConfig};
use crate::error::{FileProblem, Refusal, ServingError};

/// The number of files fetched at the same time: enough to hide the latency of an object store, few enough to hold
/// their bytes.
const N_FETCHED: usize = 8;

/// Loads snapshots of one lake.
#[derive(Debug)]
pub(crate) struct Loader {
    lake: Lake,
    projection: Projection,
    memory_limit_bytes: Option<u64>,
    marginals: MarginalLimits,
    n_parallel: usize,
}

/// All parts of a snapshot, before validation.
struct Parts {
    version: u64,
    committed_at: Timestamp,
    metadata: Arc<SnapshotMetadata>,
    model: Arc<Model>,
    layout: Arc<Layout>,
    /// All periods of the lake, held or not.
    periods: BTreeSet<Period>,
    days: HeldDays,
    projection: Projection,
    vocabularies: Vec<Arc<Vocabulary>>,
    held: Vec<Arc<Chunk>>,
    added: Vec<LocalChunk>,
    lookups: BTreeMap<String, (u64, Arc<LookupTable>)>,
}

impl Loader {
    pub(crate) fn new(lake: Lake, config: &ServingConfig) -> Self {
        let n_parallel = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            lake,
            projection: config.projection.setting(),
            memory_limit_bytes: config.memory_limit_bytes,
            marginals: config.marginals,
            n_parallel,
        }
    }

    /// The largest number of bytes that the held snapshots may take.
    pub(crate) fn memory_limit_bytes(&self) -> Option<u64> {
        self.memory_limit_bytes
    }

    /// Loads the version of the table. What held snapshots have in common with it is shared, not read again; the first
    /// of them is the most recently loaded.
    pub(crate) async fn load(
        &self,
        table: &CellTable,
        held: &[Arc<Snapshot>],
    ) -> Result<Snapshot, ServingError> {
        let started = Instant::now();
        let version = table.version();
        let refused = |refusal: Refusal| ServingError::Refused { version, refusal: refusal.into() };
        let Said { committed_at, metadata, is_rearranged } = table.said().await?;
        let model = read_model(version, &metadata).map_err(refused)?;
        let schema = table.schema()?;
        projection::check(&self.projection, &model).map_err(refused)?;
        let layout = Layout::check(&model, &schema, &self.projection).map_err(refused)?;
        let files = table.files().map_err(|error| refused(error.into()))?;
        let found = sum_of_cell_files(&files);
        let expected = metadata.files.filter(|expected| !is_rearranged && *expected != found);
        let lookups = self.lookups(version, &model, &metadata, held).await?;
        let kept = Arc::new(KeptRows::new(&self.projection, &model, &lookups));
        let periods: BTreeSet<Period> = files.iter().map(|file| file.period).collect();
        let days = HeldDays::new(self.projection.since, &periods, &metadata.retired);
        let files = files.into_iter().filter(|file| days.holds(file.period));

        // Only snapshots of one lineage share codes.
        let lineage: Vec<_> = held.iter().filter(|snapshot| *snapshot.layout == layout).collect();
        // Which rows are kept may depend on lookups.
        let keeps_the_same = |own: &&&Arc<Snapshot>| {
            let at = |(at, _): &(u64, Arc<LookupTable>)| *at;
            kept.lookups().all(|name| own.lookups.get(name).map(at) == lookups.get(name).map(at))
        };
        let base = lineage.first();
        let layout = base.map_or_else(|| Arc::new(layout), |base| Arc::clone(&base.layout));
        let vocabularies = base.map_or_else(
            || layout.dimensions.iter().map(|own| Arc::new(Vocabulary::new(own.multi))).collect(),
            |base| base.vocabularies.clone(),
        );
        let known: HashMap<&str, &Arc<Chunk>> = lineage
            .iter()
            .filter(keeps_the_same)
            .flat_map(|snapshot| snapshot.chunks.values().flatten())
            .map(|chunk| (chunk.file.path.as_str(), chunk))
            .collect();
        let (mut shared, mut new) = (Vec::new(), Vec::new());
        for file in files {
            match known.get(file.path.as_str()).filter(|chunk| chunk.file == file) {
                Some(chunk) => shared.push(Arc::clone(chunk)),
                None => new.push(file),
            }
        }
        let shared_bytes = shared.iter().map(|chunk| chunk.size_bytes as u64).sum();
        let (n_shared, n_added) = (shared.len(), new.len());
        let added = self.decode(version, table, (&layout, &kept), new, shared_bytes).await?;

        let parts = Parts {
            version,
            committed_at,
            metadata,
            model,
            layout,
            periods,
            days,
            projection: self.projection.clone(),
            vocabularies,
            held: shared,
            added,
            lookups,
        };
        let snapshot = spawn_blocking(move || assemble(parts)).await?.map_err(refused)?;
        self.check_budget(snapshot.size_bytes).map_err(refused)?;
        // Last, since errors in a file or a period are more specific.
        if let Some(expected) = expected {
            return Err(refused(Refusal::OtherFiles { expected, found }));
        }
        info!(
            version,
            n_files = n_added,
            n_files_shared = n_shared,
            n_cells = snapshot.info.n_cells,
            size_bytes = snapshot.size_bytes,
            elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "snapshot loaded"
        );
        Ok(snapshot)
    }

    /// The lookups that describe members, shared with the held snapshots if they are the same.
    async fn lookups(
        &self,
        version: u64,
        model: &Model,
        metadata: &SnapshotMetadata,
        held: &[Arc<Snapshot>],
    ) -> Result<BTreeMap<String, (u64, Arc<LookupTable>)>, ServingError> {
        let mut lookups = BTreeMap::new();
        for (name, columns) in lookup_columns(model, &self.projection) {
            let refused = |problem: String| ServingError::Refused {
                version,
                refusal: Refusal::Lookup { lookup: name.clone(), problem }.into(),
            };
            let Some(at) = metadata.lookups.get(&name).copied() else {
                return Err(refused("the commit names no version of it".to_owned()));
            };
            let same = held.iter().find_map(|snapshot| {
                let (known, table) = snapshot.lookups.get(&name)?;
                let has_all = columns.iter().all(|column| table.column(column).is_some());
                (*known == at && has_all).then(|| Arc::clone(table))
            });
            let table = if let Some(table) = same {
                table
            } else {
                let files = match self.lake.lookup_files(&name, at).await {
                    Err(LakeError::Damaged(damage)) => {
                        let refusal = Refusal::Damaged(damage).into();
                        return Err(ServingError::Refused { version, refusal });
                    }
                    files => files?,
                };
                let decoded = spawn_blocking(move || LookupTable::decode(&columns, files)).await?;
                Arc::new(decoded.map_err(refused)?)
            };
            lookups.insert(name, (at, table));
        }
        Ok(lookups)
    }

    /// Fetches and decodes files, some at a time; the results are in the files' order.
    async fn decode(
        &self,
        version: u64,
        table: &CellTable,
        (layout, kept): (&Arc<Layout>, &Arc<KeptRows>),
        files: Vec<CellFile>,
        shared_bytes: u64,
    ) -> Result<Vec<LocalChunk>, ServingError> {
        let refused = |refusal: Refusal| ServingError::Refused { version, refusal: refusal.into() };
        let fetched = stream::iter(files).map(|file| async move {
            let fetched = table.fetch(&file).await?;
            Ok::<_, ServingError>((file, fetched))
        });
        let decoded = fetched.buffered(N_FETCHED).map_ok(|(file, fetched)| {
            let (layout, kept, path) = (Arc::clone(layout), Arc::clone(kept), file.path.clone());
            let marginals = self.marginals;
            spawn_blocking(move || decode_sound(&layout, file, fetched, &kept, &marginals)).map(
                move |decoded| {
                    let unreadable = |error| {
                        let problem = FileProblem::Unreadable(error);
                        Err(Refusal::File { path, problem })
                    };
                    decoded.unwrap_or_else(unreadable).map_err(refused)
                },
            )
        });
        let mut total_bytes = shared_bytes;
        let mut added = Vec::new();
        let mut chunks = decoded.try_buffered(self.n_parallel);
        while let Some(chunk) = chunks.try_next().await? {
            // Stops before memory is exhausted, not after.
            total_bytes += chunk.chunk.size_bytes as u64;
            self.check_budget(total_bytes).map_err(refused)?;
            added.push(chunk);
        }
        Ok(added)
    }

    fn check_budget(&self, size_bytes: u64) -> Result<(), Refusal> {
        match self.memory_limit_bytes {
            Some(limit_bytes) if size_bytes > limit_bytes => {
                Err(Refusal::OverBudget { size_bytes, limit_bytes })
            }
            _ => Ok(()),
        }
    }
}

/// Decodes a file whose bytes have the checksum in the log: any others that can be decoded would give other numbers.
fn decode_sound(
    layout: &Layout,
    file: CellFile,
    fetched: FetchedFile,
    kept: &KeptRows,
    marginals: &MarginalLimits,
) -> Result<LocalChunk, Refusal> {
    let path = file.path.clone();
    let sound = fetched.check().map_err(Refusal::Damaged)?;
    let decoded = decode_file(layout, file, sound, kept, marginals);
    decoded.map_err(|problem| Refusal::File { path, problem })
}

/// The model that a snapshot was made with.
fn read_model(version: u64, metadata: &SnapshotMetadata) -> Result<Arc<Model>, Refusal> {
    let model = Model::parse(&format!("the model of snapshot {version}"), &metadata.model)?;
    if *model.fingerprint() != metadata.fingerprint {
        return Err(Refusal::Fingerprint {
            stated: metadata.fingerprint.clone(),
            computed: model.fingerprint().clone(),
        });
    }
    Ok(Arc::new(model))
}

/// The columns of each lookup that describe members, or say which are kept.
fn lookup_columns(model: &Model, projection: &Projection) -> BTreeMap<String, Vec<String>> {
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for dimension in model.dimensions() {
        let Some(lookup) = &dimension.members else { continue };
        let mut fields = projection.only.iter().map(|own| &own.field);
        let is_tested =
            fields.any(|own| own.dimension == dimension.name && own.attribute.is_some());
        if projection.without.contains(&dimension.name) && !is_tested {
            continue;
        }
        let own = columns.entry(lookup.clone()).or_default();
        let labels = dimension.label.iter().chain(&dimension.media);
        own.extend(dimension.attributes.iter().chain(labels).cloned());
    }
    columns.into_iter().map(|(name, columns)| (name, columns.into_iter().collect())).collect()
}

/// Joins everything and checks the whole.
fn assemble(parts: Parts) -> Result<Snapshot, Refusal> {
    let mut vocabularies = parts.vocabularies;
    let mut chunks: BTreeMap<Period, Vec<Arc<Chunk>>> = BTreeMap::new();
    if !parts.added.is_empty() {
        let mut grown: Vec<Vocabulary> =
            vocabularies.iter().map(|vocabulary| Vocabulary::clone(vocabulary)).collect();
        for local in parts.added {
            let chunk = local.join(&mut grown);
            chunks.entry(chunk.file.period).or_default().push(Arc::new(chunk));
        }
        vocabularies = grown.into_iter().map(Arc::new).collect();
    }
    for chunk in parts.held {
        chunks.entry(chunk.file.period).or_default().push(chunk);
    }
    for files in chunks.values_mut() {
        files.sort_unstable_by(|a, b| a.file.path.cmp(&b.file.path));
    }
    check::check_tree(&parts.layout, &parts.metadata.retired, &parts.periods, &chunks)?;

    let (fields, labels) = fields(&parts.model, &parts.layout, &vocabularies, &parts.lookups)?;
    let projected = Projected::new(parts.projection, &parts.days).map(Arc::new);
    let days = parts.days.held();
    let all = || chunks.values().flatten();
    let size_bytes = all().map(|chunk| chunk.size_bytes).sum::<usize>()
        + vocabularies.iter().map(|vocabulary| vocabulary.size_bytes()).sum::<usize>()
        + parts.lookups.values().map(|(_, lookup)| lookup.size_bytes()).sum::<usize>()
        + fields.iter().map(|field| field.size_bytes()).sum::<usize>()
        + labels.iter().flatten().map(Labels::size_bytes).sum::<usize>();
    let info = SnapshotInfo {
        id: SnapshotId(parts.version),
        committed_at: parts.committed_at,
        run: parts.metadata.run.clone(),
        fingerprint: parts.metadata.fingerprint.clone(),
        days: days.first().copied().zip(days.last().copied()),
        n_days: u32::try_from(days.len()).unwrap_or(u32::MAX),
        n_cells: all().map(|chunk| u64::from(chunk.n_rows)).sum(),
        rows_in: parts.metadata.rows_in.values().sum(),
        unattributed: parts.metadata.unattributed().into(),
        verification: None,
        is_withheld: false,
    };
    Ok(Snapshot {
        info,
        lookup_states: LookupStates::of(&parts.metadata.inputs),
        model: parts.model,
        layout: parts.layout,
        provisional: parts.metadata.provisional_days.iter().copied().collect(),
        projected,
        days,
        retired: parts.metadata.retired.clone(),
        chunks,
        kept_first_days: parts.metadata.first_days.clone(),
        first_days: vocabularies.iter().map(|_| OnceLock::new()).collect(),
        vocabularies,
        lookups: parts.lookups,
        outliers: OnceCell::new(),
        members: fields.iter().map(|_| OnceLock::new()).collect(),
        fields,
        labels,
        restriction: None,
        size_bytes: size_bytes as u64,
    })
}

/// The fields that are held of a model, over these vocabularies and lookups, and the display texts of members.
#[expect(clippy::type_complexity, reason = "two lists that are made in one pass")]
fn fields(
    model: &Model,
    layout: &Layout,
    vocabularies: &[Arc<Vocabulary>],
    lookups: &BTreeMap<String, (u64, Arc<LookupTable>)>,
) -> Result<(Vec<Arc<Field>>, Vec<Option<Labels>>), Refusal> {
    let (mut fields, mut labels) = (Vec::new(), Vec::new());
    for (at, (dimension, vocabulary)) in model.dimensions().iter().zip(vocabularies).enumerate() {
        if layout.dimensions[at].is_left_out {
            labels.push(None);
            continue;
        }
        fields.push(Arc::new(Field::own(dimension, at, vocabulary)));
        let Some((lookup, rows)) = described(dimension, vocabulary, lookups) else {
            labels.push(None);
            continue;
        };
        for attribute in &dimension.attributes {
            let field = Field::attribute(dimension, at, attribute, vocabulary, lookup, &rows);
            // Every column that the model names was decoded.
            fields.extend(field.map(Arc::new));
        }
        let has_labels = dimension.label.is_some() || dimension.media.is_some();
        labels.push(has_labels.then(|| Labels::new(dimension, Arc::clone(lookup), rows)));
    }
    Ok((fields, labels))
}

/// The lookup that describes a dimension's members, with the row of each.
fn described<'a>(
    dimension: &Dimension,
    vocabulary: &Vocabulary,
    lookups: &'a BTreeMap<String, (u64, Arc<LookupTable>)>,
) -> Option<(&'a Arc<LookupTable>, Vec<Option<u32>>)> {
    let (_, lookup) = lookups.get(dimension.members.as_ref()?)?;
    Some((lookup, member_rows(&vocabulary.members, lookup)))
}
