// How many rows of a list would come, or stand elsewhere, if it were read again.  Pure.

/** Length of the longest increasing subsequence: how many rows may stay where they are. */
function staying(places: readonly number[]): number {
  const tails: number[] = [];
  for (const place of places) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    tails[low] = place;
  }
  return tails.length;
}

/** A row that only made way for another has not moved. */
export function movesBetween(shown: readonly string[], now: readonly string[]): number {
  const places = new Map(shown.map((id, place) => [id, place]));
  const known = now.map(id => places.get(id)).filter(place => place !== undefined);
  const come = now.length - known.length;
  const gone = shown.length - known.length;
  return Math.max(come, gone) + known.length - staying(known);
}
