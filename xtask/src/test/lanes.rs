//! Runs commands beside each other, and keeps their output apart.

use std::{
    fs::File,
    path::Path,
    process::{Command, ExitStatus},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use crate::process::{Process, Result, fail};

/// A command to run.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) command: Command,
}

/// A command that has ended.
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) duration: Duration,
    pub(super) output: String,
    pub(super) status: Result<ExitStatus>,
}

/// Runs a command, and stores its output below `folder` until it ends. Stops it early if `is_canceled`.
pub(super) fn run_job(mut job: Job, folder: &Path, is_canceled: &AtomicBool) -> Ended {
    let started = Instant::now();
    let file = folder.join(format!("{}.txt", job.name.replace([' ', '/'], "-")));
    let status = run_into(&mut job.command, &file, is_canceled);
    let output = std::fs::read(&file).unwrap_or_default();
    let output = String::from_utf8_lossy(&output).into_owned();
    Ended { name: job.name, duration: started.elapsed(), output, status }
}

fn run_into(command: &mut Command, file: &Path, is_canceled: &AtomicBool) -> Result<ExitStatus> {
    let file = File::create(file)?;
    let mut process = Process::spawn(command.stdout(file.try_clone()?).stderr(file))?;
    loop {
        if let Some(status) = process.wait_at_most(Duration::from_millis(100))? {
            return Ok(status);
        }
        if is_canceled.load(Ordering::Relaxed) {
            return fail("canceled");
        }
    }
}

/// Runs jobs one after the other, until their sender is dropped. Skips the rest if `is_canceled`.
pub(super) fn run_lane(
    jobs: &Receiver<Job>,
    ended: &Sender<Ended>,
    folder: &Path,
    is_canceled: &AtomicBool,
) {
    for job in jobs {
        if !is_canceled.load(Ordering::Relaxed) {
            // The receiver lives longer than the lanes.
            let _ = ended.send(run_job(job, folder, is_canceled));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::process::command;

    fn sh(name: &str, script: &str) -> Job {
        let mut command = command("sh");
        command.args(["-c", script]);
        Job { name: name.to_owned(), command }
    }

    #[test]
    fn a_lane_runs_its_jobs_in_order_and_keeps_their_output_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (jobs, queue) = mpsc::channel();
        let (sender, ended) = mpsc::channel();
        jobs.send(sh("a/first", "sleep 0.1; echo out; echo err >&2; exit 3")).unwrap();
        jobs.send(sh("second", "echo second")).unwrap();
        drop(jobs);
        run_lane(&queue, &sender, folder.path(), &AtomicBool::new(false));
        drop(sender);
        let ended: Vec<_> = ended.iter().collect();
        let outputs: Vec<_> =
            ended.iter().map(|it| (it.name.as_str(), it.output.as_str())).collect();
        assert_eq!(outputs, [("a/first", "out\nerr\n"), ("second", "second\n")]);
        let codes: Vec<_> = ended.iter().map(|it| it.status.as_ref().unwrap().code()).collect();
        assert_eq!(codes, [Some(3), Some(0)]);
        assert!(ended[0].duration >= Duration::from_millis(100));
    }

    #[test]
    fn a_canceled_lane_stops_its_job_and_skips_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let is_canceled = AtomicBool::new(true);
        let started = Instant::now();
        let ended = run_job(sh("long", "sleep 100"), folder.path(), &is_canceled);
        assert!(ended.status.is_err() && started.elapsed() < Duration::from_secs(50));
        let (jobs, queue) = mpsc::channel();
        let (sender, ended) = mpsc::channel();
        jobs.send(sh("next", "true")).unwrap();
        drop(jobs);
        run_lane(&queue, &sender, folder.path(), &is_canceled);
        drop(sender);
        assert_eq!(ended.iter().count(), 0);
    }
}
