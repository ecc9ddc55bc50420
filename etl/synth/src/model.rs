//! The dataset model of the synthetic events: what `media.toml` says.

/// The model file. A qualified play is a play of two minutes or more, credited to the last impression of
/// its title. Plays carry the asset that they truly came from, too, which the model leaves alone.
const MODEL: &str = r#"# The dataset model of synthetic media events: which columns mean what.
# Everything else (cells, API, dashboard) follows from this file. Check it with: clio model check media.toml

[dataset]
name = "media"
timezone = "UTC"                        # where a day begins

# One row each time a person was shown a piece of promotional media.
[source.impressions]
url = "impressions/"                    # dt=YYYY-MM-DD folders are pruned
format = "parquet"
time = "event_time"

# One row each time a person played a title.
[source.plays]
url = "plays/"
format = "parquet"
time = "event_time"

# A play of two minutes counts: for the last impression of its title that the person saw within a day
# before. It takes that impression's asset, country, device and day.
[source.qualified_plays]
attribute = { event = "plays", to = "impressions", by = ["profile_id", "title_id"], within = "24h", credit = "last" }
where = "watch_seconds >= 120"

# Every play, however short, credited in the same way: how long people watched.
[source.credited_plays]
attribute = { event = "plays", to = "impressions", by = ["profile_id", "title_id"], within = "24h", credit = "last" }

# What is known about each asset.
[lookup.assets]
url = "assets.parquet"
key = "asset_id"

# Who belongs to which audience: one row for each person and audience, so a person has many.
[lookup.audiences]
url = "profile_audiences/"
key = "profile_id"

# What one filters and groups by.
[dimension.asset]
column = "asset_id"
lookup = "assets"
attributes = ["title", "media_type", "language", "tags"]   # `tags` is a list: an asset has many
label = "name"
media = "preview_url"
age = "first_day"                       # rows by asset.age_day and asset.age_week, since it was first shown

[dimension.country]
column = "country"

[dimension.device]
column = "device"

[dimension.audience]
lookup = "audiences"
on = "profile_id"
column = "audience"
multi = true

# The numbers.
[measure.impressions]
source = "impressions"
kind = "count"

[measure.viewers]                       # different people who were shown something
source = "impressions"
kind = "distinct"
of = "profile_id"
precision = 14                          # 2^14 registers: a standard error of 0.8 %
family = "hll++"

[measure.plays]
source = "qualified_plays"
kind = "count"

[measure.players]                       # different people who played
source = "qualified_plays"
kind = "distinct"
of = "profile_id"
precision = 14
family = "hll++"

[measure.watch_seconds]
source = "qualified_plays"
kind = "sum"
of = "watch_seconds"

[measure.watch]                         # how long plays last: watch.p50 is the median, watch.p90 what one in ten exceeds
source = "credited_plays"
kind = "quantile"
of = "watch_seconds"
error = "2%"
edges = [30, 120]                       # shares below these are exact
format = "seconds"

[measure.take_rate]                     # of those who saw it, how many played
kind = "derived"
expr = "players / viewers"
format = "percent"

[measure.abandonment]                   # of all plays, those that ended within half a minute
kind = "derived"
expr = "share_below(watch, 30)"
format = "percent"
"#;

/// What stands out, of events without traps. Peers differ much: each title has its own artwork, and no two are alike.
const OUTLIERS: &str = r#"
# What stands out among the assets of its title and type: clio outliers.
[outliers]
dimension = "asset"
peers = ["title", "media_type"]
pool = "media_type"
rate = "plays / impressions"
watching = "share_below(watch, 30)"
beyond = "50%"
"#;

/// The same of events with traps: some are started by many, and watched on by few.
const OUTLIERS_OF_TRAPS: &str = r#"
[measure.starts]                        # plays, however short
source = "credited_plays"
kind = "count"

[measure.starters]                      # different people who started to play
source = "credited_plays"
kind = "distinct"
of = "profile_id"
precision = 14
family = "hll++"

# What stands out among the assets of its title and type: clio outliers.
[outliers]
dimension = "asset"
peers = ["title", "media_type"]
pool = "media_type"
rate = "starts / impressions"
watching = "share_below(watch, 120)"
beyond = "25%"
"#;

/// The model file.
pub(super) fn text(has_traps: bool) -> String {
    format!("{MODEL}{}", if has_traps { OUTLIERS_OF_TRAPS } else { OUTLIERS })
}
