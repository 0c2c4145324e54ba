/** The refusal of a step that needs agents, when a selector matches none that is alive. */
import { DreamnetError } from '../errors.js';

export function noAgents(selector: string): DreamnetError {
  return new DreamnetError({
    code: 'DN504',
    kind: 'bad-input',
    message: selector === '' ? 'No agents are alive.' : `The selector "${selector}" matches no living agent.`,
    hint:
      selector === ''
        ? 'Start some with `dreamnet up`.'
        : 'See the labels with `dreamnet agents list`, then change --selector.',
  });
}
