// Describes why a passkey was not accepted. The texts are in the page: it knows the user's language.

/**
 * The texts for errors that the browser reports.
 * @typedef {{ notGiven: string, exists: string, noAnswer: string }} Texts
 */

/**
 * An error of the browser, or of the service, which is a problem document.
 * @typedef {object} Failure
 * @property {string} name
 * @property {string} message
 * @property {{ type?: string, errors?: { detail: string }[] }} [problem]
 */

/**
 * Makes a sentence of a detail of a problem document.
 * @param {string} detail
 */
const sentence = (detail) => `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;

/**
 * Describes an error to the user.
 * @param {Failure} failure
 * @param {Texts} texts
 */
export const describe = ({ name, message, problem }, texts) => {
  if (name === "NotAllowedError") return texts.notGiven;
  if (name === "InvalidStateError") return texts.exists;
  if (problem) return sentence(problem.errors?.[0]?.detail ?? message);
  return name === "TypeError" ? texts.noAnswer : message;
};
