/** Agents that convert videos, as the tutorial of docs/capabilities.md has them: a workload of its own fields and actions. */
import { readFileSync } from 'node:fs';
import type { Workload } from '../../src/core/agent/workload.js';
import type { Capabilities } from '../../src/core/language/capabilities.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { tutorialFile } from './capability-page.js';

const page = readFileSync(new URL('../../docs/capabilities.md', import.meta.url), 'utf8');

export const videoFleet = tutorialFleet();

/** The program of the tutorial. */
export const videoProgram = /```\n(FUNC[\s\S]*?)```/.exec(page)?.[1] ?? '';

function tutorialFleet(): Capabilities {
  const read = readCapabilities(tutorialFile(page), { fileName: 'video.json' });
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join('\n'));
  return read.capabilities;
}

export interface VideoWorkload extends Workload {
  /** `PUT_OFF 1`, in turn: the action and the row. */
  readonly applied: string[];
}

/** Two tasks, of which the program of the tutorial puts the second off and lowers the bit rate of both. */
export function videoWorkload(capabilities = videoFleet, labels = { class: 'video' }): VideoWorkload {
  const applied: string[] = [];
  return {
    ...{ name: 'video', labels, capabilities, applied },
    advance: () => undefined,
    view: () => ({
      rows: 2,
      ids: ['a', 'b'],
      columns: {
        wait: Float64Array.of(3_600, 60),
        size: Float64Array.of(5e9, 6e9),
        format: Float64Array.of(0, 0),
        cost: Float64Array.of(3, 4),
      },
    }),
    apply({ action, row }) {
      applied.push(`${action} ${row}`);
      return { applied: true };
    },
    revert: () => undefined,
    counters: () => undefined,
  };
}
