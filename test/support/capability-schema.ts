/** The table of keys of capability files in, a JSON Schema (draft 7) for editors out. */
import {
  capabilityFileShape,
  type KeyShape,
  type Shape,
} from '../../src/core/language/capability-file/shape.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { unitNames } from '../../src/core/language/units/units.js';

type Schema = Readonly<Record<string, unknown>>;

export function capabilitySchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Capability file of dreamnet',
    description: 'What the agents of a fleet offer to programs. See docs/capabilities.md.',
    ...schemaOf(capabilityFileShape),
  };
}

const name = { type: 'string', minLength: 1, maxLength: languageLimits.nameLengthMax };

function schemaOf(shape: Shape): Schema {
  switch (shape.type) {
    case 'object':
      return {
        type: 'object',
        additionalProperties: false,
        required: Object.keys(shape.keys).filter((key) => shape.keys[key]?.required),
        properties: Object.fromEntries(
          Object.entries(shape.keys).map(([key, value]) => [key, keySchema(value)]),
        ),
      };
    case 'list':
      return { type: 'array', items: schemaOf(shape.of), minItems: shape.least, maxItems: shape.most };
    case 'number':
      return {
        type: shape.whole ? 'integer' : 'number',
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
        ...(shape.max === undefined ? {} : { maximum: shape.max }),
        ...(shape.above === undefined ? {} : { exclusiveMinimum: shape.above }),
      };
    case 'amount':
      return { anyOf: [{ type: 'number' }, { type: 'string', pattern: amountPattern() }] };
    case 'version':
      return { const: 1 };
    case 'choice':
      return { enum: shape.choices };
    case 'name':
      return { ...name, pattern: '^(?!__)[A-Za-z_][A-Za-z0-9_]*$' };
    case 'label':
      return { ...name, pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' };
    case 'quoted':
      return { ...name, pattern: '^[^"\\s]([^"]*[^"\\s])?$' };
    case 'text':
    case 'metric':
      return { type: 'string' };
    default:
      return shape satisfies never;
  }
}

function keySchema({ about, shape }: KeyShape): Schema {
  return { description: about.replaceAll('`', ''), ...schemaOf(shape) };
}

function amountPattern(): string {
  const units = unitNames.filter((unit) => unit !== '$').join('|');
  return `^-?(\\$\\d[\\d_.]*|\\d[\\d_.]*([eE][+-]?\\d+)?(${units})?)$`;
}
