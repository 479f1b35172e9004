//! Half-blocks: two modules in one character, which is about twice as high as wide.

use super::Qr;

/// What the terminal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Light letters on a dark ground: the blocks paint what is light.
    Dark,
    /// Dark letters on a light ground: the blocks paint what is dark.
    Light,
    /// Black on white by escape sequences, whatever the terminal's own colours: the surest, where they are understood.
    #[default]
    Ansi,
}

/// Bright white ground, black letters.
const ANSI_ON: &str = "\u{1b}[107;30m";
const ANSI_OFF: &str = "\u{1b}[0m";

impl Qr {
    /// The code for a terminal with a font of fixed width, lines ended by `\n`, quiet zone included. A usual URI takes
    /// 49 columns and 25 lines.
    #[must_use]
    pub fn terminal(&self, theme: Theme) -> String {
        let side = self.framed();
        let mut text = String::with_capacity(side.saturating_mul(side).saturating_mul(2));
        for row in (0..side).step_by(2) {
            if theme == Theme::Ansi {
                text.push_str(ANSI_ON);
            }
            let below = row.saturating_add(1);
            for column in 0..side {
                // The last line of an odd height has nothing below it; light, as the quiet zone it borders.
                let painted = (
                    self.is_dark_framed(column, row) != (theme == Theme::Dark),
                    self.is_dark_framed(column, below) != (theme == Theme::Dark),
                );
                text.push(match painted {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            if theme == Theme::Ansi {
                text.push_str(ANSI_OFF);
            }
            text.push('\n');
        }
        text
    }
}
