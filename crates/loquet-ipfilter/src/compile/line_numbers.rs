//! The line numbers of rules.

use crate::{RuleRef, Rules};

/// The line of every rule, stored as runs of evenly spaced lines: the rules themselves are too many for the cache, and
/// every verdict looks up a line.
#[derive(Debug, Clone)]
pub(crate) struct LineNumbers {
    runs: Box<[Run]>,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    /// The index of the first rule.
    index: u32,
    line: u32,
    /// The number of lines from each rule to the next.
    step: u32,
}

impl LineNumbers {
    pub(crate) fn of(rules: &Rules) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut lines = rules
            .numbered()
            .map(|(index, rule)| (index, rule.line))
            .peekable();
        while let Some((index, line)) = lines.next() {
            let next = lines.peek().map_or(line, |(_, next)| *next);
            let step = next.wrapping_sub(line);
            let mut last = line;
            while lines
                .next_if(|(_, next)| next.wrapping_sub(last) == step)
                .is_some()
            {
                last = last.wrapping_add(step);
            }
            runs.push(Run { index, line, step });
        }
        Self { runs: runs.into() }
    }

    /// Returns their size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.runs)
    }

    pub(crate) fn reference(&self, index: u32) -> Option<RuleRef> {
        let after = self.runs.partition_point(|run| run.index <= index);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let steps = index.wrapping_sub(run.index).wrapping_mul(run.step);
        let line = run.line.wrapping_add(steps);
        Some(RuleRef { index, line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rule;

    #[test]
    fn every_rule_keeps_its_line() {
        let text = "allow any\nallow any\n\ndeny unknown\n\n\nallow any\n\n\nallow any\nallow any";
        let mut rules = Rules::parse_text(text).unwrap();
        let built = Rule::allow().from_anywhere();
        for _ in 0..3 {
            rules.add_rule(built.clone()).unwrap();
        }
        let lines = LineNumbers::of(&rules);
        let found: Vec<_> = (0..9)
            .map(|index| lines.reference(index).unwrap().line)
            .collect();
        assert_eq!(found, [1, 2, 4, 7, 10, 11, 0, 0, 0]);
        assert!(LineNumbers::of(&Rules::new()).reference(0).is_none());
    }
}
