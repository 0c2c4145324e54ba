/** Ways to spoil program files: valid files and random numbers in, bytes that may be anything out. */
import { ByteWriter } from '../../src/core/bytecode/byte-writer.js';
import type { Instruction } from '../../src/core/bytecode/opcodes.js';
import { changedJson, changedText } from './changed-json.js';
import {
  fileOf,
  reencoded,
  type SectionBytes,
  sectionBytes,
  withBody,
  withCustomContent,
} from './program-bytes.js';
import type { SeededRandom } from './seeded-random.js';

export interface MutationInput {
  readonly file: Uint8Array;
  /** Another valid file. */
  readonly other: Uint8Array;
  readonly random: SeededRandom;
}

export type Mutation = (input: MutationInput) => Uint8Array;

export const mutations: Readonly<Record<string, Mutation>> = {
  'bits flipped': ({ file, random }) => {
    const copy = Uint8Array.from(file);
    for (let left = random.below(3); left >= 0; left -= 1) {
      const at = placeIn(file, random);
      copy[at] = (copy[at] as number) ^ (1 << random.below(8));
    }
    return copy;
  },
  'bytes changed': ({ file, random }) => {
    const copy = Uint8Array.from(file);
    for (let left = random.below(4); left >= 0; left -= 1) copy[placeIn(file, random)] = oddByte(random);
    return copy;
  },
  'pieces copied within a file': ({ file, random }) => {
    const copy = Uint8Array.from(file);
    const from = placeIn(file, random);
    copy.copyWithin(placeIn(file, random), from, from + 1 + random.below(32));
    return copy;
  },
  'pieces of another file': ({ file, other, random }) => {
    if (random.chance(0.5)) return joined(beginning(file, random), ending(other, random));
    const at = random.below(Math.min(file.length, other.length));
    return joined(file.subarray(0, at), other.subarray(at));
  },
  'files cut off': ({ file, random }) => {
    if (random.chance(0.8)) return file.subarray(0, random.below(file.length));
    return beginning(file, random);
  },
  'bytes inserted': ({ file, random }) => {
    const inserted = Uint8Array.from({ length: 1 + random.below(8) }, () => oddByte(random));
    const within = (bytes: Uint8Array): Uint8Array => {
      const at = random.below(bytes.length + 1);
      return joined(bytes.subarray(0, at), inserted, bytes.subarray(at));
    };
    return random.chance(0.3) ? within(file) : inSection(file, random, within);
  },
  'bytes removed': ({ file, random }) => {
    const without = (bytes: Uint8Array): Uint8Array => {
      const at = random.below(bytes.length);
      return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8)));
    };
    return random.chance(0.3) ? without(file) : inSection(file, random, without);
  },
  'sections moved, dropped, doubled or exchanged': ({ file, other, random }) => {
    const sections = sectionBytes(file);
    const theirs = sectionBytes(other);
    for (let left = random.below(2); left >= 0; left -= 1) changeSections(sections, theirs, random);
    return fileOf(sections);
  },
  'instructions rearranged': ({ file, random }) =>
    reencoded(file, { instructions: (code) => rearrange(code, random) }),
  'memory and locals of other sizes': ({ file, random }) => {
    const count = (): number => random.pick([0, 1, 2, 3, 4, 7, 100, 2_049]);
    return reencoded(file, {
      ...(random.chance(0.4) ? { pages: count() } : {}),
      ...(random.chance(0.5) ? { i32Locals: count() } : {}),
      ...(random.chance(0.5) ? { f64Locals: count() } : {}),
    });
  },
  'manifests changed': ({ file, random }) => {
    const manifest = contentOf(file, 'manifest');
    return withCustomContent(file, 'manifest', Buffer.from(changedJson(manifest, random), 'utf8'));
  },
  'source maps changed': ({ file, random }) => {
    const url = contentOf(file, 'sourceMappingURL').slice(2);
    const map = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8');
    const changed = random.pick([changedJson, changedMappings, changedText])(map, random);
    const again = `data:application/json;base64,${Buffer.from(changed, 'utf8').toString('base64')}`;
    const text = random.chance(0.1) ? changedText(url, random) : again;
    return withCustomContent(file, 'sourceMappingURL', new ByteWriter().text(text).finish());
  },
};

/** Every other one in the code, where most can go wrong. */
function placeIn(file: Uint8Array, random: SeededRandom): number {
  const code = random.chance(0.5) ? sectionBytes(file).find(({ name }) => name === 'code') : undefined;
  return code === undefined
    ? random.below(file.length)
    : code.whole.byteOffset - file.byteOffset + random.below(code.whole.length);
}

/** Those that LEB128, UTF-8 and the sections care about more often than others. */
function oddByte(random: SeededRandom): number {
  return random.chance(0.5) ? random.pick([0, 1, 2, 0x0b, 0x40, 0x7f, 0x80, 0xc0, 0xff]) : random.below(256);
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}

/** Whole sections from the start, and at least one. */
function beginning(file: Uint8Array, random: SeededRandom): Uint8Array {
  const sections = sectionBytes(file);
  return fileOf(sections.slice(0, 1 + random.below(sections.length)));
}

/** Whole sections up to the end, without the header. */
function ending(file: Uint8Array, random: SeededRandom): Uint8Array {
  const sections = sectionBytes(file);
  return joined(...sections.slice(random.below(sections.length)).map(({ whole }) => whole));
}

function inSection(
  file: Uint8Array,
  random: SeededRandom,
  change: (body: Uint8Array) => Uint8Array,
): Uint8Array {
  const sections = sectionBytes(file);
  const at = random.below(sections.length);
  const section = sections[at] as SectionBytes;
  sections[at] = withBody(section, change(section.body));
  return fileOf(sections);
}

function changeSections(
  sections: SectionBytes[],
  theirs: readonly SectionBytes[],
  random: SeededRandom,
): void {
  const [at, to] = [random.below(sections.length), random.below(sections.length)];
  const section = sections[at];
  if (section === undefined) return;
  const kind = random.below(4);
  if (kind === 0) sections.splice(to, 0, ...sections.splice(at, 1));
  else if (kind === 1) sections.splice(at, 1);
  else if (kind === 2) sections.splice(to, 0, section);
  else sections[at] = theirs.find(({ name }) => name === section.name) ?? section;
}

/** Swaps, drops, doubles, or replaces by another instruction of the program, once or twice. */
function rearrange(code: Instruction[], random: SeededRandom): void {
  for (let left = random.below(2); left >= 0; left -= 1) {
    const [at, other] = [random.below(code.length), random.below(code.length)];
    const [one, two] = [code[at] as Instruction, code[other] as Instruction];
    const kind = random.below(6);
    if (kind === 0) [code[at], code[other]] = [two, one];
    else if (kind === 1) code.splice(at, 1 + random.below(4));
    else if (kind === 2) code.splice(at, 0, two);
    else if (kind === 3) code[at] = two;
    else if (kind === 4) code.splice(at, 0, ...code.slice(other, other + 1 + random.below(16)));
    else code[at] = { ...one, immediate: random.pick([...oddImmediates, two.immediate, one.immediate + 1]) };
  }
}

const oddImmediates = [0, 1, 2, 3, 4, 8, 16, -1, 8_192, 0x7fff_ffff];

function contentOf(file: Uint8Array, name: string): string {
  const section = sectionBytes(file).find((one) => one.name === name);
  if (section === undefined) throw new Error(`there is no section ${name}`);
  const body = Buffer.from(section.body);
  return body.subarray(1 + Buffer.byteLength(name)).toString('utf8');
}

/** Other segments of a source map, most of which can be read. */
function changedMappings(map: string, random: SeededRandom): string {
  const letters = [...'ABCDEIKghijz019+/', ',', ',', ';', '!', 'é'];
  const changed = Array.from(
    { length: random.below(200) },
    () => letters[random.chance(0.98) ? random.below(19) : random.below(letters.length)],
  ).join('');
  return map.replace(/"mappings":"[^"]*"/, `"mappings":"${changed}"`);
}
