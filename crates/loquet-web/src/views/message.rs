//! A page that says one thing.

use maud::{Markup, html};

/// A heading, a sentence, a way on.
pub(crate) fn message(title: &str, text: &str, on: (&str, &str)) -> Markup {
    html! {
        section.card {
            header { h1 { (title) } p.soft { (text) } }
            div.row { a.button href=(on.1) { (on.0) } }
        }
    }
}
