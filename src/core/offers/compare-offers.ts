/**
 * The offers of a fleet's agents in; what all of them offer identically, and where they differ, out. Pure. Identical is what
 * a program depends on: units, numbers of names, codes and ranges; the words for people and what a governor expects are
 * those of the offer that most agents have.
 */
import type { ActionCapability, Capabilities, FieldCapability } from '../language/capabilities.js';
import { capabilityFileVersion } from '../language/capability-file/shape.js';
import { formatQuantity } from '../language/units/units.js';
import type { AgentsOffer } from './read-offers.js';

/** One way in which a name is offered. */
export interface Variant<Entry> {
  readonly entry: Entry;
  /** What a program depends on, in words: `code 2, ratio 0% to 60%`. */
  readonly what: string;
  readonly offers: readonly AgentsOffer[];
}

export interface Compared<Entry> {
  readonly name: string;
  /** More than one: agents offer different things by the same name. That of most agents comes first. */
  readonly variants: readonly Variant<Entry>[];
  /** The offers without it. */
  readonly lacking: readonly AgentsOffer[];
}

export interface OfferComparison {
  readonly fields: readonly Compared<FieldCapability>[];
  readonly actions: readonly Compared<ActionCapability>[];
  /** What a program for all of these agents can use; undefined when they have no field or no action in common. */
  readonly common: Capabilities | undefined;
}

export function compareOffers(offers: readonly AgentsOffer[]): OfferComparison {
  const fields = compared(offers, {
    ...{ entriesOf: ({ fields }) => fields, whatOf: fieldWords },
    identityOf: ({ unit, names }) => [unit, names],
  });
  const actions = compared(offers, {
    ...{ entriesOf: ({ actions }) => actions, whatOf: actionWords },
    identityOf: ({ code, arguments: taken }) => [
      code,
      ...taken.map(({ unit, min, max }) => [unit, min, max]),
    ],
  });
  return { fields, actions, common: commonOf(offers, fields, actions) };
}

/** What keeps a program from being written for all of them; undefined when nothing does. */
export function nothingSharedIn({ fields, actions }: OfferComparison): 'field' | 'action' | undefined {
  if (!fields.some(isCommon)) return 'field';
  return actions.some(isCommon) ? undefined : 'action';
}

export function isCommon({ variants, lacking }: Compared<unknown>): boolean {
  return variants.length === 1 && lacking.length === 0;
}

interface Kind<Entry> {
  readonly entriesOf: (capabilities: Capabilities) => readonly Entry[];
  /** What a program depends on. */
  readonly identityOf: (entry: Entry) => unknown;
  readonly whatOf: (entry: Entry) => string;
}

function compared<Entry extends { readonly name: string }>(
  offers: readonly AgentsOffer[],
  { entriesOf, identityOf, whatOf }: Kind<Entry>,
): Compared<Entry>[] {
  const names = new Map<string, Map<string, { entry: Entry; what: string; offers: AgentsOffer[] }>>();
  for (const offer of offers) {
    for (const entry of entriesOf(offer.capabilities)) {
      const variants = names.get(entry.name) ?? new Map();
      names.set(entry.name, variants);
      const identity = JSON.stringify(identityOf(entry));
      const variant = variants.get(identity) ?? { entry, what: whatOf(entry), offers: [] };
      variants.set(identity, variant);
      variant.offers.push(offer);
    }
  }
  return [...names].map(([name, variants]) => {
    const all = [...variants.values()].sort((a, b) => agentsIn(b.offers) - agentsIn(a.offers));
    const having = new Set(all.flatMap((variant) => variant.offers));
    return { name, variants: all, lacking: offers.filter((offer) => !having.has(offer)) };
  });
}

/** How many offer it. */
export function agentsIn(offers: readonly AgentsOffer[]): number {
  return offers.reduce((sum, { agents }) => sum + agents.length, 0);
}

/** Enough to tell two lists apart at a glance; identity is asked of all of them. */
const namesShownMax = 6;

function fieldWords({ unit, names }: FieldCapability): string {
  if (names === undefined) return unit;
  const shown = names.slice(0, namesShownMax).map((name) => `"${name}"`);
  const more = names.length > namesShownMax ? ` and ${names.length - namesShownMax} more` : '';
  return `one of ${shown.join(', ')}${more}`;
}

function actionWords({ code, arguments: taken }: ActionCapability): string {
  const [argument] = taken;
  if (argument === undefined) return `code ${code}`;
  const { unit, min, max } = argument;
  return `code ${code}, ${unit} ${formatQuantity(min, unit)} to ${formatQuantity(max, unit)}`;
}

function commonOf(
  offers: readonly AgentsOffer[],
  fields: readonly Compared<FieldCapability>[],
  actions: readonly Compared<ActionCapability>[],
): Capabilities | undefined {
  const [first, ...others] = offers;
  if (first === undefined) return undefined;
  if (others.length === 0) return first.capabilities;
  const shared = <Entry>(all: readonly Compared<Entry>[]): Entry[] =>
    all.filter(isCommon).flatMap(({ variants }) => variants.map(({ entry }) => entry));
  const sharedFields = shared(fields);
  const measured = new Set(sharedFields.filter(({ unit }) => unit !== 'name').map(({ name }) => name));
  const sharedActions = shared(actions).map((action) => ({
    ...action,
    // Not every agent can say what becomes of a field that some do not have.
    effects: action.effects.filter(({ metric }) => measured.has(metric)),
  }));
  if (sharedFields.length === 0 || sharedActions.length === 0) return undefined;
  const isOneName = others.every(({ capabilities }) => capabilities.name === first.capabilities.name);
  return {
    version: capabilityFileVersion,
    name: isOneName ? first.capabilities.name : 'common',
    fields: sharedFields,
    actions: sharedActions,
  };
}
