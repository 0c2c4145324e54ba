/** Answers that nobody waits for in, one warning for each agent that should look suspicious to an operator out. */
import type { RolloutAgent } from '../../nerve/messages/rollout-record.js';
import type { StrayAcknowledgement } from './acknowledgements.js';

/** Who floods the stream with answers is told of this often; by then an operator knows. */
const warningsMax = 20;

/** A function that gives the warning, or undefined where there is nothing to warn of, or that agent was spoken of. */
export function createStrayJudge(
  agents: ReadonlyMap<string, RolloutAgent>,
): (stray: StrayAcknowledgement) => string | undefined {
  const told = new Set<string>();
  return (stray) => {
    const { agent } = stray.acknowledgement;
    if (told.has(agent) || told.size >= warningsMax) return undefined;
    const warning = warningOf(stray, agents.get(agent));
    if (warning !== undefined) told.add(agent);
    return warning;
  };
}

function warningOf(
  { acknowledgement, kind }: StrayAcknowledgement,
  known: RolloutAgent | undefined,
): string | undefined {
  const { agent, host, action, outcome } = acknowledgement;
  const answer = `DN561 ${host} answered "${action}: ${outcome}" for ${agent}`;
  if (kind === 'other-host') return `${answer}, which another host carries. It was ignored.`;
  if (kind === 'second')
    return `DN562 ${agent} answered "${action}" twice, and differently. Its first answer counts.`;
  if (known === undefined) return `${answer}, which is not in this rollout. It was ignored.`;
  // Undo is ordered without waiting where an order may be under way still.
  if (known.outcome === 'pending' && action !== 'undo')
    return `${answer}, which was not asked. It was ignored.`;
  // What failed for want of an answer has answered late; anything else that contradicts what is known is a second answer.
  const isContrary = known.outcome !== 'failed' && outcome !== 'done';
  return isContrary
    ? `DN562 ${agent} answered "${action}: ${outcome}" after it had answered otherwise. Its first answer counts.`
    : undefined;
}
