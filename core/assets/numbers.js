// Parses numbers as people type them, and calculates with them exactly. The server reads forms by the same
// rules (`core/src/input/number.rs`), and both are tested with `tests/data/numbers.json`.

/**
 * A number as plain text: digits, and a point before the decimals. `other` is its value if the mark
 * separates thousands: `1.234` may be 1.234 or 1234.
 * @typedef {{ value: string, other: string | null }} Typed
 */

/**
 * Why a text is not a number.
 * @typedef {{ refused: "empty" | "digits" | "sign" | "symbol" | "groups" | "decimals" }} Refused
 */

const BLANK = " \u00a0\u202f";
const AT_THE_ENDS = new RegExp(`^[\\t\\r\\n${BLANK}]+|[\\t\\r\\n${BLANK}]+$`, "g");

/**
 * Splits a text into runs of digits and the marks between them.
 * @param {string} text
 * @returns {{ runs: string[], marks: string[] } | Refused}
 */
const split = (text) => {
  const marks = [];
  for (const [at, sign] of [...text].entries()) {
    if (/[0-9]/.test(sign)) continue;
    if (sign === "," || sign === ".") marks.push(sign);
    else if (sign === "'" || sign === "\u2019") marks.push("'");
    else if (BLANK.includes(sign)) marks.push(" ");
    else if (at === 0 && "-+\u2212".includes(sign)) return { refused: "sign" };
    else return { refused: /\p{N}/u.test(sign) ? "digits" : "symbol" };
  }
  const runs = text.split(/[^0-9]/);
  if (runs.some((run) => run !== "")) return { runs, marks };
  return { refused: marks.length === 0 ? "empty" : "symbol" };
};

/**
 * Returns whether the runs are groups of three digits, all separated by the same mark.
 * @param {string[]} runs
 * @param {string[]} marks
 */
const areGroups = ([first, ...others], marks) =>
  /^[1-9][0-9]{0,2}$/.test(first ?? "") &&
  others.length > 0 &&
  others.every((run) => run.length === 3) &&
  marks.every((mark) => mark === marks[0]);

/**
 * Parses a number that was typed into a field with this many decimals.
 * @param {string} text
 * @param {{ decimals: number, signed?: boolean }} format
 * @returns {Typed | Refused}
 */
export const parse = (text, { decimals: maxDecimals, signed = false }) => {
  let rest = text.replace(AT_THE_ENDS, "");
  const isNegative = signed && /^[-\u2212]/.test(rest);
  if (isNegative) rest = rest.slice(1);
  const parts = split(rest);
  if ("refused" in parts) return parts;
  const { runs, marks } = parts;
  /** @type {(whole: string[], decimals: string) => string} */
  const plain = (whole, decimals) =>
    (isNegative ? "-" : "") +
    (whole.join("").replace(/^0+/, "") || "0") +
    (decimals === "" ? "" : `.${decimals}`);
  if (marks.length === 0) return { value: plain(runs, ""), other: null };

  const before = runs.slice(0, -1);
  const last = runs[runs.length - 1] ?? "";
  const marksBefore = marks.slice(0, -1);
  const mark = marks[marks.length - 1] ?? "";
  const grouped = areGroups(runs, marks) ? plain(runs, "") : null;
  const isDecimalMark = (mark === "," || mark === ".") && !marksBefore.includes(mark);
  const hasWhole = marksBefore.length === 0 || areGroups(before, marksBefore);
  if (!isDecimalMark || !hasWhole || (grouped !== null && last.length > maxDecimals)) {
    return grouped === null ? { refused: "groups" } : { value: grouped, other: null };
  }
  // The mark before the last run begins the decimals, unless it separates another group.
  if (last.replace(/0+$/, "").length > maxDecimals) return { refused: "decimals" };
  return { value: plain(before, last), other: grouped };
};

/**
 * Converts a plain number to an integer and the number of its decimals.
 * @param {string} plain
 */
const exact = (plain) => {
  const [whole = "", decimals = ""] = plain.split(".");
  return { units: BigInt(whole + decimals), scale: BigInt(decimals.length) };
};

/**
 * Divides with this many decimals, rounded half up. Neither argument may be negative.
 * @param {bigint} numerator
 * @param {bigint} denominator
 * @param {number} decimals
 */
const divide = (numerator, denominator, decimals) => {
  const units = (2n * numerator * 10n ** BigInt(decimals) + denominator) / (2n * denominator);
  const digits = units.toString().padStart(decimals + 1, "0");
  const at = digits.length - decimals;
  return decimals === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
};

/**
 * Multiplies two plain numbers with this many decimals in the result.
 * @param {string} one
 * @param {string} other
 * @param {number} decimals
 */
export const product = (one, other, decimals) => {
  const [a, b] = [exact(one), exact(other)];
  return divide(a.units * b.units, 10n ** (a.scale + b.scale), decimals);
};

/**
 * Divides two plain numbers with this many decimals in the result; null if the divisor is zero.
 * @param {string} dividend
 * @param {string} divisor
 * @param {number} decimals
 */
export const quotient = (dividend, divisor, decimals) => {
  const [a, b] = [exact(dividend), exact(divisor)];
  if (b.units === 0n) return null;
  return divide(a.units * 10n ** b.scale, b.units * 10n ** a.scale, decimals);
};

/**
 * Returns whether `one * other` differs from `total` by at most `step`.
 * @param {string} one
 * @param {string} other
 * @param {string} total
 * @param {string} step
 */
export const agree = (one, other, total, step) => {
  const [a, b, c, d] = [exact(one), exact(other), exact(total), exact(step)];
  const scale = a.scale + b.scale + c.scale + d.scale;
  const off = a.units * b.units * 10n ** (scale - a.scale - b.scale)
    - c.units * 10n ** (scale - c.scale);
  return (off < 0n ? -off : off) <= d.units * 10n ** (scale - d.scale);
};

/**
 * Returns whether `one` is at most `other`.
 * @param {string} one
 * @param {string} other
 */
export const isAtMost = (one, other) => {
  const [a, b] = [exact(one), exact(other)];
  return a.units * 10n ** b.scale <= b.units * 10n ** a.scale;
};
