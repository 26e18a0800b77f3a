// The time zone of the first step.

/**
 * Returns what to write into the field of the time zone: the browser's, unless the field was changed.
 * @param {string} shown what the page was loaded with
 * @param {string} current
 * @param {string | undefined} ofBrowser
 */
export const timeZone = (shown, current, ofBrowser) => (ofBrowser && current === shown ? ofBrowser : current);
