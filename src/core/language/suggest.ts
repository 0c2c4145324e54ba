/** A misspelt word and the words that exist in; the nearest one out, or none when nothing is near (did-you-mean). */

/** Of very many candidates only the last are looked at: they may all come from one hostile source. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = mistakesMax(word) + 1;
  for (const candidate of candidates.slice(-candidatesMax)) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const candidatesMax = 600;

/** A third of a short word. A long one with more mistakes than six is another word, and would take long to compare. */
function mistakesMax(word: string): number {
  return Math.min(6, Math.max(1, Math.floor(word.length / 3)));
}

export interface NearName {
  readonly word: string;
  /** The same letters and digits, but for capitals and underscores: `cpuTime` and `cpu_time`. */
  readonly isSame: boolean;
}

/** Names that exist, taken apart once, when the first misspelt one is looked up; each of those is looked up once. */
export class KnownNames {
  readonly #names: readonly string[];
  readonly #found = new Map<string, NearName | undefined>();
  #taken: readonly NameParts[] | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** As `nearestWord`, and also the only name that begins with the word, or shares one of its parts: `cpu`, `THROTTLE_CPU`. */
  nearest(name: string): NearName | undefined {
    if (!this.#found.has(name)) this.#found.set(name, this.#lookUp(name));
    return this.#found.get(name);
  }

  #lookUp(name: string): NearName | undefined {
    this.#taken ??= this.#names.map(takenApart);
    const letters = lettersOf(name);
    const same = this.#taken.filter((candidate) => candidate.letters === letters);
    if (same.length === 1 && same[0] !== undefined) return { word: same[0].name, isSame: true };
    const word = nearestWord(name, this.#names) ?? nearestByPart(name, this.#taken);
    return word === undefined ? undefined : { word, isSame: false };
  }
}

interface NameParts {
  readonly name: string;
  readonly lower: string;
  readonly letters: string;
  readonly parts: readonly string[];
}

function takenApart(name: string): NameParts {
  return { name, lower: name.toLowerCase(), letters: lettersOf(name), parts: partsOf(name) };
}

function nearestByPart(name: string, candidates: readonly NameParts[]): string | undefined {
  const lower = name.toLowerCase();
  const beginning = lower.length < 3 ? [] : candidates.filter((one) => one.lower.startsWith(lower));
  if (beginning.length === 1) return beginning[0]?.name;
  const parts = new Set(partsOf(name));
  const shared = candidates.map((candidate) => candidate.parts.filter((part) => parts.has(part)).length);
  const most = shared.reduce((one, other) => Math.max(one, other), 0);
  const best = candidates.filter((_, index) => shared[index] === most);
  return most > 0 && best.length === 1 ? best[0]?.name : undefined;
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
 * the distance cannot be less than `enough`, and gives that. Fills only columns so near the diagonal that they could
 * matter, at most twice `enough` in each row.
 */
function editDistance(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: Math.min(to.length + 1, enough) }, (_, column) => column);
  let leastOfPrevious = 0;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    let least = row;
    const last = Math.min(to.length, row + enough - 1);
    for (let column = Math.max(1, row - enough + 1); column <= last; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let cost = Math.min(
        at(current, column - 1) + 1,
        at(previous, column) + 1,
        at(previous, column - 1) + same,
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current[column] = cost;
      least = Math.min(least, cost);
    }
    // Distances never shrink from row to row; a swap looks two rows back.
    if (least >= enough && leastOfPrevious >= enough) return enough;
    leastOfPrevious = least;
    [beforePrevious, previous] = [previous, current];
  }
  return Math.min(at(previous, to.length), enough);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
