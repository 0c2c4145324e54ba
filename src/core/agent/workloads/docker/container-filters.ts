/** Filters as the docker command takes them (`--filter label=tier=web`) in, what the engine is asked for out. */
import { DreamnetError } from '../../../errors.js';

/** Labels must all match; of several names, and of several ids, one must. */
export interface ContainerFilters {
  /** `KEY` or `KEY=VALUE`. */
  readonly label?: readonly string[];
  /** Part of the name, or a regular expression. */
  readonly name?: readonly string[];
  /** The beginning of the id. */
  readonly id?: readonly string[];
}

const kinds = ['label', 'name', 'id'] as const;
const charactersMax = 500;

/** Throws DN650 for a text that is no filter. */
export function readFilters(texts: readonly string[]): ContainerFilters {
  const filters: Partial<Record<(typeof kinds)[number], string[]>> = {};
  for (const text of texts) {
    const [, word = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const kind = kinds.find((one) => one === word.trim());
    if (kind === undefined || !isValue(kind, value) || text.length > charactersMax) throw noFilter(text);
    filters[kind] ??= [];
    filters[kind].push(value);
  }
  return filters;
}

function isValue(kind: (typeof kinds)[number], value: string): boolean {
  if (kind === 'id') return /^[0-9a-f]{1,64}$/.test(value);
  return value.trim() !== '' && !value.startsWith('=') && !/\p{Cc}/u.test(value);
}

function noFilter(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN650',
    kind: 'bad-input',
    message: `"${text.slice(0, 100)}" is no filter for containers.`,
    hint: 'Write label=KEY, label=KEY=VALUE, name=NAME or id=ID, as `docker ps --filter` takes them.',
  });
}
