/** The playbook that serves an objective and what agents offer in; what speaks against running it on them out. Pure. */
import { DreamnetError } from '../errors.js';
import type { FleetOffers } from '../offers/read-offers.js';
import { unfitAgents, unfitText } from '../offers/unfit-agents.js';
import type { Playbook } from './playbooks.js';

/** A warning when some of the agents would refuse it. Throws DN676 when all of them would: nothing can be predicted then. */
export function fitPlaybook(
  { name, program }: Playbook,
  found: FleetOffers,
  agents: number,
): string | undefined {
  const unfit = unfitAgents(program, found);
  const refusing = unfit.reduce((sum, group) => sum + group.agents.length, 0);
  if (refusing === 0) return undefined;
  const what = `${refusing} of ${agents} agents would refuse the playbook ${name}. ${unfitText(unfit)}.`;
  if (refusing < agents)
    return `${what} Leave them out with --selector here, or --exclude of \`dreamnet inject\`.`;
  throw new DreamnetError({
    code: 'DN676',
    kind: 'bad-input',
    message: what,
    hint: 'Write a program for what they offer: `dreamnet agents capabilities`, then `dreamnet inject FILE`.',
  });
}
