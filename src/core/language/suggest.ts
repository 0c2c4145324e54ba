/** A misspelt word and the words that exist in; the nearest one out, or none when nothing is near (did-you-mean). */

/** Of very many candidates only the last are looked at: they may all come from one hostile source. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates.slice(-candidatesMax)) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const candidatesMax = 600;

export interface NearName {
  readonly word: string;
  /** The same letters and digits, but for capitals and underscores: `cpuTime` and `cpu_time`. */
  readonly isSame: boolean;
}

/** As `nearestWord`, and also the only name that begins with the word, or shares one of its parts: `cpu`, `THROTTLE_CPU`. */
export function nearestName(name: string, candidates: readonly string[]): NearName | undefined {
  const same = candidates.filter((candidate) => lettersOf(candidate) === lettersOf(name));
  if (same.length === 1 && same[0] !== undefined) return { word: same[0], isSame: true };
  const word = nearestWord(name, candidates) ?? nearestByPart(name, candidates);
  return word === undefined ? undefined : { word, isSame: false };
}

function nearestByPart(name: string, candidates: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const beginning = lower.length < 3 ? [] : candidates.filter((one) => one.toLowerCase().startsWith(lower));
  if (beginning.length === 1) return beginning[0];
  const parts = new Set(partsOf(name));
  const shared = candidates.map((candidate) => partsOf(candidate).filter((part) => parts.has(part)).length);
  const most = Math.max(0, ...shared);
  const best = candidates.filter((_, index) => shared[index] === most);
  return most > 0 && best.length === 1 ? best[0] : undefined;
}

function lettersOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

/** `cpu_time` and `cpuTime`: cpu, time. */
function partsOf(name: string): string[] {
  return name
    .slice(0, 64)
    .split(/_|(?<=[a-z])(?=[A-Z])/)
    .map((part) => part.toLowerCase())
    .filter((part) => part.length > 2);
}

/** `one, two or three`, cut short after so many. */
export function wordList(words: readonly string[], most = 8): string {
  const shown = words.slice(0, most);
  if (words.length > shown.length) return `${shown.join(', ')}, …`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/**
 * Optimal string alignment: insertions, deletions, substitutions, and neighbours swapped count one each. Stops as soon as
 * the distance cannot be less than `enough`, and gives that.
 */
function editDistance(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  let leastOfPrevious = 0;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let cost = Math.min(
        at(current, column - 1) + 1,
        at(previous, column) + 1,
        at(previous, column - 1) + same,
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current.push(cost);
      least = Math.min(least, cost);
    }
    // Distances never shrink from row to row; a swap looks two rows back.
    if (least >= enough && leastOfPrevious >= enough) return enough;
    leastOfPrevious = least;
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
