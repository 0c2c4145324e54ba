/** `--exclude` as typed in, the agents that it covers out: ids joined by commas, or a label selector such as `class=web`. */
import { DreamnetError } from '../../errors.js';
import { parseSelector, type Selector } from '../../fleet/selector.js';
import { identifierSchema } from '../../nerve/messages/identifiers.js';

export interface Exclusion {
  readonly covers: Selector;
  /** The agents that it names, when it names any. */
  readonly ids: readonly string[];
}

/** Throws DN310 for a bad selector, DN545 for what would exclude everybody or is no id. */
export function parseExclusion(text: string): Exclusion {
  // A bare word could be a label, too; who excludes an agent by its id must not fail to.
  if (/[=!()]/.test(text)) return { covers: parseSelector(text), ids: [] };
  const ids = text.split(',').map((part) => part.trim());
  const wrong = ids.find((id) => !identifierSchema.safeParse(id).success);
  if (wrong !== undefined) throw noExclusion(text, wrong);
  const covered = new Set(ids);
  return { covers: ({ id }) => covered.has(id), ids };
}

function noExclusion(text: string, wrong: string): DreamnetError {
  return new DreamnetError({
    code: 'DN545',
    kind: 'bad-input',
    message: `--exclude "${text.slice(0, 80)}" does not work: "${wrong.slice(0, 40)}" is no agent id.`,
    hint: 'Write --exclude agent-0001,agent-0002 or --exclude class=web; give it several times for several.',
  });
}
