/**
 * The keys of a capability file, as one table. The reader checks files by it; the reference in docs/capabilities.md and
 * the JSON Schema for editors are made from it. What holds between keys is in `check-fields.ts` and `check-actions.ts`.
 */
import { languageLimits } from '../limits.js';

export type Shape =
  | { readonly type: 'text' }
  /** Version of the format. */
  | { readonly type: 'version' }
  /** A name that a program can write. */
  | { readonly type: 'name' }
  /** A name that is only shown. */
  | { readonly type: 'label' }
  /** What a program can write in quotes. */
  | { readonly type: 'quoted' }
  /** One of the task fields; `check-actions.ts` says which. */
  | { readonly type: 'metric' }
  | ChoiceShape
  | NumberShape
  /** A number in base units, or text with a unit. */
  | { readonly type: 'amount' }
  | ListShape
  | ObjectShape;

export interface ChoiceShape {
  readonly type: 'choice';
  readonly choices: readonly string[];
  /** What one of them is called in messages: `unit`. */
  readonly sort: string;
}

/** `min` and `max` are included, `above` is not. */
export interface NumberShape {
  readonly type: 'number';
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly whole?: boolean;
}

export interface ListShape {
  readonly type: 'list';
  readonly of: Shape;
  readonly least: number;
  readonly most: number;
  /** Why not less, or not more. */
  readonly because: string;
}

export interface ObjectShape {
  readonly type: 'object';
  /** `field`, `action`. */
  readonly sort: string;
  /** The key whose value tells one from the others in messages. */
  readonly identity: string;
  readonly keys: Readonly<Record<string, KeyShape>>;
}

export interface KeyShape {
  readonly required: boolean;
  readonly about: string;
  readonly shape: Shape;
}

/** Bumped when a file of the version before would mean something else. */
export const capabilityFileVersion = 1;

const quantities = ['duration', 'bytes', 'bitrate', 'money', 'ratio', 'count'] as const;

const fieldShape: ObjectShape = {
  type: 'object',
  sort: 'field',
  identity: 'name',
  keys: {
    name: required('What programs write behind the dot: `task.memory`.', { type: 'name' }),
    unit: required('What the field is measured in; `name` for a field that holds one of `names`.', {
      type: 'choice',
      sort: 'unit',
      choices: [...quantities, 'name'],
    }),
    about: optional('One line for people.', { type: 'text' }),
    names: optional(
      'Only, and always, for the unit `name`: the possible names. The first is number 0 for agents, the next 1, so new ones go to the end.',
      {
        type: 'list',
        of: { type: 'quoted' },
        least: 1,
        most: languageLimits.fieldNamesMax,
        because: 'a field that is a name has at least one',
      },
    ),
  },
};

const argumentShape: ObjectShape = {
  type: 'object',
  sort: 'argument',
  identity: 'name',
  keys: {
    name: required('Shown in messages.', { type: 'name' }),
    unit: required('What a program must give.', { type: 'choice', sort: 'unit', choices: quantities }),
    min: required('Least value that agents accept, itself included.', { type: 'amount' }),
    max: required('Greatest value that agents accept, itself included.', { type: 'amount' }),
    dose: optional(
      'How strongly a value acts. `reduction`: the value is a share that is taken away (ratio, 0 to below 1). `increase`: a share that is added (ratio, 0 or more). Left out: the value itself, in base units.',
      { type: 'choice', sort: 'dose', choices: ['reduction', 'increase'] },
    ),
  },
};

const effectShape: ObjectShape = {
  type: 'object',
  sort: 'effect',
  identity: 'metric',
  keys: {
    metric: required('The task field that changes.', { type: 'metric' }),
    perUnit: required('Expected change of its logarithm per unit of dose; below 0 it falls.', {
      type: 'number',
    }),
    uncertainty: required('Standard deviation of `perUnit`: how wrong it may be.', {
      type: 'number',
      above: 0,
    }),
  },
};

const actionShape: ObjectShape = {
  type: 'object',
  sort: 'action',
  identity: 'name',
  keys: {
    name: required('What programs write: `REDUCE_MEMORY_CACHE(task, 30%)`.', { type: 'name' }),
    code: required(
      'The number that agents see. Never give it to another action, even when this one is gone. Agents measure actions with codes 1 to 30 only, and refuse programs with others (DN603).',
      {
        type: 'number',
        whole: true,
        min: 0,
        max: 0x7fff_ffff,
      },
    ),
    about: optional('One line for people.', { type: 'text' }),
    arguments: optional('None or one, behind the task.', {
      type: 'list',
      of: argumentShape,
      least: 0,
      most: 1,
      because: 'an effect that reaches an agent has room for one number',
    }),
    risk: required('0 harmless to 1 dangerous.', { type: 'number', min: 0, max: 1 }),
    effects: optional('What the governor expects of it until it has measured it.', {
      type: 'list',
      of: effectShape,
      least: 0,
      most: languageLimits.fieldsMax,
      because: 'each is on another field',
    }),
  },
};

export const capabilityFileShape: ObjectShape = {
  type: 'object',
  sort: 'capability file',
  identity: 'name',
  keys: {
    version: required('Version of this format.', { type: 'version' }),
    name: required('What the fleet is called in output.', { type: 'label' }),
    fields: required('What a program can read of a task.', {
      type: 'list',
      of: fieldShape,
      least: 1,
      most: languageLimits.fieldsMax,
      because: 'a program decides by the fields of a task',
    }),
    actions: required('What a program can do with a task.', {
      type: 'list',
      of: actionShape,
      least: 1,
      most: languageLimits.actionsMax,
      because: 'a program without actions does nothing',
    }),
    $schema: optional('Where your editor finds the schema of this format; dreamnet does not read it.', {
      type: 'text',
    }),
  },
};

function required(about: string, shape: Shape): KeyShape {
  return { required: true, about, shape };
}

function optional(about: string, shape: Shape): KeyShape {
  return { required: false, about, shape };
}
