// Calculates the third of volume, price and total from two of them. Without JavaScript, the server calculates
// the same.
import { isAtMost, parse, product, quotient } from "./numbers.js";

/**
 * One of the three quantities.
 * @typedef {"volume" | "price" | "total"} Part
 */

/** The decimals of a calculated volume or price. */
const DECIMALS = 3;

/**
 * The number in a field; null if it is not a number, or is ambiguous so that the server will ask.
 * @param {string} text
 * @param {{ decimals: number, max?: string | undefined }} format The field's decimals, and its largest number.
 * @returns {string | null}
 */
export const read = (text, { decimals, max }) => {
  const number = parse(text, { decimals });
  if ("refused" in number) return null;
  const isAmbiguous = number.other !== null && max && isAtMost(number.other, max);
  return isAmbiguous ? null : number.value;
};

/**
 * Calculates one part from the other two. Returns null if one of them is not a number, or if the result is zero.
 * @param {Part} part
 * @param {Record<Part, string | null>} numbers As {@link read} returns them; that of `part` is ignored.
 * @param {number} totalDecimals The decimals of the currency.
 * @returns {string | null}
 */
export const third = (part, numbers, totalDecimals) => {
  const { volume, price, total } = numbers;
  let result = null;
  if (part === "total") {
    if (volume !== null && price !== null) result = product(volume, price, totalDecimals);
  } else {
    const divisor = part === "price" ? volume : price;
    if (total !== null && divisor !== null) result = quotient(total, divisor, DECIMALS);
  }
  return result !== null && /[1-9]/.test(result) ? result : null;
};

/**
 * Returns whether a text is a number with a decimal comma.
 * @param {string} text
 * @param {string | null} number The number that was read from it.
 */
export const hasDecimalComma = (text, number) => /,[0-9]*\s*$/.test(text) && number !== null && number.includes(".");
