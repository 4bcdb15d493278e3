//! What was named not long ago, so that it is recognised when it is named again.

use std::collections::VecDeque;

/// The newest `MAX` ids that were noted.
#[derive(Debug, Default)]
pub(crate) struct Recent<const MAX: usize>(VecDeque<String>);

impl<const MAX: usize> Recent<MAX> {
    pub(crate) fn note(&mut self, id: &str) {
        if self.0.len() == MAX {
            self.0.pop_front();
        }
        self.0.push_back(id.to_owned());
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|noted| noted == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = Recent::<2>::default();
        assert!(!recent.has("a"));
        recent.note("a");
        recent.note("b");
        assert!(recent.has("a") && recent.has("b"));
        recent.note("c");
        assert!(!recent.has("a") && recent.has("b") && recent.has("c"));
    }
}
