//! Steps that check something, one after the other.

use std::fmt::{Debug, Display};

use crate::process::{Result, check_signals, fail};

/// A step: its name, and what it does with the state that the previous steps left.
pub(crate) type Step<S> = (&'static str, fn(&mut S) -> Result);

/// The steps with these methods.
macro_rules! steps {
    ($state:ty: $($name:ident),+ $(,)?) => {
        &[$((stringify!($name), <$state>::$name)),+]
    };
}
pub(crate) use steps;

/// Runs steps in order. Prints the result of each after the prefix, and stops at the first that fails. Returns how many
/// passed.
pub(crate) fn run_steps<S>(steps: &[Step<S>], state: &mut S, prefix: &str) -> Result<usize> {
    for (passed, (name, step)) in steps.iter().enumerate() {
        let result = step(state);
        check_signals()?;
        if let Err(error) = result {
            println!("FAILED: {prefix}{name}: {}", error.message());
            return Ok(passed);
        }
        println!("ok: {prefix}{name}");
    }
    Ok(steps.len())
}

/// Fails unless the two are equal.
#[expect(clippy::needless_pass_by_value, reason = "most values are computed in the call")]
pub(crate) fn equal<T: PartialEq + Debug>(found: T, expected: T, what: impl Display) -> Result {
    if found == expected {
        return Ok(());
    }
    fail(format!("{what}: {found:?}, and should be {expected:?}"))
}

/// Fails unless the condition is true.
pub(crate) fn ensure(condition: bool, what: impl Display) -> Result {
    if condition { Ok(()) } else { fail(format!("not true: {what}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct State(u32);

    impl State {
        fn first(&mut self) -> Result {
            self.0 += 1;
            ensure(self.0 < 4, "the state is small")
        }

        fn second(&mut self) -> Result {
            equal(self.0, 2, "the state")
        }
    }

    #[test]
    fn steps_stop_at_the_first_that_fails() {
        let steps: &[Step<State>] = steps![State: first, second, first];
        assert_eq!(run_steps(steps, &mut State(0), "").unwrap(), 1);
        assert_eq!(run_steps(steps, &mut State(1), "").unwrap(), 3);
    }
}
