//! Converts displacements to other units. The digits must be the same as those of PostgreSQL's
//! `numeric`, with which NHTSA's procedure computes them.

/// A decimal: its digits as an integer, and the number of digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    digits: i128,
    scale: u32,
}

/// Evaluates a formula such as `#x# / 16.387064`. Returns `0` if that fails, as NHTSA's procedure does.
pub(crate) fn evaluate(formula: &str, value: &str) -> String {
    compute(formula, value).unwrap_or_else(|| "0".to_owned())
}

fn compute(formula: &str, value: &str) -> Option<String> {
    let mut parts = formula.split_whitespace();
    let (variable, sign, constant) = (parts.next()?, parts.next()?, parts.next()?);
    if variable != "#x#" || parts.next().is_some() {
        return None;
    }
    let (value, constant) = (parse(value)?, parse(constant)?);
    let result = match sign {
        "*" => Decimal {
            digits: value.digits.checked_mul(constant.digits)?,
            scale: value.scale + constant.scale,
        },
        "/" => divide(value, constant)?,
        _ => return None,
    };
    Some(write(result))
}

fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some(Decimal { digits, scale: u32::try_from(fraction.len()).ok()? })
}

/// Divides with as many digits after the point as PostgreSQL: at least 16 significant ones, in
/// groups of four.
fn divide(value: Decimal, by: Decimal) -> Option<Decimal> {
    if by.digits == 0 {
        return None;
    }
    let (weight, first) = leading_group(value);
    let (by_weight, by_first) = leading_group(by);
    let weight = weight - by_weight - i32::from(first <= by_first);
    let scale = u32::try_from((16 - weight * 4).max(0)).ok()?.max(value.scale).max(by.scale);
    let shifted = value.digits.checked_mul(10_i128.checked_pow(scale + by.scale - value.scale)?)?;
    let half_up = (shifted.checked_mul(2)? + by.digits) / (by.digits * 2);
    Some(Decimal { digits: half_up, scale })
}

/// The first nonzero group of four digits, and its power of 10,000.
fn leading_group(number: Decimal) -> (i32, i128) {
    if number.digits == 0 {
        return (0, 0);
    }
    // Groups are aligned to the point, so the digits after it are padded to a multiple of four.
    let filled = number.digits * 10_i128.pow((4 - number.scale % 4) % 4);
    let mut weight = -i32::try_from(number.scale.div_ceil(4)).unwrap_or(0);
    let mut first = filled;
    while first >= 10_000 {
        first /= 10_000;
        weight += 1;
    }
    (weight, first)
}

fn write(number: Decimal) -> String {
    let scale = number.scale as usize;
    let digits = format!("{:0>width$}", number.digits, width = scale + 1);
    if scale == 0 {
        return digits;
    }
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displacements_are_converted_as_postgresql_does() {
        for (formula, value, result) in [
            ("#x# * 16.387064 ", "183", "2998.832712"),
            ("#x# * 0.016387064 ", "183", "2.998832712"),
            ("#x# * 1000", "2.4", "2400.0"),
            ("#x# / 1000.", "2400", "2.4000000000000000"),
            ("#x# / 1000.", "998", "0.99800000000000000000"),
            ("#x# / 16.387064 ", "998", "60.9016966065428194"),
            ("#x# / 0.016387064 ", "5.40", "329.5282181115543333"),
            ("#x# / 16.387064 ", "TBD", "0"),
        ] {
            assert_eq!(evaluate(formula, value), result, "{formula} of {value}");
        }
    }
}
