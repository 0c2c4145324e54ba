/**
 * A program and the agents that are about to be asked in; what an operator should know of their offers out, or the refusal
 * that names the agents which do not offer what it needs. So it is known before the first of them has been sent anything.
 */
import { DreamnetError } from '../../errors.js';
import type { RegisteredAgent } from '../../fleet/registry.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { readFleetOffers, type UnusableOffer } from '../../offers/read-offers.js';
import {
  type NeedyProgram,
  namesOf,
  type UnfitAgents,
  unfitAgents,
  unfitText,
} from '../../offers/unfit-agents.js';

/** Warnings. Agents that publish no offer that can be read check for themselves. Throws DN670. */
export async function requireOffers(
  nerve: { readonly redis: Redis; readonly names: Names },
  agents: readonly RegisteredAgent[],
  program: NeedyProgram,
): Promise<string[]> {
  const found = await readFleetOffers(nerve, agents);
  const unfit = unfitAgents(program, found);
  if (unfit.length > 0) throw unfitFor(program.name, agents, unfit);
  return unusableTexts(found.unusable);
}

const unusableToldMax = 3;

function unusableTexts(unusable: readonly UnusableOffer[]): string[] {
  const told = unusable
    .slice(0, unusableToldMax)
    .map(
      ({ agents, reason }) =>
        `The offer of ${namesOf(agents)} cannot be used: ${reason}. Whether the program fits is seen when it is sent.`,
    );
  const more = unusable.length - told.length;
  return more > 0 ? [...told, `${more} more offers cannot be used.`] : told;
}

function unfitFor(
  program: string,
  agents: readonly RegisteredAgent[],
  unfit: readonly UnfitAgents[],
): DreamnetError {
  const ids = new Set(unfit.flatMap((group) => group.agents));
  const [refusing, others] = [true, false].map((isUnfit) =>
    agents.filter(({ id }) => ids.has(id) === isUnfit),
  ) as [RegisteredAgent[], RegisteredAgent[]];
  return new DreamnetError({
    code: 'DN670',
    kind: 'bad-input',
    message: `Nothing was sent: ${refusing.length} of ${agents.length} agents do not offer what ${program} needs. ${unfitText(unfit)}.`,
    hint: hintFor(refusing, others),
  });
}

const idsTypedMax = 5;

function hintFor(refusing: readonly RegisteredAgent[], others: readonly RegisteredAgent[]): string {
  const seeAll = '`dreamnet agents capabilities` shows what each offers';
  if (others.length === 0) return `Write the program for what they offer: ${seeAll}.`;
  const label = labelOfAll(refusing, others);
  if (label !== undefined) return `Leave them out with --exclude ${label}; ${seeAll}.`;
  if (refusing.length > idsTypedMax) return `Leave them out with --exclude or --selector; ${seeAll}.`;
  return `Leave them out with --exclude ${refusing.map(({ id }) => id).join(',')}; ${seeAll}.`;
}

/** What can be typed as a value of a label. */
const plainWord = /^[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?$/;

/** `class=web`, when all of the one and none of the others have it. */
function labelOfAll(
  agents: readonly RegisteredAgent[],
  others: readonly RegisteredAgent[],
): string | undefined {
  const [first] = agents;
  const found = Object.entries(first?.labels ?? {}).find(
    ([name, value]) =>
      plainWord.test(name) &&
      plainWord.test(value) &&
      agents.every(({ labels }) => labels[name] === value) &&
      !others.some(({ labels }) => labels[name] === value),
  );
  return found?.join('=');
}
