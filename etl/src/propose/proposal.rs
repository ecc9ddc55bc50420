//! A dataset model as it is proposed, before it is written.

/// Something that may be in the model or not.
#[derive(Debug, Clone)]
pub struct Choice<T> {
    /// The thing.
    pub it: T,
    /// Whether it is proposed and, once somebody has changed that, whether it is taken.
    pub is_taken: bool,
}

/// A dataset model as it is proposed. What is public may be changed before it is written.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The dataset's name.
    pub name: String,
    /// The time zone in which its days begin.
    pub timezone: String,
    /// The tables that were found.
    pub tables: Vec<FoundTable>,
    /// The source of events.
    pub events: ProposedSource,
    /// Columns of `events` that may be their time.
    pub times: Vec<TimeColumn>,
    /// Which of them is.
    pub time: usize,
    /// Sources that are the events with a flag, such as clicks.
    pub flags: Vec<Choice<Flag>>,
    /// What people did with what was shown to them, from a table of its own.
    pub actions: Option<Choice<Actions>>,
    /// What describes members, or has several for each key.
    pub lookups: Vec<ProposedLookup>,
    /// What one filters and groups by.
    pub dimensions: Vec<Choice<ProposedDimension>>,
    /// Columns that, together, may stand for who did it.
    pub people: Vec<Vec<String>>,
    /// Which of them does.
    pub person: Option<usize>,
    /// What may be added up.
    pub sums: Vec<Choice<Sum>>,
    /// What is left out, with the reason.
    pub left_out: Vec<String>,
}

/// A table that was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FoundTable {
    /// Its name in the model, or what it would be called there.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The format.
    pub format: String,
    /// How many files there are.
    pub n_files: usize,
    /// How many bytes they have.
    pub size_bytes: u64,
    /// How many rows were looked at.
    pub n_rows: usize,
    /// Whether these are all.
    pub is_whole: bool,
    /// What it is taken for.
    pub role: String,
}

/// Files of a source or lookup, as the model has them.
#[derive(Debug, Clone)]
pub struct ProposedSource {
    /// The name.
    pub name: String,
    /// Where the files are, from the model's folder if they are near it.
    pub(super) url: String,
    pub(super) patterns: Vec<String>,
    pub(super) format: clio_proto::Format,
    /// Texts besides the empty one that stand for nothing.
    pub(super) nothing: Vec<&'static str>,
    /// The time, of a source that has its own.
    pub(super) time: Option<String>,
    /// Every event's day is that of its folder.
    pub(super) has_folders: bool,
    pub(super) n_files: usize,
    pub(super) size_bytes: u64,
}

/// A column that may be the time of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeColumn {
    /// A column or an expression.
    pub sql: String,
    /// The values name an instant, in whichever zone.
    pub has_zone: bool,
    /// Days without a time.
    pub is_date: bool,
}

/// A flag of events that is a source of its own.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The source's name: `clicks`.
    pub name: String,
    /// The measure of people: `clickers`.
    pub(super) people: String,
    pub(super) condition: String,
}

/// Actions from a table of their own.
#[derive(Debug, Clone)]
pub struct Actions {
    /// The table.
    pub source: ProposedSource,
    /// The columns by which an action is credited to what was shown before.
    pub keys: Vec<String>,
    /// For how long.
    pub within: String,
    pub(super) people: String,
}

/// A lookup.
#[derive(Debug, Clone)]
pub struct ProposedLookup {
    pub(super) files: ProposedSource,
    pub(super) key: String,
    /// Columns under names that a model accepts, and lists that are made of texts: name and expression.
    pub(super) columns: Vec<(String, String)>,
    pub(super) comment: String,
}

/// A dimension.
#[derive(Debug, Clone)]
pub struct ProposedDimension {
    /// The name.
    pub name: String,
    /// The event's column, or an expression; of a lookup's values, the lookup's column.
    pub column: String,
    /// How many members the sample has.
    pub n_members: usize,
    /// The lookup that the members come from, and the event's key to it.
    pub(super) from: Option<(String, String)>,
    /// The lookup that describes the members.
    pub(super) described_by: Option<String>,
    pub(super) attributes: Vec<String>,
    pub(super) label: Option<String>,
    pub(super) media: Option<String>,
    pub(super) is_multi: bool,
    pub(super) comment: String,
}

/// A measure of kind `sum`.
#[derive(Debug, Clone)]
pub struct Sum {
    /// The measure's name.
    pub name: String,
    pub(super) source: String,
    pub(super) of: String,
}

/// What a day comes to, as it was measured with the model itself.
#[derive(Debug, Clone, Copy)]
pub struct DayEstimate {
    /// The day.
    pub day: jiff::civil::Date,
    /// Its events.
    pub n_rows: u64,
    /// Its cells.
    pub n_cells: u64,
    /// The bytes of its file in the lake.
    pub size_bytes: u64,
}

impl Proposal {
    /// How many bytes a run over one day would read.
    pub fn bytes_of_a_day(&self) -> u64 {
        let of = |source: &ProposedSource| match source.has_folders {
            true => source.size_bytes / source.n_files.max(1) as u64,
            false => source.size_bytes,
        };
        let actions = self.actions.as_ref().filter(|choice| choice.is_taken);
        of(&self.events) + actions.map_or(0, |choice| of(&choice.it.source))
    }
}
