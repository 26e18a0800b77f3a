// Compares the distances of places.

/**
 * A point on Earth, in degrees.
 * @typedef {{ latitude: number, longitude: number }} Point
 */

/**
 * The distance of a place from a point in degrees of latitude. It is accurate enough to compare places nearby.
 * @param {Point} place
 * @param {Point} from
 */
export const distance = (place, from) => {
  const scale = Math.cos((from.latitude * Math.PI) / 180);
  // The shorter way around, also across the antimeridian.
  const longitude = ((place.longitude - from.longitude + 540) % 360) - 180;
  return Math.hypot(place.latitude - from.latitude, longitude * scale);
};

/**
 * Returns the place nearest to a point, and the first of several at the same distance; undefined if there are none.
 * @template {Point} T
 * @param {T[]} places
 * @param {Point} from
 * @returns {T | undefined}
 */
export const nearest = (places, from) =>
  [...places].sort((one, other) => distance(one, from) - distance(other, from))[0];
