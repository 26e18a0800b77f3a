// The entries of the outbox: forms that wait until they can be sent. Uses nothing of the browser.

/**
 * The kind of form.
 * @typedef {"fill-up" | "reading" | "service"} Kind
 */

/**
 * A form that waits.
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} user The tag of the user who entered it.
 * @property {Kind} kind
 * @property {string} action The path to send it to.
 * @property {[string, string][]} fields Names and values, in the order of the form.
 * @property {number} enteredAt Milliseconds since 1970.
 * @property {number} attemptedAt When it was first sent without a response.
 * @property {"waiting" | "refused"} state
 * @property {string | null} reason The page with the errors if the server rejected it; null if it is too old to be
 *   sent without asking.
 */

const DAY = 24 * 60 * 60 * 1000;
/** The server recognizes a form for 30 days: this is less. */
const MAX_AGE = 29 * DAY;

/** The field that identifies a form. */
export const ONCE = "once";
/** The field with the tag of the form's user. */
export const SIGNED_IN_AS = "signedInAs";

/** @type {[RegExp, Kind][]} */
const KINDS = [
  [/^\/vehicles\/[^/]+\/fuel-logs\/new$/, "fill-up"],
  [/^\/vehicles\/[^/]+\/odometer$/, "reading"],
  [/^\/vehicles\/[^/]+\/maintenance\/new$/, "service"],
  [/^\/maintenance\/[^/]+\/complete$/, "service"],
];

/**
 * The kind of the form that is sent to a path; null if such a form is not stored.
 * @param {string} path
 * @returns {Kind | null}
 */
export const kindOf = (path) => KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? null;

/**
 * The vehicle that a path belongs to.
 * @param {string} path
 * @returns {string | null}
 */
export const vehicleOf = (path) => /^\/vehicles\/([^/?]+)\//.exec(path)?.[1] ?? null;

/**
 * The key under which a page is stored for use without a connection: null if it is not. One form serves for all
 * types of service, and a fill-up's is the same with and without other vehicles to choose from.
 * @param {{ pathname: string, searchParams: { get(name: string): string | null } }} url
 * @returns {string | null}
 */
export const storedPage = ({ pathname, searchParams }) => {
  if (["/outbox", "/fuel-logs/new", "/maintenance/new"].includes(pathname)) return pathname;
  const kind = vehicleOf(pathname) === null ? null : kindOf(pathname);
  if (kind === "service") return searchParams.get("done") === "true" ? `${pathname}?done=true` : null;
  return kind === null ? null : pathname;
};

/**
 * The value of the first field with a name.
 * @param {[string, string][]} fields
 * @param {string} name
 * @returns {string | null}
 */
export const valueOf = (fields, name) => fields.find(([it]) => it === name)?.[1] ?? null;

/**
 * The fields with another value of {@link ONCE}.
 * @param {[string, string][]} fields
 * @param {string} once
 * @returns {[string, string][]}
 */
export const withOnce = (fields, once) => fields.map(([name, value]) => [name, name === ONCE ? once : value]);

/**
 * What to do after a response to an entry: it is saved, was rejected, or must be sent again later. Someone who is
 * signed out, or signed in as someone else (401, 403), can send it after signing in.
 * @param {number} status
 * @returns {"saved" | "refused" | "later"}
 */
export const outcome = (status) => {
  if (status >= 200 && status < 300) return "saved";
  const isTemporary = [401, 403, 408, 421, 425, 429].includes(status);
  return status >= 400 && status < 500 && !isTemporary ? "refused" : "later";
};

/**
 * The entry after the server has rejected it. It gets another {@link ONCE}: what was rejected is not stored, so the
 * corrected form is a new one, and it is recognized by it.
 * @param {Entry} entry
 * @param {string | null} reason
 * @returns {Entry}
 */
export const refuse = (entry, reason) => ({
  ...entry,
  fields: withOnce(entry.fields, entry.id),
  state: "refused",
  reason,
});

/**
 * Whether an entry was first sent so long ago that the server would not recognize it again.
 * @param {Entry} entry
 * @param {number} now
 */
export const isOld = (entry, now) => now - entry.attemptedAt > MAX_AGE;

/**
 * A stored page whose form has its own {@link ONCE}, so that two forms are two entries.
 * @param {string} html
 * @param {string} once
 */
export const withNewForm = (html, once) => html.replace(/(name="once" value=")[^"]*/, `$1${once}`);

/** The fields to show, each with the field of its unit. */
const SHOWN = [
  ["type"],
  ["date"],
  ["completedDate"],
  ["odometer", "odometerUnit"],
  ["completedOdometer", "completedOdometerUnit"],
  ["tripDistance", "tripDistanceUnit"],
  ["volume", "volumeUnit"],
  ["amount", "currency"],
];

/**
 * The values of an entry, as they were entered.
 * @param {Entry} entry
 * @param {Record<string, string>} units The symbols of units by code.
 * @param {(date: string) => string} formatDate
 * @returns {string[]}
 */
export const shownValues = ({ fields }, units, formatDate) =>
  SHOWN.flatMap(([name = "", unit = ""]) => {
    const value = valueOf(fields, name)?.trim();
    if (!value) return [];
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return [formatDate(value)];
    const code = valueOf(fields, unit) ?? "";
    return [`${value} ${units[code] ?? code}`.trim()];
  });
