/** Orders for agents that are reached in different ways in, each handed to its transport; the answers of all in one place. */
import { DreamnetError } from '../../errors.js';
import type { TransportName } from '../../nerve/messages/agent-record.js';
import { type Acknowledgements, collectAcknowledgements } from '../course/acknowledgements.js';
import type { OrderBatch } from '../course/send-orders.js';
import { openBus } from './bus.js';
import type { OpenTransport, Transport, TransportOpening } from './transport.js';

export interface Courier extends Transport {
  readonly acknowledgements: Acknowledgements;
}

/** The ways that this process has besides the bus. */
export type Transports = Readonly<Partial<Record<Exclude<TransportName, 'bus'>, OpenTransport>>>;

/** The bus is opened at once, the others when there is something to carry. */
export async function openCourier(
  opening: Omit<TransportOpening, 'deliver' | 'fail' | 'reached'>,
  transports: Transports = {},
): Promise<Courier> {
  const acknowledgements = collectAcknowledgements(opening.epoch);
  const { deliver, fail, reached } = acknowledgements;
  const whole: TransportOpening = { ...opening, deliver, fail, reached };
  const open = new Map<TransportName, Promise<Transport>>([['bus', openBus(whole)]]);
  await open.get('bus');

  const transportOf = async (name: TransportName): Promise<Transport> => {
    const known = open.get(name);
    if (known !== undefined) return known;
    const opener = name === 'bus' ? openBus : transports[name];
    if (opener === undefined) throw noTransport(name);
    const opened = opener(whole);
    open.set(name, opened);
    return opened;
  };

  return {
    acknowledgements,
    async send(batches) {
      const byTransport = Map.groupBy(
        batches.flatMap(({ order, targets }) =>
          [...Map.groupBy(targets, (target) => target.transport)].map(([name, members]) => ({
            name,
            batch: { order, targets: members } satisfies OrderBatch,
          })),
        ),
        ({ name }) => name,
      );
      // Nothing is sent by one way when another is missing.
      const ways = await Promise.all(
        [...byTransport].map(async ([name, parts]) => ({ transport: await transportOf(name), parts })),
      );
      await Promise.all(ways.map(({ transport, parts }) => transport.send(parts.map(({ batch }) => batch))));
    },
    async close() {
      await Promise.all(
        [...open.values()].map(async (opened) => (await opened.catch(() => undefined))?.close()),
      );
    },
  };
}

/** Throws DN537 before anything is sent when some of the targets could not be reached. */
export function requireTransports(
  targets: readonly { readonly transport: TransportName }[],
  transports: Transports = {},
): void {
  for (const { transport } of targets)
    if (transport !== 'bus' && transports[transport] === undefined) throw noTransport(transport);
}

const flagOf: Readonly<Record<TransportName, string>> = {
  bus: '--redis',
  volume: '--volume <dir>',
  docker: '--docker',
};

function noTransport(name: TransportName): DreamnetError {
  return new DreamnetError({
    code: 'DN537',
    kind: 'bad-input',
    message: `Some of the agents are reached by ${name} only, which this command was not given.`,
    hint: `Give it with ${flagOf[name]}, or leave these agents out with \`--selector transport!=${name}\`.`,
  });
}
