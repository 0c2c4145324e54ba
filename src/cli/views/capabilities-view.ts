/** The document of `agents capabilities` in, tables of fields and actions, and where agents differ, out. */
import type { ActionCapability, FieldCapability } from '../../core/language/capabilities.js';
import { namesOf } from '../../core/offers/unfit-agents.js';
import { formatCount, formatNumber } from '../format.js';
import { formatTable } from '../table.js';
import { shortDigest } from './agents-view.js';
import type { CapabilitiesDocument, OfferedName } from './capabilities-document.js';

export function capabilitiesText(document: CapabilitiesDocument): string {
  const { offers, fields, actions } = document;
  const tables = offers.length === 0 ? [] : [fieldsTable(document, fields), actionsTable(document, actions)];
  return [...tables, summary(document).join('\n')].join('\n\n');
}

/** Who offers what, one sentence each; the first says whether all offer the same. */
export function summary(document: CapabilitiesDocument): string[] {
  const { offers, unusable, silent } = document;
  return [
    ...offersText(document),
    ...differences(document),
    ...firstOf(
      unusable,
      ({ agents, reason }) =>
        `The offer of ${formatCount(agents.length, 'agent')} cannot be used: ${reason} (${namesOf(agents)}).`,
    ),
    ...(silent.length === 0 ? [] : [silentText(silent, offers.length + unusable.length > 0)]),
    ...writtenText(document),
  ];
}

const shownMax = 10;

/** A line each, of the first of them. */
function firstOf<T>(all: readonly T[], lineOf: (one: T) => string): string[] {
  const lines = all.slice(0, shownMax).map(lineOf);
  return all.length > shownMax
    ? [...lines, `  … ${formatNumber(all.length - shownMax)} more; --json has all`]
    : lines;
}

function offersText(document: CapabilitiesDocument): string[] {
  const { offers, common, agents, silent } = document;
  const [only, ...others] = offers;
  if (only === undefined) return [];
  if (others.length === 0) {
    const count = only.agents.length;
    const all = count > 1 && count === agents && silent.length === 0 ? 'All ' : '';
    const verb = count === 1 ? 'offers this' : 'offer the same';
    return [`${all}${formatCount(count, 'agent')} ${verb}: ${only.name} (${shortDigest(only.digest)}).`];
  }
  const inCommon =
    common === null
      ? `no ${document.fields.some((field) => field.common) ? 'action' : 'field'} is in all of them`
      : `in common they have ${formatCount(common.fields.length, 'field')} and ${formatCount(common.actions.length, 'action')}`;
  return [
    `${offers.length} different offers; ${inCommon}.`,
    ...firstOf(
      offers,
      ({ name, digest, agents: ids }) =>
        `  ${name} (${shortDigest(digest)}): ${formatCount(ids.length, 'agent')} (${namesOf(ids)})`,
    ),
  ];
}

/** Who lacks what, names that the same agents lack in one sentence; then what goes by one name and is not the same. */
function differences(document: CapabilitiesDocument): string[] {
  const who = (digests: readonly string[]) => {
    const ids = agentsOf(document, digests);
    return `${formatCount(ids.length, 'agent')} (${namesOf(ids)})`;
  };
  const lacked = new Map<string, { who: string; names: string[] }>();
  const conflicts: string[] = [];
  for (const { name, variants, lacking } of [...document.fields, ...document.actions]) {
    const key = lacking.join(' ');
    if (lacking.length > 0)
      lacked
        .set(key, lacked.get(key) ?? { who: who(lacking), names: [] })
        .get(key)
        ?.names.push(name);
    if (variants.length > 1)
      conflicts.push(
        `${name} is ${variants.map(({ what, offers }) => `${what} for ${who(offers)}`).join('; ')}.`,
      );
  }
  return [
    ...firstOf(
      [...lacked.values()],
      ({ who: agents, names }) => `Not offered by ${agents}: ${names.join(', ')}.`,
    ),
    ...firstOf(conflicts, (text) => text),
  ];
}

function silentText(silent: readonly string[], areOthers: boolean): string {
  const who = `${formatCount(silent.length, areOthers ? 'more agent' : 'agent')} (${namesOf(silent)})`;
  const verb = silent.length === 1 ? 'publishes' : 'publish';
  return `${who} ${verb} no offer, and ${silent.length === 1 ? 'checks' : 'check'} a program when it is sent.`;
}

function writtenText({ written, common, selector }: CapabilitiesDocument): string[] {
  if (written !== null) {
    const { file, outcome } = written;
    const words = { written: 'was written', same: 'says this already', replaced: 'was replaced' };
    return [`${file} ${words[outcome]}. Next: dreamnet check PROGRAM --capabilities ${file}`];
  }
  if (common === null) return [];
  const meant = selector === '' ? '' : ` --selector "${selector}"`;
  return [`Next: dreamnet agents capabilities${meant} --output fleet.json, for check, compile and simulate.`];
}

function fieldsTable(
  document: CapabilitiesDocument,
  fields: readonly OfferedName<FieldCapability>[],
): string {
  return formatTable(
    [
      { header: 'FIELD' },
      { header: 'UNIT', shrinkTo: 12 },
      { header: 'OFFERED BY' },
      { header: 'IS', shrinkTo: 12 },
    ],
    fields.flatMap(({ name, variants }) =>
      variants.map(({ what, offers, entry }) => [name, what, share(document, offers), entry.about]),
    ),
  );
}

function actionsTable(
  document: CapabilitiesDocument,
  actions: readonly OfferedName<ActionCapability>[],
): string {
  return formatTable(
    [
      { header: 'ACTION' },
      { header: 'CODE', align: 'right' },
      { header: 'ARGUMENT' },
      { header: 'RISK', align: 'right' },
      { header: 'OFFERED BY' },
      { header: 'IS FOR', shrinkTo: 12 },
    ],
    actions.flatMap(({ name, variants }) =>
      variants.map(({ what, offers, entry }) => [
        name,
        String(entry.code),
        what.split(', ').slice(1).join(', ') || '–',
        String(entry.risk),
        share(document, offers),
        entry.about,
      ]),
    ),
  );
}

function share(document: CapabilitiesDocument, digests: readonly string[]): string {
  const offering = document.offers.reduce((sum, { agents }) => sum + agents.length, 0);
  const count = agentsOf(document, digests).length;
  return count === offering
    ? `all ${formatNumber(count)}`
    : `${formatNumber(count)} of ${formatNumber(offering)}`;
}

function agentsOf({ offers }: CapabilitiesDocument, digests: readonly string[]): string[] {
  const meant = new Set(digests);
  return offers.filter(({ digest }) => meant.has(digest)).flatMap(({ agents }) => agents);
}
