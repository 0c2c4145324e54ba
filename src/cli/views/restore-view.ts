/** What `agent restore` found and did: its document, and the same as a table. */

import type { Change } from '../../core/agent/workloads/docker/effects/former-values.js';
import type { PutBack } from '../../core/agent/workloads/docker/effects/put-back-words.js';
import { formatCount } from '../format.js';
import { formatTable } from '../table.js';

export interface RestoreDocument {
  readonly stateDir: string;
  /** How many are as they were; null when nothing was asked for but to look. */
  readonly putBack: number | null;
  readonly containers: readonly RestoredContainer[];
}

interface RestoredContainer {
  readonly id: string;
  readonly name: string;
  /** Such as `cpu`. */
  readonly what: string;
  readonly instructions: readonly string[];
  readonly set: Readonly<Record<string, unknown>>;
  readonly original: Readonly<Record<string, unknown>>;
  readonly outcome: PutBack['outcome'] | null;
  readonly reason: string | null;
}

export function restoreDocument({
  stateDir,
  changes,
  outcomes,
}: {
  readonly stateDir: string;
  readonly changes: readonly Change[];
  readonly outcomes: readonly PutBack[] | undefined;
}): RestoreDocument {
  const containers = changes.map(({ container, name, aspect, settings, set, original }) => {
    const done = outcomes?.find((one) => one.container === container && one.aspect === aspect);
    const isPlain = done === undefined || done.outcome === 'restored';
    return {
      ...{ id: container, name, what: aspect, set, original },
      instructions: settings.map(({ instruction }) => instruction),
      outcome: done?.outcome ?? null,
      reason: isPlain ? null : done.words,
    };
  });
  const restored = containers.filter(({ outcome }) => outcome === 'restored').length;
  return { stateDir, putBack: outcomes === undefined ? null : restored, containers };
}

export function restoreText(document: RestoreDocument): string {
  const { putBack, containers, stateDir } = document;
  if (containers.length === 0)
    return `Nothing is left to put back: ${stateDir} knows of no container that was changed.`;
  const table = formatTable(
    [
      { header: 'CONTAINER', shrinkTo: 12 },
      { header: 'WHAT' },
      { header: 'NOW', shrinkTo: 12 },
      { header: 'BEFORE', shrinkTo: 12 },
      { header: 'OUTCOME', shrinkTo: 12 },
    ],
    containers.map(({ name, what, set, original, outcome, reason }) => [
      name,
      what,
      changed(set, original),
      changed(original, set),
      reason ?? outcome ?? 'would be put back',
    ]),
  );
  const changes = formatCount(containers.length, 'change');
  const last =
    putBack === null
      ? `${changes} would be put back. Do it with: dreamnet agent restore --yes`
      : `${putBack} of ${changes} put back.`;
  return `${table}\n\n${last}`;
}

/** Those of the one that the other has otherwise. */
function changed(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): string {
  return Object.entries(one)
    .filter(([name, value]) => other[name] !== value)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
