//! Parses the text form of rules. `docs/rules.md` describes it.
//!
//! ```text
//! precedence deny-overrides            # or most-specific, first-match
//! default deny                         # or allow
//! place "Garderie Laval" = 203.0.113.0/28 198.51.100.7/32
//! place "Canada" = country CA
//! allow place "Garderie Laval"
//! for tag 1 2 allow place "Canada" device known
//! deny 192.0.2.0/24 class tor tunnel
//! ```

use std::sync::Arc;

use crate::address::prefix::split_once;
use crate::rules::networks::{each_network, is_named_network};
use crate::rules::rule::{Extra, Prefixes, insert};
use crate::rules::rule_set::turns;
use crate::rules::text_error::{Fault, RulesError, TextFault};
use crate::rules::tokens::{
    CONDITIONS, Key, PRECEDENCES, Word, Words, asn, class, country, decision, device, is_name,
    named, plain_number,
};
use crate::{
    Decision, Embedded, Place, PlaceItem, Precedence, Rule, RuleFault, Rules, Tag,
    without_byte_order_mark,
};

impl Rules {
    /// Parses rules from text, one a line; `#` starts a comment. Lines may end in CR LF, and a byte-order mark at the
    /// start is ignored. Without a `default` line the default is deny.
    ///
    /// The docs of [`rule_text`](crate::rule_text) describe every form of a line.
    ///
    /// ```
    /// use loquet_ipfilter::Rules;
    ///
    /// let rules = Rules::parse_text("default deny\nallow 203.0.113.0/28\n")?;
    /// assert_eq!(Rules::parse_text(&rules.to_string())?.to_string(), rules.to_string());
    ///
    /// let error = Rules::parse_text("allow 192.168.010.0/24").unwrap_err();
    /// assert_eq!((error.line, error.column), (1, 15));
    /// # Ok::<(), loquet_ipfilter::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// [`RulesError`] with the first error, its line and its column. No line is skipped.
    pub fn parse_text(text: &str) -> Result<Self, RulesError> {
        let text = without_byte_order_mark(text);
        let mut reader = Reader::default();
        for (line, number) in lines(text).zip(1_u32..) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            reader
                .line(line, number)
                .map_err(|fault| fault.at(number, line))?;
        }
        reader.rules.rules = Arc::new(reader.list);
        // Places may be defined below the rules that name them, so names are resolved at the end.
        let rules: &[Rule] = if reader.names_places {
            &reader.rules.rules
        } else {
            &[]
        };
        for rule in rules {
            let is_undefined = |name: &&str| reader.rules.place(name).is_none();
            if let Some(name) = rule.places().find(is_undefined) {
                let at = usize::try_from(rule.line.saturating_sub(1)).unwrap_or(usize::MAX);
                let line = text.split('\n').nth(at).unwrap_or_default();
                let at = line.find(&format!("\"{name}\"")).unwrap_or(0);
                let fault = TextFault::Rule(RuleFault::UnknownPlace(name.into()));
                return Err(Fault { at, fault }.at(rule.line, line));
            }
        }
        Ok(reader.rules)
    }
}

/// Splits text at line feeds.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (line, after) = split_once(text, b'\n').unzip();
        rest = after;
        Some(line.unwrap_or(text))
    })
}

#[derive(Default)]
struct Reader {
    /// Everything except the list of rules, which is not shared yet.
    rules: Rules,
    list: Vec<Rule>,
    names_places: bool,
    seen: [bool; 3],
}

const LINE_START: &str =
    "`allow`, `deny`, `for tag`, `place`, `default`, `precedence` or `embedded`";

const PLACE_ITEMS: &str = "a network, `country` or `asn`";

impl Reader {
    fn line(&mut self, line: &str, number: u32) -> Result<(), Fault> {
        if let Some(rule) = plain_rule(line, number) {
            self.list.push(rule);
            return Ok(());
        }
        if let Some(at) = line.find(turns) {
            let fault = TextFault::Direction;
            return Err(Fault { at, fault });
        }
        let mut words = Words::of(line);
        let Some(first) = words.next()? else {
            return Ok(());
        };
        match (first.quoted, first.text) {
            (false, "allow") => self.rule(Rule::allow(), words, first, number),
            (false, "deny") => self.rule(Rule::deny(), words, first, number),
            (false, "for") => self.tagged(words, number),
            (false, "place") => self.place(words, number),
            (false, "default") => {
                self.once(0, first)?;
                let word = words.need("`allow` or `deny`")?;
                self.rules.default = decision(word)?;
                words.end()
            }
            (false, "precedence") => {
                self.once(1, first)?;
                let word = words.need(PRECEDENCES)?;
                self.rules.precedence = match word.text {
                    "deny-overrides" => Precedence::DenyOverrides,
                    "most-specific" => Precedence::MostSpecific,
                    "first-match" => Precedence::FirstMatch,
                    _ => return Err(word.expected(PRECEDENCES)),
                };
                words.end()
            }
            (false, "embedded") => {
                self.once(2, first)?;
                let word = words.need("`deny-only` or `trusted`")?;
                self.rules.embedded = match word.text {
                    "deny-only" => Embedded::DenyOnly,
                    "trusted" => Embedded::Trusted,
                    _ => return Err(word.expected("`deny-only` or `trusted`")),
                };
                words.end()
            }
            _ => Err(first.expected(LINE_START)),
        }
    }

    /// Refuses a setting that is written twice: the reader would have to guess which one holds.
    fn once(&mut self, which: usize, word: Word<'_>) -> Result<(), Fault> {
        match self.seen.get_mut(which) {
            Some(seen) if !*seen => {
                *seen = true;
                Ok(())
            }
            _ => Err(word.fault(TextFault::Twice)),
        }
    }

    fn tagged(&mut self, mut words: Words<'_>, number: u32) -> Result<(), Fault> {
        let word = words.need("`tag`")?;
        if word.text != "tag" || word.quoted {
            return Err(word.expected("`tag`"));
        }
        let mut extra = Extra::default();
        let first = words.need("the number of a tag")?;
        insert(
            &mut extra.tags,
            Tag(plain_number(first, "the number of a tag")?),
        );
        loop {
            let word = words.need("another tag, `allow` or `deny`")?;
            if word.text.starts_with(|c: char| c.is_ascii_digit()) {
                insert(
                    &mut extra.tags,
                    Tag(plain_number(word, "the number of a tag")?),
                );
                continue;
            }
            let mut rule = Rule::new(decision(word)?);
            rule.extra = Some(Box::new(extra));
            return self.rule(rule, words, word, number);
        }
    }

    fn rule(
        &mut self,
        mut rule: Rule,
        words: Words<'_>,
        first: Word<'_>,
        number: u32,
    ) -> Result<(), Fault> {
        rule.line = number;
        words.values(&Key::ALL, None, |key, word| condition(&mut rule, key, word))?;
        Rules::check(&rule).map_err(|fault| first.fault(TextFault::Rule(fault)))?;
        self.names_places |= rule.places().next().is_some();
        self.list.push(rule);
        Ok(())
    }

    fn place(&mut self, mut words: Words<'_>, number: u32) -> Result<(), Fault> {
        let name = words.need("a name in quotation marks")?;
        if !name.quoted {
            return Err(name.expected("a name in quotation marks"));
        }
        let equals = words.need("`=`")?;
        if equals.text != "=" || equals.quoted {
            return Err(equals.expected("`=`"));
        }
        let mut items = Vec::new();
        let keys = [Key::Address, Key::Country, Key::Asn];
        words.values(&keys, Some(PLACE_ITEMS), |key, word| {
            match key {
                _ if word.quoted => return Err(word.expected(PLACE_ITEMS)),
                Key::Country => items.push(PlaceItem::Country(country(word)?)),
                Key::Asn => items.push(PlaceItem::Asn(asn(word)?)),
                _ => each_network(word, |network| items.push(PlaceItem::Prefix(network)))?,
            }
            Ok(())
        })?;
        let place = Place {
            name: name.text.into(),
            items,
            line: number,
        };
        self.rules
            .push_place(place)
            .map_err(|fault| name.fault(TextFault::Rule(fault)))
    }
}

/// Parses the common line, a decision and one network, in 0.6 of the time that splitting it into words takes. Other
/// lines and lines with an error return `None` and take the general way, which reports the error.
fn plain_rule(line: &str, number: u32) -> Option<Rule> {
    let (decision, network) = match line.strip_prefix("allow ") {
        Some(network) => (Decision::Allow, network),
        None => (Decision::Deny, line.strip_prefix("deny ")?),
    };
    Some(Rule {
        decision,
        line: number,
        prefixes: Prefixes::One(network.parse().ok()?),
        extra: None,
    })
}

/// Adds one value to a condition of a rule.
fn condition(rule: &mut Rule, key: Key, word: Word<'_>) -> Result<(), Fault> {
    match (key, word.quoted) {
        (Key::Address, true) => return Err(word.expected("`place` before a name")),
        (Key::Place, true) => insert(&mut rule.extra_mut().places, word.text.into()),
        (Key::Place, false) | (_, true) => return Err(word.expected(key.values())),
        (Key::Address, false) => match word.text {
            "unknown" => rule.extra_mut().unknown_address = true,
            name if is_name(name) && !is_named_network(name) => {
                return Err(word.expected(CONDITIONS));
            }
            _ => each_network(word, |network| rule.push_prefix(network))?,
        },
        (Key::Country, false) => {
            let value = named(word, country)?;
            insert(&mut rule.extra_mut().countries, value);
        }
        (Key::Asn, false) => {
            let value = named(word, asn)?;
            insert(&mut rule.extra_mut().asns, value);
        }
        (Key::Class, false) => {
            let value = named(word, class)?;
            insert(&mut rule.extra_mut().classes, value);
        }
        (Key::Device, false) => {
            let value = device(word)?;
            insert(&mut rule.extra_mut().devices, value);
        }
    }
    Ok(())
}
