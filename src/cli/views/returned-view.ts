/** What `rollout rollback --to` does or would do: its document, and the same in a few lines. */
import type { Returned, ReturnPlan } from '../../core/injector/control/return-to.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import { type SteeredDocument, steeredDocument } from '../../documents/steered-document.js';
import { formatCount } from '../format.js';
import { formatPairs, formatTable } from '../table.js';
import { nextRows } from './steered-view.js';

export interface ReturnedDocument {
  /** True: nothing was sent. */
  readonly dryRun: boolean;
  readonly to: Pick<RolloutRecord, 'id' | 'state'> & { readonly program: string; readonly digest: string };
  /** Agents that run the program of the earlier rollout, or can return to it. */
  readonly agents: number;
  /** Of these, the ones that run it now; null in a dry run. */
  readonly running: number | null;
  /** Agents on which it was live and that do not hold it any more. */
  readonly forgotten: readonly string[];
  /** Rollouts since then that have agents of it, newest first. */
  readonly since: readonly { readonly id: string; readonly type: string; readonly state: string }[];
  readonly takenBack: readonly SteeredDocument[];
}

export function returnedDocument(plan: ReturnPlan, returned: Returned | undefined): ReturnedDocument {
  const { target, agents, forgotten, since } = plan;
  const { id, state, program } = target;
  return {
    dryRun: returned === undefined,
    to: { id, state, program: program.name, digest: program.digest },
    agents: agents.length,
    running: returned?.running ?? null,
    forgotten,
    since: since.map((record) => ({
      id: record.id,
      type: record.instruction.type,
      state: record.state,
    })),
    takenBack: returned?.takenBack.map((steered) => steeredDocument('rollback', steered)) ?? [],
  };
}

export function returnedText(document: ReturnedDocument): string {
  const { to, forgotten, since } = document;
  const rows: (readonly [string, string])[] = [['program', `${to.program} of ${to.id}`]];
  if (forgotten.length > 0) {
    const names = forgotten.slice(0, namesShown).join(', ');
    const more = forgotten.length > namesShown ? ', …' : '';
    rows.push(['without', `${formatCount(forgotten.length, 'agent')} no longer hold it: ${names}${more}`]);
  }
  const table = formatTable(
    [{ header: 'TAKEN BACK' }, { header: 'TYPE', shrinkTo: 10 }, { header: 'WAS' }],
    since.map(({ id, type, state }) => [id, type, state.replaceAll('_', ' ')]),
  );
  return [
    heading(document),
    formatPairs([...rows, ...nextRows(next(document))]),
    ...(since.length === 0 ? [] : ['', table]),
  ].join('\n');
}

const namesShown = 5;

function heading({ dryRun, agents, running, since }: ReturnedDocument): string {
  const those = formatCount(agents, 'agent');
  if (since.length === 0) return `Nothing has come since on these ${those}; nothing was changed.`;
  const rollouts = formatCount(since.length, 'rollout');
  if (dryRun)
    return `DRY RUN: ${rollouts} would be taken back, so that ${those} run it again. Nothing was sent.`;
  if (running === agents) return `Returned: ${those} run it again, ${rollouts} taken back.`;
  return `Returned in part: ${running} of ${those} run it again, ${rollouts} taken back.`;
}

function next({ dryRun, to, since, agents, running }: ReturnedDocument): string[] {
  if (since.length === 0) return [`dreamnet rollout show ${to.id}`];
  if (dryRun || running !== agents) return [`dreamnet rollout rollback --to ${to.id}`];
  return [`dreamnet rollout show ${to.id}`];
}
