//! Why a store cannot be opened, and why an open one rejects an operation.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created, read or written.
    #[error("cannot open the store `{}`: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the system or the database reports.
        reason: String,
    },
    /// The file is another program's database.
    #[error(
        "`{}` is not a store of Clio but a database of another program; name another file",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the file.
    #[error(
        "the store `{}` has version {found}, and this program supports versions up to {known}; start the newer Clio that wrote it, or put \
         back an earlier copy",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program supports.
        known: i64,
    },
    /// The file is damaged.
    #[error("the store `{}` is damaged ({reason}); put back a copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first fault found in it.
        reason: String,
    },
}

/// A kind of stored thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A view.
    View,
    /// An annotation.
    Annotation,
    /// A link.
    Link,
    /// An acknowledgement of an outlier.
    Acknowledgement,
    /// A mute of outliers.
    Mute,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "view",
            Self::Annotation => "annotation",
            Self::Link => "link",
            Self::Acknowledgement => "acknowledgement",
            Self::Mute => "mute",
        })
    }
}

/// Why a thing cannot be stored, changed or found. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A text is empty.
    #[error("the {part} is empty; write one")]
    Empty {
        /// Which text.
        part: &'static str,
    },
    /// Text contains control characters.
    #[error("the {part} contains characters that cannot be shown; leave them out")]
    Unreadable {
        /// Which text.
        part: &'static str,
    },
    /// A part has too many bytes.
    #[error("{part}: {value} bytes; at most {limit} are kept")]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// Its size in bytes.
        value: usize,
        /// The limit.
        limit: usize,
    },
    /// There are too many of something.
    #[error("there would be {value} {part}; at most {limit} are kept, so remove some first")]
    TooMany {
        /// What there would be too many of.
        part: &'static str,
        /// How many there would be.
        value: usize,
        /// The limit.
        limit: usize,
    },
    /// The address is not that of a page of this gateway.
    #[error(
        "the address is not that of a page here; it has to begin with one `/`, with characters other than ASCII encoded"
    )]
    NoAddress,
    /// Days end before they begin.
    #[error("the days {from} to {to} run backwards")]
    Backwards {
        /// The first day.
        from: Date,
        /// The last one.
        to: Date,
    },
    /// The person has another view of this name.
    #[error("there is a view `{name}` already; choose another name, or change that one")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It does not exist, or the caller may not see it.
    #[error("there is no {thing} `{id}`")]
    NotFound {
        /// What kind of thing.
        thing: Thing,
        /// Its id.
        id: String,
    },
    /// It was removed.
    #[error("the {thing} was removed by {by} at {at}")]
    Removed {
        /// What kind of thing.
        thing: Thing,
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It was changed since the caller saw it.
    #[error(
        "the {thing} was changed in the meantime by {by} at {at}; look at it again, or keep yours as another one"
    )]
    Changed {
        /// What kind of thing.
        thing: Thing,
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
        /// Its current revision.
        revision: i64,
    },
    /// It belongs to another person.
    #[error("the {thing} is {owner}'s, who alone may change it; keep yours as another one")]
    NotYours {
        /// What kind of thing.
        thing: Thing,
        /// The owner.
        owner: String,
    },
    /// The file is full.
    #[error(
        "the store is full: its file may have {limit} bytes; remove something, or raise `gateway.store_size`"
    )]
    Full {
        /// The size limit of the file, in bytes.
        limit: u64,
    },
    /// The database failed.
    #[error("the store failed: {reason}")]
    Failed {
        /// What it reports.
        reason: String,
    },
}
