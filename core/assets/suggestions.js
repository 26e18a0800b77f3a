// The API's paths for suggestions of years, makes and models.

/**
 * Adds the year as a query parameter, if it is complete.
 * @param {string} year
 */
const yearQuery = (year) => (/^\d{4}$/.test(year) ? `year=${year}&` : "");

/** The path of all years. */
export const YEARS = "/api/platform/years";

/**
 * The path of the makes of a year, or of all makes.
 * @param {string} year
 */
export const makes = (year) => `/api/platform/makes?${yearQuery(year)}`;

/**
 * The path of the models of a make; null without a make.
 * @param {string} year
 * @param {string} make
 */
export const models = (year, make) =>
  make.trim() === "" ? null : `/api/platform/models?${yearQuery(year)}make=${encodeURIComponent(make.trim())}`;
