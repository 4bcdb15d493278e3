//! Everything that a key can do, in one table: the keyboard, the palette and the sheet of shortcuts read it, so that they cannot differ.
//!
//! What a command acts on is named by a selector. Where nothing on screen fits it, the command is not there: no key does it and no list shows it.

use super::route::Route;

/// Where a command stands on the sheet and in the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Anywhere,
    Go,
    Lists,
    Pipeline,
    Text,
}

pub const GROUPS: [(Group, &str); 5] = [
    (Group::Anywhere, "Anywhere"),
    (Group::Go, "Go to"),
    (Group::Lists, "Lists"),
    (Group::Pipeline, "This pipeline"),
    (Group::Text, "Transcript and changes"),
];

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Palette,
    Sheet,
    /// Opens an address of the page.
    Go(&'static str),
    /// Presses the first element that fits. What cannot be undone asks by itself.
    Press(&'static str),
    /// Puts the focus there, and opens the fold that it is in.
    Focus(&'static str),
    /// Moves the focus from one element that fits to another.
    Move(&'static str, i32),
    /// Presses the element before or after the one that is chosen.
    Turn(&'static str, i32),
    /// Presses what confirms the form or card that the focus is in.
    Confirm,
    /// Opens all folds of the transcript, or closes them.
    Folds,
    CopyLink,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub label: &'static str,
    /// As it is written on the sheet: `g i`, `?`, `Ctrl K`. Empty where only the palette does it.
    pub keys: &'static str,
    pub group: Group,
    pub deed: Deed,
}

const fn command(group: Group, keys: &'static str, label: &'static str, deed: Deed) -> Command {
    Command { label, keys, group, deed }
}

use Group::{Anywhere, Go, Lists, Pipeline, Text};

/// In the order of the sheet. Where two share a key, the first that is there has it.
pub static COMMANDS: [Command; 58] = [
    command(Anywhere, "Ctrl K", "Search for anything to do", Deed::Palette),
    command(Anywhere, "?", "Show the shortcuts", Deed::Sheet),
    command(Anywhere, "/", "Search on this page", Deed::Focus("input[type=search]")),
    command(Text, "c", "Remark on the line", Deed::Press("tr[data-row]:focus")),
    command(Anywhere, "c", "New pipeline", Deed::Go("/pipelines/new")),
    command(Anywhere, "Ctrl Enter", "Confirm or send", Deed::Confirm),
    command(Anywhere, "y", "Copy the link to this page, to this entry of the transcript, or to this line", Deed::CopyLink),
    command(Go, "g i", "Inbox", Deed::Go("/inbox")),
    command(Go, "g p", "Pipelines", Deed::Go("/pipelines")),
    command(Go, "g t", "Templates", Deed::Go("/templates")),
    command(Go, "g a", "Agents", Deed::Go("/agents")),
    command(Go, "g u", "Audit", Deed::Go("/audit")),
    command(Go, "g s", "Settings", Deed::Go("/settings")),
    command(Lists, "j", "Next row", Deed::Move("[data-row]", 1)),
    command(Lists, "k", "Previous row", Deed::Move("[data-row]", -1)),
    command(Lists, "o", "Open the row", Deed::Press("[data-row]:focus")),
    command(Lists, "s", "Put the approval off for an hour", Deed::Press("[data-row]:focus-within [data-action=put-off]")),
    command(Pipeline, "a", "Go to what waits for you", Deed::Focus("[data-waits]")),
    command(Pipeline, "", "Approve", Deed::Focus("[data-waits] [data-confirm]")),
    command(Pipeline, "r", "Request changes", Deed::Focus("[data-waits] textarea")),
    command(Pipeline, "r", "Retry a step", Deed::Focus("[data-testid=retry] select")),
    command(Pipeline, "m", "Say something to the agent", Deed::Focus("#message-text")),
    command(Pipeline, "", "Pause after this attempt", Deed::Press("[data-action=pause]")),
    command(Pipeline, "", "Pause now", Deed::Press("[data-action=pause-now]")),
    command(Pipeline, "", "Resume", Deed::Press("[data-action=resume]")),
    command(Pipeline, "x", "Cancel the pipeline", Deed::Press("[data-action=cancel]")),
    command(Pipeline, "", "Fork a new pipeline", Deed::Focus("[data-testid=fork] select")),
    command(Pipeline, "", "Share this pipeline by a link", Deed::Press("[data-action=share]")),
    command(Pipeline, "", "Ask the same again in a new pipeline", Deed::Press("[data-action=again]")),
    command(Pipeline, "", "Audit of this pipeline", Deed::Press("[data-action=audit]")),
    command(Pipeline, "", "Compare with what it was forked from", Deed::Press("[data-action=compare]")),
    command(Pipeline, "i", "Inspector beside the step, or below it", Deed::Press("[data-action=inspector]")),
    command(Pipeline, "i", "Go to the inspector", Deed::Focus(".inspected > .inspector")),
    command(Pipeline, "t", "Transcript", Deed::Press("[data-action=transcript]")),
    command(Pipeline, "h", "Hand-off", Deed::Press("[data-action=handoff]")),
    command(Pipeline, "d", "Changes", Deed::Press("[data-action=changes]")),
    command(Pipeline, "w", "Leave white space out of the changes, or not", Deed::Press("[data-action=space]")),
    command(Pipeline, "Y", "Copy the hand-off as Markdown", Deed::Press("[data-action=copy-markdown]")),
    command(Pipeline, "s", "Receipt: what was sent", Deed::Press("[data-action=receipt]")),
    command(Pipeline, "l", "Timeline", Deed::Press("[data-action=timeline]")),
    command(Text, "]", "Next file", Deed::Move(".file-diff > summary", 1)),
    command(Text, "[", "Previous file", Deed::Move(".file-diff > summary", -1)),
    command(Pipeline, "]", "Next step", Deed::Turn(".step-name", 1)),
    command(Pipeline, "[", "Previous step", Deed::Turn(".step-name", -1)),
    command(Text, "n", "Next error or hunk", Deed::Move("[data-stop]", 1)),
    command(Text, "p", "Previous error or hunk", Deed::Move("[data-stop]", -1)),
    command(Text, "u", "Changes side by side, or one after the other", Deed::Press("[data-action=split]")),
    command(Text, "b", "Go to what wrote the hunk", Deed::Press("tr.hunk:focus .blame")),
    command(Text, "v", "Mark the file as viewed, or not", Deed::Press(".file-entry:focus-within .viewed input")),
    command(Text, "G", "Jump to the latest", Deed::Press("[data-action=latest]")),
    command(Text, "End", "Jump to the latest", Deed::Press("[data-action=latest]")),
    command(Text, "Home", "Jump to the first entry", Deed::Focus(".transcript .part")),
    command(Text, "f", "Follow what is written", Deed::Press("[data-action=latest]")),
    command(Text, "f", "Stop following", Deed::Press("[data-action=stay]")),
    command(Text, "e", "Open or close all folds", Deed::Folds),
    command(Text, "1", "Only the summary of the transcript", Deed::Press("input[name=detail][value=summary]")),
    command(Text, "2", "The transcript as usual", Deed::Press("input[name=detail][value=normal]")),
    command(Text, "3", "Everything in the transcript", Deed::Press("input[name=detail][value=everything]")),
];

/// What holds the rows of a transcript.
pub const TRANSCRIPT: &str = "[data-testid=transcript]";

/// Whatever a command of the palette acts on fits this, and nothing of it is in a transcript.
pub const ACTED_ON: &str = "[data-action],[data-confirm],[data-waits],[data-testid=transcript],textarea,select,input,.inspector";

impl Command {
    /// What has to be on screen for this command to be there; `None` where it always is.
    pub fn needs(&self) -> Option<&'static str> {
        match self.deed {
            Deed::Palette | Deed::Sheet | Deed::Go(_) | Deed::CopyLink => None,
            Deed::Press(selector) | Deed::Focus(selector) | Deed::Move(selector, _) | Deed::Turn(selector, _) => Some(selector),
            Deed::Confirm => Some("[data-confirm]"),
            Deed::Folds => Some(TRANSCRIPT),
        }
    }

    /// Whether the palette lists it: moves by one are of use to keys alone, and second keys to nobody who searches.
    pub fn is_in_palette(&self) -> bool {
        match self.deed {
            _ if matches!(self.keys, "Home" | "End") => false,
            Deed::Palette | Deed::Move(..) | Deed::Turn(..) | Deed::Confirm => false,
            Deed::Press(selector) => !selector.contains(":focus"),
            Deed::Sheet | Deed::Go(_) | Deed::Focus(_) | Deed::Folds | Deed::CopyLink => true,
        }
    }
}

/// One level up from a page, for Escape; `None` at the top.
pub fn above(route: Route) -> Option<String> {
    match route {
        Route::Pipeline(_) | Route::NewPipeline => Some("/pipelines".to_owned()),
        Route::Audit(Some(id)) | Route::Compare(id, _) => Some(super::urls::pipeline(id)),
        Route::File(shelf) => Some(format!("/{}", shelf.word())),
        Route::Pipelines | Route::Audit(None) | Route::Inbox | Route::Templates | Route::Agents | Route::Settings | Route::NotFound => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_table_leads_to_a_page() {
        for command in &COMMANDS {
            if let Deed::Go(href) = command.deed {
                assert_ne!(Route::of(href), Route::NotFound, "{href}");
            }
        }
    }

    #[test]
    fn no_key_is_one_of_the_browsers_or_of_a_screen_reader() {
        for command in COMMANDS.iter().filter(|command| command.keys.starts_with("Ctrl")) {
            assert!(matches!(command.keys, "Ctrl K" | "Ctrl Enter"), "{}", command.keys);
        }
    }

    #[test]
    fn what_only_the_palette_does_is_in_the_palette() {
        assert!(COMMANDS.iter().all(|command| !command.keys.is_empty() || command.is_in_palette()));
    }

    #[test]
    fn escape_leads_up_and_stops_at_the_top() {
        assert_eq!(above(Route::Audit(Some(7))).as_deref(), Some("/pipelines/7"));
        assert_eq!(above(Route::Pipeline(7)).as_deref(), Some("/pipelines"));
        assert_eq!(above(Route::Pipelines), None);
    }

    #[test]
    fn what_the_palette_acts_on_is_found_in_one_walk() {
        let kinds: Vec<&str> = ACTED_ON.split(',').map(|kind| kind.trim_end_matches(']')).collect();
        for selector in COMMANDS.iter().filter(|command| command.is_in_palette()).filter_map(Command::needs) {
            let target = selector.rsplit(' ').next().unwrap();
            assert!(target == "#message-text" || kinds.iter().any(|kind| target.starts_with(kind)), "{selector}");
        }
    }
}
