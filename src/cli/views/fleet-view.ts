/** The document of `status` or `up` in, a few aligned lines out. */
import { formatCount, formatDuration, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';
import type { FleetDocument } from './fleet-document.js';

type Row = readonly [name: string, value: string];

export function fleetText(document: FleetDocument, nowMs: number): string {
  const { redis, hosts, lastRollout, home, prefix, reason } = document;
  const rows: Row[] = [
    ['fleet', `${stateText(document, nowMs)}${reason === null ? '' : `: ${reason}`}`],
    ['home', home],
  ];
  if (prefix !== null) rows.push(['prefix', prefix]);
  if (redis !== null) {
    const kind = redis.private ? `private, pid ${redis.pid ?? '–'}${restartsText(redis.restarts)}` : 'given';
    rows.push(['redis', `${redis.address} (${kind})`]);
  }
  rows.push(['agents', agentsText(document)], ...healthRows(document));
  for (const [at, host] of hosts.entries()) {
    const state = host.ready ? '' : ', not ready';
    const place = `pid ${host.pid ?? '–'}, ${formatCount(host.agents, 'agent')} from ${host.firstAgent}`;
    rows.push([at === 0 ? 'hosts' : '', `${host.id}: ${place}${restartsText(host.restarts)}${state}`]);
  }
  if (lastRollout !== null) {
    const { id, type, goal, state, agents, plannedAt } = lastRollout;
    const ago = `${formatDuration(nowMs - plannedAt)} ago`;
    rows.push(
      [
        'last rollout',
        `${goal ?? type}: ${state.replaceAll('_', ' ')}, ${formatCount(agents, 'agent')}, ${ago}`,
      ],
      ['', id],
    );
    if (lastRollout.next !== null) rows.push(['', `go on with: ${lastRollout.next}`]);
  }
  return formatPairs([...rows, ...nextRows(document)]);
}

function stateText({ state, supervisor, prefix }: FleetDocument, nowMs: number): string {
  if (state === 'unmanaged')
    return prefix === null ? 'none of this home' : `none of this home with prefix ${prefix}`;
  if (supervisor === null) return state;
  const life =
    supervisor.lifetime === 'session'
      ? `ends with process ${supervisor.ownerPid}`
      : 'stays until `dreamnet down`';
  const up = state === 'degraded' ? `${state}, up` : state;
  return `${up} for ${formatDuration(nowMs - supervisor.startedAt)}, supervisor ${supervisor.pid}, ${life}`;
}

function agentsText({ agents: { started, alive, known } }: FleetDocument): string {
  if (alive === null) return started === 0 ? 'none' : `${formatNumber(started)} started`;
  return `${formatNumber(alive)} alive of ${formatNumber(known ?? 0)}`;
}

function healthRows({ health }: FleetDocument): Row[] {
  if (health === null) return [];
  const troubles = health.state === 'healthy' ? [] : [`${health.state}: ${health.reasons.join('; ')}`];
  return [...troubles, ...health.notes].map((text, at) => [at === 0 ? 'health' : '', text]);
}

function restartsText(restarts: number): string {
  return restarts === 0 ? '' : `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}`;
}

function nextRows({ state }: FleetDocument): Row[] {
  if (state === 'down') return [['next', 'dreamnet up, or dreamnet run "reduce costs 15%"']];
  if (state === 'stale') return [['next', 'dreamnet down cleans up, dreamnet up starts again']];
  return [];
}
