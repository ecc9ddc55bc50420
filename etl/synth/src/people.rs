//! Who people are: personas with their audiences, and tastes.
//!
//! A person is one of 24 personas and has all of its audiences. So audiences are correlated and skewed like real ones,
//! and the *sets* of audiences that occur, which determine how many cells a cube has, stay few.

/// The audiences, in the order of a persona's bits.
pub(super) const AUDIENCES: [&str; 12] = [
    "anime-fans",
    "award-seekers",
    "binge-watchers",
    "comedy-nights",
    "documentary-minds",
    "new-subscribers",
    "parents-with-kids",
    "romance-lovers",
    "sci-fi-explorers",
    "sports-fans",
    "true-crime-addicts",
    "weekend-viewers",
];

/// What titles are about.
pub(super) const GENRES: [&str; 9] =
    ["drama", "comedy", "crime", "sci-fi", "romance", "documentary", "anime", "kids", "sports"];

/// How many personas there are.
pub(super) const N_PERSONAS: usize = 24;

/// A persona's audiences by their place in [`AUDIENCES`], and its relative number of people.
struct Persona {
    audiences: &'static [u8],
    weight: f64,
}

const fn persona(weight: f64, audiences: &'static [u8]) -> Persona {
    Persona { audiences, weight }
}

/// No two have the same set. The first has none: a sixth of the people are in no audience.
const PERSONAS: [Persona; N_PERSONAS] = [
    persona(16.0, &[]),
    persona(12.0, &[11]),
    persona(9.0, &[2]),
    persona(8.0, &[2, 10]),
    persona(7.0, &[6]),
    persona(6.0, &[3, 11]),
    persona(5.5, &[9]),
    persona(5.0, &[5]),
    persona(4.5, &[7]),
    persona(4.0, &[6, 11]),
    persona(3.5, &[2, 8]),
    persona(3.0, &[1, 4]),
    persona(2.5, &[9, 11]),
    persona(2.2, &[0, 2, 8]),
    persona(2.0, &[2, 3, 7]),
    persona(1.8, &[2, 5]),
    persona(1.5, &[0]),
    persona(1.3, &[4, 10]),
    persona(1.2, &[3, 6, 11]),
    persona(1.0, &[1, 2, 10]),
    persona(0.9, &[1, 2, 4, 10]),
    persona(0.8, &[0, 2, 5, 8]),
    persona(0.7, &[2, 3, 6, 7, 11]),
    persona(0.6, &[0, 2, 3, 8, 9, 11]),
];

/// The audience that likes each genre, by place: drama for those who look for awards, and so on.
const FAN_OF_GENRE: [u8; GENRES.len()] = [1, 3, 10, 8, 7, 4, 0, 6, 9];

/// The personas' weights.
pub(super) fn persona_weights() -> [f64; N_PERSONAS] {
    std::array::from_fn(|place| PERSONAS[place].weight)
}

/// A persona's audiences by their place in [`AUDIENCES`], ascending.
pub(super) fn audiences_of(persona: u8) -> &'static [u8] {
    PERSONAS[usize::from(persona)].audiences
}

/// Whether a persona is a fan of a genre.
pub(super) fn is_fan(persona: u8, genre: u8) -> bool {
    audiences_of(persona).contains(&FAN_OF_GENRE[usize::from(genre)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personas_have_different_sorted_sets_of_at_most_six() {
        let mut sets = std::collections::BTreeSet::new();
        for persona in PERSONAS {
            assert!(persona.audiences.is_sorted() && persona.audiences.len() <= 6);
            assert!(sets.insert(persona.audiences), "{:?} twice", persona.audiences);
        }
    }

    #[test]
    fn every_audience_occurs() {
        for audience in 0_u8..12 {
            assert!(PERSONAS.iter().any(|persona| persona.audiences.contains(&audience)));
        }
    }
}
