/** What a rollout would do in, the document of `--dry-run --json` out: every registered agent, and why it is in or out. */
import type { Preview } from '../../core/injector/plan/preview-rollout.js';
import type { AgentOutcome } from '../../core/nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../core/nerve/messages/rollout-settings.js';
import type { PlanNumbers } from '../../core/pipeline-events.js';

export type PlannedRole = 'canary' | 'treated' | 'held-out' | 'canary, held-out';

export interface PlanDocument {
  /** Nothing was sent, claimed or written. */
  readonly dryRun: true;
  readonly instruction: { readonly id: string; readonly type: string; readonly selector: string };
  readonly program: {
    readonly name: string;
    readonly digest: string;
    readonly bytes: number;
    readonly parameters: Readonly<Record<string, number>>;
  };
  readonly windowMs: number;
  readonly numbers: PlanNumbers;
  readonly settings: RolloutSettings;
  /** In the order in which they are asked; batches are counted from 1. */
  readonly agents: readonly {
    readonly id: string;
    readonly host: string;
    readonly batch: number;
    readonly role: PlannedRole;
    /** What became of it before, in a rollout that is resumed; null: it is asked. */
    readonly already: AgentOutcome | null;
  }[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  /** What was found where agents are looked for, a container for example, and cannot be used: a sentence each. */
  readonly unusable: readonly string[];
  readonly warnings: readonly string[];
  /** Where the plan was saved to. */
  readonly savedTo: string | null;
}

export function planDocument(
  { instruction, program, windowMs, draft }: Preview,
  { unusable, savedTo }: { readonly unusable: readonly string[]; readonly savedTo: string | undefined },
): PlanDocument {
  const { plan, numbers, settings, leftOut, warnings, already } = draft;
  const { name, digest, bytes, parameters } = program;
  return {
    dryRun: true,
    instruction: { id: instruction.id, type: instruction.type, selector: instruction.selector ?? '' },
    program: { name, digest, bytes: bytes.length, parameters },
    ...{ windowMs, numbers, settings },
    agents: plan.agents.map(({ id, host, batch, heldOut }) => ({
      ...{ id, host },
      batch: batch + 1,
      role: roleOf(batch === 0 && plan.canary > 0, heldOut),
      already: already.get(id) ?? null,
    })),
    ...{ leftOut, unusable, warnings },
    savedTo: savedTo ?? null,
  };
}

function roleOf(isCanary: boolean, heldOut: boolean): PlannedRole {
  if (isCanary) return heldOut ? 'canary, held-out' : 'canary';
  return heldOut ? 'held-out' : 'treated';
}
