/** What a fleet's agents offer to programs: task fields with units, and actions with codes, arguments and effects. */
import host from './docker-host.json' with { type: 'json' };
import fleet from './reference-fleet.json' with { type: 'json' };
import type { QuantityName } from './units/units.js';

/** A field's unit; `name` fields hold the number of one of `names` and are compared for equality only. */
export type FieldUnit = QuantityName | 'name';

export interface FieldCapability {
  readonly name: string;
  readonly unit: FieldUnit;
  readonly about: string;
  /** Only for `name` fields: the names, in the order of their numbers. */
  readonly names?: readonly string[];
}

/** `min` and `max` are in base units, both included. */
export interface ArgumentCapability {
  readonly name: string;
  readonly unit: QuantityName;
  readonly min: number;
  readonly max: number;
  /** How strongly a value acts: `reduction` takes a share away, `increase` adds one; left out, the value itself. */
  readonly dose?: 'reduction' | 'increase';
}

/**
 * Expected change of the logarithm of a metric per unit of dose (`doseOf`): an action that takes a share away and works
 * exactly as asked has -1. `uncertainty` is the prior standard deviation of `perUnit`.
 */
export interface ExpectedEffect {
  readonly metric: string;
  readonly perUnit: number;
  readonly uncertainty: number;
}

export interface ActionCapability {
  readonly name: string;
  /** The number in an effect record; a code is never given to another action. */
  readonly code: number;
  readonly about: string;
  /** None or one: an effect record has room for one number. */
  readonly arguments: readonly ArgumentCapability[];
  /** 0 harmless to 1 dangerous. */
  readonly risk: number;
  readonly effects: readonly ExpectedEffect[];
}

export interface Capabilities {
  readonly version: number;
  readonly name: string;
  readonly fields: readonly FieldCapability[];
  readonly actions: readonly ActionCapability[];
}

/** The capabilities of the fleet that dreamnet brings along. */
export const referenceFleet: Capabilities = fleet as Capabilities;

/** Those of agents whose tasks are the containers of a host. */
export const dockerHost: Capabilities = host as Capabilities;

export function fieldByName(capabilities: Capabilities, name: string): FieldCapability | undefined {
  return capabilities.fields.find((field) => field.name === name);
}

export function actionByName(capabilities: Capabilities, name: string): ActionCapability | undefined {
  return capabilities.actions.find((action) => action.name === name);
}

export function actionByCode(capabilities: Capabilities, code: number): ActionCapability | undefined {
  return capabilities.actions.find((action) => action.code === code);
}

/**
 * The dose of an action with this argument, on the scale of logarithms: -ln(1 - a) for a share taken away, ln(1 + a) for
 * one added, so that doses of actions one after the other add up; 1 for an action without argument.
 */
export function doseOf(action: ActionCapability, argument: number): number {
  const declared = action.arguments[0];
  if (declared === undefined) return 1;
  switch (declared.dose) {
    case 'reduction':
      return -Math.log1p(-Math.min(argument, 0.999));
    case 'increase':
      return Math.log1p(argument);
    case undefined:
      return argument;
    default:
      return declared.dose satisfies never;
  }
}
