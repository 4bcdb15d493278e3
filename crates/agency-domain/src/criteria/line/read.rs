//! Splits a command line into simple commands and what joins them.

/// A simple command, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    pub(super) is_negated: bool,
    pub(super) joint: Joint,
}

/// How a command is joined to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
    Pipe,
    Sequence,
    Background,
    End,
}

/// Words that make of what follows something else than a simple command.
const KEYWORDS: [&str; 16] =
    ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "{", "}", "[["];

/// The commands of a line; `None` where it has something that this does not understand.
pub(super) fn read(text: &str) -> Option<Vec<Command>> {
    let mut reader = Reader { rest: text, words: Vec::new(), word: None, commands: Vec::new() };
    while let Some(c) = reader.rest.chars().next() {
        reader.take(c)?;
    }
    reader.end_word();
    if !reader.words.is_empty() {
        reader.end_command(Joint::End, 0)?;
    }
    match reader.commands.last_mut()? {
        Command { joint: Joint::And | Joint::Or | Joint::Pipe, .. } => None,
        last => {
            if last.joint == Joint::Sequence {
                last.joint = Joint::End;
            }
            Some(reader.commands)
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    words: Vec<String>,
    /// The word that is being read.
    word: Option<String>,
    commands: Vec<Command>,
}

impl Reader<'_> {
    fn take(&mut self, c: char) -> Option<()> {
        match c {
            '\'' => self.quoted(c),
            '"' => self.quoted(c).filter(|()| self.word.as_ref().is_some_and(|word| !word.contains('`') && !word.contains("$("))),
            '\\' if self.rest.starts_with("\\\n") => self.skip(2),
            '\\' => {
                self.push(1)?;
                self.push(self.rest.chars().next()?.len_utf8())
            }
            '`' | '(' | ')' => None,
            '<' if self.rest.starts_with("<<") => None,
            '#' if self.word.is_none() => self.skip(self.rest.find('\n').unwrap_or(self.rest.len())),
            '\n' => {
                self.end_word();
                if self.words.is_empty() { self.skip(1) } else { self.end_command(Joint::Sequence, 1) }
            }
            ';' => self.end_command(Joint::Sequence, 1),
            '|' if self.rest.starts_with("||") => self.end_command(Joint::Or, 2),
            '|' => self.end_command(Joint::Pipe, if self.rest.starts_with("|&") { 2 } else { 1 }),
            '&' if self.rest.starts_with("&&") => self.end_command(Joint::And, 2),
            '&' if self.rest.starts_with("&>") => {
                self.end_word();
                self.skip(1)?;
                self.redirection()
            }
            '&' => self.end_command(Joint::Background, 1),
            '>' => self.redirection(),
            c if c.is_whitespace() => {
                self.end_word();
                self.skip(c.len_utf8())
            }
            c => self.push(c.len_utf8()),
        }
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    fn push(&mut self, bytes: usize) -> Option<()> {
        let text = self.rest.get(..bytes)?;
        self.word.get_or_insert_default().push_str(text);
        self.skip(bytes)
    }

    /// Up to the quote's end, quotes included.
    fn quoted(&mut self, quote: char) -> Option<()> {
        self.push(1)?;
        loop {
            let c = self.rest.chars().next()?;
            self.push(c.len_utf8())?;
            if c == quote {
                return Some(());
            }
            if c == '\\' && quote == '"' {
                self.push(self.rest.chars().next()?.len_utf8())?;
            }
        }
    }

    /// Where output goes: `2>&1`, `> file`. It does not change how the command exits.
    fn redirection(&mut self) -> Option<()> {
        let is_number = |word: &String| word.chars().all(|c| c.is_ascii_digit());
        self.word = self.word.take().filter(|word| !is_number(word));
        self.end_word();
        self.rest = self.rest.trim_start_matches('>').trim_start_matches(['&', '|']).trim_start_matches([' ', '\t']);
        while let Some(c) = self.rest.chars().next().filter(|c| !c.is_whitespace() && !"|&;<>()#".contains(*c)) {
            self.take(c)?;
        }
        self.word.take().map(drop)
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self, joint: Joint, bytes: usize) -> Option<()> {
        self.end_word();
        let mut words = std::mem::take(&mut self.words);
        let is_negated = words.first().is_some_and(|word| word == "!");
        if is_negated {
            words.remove(0);
        }
        let first = words.first()?;
        if KEYWORDS.contains(&first.as_str()) {
            return None;
        }
        self.commands.push(Command { words, is_negated, joint });
        self.skip(bytes)
    }
}
