/** The flags of `agent` in, what they mean out; all that can be wrong of what was typed is told before anything is started. */
import { hostname } from 'node:os';
import { readFilters } from '../core/agent/workloads/docker/container-filters.js';
import { type Prices, readPrices } from '../core/agent/workloads/docker/prices.js';
import { DreamnetError } from '../core/errors.js';
import { identifierSchema } from '../core/nerve/messages/identifiers.js';
import type { AgentPlaceFlagValues } from './agent-flags.js';
import { readInput } from './input-file.js';

export interface HostAgentsFlags extends AgentPlaceFlagValues {
  readonly workload: 'docker' | 'simulated';
  readonly filter?: readonly string[] | undefined;
  readonly id?: string | undefined;
  readonly agents?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly prices?: string | undefined;
  readonly keys?: string | undefined;
  readonly redis?: string | undefined;
  readonly prefix?: string | undefined;
  readonly seed: string;
}

export interface AgentWish {
  readonly flags: HostAgentsFlags;
  readonly filters: ReturnType<typeof readFilters>;
  readonly prices: Prices | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
}

export function readAgentWish(flags: HostAgentsFlags): AgentWish {
  const filters = readFilters(flags.filter ?? []);
  if (flags.workload === 'docker' && (flags.filter ?? []).length === 0) throw noFilter();
  const prices = flags.prices === undefined ? undefined : pricesFrom(flags.prices);
  return { flags, filters, prices, labels: labelsFrom(flags.label ?? []), ids: idsFrom(flags.id) };
}

function pricesFrom(path: string): Prices {
  const { name, bytes } = readInput(path, { what: 'a table of prices', bytesMax: 1_048_576 });
  return readPrices(Buffer.from(bytes).toString('utf8'), name);
}

/** The same rules as those of an agent container's DREAMNET_LABELS. */
function labelsFrom(texts: readonly string[]): Record<string, string> {
  const pairs = texts.flatMap((text) => text.split(',')).map((text) => text.trim());
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=([^=]+)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw noLabel(pair);
      return [name, value];
    }),
  );
}

function idsFrom(text: string | undefined): string[] {
  const ids = (text ?? hostIdentifier()).split(',').map((id) => id.trim());
  const wrong = ids.find((id, at) => !identifierSchema.safeParse(id).success || ids.indexOf(id) !== at);
  if (wrong !== undefined) throw noId(wrong);
  return ids;
}

function hostIdentifier(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '') || 'host'
  );
}

function noFilter(): DreamnetError {
  return new DreamnetError({
    code: 'DN657',
    kind: 'bad-input',
    message: 'Nothing says which containers may be changed.',
    hint: 'Name them: `dreamnet agent --filter label=KEY=VALUE`, or name=NAME, or id=ID; all of them: --filter name=.',
  });
}

function noLabel(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN657',
    kind: 'bad-input',
    message: `--label "${text.slice(0, 100)}" is no label.`,
    hint: 'Write NAME=VALUE, such as --label zone=east.',
  });
}

function noId(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN657',
    kind: 'bad-input',
    message: `--id "${text.slice(0, 100)}" is no id of an agent, or stands there twice.`,
    hint: 'Use 1 to 128 letters, digits or . _ : @ -; several with commas.',
  });
}
