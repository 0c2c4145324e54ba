/** What the commands of `keys` answer in, sheets and a table out. */
import type { ChosenKey, KeyEntry, KeyList, RevokedKey } from '../../core/fleet/key-store.js';
import { formatCount } from '../format.js';
import { formatPairs, formatTable, wrap } from '../table.js';
import { escapeControls, terminalWidth } from '../terminal-text.js';
import type { TrustDocument } from '../trust-key-file.js';

type Row = readonly [name: string, value: string];

export function keyListText({ directory, keys, damaged }: KeyList): string {
  const problems = damaged.map(({ path, problem }) => paragraph(`Problem: ${path}: ${problem}.`));
  if (keys.length === 0 && damaged.length === 0)
    return paragraph('This home has no keys yet. `dreamnet up` makes one, and so does: dreamnet keys create');
  const table = formatTable(
    [
      { header: 'NAME' },
      { header: 'ID' },
      { header: 'STATE' },
      { header: 'PRIVATE HALF' },
      { header: 'SINCE' },
    ],
    keys.map((key) => [
      key.name ?? '–',
      key.id,
      key.state,
      key.privateHalf ? 'here' : 'not here',
      dateText(key.revoked === null ? key.createdAt : key.revoked.at),
    ]),
  );
  const signs = keys.some(({ state }) => state === 'signs') ? [] : ['None of them signs.'];
  const reasons = keys.flatMap(({ id, name, revoked }) =>
    revoked?.reason == null ? [] : paragraph(`${name ?? id} was revoked: ${revoked.reason}`),
  );
  return [
    table,
    ...reasons,
    ...problems,
    ...signs,
    `${formatCount(keys.length, 'key')} in ${directory}`,
  ].join('\n');
}

/** Of `create` and of `use`. */
export function chosenText({ key, formerName }: ChosenKey): string {
  const later = `dreamnet keys revoke ${formerName}, when nothing is needed any more that it alone has signed`;
  const former: Row[] =
    formerName === null
      ? []
      : [
          ['before', formerName],
          ['later', later],
        ];
  const next: Row[] = key.state === 'trusted' ? [['next', `dreamnet keys use ${key.name}`]] : [];
  return formatPairs([...sheet(key), ...former, ...next]);
}

export function trustedText({ key, added, wasPrivate }: TrustDocument): string {
  const note = wasPrivate
    ? [['note', 'the file is a private key; only its public half was taken'] as const]
    : [];
  const known = added ? [] : [['note', 'it was trusted before; nothing was changed'] as const];
  return formatPairs([...sheet(key), ...note, ...known]);
}

export function revokedText({ key, added }: RevokedKey): string {
  const what = added
    ? 'agents refuse what it signs from now on; programs that run go on until they are replaced'
    : 'it was revoked before; nothing was changed';
  return formatPairs([...sheet(key), ['note', what]]);
}

function sheet(key: KeyEntry): Row[] {
  return [
    ['key', key.name === null ? key.id : `${key.name}, ${key.id}`],
    ['state', stateText(key)],
    ['file', key.path],
  ];
}

function stateText({ state, revoked }: KeyEntry): string {
  switch (state) {
    case 'signs':
      return 'signs, and is trusted';
    case 'trusted':
      return 'trusted';
    case 'revoked': {
      const why = revoked?.reason == null ? '' : `: ${revoked.reason}`;
      return `revoked on ${dateText(revoked?.at ?? null)}${why}`;
    }
    default:
      return state satisfies never;
  }
}

/** Days are what keys are counted in; the JSON documents have milliseconds. */
function dateText(atMs: number | null): string {
  return atMs === null ? '–' : new Date(atMs).toISOString().slice(0, 10);
}

function paragraph(text: string): string {
  return wrap(escapeControls(text), terminalWidth()).join('\n');
}
