//! How much memory a process and those that it started use, as the kernel tells it.

use std::fs;

/// More processes than this below one server are no agent's work; what is beyond is not counted.
const PROCESSES_MAX: usize = 1_000;

/// Bytes that a process and its descendants hold in memory; `None` where it has ended, or the system has no `/proc`. What two of them share
/// counts twice.
pub(crate) fn memory_of_tree(root: u32) -> Option<u64> {
    let mut sum = memory_of(root)?;
    let mut open = children_of(root);
    for _ in 0..PROCESSES_MAX {
        let Some(process) = open.pop() else { break };
        // One that has ended meanwhile uses nothing.
        sum += memory_of(process).unwrap_or(0);
        open.extend(children_of(process));
    }
    Some(sum)
}

fn memory_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Each thread lists the processes that it started.
fn children_of(process: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_counts_with_those_that_it_started() {
        let mut shell = Command::new("sh").args(["-c", "sleep 60 & echo begun; wait"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = [0; 6];
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut said).unwrap();
        let own = memory_of(shell.id()).unwrap();
        let children = children_of(shell.id());
        let tree = memory_of_tree(shell.id()).unwrap();
        shell.kill().unwrap();
        shell.wait().unwrap();
        for child in &children {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(*child).unwrap()), nix::sys::signal::Signal::SIGKILL).unwrap();
        }
        assert_eq!(children.len(), 1);
        assert!(own > 0 && tree > own, "{tree} bytes in all, {own} of them its own");
        assert_eq!(memory_of_tree(shell.id()), None);
    }
}
