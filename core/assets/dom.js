// Finds elements, with their types.

/**
 * Returns the control with this name in a form that always has it.
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export const control = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/**
 * Returns the first element that matches, if any.
 * @param {ParentNode | null} parent
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const find = (parent, selector) => parent?.querySelector(selector) ?? null;

/**
 * Returns all forms that match.
 * @param {string} selector
 * @returns {NodeListOf<HTMLFormElement>}
 */
export const forms = (selector) => document.querySelectorAll(selector);
