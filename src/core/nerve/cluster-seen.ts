/** A connection to one server in, whether it is part of a cluster, and of one that can be worked with, out. */
import type { Redis as Standalone } from 'ioredis';
import { DreamnetError } from '../errors.js';
import { describeTarget, type RedisTarget } from './address.js';
import { slotsTotal } from './slot.js';

export interface ClusterSeen {
  /** True where every slot is served. */
  readonly isWhole: boolean;
  readonly slotsAssigned: number;
  readonly slotsFailed: number;
  readonly masters: number;
  /** `ok` or `fail`, as the server says. */
  readonly state: string;
}

/** Undefined for a server of its own. */
export async function clusterSeenBy(server: Standalone): Promise<ClusterSeen | undefined> {
  // Every user may ask this; INFO may be forbidden.
  const hello = (await server.call('HELLO')) as unknown[];
  if (hello[hello.indexOf('mode') + 1] !== 'cluster') return undefined;
  const text = String(await server.cluster('INFO'));
  const number = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const state = /^cluster_state:(\w+)/m.exec(text)?.[1] ?? 'fail';
  const [slotsAssigned, slotsFailed] = [number('cluster_slots_assigned'), number('cluster_slots_fail')];
  return {
    isWhole: state === 'ok' && slotsAssigned === slotsTotal && slotsFailed === 0,
    ...{ slotsAssigned, slotsFailed, state, masters: number('cluster_size') },
  };
}

/** Such as `a cluster of 3 masters, ok`. */
export function describeCluster({ masters, isWhole, slotsAssigned, slotsFailed }: ClusterSeen): string {
  const served = slotsAssigned - slotsFailed;
  const slots = isWhole ? 'all slots served' : `${served} of ${slotsTotal} slots served`;
  return `a cluster of ${masters} ${masters === 1 ? 'master' : 'masters'}, ${slots}`;
}

export function noCluster(target: RedisTarget): DreamnetError {
  return new DreamnetError({
    code: 'DN203',
    kind: 'bad-input',
    message: `${describeTarget(target)} names several servers, and the one that answers belongs to no cluster.`,
    hint: 'Name one server, or servers of one Redis Cluster.',
  });
}

/** Slots that no master has been given come by nobody's waiting. */
export function slotsMissing(target: RedisTarget, { slotsAssigned }: ClusterSeen): DreamnetError {
  return new DreamnetError({
    code: 'DN204',
    kind: 'unreachable',
    message: `The cluster at ${describeTarget(target)} has masters for ${slotsAssigned} of ${slotsTotal} slots only, so some keys could be written nowhere.`,
    hint: 'Look with `redis-cli --cluster check HOST:PORT`; `redis-cli --cluster fix HOST:PORT` hands the others out.',
  });
}

export function noDatabases(target: RedisTarget, database: number): DreamnetError {
  return new DreamnetError({
    code: 'DN205',
    kind: 'bad-input',
    message: `${describeTarget(target)} is a cluster, which has no database ${database}.`,
    hint: 'Leave the number out of the address; --prefix gives a fleet names of its own.',
  });
}
