/** A JSON text in, one that differs in one or two places out: values of another type, keys more or fewer, odd numbers. */
import type { SeededRandom } from './seeded-random.js';

export function changedJson(text: string, random: SeededRandom): string {
  if (random.chance(0.1)) return changedText(text, random);
  const root = { value: JSON.parse(text) as unknown };
  for (let left = random.below(2); left >= 0; left -= 1) changeSomewhere(root, random);
  // Numbers that JSON.stringify never writes.
  return JSON.stringify(root.value ?? null).replace('"<number>"', () => random.pick(oddNumbers));
}

const oddNumbers = ['1e400', '-0', '1e-400', '0.1e1', '9007199254740993', '-1e308', '1e308'];

/** The text itself spoilt: cut off, doubled, or with characters that do not belong there. */
export function changedText(text: string, random: SeededRandom): string {
  const at = random.below(text.length + 1);
  return random.pick([
    () => text.slice(0, at),
    () => text.slice(0, at) + text,
    () =>
      text.slice(0, at) + random.pick(['\0', '\uFEFF', '"', '{', '[', '\\', '\u202e', '😀']) + text.slice(at),
    () => '['.repeat(random.below(5_000)) + text,
    () => '',
  ])();
}

type Container = Record<string, unknown>;

function changeSomewhere(root: Container, random: SeededRandom): void {
  let container = root;
  let key = 'value';
  for (;;) {
    const inside = container[key];
    if (typeof inside !== 'object' || inside === null || Object.keys(inside).length === 0) break;
    if (container !== root && random.chance(0.25)) break;
    container = inside as Container;
    key = random.pick(Object.keys(container));
  }
  change(container, key, random);
}

function change(container: Container, key: string, random: SeededRandom): void {
  const value = container[key];
  const isList = Array.isArray(container);
  switch (random.below(5)) {
    case 0:
      if (isList) container.splice(Number(key), 1);
      else delete container[key];
      return;
    case 1:
      if (isList) container.push(structuredClone(value));
      else Object.defineProperty(container, random.pick(oddKeys), { value, ...plain });
      return;
    case 2:
      container[key] = typeof value === 'number' ? value + random.pick([-1, 1, 0.5]) : random.pick(oddValues);
      return;
    case 3:
      container[key] = '<number>';
      return;
    default:
      container[key] = random.pick(oddValues);
  }
}

const plain = { enumerable: true, configurable: true, writable: true };

const oddKeys = ['more', '__proto__', 'constructor', '', '0'];

const oddValues: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e308, 2 ** 53, '', 'name', 'x', '__proto__', 'toString', 'a'.repeat(100)],
  ...[[], {}, [[]], { name: 'x' }, [null], 'sha256:'.padEnd(71, '0'), 'duration', 'bytes', '😀'],
];
