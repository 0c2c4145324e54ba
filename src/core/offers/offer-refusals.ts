/** Why there is no one offer that a program could be written for. */
import { DreamnetError } from '../errors.js';

export function nothingPublished(agents: number): DreamnetError {
  return new DreamnetError({
    code: 'DN671',
    kind: 'failed',
    message: `None of the ${agents} agents publishes what it offers, so there is no capability file to write.`,
    hint: 'Write one by hand: docs/capabilities.md explains its keys.',
  });
}

export function nothingInCommon(offers: number, what: 'field' | 'action'): DreamnetError {
  return new DreamnetError({
    code: 'DN672',
    kind: 'bad-input',
    message: `The agents publish ${offers} different offers, and have no ${what} in common that a program could use.`,
    hint: 'Choose some with --selector; `dreamnet agents capabilities` shows who offers what.',
  });
}
