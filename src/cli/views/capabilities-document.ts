/** Living agents and what they publish in, the document of `agents capabilities` out. */
import { noAgents } from '../../core/fleet/no-agents.js';
import { selectAgents } from '../../core/fleet/registry.js';
import type { ActionCapability, Capabilities, FieldCapability } from '../../core/language/capabilities.js';
import { type Compared, compareOffers, isCommon } from '../../core/offers/compare-offers.js';
import { type FleetOffers, readFleetOffers, type UnusableOffer } from '../../core/offers/read-offers.js';
import type { FileOutcome } from '../capabilities-output.js';
import type { Reading } from './agents-document.js';

/** One way in which a field or an action is offered, with the digests of the offers that have it. */
export interface OfferedVariant<Entry> {
  readonly what: string;
  readonly offers: readonly string[];
  readonly entry: Entry;
}

export interface OfferedName<Entry> {
  readonly name: string;
  /** Every agent that publishes an offer has it, and has the same. */
  readonly common: boolean;
  readonly variants: readonly OfferedVariant<Entry>[];
  /** Digests of the offers without it. */
  readonly lacking: readonly string[];
}

export interface CapabilitiesDocument {
  readonly selector: string;
  /** Living agents that were meant. */
  readonly agents: number;
  /** What they offer, that of most agents first. */
  readonly offers: readonly {
    readonly digest: string;
    readonly name: string;
    readonly agents: readonly string[];
  }[];
  /** Offers that cannot be used, and why. */
  readonly unusable: readonly UnusableOffer[];
  /** Agents that publish none. */
  readonly silent: readonly string[];
  readonly fields: readonly OfferedName<FieldCapability>[];
  readonly actions: readonly OfferedName<ActionCapability>[];
  /** What all that publish offer identically, as a capability file has it; null when that is nothing. */
  readonly common: Capabilities | null;
  /** What became of the file of --output. */
  readonly written: { readonly file: string; readonly outcome: FileOutcome } | null;
}

/** Throws DN504 when nobody is meant. */
export async function capabilitiesDocument(
  { redis, names, nowMs }: Reading,
  selector: string,
): Promise<CapabilitiesDocument> {
  const agents = await selectAgents(redis, names, { selector, nowMs });
  if (agents.length === 0) throw noAgents(selector);
  const found = await readFleetOffers({ redis, names }, agents);
  return { selector, agents: agents.length, ...compared(found), written: null };
}

function compared({ offers, unusable, silent }: FleetOffers) {
  const { fields, actions, common } = compareOffers(offers);
  return {
    offers: offers.map(({ digest, capabilities, agents: ids }) => ({
      digest,
      name: capabilities.name,
      agents: ids,
    })),
    ...{ unusable, silent },
    fields: fields.map(offeredName),
    actions: actions.map(offeredName),
    common: common ?? null,
  };
}

function offeredName<Entry>(compared: Compared<Entry>): OfferedName<Entry> {
  const { name, variants, lacking } = compared;
  return {
    name,
    common: isCommon(compared),
    variants: variants.map(({ what, offers, entry }) => ({
      what,
      offers: offers.map(({ digest }) => digest),
      entry,
    })),
    lacking: lacking.map(({ digest }) => digest),
  };
}
