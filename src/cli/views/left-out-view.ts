/** The document of a dry run in; why agents and containers stay out of it, those with the same reason together, out. */
import { formatCount, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';
import type { PlanDocument } from './plan-document.js';

/** `--json` has all. */
const reasonsShown = 20;
const namesShown = 5;

/** Nothing when nobody is left out. */
export function leftOutText({ leftOut, unusable }: Pick<PlanDocument, 'leftOut' | 'unusable'>): string[] {
  const groups = [...Map.groupBy(leftOut, ({ reason }) => sharedReason(reason)).entries()]
    .map(([reason, agents]) => ({ reason: agents.length === 1 ? (agents[0]?.reason ?? '') : reason, agents }))
    .sort((a, b) => b.agents.length - a.agents.length);
  const rows = [
    ...groups.slice(0, reasonsShown).map(({ reason, agents }) => {
      const ids = agents.map(({ id }) => id);
      return [formatCount(ids.length, 'agent'), `${reason}: ${namesText(ids)}`] as const;
    }),
    ...unusable.slice(0, reasonsShown).map((sentence) => ['not usable', sentence] as const),
  ];
  if (rows.length === 0) return [];
  return [`LEFT OUT\n${formatPairs(rows)}${moreText(groups.slice(reasonsShown), unusable.length)}`];
}

/** The time at which a silent agent was last heard of is its own. */
function sharedReason(reason: string): string {
  return reason.replace(/: last heard of at .*$/, '');
}

function namesText(ids: readonly string[]): string {
  const shown = ids.slice(0, namesShown).join(', ');
  return ids.length > namesShown ? `${shown} and ${formatNumber(ids.length - namesShown)} more` : shown;
}

function moreText(groups: readonly { readonly agents: readonly unknown[] }[], unusable: number): string {
  const agents = groups.reduce((sum, group) => sum + group.agents.length, 0);
  const parts = [
    ...(agents > 0 ? [formatCount(agents, 'more agent')] : []),
    ...(unusable > reasonsShown ? [`${formatNumber(unusable - reasonsShown)} more that cannot be used`] : []),
  ];
  return parts.length === 0 ? '' : `\n${parts.join(', ')}; --json shows all`;
}
