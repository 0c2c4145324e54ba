/**
 * What a program asks of an agent in, undefined or what this agent has not, or has otherwise, out. A program carries codes
 * and columns, and was perhaps compiled for another fleet: names alone would let one action run as another, and a column be
 * read in another unit. Ranges of arguments are not asked here, because every single argument is checked when it is applied.
 */
import type { Manifest, ManifestAction, ManifestField } from '../bytecode/manifest.js';
import {
  type ActionCapability,
  actionByName,
  type Capabilities,
  type FieldUnit,
  fieldByName,
} from '../language/capabilities.js';
import { actionSetCodes, fitsActionSet } from '../nerve/messages/action-set.js';

export function offerProblem({ actions, fields }: Manifest, capabilities: Capabilities): string | undefined {
  for (const action of actions) {
    const problem = actionProblem(action, capabilities);
    if (problem !== undefined) return problem;
  }
  for (const field of fields) {
    const problem = fieldProblem(field, capabilities);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function actionProblem(wanted: ManifestAction, capabilities: Capabilities): string | undefined {
  const { name, code } = wanted;
  const own = actionByName(capabilities, name);
  if (own === undefined) return `this agent does not offer ${name}`;
  if (own.code !== code) return `${name} has the code ${own.code} here, and ${code} in the program`;
  if (!fitsActionSet(code)) {
    const { min, max } = actionSetCodes;
    return `${name} has the code ${code}, and this agent measures actions with the codes ${min} to ${max} only`;
  }
  const [here, there] = [argumentsOf(own), argumentsOf(wanted)];
  return here === there ? undefined : `${name} takes ${here} here, and ${there} in the program`;
}

function fieldProblem({ name, unit }: ManifestField, capabilities: Capabilities): string | undefined {
  const own = fieldByName(capabilities, name);
  if (own === undefined) return `the tasks of this agent have no field ${name}`;
  if (own.unit === unit) return undefined;
  return `the field ${name} is ${unitWords[own.unit]} here, and ${unitWords[unit]} in the program`;
}

/** Their number and units are what matters; they go by position, not by name. */
function argumentsOf(action: ActionCapability | ManifestAction): string {
  return action.arguments.map(({ unit }) => unitWords[unit]).join(', ') || 'no argument';
}

const unitWords: Readonly<Record<FieldUnit, string>> = {
  duration: 'a duration',
  bytes: 'a size in bytes',
  bitrate: 'a bit rate',
  money: 'an amount of money',
  ratio: 'a ratio',
  count: 'a count',
  name: 'a name',
};
