/**
 * What `inject FILE` compiles a source for: the capability file that was named, or else what the living agents that are meant
 * publish in common, or else, where nothing is published, the reference fleet's.
 */
import { listAgents } from '../core/fleet/registry.js';
import { admissionRule } from '../core/injector/plan/choose-targets.js';
import { type Capabilities, referenceFleet } from '../core/language/capabilities.js';
import { agentsIn, compareOffers, nothingSharedIn } from '../core/offers/compare-offers.js';
import { nothingInCommon } from '../core/offers/offer-refusals.js';
import { publishedOffer } from '../core/offers/published-offer.js';
import { type FleetOffers, readFleetOffers } from '../core/offers/read-offers.js';
import { loadCapabilities } from './capabilities-file.js';
import { formatCount } from './format.js';
import { type RunningFleetOptions, withRunningFleet } from './running-fleet.js';

export interface OfferedCapabilities {
  readonly capabilities: Capabilities;
  /** Those of the reference fleet. */
  readonly isDefault: boolean;
}

export interface OfferWish extends RunningFleetOptions {
  readonly flags: RunningFleetOptions['flags'] & {
    readonly capabilities?: string | undefined;
    readonly selector?: string | undefined;
    readonly exclude?: readonly string[] | undefined;
  };
  /** Told whose offer it is, if it is not the default one. */
  readonly note: (text: string) => void;
}

/** Throws DN935 for a bad file, DN672 where agents have nothing in common. */
export async function offeredCapabilities(wish: OfferWish): Promise<OfferedCapabilities> {
  if (wish.flags.capabilities !== undefined) return judged(loadCapabilities(wish.flags.capabilities));
  const found = await withRunningFleet(wish, async ({ redis, names }) => {
    const { selector = '', exclude = [] } = wish.flags;
    const isMeant = admissionRule({ selector: '', settings: { selector, exclude: [...exclude] } });
    const registered = await listAgents(redis, names, Date.now());
    const meant = registered.filter((agent) => agent.alive && isMeant?.(agent));
    return readFleetOffers({ redis, names }, meant);
  });
  if (found === undefined || found.offers.length === 0) return judged(referenceFleet);
  const compared = compareOffers(found.offers);
  const { common } = compared;
  if (common === undefined) throw nothingInCommon(found.offers.length, nothingSharedIn(compared) ?? 'field');
  const offered = judged(common);
  if (!offered.isDefault) wish.note(whoseOffer(common, found));
  return offered;
}

function judged(capabilities: Capabilities): OfferedCapabilities {
  const isDefault = publishedOffer(capabilities).digest === publishedOffer(referenceFleet).digest;
  return { capabilities, isDefault };
}

function whoseOffer({ name }: Capabilities, { offers, unusable, silent }: FleetOffers): string {
  const who = formatCount(agentsIn(offers), 'agent');
  const what =
    offers.length === 1 ? `offer (${name})` : `have in common of ${offers.length} different offers`;
  const others = silent.length + unusable.reduce((sum, { agents }) => sum + agents.length, 0);
  const unknown = others === 0 ? '' : `; what ${formatCount(others, 'more agent')} can do is not known`;
  const differ = offers.length === 1 ? '' : ' `dreamnet agents capabilities` shows where they differ.';
  return `The program is compiled for what ${who} ${what}${unknown}.${differ}`;
}
