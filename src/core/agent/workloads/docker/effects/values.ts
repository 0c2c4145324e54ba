/** A container in, the settings of it that effects change out, as `docker inspect` shows them; and back in by `docker update`. */
import { answeredWithin, LateAnswer } from '../../../../answered-within.js';
import type { Engine } from '../../../../docker/engine.js';
import { statusOf } from '../../../../docker/engine-errors.js';

/** What can be changed of a container, and put back, apart from the rest. */
export const aspects = ['cpu', 'memory', 'pause', 'region'] as const;
export type Aspect = (typeof aspects)[number];

/** By the names of `docker inspect`. */
export type Values = Readonly<Record<string, number | string | boolean>>;

export interface ContainerNow {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
  readonly cpu: Values;
  readonly memory: Values;
  readonly pause: Values;
}

/** Nothing that waits for its turn may wait for ever for an engine that has taken a question and says nothing. */
export const answerMsMax = 10_000;

/** Undefined for a container that is gone. */
export async function lookAt(
  { docker, explain }: Engine,
  id: string,
  answerMs = answerMsMax,
): Promise<ContainerNow | undefined> {
  try {
    const info = await answeredWithin(answerMs, docker.getContainer(id).inspect());
    const { HostConfig: host, State: state, Config: config } = info;
    return {
      id: info.Id,
      name: info.Name.replace(/^\//, ''),
      labels: config.Labels ?? {},
      running: state.Running,
      cpu: {
        NanoCpus: host.NanoCpus ?? 0,
        CpuPeriod: host.CpuPeriod ?? 0,
        CpuQuota: host.CpuQuota ?? 0,
      },
      memory: { Memory: host.Memory ?? 0, MemorySwap: host.MemorySwap ?? 0 },
      pause: { Paused: state.Paused },
    };
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw explain(thrown);
  }
}

/** Changes what differs; throws what the engine says. `region` is no setting of the engine. */
export async function change(
  { docker, explain }: Engine,
  id: string,
  { aspect, from, to }: { readonly aspect: Aspect; readonly from: Values; readonly to: Values },
  answerMs = answerMsMax,
): Promise<void> {
  const container = docker.getContainer(id);
  const changed = Object.entries(to).filter(([name, value]) => from[name] !== value);
  if (changed.length === 0) return;
  try {
    if (aspect === 'pause')
      await answeredWithin(answerMs, to.Paused === true ? container.pause() : container.unpause());
    if (aspect === 'cpu' || aspect === 'memory')
      await answeredWithin(answerMs, container.update(updateOf(aspect, changed, to)));
  } catch (thrown) {
    throw explain(thrown);
  }
}

/** The engine may yet do what it was asked. */
export function isUndecided(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.cause instanceof LateAnswer;
}

/** Docker takes a 0 for "leave as it is": no limit is said in its other words. */
function updateOf(
  aspect: 'cpu' | 'memory',
  changed: readonly (readonly [string, Values[string]])[],
  to: Values,
): Record<string, Values[string]> {
  // Docker refuses one without the other where it would be left below it.
  const wanted = aspect === 'memory' ? Object.entries(to) : changed;
  return Object.fromEntries(
    wanted.map(([name, value]) => [name, value === 0 ? (unlimited[name] ?? 0) : value]),
  );
}

const unlimited: Readonly<Record<string, number>> = {
  CpuQuota: -1,
  Memory: Number.MAX_SAFE_INTEGER,
  MemorySwap: -1,
};

/** Equal in meaning: where there was no quota, Docker shows -1 when one has been taken away, and 0 before. */
export function isSame(one: Values, other: Values): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => meaning(name, one[name]) === meaning(name, other[name]));
}

function meaning(name: string, value: Values[string] | undefined): Values[string] | undefined {
  return name === 'CpuQuota' && typeof value === 'number' && value < 0 ? 0 : value;
}
