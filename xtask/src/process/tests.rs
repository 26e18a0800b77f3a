use super::*;

#[test]
fn a_failed_command_is_reported_with_its_output() {
    let mut command = command("sh");
    command.args(["-c", "echo out; echo err >&2; exit 3"]);
    let Err(Error::Message(message)) = output(&mut command) else { panic!("it succeeded") };
    assert!(message.contains("exit status: 3: out\nerr\n"), "{message}");
}

#[test]
fn a_program_that_is_missing_is_named() {
    let Err(Error::Message(message)) = run(&mut command("no-such-program")) else {
        panic!("it ran")
    };
    assert!(message.starts_with("no-such-program can't be run"), "{message}");
}

#[test]
fn dropping_a_process_stops_its_whole_group() {
    let mut sh = command("sh");
    sh.args(["-c", "sleep 100 & echo $!; wait"]).stdout(Stdio::piped());
    let mut process = Process::spawn(&mut sh).unwrap();
    let mut digit = [0; 1];
    let mut pid = String::new();
    let stdout = process.child().stdout.as_mut().unwrap();
    while stdout.read(&mut digit).unwrap() == 1 && digit[0] != b'\n' {
        pid.push(char::from(digit[0]));
    }
    drop(process);
    // A killed process that is not our child can take a moment to end.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            break;
        }
        assert!(Instant::now() < deadline, "{stat}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn output_is_shown_in_order_and_returned_whole() {
    let mut command = command("sh");
    command.args(["-c", "echo a; echo b >&2; echo c; exit 1"]);
    let mut shown = Vec::new();
    let (status, text) = tee(&mut command, Duration::MAX, |line| {
        shown.push(line.to_owned());
        false
    })
    .unwrap();
    assert_eq!((status.unwrap().code(), text.as_str()), (Some(1), "a\nb\nc\n"));
    assert_eq!(shown, ["a\n", "b\n", "c\n"]);
}

#[test]
fn a_command_is_stopped_after_its_limit() {
    let mut command = command("sh");
    command.args(["-c", "echo a; exec sleep 100"]);
    let (status, text) = tee(&mut command, Duration::from_millis(300), |_| false).unwrap();
    assert_eq!((status, text.as_str()), (None, "a\n"));
}

#[test]
fn lines_are_passed_on_and_an_error_stops_the_command() {
    let mut sh = command("sh");
    sh.args(["-c", "echo one; echo two; exit 3"]);
    let mut lines = Vec::new();
    let status = for_each_line(&mut sh, |it| {
        lines.push(it.to_owned());
        Ok(())
    });
    assert_eq!((lines, status.unwrap().code()), (vec!["one\n".into(), "two\n".into()], Some(3)));
    let started = Instant::now();
    let mut endless = command("sh");
    endless.args(["-c", "echo one; sleep 100"]);
    assert!(for_each_line(&mut endless, |_| fail("enough")).is_err());
    assert!(started.elapsed() < Duration::from_secs(50));
}
